"""What is said of one equation, and how its values are quoted."""

from fractions import Fraction
from typing import NamedTuple

from schemas.verdict import ClaimVerdict
from verifiers.steps.reading import Value

MAX_SHOWN = 40
"""Characters of a value that a reason quotes."""


class Judgement(NamedTuple):
    """A verdict and why."""

    verdict: ClaimVerdict
    reason: str


def shown(value: Value) -> str:
    """Return a value as a reason quotes it."""
    if isinstance(value, Fraction) and value.denominator != 1:
        text = f"{value.numerator}/{value.denominator}"
        if abs(value) < 10**12 and value.denominator > 1:
            text = f"{float(value):.10g}"
    else:
        text = str(int(value)) if abs(value) < 10**MAX_SHOWN else "a large number"
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."
