"""What calls of a program come to: for claims that name a call and its value, which a verdict alone cannot check.

One sandbox in one thread, started at the first call; any event loop may wait. There are no canaries: who relies on an answer asks
twice, and holds it against a verdict.
"""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from schemas.errors import StepmillError
from schemas.judge import CameTo
from verifiers.execution.describe import Overlong, described
from verifiers.programs.literals import Arguments, read_arguments
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Call, Config, Limits, Program, Returned, Run

MAX_VALUE = 2_000
"""Characters of a value that is written out."""
_SHARE = 0.5
"""Of the processor time that all tests of a program together may take: for calls that show something it is much."""


class Calls:
    """Runs calls of programs, one program at a time. Close it."""

    def __init__(self, config: Config, limits: Limits) -> None:
        """Nothing starts yet. `limits` are those that programs are judged by."""
        self._config, self._limits = config, replace(limits, cpu_s=_SHARE * limits.cpu_s)
        self._lock = threading.Lock()
        self._thread: ThreadPoolExecutor | None = None
        self._sandbox: Sandbox | None = None
        self._closed = False

    async def run(self, code: str, entry_point: str, calls: Sequence[str]) -> tuple[CameTo, ...]:
        """Return what the calls come to, made one after the other in a fresh process; `schemas.judge` says how. Total."""
        with self._lock:
            if self._closed:
                return ()
            self._thread = self._thread or ThreadPoolExecutor(1, thread_name_prefix="calls")
            waiting = self._thread.submit(self._run, code, entry_point, tuple(calls))
        return await asyncio.wrap_future(waiting)

    def close(self) -> None:
        """End the sandbox after the program that runs now; what waits comes to nothing. Twice does no harm."""
        with self._lock:
            self._closed = True
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.submit(self._end)
            thread.shutdown(wait=True)

    def _run(self, code: str, entry_point: str, texts: Sequence[str]) -> tuple[CameTo, ...]:
        read = [read_arguments(text) for text in texts]
        calls = [Call(args=one.args, kwargs=one.kwargs) for one in read if isinstance(one, Arguments)]
        if self._closed or not calls or len(calls) < len(texts):
            return ()
        try:
            self._sandbox = self._sandbox or Sandbox(self._config)
            return _came_to(self._sandbox.run(Program(code=code, entry_point=entry_point), calls, self._limits))
        except (StepmillError, OSError):  # nothing confines a program here, or no process could be started
            return ()

    def _end(self) -> None:
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.close()


def _came_to(run: Run) -> tuple[CameTo, ...]:
    answered = tuple(_one(returned) for returned in run.returned)
    return answered if run.status in ("done", "infra") else (*answered, CameTo(kind="stopped", text=run.status))


def _one(returned: Returned) -> CameTo:
    if returned.kind != "value":
        return CameTo(kind=returned.kind, text=returned.error or "")
    try:
        return CameTo(kind="value", text=described(returned.value, MAX_VALUE))
    except Overlong:
        return CameTo(kind="unplain", text=f"a value of more than {MAX_VALUE} characters")
