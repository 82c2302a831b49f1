"""Servers for throughput: the Lean REPL, LeanInteract, Kimina. They screen; they never say `verified`.

None of them looks at axioms or at the statement, and the REPL has accepted wrong proofs in tactic mode, so what they pass goes
the slow way through a backend that does (`native.py`, `lake.py`). What they refuse with an error is `rejected`, what they find
`sorry` in is `sorry`; where they fail, the slow way decides.

    screened(rows, ReplProcess(["lake", "exe", "repl"], "proofs"), Lake("proofs"), limits)
    screened(rows, Kimina("http://localhost:8000"), ...)
    screened(rows, lean_interact(server), ...)      # a lean_interact.LeanServer or AutoLeanServer
"""

import importlib
import json
import os
import select
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from verifiers.lean import messages
from verifiers.lean.rows import ALLOWED_AXIOMS, Limits, Message, Proof, ProofVerdict, Word
from verifiers.lean.statement import Refusal, lock

MAX_ANSWER = 16 << 20
_MAX_COMMANDS = 200
"""After which a REPL is replaced: it keeps every environment it ever made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """What a server says about one source."""

    verdict: Word | None
    """rejected or sorry; None where it found nothing wrong, or failed: then the slow way decides."""
    messages: tuple[Message, ...] = ()


class Screen(Protocol):
    """A server that can tell bad proofs fast."""

    @property
    def name(self) -> str:
        """For the verdict's backend."""
        ...

    def screen(self, sources: Sequence[str], seconds: float) -> list[Screened]:
        """Screen whole files, in order, so many seconds for each. Total."""
        ...


class Slow(Protocol):
    """The part of a backend that is used here."""

    def check(self, rows: Sequence[Proof], limits: Limits, allowed: Sequence[str]) -> Iterator[ProofVerdict]:
        """Yield the verdict on every row, in order."""
        ...


def screened(
    rows: Sequence[Proof], screen: Screen, slow: Slow, limits: Limits, allowed: Sequence[str] = ALLOWED_AXIOMS
) -> Iterator[ProofVerdict]:
    """Yield the verdict on every row, in order: the screen's where it refuses, the slow backend's everywhere else. Total."""
    locked = [lock(row, limits) for row in rows]
    answers = iter(screen.screen([one.proof_file for one in locked if not isinstance(one, Refusal)], limits.wall_s))
    for row, one in zip(rows, locked, strict=True):
        if isinstance(one, Refusal):
            yield ProofVerdict(verdict=one.verdict, reason=one.reason, backend=screen.name)
            continue
        answer = next(answers, Screened(verdict=None))
        if answer.verdict is None:
            yield from slow.check([row], limits, allowed)
            continue
        error = messages.first_error(answer.messages)
        reason = error.text if error is not None else "the proof uses sorry"
        yield ProofVerdict(
            verdict=answer.verdict,
            reason=" ".join(reason.split())[:400],
            messages=answer.messages,
            backend=screen.name,
            stages=("screen",),
        )


def answered(answer: object) -> Screened:
    """Read the REPL's answer to a command, the shape that all three servers have. Total."""
    if not isinstance(answer, Mapping):
        return Screened(verdict=None)
    listed = answer.get("messages")
    said = tuple(
        Message(
            severity={"info": "information"}.get(str(one.get("severity")), str(one.get("severity"))),
            text=str(one.get("data", ""))[:4000],
            line=_number(one.get("pos") or one.get("start_pos"), "line"),
            column=_number(one.get("pos") or one.get("start_pos"), "column"),
        )
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, Mapping)
    )
    if messages.first_error(said) is not None:
        return Screened(verdict="rejected", messages=said)
    if answer.get("sorries") or messages.says_sorry(said):
        return Screened(verdict="sorry", messages=said)
    return Screened(verdict=None, messages=said)


def _number(place: object, key: str) -> int:
    value = place.get(key) if isinstance(place, Mapping) else None
    return value if isinstance(value, int) else 0


class ReplProcess:
    """One REPL over its pipes: JSON and an empty line each way. Not for two threads at once."""

    name = "repl"

    def __init__(self, command: Sequence[str], folder: str | None = None) -> None:
        self._command, self._folder = list(command), folder
        self._child: subprocess.Popen[bytes] | None = None
        self._asked = 0

    def screen(self, sources: Sequence[str], seconds: float) -> list[Screened]:
        """Screen whole files. Total: a REPL that dies or hangs is replaced, and its file left to the slow way."""
        return [answered(self.ask({"cmd": source}, seconds)) for source in sources]

    def ask(self, command: Mapping[str, object], seconds: float) -> object:
        """Send one command and return the answer; None where none came in time. Total."""
        try:
            child = self._running()
            assert child.stdin is not None and child.stdout is not None
            child.stdin.write(json.dumps(command).encode() + b"\n\n")
            self._asked += 1
            return json.loads(_until_empty_line(child.stdout.fileno(), time.monotonic() + seconds))
        except (OSError, ValueError, EOFError, TimeoutError, RecursionError):
            self.close()
            return None

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._child is None or self._child.poll() is not None or self._asked >= _MAX_COMMANDS:
            self.close()
            self._child = subprocess.Popen(
                self._command,
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                start_new_session=True,
            )
            self._asked = 0
        return self._child

    def close(self) -> None:
        """End the REPL with all it started. Twice does no harm."""
        child, self._child = self._child, None
        if child is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, 9)
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


def _until_empty_line(descriptor: int, end: float) -> bytes:
    """Read one answer. Raises TimeoutError, EOFError and ValueError."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    data = bytearray()
    while not (data.endswith(b"\n\n") and data.strip()):
        if not poll.poll(max(0.0, end - time.monotonic()) * 1000):
            raise TimeoutError
        piece = os.read(descriptor, 1 << 16)
        if not piece:
            raise EOFError
        data += piece
        if len(data) > MAX_ANSWER:
            raise ValueError("the answer is too long")
    return bytes(data)


class Kimina:
    """A Kimina Lean server: `POST /api/check` with many snippets at a time."""

    name = "kimina"

    def __init__(self, url: str, *, key: str = "") -> None:
        self._url = url.rstrip("/") + "/api/check"
        self._key = key

    def screen(self, sources: Sequence[str], seconds: float) -> list[Screened]:
        """Screen whole files in one request. Total: what the server does not answer is left to the slow way."""
        snippets = [{"id": str(index), "code": source} for index, source in enumerate(sources)]
        body = {"snippets": snippets, "timeout": max(1, int(seconds)), "reuse": True}
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = urllib.request.Request(self._url, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=seconds * (len(sources) + 1)) as reply:
                results = json.loads(reply.read(MAX_ANSWER)).get("results")
        except (OSError, ValueError, AttributeError, RecursionError):
            results = None
        found = {
            str(one.get("id")): answered(one.get("response"))
            for one in (results if isinstance(results, list) else [])
            if isinstance(one, Mapping) and not one.get("error")
        }
        return [found.get(str(index), Screened(verdict=None)) for index in range(len(sources))]


class Asked:
    """Any function from a source to the REPL's answer."""

    def __init__(self, name: str, ask: Callable[[str, float], object]) -> None:
        self.name = name
        self._ask = ask

    def screen(self, sources: Sequence[str], seconds: float) -> list[Screened]:
        """Screen whole files. Total: whatever the function raises leaves its file to the slow way."""
        found = []
        for source in sources:
            try:
                found.append(answered(self._ask(source, seconds)))
            except Exception:  # somebody else's library: TimeoutError, ConnectionAbortedError, pydantic's, ...
                found.append(Screened(verdict=None))
        return found


def lean_interact(server: Any) -> Asked:  # Any: the package is optional and has no types here
    """Return a screen over a LeanInteract server. Raises ImportError where the package is not installed."""
    command = importlib.import_module("lean_interact").Command

    def ask(source: str, seconds: float) -> object:
        answer = server.run(command(cmd=source), timeout=seconds)
        return answer.model_dump() if hasattr(answer, "model_dump") else answer

    return Asked("lean-interact", ask)
