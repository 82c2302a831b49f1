"""One worker process: `WorkerProcess` starts, asks and kills it; `serve` is what runs inside.

Wire: one JSON object per line on stdin and stdout of the child; its first line says that it has loaded.
"""

import ctypes
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import IO

from schemas.problem import Problem
from verifiers.catalog import VERIFIERS
from verifiers.steps.check import check as check_steps

ROOT = Path(__file__).resolve().parents[1]
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from verifiers.worker_process import serve; serve(int(sys.argv[2]))"
)
_PR_SET_PDEATHSIG = 1


class WorkerProcess:
    """The parent's end: a child process and its two pipes, read and written with deadlines."""

    def __init__(self, memory_bytes: int) -> None:
        # -I: neither the caller's PYTHONPATH nor its working directory decides what `verifiers` is.
        command = [sys.executable, "-I", "-c", _START, str(ROOT), str(memory_bytes)]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self._in, self._out = _fd(self._child.stdin), _fd(self._child.stdout)
        os.set_blocking(self._in, False)
        self._buffer = bytearray()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._child.pid

    @property
    def cpu_seconds(self) -> float:
        """Processor time that it has used; 0 where it is gone."""
        try:
            # The clock of another process: clock_getcpuclockid(3), whose formula is in linux/posix-timers.h.
            return time.clock_gettime(~self.pid << 3 | 2)
        except OSError:
            return 0.0

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._child.poll() is None

    def write(self, data: bytes, seconds: float) -> None:
        """Send `data`. Raises TimeoutError, or OSError where the child is gone."""
        end = time.monotonic() + seconds
        view = memoryview(data)
        while view:
            _wait(self._in, select.POLLOUT, end)
            view = view[os.write(self._in, view[:65536]) :]

    def read_line(self, seconds: float) -> bytes:
        """Return the next line. Raises TimeoutError, or EOFError where the child is gone."""
        end = time.monotonic() + seconds
        while b"\n" not in self._buffer:
            _wait(self._out, select.POLLIN, end)
            piece = os.read(self._out, 65536)
            if not piece:
                raise EOFError
            self._buffer += piece
        line, _, rest = self._buffer.partition(b"\n")
        self._buffer = rest
        return bytes(line)

    def kill(self) -> None:
        """Send SIGKILL; from any thread."""
        self._child.kill()

    def reap(self) -> None:
        """Wait for the end and close the pipes."""
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()


def _fd(pipe: IO[bytes] | None) -> int:
    assert pipe is not None
    return pipe.fileno()


def _wait(descriptor: int, event: int, end: float) -> None:
    """Wait until `descriptor` is ready. Raises TimeoutError at the monotonic time `end`."""
    poll = select.poll()  # select.select refuses descriptors above 1,023
    poll.register(descriptor, event)
    left = end - time.monotonic()
    if left <= 0 or not poll.poll(left * 1000):
        raise TimeoutError


def serve(memory_bytes: int) -> None:
    """Answer requests on stdin until it closes. Runs in the worker process only."""
    # The parent may be killed while a check runs, when nobody reads stdin.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which closes the pipe
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Only this function may write to the pipe: a library that prints must not break the protocol.
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    from verifiers.equality import symbolic  # loading takes a second: before the first deadline runs

    limit = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    out.write(json.dumps({"ready": symbolic.__name__}).encode() + b"\n")
    for line in sys.stdin.buffer:
        _write_all(out, json.dumps(_answer(json.loads(line))).encode() + b"\n")


def _answer(request: dict[str, object]) -> dict[str, object]:
    try:
        problem = Problem(**request["problem"])  # type: ignore[arg-type]  # the parent sent the fields of a Problem
        if request["ask"] == "check":
            verifier = VERIFIERS[problem.domain]
            config = verifier.Config(**request["config"])  # type: ignore[arg-type]  # the parent sent its fields
            return asdict(verifier.check(problem, str(request["text"]), config))
        return asdict(check_steps(problem, list(request["steps"])))  # type: ignore[call-overload]  # as above
    except Exception as error:
        # The boundary of the process: whatever went wrong becomes an undecided verdict in the parent.
        return {"failed": f"{type(error).__name__}: {error}"[:200]}


def _write_all(out: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[out.write(view) :]
