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
