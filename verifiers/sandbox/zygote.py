"""A zygote: a small process that forks a child per program, keeps its time, and reports how it ended.

Started by `worker.py` with exec, so it holds nothing of the parent's; single-threaded, so a bare `clone` is safe; it never sees a
program, its inputs or its answers, which go straight between parent and child. It is init of a pid namespace where it can be:
when it ends, whatever it started ends.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from verifiers.sandbox import seccomp, wire
from verifiers.sandbox.walls import Missing, Prepared, prepare

_FIRST_LOOK_MS = 2
"""Most runs end within it. Until then the zygote sleeps whatever happens: each page that it touches after a fork is copied."""
_LOOK_MS = 10
"""How late a limit on time may be noticed, at most."""


def main() -> None:
    """Set up as the one argument says, then serve until the control socket closes."""
    asked: dict[str, Any] = json.loads(sys.argv[1])  # Any: JSON
    control = socket.socket(fileno=_place(asked["descriptors"]))
    if control.recv(16) != wire.GO:
        return
    os.environ.clear()
    try:
        prepared = prepare(asked)
    except Missing as error:
        control.send(json.dumps({"missing": error.args}).encode())
        return
    except Exception as error:  # the parent must hear of it, whatever it is: nothing else can say it
        control.send(json.dumps({"missing": ["zygote", f"{type(error).__name__}: {error}"]}).encode())
        return
    zygote = Zygote(control, prepared)
    control.send(json.dumps({"layers": prepared.layers}).encode())
    gc.collect()
    gc.disable()  # a child enables it again
    gc.freeze()
    zygote.serve()


def _place(descriptors: list[int]) -> int:
    """Move the inherited descriptors (request, answer, control) to 3, 4 and 5; return that of control."""
    import fcntl

    high = [fcntl.fcntl(one, fcntl.F_DUPFD, 100) for one in descriptors]
    for number, one in enumerate(high, 3):
        os.dup2(one, number, inheritable=False)
    os.closerange(6, 1 << 16)
    return 5


class Zygote:
    """Serves one run after the other."""

    def __init__(self, control: socket.socket, prepared: Prepared) -> None:
        from verifiers.sandbox import child

        self._control, self._prepared = control, prepared
        self._child, self._channel = child.serve, child.Channel()
        self._last = b""
        self._waiting = select.poll()
        """The ends of this zygote's world: control, listener, and the child, whose descriptor is always the same."""
        self._waiting.register(control.fileno(), select.POLLIN)
        if prepared.listener >= 0:
            self._waiting.register(prepared.listener, select.POLLIN)
        self._registered = -1

    def serve(self) -> None:
        """Answer the parent's packets until there are no more."""
        receive = self._control.recv
        while packet := receive(256):
            if packet[:1] == wire.RUN:
                self._run(packet)
            elif packet[:1] == wire.DRAIN:
                _drain()
                self._control.send(wire.DRAIN)

    def _run(self, packet: bytes) -> None:
        prepared = self._prepared
        if packet != self._last:
            prepared.adjust(wire.unpack_order(packet))
            self._last = packet
        pid = prepared.clone()
        if pid == 0:
            self._child(prepared.steps, self._channel)
        pidfd = prepared.pidfd.value
        if pid < 0:
            self._control.send(wire.pack_report(False, 0, wire.NOT_KILLED, 0.0, ()))
            return
        if pidfd != self._registered:
            self._waiting.register(pidfd, select.POLLIN)
            self._registered = pidfd
        killed, refused = wire.NOT_KILLED, list[str]()
        if self._waiting.poll(_FIRST_LOOK_MS) != [(pidfd, select.POLLIN)]:
            killed, refused = self._watch(pid, pidfd, wire.unpack_order(packet))
        _, status, usage = os.wait4(pid, 0)
        os.close(pidfd)
        if "pid" not in prepared.layers:
            _end_orphans(pid, prepared.uid)
        self._control.send(wire.pack_report(True, status, killed, usage.ru_utime + usage.ru_stime, refused))

    def _watch(self, pid: int, pidfd: int, order: wire.Order) -> tuple[int, list[str]]:
        """Wait for the end, refuse what is forbidden, keep the time; return why it was killed and what was refused."""
        began, killed = time.monotonic(), wire.NOT_KILLED
        refused: dict[str, None] = {}
        while True:
            ready = [descriptor for descriptor, _ in self._waiting.poll(_LOOK_MS)]
            if self._prepared.listener in ready:
                name = seccomp.refuse(self._prepared.listener)
                if name is not None:
                    refused[name] = None
            if pidfd in ready:
                return killed, list(refused)
            if self._control.fileno() in ready:
                if self._control.recv(16) == b"":
                    os._exit(0)
                killed = killed or wire.ASKED
            killed = killed or _overdue(pid, time.monotonic() - began, order)
            if killed:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(pidfd, signal.SIGKILL)


def _overdue(pid: int, wall_s: float, order: wire.Order) -> int:
    if wall_s > order.wall_s:
        return wire.WALL
    try:
        # The clock of another process: clock_getcpuclockid(3), whose formula is in linux/posix-timers.h.
        used = time.clock_gettime(~pid << 3 | 2)
    except OSError:
        return wire.NOT_KILLED
    return wire.CPU if used > order.cpu_s else wire.NOT_KILLED


def _drain() -> None:
    """Take what a child did not read of its request, and forget it."""
    buffer = bytearray(65536)
    waiting = select.poll()
    waiting.register(3, select.POLLIN)
    while waiting.poll(0) and os.readv(3, [buffer]):
        pass
    buffer[:] = bytes(len(buffer))


def _end_orphans(pid: int, uid: int) -> None:
    """Kill what a child left behind, where no pid namespace did: it is this process's child now, and so will be its own."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)  # all at once: one by one, a fork bomb would be faster
    while True:
        try:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG)
        except ChildProcessError:
            return
        if found is not None:
            continue
        if uid and os.fork() == 0:
            with suppress(OSError):
                os.setresuid(uid, uid, uid)
                os.kill(-1, signal.SIGKILL)  # everything of this user, and only the child of this zygote is that
            os._exit(0)
        for left in _children():
            with suppress(ProcessLookupError):
                os.kill(left, signal.SIGKILL)
        time.sleep(0.001)


def _children() -> list[int]:
    with suppress(OSError):
        return [int(pid) for pid in Path("/proc/thread-self/children").read_text().split()]
    return []
