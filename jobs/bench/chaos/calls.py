"""One call of the command line under a schedule, and the calls after it until the run is complete."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobs.bench.chaos import disk, processes, tap
from jobs.bench.chaos.processes import Process
from jobs.bench.chaos.progress import Progress
from jobs.bench.chaos.schedules import Fault
from pipeline.code import ROOT

RESTARTS = 6
_GRACE_S = 20.0
"""What a run whose driver is gone may take to be gone altogether;"""
_AGENTS_S = 75.0
"""and Ray's own agents (`processes.is_rays_agent`)."""
_STOPPED_DRIVER_S = 3.0
_TICK_S = 0.01


@dataclass(slots=True, kw_only=True)
class Story:
    """What became of a run over all its calls."""

    calls: int = 0
    codes: list[int] = field(default_factory=list)
    """How each call ended; a negative one is the signal that ended it."""
    applied: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    """Faults whose moment, or whose process, never came."""
    hung: int = 0
    """Calls that got nowhere for the whole patience and were killed."""
    leftovers: Counter[str] = field(default_factory=Counter)
    """Processes that outlived their run, by command."""
    complete: bool = False
    seconds: float = 0.0
    call_seconds: list[float] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Chaos:
    """The calls of one run."""

    config: Path
    out: Path
    folder: Path
    """For logs and counts."""
    progress: Progress
    patience_s: float
    story: Story = field(default_factory=Story)
    _pending: list[Fault] = field(default_factory=list)
    _resume: list[tuple[float, Process]] = field(default_factory=list)
    _stopped: list[Process] = field(default_factory=list)
    _agents: list[tuple[float, Process]] = field(default_factory=list)
    """Of Ray's, on their way out beside the next call, and when they should be gone."""
    _full: bool = False
    _began: float = 0.0
    _dead_at: float | None = None
    """When a stopped driver is killed, with all it started."""

    def run(self, faults: Sequence[Fault]) -> Story:
        """Call, disturb and call again until the run says complete or has had its restarts."""
        began = time.monotonic()
        self._pending = list(faults)
        while not self.story.complete and self.story.calls <= RESTARTS:
            self._call()
            if self._full:
                disk.make_room(self.out)
                self._full = False
        self._see_agents_off()
        self.story.missed = [str(fault) for fault in self._pending]
        self.story.seconds = round(time.monotonic() - began, 1)
        return self.story

    def _call(self) -> None:
        self.story.calls += 1
        number = self.story.calls
        self._began = began = time.monotonic()
        with (
            # Ray puts sockets there, whose names may have 107 characters.
            tempfile.TemporaryDirectory(prefix="ch-", dir="/tmp", ignore_cleanup_errors=True) as ray,
            (self.folder / f"{number}.out").open("wb") as out,
            (self.folder / f"{number}.err").open("wb") as err,
        ):
            environment = tap.installed(self.progress.taps, os.environ) | {"RAY_TMPDIR": ray}
            environment.pop("RAY_ADDRESS", None)
            driver = subprocess.Popen(
                command(self.config, self.out, self.progress.problems),
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
            try:
                by_itself = self._watch(driver)
                self._part(driver, by_itself)
            finally:
                processes.kill_all(driver.pid, [agent for _, agent in self._agents])
                driver.wait()
                processes.reap(driver.pid)
        self.story.codes.append(driver.returncode)
        self.story.call_seconds.append(round(time.monotonic() - began, 1))
        self.story.complete = driver.returncode in (0, 1) and said_complete(self.folder / f"{number}.out")

    def _watch(self, driver: "subprocess.Popen[bytes]") -> bool:
        """Apply what is due until the driver has ended; whether it did so by itself."""
        marked, moved = self.progress.mark(), time.monotonic()
        looked = moved
        while driver.poll() is None:
            now = time.monotonic()
            for fault in list(self._pending):  # in order, but what hits nothing holds up nobody
                if not self.progress.due(fault, now - self._began):
                    break
                self._apply(fault, driver.pid, now)
            if self._dead_at is not None and now >= self._dead_at:
                return False
            for at, one in self._resume:
                if now >= at:
                    _go_on(one)
            self._resume = [(at, one) for at, one in self._resume if now < at]
            if now - looked > 0.5:
                looked = now
                if (mark := self.progress.mark()) != marked:
                    marked, moved = mark, now
                if now - moved > self.patience_s:
                    self.story.hung += 1
                    return False
            time.sleep(_TICK_S if not self._pending or self._pending[0].when != "between" else _TICK_S / 5)
        return driver.returncode >= 0

    def _apply(self, fault: Fault, driver: int, now: float) -> None:
        """Do what a fault says, where what it hits is there; otherwise it stays due."""
        verb, _, role = fault.kind.partition("-")
        if fault.kind == "full-disk":
            disk.fill(self.out)
            self._full = True
        else:
            found = processes.in_role(role, driver)
            if not found:
                return
            target = found[fault.pick % len(found)]
            if not processes.send(target, signal.SIGSTOP if verb == "stop" else signal.SIGKILL):
                return
            if verb == "stop":
                self._stopped.append(target)
                if fault.resumed_s is not None:
                    self._resume.append((now + fault.resumed_s, target))
                elif role == "driver":
                    self._dead_at = now + _STOPPED_DRIVER_S
        self._pending.remove(fault)
        self.story.applied.append(f"{fault} (call {self.story.calls}, {now - self._began:.1f} s)")

    def _part(self, driver: "subprocess.Popen[bytes]", by_itself: bool) -> None:
        """See the run's processes off, and count those that stay."""
        if driver.poll() is None:  # hung, or stopped: as a supervisor does, with all it started
            processes.kill_all(driver.pid)
        elif not by_itself:
            for one in self._stopped:  # cannot end before it goes on, and nobody is left to kill it
                _go_on(one)
        due, known = time.monotonic() + _AGENTS_S, {agent.pid for _, agent in self._agents}
        for one in processes.gone(driver.pid, _GRACE_S, processes.is_rays_agent):
            if not processes.is_rays_agent(one):
                self._left(one)
            elif one.pid not in known:
                self._agents.append((due, one))
        self._stopped, self._resume, self._dead_at = [], [], None

    def _see_agents_off(self) -> None:
        for due, agent in self._agents:
            while processes.lives(agent) and time.monotonic() < due:
                time.sleep(0.2)
            if processes.lives(agent):
                self._left(agent)
        processes.kill_all(0)

    def _left(self, process: Process) -> None:
        self.story.leftovers[" ".join(process.command.split()[:4])[:100] or "?"] += 1


def _go_on(process: Process) -> None:
    processes.send(process, signal.SIGCONT)


def command(config: Path, out: Path, problems: int) -> list[str]:
    """Return the command line of a run."""
    words = [sys.executable, "-m", "jobs.shards", "--config", config, "--out", out, "--problems", problems, "--json"]
    return [str(word) for word in words]


def said_complete(output: Path) -> bool:
    """Whether the last line of a call's output is a summary that says complete."""
    return bool(summary(output).get("complete"))


def summary(output: Path) -> dict[str, Any]:  # Any: JSON
    """Return the summary that a call printed, empty where there is none."""
    lines = output.read_text(errors="replace").splitlines()
    with suppress(ValueError):
        found = json.loads(lines[-1]) if lines else {}
        return found if isinstance(found, dict) else {}
    return {}
