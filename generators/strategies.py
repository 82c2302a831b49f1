"""Which prefixes of a solution are tried, with how many rollouts, and when to stop: the strategies of the one label estimator.

Each is a rule over an abstract drawer, so a recorded pool of outcomes can be replayed through the very same code: sample j of a
prefix is the same one whatever strategy asks for it.

| name | prefixes | rollouts of a prefix |
|---|---|---|
| fixed | all at once | `rollouts` (Math-Shepherd, arXiv 2312.08935) |
| first_success | all at once | one by one, up to the first accepted: the hard label is decided then |
| truncated | in order, up to the first dead one (Qwen2.5-Math-PRM, arXiv 2501.07301) | as first_success |
| waves | as truncated | as first_success, but asked for by `waves`, which keeps a GPU busier |
| binary | bisection for the first dead one (OmegaPRM, arXiv 2406.06592) | as first_success |
| changepoint | the most telling one at a time (`changepoint.py`) | until the first dead one is known well enough |

A prefix is dead when `rollouts` decided completions were all rejected. Undecided ones are no failures: they are replaced, up to
twice `rollouts` completions in all. first_success has the hard labels of fixed for every pool of outcomes; truncated, waves and
binary also say what they did not look at, on the premise that from a dead prefix nobody comes back.

changepoint takes no number for proof: a prefix is dead where that is more likely than not, given the rollouts of all prefixes. So
a lucky success behind the first error is outvoted, and so are failures before it. Counts stay what they are; where they speak
against the label, the reason is that of the prefixes which outvoted them (`implied_positive`, `after_first_error`).

When to stop depends on outcomes in the order of their index, never on which arrived first: short completions arrive first, and
are right more often or less often than long ones. So by the likelihood principle f failures and a success at the end weigh as
p (1 - p)^f, like any other s of n, and the posterior under the stated prior holds after an early stop. s / n does not.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Literal, Protocol

from generators import changepoint
from generators.together import together
from schemas.trace import StopReason
from schemas.verdict import Outcome

Strategy = Literal["fixed", "first_success", "truncated", "waves", "binary", "changepoint"]

REPLACED = 2
"""At most this many times `rollouts` completions of a prefix, those that replace undecided ones included."""

MOST = 4
"""The same for `changepoint`, which tries few prefixes often and most of them never."""

EXPECTED: dict[Strategy, float] = {
    "fixed": 1.0,
    "first_success": 0.45,
    "truncated": 0.3,
    "waves": 0.35,
    "binary": 0.3,
    "changepoint": 0.2,
}
"""Share of fixed's tokens to expect, for estimates: measured on the embedded policy, which is right every other time (changepoint
in a simulation). A policy that is right more often takes less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A strategy and its numbers."""

    strategy: Strategy = "fixed"
    rollouts: int = 8
    """Decided completions of a prefix, unless it stops earlier."""
    waves: tuple[int, ...] = (2, 2, 4)
    """How many `waves` asks for at a time; the last repeats."""
    confidence: float = 0.95
    """How likely `changepoint` wants the first dead prefix to be that one. It decides no more rollouts than `fixed` would."""


class Draw(Protocol):
    """Where outcomes come from."""

    def __call__(self, step: int, indices: range, *, first: bool) -> Awaitable[Sequence[Outcome]]:
        """Return what became of samples `indices` of the prefix that ends with `step`, in that order.

        With `first`, those behind the first accepted one are not looked at, and may be cancelled and left out. Nothing where
        there is no room for a continuation.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What is known of a prefix."""

    stop: StopReason
    outcomes: tuple[Outcome, ...] = ()
    """By index from 0, without a gap; what stands behind them was not looked at."""

    @property
    def hard(self) -> bool | None:
        """Whether some continuation is accepted, seen or implied; None where that was not decided. The view `steps` agrees.

        A reason that says it is believed before the outcomes are.
        """
        if self.stop in ("implied_positive", "after_first_error"):
            return self.stop == "implied_positive"
        if "accepted" in self.outcomes:
            return True
        return False if self.stop in ("fixed", "exhausted") else None


Probe = Callable[[int], Awaitable[Probed]]


async def label(rule: Rule, prefixes: int, draw: Draw, own: Outcome | None = None) -> list[Probed]:
    """Return what becomes of each of a solution's prefixes, one per step but the last.

    `own` is the verdict of the solution itself where its rest is one more sample of every prefix: written by the completer, and
    not chosen by outcome. It is one of the `rollouts` then: a right one decides every prefix, a wrong one leaves a rollout less.
    """
    if own == "accepted":
        return [Probed(stop="implied_positive")] * max(0, prefixes)
    needed = max(1, rule.rollouts - (own == "rejected"))

    async def probe(step: int) -> Probed:
        return await _probed(rule, needed, draw, step)

    if rule.strategy in ("truncated", "waves"):
        return await _forward(prefixes, probe)
    if rule.strategy == "binary":
        return await bisected(prefixes, probe)
    if rule.strategy == "changepoint":
        return await _located(rule, prefixes, draw, wrong=own == "rejected")
    return await together([probe(step) for step in range(prefixes)])


async def _probed(rule: Rule, needed: int, draw: Draw, step: int) -> Probed:
    """Draw until the hard label is decided, or all `needed` are; without an early stop for `fixed`."""
    first = rule.strategy != "fixed"
    outcomes: list[Outcome] = []
    for size in _sizes(rule):
        missing = min(needed - _decided(outcomes), REPLACED * rule.rollouts - len(outcomes))
        if not missing:
            break
        drawn = await draw(step, range(len(outcomes), len(outcomes) + min(size, missing)), first=first)
        if not drawn:
            return Probed(stop="over_length", outcomes=tuple(outcomes))
        if first and "accepted" in drawn:
            outcomes += drawn[: list(drawn).index("accepted") + 1]
            return Probed(stop="first_success", outcomes=tuple(outcomes))
        outcomes += drawn
    enough = _decided(outcomes) >= needed or "accepted" in outcomes
    stop: StopReason = "undecided" if not enough else "exhausted" if first else "fixed"
    return Probed(stop=stop, outcomes=tuple(outcomes))


def _sizes(rule: Rule) -> chain[int]:
    """Return how many to ask for at a time."""
    waves = {"fixed": (rule.rollouts,), "waves": rule.waves}.get(rule.strategy, (1,))
    return chain(waves, repeat(waves[-1]))


def _decided(outcomes: Sequence[Outcome]) -> int:
    return len(outcomes) - outcomes.count("undecided")


async def _forward(prefixes: int, probe: Probe) -> list[Probed]:
    """Probe in order up to the first dead prefix."""
    found: list[Probed] = []
    while len(found) < prefixes and not (found and found[-1].hard is False):
        found.append(await probe(len(found)))
    return found + [Probed(stop="after_first_error")] * (prefixes - len(found))


async def bisected(prefixes: int, probe: Probe) -> list[Probed]:
    """Bisect for the first dead prefix; one that stays undecided tells nothing, and its neighbours are asked.

    Prefix -1, the bare question, is taken as good, and prefix `prefixes`, the whole solution, as dead.
    """
    found: dict[int, Probed] = {}
    good, dead = -1, prefixes
    while candidates := [step for step in range(good + 1, dead) if step not in found]:
        middle = candidates[len(candidates) // 2]
        found[middle] = await probe(middle)
        if found[middle].hard:
            good = middle
        elif found[middle].hard is False:
            dead = middle
    return [
        found.get(step) or Probed(stop="implied_positive" if step < good else "after_first_error")
        for step in range(prefixes)
    ]


async def _located(rule: Rule, prefixes: int, draw: Draw, *, wrong: bool) -> list[Probed]:
    """Try the most telling prefix until the first dead one is known, or as many rollouts are decided as `fixed` would have."""
    outcomes: list[list[Outcome]] = [[] for _ in range(prefixes)]
    room, open_ = prefixes, set(range(prefixes))
    while True:
        counts = [(each.count("accepted"), each.count("rejected")) for each in outcomes[:room]]
        belief = changepoint.believe(counts, wrong=wrong)
        spent = sum(map(sum, counts)) >= rule.rollouts * room
        if spent or not open_ or max(belief.first) >= rule.confidence:
            break
        step = changepoint.most_telling(belief, open_)
        seen = outcomes[step]
        drawn = await draw(step, range(len(seen), len(seen) + 1), first=False)
        seen += drawn
        if not drawn and not seen:
            room = min(room, step)  # nor is there for a longer prefix
        if not drawn or len(seen) >= MOST * rule.rollouts:
            open_.discard(step)
        open_ &= set(range(room))
    said = any(map(sum, counts))
    found = [_said(outcomes[step], belief.alive(step) > 0.5, said=said) for step in range(room)]
    return found + [Probed(stop="over_length", outcomes=tuple(each)) for each in outcomes[room:]]


def _said(outcomes: Sequence[Outcome], alive: bool, *, said: bool) -> Probed:
    """Return the label of a prefix with the reason that its own outcomes are where they agree, that of the others elsewhere."""
    accepted = "accepted" in outcomes
    decided = _decided(outcomes) > 0
    stop: StopReason = "implied_positive" if alive else "after_first_error"
    if not said:
        stop = "undecided" if outcomes else "unprobed"
    elif decided and accepted == alive:
        stop = "first_success" if alive else "exhausted"
    return Probed(stop=stop, outcomes=tuple(outcomes))
