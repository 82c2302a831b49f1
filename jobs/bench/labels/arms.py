"""Every strategy on the pool of one cell, as tables of counts under the same resamplings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from generators.strategies import Probed, Rule, Strategy
from generators.together import together
from jobs.bench.labels import measures
from jobs.bench.labels.measures import Array, Sums
from jobs.bench.labels.pool import Recorded, Solution
from jobs.bench.labels.replay import Memo, More, Replayed, Spent, replay
from schemas import ids

ROLLOUTS = 8
FIXED = "fixed"
FIRST = "first_success"
ALWAYS = "always good"
"""The label of every prefix by nobody's work."""
_THRIFTY = "changepoint, .8"
"""The posterior again, content with less."""
OTHERS: tuple[str, ...] = (*(strategy for strategy in get_args(Strategy) if strategy != FIXED), _THRIFTY)
FEWER = {f"{FIXED}, N = {rollouts}": Rule(rollouts=rollouts) for rollouts in (1, 2, 4)}
"""What fewer rollouts would give, without any strategy."""
RULES: Mapping[str, Rule] = {
    **FEWER,
    FIXED: Rule(rollouts=ROLLOUTS),
    **{strategy: Rule(strategy=strategy, rollouts=ROLLOUTS) for strategy in get_args(Strategy) if strategy != FIXED},
    _THRIFTY: Rule(strategy="changepoint", rollouts=ROLLOUTS, confidence=0.8),
}


Mix = Literal["half_wrong", "natural", "natural_shared"]
"""How frequent right solutions are, and whether a strategy is told how each ended (`share`, exact where they are natural)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One strategy on one cell."""

    half: Sums
    """Half of the solutions wrong, and what became of a solution unknown to the strategy."""
    natural: Sums
    """As frequent as the policy writes them, without `share`."""
    shared: Sums
    """The same with `share`, which is exact here: solutions were not chosen by outcome."""
    calibration: tuple[tuple[float, float], ...]
    """(q, share of right ones among fresh rollouts) of the prefixes where both are known."""
    measured: int
    """Prefixes with a share of fresh rollouts."""

    def under(self, mix: Mix) -> Sums:
        """Return the sums under a mix."""
        return {"half_wrong": self.half, "natural": self.natural, "natural_shared": self.shared}[mix]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arms:
    """All strategies on one cell."""

    recorded: Recorded
    by_name: Mapping[str, Arm]
    again: Sums | None
    """`first_success` on samples that are independent of the first ROLLOUTS, where so many were recorded."""
    differing: int
    """Prefixes whose hard label by `first_success` is not that by `fixed` on the same samples."""

    def fixed(self, mix: Mix) -> Sums:
        """What strategies are compared with: `fixed`, which is never told how a solution ended."""
        return self[FIXED].half if mix == "half_wrong" else self[FIXED].natural

    def saving(self, name: str, mix: Mix = "half_wrong") -> Array:
        """Decoded tokens of `fixed` over those of a strategy."""
        saved: Array = self.fixed(mix)["decoded"] / np.maximum(1.0, self[name].under(mix)["decoded"])
        return saved

    def gain(self, name: str) -> Array:
        """First-error accuracy of a strategy over that of `fixed`."""
        return self[name].half.first_error_accuracy() - self[FIXED].half.first_error_accuracy()

    def accuracy_gain(self, name: str, mix: Mix = "half_wrong") -> Array:
        """Balanced accuracy of a strategy over that of `fixed`."""
        return self[name].under(mix).balanced_accuracy() - self.fixed(mix).balanced_accuracy()

    def __getitem__(self, name: str) -> Arm:
        return self.by_name[name]


async def replayed(recorded: Recorded, more: More | None = None) -> Arms:
    """Return every strategy on the pool of a cell that has solutions, all solutions at once.

    The pool of the answer has what strategies asked for beyond what was recorded, drawn by `more`.
    """
    solutions = recorded.solutions
    memo = Memo(more=more) if more else None
    outcomes = [solution.outcome for solution in solutions]
    weights = measures.resampled(outcomes, ids.seed("labels", recorded.cell.name))
    arms, alone = {}, {}
    for name, rule in RULES.items():
        alone[name] = await together([replay(rule, solution, memo=memo) for solution in solutions])
        shared = await together([replay(rule, solution, share=True, memo=memo) for solution in solutions])
        arms[name] = _arm(recorded, alone[name], shared, weights)
    always = [_always(solution) for solution in solutions]
    arms[ALWAYS] = _arm(recorded, always, always, weights)
    again = None
    if recorded.size.samples >= 2 * ROLLOUTS:
        others = [await replay(RULES[FIRST], solution, begin=ROLLOUTS) for solution in solutions]
        again = measures.sums(measures.counts(solutions, others), weights)
    return Arms(
        recorded=memo.within(recorded) if memo else recorded,
        by_name=arms,
        again=again,
        differing=sum(
            one.hard is not other.hard
            for fixed, first in zip(alone[FIXED], alone[FIRST], strict=True)
            for one, other in zip(fixed.probed, first.probed, strict=True)
        ),
    )


def _arm(recorded: Recorded, alone: Sequence[Replayed], shared: Sequence[Replayed], weights: Array) -> Arm:
    solutions = recorded.solutions
    natural = weights * measures.natural([solution.outcome for solution in solutions], recorded.pass_at_1)
    table, pairs = measures.counts(solutions, alone), _calibration(recorded, alone)
    return Arm(
        half=measures.sums(table, weights),
        natural=measures.sums(table, natural),
        shared=measures.sums(measures.counts(solutions, shared), natural),
        calibration=tuple((q, share) for q, share in pairs if q is not None),
        measured=len(pairs),
    )


def _always(solution: Solution) -> Replayed:
    n = len(solution.prefixes)
    return Replayed(probed=(Probed(stop="implied_positive"),) * n, q=(None,) * n, spent=Spent())


def _calibration(recorded: Recorded, found: Sequence[Replayed]) -> list[tuple[float | None, float]]:
    """Return q and the measured share of every prefix that has one."""
    return [
        (q, prefix.share)
        for solution, one in zip(recorded.solutions, found, strict=True)
        for prefix, q in zip(solution.prefixes, one.q, strict=True)
        if prefix.share is not None
    ]
