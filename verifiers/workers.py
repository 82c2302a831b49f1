"""Verdicts from processes that can be killed: the judge of what is computed, mathematics above all (`judge.py`).

What can be decided in microseconds is decided at once; the rest goes to a worker process with a hard deadline. A
worker that overruns is killed, one that dies is replaced, and either check is an undecided verdict: nothing a model
writes can hang or crash a run. Works from any event loop, any thread and inside a Ray actor: no signals, no fork of
the caller, no event loop of its own.

Each worker is owned by one thread for its whole life. That keeps the event loop free, and it is what makes
PR_SET_PDEATHSIG safe: Linux sends that signal when the *thread* that started the child ends, not the process.
`worker_process.py` is the process itself, both ends of it.
"""

import asyncio
import json
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, NamedTuple, Self, TypeVar

from schemas.errors import ConfigError
from schemas.judge import CameTo, Ran
from schemas.problem import Problem
from schemas.verdict import Claim, StepCheck, StepChecks, Verdict
from verifiers.catalog import VERIFIERS, Verifier, config_of, unavailable
from verifiers.steps.check import has_checks
from verifiers.worker_process import WorkerProcess

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How the workers run. The limits are for one check on a loaded worker; loading has `start_s`."""

    workers: int = 1
    deadline_s: float = 0.5
    """Processor time, so that a busy machine does not change verdicts. A check that sympy settles takes 0.1 to 0.4 s; one that
    takes longer is hardly ever settled at all."""
    wall_s: float = 0.9
    """Time on the clock, for a worker that does not get its processor."""
    start_s: float = 60.0
    memory_bytes: int = 150_000_000
    """Address space that one worker may take beyond what it has when it is loaded (about 95 MB resident)."""
    verifiers: Mapping[str, Any] = field(default_factory=dict)  # Any: each verifier module's own Config
    """The Config of verifiers by their NAME; missing ones have their defaults."""


class Failure(NamedTuple):
    """Why a request got no reply."""

    status: Literal["deadline", "crash"]
    reason: str


Reply = dict[str, object] | Failure


class _Request(NamedTuple):
    body: bytes
    reply: "Future[Reply]"


class Workers:
    """A `Judge` over processes of this machine. No process exists before the first check that needs one."""

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or Config()
        if self.config.workers < 1 or min(self.config.deadline_s, self.config.wall_s) <= 0:
            raise ConfigError("workers: `workers` must be at least 1, `deadline_s` and `wall_s` above 0")
        self._configs: dict[str, Any] = {}  # Any: as in Config
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._owners: list[_Owner] = []
        self._closed = False

    async def check(self, problem: Problem, text: str) -> Verdict:
        """Judge `text`. Total: a deadline, a crash or a closed pool gives an undecided verdict."""
        verdict = self._quick(problem, text)
        return verdict if verdict is not None else await asyncio.wrap_future(self._submit_check(problem, text))

    async def check_steps(self, problem: Problem, steps: Sequence[str]) -> StepChecks:
        """Return claims and exact truth about each step; nothing about any where there is none or the worker fails."""
        if not has_checks(problem, steps):
            return unknown(steps)
        return await asyncio.wrap_future(self._submit_steps(problem, steps))

    async def run(self, problem: Problem, code: str, entry_point: str, calls: Sequence[str]) -> Sequence[CameTo]:
        """Run nothing: what is judged here are answers."""
        return ()

    async def states(self, problem: Problem, scripts: Sequence[Sequence[str]]) -> Sequence[Ran]:
        """Return nothing: what is judged here are answers."""
        return ()

    def check_sync(self, problem: Problem, text: str) -> Verdict:
        """`check` for callers without an event loop; blocks the calling thread."""
        return self._quick(problem, text) or self._submit_check(problem, text).result()

    def close(self) -> None:
        """Stop every worker and wait for it; checks that have not ended are undecided. Twice does no harm."""
        with self._lock:
            self._closed = True
            owners, self._owners = self._owners, []
        for owner in owners:
            owner.stop()
        for owner in owners:
            owner.join()
        self._fail_waiting()

    async def aclose(self) -> None:
        """`close` without blocking the event loop."""
        await asyncio.to_thread(self.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers that live now."""
        with self._lock:
            return tuple(owner.pid for owner in self._owners if owner.pid is not None)

    def _quick(self, problem: Problem, text: str) -> Verdict | None:
        verifier = VERIFIERS.get(problem.domain)
        if verifier is None:
            return unavailable(problem.domain)
        try:
            return verifier.quick(problem, text, self._config_of(verifier))
        except Exception:
            # The promise is total: what breaks here breaks again in a worker, which says so in a verdict.
            return None

    def _config_of(self, verifier: Verifier) -> Any:  # Any: the verifier module's own Config
        found = self._configs.get(verifier.NAME)
        if found is None:
            found = self._configs[verifier.NAME] = config_of(verifier, self.config.verifiers)
        return found

    def _submit_check(self, problem: Problem, text: str) -> "Future[Verdict]":
        start = time.perf_counter()

        def verdict(reply: Reply) -> Verdict:
            if isinstance(reply, Failure):
                return VERIFIERS[problem.domain].failed(reply.status, reply.reason, time.perf_counter() - start)
            return Verdict(**reply)  # type: ignore[arg-type]  # the child sent the fields of a Verdict

        config = asdict(self._config_of(VERIFIERS[problem.domain]))
        return self._submit({"ask": "check", "problem": _fields(problem), "text": text, "config": config}, verdict)

    def _submit_steps(self, problem: Problem, steps: Sequence[str]) -> "Future[StepChecks]":
        def checks(reply: Reply) -> StepChecks:
            if isinstance(reply, Failure):
                return unknown(steps)
            return _steps_from(reply)

        return self._submit({"ask": "steps", "problem": _fields(problem), "steps": list(steps)}, checks)

    def _submit(self, request: dict[str, object], convert: Callable[[Reply], T]) -> "Future[T]":
        """Queue a request and return the future of its converted reply, which never holds an exception."""
        converted: Future[T] = Future()
        reply: Future[Reply] = Future()

        def finish(done: "Future[Reply]") -> None:
            # A caller that was cancelled has cancelled `converted`; nobody waits for it.
            if converted.set_running_or_notify_cancel():
                converted.set_result(convert(done.result()))

        reply.add_done_callback(finish)
        with self._lock:
            if self._closed:
                reply.set_result(Failure("crash", "the workers are closed"))
                return converted
            self._requests.put(_Request(json.dumps(request).encode() + b"\n", reply))
            # One more worker where all that exist are busy.
            if len(self._owners) < self.config.workers and (not self._owners or self._requests.qsize() > 0):
                self._owners.append(_Owner(self._requests, self.config))
        return converted

    def _fail_waiting(self) -> None:
        while True:
            try:
                request = self._requests.get_nowait()
            except queue.Empty:
                return
            if request is not None:
                request.reply.set_result(Failure("crash", "the workers are closed"))


class _Owner:
    """A thread and the one worker process that it starts, feeds, kills and replaces."""

    def __init__(self, requests: "queue.SimpleQueue[_Request | None]", config: Config) -> None:
        self._requests = requests
        self._config = config
        self._process: WorkerProcess | None = None
        self._next: WorkerProcess | None = None
        """Loads while a check runs that will probably be killed: the check after it does not wait."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="verifier-worker", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None else None

    def stop(self) -> None:
        self._stopping = True
        self._requests.put(None)
        process = self._process
        if process is not None:
            process.kill()

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        while (request := self._requests.get()) is not None and not self._stopping:
            request.reply.set_result(self._answer(request.body))
        if request is not None:
            request.reply.set_result(Failure("crash", "the workers are closed"))
        self._end()

    def _answer(self, body: bytes) -> Reply:
        """Ask the process. Every way this can fail is a `Failure`, after which the next request gets a new process."""
        try:
            if self._process is None or not self._process.alive:
                self._drop()
                self._process, self._next = self._next or WorkerProcess(self._config.memory_bytes), None
                if self._stopping:
                    raise EOFError
                self._process.read_line(self._config.start_s)
            self._process.write(body, self._config.wall_s)
            reply = json.loads(self._reply(self._process))
        except TimeoutError:
            self._drop()
            limits = f"{self._config.deadline_s:g} s of processor time, {self._config.wall_s:g} s on the clock"
            return Failure("deadline", f"no verdict within {limits}")
        except (OSError, EOFError, ValueError) as error:
            self._drop()
            return Failure("crash", f"the worker process died ({type(error).__name__})")
        if "failed" in reply:
            return Failure("crash", str(reply["failed"]))
        return dict(reply)

    def _reply(self, process: WorkerProcess) -> bytes:
        """Return the reply; from half of the deadline on, the next process loads. Raises TimeoutError."""
        began, end = process.cpu_seconds, time.monotonic() + self._config.wall_s
        used, deadline = 0.0, self._config.deadline_s
        while True:
            # What is left of the first or the second half: no sooner can that much processor time be used.
            half = deadline if used >= deadline / 2 else deadline / 2
            wait = min(half - used, end - time.monotonic())
            if wait <= 0:
                raise TimeoutError
            with suppress(TimeoutError):
                return process.read_line(max(wait, 0.01))
            used = process.cpu_seconds - began
            if used >= deadline / 2:
                self._next = self._next or WorkerProcess(self._config.memory_bytes)

    def _drop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.reap()

    def _end(self) -> None:
        self._drop()
        self._process, self._next = self._next, None
        self._drop()


def _fields(problem: Problem) -> dict[str, object]:
    """Return what a verifier needs of a problem, as JSON has it; solutions that came with it stay here."""
    return asdict(replace(problem, given=()))


def unknown(steps: Sequence[str]) -> StepChecks:
    """Return that nothing is known of these steps."""
    return StepChecks(steps=(StepCheck(exact_local=None, exact_prefix=None),) * len(steps))


def _steps_from(reply: dict[str, object]) -> StepChecks:
    rows: list[dict[str, object]] = reply["steps"]  # type: ignore[assignment]  # the child sent the fields of a StepChecks
    return StepChecks(steps=tuple(_step_from(row) for row in rows))


def _step_from(row: dict[str, object]) -> StepCheck:
    claims: list[dict[str, object]] = row.pop("claims")  # type: ignore[assignment]  # as above
    return StepCheck(**row, claims=tuple(Claim(**claim) for claim in claims))  # type: ignore[arg-type]  # as above
