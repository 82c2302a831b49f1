"""The process that an engine lives in, and the pipe to it: both ends.

An engine's own step holds Python's lock for tens of milliseconds (OpenVINO: event-loop delay p95 100-150 ms in a thread,
1 ms in a child at equal speed), it cannot be interrupted, and vLLM needs half a minute to start. So an engine gets a process
that can be watched and killed, with everything that it starts itself.

Messages are pickled, each behind its length. To the child go `settings`, then ("add", [Job]) and ("cancel", [id]). From the
child come ("ready",) or ("failed", reason), ("beat",), ("done", [Finished], steps, sequence steps) and
("refused", id, reason). The child beats at least once a second as long as its engine answers.
"""

import asyncio
import ctypes
import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from schemas.model import FinishReason, SamplingParams, Tokens

ROOT = Path(__file__).resolve().parents[2]

_HEADER = struct.Struct("!i")
"""How `multiprocessing.connection` frames a message below 2 GiB; the child reads with it."""
_PR_SET_PDEATHSIG = 1


class Job(NamedTuple):
    """One sample to draw."""

    id: int
    prompt: Tokens
    params: SamplingParams
    seed: int


class Finished(NamedTuple):
    """One sample drawn."""

    id: int
    tokens: Tokens
    """With the token that ended it, where one did."""
    logprobs: tuple[float, ...]
    finish_reason: FinishReason
    cached_tokens: int | None = None
    """Prompt tokens whose state was reused, by the engine's own count; None where it does not say."""


class EngineProcess:
    """A running child. Neither sending nor receiving ever blocks: a hung child must not hang its parent."""

    def __init__(self, module: str, settings: Any, heard: Callable[[Any], None]) -> None:
        """Run `python -m module FD FOLDER` from the project's root and tell it `settings`; needs a running event loop.

        The folder is for its temporary files, and removed once it is killed; engines leave sockets and the like behind.
        `heard` gets every message, on the event loop. Any: the child module's own settings and the messages listed above.
        """
        self._scratch = tempfile.TemporaryDirectory(prefix="stepmill-", ignore_cleanup_errors=True)
        ours, theirs = socket.socketpair()
        with theirs:
            self._child = subprocess.Popen(
                [sys.executable, "-m", module, str(theirs.fileno()), self._scratch.name],
                cwd=ROOT,
                env=os.environ
                | {"PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=2,  # standard output belongs to the parent's own result
                start_new_session=True,  # so that all it starts can be found, and Ctrl-C is left to the parent
            )
        ours.setblocking(False)
        self._socket = ours
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(ours, self._receive)
        self._unsent = bytearray()
        self._received = bytearray()
        self._gone = False
        self.send(settings)

    @property
    def pid(self) -> int:
        """Process id of the child, and of the session that holds whatever it starts."""
        return self._child.pid

    @property
    def ended(self) -> bool:
        """Whether the child is gone."""
        return self._gone or self._child.poll() is not None

    def send(self, message: Any) -> None:  # Any: see above
        """Queue a message. One for a child that is gone is dropped."""
        content = pickle.dumps(message)
        waiting = bool(self._unsent)
        self._unsent += _HEADER.pack(len(content)) + content
        if not waiting:
            self._flush()

    def kill(self) -> int:
        """Kill the child and all it started, and return the child's exit code."""
        if self._socket.fileno() >= 0:
            self._close()
        self._child.kill()
        deadline = time.monotonic() + 10
        while (left := _members(self.pid)) and time.monotonic() < deadline:
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.005)
        self._scratch.cleanup()
        return self._child.wait()

    def _close(self) -> None:
        self._gone = True
        if not self._loop.is_closed():
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
        self._socket.close()

    def _flush(self) -> None:
        if self._gone:
            return
        try:
            while self._unsent:
                del self._unsent[: self._socket.send(self._unsent)]
            self._loop.remove_writer(self._socket)
        except BlockingIOError:
            self._loop.add_writer(self._socket, self._flush)
        except OSError:
            self._close()

    def _receive(self) -> None:
        try:
            arrived = self._socket.recv(1 << 20)
        except BlockingIOError:
            return
        except OSError:
            arrived = b""
        if not arrived:
            self._close()
            return
        self._received += arrived
        while len(self._received) >= _HEADER.size:
            end = _HEADER.size + _HEADER.unpack_from(self._received)[0]
            if len(self._received) < end:
                break
            message = pickle.loads(memoryview(self._received)[_HEADER.size : end].tobytes())
            del self._received[:end]
            self._heard(message)


def _members(session: int) -> list[int]:
    """Return the living processes of a session, but for the ones that multiprocessing keeps to tidy up.

    Those (`resource_tracker`) remove the shared memory of the killed, then end by themselves: vLLM's workers have 160 MB each.
    """
    found = []
    for entry in Path("/proc").glob("[0-9]*"):  # nothing on a Mac, where no engine starts processes of its own
        with suppress(OSError):  # it ended meanwhile
            state, _, _, its_session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
            tidies = b"resource_tracker" in (entry / "cmdline").read_bytes()
            if int(its_session) == session and state != "Z" and not tidies:
                found.append(int(entry.name))
    return found


def inherited(argv: list[str]) -> Connection:
    """Return the child's end of the pipe, named on its command line; from now on the child dies with its parent."""
    die_with_parent()
    return Connection(int(argv[1]))


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it ends, even by a kill, even while this one hangs."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
