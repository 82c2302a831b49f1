"""What a family makes: a problem before it has an id, and the slips that solvers really make."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Protocol

from schemas.problem import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A problem of a family: what is asked, the reference, and what exact step checks and generators need besides."""

    statement: str
    reference: str
    program: str | None = None
    domain: str = "math"
    task: Task = "solve"
    held_out_by: str | None = None
    """What decides its split, where that is not the statement: a program, in whatever question it comes."""


class Family(Protocol):
    """A module in this folder. `solution` makes about `slip_rate` slips a step and carries each one on, as solvers do."""

    NAME: str
    VERSION: int
    DOMAIN: str
    """Of all its drafts."""

    @property
    def DIFFICULTIES(self) -> Sequence[int]:
        """What a run may ask for, and a policy is trained on."""
        ...

    def problem(self, rng: Random, difficulty: int) -> Draft:
        """Draw a problem of that difficulty: operations in mathematics."""
        ...

    def solution(self, draft: Draft, rng: Random, slip_rate: float) -> list[str]:
        """Work it out, one step a line, the last one `Answer: value`; of the task `program`, the program."""
        ...


def slipped(value: int, rng: Random) -> int:
    """Return a wrong result of mental arithmetic: a missed carry, one off, or two digits the wrong way round."""
    digits = str(abs(value))
    swapped = int(digits[:-2] + digits[-1] + digits[-2]) if len(digits) > 1 else abs(value)
    sign = -1 if value < 0 else 1
    wrong = [value + 1, value - 1, value + 10, value - 10, value + 2, sign * swapped]
    if len(digits) > 2:
        wrong += [value + 100, value - 100]
    candidates = [w for w in wrong if w != value and (w >= 0 or value < 0)]
    return rng.choice(candidates)


def written(value: Fraction) -> str:
    """Return a rational as the families write it: `7/3`, `-2`."""
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"
