"""Lean processes from the outside: `Server` asks a fork server, `run` starts one program; both with limits and an end."""

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from verifiers.lean.fork_server import read_frame, write_frame
from verifiers.lean.rows import Limits

ROOT = Path(__file__).resolve().parents[2]
_SERVE = (
    "import sys; sys.path.insert(0, sys.argv[1]); from verifiers.lean.fork_server import serve; serve(*sys.argv[2:5])"
)
_LAUNCH = "import sys; sys.path.insert(0, sys.argv[1]); from verifiers.lean.launch import main; main(sys.argv[2:])"
_START_S = 60.0
_SLACK_S = 30.0
"""What the parent waits beyond a stage's own limit before it takes the server for dead."""
_MEMORY_SIGNS = (b"out of memory", b"bad_alloc", b"failed to create thread", b"memory allocation")


class ServerDied(Exception):
    """The server ended, or said nothing in time; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What one process came to."""

    ended: str
    """itself, or wall: killed at its limit."""
    exit: int
    """Exit code, or minus the signal that ended it."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """What it wrote, `stdout` and `stderr` among it."""
    cpu_s: float = 0.0
    wall_s: float = 0.0

    def stopped(self, limits: Limits) -> tuple[str, str] | None:
        """Say (verdict, reason) where a limit or a signal ended it, None where it ended by itself."""
        if self.ended == "wall":
            return "timeout", f"no end within {limits.wall_s:g} s on the clock"
        said = self.files.get("stderr", b"")[-4000:] + self.files.get("stdout", b"")[-4000:]
        if self.exit not in (0, 1) and any(sign in said for sign in _MEMORY_SIGNS):
            return "timeout", f"more than {limits.memory_bytes >> 20} MB of memory"
        if self.exit < 0 and self.cpu_s >= limits.cpu_s * 0.98:
            return "timeout", f"no end within {limits.cpu_s:g} s of processor time"
        if self.exit == -25:  # SIGXFSZ
            return "timeout", f"a file of more than {limits.output_bytes >> 20} MB"
        if self.exit not in (0, 1):
            last = said.decode("utf-8", "replace").strip().splitlines()[-1:] or [""]
            return "crash", f"Lean ended with {'signal' if self.exit < 0 else 'code'} {abs(self.exit)}: {last[0][:120]}"
        return None


class Server:
    """A fork server. Starts at the first request and again after it died; not for two threads at once."""

    def __init__(self, library: Path, modules: Path) -> None:
        self._library, self._modules = library, modules
        self._child: subprocess.Popen[bytes] | None = None
        self._work = ""
        self.layers: tuple[str, ...] = ()
        """The walls around every process, once one runs."""

    @property
    def pid(self) -> int | None:
        """Process id of the server that runs now."""
        return self._child.pid if self._child is not None else None

    def lean(self, arguments: Sequence[str], files: Mapping[str, bytes], collect: Sequence[str], limits: Limits) -> Ran:
        """Run Lean's command line in a fresh folder with `files` in it. Raises ServerDied."""
        return self._ask("lean", arguments, files, collect, limits)

    def judge(
        self, arguments: Sequence[str], files: Mapping[str, bytes], collect: Sequence[str], limits: Limits
    ) -> Ran:
        """Have the kernel judge modules among `files` (`kernel.judge`). Raises ServerDied."""
        return self._ask("judge", arguments, files, collect, limits)

    def _ask(
        self, ask: str, arguments: Sequence[str], files: Mapping[str, bytes], collect: Sequence[str], limits: Limits
    ) -> Ran:
        body = {"ask": ask, "arguments": list(arguments), "collect": list(collect), "limits": asdict(limits)}
        try:
            child = self._running()
            assert child.stdin is not None
            write_frame(child.stdin, body, files)
            reply, made = self._read(child, limits.wall_s + _SLACK_S)
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            self.close()
            raise ServerDied(f"the Lean server died ({type(error).__name__})") from error
        if "failed" in reply:
            self.close()
            raise ServerDied(str(reply["failed"]))
        return Ran(files=made, **reply)  # type: ignore[arg-type]  # the server sent the fields of a Ran

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.close()
        self._work = tempfile.mkdtemp(prefix="stepmill-lean-")
        command = [sys.executable, "-I", "-S", "-c", _SERVE, str(ROOT)]
        command += [str(self._library), str(self._modules), self._work]
        # An arena of malloc's for each thread would take 64 MB of address space each.
        environment = {"MALLOC_ARENA_MAX": "2", "LANG": "C.UTF-8"}
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=environment
        )
        hello, _ = self._read(self._child, _START_S)
        self.layers = tuple(hello["layers"])  # type: ignore[arg-type]  # the server sent names
        return self._child

    def _read(self, child: "subprocess.Popen[bytes]", seconds: float) -> tuple[dict[str, object], dict[str, bytes]]:
        assert child.stdout is not None
        frame = read_frame(_Timed(child.stdout, time.monotonic() + seconds))
        if frame is None:
            raise EOFError
        return frame

    def close(self) -> None:
        """End the server and what it runs. Twice does no harm."""
        child, self._child = self._child, None
        if child is not None:
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()
            try:
                child.wait(2)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if self._work:
            shutil.rmtree(self._work, ignore_errors=True)
            self._work = ""


class _Timed:
    """A pipe whose reads end at a time. Raises TimeoutError."""

    def __init__(self, pipe: IO[bytes], end: float) -> None:
        self._pipe, self._end = pipe, end
        self._poll = select.poll()
        self._poll.register(pipe.fileno(), select.POLLIN)

    def read(self, size: int, /) -> bytes:
        """Read at most `size` bytes."""
        if not self._poll.poll(max(0.0, self._end - time.monotonic()) * 1000):
            raise TimeoutError
        return os.read(self._pipe.fileno(), min(size, 1 << 20))


def run(
    command: Sequence[str], folder: Path, limits: Limits, *, environment: Mapping[str, str], standard_input: bytes = b""
) -> Ran:
    """Run a program in `folder` behind walls that leave its files and its user alone. Total: what cannot start is a Ran too.

    Only `environment` is passed on. No network, limits, and everything it started ends with it.
    """
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCH, str(ROOT), str(folder), json.dumps(asdict(limits)), *command]
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(standard_input)
        given.seek(0)
        start = time.monotonic()
        child = subprocess.Popen(
            launcher, stdin=given, stdout=out, stderr=err, env=dict(environment), start_new_session=True
        )
        try:
            child.wait(limits.wall_s + _SLACK_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        files = {}
        for name, file in (("stdout", out), ("stderr", err)):
            file.seek(0)
            files[name] = file.read(limits.output_bytes + 1)
    ended, code, cpu = _report(folder)
    return Ran(ended=ended, exit=code, files=files, cpu_s=cpu, wall_s=time.monotonic() - start)


def _report(folder: Path) -> tuple[str, int, float]:
    """Read what the launcher wrote about the program: how it ended, its code, its processor time."""
    path = folder / ".ran"
    try:
        ended, code, cpu = json.loads(path.read_text())
        path.unlink()
        return str(ended), int(code), float(cpu)
    except (OSError, ValueError):
        return "itself", 71, 0.0
