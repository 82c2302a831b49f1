"""Measures over replayed solutions, each for every resampling of the problems at once.

A table of counts has a row for each solution. Weights have a row for each resampling, the first of them all ones: measures of
`weights @ counts` are then the estimate followed by its bootstrap distribution. The same weights serve all strategies, so their
differences are paired.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobs.bench.labels.pool import Solution
from jobs.bench.labels.replay import Replayed, first_error

Array = NDArray[np.float64]
Figure = dict[str, Any]  # Any: JSON

ROUNDS = 2_000
COLUMNS = (
    "decoded",
    "prompt",
    "cached",
    "good",
    "good_found",
    "bad",
    "bad_found",
    "wrong",
    "located",
    "labelled",
    "looked_at",
)


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums of the columns by resampling: an array for each."""

    by_name: dict[str, Array]

    def __getitem__(self, column: str) -> Array:
        return self.by_name[column]

    def balanced_accuracy(self) -> Array:
        """The mean of the shares of good and of bad prefixes that are called so."""
        return (ratio(self["good_found"], self["good"]) + self.bad_recall()) / 2

    def bad_recall(self) -> Array:
        """The share of bad prefixes that are called bad."""
        return ratio(self["bad_found"], self["bad"])

    def first_error_accuracy(self) -> Array:
        """The share of wrong solutions whose first error is the step that is called so."""
        return ratio(self["located"], self["wrong"])


def ratio(part: Array, whole: Array) -> Array:
    """Divide; 0 where there is nothing to divide by."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def counts(solutions: Sequence[Solution], replayed: Sequence[Replayed]) -> Array:
    """Return COLUMNS for each solution. A prefix that is called neither counts as missed, one of unknown truth nowhere."""
    rows = []
    for solution, one in zip(solutions, replayed, strict=True):
        pairs = [
            (exact, probed.hard) for exact, probed in zip(solution.exact, one.probed, strict=False) if exact is not None
        ]
        wrong = solution.outcome == "rejected" and (solution.first_error or 0) >= 0 and solution.first_error is not None
        rows.append(
            (
                one.spent.decoded,
                one.spent.prompt,
                one.spent.cached,
                sum(exact for exact, _ in pairs),
                sum(exact and hard is True for exact, hard in pairs),
                sum(not exact for exact, _ in pairs),
                sum(not exact and hard is False for exact, hard in pairs),
                wrong,
                wrong and first_error(one.probed) == solution.first_error,
                len(one.probed),
                sum(bool(probed.outcomes) for probed in one.probed),
            )
        )
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(COLUMNS))


def resampled(outcomes: Sequence[str], seed: int, rounds: int = ROUNDS) -> Array:
    """Return weights: all ones, then how often each solution is in a resampling that has as many right and wrong ones."""
    draw = np.random.default_rng(seed)
    weights = np.ones((rounds + 1, len(outcomes)))
    for outcome in sorted(set(outcomes)):
        places = [place for place, each in enumerate(outcomes) if each == outcome]
        weights[1:, places] = draw.multinomial(len(places), [1 / len(places)] * len(places), size=rounds)
    return weights


def natural(outcomes: Sequence[str], pass_at_1: float) -> Array:
    """Return how much each solution stands for where right ones are as frequent as the policy writes them."""
    right = sum(outcome == "accepted" for outcome in outcomes)
    shares = {"accepted": pass_at_1 / max(1, right), "rejected": (1 - pass_at_1) / max(1, len(outcomes) - right)}
    return len(outcomes) * np.array([shares[outcome] for outcome in outcomes])


def sums(table: Array, weights: Array) -> Sums:
    """Add up the columns in every resampling."""
    return Sums(dict(zip(COLUMNS, (weights @ table).T, strict=True)))


def geometric_mean(arrays: Sequence[Array]) -> Array:
    """Return the geometric mean of positive arrays, place by place."""
    mean: Array = np.exp(np.mean(np.log(np.stack(list(arrays))), axis=0))
    return mean


def interval(values: Array, level: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval of the resamplings behind the estimate."""
    low, high = np.percentile(values[1:], [50 * (1 - level), 50 * (1 + level)])
    return float(low), float(high)


def figure(values: Array, digits: int = 3) -> Figure:
    """Return an estimate with its 95% interval."""
    low, high = interval(values)
    return {"value": round(float(values[0]), digits), "interval": [round(low, digits), round(high, digits)]}


def equivalent(difference: Array, margin: float) -> bool:
    """Whether two one-sided tests at 5% both find the difference within the margin."""
    low, high = interval(difference, 0.9)
    return -margin < low and high < margin


def brier(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Return the mean squared distance of (estimate, share); None without any."""
    return sum((q - share) ** 2 for q, share in pairs) / len(pairs) if pairs else None


def calibration_error(pairs: Sequence[tuple[float, float]], bins: int = 10) -> float | None:
    """Return the ECE: the distance of mean estimate and mean share in each of `bins` equal intervals, weighted by their pairs."""
    if not pairs:
        return None
    places: dict[int, list[tuple[float, float]]] = {}
    for q, share in pairs:
        places.setdefault(min(bins - 1, int(q * bins)), []).append((q, share))
    return sum(abs(sum(q - share for q, share in found)) for found in places.values()) / len(pairs)
