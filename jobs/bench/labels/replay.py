"""Replay a recorded pool through the strategies themselves: what each would say of a solution, and what it would draw.

Decoded tokens are those of the samples that a strategy asks for; a wave is paid whole, also where the first of it decides.
Prompt and cached tokens are counted as the flow counts them: every sample reads its prompt, and blocks that an earlier prompt had
are cached (`pipeline/models/supervised_model.py`).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from generators import labels, strategies
from generators.strategies import Probed, Rule
from jobs.bench.labels.pool import Prefix, Recorded, Solution, longer
from pipeline.models.supervised_model import BLOCK
from schemas.verdict import Outcome

More = Callable[[Solution, int, range], Awaitable[Prefix]]
"""Draws samples of the prefix that ends with a step; none where there is no room for a continuation."""


@dataclass(slots=True, kw_only=True)
class Memo:
    """A pool that grows by what strategies ask for beyond it, so that the next one finds the same samples there."""

    more: More
    grown: dict[tuple[str, int], Prefix] = field(default_factory=dict)
    """By problem and step."""

    async def upto(self, solution: Solution, step: int, stop: int) -> Prefix:
        """Return a prefix with samples up to `stop`, those that are not there yet drawn."""
        key = solution.problem_id, step
        known = self.grown.get(key, solution.prefixes[step])
        if len(known.outcomes) < stop:
            drawn = await self.more(solution, step, range(len(known.outcomes), stop))
            if drawn.outcomes:
                known = self.grown[key] = longer(known, drawn)
        return known

    def within(self, recorded: Recorded) -> Recorded:
        """Return a pool with all that was drawn besides."""
        solutions = [
            replace(
                solution,
                prefixes=tuple(
                    self.grown.get((solution.problem_id, step), prefix) for step, prefix in enumerate(solution.prefixes)
                ),
            )
            for solution in recorded.solutions
        ]
        return replace(recorded, solutions=tuple(solutions))


@dataclass(slots=True)
class Spent:
    """Tokens that a strategy took for one solution."""

    decoded: int = 0
    prompt: int = 0
    cached: int = 0
    longest: int = 0
    """Of its prompts so far."""

    def read(self, length: int, samples: int) -> None:
        """Count the prompt of samples that are asked for together."""
        self.prompt += length * samples
        self.cached += min(BLOCK * (min(length, self.longest) // BLOCK), length - 1) * samples
        self.longest = max(self.longest, length)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a strategy says of the prefixes of one solution, and what it took."""

    probed: tuple[Probed, ...]
    q: tuple[float | None, ...]
    """Posterior means; None for a prefix without evidence of its own."""
    spent: Spent


async def replay(
    rule: Rule, solution: Solution, *, share: bool = False, begin: int = 0, memo: Memo | None = None
) -> Replayed:
    """Return what a strategy makes of a solution's recorded rollouts, from sample `begin` on.

    With `share` the solution's own outcome counts as one more rollout of each prefix. Samples that were not recorded are drawn
    by the memo; without one a strategy gets those there are, and none as where there is no room for a continuation.
    """
    spent = Spent(longest=solution.question)

    async def draw(step: int, indices: range, *, first: bool) -> Sequence[Outcome]:
        stop = begin + indices.stop
        prefix = await memo.upto(solution, step, stop) if memo else solution.prefixes[step]
        asked = slice(begin + indices.start, stop)
        tokens = prefix.tokens[asked]
        spent.decoded += sum(tokens)
        spent.read(solution.question + solution.ends[step], len(tokens))
        return prefix.outcomes[asked]

    own = solution.outcome if share else None
    probed = await strategies.label(rule, len(solution.prefixes), draw, own)
    return Replayed(probed=tuple(probed), q=tuple(_q(one, own) for one in probed), spent=spent)


def _q(probed: Probed, own: Outcome | None) -> float | None:
    """Return the posterior mean that `generators.labels.counted` writes."""
    correct, decided = probed.outcomes.count("accepted"), len(probed.outcomes) - probed.outcomes.count("undecided")
    if own in ("accepted", "rejected") and (probed.outcomes or probed.stop == "implied_positive"):
        correct, decided = correct + (own == "accepted"), decided + 1
    return labels.posterior(correct, decided)[1] if decided else None


def first_error(probed: Sequence[Probed]) -> int:
    """Return the first step of a wrong solution that is called wrong: the last one where no prefix is dead."""
    return next((step for step, one in enumerate(probed) if one.hard is False), len(probed))
