"""The processes of a run, found in /proc by who started them, and what can be done to them.

The bench adopts what its runs leave behind (a subreaper, prctl(2)), so whatever a run starts is a descendant of the bench for as
long as it lives: sandboxes in namespaces of their own, Lean servers with an empty environment, daemons of Ray whose driver is
dead. Nothing else of the machine is ever touched.
"""

import ctypes
import os
import signal
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True)
class Process:
    """One line of the process table."""

    pid: int
    parent: int
    state: str
    started: int
    """Clock ticks after boot; with the id it names a process for good."""
    command: str
    """Its arguments, or what it calls itself, as Ray's workers do."""


def adopt() -> None:
    """Become the parent of descendants whose own parent dies. Raises OSError where the system cannot (it is no Linux)."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def descendants(root: int | None = None) -> list[Process]:
    """Return the living processes below `root` (this process), parents before their children."""
    children: dict[int, list[Process]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and (found := read(int(entry.name))) is not None:
            children.setdefault(found.parent, []).append(found)
    below, open_ = [], [os.getpid() if root is None else root]
    while open_:
        for process in children.get(open_.pop(0), ()):
            open_.append(process.pid)
            if process.state != "Z":
                below.append(process)
    return below


def read(pid: int) -> Process | None:
    """Return what the table says of a process, None where it is gone."""
    folder = Path("/proc", str(pid))
    try:
        after = (folder / "stat").read_text().rpartition(")")[2].split()
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return None
    return Process(pid, int(after[1]), after[0], int(after[19]), command)


def send(process: Process, number: signal.Signals) -> bool:
    """Signal a process, and nobody who has its id now; whether it was there."""
    if not lives(process):
        return False
    with suppress(ProcessLookupError):
        os.kill(process.pid, number)
        return True
    return False


def lives(process: Process) -> bool:
    """Whether a process, and not another one with its id, has not ended."""
    now = read(process.pid)
    return now is not None and now.started == process.started and now.state != "Z"


def reap(keep: int) -> None:
    """Take leave of adopted processes that have ended; `keep` is the child that somebody else waits for."""
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and int(entry.name) != keep:
            found = read(int(entry.name))
            if found is not None and found.parent == os.getpid() and found.state == "Z":
                with suppress(ChildProcessError):
                    os.waitpid(found.pid, os.WNOHANG)


def gone(keep: int, seconds: float, spared: Callable[[Process], bool] = lambda _: False) -> list[Process]:
    """Wait until nothing is left below this process but what is `spared`, `seconds` at most; return all that is."""
    end = time.monotonic() + seconds
    while True:
        reap(keep)
        left = [process for process in descendants() if process.pid != keep]
        if all(map(spared, left)) or time.monotonic() > end:
            return left
        time.sleep(0.1)


def kill_all(keep: int, spared: Collection[Process] = ()) -> None:
    """Kill everything below this process, as a supervisor does with a control group, until nothing is left (10 s at most)."""
    end, safe = time.monotonic() + 10, {(one.pid, one.started) for one in spared}
    while (left := [p for p in descendants() if (p.pid, p.started) not in safe]) and time.monotonic() < end:
        for process in left:
            send(process, signal.SIGKILL)
        time.sleep(0.02)
        reap(keep)


def is_rays_agent(process: Process) -> bool:
    """Whether it is one of the two agents that Ray keeps beside a raylet.

    Once that is dead they spend 60 s (a constant of Ray 2.60's) on telling a control store that is dead too, then end.
    """
    return process.command in ("ray::DashboardAgent", "ray::RuntimeEnvAgent")


def _is_ray(command: str, *names: str) -> bool:
    return command.startswith("ray::") and any(name in command.lower() for name in names)


ROLES: dict[str, Callable[[str], bool]] = {
    "engine": lambda c: "-m pipeline.models.openvino" in c,
    "actor": lambda c: _is_ray(c, "generate"),
    "writer": lambda c: _is_ray(c, "write"),
    "verifier-actor": lambda c: _is_ray(c, "verif", "judge") and "write" not in c.lower(),
    "verifier": lambda c: "verifiers.worker_process" in c or "verifiers.sandbox." in c or "verifiers.lean." in c,
    "raylet": lambda c: c.partition(" ")[0].endswith("/raylet"),
    "gcs": lambda c: c.partition(" ")[0].endswith("/gcs_server"),
}
"""Who is who, by command. A run's driver is the process that the bench started."""


def in_role(role: str, driver: int) -> list[Process]:
    """Return the run's processes in a role, in the order in which they started."""
    if role == "driver":
        found = [read(driver)]
        return [process for process in found if process is not None and process.state != "Z"]
    return sorted((p for p in descendants() if ROLES[role](p.command)), key=lambda p: (p.started, p.pid))
