"""One cgroup per worker: memory and processes of everything a run starts, together. Used by the parent only.

Version 1 hierarchies of `pids` and `memory`, or a version 2 hierarchy that offers both (not tried: no machine at hand does). The
group is a child of this process's own, so whatever limits that has also hold.
"""

import itertools
import os
import signal
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

_PREFIX = "stepmill-"
_counter = itertools.count()


class Cgroup:
    """The groups of one worker, one folder per controller (version 1) or one in all (version 2)."""

    def __init__(self, pids: Path, memory: Path, *, unified: bool) -> None:
        self._pids, self._memory = pids, memory
        self._most_processes = pids / "pids.max"
        self._most_memory = memory / ("memory.max" if unified else "memory.limit_in_bytes")
        self._oom_file = memory / ("memory.events" if unified else "memory.oom_control")
        self._limits: dict[Path, int] = {}

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders of this group."""
        return (self._pids,) if self._pids == self._memory else (self._pids, self._memory)

    def enter(self, pid: int) -> None:
        """Move a process in; what it forks is in, too. Raises OSError."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(pid))

    def limit(self, *, processes: int, memory_bytes: int) -> None:
        """Set the limits of the next run. Raises OSError."""
        self._write(self._most_processes, processes)
        self._write(self._most_memory, memory_bytes)

    def _write(self, path: Path, value: int) -> None:
        if self._limits.get(path) != value:
            path.write_text(str(value))
            self._limits[path] = value

    @property
    def refused_forks(self) -> int:
        """Forks that the limit on processes has refused so far."""
        return _count(self._pids / "pids.events", "max")

    @property
    def out_of_memory(self) -> int:
        """Processes that were killed for memory so far."""
        return _count(self._oom_file, "oom_kill")

    @property
    def processes(self) -> list[int]:
        """Ids of the processes inside."""
        try:
            return [int(line) for line in (self._pids / "cgroup.procs").read_text().split()]
        except OSError:
            return []

    def kill(self, keep: Collection[int]) -> None:
        """Kill the processes inside, but for those to keep, until none is left or a second is over."""
        end = time.monotonic() + 1
        while (left := set(self.processes) - set(keep)) and time.monotonic() < end:
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.001)

    def remove(self) -> bool:
        """Remove the folders; whether they are gone. A group that still has processes stays."""
        for folder in self.folders:
            with suppress(OSError):
                folder.rmdir()
        return not any(folder.exists() for folder in self.folders)


def _count(path: Path, key: str) -> int:
    with suppress(OSError, ValueError):
        for line in path.read_text().splitlines():
            name, _, number = line.partition(" ")
            if name == key:
                return int(number)
    return 0


def create() -> Cgroup:
    """Make the group of a worker. Raises OSError where cgroups are not there or not ours to make."""
    name = f"{_PREFIX}{os.getpid()}-{next(_counter)}"
    found = _hierarchies()
    if "pids" in found and "memory" in found:
        pids, memory, unified = found["pids"] / name, found["memory"] / name, False
    elif "" in found:
        pids = memory = _unified(found[""]) / name
        unified = True
    else:
        raise FileNotFoundError("no cgroup hierarchy with pids and memory is mounted")
    made = Cgroup(pids, memory, unified=unified)
    try:
        for folder in made.folders:
            _sweep(folder.parent)
            folder.mkdir()
    except OSError:
        made.remove()
        raise
    return made


def _hierarchies() -> dict[str, Path]:
    """Return the folder of this process's own group by controller; that of version 2 under the empty name."""
    mounts: dict[str, tuple[str, str]] = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, kind = line.partition(" - ")
        name, _, options = kind.partition(" ")
        root, point = fields.split()[3:5]
        for controller in options.split()[-1].split(",") if name == "cgroup" else [""] * (name == "cgroup2"):
            mounts.setdefault(controller, (root, point))
    found: dict[str, Path] = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, own = line.split(":", 2)
        for controller in controllers.split(","):
            if controller in mounts:
                root, point = mounts[controller]
                inside = own[len(root) :] if root != "/" and own.startswith(root) else own
                folder = Path(point + inside)
                found[controller] = folder if folder.is_dir() else Path(point)
    return found


def _unified(own: Path) -> Path:
    offered = (own / "cgroup.controllers").read_text().split()
    if not {"pids", "memory"} <= set(offered):
        raise FileNotFoundError("the version 2 hierarchy offers no pids and memory here")
    (own / "cgroup.subtree_control").write_text("+pids +memory")
    return own


def _sweep(folder: Path) -> None:
    """Remove what workers of processes that are gone have left behind."""
    for left in folder.glob(f"{_PREFIX}*-*"):
        owner = left.name[len(_PREFIX) :].partition("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            with suppress(OSError):
                left.rmdir()
