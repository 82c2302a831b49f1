"""Sample whole solutions, then label the steps of some with Monte-Carlo rollouts of every prefix.

Math-Shepherd (arXiv 2312.08935, section 3.2). The samples from the bare question serve three ends: each is a trace of its
own, their pass rate gates the labelling (a policy that never gets there makes no labels), and the first few distinct ones,
right or wrong, have their steps labelled. They are not selected by outcome, so labels stay unbiased.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace

from generators import labels
from generators.labels import Judged, Labelled, Search
from generators.trace_row import Origin, policy, trace_row
from schemas import ids
from schemas.judge import Judge
from schemas.model import Model, SamplingParams
from schemas.problem import Problem
from schemas.trace import StopReason, Trace

NAME = "math_shepherd"
VERSION = 1
NEEDS_CONTINUATION = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Numbers per problem; the paper uses 15 solutions and 8 rollouts."""

    samples: int = 8
    """Solutions sampled from the bare question."""
    labelled: int = 2
    """How many of them, distinct by text, have their steps labelled."""
    rollouts: int = 8
    """Completions of each prefix."""
    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 160
    """Of a whole solution."""
    keep_rollout_text: bool = True


def estimate(problem: Problem, config: Config) -> tuple[int, int]:
    """Return (rollouts, tokens) to expect of solutions as the embedded policy writes them: 4.3 steps of 9 tokens."""
    steps, each = 4.3, 9
    rollouts = config.labelled * config.rollouts * (steps - 1)
    return round(config.samples + rollouts), round((config.samples + rollouts / 2) * steps * each)


async def generate(
    problem: Problem, model: Model, judge: Judge, config: Config, seed: int
) -> AsyncGenerator[Trace, None]:
    """Yield one trace per sample, in index order; `labelled` of them with step counts.

    Raises what `model` raises, and ValueError where the statement leaves no room for a solution.
    """
    params = SamplingParams(temperature=config.temperature, top_p=config.top_p, max_tokens=config.max_tokens)
    prompt = model.tokenizer.encode(model.info.template.replace("{problem}", problem.statement))
    search = Search(problem=problem, prompt=prompt, model=model, judge=judge, params=params, seed=seed)
    drawn = await labels.draw(search, (), config.samples, ids.seed(seed, problem.problem_id, NAME, VERSION, "root"))
    if not drawn:
        room = f"the model's context of {model.info.context_length} tokens"
        raise ValueError(f"the prompt takes {len(prompt)} tokens and leaves no room for a solution in {room}")
    correct = sum(one.verdict.outcome == "accepted" for one in drawn)
    chosen = _first_distinct(drawn, config.labelled) if correct else []
    solutions = await labels.together(
        [_labelled(search, one, config, solved=correct > 0, chosen=index in chosen) for index, one in enumerate(drawn)]
    )
    for one, solution in zip(drawn, solutions, strict=True):
        origin = Origin(
            generator=NAME, version=VERSION, index=one.completion.index, policy=policy(model.info, params, one)
        )
        yield trace_row(problem, model.info, origin, solution, one.completion.text, one.verdict, (len(drawn), correct))


def _first_distinct(drawn: Sequence[Judged], n: int) -> list[int]:
    """Return the indices of the first n different texts, whatever their outcome."""
    first: dict[str, int] = {}
    for index, one in enumerate(drawn):
        first.setdefault(one.completion.text, index)
    return sorted(first.values())[:n]


async def _labelled(search: Search, one: Judged, config: Config, *, solved: bool, chosen: bool) -> Labelled:
    completion = one.completion
    reason: StopReason = "not_chosen" if solved else "unsolved"
    solution = await labels.cut(search, completion.text, completion.tokens, completion.logprobs, one.verdict, reason)
    solution = replace(solution, cost=labels.cost_of([one]))
    if not chosen:
        return solution
    seed = ids.seed(search.seed, search.problem.problem_id, NAME, VERSION, "sample", completion.index)
    own = replace(search, seed=seed)
    return await labels.probe(own, solution, completion.tokens, config.rollouts, keep_text=config.keep_rollout_text)
