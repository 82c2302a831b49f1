"""Label solutions that came with the problem, whoever wrote them: cut into steps, verify, probe where the policy is able to.

The policy first tries the bare question. Where it never gets there, its rollouts would say nothing about somebody else's
steps, and the traces are verified only. Rollouts: Math-Shepherd (arXiv 2312.08935, section 3.2), completer and solver apart.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

from generators import labels
from generators.labels import Search
from generators.trace_row import Origin, trace_row
from schemas import ids
from schemas.judge import Judge
from schemas.model import Model, SamplingParams
from schemas.problem import Problem, Solution
from schemas.trace import Cost, Policy, Trace

NAME = "given"
VERSION = 1
NEEDS_CONTINUATION = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Numbers per problem and per prefix."""

    samples: int = 8
    """Tries from the bare question before any step is labelled; 0 verifies only."""
    rollouts: int = 8
    """Completions of each prefix."""
    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 320
    """Of a whole solution."""
    keep_rollout_text: bool = True


def estimate(problem: Problem, config: Config) -> tuple[int, int]:
    """Return (rollouts, tokens) to expect where the policy can solve the problem: solutions of 4.3 steps of 9 tokens."""
    steps, each = 4.3, 9
    rollouts = len(problem.given) * config.rollouts * (steps - 1)
    return round(config.samples + rollouts), round((config.samples + rollouts / 2) * steps * each)


async def generate(
    problem: Problem, model: Model, judge: Judge, config: Config, seed: int
) -> AsyncGenerator[Trace, None]:
    """Yield one trace per solution of `problem.given`, in order; the first also carries the cost of the tries."""
    params = SamplingParams(temperature=config.temperature, top_p=config.top_p, max_tokens=config.max_tokens)
    prompt = model.tokenizer.encode(model.info.template.replace("{problem}", problem.statement))
    search = Search(problem=problem, prompt=prompt, model=model, judge=judge, params=params, seed=seed)
    tries = await labels.draw(search, (), config.samples, ids.seed(seed, problem.problem_id, NAME, VERSION, "root"))
    correct = sum(one.verdict.outcome == "accepted" for one in tries)
    spent = labels.cost_of(tries)
    for index, solution in enumerate(problem.given):
        yield await _trace(search, index, solution, config, (len(tries), correct), spent)
        spent = labels.NO_COST


async def _trace(
    search: Search, index: int, solution: Solution, config: Config, root: tuple[int, int], spent: Cost
) -> Trace:
    verdict = await search.judge.check(search.problem, solution.text)
    tokens = search.model.tokenizer.encode(solution.text)
    labelled = await labels.cut(search, solution.text, tokens, None, verdict, "unsolved")
    labelled = replace(labelled, cost=labels.sum_costs([spent, replace(labels.NO_COST, verify_s=verdict.seconds)]))
    if root[1]:
        seed = ids.seed(search.seed, search.problem.problem_id, NAME, VERSION, "solution", index)
        own = replace(search, seed=seed)
        labelled = await labels.probe(own, labelled, tokens, config.rollouts, keep_text=config.keep_rollout_text)
    policy = Policy(
        model=solution.model, revision="", engine=NAME, temperature=None, top_p=None, max_tokens=None, seed=None
    )
    origin = Origin(generator=NAME, version=VERSION, index=index, policy=policy)
    return trace_row(search.problem, search.model.info, origin, labelled, solution.text, verdict, root)
