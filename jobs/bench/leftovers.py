"""What a run might leave behind: processes, mounts, cgroups, files, descriptors, or a change that the next run can see."""

import os
import time
from contextlib import suppress
from pathlib import Path

from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Call, Program, Run

_USERS_FROM = 1_000_000_000
"""The user of a zygote's children is this plus the id of its watcher: `walls.py`. Other sandboxes may be at work here, too."""

_PROBE = """
import gc, os, resource, signal, sys, threading

def probe():
    files = sorted(os.path.join(folder, name) for folder, _, names in os.walk("/tmp") for name in names)
    limits = [resource.getrlimit(one) for one in range(16)]
    descriptors = []
    for number in range(64):
        try:
            descriptors.append((number, os.fstat(number).st_mode, os.get_blocking(number)))
        except OSError:
            pass
    import random
    return {
        "files": files, "cwd": os.getcwd(), "environment": dict(os.environ), "limits": limits, "descriptors": descriptors,
        "modules": len(sys.modules), "path": list(sys.path), "threads": threading.active_count(), "hash": hash("a"),
        "random": random.random(), "umask": os.umask(0), "signals": [str(signal.getsignal(one)) for one in range(1, 32)],
        "mask": len(signal.pthread_sigmask(signal.SIG_BLOCK, [])), "recursion": sys.getrecursionlimit(), "pid": os.getpid(),
        "user": os.getresuid(), "room": os.statvfs("/tmp")[:8], "inbox": sys.stdin.read(), "gc": gc.isenabled(),
        "builtins": sorted(vars(__builtins__) if not isinstance(__builtins__, dict) else __builtins__),
    }
"""


def probe(sandbox: Sandbox, seed: int = 0) -> Run:
    """Run a program that returns all it can see of its process; the same whatever ran before."""
    return sandbox.run(Program(code=_PROBE, entry_point="probe"), (Call(args=()),), seed=seed)


def left(sandbox: Sandbox) -> dict[str, object]:
    """Return counts that no run may change, once what is on its way out had a second to go."""
    end = time.monotonic() + 1
    while (found := _left(sandbox))["processes"] and time.monotonic() < end:
        time.sleep(0.01)
    return found


def _left(sandbox: Sandbox) -> dict[str, object]:
    zygotes = [pid for worker in sandbox.workers for watcher in worker.pids for pid in (watcher, *children(watcher))]
    users = {_USERS_FROM + pid for worker in sandbox.workers for pid in worker.pids}
    groups = [worker.cgroup for worker in sandbox.workers if worker.cgroup is not None]
    inside = [pid for group in groups for pid in group.processes]
    return {
        "processes": sorted({*inside, *_processes_of(users)} - set(zygotes)),
        "mounts": len(Path("/proc/self/mountinfo").read_text().splitlines()),
        "cgroups": sum(
            len(list(folder.parent.glob(f"stepmill-{os.getpid()}-*"))) for group in groups for folder in group.folders
        ),
        "files": sorted(one.path for one in os.scandir("/tmp") if _owner(one) in users),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "zygotes": [_zygote(pid) for pid in zygotes],
    }


def _owner(entry: "os.DirEntry[str]") -> int:
    with suppress(OSError):
        return entry.stat(follow_symlinks=False).st_uid
    return 0


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that have not ended."""
    with suppress(OSError):
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _processes_of(users: set[int]) -> list[int]:
    """Return the processes of some users: programs, or what they left."""
    found = []
    for name in os.listdir("/proc"):
        with suppress(OSError):
            if name.isdigit() and Path("/proc", name).stat().st_uid in users:
                found.append(int(name))
    return found


def _zygote(pid: int) -> tuple[int, int, int]:
    """Return descriptors, mounts and children of a process."""
    descriptors = mounts = -1
    with suppress(OSError):
        descriptors = len(os.listdir(f"/proc/{pid}/fd"))
        mounts = len(Path(f"/proc/{pid}/mountinfo").read_text().splitlines())
    return descriptors, mounts, len(children(pid))


def memory_kb(pids: list[int]) -> int:
    """Return the resident memory of some processes together, in kilobytes."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
    return total
