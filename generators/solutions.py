"""Sample whole solutions from the bare question and label the steps of some: what generators that do so share.

The samples serve three ends: each is a trace of its own, their pass rate gates the labelling (a completer that never gets there
makes no labels), and the first few distinct ones, right or wrong, have their steps labelled. They are not selected by outcome,
so labels stay unbiased, and what follows a step is itself a sample of what the completer writes there, where it wrote it: with
`share` that counts. It is exact for the first solution of a problem; a later one differs in text from those before it.

Several policies may write; sample i is written by writer i modulo their number. The completer may be one of them or another
model: then it tries the bare question itself before its rollouts are believed.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace

from generators import labels, strategies
from generators.labels import Judged, Labelled, Search
from generators.strategies import Rule, Strategy
from generators.trace_row import Origin, completer_of, policy_of, trace_row
from schemas import ids
from schemas.judge import Judge
from schemas.pool import Pool, Sampler
from schemas.problem import Problem
from schemas.trace import StopReason, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Numbers per problem; Math-Shepherd uses 15 solutions and 8 rollouts."""

    samples: int = field(default=8, metadata={"least": 1})
    """Solutions sampled from the bare question."""
    labelled: int = 2
    """How many of them, distinct by text, have their steps labelled; 0 asks for no prefix to be continued."""
    rollouts: int = field(default=8, metadata={"least": 1})
    """Completions of each prefix, at most where the strategy stops early."""
    strategy: Strategy = "fixed"
    """Which prefixes are tried, and when to stop: `strategies.py`. All but `fixed` ask for few at a time, so keep more problems
    in flight."""
    waves: tuple[int, ...] = field(default=(2, 2, 4), metadata={"least": 1})
    """How many completions the strategy `waves` asks for at a time; the last repeats."""
    confidence: float = 0.95
    """How sure the strategy `changepoint` must be of where the first error is; .8 costs about a third less."""
    share: bool = False
    """Whether a solution that the completer wrote counts as one of its prefixes' completions."""
    keep_rollout_text: bool = True


def estimate(config: Config) -> tuple[int, int]:
    """Return (rollouts, tokens) to expect of solutions as the embedded policies write them: 4.3 steps of 9 tokens."""
    steps, each = 4.3, 9
    rollouts = config.labelled * config.rollouts * (steps - 1) * strategies.EXPECTED[config.strategy]
    return round(config.samples + rollouts), round((config.samples + rollouts / 2) * steps * each)


async def generate(
    problem: Problem, pool: Pool, judge: Judge, config: Config, seed: int, *, name: str, version: int
) -> AsyncGenerator[Trace, None]:
    """Yield one trace per sample, in index order; `labelled` of them with step counts. `name` and `version` are the generator's.

    The first also carries the cost of the completer's own tries. Raises what a model raises, and ValueError where the
    statement leaves no room for a solution.
    """
    path = (seed, problem.problem_id, name, version)
    searches = [labels.search(problem, sampler, judge) for sampler in pool.writers]
    drawn = await _solutions(searches, config.samples, ids.seed(*path, "root"))
    completing = labels.search(problem, pool.completer, judge)
    tries = await _tries(pool, completing, drawn, config, ids.seed(*path, "tries"))
    root = _root(pool, drawn, tries, config)
    chosen = _first_distinct([one for _, one in drawn], config.labelled) if root[1] else []
    reason: StopReason = "not_chosen" if root[1] else "unsolved"

    async def labelled(place: int) -> Labelled:
        sampler, one = drawn[place]
        written = labels.written_by(sampler, one.completion)
        solution = await labels.cut(problem, written, judge, one.verdict, reason)
        solution = replace(solution, cost=labels.cost_of([one]))
        if place not in chosen:
            return solution
        rule = Rule(
            strategy=config.strategy, rollouts=config.rollouts, waves=config.waves, confidence=config.confidence
        )
        own = one.verdict.outcome if config.share and sampler == pool.completer else None
        place_seed = ids.seed(*path, "sample", one.completion.index)
        return await labels.probe(
            completing, solution, written, rule, place_seed, keep_text=config.keep_rollout_text, own=own
        )

    solutions = await labels.together([labelled(place) for place in range(len(drawn))])
    spent = labels.cost_of(tries)
    for (sampler, one), solution in zip(drawn, solutions, strict=True):
        origin = Origin(
            generator=name,
            version=version,
            index=one.completion.index,
            policy=policy_of(sampler, one),
            prompt_hash=sampler.prompt_hash(sampler.question(problem.task)),
            completer=completer_of(completing) if _labelled(solution) else None,
        )
        solution = replace(solution, cost=labels.sum_costs([solution.cost, spent]))
        spent = labels.NO_COST
        yield trace_row(problem, origin, solution, one.completion.text, one.verdict, root)


Drawn = tuple[Sampler, Judged]


async def _solutions(searches: Sequence[Search], n: int, seed: int) -> list[Drawn]:
    """Return n solutions in index order, dealt out among the writers, each with who wrote it."""
    number = len(searches)
    shares = [[i for i in range(n) if i % number != place] for place in range(number)]
    results = await labels.together(
        [labels.draw(search, (), n, seed, skip=others) for search, others in zip(searches, shares, strict=True)]
    )
    for search, others, result in zip(searches, shares, results, strict=True):
        if not result and len(others) < n:
            room = f"the context of {search.sampler.model.info.name}, {search.sampler.model.info.context_length} tokens"
            raise ValueError(
                f"the prompt takes {len(search.prompt)} tokens and leaves no room for a solution in {room}"
            )
    drawn = [(search.sampler, one) for search, result in zip(searches, results, strict=True) for one in result]
    return sorted(drawn, key=lambda pair: pair[1].completion.index)


async def _tries(pool: Pool, completing: Search, drawn: Sequence[Drawn], config: Config, seed: int) -> list[Judged]:
    """Let a completer that wrote too few of the samples try the bare question, up to `rollouts` in all."""
    if not config.labelled or pool.writers == (pool.completer,):
        return []
    own = sum(sampler == pool.completer for sampler, _ in drawn)
    return await labels.draw(completing, (), max(0, config.rollouts - own), seed)


def _root(pool: Pool, drawn: Sequence[Drawn], tries: Sequence[Judged], config: Config) -> tuple[int, int]:
    """Return (completions, accepted) of the bare question: the completer's, or all where nothing is to be labelled."""
    judged = [one for sampler, one in drawn if sampler == pool.completer or not config.labelled] + list(tries)
    return len(judged), sum(one.verdict.outcome == "accepted" for one in judged)


def _labelled(solution: Labelled) -> bool:
    """Whether the completer had a say in the label of a step."""
    return any(step.n_rollouts or step.stop_reason == "implied_positive" for step in solution.steps)


def _first_distinct(drawn: Sequence[Judged], n: int) -> list[int]:
    """Return the places of the first n different texts, whatever their outcome."""
    first: dict[str, int] = {}
    for index, one in enumerate(drawn):
        first.setdefault(one.completion.text, index)
    return sorted(first.values())[:n]
