"""Generate: problems in, their traces out, many at a time against the run's models.

A mill is the models, one judge and the problems in flight between them. Searches are coroutines, so the engine's batch
stays full while each search waits for its own rollouts; verdicts are asked for as rollouts arrive. Each block of problems has
a journal of its own, so what a mill holds is what is in flight.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from generators.labels import together
from generators.trace_row import PARENT
from pipeline import pool
from pipeline.attempt import Failure, attempt
from pipeline.config import GeneratorConfig, RunConfig
from pipeline.counts import Counts
from pipeline.journal import Journal, JournalledModel
from pipeline.meter import MeteredModel
from pipeline.near_duplicates import marked
from pipeline.result import RESULTS, Result
from pipeline.storage.folder import Folder
from schemas import ids
from schemas.model import Model
from schemas.pool import Pool
from schemas.problem import Ended, Problem, ProblemRecord
from schemas.table import from_table, to_table
from schemas.trace import Trace
from schemas.tree import Tree
from verifiers import judge as judges
from verifiers import workers
from verifiers.judge import LocalJudge, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What an engine process needs to know of the run."""

    config: RunConfig
    run_id: str
    folder: Folder
    code_version: str


@dataclass(slots=True)
class Mill:
    """One engine actor's share of a run."""

    work: Work
    engines: Mapping[str, Model]
    """The run's models by name."""
    judge: Route
    journals: Callable[[Sequence[str]], Awaitable[Journal]]
    """Opens the journal of a block, by the ids of its problems. Raises StorageError."""
    counts: Counts = field(default_factory=Counts)
    """What was drawn and finished here; what the journal replayed is not in it."""
    active: int = 0
    """Problems in flight."""
    finished_tokens: int = 0
    """Tokens generated for the problems that are finished."""
    replayed: int = 0
    """Rollouts that the journals of finished blocks gave back."""
    open: list[Journal] = field(default_factory=list)
    """Journals of the blocks in flight."""

    async def grind(self, problem: Problem, journal: Journal) -> Result:
        """Return one problem's result; whatever goes wrong with it is in its record. Raises EngineError, StorageError."""
        began, spent = time.monotonic(), Counts()
        self.active += 1
        try:
            metered = {name: MeteredModel(model, spent) for name, model in self._models(journal).items()}
            traces, trees, failures = await self._ground(problem, pool.assemble(self.work.config, metered))
        finally:
            self.active -= 1
        self.finished_tokens += spent.generated_tokens
        self.counts.problems += 1
        self.counts.traces += len(traces)
        self.counts.accepted += sum(trace.outcome == "accepted" for trace in traces)
        record = _record(problem, traces, failures, spent, time.monotonic() - began, self.work)
        return Result(record=record, traces=traces, trees=trees)

    async def _ground(
        self, problem: Problem, policies: Pool
    ) -> tuple[tuple[Trace, ...], tuple[Tree, ...], list[Failure]]:
        """Return traces and trees of the generators that take the problem, one after the other, and how the others failed."""
        traces: list[Trace] = []
        trees: list[Tree] = []
        failures = []
        for row in self.work.config.taking(problem.task):
            found = await attempt("generate", _made(row, problem, policies, self.judge, self.work))
            if isinstance(found, Failure):
                failures.append(replace(found, message=f"{row.name}: {found.message}"))
            else:
                traces += found[0]
                trees += found[1]
        return tuple(marked(traces)), tuple(trees), failures

    def _models(self, journal: Journal) -> dict[str, JournalledModel]:
        """Return the run's models, metered and journalled."""
        config = self.work.config
        gpus = pool.gpus_of(config)
        return {
            name: JournalledModel(MeteredModel(engine, self.counts, config.models[name].price, gpus[name]), journal)
            for name, engine in self.engines.items()
        }

    async def grind_table(self, problems: pa.Table) -> pa.Table:
        """Grind the problems of a table together. Those that the token budget leaves no room for are missing from the result."""
        rows = from_table(problems, Problem)
        async with self._journal(rows) as journal:
            started = []
            for row in rows:
                if self.over_budget(row):
                    break
                started.append(asyncio.create_task(self.grind(row, journal)))
                await asyncio.sleep(0)  # lets it become active
            return to_table(await together(started), RESULTS)

    @asynccontextmanager
    async def _journal(self, rows: Sequence[Problem]) -> AsyncIterator[Journal]:
        """Open the journal of a block."""
        journal = await self.journals([row.problem_id for row in rows])
        self.open.append(journal)
        try:
            yield journal
        finally:
            self.open.remove(journal)
            self.replayed += journal.replayed
            await asyncio.to_thread(journal.close)  # on a store it waits for what is under way

    def over_budget(self, problem: Problem) -> bool:
        """Whether one more problem, at what they have cost so far, would exceed this process's share of `max_tokens_total`."""
        config = self.work.config
        if config.max_tokens_total is None or not (self.active or self.finished_tokens):
            return False  # the first problem always starts, or a small budget would never get anywhere
        _, expected = config.estimate(problem)
        each = self.finished_tokens / self.counts.problems if self.counts.problems else expected
        return self.finished_tokens + (self.active + 1) * each > config.max_tokens_total / config.flow.engines

    def snapshot(self) -> Counts:
        """Return the counts so far."""
        return replace(
            self.counts,
            replayed=self.replayed + sum(journal.replayed for journal in self.open),
            restarts=self._summed("restarted"),
            retried=self._summed("retried"),
            engine_s=self._summed("span_s"),
            engine_steps=self._summed("steps"),
            sequence_steps=self._summed("sequence_steps"),
        )

    def _summed(self, figure: str) -> Any:  # Any: int or float, by figure
        """Return the sum of a figure over the engines that keep it."""
        return sum(getattr(engine, figure, 0) for engine in self.engines.values())

    async def close(self) -> None:
        """End the engines and the judge."""
        for engine in self.engines.values():
            close = getattr(engine, "close", None)
            if close is not None:
                close()
        await self.judge.aclose()


def open_mill(
    work: Work,
    *,
    judge: Route | None = None,
    journals: Callable[[Sequence[str]], Awaitable[Journal]] | None = None,
) -> Mill:
    """Load the models of a run; a judge and journals elsewhere may be given. Raises PolicyError, EngineError."""
    return assemble(work, pool.load(work.config), judge or judge_of(work), journals)


def judge_of(work: Work) -> LocalJudge:
    """Return the judge of a run, in this process."""
    # The engine keeps every core busy: a worker may have to wait for its processor.
    config = judges.Config(
        workers=workers.Config(wall_s=30),
        programs=work.config.flow.programs_at_once,
        proofs=work.config.flow.proofs_at_once,
        verifiers=work.config.verifiers,
    )
    return LocalJudge(config)


def assemble(
    work: Work,
    engines: Mapping[str, Model],
    judge: Route,
    journals: Callable[[Sequence[str]], Awaitable[Journal]] | None = None,
) -> Mill:
    """Return a mill over models, by name, and a judge that are there."""

    async def here(problem_ids: Sequence[str]) -> Journal:
        return await asyncio.to_thread(Journal, work.folder, problem_ids)

    return Mill(work=work, engines=engines, judge=judge, journals=journals or here)


async def _made(
    row: GeneratorConfig, problem: Problem, policies: Pool, judge: Route, work: Work
) -> tuple[list[Trace], list[Tree]]:
    traces, trees = [], []
    async for one in row.module.generate(problem, policies, judge, row.config, work.config.run_seed):
        if isinstance(one, Tree):
            trees.append(stamped_tree(one, work))
        else:
            traces.append(stamped(one, work))
    return traces, trees


def stamped(trace: Trace, work: Work) -> Trace:
    """Return the trace with its ids, its run and the time; the generator named parent and tree by `trace_row.PARENT`."""

    def name(index: int) -> str:
        return ids.trace_id(work.run_id, trace.problem_id, trace.generator, trace.generator_version, index)

    parent = trace.parent_trace_id
    if parent is not None and parent.startswith(PARENT):
        parent = name(int(parent.removeprefix(PARENT)))
    tree = trace.tree_id
    if tree is not None and tree.startswith(PARENT):
        place = (trace.problem_id, trace.generator, trace.generator_version, int(tree.removeprefix(PARENT)))
        tree = ids.tree_id(work.run_id, *place)
    return replace(
        trace,
        trace_id=name(trace.sample_index),
        parent_trace_id=parent,
        tree_id=tree,
        run_id=work.run_id,
        code_version=work.code_version,
        created_at=_now(),
    )


def stamped_tree(tree: Tree, work: Work) -> Tree:
    """Return the tree with its id, its run and the time."""
    return replace(
        tree,
        tree_id=ids.tree_id(work.run_id, tree.problem_id, tree.search, tree.search_version, tree.tree_index),
        run_id=work.run_id,
        code_version=work.code_version,
        created_at=_now(),
    )


def _record(
    problem: Problem, traces: Sequence[Trace], failures: Sequence[Failure], spent: Counts, seconds: float, work: Work
) -> ProblemRecord:
    """Return how a problem ended: by the first generator that failed, else by the pass rate from the bare question."""
    root = next(((trace.root_n, trace.root_correct) for trace in traces if trace.root_n), (0, 0))
    # Plans and prose are labelled where the bare question is never solved: that is what they are for.
    gated = root[0] > 0 and not root[1] and not any(trace.role in ("plan", "translation") for trace in traces)
    ended: Ended = "error" if failures else "uninformative" if gated else "done"
    failure = failures[0] if failures else None
    if not work.config.taking(problem.task):
        ended, failure = "skipped", _nobodys(problem, work.config)
    return problem_record(
        problem,
        work,
        ended=ended,
        failure=failure,
        root=root,
        n_traces=len(traces),
        spent=_outside(spent, traces),
        seconds=seconds,
    )


def _nobodys(problem: Problem, config: RunConfig) -> Failure:
    takes = "; ".join(f"{row.name} takes {', '.join(sorted(row.module.TASKS))}" for row in config.generators)
    message = f"no generator of the run takes the task {problem.task!r}: {takes}; add one under [[generators]]"
    return Failure(stage="generate", error_type="no_generator", message=message)


def problem_record(
    problem: Problem,
    work: Work,
    *,
    ended: Ended,
    failure: Failure | None = None,
    root: tuple[int, int] = (0, 0),
    n_traces: int = 0,
    spent: Counts | None = None,
    seconds: float = 0.0,
) -> ProblemRecord:
    """Return the row of `problems` that says how one problem ended."""
    spent = spent or Counts()
    return ProblemRecord(
        problem_id=problem.problem_id,
        run_id=work.run_id,
        domain=problem.domain,
        task=problem.task,
        family=problem.family,
        statement=problem.statement,
        reference=problem.reference,
        source=problem.source,
        licence=problem.licence,
        split=problem.split,
        difficulty=problem.difficulty,
        ended=ended,
        root_n=root[0],
        root_correct=root[1],
        n_traces=n_traces,
        stage=failure.stage if failure else None,
        error_type=failure.error_type if failure else None,
        message=failure.message if failure else None,
        prompt_tokens=spent.prompt_tokens,
        cached_tokens=spent.cached_tokens,
        generated_tokens=spent.generated_tokens,
        engine_s=spent.sample_s,
        gpu_s=spent.gpu_s,
        dollars=spent.dollars,
        seconds=seconds,
        code_version=work.code_version,
        created_at=_now(),
    )


def _outside(spent: Counts, traces: Sequence[Trace]) -> Counts:
    """Return what no trace accounts for."""
    return Counts(
        prompt_tokens=spent.prompt_tokens - sum(trace.cost.prompt_tokens for trace in traces),
        cached_tokens=spent.cached_tokens - sum(trace.cost.cached_tokens for trace in traces),
        generated_tokens=spent.generated_tokens - sum(trace.cost.generated_tokens for trace in traces),
        # Sums in another order differ in their last bits.
        sample_s=max(0.0, spent.sample_s - sum(trace.cost.engine_s for trace in traces)),
        gpu_s=max(0.0, spent.gpu_s - sum(trace.cost.gpu_s for trace in traces)),
        dollars=max(0.0, spent.dollars - sum(trace.cost.dollars for trace in traces)),
    )


def _now() -> int:
    return time.time_ns() // 1000
