"""The flow of a run: sources -> pending -> generate -> verify -> write, with two ways to execute the middle three.

`plan` decides what a run is and what is left of it, `run` does it. Stages are functions from one Arrow table to another
(`generate.Mill.grind_table`, `verify.audit`, `write.write_results`); `run_local` below calls them in this process, under a
debugger if need be, and `ray_flow.run_ray` calls the same ones on a cluster. Only this process writes the manifest.
"""

import asyncio
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from pipeline import code, manifest, pool, sources
from pipeline.attempt import Failure
from pipeline.config import RunConfig
from pipeline.counts import Counts
from pipeline.generate import Work, open_mill, problem_record
from pipeline.manifest import ShardEntry
from pipeline.result import RESULTS, Result
from pipeline.verify import audit
from pipeline.write import write_results
from schemas import ids
from schemas.errors import StorageError
from schemas.model import ModelInfo
from schemas.problem import GIVEN, Problem, ProblemRecord
from schemas.table import SCHEMA_VERSION, to_table
from verifiers import judge
from verifiers.catalog import VERIFIERS
from verifiers.execution import check as execution
from verifiers.families import catalog as families
from verifiers.steps import check as claims


class Watcher(Protocol):
    """What a shell tells while it runs."""

    def counts(self, counts: Callable[[], Counts]) -> None:
        """Take the function that says how far the run is; called once, before the first problem."""
        ...


Publish = Callable[[Sequence[ShardEntry]], None]
Shell = Callable[[Work, Sequence[pa.Table], Publish, Watcher], Counts]
"""Grind tables of problems, publish the shards of each as it is done, return the final counts."""


@dataclass(slots=True, kw_only=True)
class Plan:
    """A run and what is left of it."""

    work: Work
    models: dict[str, ModelInfo]
    """The run's models by the name that the configuration gives them."""
    engines: dict[str, str]
    """Why which engine was taken, for the models that leave it to us."""
    wanted: int
    """Problems asked for, refused ones included."""
    pending: tuple[Problem, ...]
    refused: tuple[sources.Refused, ...]
    notes: tuple[str, ...] = ()
    """What is worth knowing of problems that are not refused."""
    committed: list[ShardEntry] = field(default_factory=list)
    removed: int = 0
    """Half-written files of an earlier, killed call that were cleared away."""

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return self.work.folder

    def estimate(self) -> tuple[int, int]:
        """Return (rollouts, tokens) to expect for what is pending."""
        each = [self.work.config.estimate(problem) for problem in self.pending]
        return sum(rollouts for rollouts, _ in each), sum(tokens for _, tokens in each)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a call of `run` did."""

    counts: Counts
    seconds: float
    complete: bool
    """Whether every problem asked for has its row; false after a stop at the token budget."""


def plan(config: RunConfig, out: Path, loaded: sources.Loaded | None = None) -> Plan:
    """Return the run that `config` means in `out`, and what is pending. Writes nothing.

    Raises ConfigError, SourceError, PolicyError, EngineError, ContinuationError and StorageError.
    """
    config, engines = pool.resolved(config)
    infos = pool.describe(config)
    pool.check(config, infos)
    loaded = loaded or sources.load(config.source, config.problems, config.seed, config.verifiers)
    judge.require(loaded.problems, config.verifiers)
    run_id = fingerprint(config, infos, loaded.identity)
    work = Work(config=config, run_id=run_id, folder=out / f"run={run_id}", code_version=code.version())
    committed = manifest.read(work.folder)
    return Plan(
        work=work,
        models=infos,
        engines=engines,
        wanted=len(loaded.problems) + len(_recordable(loaded.refused)),
        pending=_pending(loaded.problems, committed),
        refused=loaded.refused,
        notes=loaded.notes,
        committed=committed,
    )


def fingerprint(config: RunConfig, infos: Mapping[str, ModelInfo], identity: str) -> str:
    """Name what the data of a run means: policies, prompts, sampling, generators, verifiers, source. Not how many, not where."""
    verifiers = {name: f"{verifier.NAME}/{verifier.VERSION}" for name, verifier in VERIFIERS.items()}
    verifiers["steps"] = f"families/{families.VERSION} claims/{claims.VERSION} execution/{execution.VERSION}"
    policies = pool.meaning(config, infos)
    return ids.digest("run", SCHEMA_VERSION, config.meaning(), policies, verifiers, identity, size=8)


def _pending(problems: Sequence[Problem], committed: Sequence[ShardEntry]) -> tuple[Problem, ...]:
    """Return the problems without a committed row, in order: an anti-join on ids."""
    wanted = pa.table({"id": [p.problem_id for p in problems], "place": range(len(problems))})
    done = pa.table(
        {"id": pa.array([i for e in committed if e.table == "problems" for i in e.problem_ids], pa.string())}
    )
    with duckdb.connect() as connection:
        connection.register("wanted", wanted)
        connection.register("done", done)
        rows = connection.execute("SELECT place FROM wanted ANTI JOIN done USING (id) ORDER BY place").fetchall()
    return tuple(problems[place] for (place,) in rows)


def run(plan: Plan, shell: Shell, watcher: Watcher) -> Outcome:
    """Do what is pending and commit it shard by shard; whatever is committed stays, however this ends.

    Raises EngineError and StorageError when the engine or the disk is lost for good.
    """
    began = time.monotonic()
    work = plan.work
    manifest.make_folder(work.folder)
    with manifest.locked(work.folder):
        # What another process committed since the plan was made is neither done again nor cleared away.
        plan.committed = committed = manifest.read(work.folder)
        plan.pending = _pending(plan.pending, committed)
        plan.removed = manifest.remove_uncommitted(work.folder, committed)
        _write_run(plan)

        def publish(entries: Sequence[ShardEntry]) -> None:
            committed.extend(entries)
            manifest.commit(work.folder, work.run_id, committed)

        publish(write_results(_refusals(plan), work.folder))
        tables = list(_chunks(plan.pending, work.config.flow.problems_per_shard))
        counts = shell(work, tables, publish, watcher) if tables else Counts()
        complete = not _pending(plan.pending, committed)
        if complete:
            shutil.rmtree(work.folder / "journal", ignore_errors=True)
    return Outcome(counts=counts, seconds=time.monotonic() - began, complete=complete)


def _write_run(plan: Plan) -> None:
    """Write `run.json` in place, never by rename: it is the file that is locked."""
    path = plan.folder / "run.json"
    with suppress(ValueError):
        json.loads(path.read_text())
        return
    work = plan.work
    content: dict[str, Any] = {  # Any: JSON
        "run_id": work.run_id,
        "fingerprint_of": work.config.meaning() | pool.meaning(work.config, plan.models),
        "config": work.config.as_dict(),
        "code_version": work.code_version,
        "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    try:
        path.write_text(json.dumps(content, indent=1) + "\n")
        manifest.sync(path)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}; make room or choose another --out, then run again") from error


def _chunks(problems: Sequence[Problem], size: int) -> Iterator[pa.Table]:
    for start in range(0, len(problems), size):
        yield to_table(problems[start : start + size], GIVEN)


def _recordable(refused: Sequence[sources.Refused]) -> list[sources.Refused]:
    """Return the refused rows that get a row of `problems`; a duplicate already has one under its id."""
    return [row for row in refused if row.kind != "duplicate"]


def _refusals(plan: Plan) -> pa.Table:
    """Return the records of refused input rows that are not committed yet."""
    done = {i for entry in plan.committed if entry.table == "problems" for i in entry.problem_ids}
    new = {row.problem_id: row for row in _recordable(plan.refused) if row.problem_id not in done}
    results = [Result(record=_refusal(row, plan.work), traces=()) for row in new.values()]
    return to_table(results, RESULTS)


def _refusal(row: sources.Refused, work: Work) -> ProblemRecord:
    problem = Problem(
        problem_id=row.problem_id,
        domain="math",
        family="",
        statement=row.statement,
        reference="",
        source=Path(row.where).name,
        licence=work.config.source.licence,
        split=work.config.source.split,
    )
    failure = Failure(stage="source", error_type=row.kind, message=row.message)
    return problem_record(problem, work, ended="skipped", failure=failure)


def run_local(work: Work, tables: Sequence[pa.Table], publish: Publish, watcher: Watcher) -> Counts:
    """Run the stages in this process."""
    return asyncio.run(_run_local(work, tables, publish, watcher))


async def _run_local(work: Work, tables: Sequence[pa.Table], publish: Publish, watcher: Watcher) -> Counts:
    mill = open_mill(work)
    watcher.counts(mill.snapshot)
    places = asyncio.Semaphore(tables_in_flight(work.config))

    async def one(table: pa.Table) -> None:
        async with places:
            results = await mill.grind_table(table)
        publish(write_results(audit(results, work.config.verifiers), work.folder))

    try:
        async with asyncio.TaskGroup() as group:
            for table in tables:
                group.create_task(one(table))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    finally:
        await mill.close()
    return mill.snapshot()


def tables_in_flight(config: RunConfig) -> int:
    """Return how many tables of problems one engine process works on at once."""
    return max(1, -(-config.flow.problems_in_flight // config.flow.problems_per_shard))
