"""The flow on Ray Data: engine actors generate, tasks verify and write, this process commits.

A block is one shard's problems. An async actor takes one call at a time unless told otherwise (measured), so the pool is
given as many concurrent calls as keep the engine's batch full; within an actor they share one event loop and one engine.
A killed actor is replaced and its blocks are done again: rollouts replay from the journal, files get the same names.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import asdict

import pyarrow as pa
import ray
from ray.data import ActorPoolStrategy

from pipeline import cluster, pool
from pipeline.counts import Counts, total
from pipeline.flow import Publish, Watcher, tables_in_flight
from pipeline.generate import Mill, Work, open_mill
from pipeline.manifest import ShardEntry
from pipeline.verify import audit
from pipeline.write import write_results
from schemas.errors import EngineError, StepmillError

_REPORT_S = 0.5


class Tally:
    """Adds up the counts of all engine actors; one that is replaced starts again at zero, so the last word of each is kept."""

    def __init__(self) -> None:
        self._parts: dict[str, Counts] = {}
        self._failure: StepmillError | None = None

    def report(self, who: str, counts: Counts) -> None:
        """Take an actor's counts so far."""
        self._parts[who] = counts

    def total(self) -> Counts:
        """Return the sum."""
        return total(list(self._parts.values()))

    def fail(self, error: StepmillError) -> None:
        """Take what ends the run; Ray hands on the text of an error from a worker, not the error."""
        self._failure = self._failure or error

    def failure(self) -> StepmillError | None:
        """Return what ended the run."""
        return self._failure


class Generate:
    """The generate stage: an actor that owns a mill."""

    def __init__(self, work: Work, tally: "ray.actor.ActorHandle") -> None:
        # Ray sets it to an actor's CPUs; the engine, a process of its own, is given what the machine has.
        os.environ.pop("OMP_NUM_THREADS", None)
        self._work = work
        self._tally = tally
        self._mill: Mill | None = None
        self._reporting: asyncio.Task[None] | None = None

    async def __call__(self, problems: pa.Table) -> pa.Table:
        """Grind one block."""
        try:
            mill = self._opened()
            results = await mill.grind_table(problems)
        except StepmillError as error:
            await self._tally.fail.remote(error)
            raise
        self._tally.report.remote(self._name(), mill.snapshot())
        return results

    def _opened(self) -> Mill:
        """Return the mill, opened on the event loop that it will live on."""
        if self._mill is None:
            self._mill = open_mill(self._work)
            self._reporting = asyncio.get_running_loop().create_task(self._report())
        return self._mill

    async def _report(self) -> None:
        while self._mill is not None:
            self._tally.report.remote(self._name(), self._mill.snapshot())
            await asyncio.sleep(_REPORT_S)

    def _name(self) -> str:
        return f"{ray.get_runtime_context().get_actor_id()}"


def run_ray(work: Work, tables: Sequence[pa.Table], publish: Publish, watcher: Watcher) -> Counts:
    """Run the stages on Ray; see `flow.Shell`."""
    cluster.start()
    tally = ray.remote(num_cpus=0)(Tally).remote()
    watcher.counts(lambda: _counted(tally))
    calls, engines = tables_in_flight(work.config), work.config.flow.engines
    actors = ActorPoolStrategy(size=engines, max_tasks_in_flight_per_actor=calls, max_concurrent_calls_per_actor=calls)
    blocks = ray.data.from_arrow(list(tables))
    results = blocks.map_batches(
        Generate,
        fn_constructor_args=(work, tally),
        batch_size=None,
        batch_format="pyarrow",
        zero_copy_batch=True,
        compute=actors,
        num_cpus=1,
        num_gpus=pool.gpus(work.config) or None,
    )
    written = results.map_batches(
        _verify_and_write,
        fn_kwargs={"work": work, "tally": tally},
        batch_size=None,
        batch_format="pyarrow",
        zero_copy_batch=True,
        num_cpus=0.5,
    )
    try:
        for entries in written.iter_batches(batch_size=None, batch_format="pyarrow"):
            publish([_entry(line) for line in entries.column("entry").to_pylist()])
    except (ray.exceptions.RayError, ray.data.exceptions.UserCodeException) as error:
        known: StepmillError | None = ray.get(tally.failure.remote())
        last = str(error).strip().splitlines()[-1]
        lost = EngineError(f"Ray gave up: {last}; what is committed stays, the same command goes on")
        raise known or lost from error
    final: Counts = ray.get(tally.total.remote())
    return final


def _counted(tally: "ray.actor.ActorHandle") -> Counts:
    """Return the counts so far; none when the run is just ending badly, which is reported elsewhere."""
    try:
        counts: Counts = ray.get(tally.total.remote())
    except ray.exceptions.RayError:
        return Counts()
    return counts


_ENTRIES = pa.schema([pa.field("entry", pa.string(), nullable=False)])


def _verify_and_write(results: pa.Table, work: Work, tally: "ray.actor.ActorHandle") -> pa.Table:
    """Audit and write one shard; what it wrote travels to the driver as JSON lines."""
    try:
        entries = write_results(audit(results, work.config.verifiers), work.folder)
    except StepmillError as error:
        ray.get(tally.fail.remote(error))
        raise
    return pa.table({"entry": [json.dumps(asdict(entry)) for entry in entries]}, schema=_ENTRIES)


def _entry(line: str) -> ShardEntry:
    raw = json.loads(line)
    return ShardEntry(**raw | {"problem_ids": tuple(raw["problem_ids"])})
