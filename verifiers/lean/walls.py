"""What stands between a Lean process and the machine: namespaces, another user, limits. Linux, by ctypes, no installation.

Lean runs code while it compiles (`#eval`, `initialize`, macros of a header), so a process that compiles has no network, sees the
file system read-only but for its own folder, cannot see or signal other processes, and dies with all it started. Whatever the
kernel refuses is left out and `Walls.layers` says what is up; the limits hold everywhere.
"""

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_NEWNS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 2, 4, 8, 16384, 1 << 18
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE, _RDONLY = 442, -100, 0x8000, 1
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_CHILD_SUBREAPER = 1, 4, 38, 36
_PR_SET_KEEPCAPS, _CAPABILITY_VERSION_3, _CAP_DAC_READ_SEARCH = 8, 0x20080522, 1 << 2
_NOBODY = 65534
STACK_KB = 131_072
"""Of each of Lean's threads; its own default is 1 GB of address space, which no limit could tell from a bomb."""
_STACKS_BYTES = 12 * (STACK_KB << 10)
"""Address space of the stacks of up to twelve threads; a small file makes six."""
_TMPFS = b"size=1g,nr_inodes=16384,mode=755"
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Walls:
    """What is up around a server, and what a child of it needs."""

    layers: tuple[str, ...]
    pid_namespace: int | None
    """A descriptor of the server's own; children get a new one each."""


def confine(folder: str | None) -> Walls:
    """Put walls around this process, which has one thread. Total: what fails is left out.

    `folder` is where it may write, as on an empty disk; None leaves the file system alone.
    """
    layers: list[str] = []
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if not sys.platform.startswith("linux"):
        return Walls(("rlimits",), None)
    own, group = os.geteuid(), os.getegid()
    if own != 0 and _unshare(_NEWUSER):
        _map_ids(own, group)
        layers.append("user")
        _become_init()
    for layer, flag in (("net", _NEWNET), ("ipc", _NEWIPC)):
        if _unshare(flag):
            layers.append(layer)
    if _unshare(_NEWNS) and _mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None) and folder is not None:
        layers += _mounts(folder)
    own_pids = _pid_namespace()
    if own_pids is not None and not _proc_works(Walls((), own_pids)):
        os.close(own_pids)
        own_pids = None
    return Walls((*layers, *(("pid",) if own_pids is not None else ()), "rlimits"), own_pids)


def _mounts(folder: str) -> list[str]:
    """Return the layers that a mount namespace of our own gives."""
    layers = []
    # Read-only first: the folder is mounted over it afterwards.
    attributes = (ctypes.c_uint64 * 4)(_RDONLY, 0, 0, 0)
    if _libc.syscall(_MOUNT_SETATTR, _AT_FDCWD, b"/", _AT_RECURSIVE, attributes, ctypes.c_size_t(32)) == 0:
        layers.append("read-only")
    if _mount(b"tmpfs", os.fsencode(folder), b"tmpfs", _MS_NOSUID | _MS_NODEV, _TMPFS):
        layers.append("tmpfs")
    return layers


def _map_ids(user: int, group: int) -> None:
    for file, content in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        Path(f"/proc/self/{file}").write_text(content)


def _become_init() -> None:
    """Go on in a child that is init of a pid namespace of its own, to whose namespace alone a mere user may come back."""
    if not _unshare(_NEWPID | _NEWNS):
        return
    inner = os.fork()
    if inner == 0:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        _mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)
        _mount(b"proc", b"/proc", b"proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, None)
        return
    # Only the child may hold the ends of the pipes to the caller.
    os.closerange(0, 1 << 16)
    os._exit(os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1]) & 0xFF)


def _pid_namespace() -> int | None:
    """Return a descriptor of this process's own pid namespace where new ones can be made from it."""
    try:
        own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    # Tried in a child: a process that cannot come back may start no thread any more.
    trial = os.fork()
    if trial == 0:
        os._exit(0 if _unshare(_NEWPID) and _libc.setns(own, _NEWPID) == 0 else 1)
    if os.waitpid(trial, 0)[1] == 0 and _unshare(_NEWPID) and _libc.setns(own, _NEWPID) == 0:
        return own
    os.close(own)
    return None


def _proc_works(walls: Walls) -> bool:
    """Whether a child in a new pid namespace gets a /proc of it: Lean looks for itself in /proc/<its number>/exe."""
    pid = fork(walls)
    if pid == 0:
        os._exit(
            0 if Path("/proc/1/comm").read_text() == Path("/proc/self/comm").read_text() and os.getpid() == 1 else 1
        )
    return os.waitpid(pid, 0)[1] == 0


def fork(walls: Walls) -> int:
    """Fork; the child is the first process of a pid namespace where that is possible, so that all it starts ends with it."""
    if walls.pid_namespace is None or not _unshare(_NEWPID):
        return os.fork()
    pid = os.fork()
    if pid:
        _libc.setns(walls.pid_namespace, _NEWPID)
    elif not (_unshare(_NEWNS) and _mount(b"proc", b"/proc", b"proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, None)):
        os._exit(71)
    return pid


def enter(walls: Walls, folder: str, limits: Mapping[str, float], *, same_user: bool = False) -> None:
    """Take the last rights away in a fresh child that works in `folder`. Raises OSError where a limit cannot be set."""
    os.setsid()
    os.chdir(folder)
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    cpu = int(limits["cpu_s"]) + 1
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    memory = pages * resource.getpagesize() + _STACKS_BYTES + int(limits["memory_bytes"])
    output = int(limits["output_bytes"])
    for kind, limit in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, output),
        (resource.RLIMIT_NOFILE, 256),
    ):
        resource.setrlimit(kind, (limit, limit))
    if os.geteuid() == 0 and "user" not in walls.layers and not same_user:
        _become_nobody()
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _become_nobody() -> None:
    # Lean looks up its own folder, the interpreter's here, and that may be under a home that nobody may enter: then the right to
    # read stays, and nothing else.
    closed = not all(folder.stat().st_mode & 1 for folder in Path(sys.executable).resolve().parents)
    _libc.prctl(_PR_SET_KEEPCAPS, int(closed), 0, 0, 0)
    os.setgroups([])
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    right = _CAP_DAC_READ_SEARCH if closed else 0
    header, rights = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)(right, right, 0, 0, 0, 0)
    _libc.capset(header, rights)
    _libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)  # or /proc/self/exe cannot be read after a change of user


def kill(pid: int) -> None:
    """End a child, its session, and what has left the session."""
    for end in (os.kill, os.killpg):
        try:
            end(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def reap_strays() -> None:
    """Kill and reap what a child left behind; as their subreaper this process inherits them."""
    own = os.getpid()
    while True:
        try:
            children = Path(f"/proc/self/task/{own}/children").read_text().split()
        except OSError:
            return
        if not children:
            return
        for child in children:
            kill(int(child))
            try:
                os.waitpid(int(child), 0)
            except ChildProcessError:
                continue


def _unshare(flag: int) -> bool:
    return bool(_libc.unshare(flag) == 0)


def _mount(source: bytes, target: bytes, kind: bytes | None, flags: int, data: bytes | None) -> bool:
    return bool(_libc.mount(source, target, kind, ctypes.c_ulong(flags), data) == 0)
