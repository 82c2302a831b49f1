"""The flow on Ray: engine actors generate, a writer actor audits and writes, verifier actors judge, this process commits.

A block is one shard's problems. The driver deals blocks out, hears heartbeats and waits for nothing without a deadline. What
a lost actor had in hand is done again by another: its rollouts replay from the journal, its files get the same names. A block
that was in hand at three losses is ground problem by problem, last of all; a problem that loses its actor twice more, alone,
becomes an error row.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import ray
import ray.actor
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from pipeline import pool
from pipeline.attempt import Failure
from pipeline.blocks import Blocks
from pipeline.cluster import connect
from pipeline.cluster.actors import Ended, Generate, Judge, Write, remote
from pipeline.cluster.supervision import DRIVER_S, Crew, Member, driver_watched
from pipeline.counts import Counts, total
from pipeline.flow import Publish, Watcher, tables_in_flight
from pipeline.generate import Work, problem_record
from pipeline.result import RESULTS, Result
from schemas.errors import EngineError
from schemas.problem import Problem
from schemas.table import from_table, to_table

TICK_S = 0.25
TRIES = 3
"""Losses of its actor after which a block is suspected."""
TRIES_ALONE = 2
LOSSES_IN_A_ROW = 10
"""Lost engine actors, for each engine of the run, without one finished block between them: then it is not the problems."""


@dataclass(slots=True, eq=False)
class _Block:
    """Problems that become one shard."""

    problems: pa.Table
    alone: bool = False
    losses: int = 0


@dataclass(slots=True)
class _Call:
    """A block that an actor has in hand."""

    block: _Block
    actor: Member
    results: ray.ObjectRef
    """Of the block: what an engine will have made, or what a writer was given."""
    since: float


def run_ray(work: Work, blocks: Blocks, publish: Publish, watcher: Watcher) -> Counts:
    """Run the stages on Ray; see `flow.Shell`."""
    with connect.connected(work.config) as home:
        drive = _Drive(work, blocks, publish, home)
        watcher.counts(drive.counts)
        try:
            with driver_watched(DRIVER_S, connect.kill_daemons) as turned:
                drive.run(turned)
        except ray.exceptions.RayError as error:
            last = str(error).strip().splitlines()[-1]
            raise EngineError(f"Ray gave up: {last}; what is committed stays, the same command goes on") from error
        finally:
            drive.close(kill=not drive.ended)
        return drive.counts()


@dataclass(slots=True)
class _Drive:
    """A run on a cluster."""

    work: Work
    blocks: Blocks
    publish: Publish
    home: str
    """The driver's node."""
    engines: Crew = field(init=False)
    writers: Crew = field(init=False)
    verifiers: Crew = field(init=False)
    again: deque[_Block] = field(default_factory=deque)
    suspects: deque[_Block] = field(default_factory=deque)
    grinding: dict[ray.ObjectRef, _Call] = field(default_factory=dict)
    writing: dict[ray.ObjectRef, _Call] = field(default_factory=dict)
    past: list[Counts] = field(default_factory=list)
    """Last words of engine actors that are gone."""
    spent: set[int] = field(default_factory=set)
    """Engines (by identity of their member) that have used up their share of the budget."""
    in_a_row: int = 0
    ended: bool = False
    """Whether everything was done."""

    def __post_init__(self) -> None:
        flow, work = self.work.config.flow, self.work
        here = self.home if work.folder.local is not None else None

        def crew(kind: str, size: int, make: Callable[[], ray.actor.ActorHandle]) -> Crew:
            return Crew(kind, size, make, flow.heartbeat_s)

        placed: dict[str, Any] = {}  # Any: an option of Ray's
        if here is not None:
            placed["scheduling_strategy"] = NodeAffinitySchedulingStrategy(node_id=here, soft=False)
        off = {"resources": {flow.verifier_resource: 1.0}} if flow.verifier_resource else connect.off_gpu_nodes()
        gpus = pool.gpus(work.config) or None
        self.writers = crew("writer", 1, lambda: remote(Write, num_cpus=0, **placed).remote(work))
        self.verifiers = crew("verifier", flow.verifiers, lambda: remote(Judge, num_cpus=1, **off).remote(work))
        self.engines = crew(
            "engine", flow.engines, lambda: remote(Generate, num_cpus=1, num_gpus=gpus).remote(work, here)
        )
        self._introduce(self.engines.members)

    def counts(self) -> Counts:
        """Return what all engine actors have done, the lost ones included."""
        parts = [*self.past, *(member.counts for member in self.engines.members)]
        crews = (self.engines, self.writers, self.verifiers)
        return total([*parts, Counts(restarts=sum(crew.lost for crew in crews))])

    def run(self, turned: Callable[[], None]) -> None:
        """Grind every block. Raises EngineError, StorageError, and what reading the source raises."""
        while True:
            turned()
            self._feed()
            if not self.grinding and not self.writing and (self.blocks.ended or self._all_spent()):
                self.ended = True
                return
            waiting = [*self.grinding, *self.writing]
            if waiting:
                for ref in ray.wait(waiting, num_returns=len(waiting), timeout=TICK_S, fetch_local=False)[0]:
                    self._ended(ref)
            else:
                time.sleep(TICK_S)
            self._look()

    def close(self, *, kill: bool) -> None:
        """End every actor; their counts stay."""
        self.past += [member.counts for member in self.engines.members]
        for crew in (self.engines, self.verifiers, self.writers):
            crew.close(kill=kill)

    def _feed(self) -> None:
        """Give blocks to engines that have room, as long as the writer keeps up."""
        room = tables_in_flight(self.work.config)
        while len(self.writing) < 2 * len(self.engines.members):
            busy = {id(member): 0 for member in self.engines.members}
            for one in self.grinding.values():
                busy[id(one.actor)] = busy.get(id(one.actor), 0) + 1
            alone = {id(one.actor) for one in self.grinding.values() if one.block.alone}
            able = [member for member in self.engines.members if id(member) not in self.spent | alone]
            engine = min(able, key=lambda member: busy[id(member)], default=None)
            if engine is None or busy[id(engine)] >= room:
                return
            block = self._next(idle=not busy[id(engine)])
            if block is None:
                return
            ended, results = engine.handle.grind.options(num_returns=2).remote(block.problems)
            self.grinding[ended] = _Call(block, engine, results, time.monotonic())

    def _next(self, *, idle: bool) -> _Block | None:
        if self.again:
            return self.again.popleft()
        problems = self.blocks.take(timeout=0)
        if problems is not None:
            return _Block(problems)
        # A suspect is ground alone, so that it takes nobody else with it.
        return self.suspects.popleft() if self.suspects and idle and self.blocks.ended else None

    def _ended(self, ref: ray.ObjectRef) -> None:
        if ref in self.grinding:
            self._ground(ref, self.grinding[ref])
        elif ref in self.writing:
            self._written(ref, self.writing[ref])

    def _ground(self, ref: ray.ObjectRef, call: _Call) -> None:
        ended = _outcome(ref)
        if ended is None:
            self._lost_engine(call.actor)
            return
        del self.grinding[ref]
        if ended.error is not None:
            raise ended.error
        call.actor.says(ended.counts)
        self.in_a_row = 0
        if ended.rows < len(call.block.problems):
            self.spent.add(id(call.actor))
        if ended.rows:
            self._write(call.block, call.results)

    def _write(self, block: _Block, results: ray.ObjectRef) -> None:
        writer = self.writers.members[0]
        self.writing[writer.handle.write.remote(results)] = _Call(block, writer, results, time.monotonic())

    def _written(self, ref: ray.ObjectRef, call: _Call) -> None:
        ended = _outcome(ref)
        if ended is None:
            # The writer is gone, or the results are, with the node that held them: the journal has every rollout.
            del self.writing[ref]
            self.again.append(call.block)
            return
        del self.writing[ref]
        if ended.error is not None:
            raise ended.error
        self.publish(ended.entries)

    def _look(self) -> None:
        """Hear every heartbeat, enforce deadlines, and make good what was lost."""
        connect.require_raylet()
        changed = bool(self.verifiers.look()) | bool(self.writers.look())
        if changed:
            self._introduce(self.engines.members)
        known = {id(member) for member in self.engines.members}
        for member in self.engines.look():
            self._gone(member)
        late = time.monotonic() - self.work.config.flow.block_s
        for call in [call for call in self.grinding.values() if call.since < late]:
            self._lost_engine(call.actor)
        for writing in [call for call in self.writing.values() if call.since < late]:
            self.writers.replace(writing.actor)
            self._introduce(self.engines.members)
        self._introduce([member for member in self.engines.members if id(member) not in known])

    def _lost_engine(self, member: Member) -> None:
        if member in self.engines.members:
            known = {id(one) for one in self.engines.members}
            self.engines.replace(member)
            self._introduce([one for one in self.engines.members if id(one) not in known])
        self._gone(member)

    def _gone(self, member: Member) -> None:
        """Take back what a lost engine actor had in hand."""
        connect.require_node(self.home)
        self.past.append(member.counts)
        member.counts = Counts()
        self.spent.discard(id(member))
        self.in_a_row += 1
        if self.in_a_row > LOSSES_IN_A_ROW * len(self.engines.members):
            raise EngineError(
                f"{self.in_a_row} engine actors were lost without one shard finished between them; see Ray's logs for why "
                "they die (memory, most often); what is committed stays, the same command goes on"
            )
        for ref, call in list(self.grinding.items()):
            if call.actor is member:
                del self.grinding[ref]
                self._give_again(call.block)

    def _give_again(self, block: _Block) -> None:
        block.losses += 1
        if block.losses < (TRIES_ALONE if block.alone else TRIES):
            (self.suspects if block.alone else self.again).append(block)
        elif not block.alone:
            rows = range(len(block.problems))
            self.suspects.extend(_Block(block.problems.slice(row, 1), alone=True) for row in rows)
        else:
            (problem,) = from_table(block.problems, Problem)
            tries = f"{TRIES + TRIES_ALONE} times with this problem in hand, {TRIES_ALONE} of them alone"
            message = f"the engine actor was lost {tries}"
            failure = Failure(stage="generate", error_type="actor_lost", message=message)
            record = problem_record(problem, self.work, ended="error", failure=failure)
            results = to_table([Result(record=record, traces=())], RESULTS)
            self._write(block, ray.put(results))

    def _introduce(self, engines: list[Member]) -> None:
        """Tell engine actors who writes and who judges."""
        for member in engines:
            member.handle.use.remote(self.writers.handles[0], self.verifiers.handles)

    def _all_spent(self) -> bool:
        return all(id(member) in self.spent for member in self.engines.members)


def _outcome(ref: ray.ObjectRef) -> Ended | None:
    """Return how a call ended; None where its actor, or what it was given, is lost. Raises EngineError for a fault of ours."""
    try:
        ended: Ended = ray.get(ref)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, ray.exceptions.RayError):
            return None
        last = str(error).strip().splitlines()[-1]
        raise EngineError(f"Ray gave up: {last}; what is committed stays, the same command goes on") from error
    except ray.exceptions.RayError:
        return None
    return ended
