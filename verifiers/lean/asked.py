"""Questions that wait for an answer: each is asked once, however many wait for it, and answered at once the next time."""

import hashlib
import time
from collections import OrderedDict, deque
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from schemas.judge import Ran
from schemas.verdict import Verdict
from verifiers.lean.rows import Proof
from verifiers.lean.states import Script

R = TypeVar("R", Proof, Script)
T = TypeVar("T", Verdict, Ran)
KEPT = 10_000
"""Answers of one kind that are kept for the next time: some 2 kB each."""


@dataclass(slots=True, eq=False)
class Request(Generic[R, T]):
    """A question and everybody who waits for the answer."""

    key: bytes
    row: R
    waiting: "list[Future[T]]"
    asked: float = field(default_factory=time.perf_counter)


class Asked(Generic[R, T]):
    """Questions of one kind: those that wait, those that are being answered, and answers. For one lock."""

    def __init__(self) -> None:
        self.queue: deque[Request[R, T]] = deque()
        self.open: dict[bytes, Request[R, T]] = {}
        self.known: OrderedDict[bytes, T] = OrderedDict()

    def ask(self, row: R) -> "Future[T]":
        """Return the future of an answer, which never holds an exception; a new question is put into the queue."""
        future: Future[T] = Future()
        key = _key(row)
        if key in self.known:
            self.known.move_to_end(key)
            future.set_result(self.known[key])
        elif key in self.open:
            self.open[key].waiting.append(future)
        else:
            request = self.open[key] = Request(key, row, [future])
            self.queue.append(request)
        return future

    def take(self, most: int) -> list[Request[R, T]]:
        """Return the next questions for which somebody still waits."""
        taken: list[Request[R, T]] = []
        while self.queue and len(taken) < most:
            request = self.queue.popleft()
            if all(future.cancelled() for future in request.waiting):
                del self.open[request.key]
            else:
                taken.append(request)
        return taken

    def settle(self, request: Request[R, T], kept: T | None) -> "list[Future[T]]":
        """Return who waits for an answer; keep what will be the same the next time."""
        if self.open.get(request.key) is request:
            del self.open[request.key]
        if kept is not None:
            self.known[request.key] = kept
            if len(self.known) > KEPT:
                self.known.popitem(last=False)
        waiting, request.waiting = request.waiting, []
        return waiting


def give(waiting: "Iterable[Future[T]]", answer: T) -> None:
    """Give an answer to all who still wait for it. Not under the lock: what they do next runs here."""
    for future in waiting:
        if future.set_running_or_notify_cancel():
            future.set_result(answer)


def _key(row: Proof | Script) -> bytes:
    """Name everything that an answer depends on."""
    last = (row.proof,) if isinstance(row, Proof) else row.steps
    digest = hashlib.blake2b(digest_size=16)
    for part in (row.name, row.statement, row.header, *last):
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.digest()
