"""What a zygote does before it serves: leave the machine, load what programs import, make every wall ready for its children.

Each layer that was asked for is put up or named as the one that could not be: `layers.py` decides what to do without it.
"""

import ctypes
import fcntl
import importlib
import os
import random
import resource
import select
import signal
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from verifiers.sandbox import landlock, namespaces, seccomp, wire
from verifiers.sandbox.namespaces import NODEV, NOEXEC, NOSUID, SCRATCH
from verifiers.sandbox.syscalls import NUMBERS, call, libc

PRELOADED = """
    math cmath collections collections.abc itertools functools operator re string heapq bisect random copy datetime json typing
    decimal fractions statistics dataclasses enum abc io contextlib time textwrap array struct hashlib
"""
"""What programs usually import: 1 to 20 ms each there, a few copied page tables here."""

_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_SET_CHILD_SUBREAPER = 1, 24, 38, 36
_LAST_CAPABILITY = 63
_CAPABILITY_VERSION = 0x20080522
_NOBODY = 65534
_UIDS_FROM = 1_000_000_000
"""A user of its own per zygote, by its process id: limits on processes are counted per user."""
_STACK = 64 << 20
_FILES = 64
_WATCH_MS = 2_000
_CLONE_PIDFD = 0x1000
_NAMESPACES = {"pid": namespaces.NEWPID, "tmpfs": namespaces.NEWNS}
"""Of each child."""
_SPARE_BYTES = 4 << 20
"""Address space that harness and allocator need on top of an empty child's."""
_SPARE_PROCESSES = 8
"""So that the cgroup, which counts what it refuses, is first; a user namespace also counts its zygotes."""
PRIVATE = 5
"""The first descriptor that no child may keep."""


class Missing(OSError):
    """A layer that could not be put up; `args` are its name and why."""


class Prepared(NamedTuple):
    """A zygote that is ready."""

    layers: tuple[str, ...]
    steps: tuple[Callable[[], int], ...]
    """System calls that each child makes first, one after the other; one that fails ends the child."""
    clone: Callable[[], int]
    pidfd: ctypes.c_int
    """Where `clone` puts the descriptor of the new child."""
    adjust: Callable[[wire.Order], None]
    """Makes the steps fit the limits of the next runs."""
    listener: int
    """Where forbidden system calls are announced; -1: nowhere."""
    uid: int
    """Of the children; 0: the zygote's own."""


@contextmanager
def _layer(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Missing(name, str(error)) from None


def prepare(asked: dict[str, Any]) -> Prepared:
    """Put up the zygote's own walls and make those of its children ready. Raises Missing; returns in the process to serve."""
    layers = asked["layers"]
    uid = _free_user(layers, asked["path"]) if "ids" in layers else 0
    _leave(layers)
    if "pid" in layers:
        _become_init()
    else:
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    preload(asked["seed"])
    importlib.import_module("verifiers.sandbox.child")  # last: its objects lie close together, so few pages are copied
    sys.path[:] = [one for one in sys.path if one != asked["root"]] + asked["path"]
    sys.argv[:] = [""]
    if "mount" in layers:
        with _layer("mount"):
            namespaces.minimal_root(tuple(asked["path"]))
    _drop(uid, "user" in layers)
    size = int(os.pread(statm, 64, 0).split()[0]) * resource.getpagesize()
    os.close(statm)
    steps = Steps(layers, uid, size)
    if "landlock" in layers:
        steps.landlock(asked["path"])
    steps.close_descriptors()
    listener = steps.filter() if "seccomp" in layers else -1
    return Prepared(tuple(layers), tuple(steps.made), steps.clone, steps.pidfd, steps.adjust, listener, uid)


def _free_user(layers: list[str], path: list[str]) -> int:
    if "mount" not in layers:
        for folder in map(Path, namespaces.readable(tuple(path))):
            for one in (folder, *folder.parents):
                if not one.stat().st_mode & stat.S_IXOTH:
                    raise Missing("ids", f"another user may not enter {one}, where the interpreter is")
    wanted = _UIDS_FROM + os.getpid()
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        first, _, count = map(int, line.split())
        if first <= wanted < first + count:
            return wanted
    return _NOBODY


def _leave(layers: list[str]) -> None:
    if "user" in layers:
        with _layer("user"):
            namespaces.own_user()
    for name, flag in (
        ("mount", namespaces.NEWNS | namespaces.NEWUTS),
        ("pid", namespaces.NEWPID),
        ("ipc", namespaces.NEWIPC),
        ("net", namespaces.NEWNET),
    ):
        if name in layers:
            with _layer(name):
                call("unshare", flag)


def _become_init() -> None:
    """Go on in a child that is init of the new pid namespace; this process only watches over it."""
    parent = os.getppid()
    inner = os.fork()
    if inner == 0:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        return
    os.closerange(3, 1 << 16)
    watch = select.poll()
    watch.register(os.pidfd_open(inner), select.POLLIN)
    # The control socket says that the parent is gone, unless a fork of the parent's still holds its end.
    while not watch.poll(_WATCH_MS) and os.getppid() == parent:
        pass
    os._exit(0)


def preload(seed: int) -> None:
    """Load what programs usually import."""
    for name in PRELOADED.split():
        importlib.import_module(name)
    random.seed(seed)  # else the same program would get other numbers from each worker


def _drop(uid: int, in_user_namespace: bool) -> None:
    """Give up for good what neither the zygote nor a child needs."""
    for capability in range(_LAST_CAPABILITY + 1):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise Missing("seccomp", "the kernel has no PR_SET_NO_NEW_PRIVS")
    if uid and not in_user_namespace:
        with _layer("ids"):
            os.setgroups([])
            os.setresgid(uid, uid, uid)
    for which, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_NOFILE, _FILES),
        (resource.RLIMIT_STACK, _STACK),
    ):
        hard = resource.getrlimit(which)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (most, most))


class Steps:
    """The system calls of each child, their arguments in buffers that stay where they are; limits are written into them."""

    def __init__(self, layers: Sequence[str], uid: int, address_space: int) -> None:
        """`address_space`: bytes that an empty child has."""
        self._layers, self._space = layers, address_space
        self.made: list[Callable[[], int]] = []
        self._allowed: dict[str, dict[int, int]] = {}
        self._options = ctypes.create_string_buffer(128)
        self._limits = {which: (ctypes.c_uint64 * 2)() for which in self._limited()}
        self.pidfd = ctypes.c_int(-1)
        flags = signal.SIGCHLD | _CLONE_PIDFD
        for name, flag in _NAMESPACES.items():
            flags |= flag if name in layers else 0
        self.clone = self._call("clone", flags, 0, self.pidfd, 0, 0)
        self._allowed["clone"] = {0: flags}
        if "tmpfs" in layers:
            tmpfs, scratch = ctypes.create_string_buffer(b"tmpfs"), ctypes.create_string_buffer(SCRATCH.encode())
            self._step("mount", tmpfs, scratch, tmpfs, NOSUID | NODEV | NOEXEC, self._options, allow=True)
            self._step("chdir", scratch)
        self._step("setsid")
        for descriptor in (1, 3, 4):
            # The pipes are the same for every child, and the last one may have made them non-blocking.
            self._step("fcntl", descriptor, fcntl.F_SETFL, 0)
        for which, pair in self._limits.items():
            self._step("prlimit64", 0, which, pair, 0)
        if uid:
            self._step("setresuid", uid, uid, uid, allow=True)
        if not uid:
            # Whoever this is, its privileges end here; without the step above only these do.
            head = ctypes.create_string_buffer(_CAPABILITY_VERSION.to_bytes(4, "little") + bytes(4))
            self._step("capset", head, ctypes.create_string_buffer(24), allow=True)
        if "pid" not in layers:
            self._step("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)

    def _limited(self) -> list[int]:
        if "rlimits" not in self._layers:
            return []
        limits = [resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE]
        # Without a user of its own it would count what this user runs elsewhere.
        return [*limits, resource.RLIMIT_NPROC] if {"ids", "user"} & set(self._layers) else limits

    def adjust(self, order: wire.Order) -> None:
        """Write the limits of the next children."""
        self._options.value = f"size={order.disk_bytes},nr_inodes={order.files + 1},mode=1777".encode()
        space, seconds = self._space + _SPARE_BYTES + order.memory_bytes, int(order.cpu_s) + 1
        values = {
            resource.RLIMIT_AS: (space, space),
            resource.RLIMIT_CPU: (seconds, seconds + 1),
            resource.RLIMIT_FSIZE: (order.disk_bytes,) * 2,
            resource.RLIMIT_NPROC: (order.processes + _SPARE_PROCESSES,) * 2,
        }
        for which, pair in self._limits.items():
            pair[0], pair[1] = values[which]

    def landlock(self, path: Sequence[str]) -> None:
        """Add the step that puts landlock up. Raises Missing."""
        with _layer("landlock"):
            if not landlock.version():
                raise OSError("the kernel has no landlock, or it is switched off")
            inside = "mount" in self._layers
            read = ["/"] if inside else [*namespaces.readable(tuple(path)), "/etc/ld.so.cache"]
            write = [str(Path(SCRATCH).parent)] if "tmpfs" in self._layers else []
            made = landlock.ruleset(read, write, [f"/dev/{name}" for name in namespaces.DEVICES])
            self._step("landlock_restrict_self", made, 0, allow=True)

    def close_descriptors(self) -> None:
        """Add the step after which a child has its two pipes, null and the output left."""
        self._step("close_range", PRIVATE, 0xFFFFFFFF, 0)

    def filter(self) -> int:
        """Filter this process and its children; return where forbidden calls are announced. Raises Missing."""
        with _layer("seccomp"):
            notify = seccomp.can_notify()
            if "pid" not in self._layers:
                self._second = ctypes.create_string_buffer(seccomp.outside())
                head = ctypes.create_string_buffer(seccomp.described(self._second))
                self._step("seccomp", seccomp.SET_MODE_FILTER, 0, head, allow=True)
            return seccomp.install(self._allowed, notify=notify)

    def _step(self, name: str, *arguments: Any, allow: bool = False) -> None:  # Any: integers and ctypes buffers
        self.made.append(self._call(name, *arguments))
        if allow:
            self._allowed[name] = {
                place: one if isinstance(one, int) else ctypes.addressof(one) for place, one in enumerate(arguments)
            }

    def _call(self, name: str, *arguments: Any) -> Callable[[], int]:
        # Integers as long: a bare one would be passed as 32 bits, and the filter compares all 64.
        ready = [ctypes.c_long(one) if isinstance(one, int) else ctypes.byref(one) for one in arguments]
        return partial(libc.syscall, ctypes.c_long(NUMBERS[name]), *ready)
