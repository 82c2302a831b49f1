"""What a verifier says: three outcomes for every domain, a closed set of status words per verifier."""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["accepted", "rejected", "undecided"]
"""Accepted counts as correct, rejected as incorrect; undecided is the verifier's own failure and is left out of estimates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One verifier's answer about one text. Everything but `seconds` is a function of the inputs and the version."""

    outcome: Outcome
    status: str
    """The domain's word for it, from the verifier's STATUSES."""
    reason: str
    """One short sentence a person can act on."""
    verifier: str
    version: int
    answer: str | None = None
    """What was found to be the final answer, as written; None where there is none."""
    seconds: float = 0.0


ClaimVerdict = Literal["right", "wrong", "unsure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One checkable statement inside a step and what became of it."""

    text: str
    verdict: ClaimVerdict
    reason: str
    start: int
    """First character of the claim within its step."""
    end: int
    """One past its last character."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCheck:
    """Exact truth about one step; None where no exact check exists."""

    exact_local: bool | None
    """The step follows from the ones before it, right or wrong as they may be."""
    exact_prefix: bool | None
    """The step and all before it are right."""
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepChecks:
    """Exact truth about the steps of one trace, in order, one entry per step."""

    steps: tuple[StepCheck, ...]

    @property
    def first_error(self) -> int | None:
        """Index of the first step whose prefix is wrong, -1 where all are right, None where it is not known exactly."""
        for index, step in enumerate(self.steps):
            if step.exact_prefix is None:
                return None
            if not step.exact_prefix:
                return index
        return -1 if self.steps else None
