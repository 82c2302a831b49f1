"""The process that has loaded Lean once and forks for every stage of every check.

Loading takes 0.12 of the 0.14 s that a small file needs in a process of its own; a fork takes 2 ms. Nothing that a child does can
reach the next one: it gets a copy of a process that has initialised Lean and compiled nothing, a folder of its own that is
deleted afterwards, and it is dead, with all it started, before the next one begins. So the verdict on a row does not depend on
what else is in its batch. Library modules are read from a copy that only the server's user may write; where the server and its
children are the same user, their times are compared after every check, and a server whose library changed stops.

Frames, both ways: `>`, a length in eight hexadecimal digits, JSON of that length, then the bytes of the files that its `files`
names with their sizes, in that order.
"""

import ctypes
import json
import os
import select
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Protocol

from verifiers.lean import kernel, walls
from verifiers.lean.objects import Lean


class Readable(Protocol):
    """What frames are read from: `read` returns at most `size` bytes, none at the end."""

    def read(self, size: int, /) -> bytes:
        """Read."""
        ...


VERDICT = "verdict.json"
_OUT, _ERR = "stdout", "stderr"


def serve(library: str, modules: str, work: str) -> None:
    """Answer frames on stdin until it closes. Runs in its own process only.

    `library` is libleanshared, `modules` the folder of the compiled library, `work` an empty folder that the caller deletes.
    """
    parent = os.dup(0)
    source, sink = os.fdopen(parent, "rb", buffering=0), os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(2, 1)  # nothing but frames goes into the pipe
    sources = [(path.relative_to(modules), path.read_bytes()) for path in sorted(Path(modules).rglob("*.olean"))]
    around = walls.confine(work)
    os.chmod(work, 0o755)  # noqa: PTH101
    copies = _copy(sources, Path(work, "library"))
    os.environ.clear()
    os.environ.update(LEAN_PATH=str(Path(work, "library")), LANG="C.UTF-8")
    lean = kernel.library(library)
    write_frame(sink, {"layers": list(around.layers)}, {})
    seen = _times(copies)
    while (frame := read_frame(source)) is not None:
        request, files = frame
        reply, made = _answer(lean, around, work, parent, request, files)
        if _times(copies) != seen:
            write_frame(sink, {"failed": "the library was changed while a proof was compiled"}, {})
            return
        write_frame(sink, reply, made)


def _copy(sources: list[tuple[Path, bytes]], folder: Path) -> list[Path]:
    copies = []
    for relative, content in sources:
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        copies.append(path)
    return copies


def _times(paths: list[Path]) -> list[tuple[int, int, int]]:
    """Return what changes when a file is written, replaced or renamed: nobody can set the time of the last change."""
    return [(status.st_ino, status.st_size, status.st_ctime_ns) for status in map(Path.stat, paths)]


def _answer(
    lean: ctypes.CDLL, around: walls.Walls, work: str, parent: int, request: dict[str, object], files: dict[str, bytes]
) -> tuple[dict[str, object], dict[str, bytes]]:
    folder = tempfile.mkdtemp(dir=work)
    try:
        os.chmod(folder, 0o777)  # noqa: PTH101  # the child is another user, alone there, and gone before it is deleted
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        start = time.monotonic()
        pid = walls.fork(around)
        if pid == 0:
            _child(lean, around, folder, request)
        limits: dict[str, float] = request["limits"]  # type: ignore[assignment]  # the parent sent numbers
        ended, code, seconds = wait_for(pid, parent, start + limits["wall_s"])
        walls.reap_strays()
        wanted: list[str] = [_OUT, _ERR, *request["collect"]]  # type: ignore[misc]  # the parent sent names
        reply = {"ended": ended, "exit": code, "cpu_s": seconds, "wall_s": time.monotonic() - start}
        return reply, _collect(folder, wanted, int(limits["output_bytes"]))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _child(lean: ctypes.CDLL, around: walls.Walls, folder: str, request: dict[str, object]) -> None:
    """Do what was asked and end the process. Never returns."""
    code = 70
    try:
        walls_limits: dict[str, float] = request["limits"]  # type: ignore[assignment]  # as in `_answer`
        walls.enter(around, folder, walls_limits)
        for number, name in ((1, _OUT), (2, _ERR)):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), number)
        os.closerange(3, 256)
        arguments: list[str] = request["arguments"]  # type: ignore[assignment]  # the parent sent strings
        code = run_lean(lean, arguments) if request["ask"] == "lean" else judge(lean, arguments)
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode("utf-8", "replace"))
    finally:
        os._exit(code)


def run_lean(lean: ctypes.CDLL, arguments: list[str]) -> int:
    """Run Lean's command line in this process, which must end afterwards. Returns its exit code."""
    strings = [b"lean", *(os.fsencode(one) for one in arguments)]
    code: int = lean.lean_main(len(strings), (ctypes.c_char_p * (len(strings) + 1))(*strings, None))
    ctypes.CDLL(None).fflush(None)  # os._exit leaves C's buffers alone
    return code


def judge(lean: ctypes.CDLL, arguments: list[str]) -> int:
    """Have the kernel judge cases, five arguments each, and write what it says to VERDICT. Returns an exit code."""
    lean.lean_init_search_path()
    # Five for each case, one after another.
    cases = [kernel.Case(*five) for five in zip(*[iter(arguments)] * 5, strict=True)]
    Path(VERDICT).write_text(json.dumps(kernel.judge_all(Lean(lean), cases)))
    return 0


def wait_for(pid: int, parent: int | None, end: float) -> tuple[str, int, float]:
    """Return (how, exit code or minus the signal, processor seconds) of a child, killed at `end` or where nobody waits for it."""
    ended = "itself"
    descriptor = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if parent is not None:
            poll.register(parent, select.POLLHUP | select.POLLERR)  # no POLLIN: the next request may be there already
        ready = dict(poll.poll(max(0.0, end - time.monotonic()) * 1000))
        if descriptor not in ready:
            ended = "parent" if parent in ready else "wall"
        walls.kill(pid)  # and what is left of its session, whose number is its own until it is waited for
        _, status, usage = os.wait4(pid, 0)
    finally:
        os.close(descriptor)
    if ended == "parent":
        os._exit(1)
    return ended, os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime


def _collect(folder: str, names: list[str], limit: int) -> dict[str, bytes]:
    """Read files that a child made, plain files only: a link or a pipe of its making is not opened."""
    found = {}
    for name in names:
        try:
            descriptor = os.open(Path(folder, name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            continue
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if (status.st_mode & 0o170000) == 0o100000:
                found[name] = file.read(limit + 1)
    return found


def read_frame(source: Readable) -> tuple[dict[str, object], dict[str, bytes]] | None:
    """Return the next frame; None at the end of the stream."""
    first = source.read(1)
    if not first:
        return None
    line = _exactly(source, int(_exactly(source, 8), 16))
    body: dict[str, object] = json.loads(line)
    sizes: Mapping[str, int] = body.pop("files")  # type: ignore[assignment]  # `write_frame` put it there
    return body, {name: _exactly(source, size) for name, size in sizes.items()}


def write_frame(sink: IO[bytes], body: Mapping[str, object], files: Mapping[str, bytes]) -> None:
    """Send a frame. Raises OSError where the other end is gone."""
    line = json.dumps({**body, "files": {name: len(content) for name, content in files.items()}}).encode() + b"\n"
    for piece in (b">%08x" % len(line) + line, *files.values()):
        view = memoryview(piece)
        while view:
            view = view[sink.write(view) :]


def _exactly(source: Readable, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = source.read(size - len(data))
        if not piece:
            raise EOFError("the other end is gone")
        data += piece
    return bytes(data)
