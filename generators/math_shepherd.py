"""Sample whole solutions, then label the steps of some with Monte-Carlo rollouts of every prefix.

Math-Shepherd (arXiv 2312.08935, section 3.2): the completer may be the policy that writes or, as in the paper, another model.
`solutions.py` says how samples are drawn, gated and chosen.
"""

from collections.abc import AsyncGenerator

from generators import solutions
from schemas.judge import Judge
from schemas.pool import Pool
from schemas.problem import ALL_TASKS, Problem
from schemas.trace import Trace

NAME = "math_shepherd"
VERSION = 1
TASKS = frozenset(ALL_TASKS)
PARTS: tuple[str, ...] = ()

Config = solutions.Config


def needs_continuation(config: Config) -> bool:
    """Whether prefixes are continued."""
    return config.labelled > 0


def estimate(problem: Problem, config: Config) -> tuple[int, int]:
    """Return (rollouts, tokens) to expect."""
    return solutions.estimate(config)


async def generate(
    problem: Problem, pool: Pool, judge: Judge, config: Config, seed: int
) -> AsyncGenerator[Trace, None]:
    """Yield one trace per sample, in index order; see `solutions.generate`."""
    async for trace in solutions.generate(problem, pool, judge, config, seed, name=NAME, version=VERSION):
        yield trace
