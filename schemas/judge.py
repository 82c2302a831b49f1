"""The protocol of a judge: how a search gets verdicts while it runs, without blocking an engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from schemas.problem import Problem
from schemas.verdict import StepChecks, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class CameTo:
    """What one call of a program came to."""

    kind: Literal["value", "raised", "unplain", "stopped"]
    """`unplain`: what came back is no plain value, or too long to write; `stopped`: the program ended here, or was ended."""
    text: str
    """The value as a Python literal; `KeyError: 'a'`; why it is no value; `timeout`, `limit`, `blocked` or `error`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TacticError:
    """Where a proof that is lines of tactics stopped, and what the prover said."""

    step: int
    """Index of the tactic that failed."""
    text: str
    """The prover's message, whole."""
    line: int
    """Within the tactic's own text, from 0."""
    column: int
    """In characters, within that line of the tactic's own text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a proof that is lines of tactics did to the goals. For reading and for training: never a verdict."""

    states: tuple[tuple[str, ...], ...]
    """The goals before the first tactic, then after each that ran, each as the prover prints it; () where none is left."""
    error: TacticError | None = None
    """Of the first tactic that failed; goals left at the end are no error here, `states[-1]` says them."""
    problem: str = ""
    """Why there is nothing: refused by the gate, a limit, no prover; `states` is () then."""


class Judge(Protocol):
    """Verdicts on demand, from killable workers."""

    async def check(self, problem: Problem, text: str) -> Verdict:
        """Say whether `text`, a whole solution or proof, is right. Total: every failure is an undecided verdict."""
        ...

    async def check_steps(self, problem: Problem, steps: Sequence[str]) -> StepChecks:
        """Return exact truth about each step, None where there is none. One entry per step."""
        ...

    async def run(self, problem: Problem, code: str, entry_point: str, calls: Sequence[str]) -> Sequence[CameTo]:
        """Return what calls of a function come to, their arguments given as `(3, [5, 2])`: one each, up to one that is `stopped`.

        For problems about programs. Total: nothing where nothing can be run, or a call cannot be read.
        """
        ...

    async def states(self, problem: Problem, scripts: Sequence[Sequence[str]]) -> Sequence[Ran]:
        """Return what scripts, each the tactics of a proof in order, do to the goals of the problem's statement: one each.

        For problems of the domain `proof`; nothing for others. Total: where a script cannot be run its `Ran` says why.
        """
        ...
