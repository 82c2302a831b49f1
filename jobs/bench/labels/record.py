"""Record a pool: draw solutions with a real engine until there are enough right and wrong ones, then rollouts of every prefix.

Every problem gives its first solution only, so the right ones are a sample of all right ones, and so are the wrong. Prompts,
seeds and cuts are those of the generator `math_shepherd` (`generators/solutions.py`): sample j of a prefix is the same one there.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from itertools import islice

from generators import labels, math_shepherd
from generators.labels import Judged, Labelled, Search, Written
from generators.prompts import catalog as prompts
from generators.together import together
from jobs.bench.labels.cells import Cell
from jobs.bench.labels.pool import Prefix, Recorded, Size, Solution
from jobs.bench.labels.replay import More
from pipeline.families import catalog
from pipeline.models import openvino
from pipeline.models.model_families import AUTO
from schemas import ids
from schemas.judge import Judge
from schemas.model import SamplingParams
from schemas.pool import Prompt, Sampler
from schemas.problem import Problem

SEED = 0
_BATCH = 128
_MOST = 4_000
"""Solutions drawn in search of the rarer kind."""
_REQUESTS = 128
"""Prefixes asked for at once: with 16 samples each, enough to fill the engine's batch eight times over."""


@asynccontextmanager
async def policy(cell: Cell) -> AsyncIterator[Sampler]:
    """Open the policy of a cell on the embedded engine, in a process of its own. Raises PolicyError."""
    model = openvino.load(cell.policy, AUTO, openvino.Config())
    family = model.info.family
    params = SamplingParams(temperature=cell.temperature, max_tokens=cell.max_tokens, stop=family.stop)
    task = next(held_out(cell)).task
    asked: dict[str, Prompt] = {task: prompts.default(task, family)} if task != "solve" else {}
    try:
        yield Sampler(model=model, prompt=prompts.find(family.prompt), params=params, prompts=asked)
    finally:
        model.close()


Opened = Callable[[], Awaitable[Sampler]]


@asynccontextmanager
async def opened(cell: Cell) -> AsyncIterator[Opened]:
    """Yield what opens the policy of a cell when it is first asked to, and keeps it open until the end."""
    async with AsyncExitStack() as stack:
        lock, kept = asyncio.Lock(), list[Sampler]()

        async def sampler() -> Sampler:
            async with lock:
                if not kept:
                    kept.append(await stack.enter_async_context(policy(cell)))
            return kept[0]

        yield sampler


def more_of(recorded: Recorded, sampler: Opened, judge: Judge) -> More:
    """Return what draws further samples of the prefixes of a pool: those that `record` would have drawn next."""
    wanted = {solution.problem_id for solution in recorded.solutions}
    searches: dict[str, Search] = {}

    async def more(solution: Solution, step: int, indices: range) -> Prefix:
        policy_of_cell = await sampler()
        if not searches:
            asked = islice(held_out(recorded.cell), recorded.draws)
            kept = [problem for problem in asked if problem.problem_id in wanted]
            searches.update({problem.problem_id: labels.search(problem, policy_of_cell, judge) for problem in kept})
        search, prefix = searches[solution.problem_id], solution.written[: solution.ends[step]]
        skip = range(indices.start)
        return _prefix(await labels.draw(search, prefix, indices.stop, _seed(search, "step", step), skip=skip))

    return more


def held_out(cell: Cell) -> Iterator[Problem]:
    """Yield the test problems of a cell, each once, without end."""
    seen: set[str] = set()
    for problem in catalog.problems([cell.family], [cell.difficulty], "test", SEED):
        if problem.problem_id not in seen:
            seen.add(problem.problem_id)
            yield problem


async def record(cell: Cell, size: Size, sampler: Sampler, judge: Judge) -> Recorded:
    """Return a cell's pool."""
    began = time.monotonic()
    chosen, draws, accepted, spent = await _solutions(cell, size, sampler, judge)
    _say(f"{cell.name}: {accepted} of {draws} solutions are right, {len(chosen)} are taken")
    limit = asyncio.Semaphore(_REQUESTS)
    done = await together([_rolled_out(one, size, limit) for one in chosen])
    fresh = _spread([solution for solution, _ in done], size.fresh)
    shares = await together([_share(chosen[place], step, size, limit) for place, step in fresh])
    solutions = [solution for solution, _ in done]
    for (place, step), (share, _) in zip(fresh, shares, strict=True):
        before = solutions[place].prefixes
        after = (*before[:step], replace(before[step], share=share), *before[step + 1 :])
        solutions[place] = replace(solutions[place], prefixes=after)
    recorded = Recorded(
        cell=cell,
        size=size,
        revision=sampler.model.info.revision,
        draws=draws,
        accepted=accepted,
        seconds=round(time.monotonic() - began, 1),
        tokens=spent + sum(tokens for _, tokens in (*done, *shares)),
        solutions=tuple(solutions),
    )
    _say(f"{cell.name}: {recorded.tokens:,} tokens in {recorded.seconds:.0f} s")
    return recorded


Drawn = tuple[Search, Judged]


async def _solutions(
    cell: Cell, size: Size, sampler: Sampler, judge: Judge
) -> tuple[list[tuple[Drawn, Labelled]], int, int, int]:
    """Return the solutions that are taken, cut into steps; how many were drawn, how many of them are right, their tokens."""
    source = held_out(cell)
    taken: dict[str, list[Drawn]] = {"accepted": [], "rejected": []}
    draws = accepted = tokens = 0
    while draws < _MOST and min(map(len, taken.values())) < size.solutions:
        searches = [labels.search(problem, sampler, judge) for problem in islice(source, _BATCH)]
        for search, drawn in zip(searches, await together([_first(search) for search in searches]), strict=True):
            outcome = drawn.verdict.outcome
            draws += 1
            accepted += outcome == "accepted"
            tokens += drawn.completion.generated_tokens
            if len(taken.get(outcome, ())) < size.solutions and outcome in taken:
                taken[outcome].append((search, drawn))
    chosen = [*taken["accepted"], *taken["rejected"]]
    cut = await together([_cut(search, drawn) for search, drawn in chosen])
    return list(zip(chosen, cut, strict=True)), draws, accepted, tokens


def _path(search: Search) -> tuple[int, str, str, int]:
    return SEED, search.problem.problem_id, math_shepherd.NAME, math_shepherd.VERSION


def _seed(search: Search, kind: str, step: int) -> int:
    """Return the seed of a prefix of the first solution."""
    return ids.seed(ids.seed(*_path(search), "sample", 0), kind, step)


async def _first(search: Search) -> Judged:
    drawn = await labels.draw(search, (), 1, ids.seed(*_path(search), "root"))
    if not drawn:
        raise ValueError(f"the prompt of {len(search.prompt)} tokens leaves no room for a solution")
    return drawn[0]


def _written(search: Search, drawn: Judged) -> Written:
    return labels.written_by(search.sampler, drawn.completion)


async def _cut(search: Search, drawn: Judged) -> Labelled:
    return await labels.cut(search.problem, _written(search, drawn), search.judge, drawn.verdict, "unprobed")


async def _rolled_out(one: tuple[Drawn, Labelled], size: Size, limit: asyncio.Semaphore) -> tuple[Solution, int]:
    """Return a solution with the rollouts of its prefixes, and the tokens they took."""
    (search, drawn), cut = one
    ends = tuple(step.token_end for step in cut.steps)

    async def asked(step: int, end: int) -> Prefix:
        prefix, seed = drawn.completion.tokens[:end], _seed(search, "step", step)
        async with limit:
            found = await labels.draw(search, prefix, size.samples, seed)
            if any(each.verdict.outcome == "undecided" for each in found):
                found += await labels.draw(search, prefix, 2 * size.samples, seed, skip=range(size.samples))
        return _prefix(found)

    prefixes = await together([asked(step, end) for step, end in enumerate(ends[:-1])])
    solution = Solution(
        problem_id=search.problem.problem_id,
        outcome=drawn.verdict.outcome,
        question=len(search.prompt),
        ends=ends,
        exact=tuple(step.exact_prefix for step in cut.steps),
        first_error=cut.first_error,
        written=tuple(drawn.completion.tokens),
        prefixes=tuple(prefixes),
    )
    return solution, sum(sum(prefix.tokens) for prefix in prefixes)


def _prefix(drawn: Sequence[Judged]) -> Prefix:
    return Prefix(
        outcomes=tuple(each.verdict.outcome for each in drawn),
        tokens=tuple(each.completion.generated_tokens for each in drawn),
        cached=drawn[0].completion.cached_tokens if drawn else 0,
    )


def _spread(solutions: Sequence[Solution], count: int) -> list[tuple[int, int]]:
    """Return up to `count` prefixes as (solution, step): half of them right, half wrong, each half spread over the steps."""
    chosen = []
    for truth in (True, False):
        places = [
            (step, place)
            for place, solution in enumerate(solutions)
            for step, exact in enumerate(solution.exact[:-1])
            if exact is truth
        ]
        places.sort()
        half = min(len(places), (count + truth) // 2)
        chosen += [places[(2 * i + 1) * len(places) // (2 * half)] for i in range(half)]
    return [(place, step) for step, place in chosen]


async def _share(one: tuple[Drawn, Labelled], step: int, size: Size, limit: asyncio.Semaphore) -> tuple[float, int]:
    """Return the share of right ones among fresh rollouts of a prefix, and the tokens they took."""
    (search, drawn), cut = one
    prefix = drawn.completion.tokens[: cut.steps[step].token_end]
    async with limit:
        found = await labels.draw(search, prefix, size.fresh_samples, _seed(search, "fresh", step))
    outcomes = [each.verdict.outcome for each in found]
    decided = len(outcomes) - outcomes.count("undecided")
    return outcomes.count("accepted") / max(1, decided), labels.cost_of(found).generated_tokens


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
