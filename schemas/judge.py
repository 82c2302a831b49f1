"""The protocol of a judge: how a search gets verdicts while it runs, without blocking an engine."""

from collections.abc import Sequence
from typing import Protocol

from schemas.problem import Problem
from schemas.verdict import StepChecks, Verdict


class Judge(Protocol):
    """Verdicts on demand, from killable workers."""

    async def check(self, problem: Problem, text: str) -> Verdict:
        """Say whether `text`, a whole solution or proof, is right. Total: every failure is an undecided verdict."""
        ...

    async def check_steps(self, problem: Problem, steps: Sequence[str]) -> StepChecks:
        """Return exact truth about each step, None where there is none. One entry per step."""
        ...
