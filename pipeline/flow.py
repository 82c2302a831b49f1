"""The flow of a run: sources -> pending -> generate -> verify -> write, with two ways to execute the middle three.

`plan` decides what a run is, `run` does what is left of it. Problems stream: a block of them, one shard's, is read when there
is room for it. Stages are functions from one Arrow table to another (`generate.Mill.grind_table`, `verify.audit`,
`write.write_results`); `run_local` below calls them in this process, under a debugger if need be, and `cluster.flow.run_ray`
calls the same ones on a cluster. Only this process writes the manifest.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import pyarrow as pa

from pipeline import code, journal, manifest, pool, run_record, sources
from pipeline.blocks import Blocks
from pipeline.config import RunConfig
from pipeline.counts import Counts
from pipeline.generate import Work, open_mill
from pipeline.manifest import ShardEntry
from pipeline.pending import Pending, committed, refused_rows
from pipeline.sources import Refused, Stream
from pipeline.storage.folder import Folder
from pipeline.verify import audit
from pipeline.write import write_results
from schemas import ids
from schemas.model import ModelInfo
from schemas.problem import Problem
from schemas.table import SCHEMA_VERSION
from verifiers.catalog import VERIFIERS
from verifiers.execution import check as execution
from verifiers.families import catalog as families
from verifiers.steps import check as claims

Watcher = run_record.Watcher
Publish = Callable[[Sequence[ShardEntry]], None]


class Shell(Protocol):
    """Grind blocks of problems, publish the shards of each as it is done, return the final counts."""

    def __call__(self, work: Work, blocks: Blocks, publish: Publish, watcher: Watcher) -> Counts:
        """Raise EngineError and StorageError when the engine or the disk is lost for good."""
        ...


@dataclass(slots=True, kw_only=True)
class Plan:
    """A run, and how much of it there is already."""

    work: Work
    models: dict[str, ModelInfo]
    """The run's models by the name that the configuration gives them."""
    engines: dict[str, str]
    """Why which engine was taken, for the models that leave it to us."""
    source: Stream
    """Every problem asked for, committed or not; can be drawn once."""
    committed: int
    """Problems that have their row already."""

    @property
    def folder(self) -> Folder:
        """The run's folder."""
        return self.work.folder

    @property
    def at_most(self) -> int:
        """Problems that may be pending; how many there are shows when the source has been read."""
        return max(0, self.source.at_most - self.committed)

    @property
    def record(self) -> run_record.Run:
        """What `run.json` is to say of the run."""
        config = self.work.config
        return run_record.Run(
            run_id=self.work.run_id,
            name=config.name,
            problems=self.source.at_most,
            fingerprint_of=meaning(config, self.models, self.source.identity),
            config=config.as_dict(),
            code_version=self.work.code_version,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a run would do, found by reading its whole source."""

    pending: int
    refused: int
    rollouts: int
    """To expect for what is pending."""
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a call of `run` did."""

    counts: Counts
    seconds: float
    complete: bool
    """Whether every problem asked for has its row; false after a stop at the token budget."""
    removed: int = 0
    """Half-written files of an earlier, killed call that were cleared away."""
    summary: Mapping[str, Any] = field(default_factory=dict)  # Any: JSON


def plan(config: RunConfig, out: Folder, loaded: sources.Loaded | None = None) -> Plan:
    """Return the run that `config` means in `out`, and what is committed of it. Writes nothing.

    Raises ConfigError, SourceError, PolicyError, EngineError, ContinuationError and StorageError.
    """
    config, engines = pool.resolved(config)
    infos = pool.describe(config)
    pool.check(config, infos)
    if loaded is None:
        source = sources.stream(config.source, config.problems, config.run_seed, config.verifiers)
    else:
        source = _drawn(loaded)
    run_id = fingerprint(config, infos, source.identity)
    work = Work(config=config, run_id=run_id, folder=out / f"run={run_id}", code_version=code.version())
    there = sum(len(entry.problem_ids) for entry in manifest.entries(work.folder) if entry.table == "problems")
    return Plan(work=work, models=infos, engines=engines, source=source, committed=there)


def _drawn(loaded: sources.Loaded) -> Stream:
    rows: list[Problem | Refused] = [*loaded.refused, *loaded.problems]
    given = (row for row in rows)
    return Stream(rows=given, identity=loaded.identity, at_most=len(_taking(rows)), _notes=list(loaded.notes))


def fingerprint(config: RunConfig, infos: Mapping[str, ModelInfo], identity: str) -> str:
    """Name what the data of a run means. Not how many problems, not where."""
    return ids.digest("run", meaning(config, infos, identity), size=8)


def meaning(config: RunConfig, infos: Mapping[str, ModelInfo], identity: str) -> dict[str, Any]:
    """Return what the data of a run means: policies, prompts, sampling, generators, verifiers, source, versions."""
    versions = {name: f"{verifier.NAME}/{verifier.VERSION}" for name, verifier in VERIFIERS.items()}
    versions["steps"] = f"families/{families.VERSION} claims/{claims.VERSION} execution/{execution.VERSION}"
    versions["schema"] = str(SCHEMA_VERSION)
    return config.meaning() | pool.meaning(config, infos) | {"versions": versions, "identity": identity}


def _taking(rows: Sequence[Problem | Refused]) -> list[Problem | Refused]:
    """Return the rows that get a row of `problems`; a duplicate already has one under its id."""
    return [row for row in rows if not isinstance(row, Refused) or row.kind != "duplicate"]


def survey(plan: Plan) -> Survey:
    """Read the whole source and say what would be done. The plan's source is used up then."""
    done, pending, refused, rollouts, tokens = committed(plan.folder), 0, 0, 0, 0
    for row in plan.source.rows:
        if isinstance(row, Refused):
            refused += 1
        elif row.problem_id not in done:
            pending += 1
            each = plan.work.config.estimate(row)
            rollouts, tokens = rollouts + each[0], tokens + each[1]
    return Survey(pending=pending, refused=refused, rollouts=rollouts, tokens=tokens)


def run(
    plan: Plan,
    shell: Shell,
    watcher: Watcher,
    summarise: Callable[[Plan, Outcome], Mapping[str, Any]] | None = None,
) -> Outcome:
    """Do what is pending and commit it shard by shard; whatever is committed stays, however this ends.

    `summarise` gives what `run.json` says in the end. Raises EngineError and StorageError when the engine or the disk is lost
    for good, and what reading the source raises.
    """
    began, folder, size = time.monotonic(), plan.folder, plan.work.config.flow.problems_per_shard
    folder.make()
    with folder.locked(), run_record.call(folder, plan.record) as call:
        # What another process committed since the plan was made is neither done again nor cleared away.
        removed = manifest.remove_uncommitted(folder, manifest.entries(folder))
        everyone = run_record.Watchers(call, watcher)
        log = manifest.open_log(folder, plan.work.run_id)
        pending = Pending(plan.source, committed(folder), everyone)

        def publish(entries: Sequence[ShardEntry]) -> None:
            log.commit(entries)
            done = {i for entry in entries if entry.table == "problems" for i in entry.problem_ids}
            pending.committed += len(done)
            journal.forget(folder, done)
            if len(pending.refused) >= size:
                publish(write_results(refused_rows(pending, plan.work), folder))

        with Blocks(pending.blocks(size), ahead=2 * plan.work.config.flow.engines) as blocks:
            counts = shell(plan.work, blocks, publish, everyone) if blocks.any() else Counts()
        publish(write_results(refused_rows(pending, plan.work), folder))
        log.close()
        if pending.complete:
            folder.remove_all(journal.JOURNAL)
            # A writer that was taken for dead may have come back and left a shard that nobody asked for any more.
            manifest.remove_uncommitted(folder, manifest.entries(folder))
        outcome = Outcome(counts=counts, seconds=time.monotonic() - began, complete=pending.complete, removed=removed)
        if summarise is not None:
            outcome = replace(outcome, summary=summarise(plan, outcome))
        call.end(complete=pending.complete, counts=counts, summary=outcome.summary)
    return outcome


def run_local(work: Work, blocks: Blocks, publish: Publish, watcher: Watcher) -> Counts:
    """Run the stages in this process."""
    return asyncio.run(_run_local(work, blocks, publish, watcher))


async def _run_local(work: Work, blocks: Blocks, publish: Publish, watcher: Watcher) -> Counts:
    mill = open_mill(work)
    watcher.counts(mill.snapshot)
    places = asyncio.Semaphore(tables_in_flight(work.config))
    short = False

    async def one(table: pa.Table) -> None:
        nonlocal short
        try:
            results = await mill.grind_table(table)
        finally:
            places.release()
        short = short or len(results) < len(table)  # the token budget is used up
        publish(write_results(audit(results, work.config.verifiers), work.folder))

    try:
        async with asyncio.TaskGroup() as group:
            while not short:
                await places.acquire()
                table = await _next(blocks)
                if table is None:
                    break
                group.create_task(one(table))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    finally:
        await mill.close()
    return mill.snapshot()


async def _next(blocks: Blocks) -> pa.Table | None:
    """Return the next block, None at the end; cancelled within half a second."""
    while True:
        table = await asyncio.to_thread(blocks.take, 0.5)
        if table is not None or blocks.ended:
            return table


def tables_in_flight(config: RunConfig) -> int:
    """Return how many tables of problems one engine process works on at once."""
    return max(1, -(-config.flow.problems_in_flight // config.flow.problems_per_shard))
