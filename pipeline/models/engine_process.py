"""Drive an engine that lives in a child process: queueing, deadlines, restarts, cancellation.

An engine's own step holds Python's lock for tens of milliseconds (OpenVINO: event-loop delay p95 100-150 ms in a thread,
1 ms in a child at equal speed) and cannot be interrupted, so it gets a process that can be watched and killed. The parent
keeps the queue and hands over little more than the engine decodes at once, and the child gives the engine no more than that:
engines slow down with waiting requests. What was in flight when the child is lost is asked again with the same seed.

Messages are pickled over one socket pair, parent to child ("add", [Job]) and ("cancel", [id]), child to parent
("ready",) or ("failed", reason), ("beat",), ("done", [Finished], steps, sequence steps) and ("refused", id, reason). The
child beats at least once a second.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from schemas import ids
from schemas.errors import EngineError
from schemas.model import Completion, FinishReason, ModelInfo, SamplingParams, Tokenizer, Tokens

ROOT = Path(__file__).resolve().parents[2]
BLOCK = 32
"""Tokens per block of the prefix cache, for counting what was reused."""


class Job(NamedTuple):
    """One sample to draw."""

    id: int
    prompt: Tokens
    params: SamplingParams
    seed: int


class Finished(NamedTuple):
    """One sample drawn; `tokens` with the end-of-sequence token where there was one."""

    id: int
    tokens: Tokens
    logprobs: tuple[float, ...]
    finish_reason: FinishReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How to start the child and when to give it up."""

    module: str
    """Run as `python -m module FD`, from the project's root; it reads `settings` as its first message."""
    settings: Any  # Any: the child module's own frozen dataclass
    max_in_flight: int
    prefix_caching: bool = True
    """Whether it reuses the state of prompts seen before; decides only what is counted as cached."""
    stall_s: float = 20.0
    """No sign of life for this long: killed and restarted."""
    start_s: float = 120.0
    restarts: int = 5
    """Restarts without a single finished sample in between before EngineError."""


@dataclass(slots=True, eq=False)
class _Waiting:
    job: Job
    index: int
    request_seed: int
    arrived: "asyncio.Queue[Completion | Exception]"
    cached: int
    began: float = 0.0
    """The fair-share clock when it was handed to the engine."""


class EngineProcess:
    """A model whose engine is a child process. Bound to the event loop of its first use; `close()` ends the child."""

    def __init__(
        self, info: ModelInfo, tokenizer: Tokenizer, launch: Launch, *, vocabulary: int, end_token: int
    ) -> None:
        self.info = info
        self.tokenizer = tokenizer
        self._launch = launch
        self._vocabulary = vocabulary
        self._end = end_token
        self._queue: deque[_Waiting] = deque()
        self._flying: dict[int, _Waiting] = {}
        self._next_id = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._link: Connection | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watch: asyncio.Task[None] | None = None
        self._ready = False
        self._lost: EngineError | None = None
        self._alive_at = 0.0
        self._failures = 0
        self._refill_due = False
        self._share = 0.0
        self._share_at = time.monotonic()
        self._first_at: float | None = None
        self._before = (0, 0)
        self.steps = 0
        self.sequence_steps = 0
        """Sequences decoded, summed over the engine's steps; over `steps` it is the mean batch."""
        self.span_s = 0.0
        """From the first sample handed to the engine to the last one back."""
        self._cached_blocks: dict[str, None] = {}
        self.restarted = 0
        """How often the child had to be replaced."""

    @property
    def in_flight(self) -> int:
        """Samples the engine is working on."""
        return len(self._flying)

    @property
    def pid(self) -> int | None:
        """Process id of the child, None while there is none."""
        return self._child.pid if self._child else None

    async def sample(
        self, prompt: Tokens | str, n: int, params: SamplingParams, seed: int, *, skip: Collection[int] = ()
    ) -> AsyncGenerator[Completion, None]:
        """See `schemas.model.Model.sample`."""
        if self._lost:
            raise self._lost
        tokens = self._checked(prompt, params)
        arrived: asyncio.Queue[Completion | Exception] = asyncio.Queue()
        cached = self._count_cached(tokens) if self._launch.prefix_caching else 0
        mine = []
        for index in (i for i in range(n) if i not in skip):
            job = Job(self._next_id, tokens, params, ids.seed(seed, index))
            self._next_id += 1
            mine.append(_Waiting(job, index, seed, arrived, cached))
        self._queue.extend(mine)
        self._ensure_started()
        self._refill_soon()
        try:
            for _ in mine:
                item = await arrived.get()
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self._cancel(mine)

    def close(self) -> None:
        """End the child. What is still waiting gets EngineError."""
        if self._watch:
            self._watch.cancel()
        self._kill()
        self._fail_all(EngineError("the engine was closed"))

    def _checked(self, prompt: Tokens | str, params: SamplingParams) -> Tokens:
        """Return the prompt's tokens. Engines take the three things refused here silently and answer nonsense."""
        tokens = self.tokenizer.encode(prompt) if isinstance(prompt, str) else prompt
        if not tokens:
            raise ValueError("empty prompt")
        if min(tokens) < 0 or max(tokens) >= self._vocabulary:
            raise ValueError(f"token ids must be in 0..{self._vocabulary - 1}, got {min(tokens)}..{max(tokens)}")
        if len(tokens) + params.max_tokens > self.info.context_length:
            raise ValueError(
                f"prompt of {len(tokens)} tokens and max_tokens {params.max_tokens} "
                f"exceed the context of {self.info.context_length}"
            )
        return tokens

    def _count_cached(self, tokens: Tokens) -> int:
        """Return how many of the prompt's tokens lie in blocks seen before; no engine here reports it itself."""
        chain, cached, unbroken = "", 0, True
        for start in range(0, len(tokens) - BLOCK + 1, BLOCK):
            chain = ids.digest(chain, tokens[start : start + BLOCK], size=8)
            unbroken = unbroken and chain in self._cached_blocks
            cached += BLOCK * unbroken
            self._cached_blocks[chain] = None
        while len(self._cached_blocks) > 20_000:
            del self._cached_blocks[next(iter(self._cached_blocks))]
        return min(cached, len(tokens) - 1)

    def _ensure_started(self) -> None:
        if self._child is None:
            self._loop = asyncio.get_running_loop()
            self._start()
            self._watch = self._loop.create_task(self._watch_child())

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", self._launch.module, str(theirs.fileno())]
        self._child = subprocess.Popen(
            command, cwd=ROOT, env=environment, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
        )
        theirs.close()
        self._link = Connection(ours.detach())
        self._ready, self._alive_at = False, time.monotonic()
        self._link.send(self._launch.settings)
        assert self._loop is not None
        self._loop.add_reader(self._link.fileno(), self._on_message)

    def _kill(self) -> None:
        if self._link is not None:
            if self._loop is not None and not self._loop.is_closed():
                self._loop.remove_reader(self._link.fileno())
            self._link.close()
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        self._link, self._child, self._ready = None, None, False

    async def _watch_child(self) -> None:
        while True:
            await asyncio.sleep(0.25)
            quiet = time.monotonic() - self._alive_at
            limit = self._launch.stall_s if self._ready else self._launch.start_s
            if self._child is None or self._child.poll() is not None:
                self._replace("died")
            elif quiet > limit:
                self._replace(f"gave no sign of life for {quiet:.0f} s")

    def _replace(self, why: str) -> None:
        code = self._child.poll() if self._child else None
        self._kill()
        self._failures += 1
        self.restarted += 1
        self._before = (self.steps, self.sequence_steps)
        if self._failures > self._launch.restarts:
            message = (
                f"{self.info.engine} engine {why} (exit code {code}), {self._failures} times without a finished sample"
            )
            self._fail_all(EngineError(f"{message}; see its messages above"))
            self._failures = 0
        self._cached_blocks.clear()
        self._queue.extendleft(reversed(self._flying.values()))
        self._flying.clear()
        self._start()

    def _fail_all(self, error: Exception) -> None:
        for waiting in [*self._queue, *self._flying.values()]:
            waiting.arrived.put_nowait(error)
        self._queue.clear()
        self._flying.clear()

    def _on_message(self) -> None:
        assert self._link is not None
        try:
            while self._link is not None and self._link.poll():
                self._handle(self._link.recv())
        except (EOFError, OSError):
            # The child is gone; the watch replaces it. A reader left on a closed socket would spin.
            if self._link is not None and self._loop is not None:
                self._loop.remove_reader(self._link.fileno())
                self._alive_at = float("-inf")

    def _fair_share(self) -> float:
        """Return the clock that runs at 1/(samples in flight) of wall time."""
        now = time.monotonic()
        if self._flying:
            passed = now - self._share_at
            self._share += passed / len(self._flying)
            self._first_at = self._first_at or self._share_at
            self.span_s = now - self._first_at
        self._share_at = now
        return self._share

    def _handle(self, message: tuple[Any, ...]) -> None:  # Any: the messages listed at the top
        self._alive_at = time.monotonic()
        kind = message[0]
        if kind == "ready":
            self._ready = True
        elif kind == "failed":
            # Starting it again would not help.
            self._lost = EngineError(f"the {self.info.engine} engine does not start: {message[1]}")
            self._fail_all(self._lost)
            if self._watch:
                self._watch.cancel()
        elif kind == "done":
            self._failures = 0
            self.steps, self.sequence_steps = self._before[0] + message[2], self._before[1] + message[3]
            share = self._fair_share()
            for finished in message[1]:
                waiting = self._flying.pop(finished.id, None)
                if waiting is not None:
                    waiting.arrived.put_nowait(self._completion(waiting, finished, share - waiting.began))
        elif kind == "refused":
            waiting = self._flying.pop(message[1], None)
            if waiting is not None:
                waiting.arrived.put_nowait(ValueError(message[2]))
        if kind != "beat":
            self._refill_soon()

    def _refill_soon(self) -> None:
        """Refill once per turn of the loop: requests that arrive together travel in one message."""
        if not self._refill_due and self._loop is not None:
            self._refill_due = True
            self._loop.call_soon(self._refill)

    def _refill(self) -> None:
        self._refill_due = False
        if not self._ready or self._link is None:
            return
        jobs, share = [], self._fair_share()
        while self._queue and len(self._flying) < self._launch.max_in_flight:
            waiting = self._queue.popleft()
            waiting.began = share
            self._flying[waiting.job.id] = waiting
            jobs.append(waiting.job)
        if jobs:
            self._send("add", jobs)

    def _cancel(self, waitings: Sequence[_Waiting]) -> None:
        self._fair_share()
        flying = [w.job.id for w in waitings if self._flying.pop(w.job.id, None) is not None]
        if flying:
            self._send("cancel", flying)
            self._refill_soon()
        mine = set(map(id, waitings))
        if any(id(w) in mine for w in self._queue):
            self._queue = deque(w for w in self._queue if id(w) not in mine)

    def _send(self, *message: Any) -> None:  # Any: the messages listed at the top
        try:
            if self._link is not None:
                self._link.send(message)
        except OSError:
            self._alive_at = float("-inf")  # the watch replaces the child and asks again

    def _completion(self, waiting: _Waiting, finished: Finished, engine_s: float) -> Completion:
        tokens = finished.tokens
        generated = len(tokens)
        if tokens and tokens[-1] == self._end:
            tokens = tokens[:-1]
        text = self.tokenizer.decode(tokens)
        cuts = [at for at in (text.find(stop) for stop in waiting.job.params.stop) if at >= 0]
        return Completion(
            seed=waiting.request_seed,
            index=waiting.index,
            text=text[: min(cuts)] if cuts else text,
            tokens=tokens,
            logprobs=finished.logprobs[: len(tokens)],
            finish_reason=finished.finish_reason,
            prompt_tokens=len(waiting.job.prompt),
            cached_tokens=waiting.cached,
            generated_tokens=generated,
            engine_s=engine_s,
        )
