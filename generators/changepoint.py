"""Where a solution goes wrong, by Bayes' rule from rollouts of all its prefixes, and which prefix to try next.

A solution of n + 1 steps has n prefixes to try. Its first error is in one of the steps, or nowhere: prefix i is dead where it is
in step i or before. Three things are unknown, each on a grid:

- `first`, the first dead prefix, 0 to n; n says that none is dead: the last step is wrong, or nothing is. All n + 2 cases have
  the same chance, all n + 1 where the solution is known to be wrong: being wrong is what it says of its first error.
- how often the completer gets there from the bare question. Steps are taken to be alike, so a prefix with m of them to go gets
  there with that chance to the power m / (n + 1): more often the nearer the end it is.
- how often a dead prefix gets there by luck, or because an error heals. Less than one in fifty, most likely.

Each `first` splits prefixes into two groups with one unknown each, so its evidence is a product of two sums over a grid: plain
floats do for solutions as long as they come, n^2 operations for each look. What to try next is a choice of experiment (Lindley
1956): the outcome that tells most about `first`, for each step that it takes to decode.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log

PASS = (0.02, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.95)
"""Chances of the completer from the bare question, all as likely."""
LUCK = ((0.002, 0.4), (0.01, 0.3), (0.04, 0.2), (0.15, 0.1))
"""Chances of a dead prefix, and how likely each is."""

Counts = Sequence[tuple[int, int]]
"""Rollouts of each prefix that were accepted, and rejected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """What is believed of a solution's prefixes."""

    first: tuple[float, ...]
    """P(the first dead prefix is this one); the last is P(none is)."""
    succeeds: tuple[tuple[float, ...], ...]
    """For each first dead prefix, the chance of each prefix's next rollout."""

    def alive(self, prefix: int) -> float:
        """P(a prefix is not dead)."""
        return sum(self.first[prefix + 1 :])


def believe(counts: Counts, *, wrong: bool) -> Belief:
    """Return what rollouts say; `wrong` says that the solution is known to be."""
    n = len(counts)
    powers = _powers(n)
    alive = [[0.0] * len(PASS)]
    for (accepted, rejected), chances in zip(counts, powers, strict=True):
        alive.append(
            [
                before + accepted * log(chance) + rejected * log(1 - chance)
                for before, chance in zip(alive[-1], chances, strict=True)
            ]
        )
    weights, succeeds = [], []
    right = sum(accepted for accepted, _ in counts)
    tried = sum(map(sum, counts))
    for first in range(n + 1):
        luck = [log(share) + right * log(r) + (tried - right) * log(1 - r) for r, share in LUCK]
        skill, by_skill = _normalised(alive[first])
        chance, by_luck = _normalised(luck)
        prior = 2.0 if first == n and not wrong else 1.0
        weights.append(log(prior) + skill + chance)
        lucky = sum(weight * r for weight, (r, _) in zip(by_luck, LUCK, strict=True))
        succeeds.append(
            tuple(
                sum(weight * p for weight, p in zip(by_skill, powers[prefix], strict=True)) if prefix < first else lucky
                for prefix in range(n)
            )
        )
        if first < n:
            right, tried = right - counts[first][0], tried - sum(counts[first])
    return Belief(first=tuple(_normalised(weights)[1]), succeeds=tuple(succeeds))


def most_telling(belief: Belief, among: Collection[int]) -> int:
    """Return the prefix whose next outcome tells most about the first dead one, for each step to decode; the later one of equals.

    What it tells is the mutual information of the two.
    """

    def worth(prefix: int) -> float:
        chances = [each[prefix] for each in belief.succeeds]
        mixed = sum(weight * p for weight, p in zip(belief.first, chances, strict=True))
        known = sum(weight * _entropy(p) for weight, p in zip(belief.first, chances, strict=True))
        return (_entropy(mixed) - known) / (len(belief.first) - 1 - prefix)

    return max(among, key=lambda prefix: (worth(prefix), prefix))


@lru_cache(maxsize=256)
def _powers(n: int) -> tuple[tuple[float, ...], ...]:
    """Return the chances of each of n prefixes that are alive, for each of PASS."""
    return tuple(tuple(share ** ((n - prefix) / (n + 1)) for share in PASS) for prefix in range(n))


def _normalised(logs: Sequence[float]) -> tuple[float, list[float]]:
    """Return the logarithm of the sum of what `logs` are the logarithms of, and each one's share of it."""
    most = max(logs)
    parts = [exp(each - most) for each in logs]
    whole = sum(parts)
    return most + log(whole), [part / whole for part in parts]


def _entropy(p: float) -> float:
    """Return that of an event with chance p, in nats."""
    return -p * log(p) - (1 - p) * log(1 - p) if 0 < p < 1 else 0.0
