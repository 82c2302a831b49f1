"""What prose is worth: blind proofs from it against those from the statement alone, over the theorems of a run."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from jobs.bench.proofs.shards import DECOY, VERBALISER, Row

DRAWS = 2_000
"""Of the bootstrap."""
_Z = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Faithfulness:
    """Means over theorems of each theorem's share of decided blind proofs; None where there is nothing to count."""

    theorems: int
    blind_verified: float | None
    """From the whole of the verbaliser's prose."""
    models: float | None
    """From the whole of the prose of models."""
    alone: float | None
    uplift: float | None
    uplift_low: float | None
    uplift_high: float | None
    """95%, bootstrapped over theorems."""
    shuffled: float | None
    shuffled_inside: bool | None
    """Whether the share from the prose of another theorem lies within Wilson's 95% interval of `alone`, theorems as coins: a
    bootstrap has no width where nobody ever gets there alone."""


def faithfulness(found: Sequence[Row], seed: int = 0) -> Faithfulness:
    """Return the figures of one run. Theorems count that have both prose and the statement alone."""
    by_problem: dict[str, dict[str, list[float]]] = {}
    for row in found:
        if row.role != "translation" or row.generator != "proof_to_language" or not row.steps:
            continue
        shares = by_problem.setdefault(row.problem_id, {})
        arm = "shuffled" if row.status == DECOY else "prose" if row.engine == VERBALISER else "models"
        last = row.steps[-1]
        if last.n:
            shares.setdefault(arm, []).append(last.correct / last.n)
        if row.root_n:
            shares["alone"] = [row.root_correct / row.root_n]
    known = [shares for shares in by_problem.values() if "prose" in shares and "alone" in shares]
    arms = {
        arm: [_mean(shares[arm]) for shares in known if arm in shares]
        for arm in ("prose", "models", "alone", "shuffled")
    }
    pairs = list(zip(arms["prose"], arms["alone"], strict=True))
    low, high = _bootstrap([prose - alone for prose, alone in pairs], seed)
    alone, shuffled = _mean(arms["alone"]), _mean(arms["shuffled"])
    bounds = _wilson(alone, len(known))
    return Faithfulness(
        theorems=len(known),
        blind_verified=_rounded(_mean(arms["prose"])),
        models=_rounded(_mean(arms["models"])),
        alone=_rounded(alone),
        uplift=_rounded(_mean([prose - alone for prose, alone in pairs])),
        uplift_low=_rounded(low),
        uplift_high=_rounded(high),
        shuffled=_rounded(shuffled),
        shuffled_inside=None if math.isnan(shuffled) else bounds[0] <= shuffled <= bounds[1],
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)


def _bootstrap(values: Sequence[float], seed: int) -> tuple[float, float]:
    if not values:
        return math.nan, math.nan
    rng = Random(seed)
    means = sorted(_mean(rng.choices(values, k=len(values))) for _ in range(DRAWS))
    return means[int(0.025 * DRAWS)], means[int(0.975 * DRAWS) - 1]


def _wilson(share: float, n: int) -> tuple[float, float]:
    if not n:
        return 0.0, 1.0
    middle = (share + _Z**2 / 2 / n) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(share * (1 - share) / n + _Z**2 / 4 / n**2)
    # What rounding leaves over must not put the share itself outside.
    return min(middle - half, share), max(middle + half, share)
