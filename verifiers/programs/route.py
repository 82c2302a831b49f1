"""Verdicts about programs while a run goes on: threads, each with a sandbox of its own, beside any event loop.

Whoever asks waits for a future. A thread takes what waits, runs it and looks at its canaries (`batch.py`); only then the verdicts
go out, all of them or, where a canary flipped, `infra` for all. Batches grow with the load: one program alone pays for the
canaries, a burst shares them. The same text about the same problem is run once, at the same time or later.

No thread and no process exists before the first program. Each sandbox is started, used and ended by one thread. No signals.
"""

import asyncio
import hashlib
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from schemas.errors import ConfigError
from schemas.judge import CameTo, Ran
from schemas.problem import Problem
from schemas.verdict import StepChecks, Verdict
from verifiers import python, workers
from verifiers.programs.batch import SIZE, Judge
from verifiers.programs.calls import Calls
from verifiers.programs.judgement import Submission
from verifiers.sandbox.rows import Config
from verifiers.steps import check as steps_of

KEPT = 5_000
"""Verdicts that are kept for the next time: some 500 bytes each, 10 kB at most."""
BATCH_S = 0.25
"""A batch takes in what waits for this long, so that nobody waits for much more than the slowest program of its batch."""


@dataclass(slots=True)
class _Request:
    """A text to judge and everybody who waits for the verdict."""

    key: bytes
    problem: Problem
    text: str
    asked: float
    waiting: "list[Future[Verdict]]" = field(default_factory=list)
    answer: str | None = None


class Programs:
    """A `Judge` for the domain `code`. Close it, or use `with`."""

    def __init__(self, config: python.Config | None = None, *, at_once: int = 2) -> None:
        """Nothing starts yet. Raises ConfigError for settings that cannot work."""
        self.config = config or python.Config()
        if at_once < 1 or not self.config.cpu_s > 0 or self.config.memory_mb < 1:
            raise ConfigError("judge: `programs` and `memory_mb` must be at least 1, `cpu_s` above 0")
        self._most = at_once
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._open: dict[bytes, _Request] = {}
        self._known: OrderedDict[bytes, Verdict] = OrderedDict()
        self._threads: list[_Thread] = []
        self._closed = False
        self._calls = Calls(self.config.sandbox, self.config.limits)
        self.ran = 0
        """Programs run so far; what was asked twice counts once."""

    async def check(self, problem: Problem, text: str) -> Verdict:
        """Judge `text`. Total: a failure of ours is an undecided verdict. Whoever is cancelled leaves the others waiting."""
        verdict = self._quick(problem, text)
        return verdict if verdict is not None else await asyncio.wrap_future(self._submit(problem, text))

    def check_sync(self, problem: Problem, text: str) -> Verdict:
        """`check` for callers without an event loop; blocks the calling thread."""
        return self._quick(problem, text) or self._submit(problem, text).result()

    async def check_steps(self, problem: Problem, steps: Sequence[str]) -> StepChecks:
        """Return exact truth about each step; nothing about any where there is none. Nothing runs for it."""
        if not steps_of.has_checks(problem, steps):
            return workers.unknown(steps)
        try:
            return await asyncio.to_thread(steps_of.check, problem, steps)
        except Exception:
            # The promise is total; the checks are pure, so what breaks here would break again.
            return workers.unknown(steps)

    async def run(self, problem: Problem, code: str, entry_point: str, calls: Sequence[str]) -> Sequence[CameTo]:
        """Return what calls of a function come to, up to one that is `stopped`; nothing where nothing can be run. Total."""
        return await self._calls.run(code, entry_point, calls)

    async def states(self, problem: Problem, scripts: Sequence[Sequence[str]]) -> Sequence[Ran]:
        """Return nothing: what is judged here are programs."""
        return ()

    def close(self) -> None:
        """End the sandboxes after the programs that run now; what waits is undecided. Twice does no harm."""
        self._calls.close()
        with self._lock:
            self._closed = True
            threads, self._threads = self._threads, []
        for thread in threads:
            thread.stop()
        for thread in threads:
            thread.join()
        with self._lock:
            left = list(self._open.values())
        for request in left:
            self._fail(request, _CLOSED)

    async def aclose(self) -> None:
        """`close` without blocking the event loop."""
        await asyncio.to_thread(self.close)

    def __enter__(self) -> "Programs":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _quick(self, problem: Problem, text: str) -> Verdict | None:
        try:
            return python.quick(problem, text, self.config)
        except Exception as error:
            # As above: no text may end a run.
            return python.failed("crash", f"{type(error).__name__}: {error}", 0.0)

    def _submit(self, problem: Problem, text: str) -> "Future[Verdict]":
        """Return the future of a verdict; it never holds an exception."""
        future: Future[Verdict] = Future()
        key = _key(problem, text)
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                future.set_result(known)
                return future
            request = self._open.get(key)
            if request is not None:
                request.waiting.append(future)
                return future
            request = _Request(key, problem, text, time.perf_counter(), [future])
            if self._closed:
                future.set_result(python.failed("crash", _CLOSED, 0.0))
                return future
            self._open[key] = request
            self._requests.put(request)
            # One more where all that exist are busy.
            if len(self._threads) < self._most and (not self._threads or self._requests.qsize() > 1):
                self._threads.append(_Thread(self._requests, self.config.sandbox, self._judge, self._fail))
        return future

    def _draw(self, first: _Request, drawn: list[_Request]) -> Iterator[Submission]:
        """Yield what is to run of `first` and of what waits behind it; requests that need no run are settled at once."""
        end = time.monotonic() + BATCH_S
        request: _Request | None = first
        while request is not None:
            submission = self._submission(request)
            if submission is not None:
                drawn.append(request)
                self.ran += 1
                yield submission
            if len(drawn) >= SIZE or time.monotonic() >= end:
                return
            try:
                request = self._requests.get_nowait()
            except queue.Empty:
                return
        self._requests.put(None)  # somebody's order to stop, for the loop of a thread

    def _submission(self, request: _Request) -> Submission | None:
        with self._lock:
            if all(future.cancelled() for future in request.waiting):
                del self._open[request.key]
                return None
        try:
            found = python.job(request.problem, request.text, self.config)
        except Exception as error:
            # As above.
            found = python.failed("crash", f"{type(error).__name__}: {error}", 0.0)
        if isinstance(found, Verdict):
            self._settle(request, found)
            return None
        request.answer = found.answer
        return found.submission

    def _settle(self, request: _Request, verdict: Verdict) -> None:
        """Give a verdict to all who wait for it, and keep it where it is a function of what was asked."""
        with self._lock:
            if self._open.get(request.key) is request:
                del self._open[request.key]
            waiting, request.waiting = request.waiting, []
            if verdict.status != "infra":
                self._known[request.key] = replace(verdict, seconds=0.0)
                if len(self._known) > KEPT:
                    self._known.popitem(last=False)
        for future in waiting:
            if future.set_running_or_notify_cancel():
                future.set_result(verdict)

    def _judge(self, judge: Judge, first: _Request) -> None:
        """Judge a batch and settle all of it. Total: a thread that ended here would leave its requests waiting for ever."""
        drawn: list[_Request] = []
        try:
            verdicts = judge.judge(self._draw(first, drawn))
            for request, found in zip(drawn, verdicts, strict=True):
                self._settle(request, python.judged(found, request.answer, time.perf_counter() - request.asked))
        except Exception as error:
            for request in (first, *drawn):
                self._fail(request, f"the sandbox failed: {type(error).__name__}: {error}")

    def _fail(self, request: _Request, why: str) -> None:
        self._settle(request, python.failed("crash", why, time.perf_counter() - request.asked))


class _Thread:
    """One thread and the sandbox that it starts, uses and ends."""

    def __init__(
        self,
        requests: "queue.SimpleQueue[_Request | None]",
        config: Config,
        judge: Callable[[Judge, _Request], None],
        fail: Callable[[_Request, str], None],
    ) -> None:
        self._requests, self._config, self._answer, self._fail = requests, config, judge, fail
        self._judge: Judge | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="programs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Have it end after the program that runs now."""
        self._stopping = True
        self._requests.put(None)
        judge = self._judge
        if judge is not None:
            judge.cancel()

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def _run(self) -> None:
        while (request := self._requests.get()) is not None and not self._stopping:
            try:
                self._judge = self._judge or Judge(self._config, sparing=True)
            except Exception as error:
                # Nothing confines a program here, or no process could be started: said at once, and tried again next time.
                self._fail(request, str(error))
                continue
            self._answer(self._judge, request)
        if request is not None:
            self._fail(request, _CLOSED)
        if self._judge is not None:
            self._judge.close()


_CLOSED = "the judge is closed"


def _key(problem: Problem, text: str) -> bytes:
    """Name everything that a verdict depends on."""
    parts = (problem.task, problem.reference, text)
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.digest()
