"""Watch over actors: each must answer its beat in time, or is put down and replaced.

Ray replaces an actor that died; one that stands still (SIGSTOP, a driver call that never returns) it waits for, for ever
(measured with Ray 2.60). So the beats are ours, and so is the kill: a stopped process does not follow Ray's polite request
to end, and SIGKILL ends it.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import ray
import ray.actor
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from pipeline.cluster.actors import Beat
from pipeline.counts import Counts
from schemas.errors import EngineError

EVERY_S = 1.0
"""Between the answer to one beat and the next."""
START_S = 900.0
"""For the first answer: a node may have to be started first, and a model to be loaded."""
LATE_S = 5.0
"""A look that comes this much after the one before says that the driver itself stood still, and no actor is to blame."""


DRIVER_S = 300.0
"""For one turn of the driver's loop, commits included."""
_LOOK_S, _GRACE_S = 1.0, 30.0


@dataclass(slots=True, eq=False)
class Member:
    """One actor."""

    handle: ray.actor.ActorHandle
    asked: float
    """When the beat in flight was sent, or the last one answered."""
    beat: ray.ObjectRef | None = None
    pid: int | None = None
    """None until it has answered once."""
    node: str = ""
    counts: Counts = field(default_factory=Counts)

    def says(self, counts: Counts | None) -> None:
        """Take its counts, unless they are older than what it said by another call: answers overtake each other."""
        if counts is not None and counts.problems >= self.counts.problems and counts.rollouts >= self.counts.rollouts:
            self.counts = counts


class Crew:
    """The actors of one kind, always as many as were asked for."""

    def __init__(self, kind: str, size: int, make: Callable[[], ray.actor.ActorHandle], heartbeat_s: float) -> None:
        self.kind = kind
        self._make = make
        self._heartbeat_s = heartbeat_s
        self._home = str(ray.get_runtime_context().get_node_id())
        self._looked = time.monotonic()
        self.lost = 0
        """Actors that died or hung and were replaced."""
        self.members = [self._new() for _ in range(size)]

    @property
    def handles(self) -> list[ray.actor.ActorHandle]:
        """The actors there are now."""
        return [member.handle for member in self.members]

    def look(self) -> list[Member]:
        """Ask and hear everybody; return those that were lost, who are replaced already."""
        now = time.monotonic()
        if now - self._looked > LATE_S:
            for member in self.members:
                member.asked = now
        self._looked = now
        return [member for member in list(self.members) if not self._well(member, now)]

    def replace(self, member: Member) -> None:
        """Put a member down for good, whatever state it is in, and make another in its place. A second call does nothing."""
        if member not in self.members:
            return
        self.lost += 1
        _put_down(member, self._home)
        self.members[self.members.index(member)] = self._new()

    def close(self, *, kill: bool) -> None:
        """End all of them; what they have in hand is lost. `kill`: without asking, as where Ray itself may be gone."""
        for member in self.members:
            if kill:
                _put_down(member, self._home)
                continue
            with suppress(ray.exceptions.RayError, ValueError):
                ray.kill(member.handle, no_restart=True)
        self.members = []

    def _well(self, member: Member, now: float) -> bool:
        if member.beat is None:
            if now - member.asked >= EVERY_S:
                member.beat, member.asked = member.handle.beat.remote(), now
            return True
        if ray.wait([member.beat], timeout=0)[0]:
            try:
                heard: Beat = ray.get(member.beat)
            except ray.exceptions.RayTaskError as error:
                raise EngineError(f"the {self.kind} actor failed: {_last_line(error)}") from error
            except ray.exceptions.RayError:
                self.replace(member)
                return False
            member.beat, member.asked = None, now
            member.pid, member.node = heard.pid, heard.node
            member.says(heard.counts)
            return True
        if now - member.asked <= (START_S if member.pid is None else self._heartbeat_s):
            return True
        if member.pid is None:
            raise EngineError(
                f"no {self.kind} actor could be started within {START_S:.0f} s; the cluster lacks what it asks for "
                "(`ray status` says what), or the node does not answer"
            )
        self.replace(member)
        return False

    def _new(self) -> Member:
        handle = self._make()
        return Member(handle=handle, asked=time.monotonic(), beat=handle.beat.remote())


@contextmanager
def driver_watched(limit_s: float, abandon: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """Yield what the driver calls at every turn; where it does not for `limit_s`, a call of Ray's never came back.

    Then the process is interrupted, as SIGTERM does it, and where even that has no effect `abandon` is called and it ends.
    """
    turns, over = [0], threading.Event()

    def turned() -> None:
        turns[0] += 1

    def watch() -> None:
        still, last = 0.0, -1
        # Counted in looks, not by the clock: a process that was stopped as a whole has not looked either.
        while not over.wait(_LOOK_S):
            still, last = (still + _LOOK_S if turns[0] == last else 0.0), turns[0]
            if still == limit_s // _LOOK_S * _LOOK_S:
                print(f"Ray has not answered the driver for {limit_s:.0f} s; interrupting", file=sys.stderr, flush=True)
                os.kill(os.getpid(), signal.SIGTERM)
            if still > limit_s + _GRACE_S:
                abandon()
                os._exit(2)

    threading.Thread(target=watch, name="driver watch", daemon=True).start()
    try:
        yield turned
    finally:
        over.set()


def _put_down(member: Member, home: str) -> None:
    with suppress(ray.exceptions.RayError, ValueError):
        ray.kill(member.handle, no_restart=True)
    if member.pid is None:
        return
    if member.node == home:
        _end(member.pid)
        return
    there = NodeAffinitySchedulingStrategy(node_id=member.node, soft=False)
    with suppress(ray.exceptions.RayError, ValueError):  # not waited for: the node may be gone, and the actor with it
        ray.remote(_end).options(num_cpus=0, max_retries=0, scheduling_strategy=there).remote(member.pid)


def _end(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1]
