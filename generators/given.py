"""Label solutions that came with the problem, whoever wrote them: cut into steps, verify, probe where the completer is able to.

The completer first tries the bare question. Where it never gets there, its rollouts would say nothing about somebody else's
steps, and the traces are verified only. Rollouts: Math-Shepherd (arXiv 2312.08935, section 3.2), completer and writer apart.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace

from generators import labels, strategies
from generators.labels import Search, Written
from generators.strategies import Rule, Strategy
from generators.trace_row import Origin, completer_of, trace_row
from schemas import ids
from schemas.judge import Judge
from schemas.model import ModelFamily
from schemas.pool import Pool
from schemas.problem import ALL_TASKS, Problem, Solution
from schemas.trace import Cost, Policy, Trace

NAME = "given"
VERSION = 1
TASKS = frozenset(ALL_TASKS)
PARTS: tuple[str, ...] = ()

FOREIGN = ModelFamily(name="", template="{prompt}", prompt="", thinking=("<think>", "</think>"))
"""Solutions of unknown writers are cut by line; thought in the usual tags is not part of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Numbers per problem and per prefix."""

    samples: int = 8
    """Tries from the bare question before any step is labelled; 0 verifies only."""
    rollouts: int = field(default=8, metadata={"least": 1})
    """Completions of each prefix, at most where the strategy stops early."""
    strategy: Strategy = "fixed"
    """Which prefixes are tried, and when to stop: `strategies.py`."""
    waves: tuple[int, ...] = field(default=(2, 2, 4), metadata={"least": 1})
    """How many completions the strategy `waves` asks for at a time; the last repeats."""
    confidence: float = 0.95
    """How sure the strategy `changepoint` must be of where the first error is; .8 costs about a third less."""
    keep_rollout_text: bool = True


def needs_continuation(config: Config) -> bool:
    """Whether prefixes are continued."""
    return config.samples > 0


def estimate(problem: Problem, config: Config) -> tuple[int, int]:
    """Return (rollouts, tokens) to expect where the policy can solve the problem: solutions of 4.3 steps of 9 tokens."""
    steps, each = 4.3, 9
    rollouts = len(problem.given) * config.rollouts * (steps - 1) * strategies.EXPECTED[config.strategy]
    return round(config.samples + rollouts), round((config.samples + rollouts / 2) * steps * each)


async def generate(
    problem: Problem, pool: Pool, judge: Judge, config: Config, seed: int
) -> AsyncGenerator[Trace, None]:
    """Yield one trace per solution of `problem.given`, in order; the first also carries the cost of the tries."""
    path = (seed, problem.problem_id, NAME, VERSION)
    search = labels.search(problem, pool.completer, judge)
    tries = await labels.draw(search, (), config.samples, ids.seed(*path, "root"))
    correct = sum(one.verdict.outcome == "accepted" for one in tries)
    spent = labels.cost_of(tries)
    for index, solution in enumerate(problem.given):
        own = ids.seed(*path, "solution", index)
        yield await _trace(search, index, solution, config, (len(tries), correct), spent, own)
        spent = labels.NO_COST


async def _trace(
    search: Search, index: int, solution: Solution, config: Config, root: tuple[int, int], spent: Cost, seed: int
) -> Trace:
    tokenizer = search.sampler.model.tokenizer
    verdict = await search.judge.check(search.problem, FOREIGN.answer_part(solution.text))
    written = Written(
        text=solution.text,
        tokens=tokenizer.encode(solution.text),
        logprobs=None,
        tokenizer=tokenizer,
        family=FOREIGN,
    )
    labelled = await labels.cut(search.problem, written, search.judge, verdict, "unsolved")
    labelled = replace(labelled, cost=labels.sum_costs([spent, replace(labels.NO_COST, verify_s=verdict.seconds)]))
    if root[1]:
        rule = Rule(
            strategy=config.strategy, rollouts=config.rollouts, waves=config.waves, confidence=config.confidence
        )
        labelled = await labels.probe(search, labelled, written, rule, seed, keep_text=config.keep_rollout_text)
    policy = Policy(
        model=solution.model,
        revision="",
        engine=NAME,
        model_family=FOREIGN.name,
        temperature=None,
        top_p=None,
        max_tokens=None,
        seed=None,
    )
    origin = Origin(
        generator=NAME,
        version=VERSION,
        index=index,
        policy=policy,
        prompt_hash=search.prompt_hash,
        completer=completer_of(search) if labelled.rollouts else None,
    )
    return trace_row(search.problem, origin, labelled, solution.text, verdict, root)
