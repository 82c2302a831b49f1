"""What runs on the cluster: actors that generate, that judge, and that write. None of them decides anything about the run.

Each answers `beat` from its event loop, beside whatever work it does; `supervision.py` puts down one that does not.
"""

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import pyarrow as pa
import ray
import ray.actor

from pipeline.cluster.far_journal import far_journal
from pipeline.cluster.far_judge import FarJudge
from pipeline.counts import Counts
from pipeline.generate import Mill, Work, judge_of, open_mill
from pipeline.journal import Journal, read
from pipeline.manifest import ShardEntry
from pipeline.storage.folder import Appender
from pipeline.verify import audit
from pipeline.write import write_results
from schemas.errors import EngineError, StepmillError
from schemas.judge import CameTo, Ran
from schemas.model import Completion
from schemas.problem import Problem
from schemas.verdict import StepChecks, Verdict

_WRITER_S = 120
"""How long an engine waits for a writer; the driver's own deadlines are shorter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A sign of life."""

    pid: int
    node: str
    counts: Counts | None = None
    """Of an engine actor: what it has done so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a call of `grind` or `write` ended. An error is a value: Ray hands on the text of an exception, not the exception."""

    error: StepmillError | None = None
    rows: int = 0
    counts: Counts | None = None
    entries: tuple[ShardEntry, ...] = ()


def _here() -> str:
    return str(ray.get_runtime_context().get_node_id())


class Generate:
    """An engine actor: owns a mill. `home` is the node of the run's folder, None where every node reaches it."""

    def __init__(self, work: Work, home: str | None) -> None:
        # Ray sets it to an actor's CPUs; the engine, a process of its own, is given what the machine has.
        os.environ.pop("OMP_NUM_THREADS", None)
        self._work = work
        self._far = home is not None and home != _here()
        self._writer: ray.actor.ActorHandle | None = None
        self._judge = FarJudge() if work.config.flow.verifiers else None
        self._mill: Mill | None = None

    async def beat(self) -> Beat:
        """Say how far it is."""
        return Beat(pid=os.getpid(), node=_here(), counts=self._mill.snapshot() if self._mill else None)

    async def use(self, writer: ray.actor.ActorHandle, verifiers: Sequence[ray.actor.ActorHandle]) -> None:
        """Take the writer and the verifiers of the run, again whenever one of them has been replaced."""
        self._writer = writer
        if self._judge is not None:
            self._judge.use(verifiers)

    async def grind(self, problems: pa.Table) -> tuple[Ended, pa.Table | None]:
        """Grind one block; the second value is the table of results."""
        try:
            mill = self._opened()
            results = await mill.grind_table(problems)
        except StepmillError as error:
            return Ended(error=error), None
        return Ended(rows=len(results), counts=mill.snapshot()), results

    def _opened(self) -> Mill:
        """Return the mill, opened on the event loop that it will live on."""
        if self._mill is None:
            self._mill = open_mill(self._work, judge=self._judge, journals=self._journal if self._far else None)
        return self._mill

    async def _journal(self, problem_ids: Sequence[str]) -> Journal:
        """Open a journal at the writer's; one that is lost is replaced by the driver, who says `use` then."""
        for _ in range(_WRITER_S):
            with suppress(ray.exceptions.RayError):
                if self._writer is not None:
                    return await far_journal(self._writer, problem_ids)
            await asyncio.sleep(1)
        raise EngineError(f"no writer for {_WRITER_S} s; what is committed stays, the same command goes on")


class Judge:
    """A verifier actor: owns a judge; on nodes without GPUs."""

    def __init__(self, work: Work) -> None:
        os.environ.pop("OMP_NUM_THREADS", None)
        self._judge = judge_of(work)

    async def beat(self) -> Beat:
        """Say that it is there."""
        return Beat(pid=os.getpid(), node=_here())

    async def check(self, problem: Problem, text: str) -> Verdict:
        """See `schemas.judge.Judge`."""
        return await self._judge.check(problem, text)

    async def check_steps(self, problem: Problem, steps: Sequence[str]) -> StepChecks:
        """See `schemas.judge.Judge`."""
        return await self._judge.check_steps(problem, steps)

    async def run(self, problem: Problem, code: str, entry_point: str, calls: Sequence[str]) -> Sequence[CameTo]:
        """See `schemas.judge.Judge`."""
        return await self._judge.run(problem, code, entry_point, calls)

    async def states(self, problem: Problem, scripts: Sequence[Sequence[str]]) -> Sequence[Ran]:
        """See `schemas.judge.Judge`."""
        return await self._judge.states(problem, scripts)


class Write:
    """A writer actor: audits and writes shards, and keeps the journals of engines that cannot reach the run's folder."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._segments: dict[str, Appender] = {}
        self._failure: StepmillError | None = None
        """Of a line of a journal: nobody waits for these, so the next shard says it."""

    async def beat(self) -> Beat:
        """Say that it is there."""
        return Beat(pid=os.getpid(), node=_here())

    async def write(self, results: pa.Table) -> Ended:
        """Audit and write one shard."""
        if self._failure is not None:
            return Ended(error=self._failure)
        try:
            entries = await asyncio.to_thread(self._written, results)
        except StepmillError as error:
            return Ended(error=error)
        return Ended(rows=len(results), entries=tuple(entries))

    def _written(self, results: pa.Table) -> list[ShardEntry]:
        return write_results(audit(results, self._work.config.verifiers), self._work.folder)

    async def known(self, problem_ids: Sequence[str]) -> dict[tuple[int, int], Completion]:
        """Return what was paid for before of some problems."""
        return await asyncio.to_thread(read, self._work.folder, problem_ids)

    async def note(self, name: str, line: bytes | None) -> None:
        """Write one line of a segment of the journal; None closes it."""
        try:
            if line is None:
                self._segments.pop(name).close()
                return
            if name not in self._segments:
                self._segments[name] = self._work.folder.append(name)
            self._segments[name].write(line)
        except (StepmillError, KeyError) as error:
            self._failure = error if isinstance(error, StepmillError) else self._failure


def remote(actor: type, **options: object) -> ray.actor.ActorClass:
    """Return a Ray actor class ready for `.remote(...)`, which never restarts by itself: what it had in hand is ours to give."""
    return ray.remote(actor).options(max_restarts=0, max_task_retries=0, **options)
