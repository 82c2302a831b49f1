"""A model whose engine lives in a child process: queueing, deadlines, restarts, cancellation.

The queue is kept here and the engine is handed little more than it decodes at once, because engines slow down with waiting
requests. The child is watched: one that dies or gives no sign of life is killed, replaced, and asked again, with the same
seeds, for all that was in flight.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.models.engine_process import EngineProcess, Finished, Job
from pipeline.models.fair_share import FairShare
from schemas import ids
from schemas.errors import EngineError
from schemas.model import Completion, ModelInfo, SamplingParams, Tokenizer, Tokens

BLOCK = 32
"""Tokens per block of the prefix cache, for counting what was reused where the engine does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How to start the child and when to give it up."""

    module: str
    """What the child runs; see `EngineProcess`."""
    settings: Any  # Any: the child module's own frozen dataclass
    max_in_flight: int
    prefix_caching: bool = True
    """Whether it reuses the state of prompts seen before; decides only what is counted as cached."""
    stall_s: float = 20.0
    """No sign of life for this long: killed and restarted."""
    start_s: float = 120.0
    """The same while it starts."""
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


class SupervisedModel:
    """See the module. Bound to the event loop of its first use; `close()` ends the child."""

    def __init__(
        self, info: ModelInfo, tokenizer: Tokenizer, launch: Launch, *, vocabulary: int, end_tokens: Collection[int]
    ) -> None:
        self.info = info
        self.tokenizer = tokenizer
        self._launch = launch
        self._vocabulary = vocabulary
        self._end_tokens = frozenset(end_tokens)
        self._queue: deque[_Waiting] = deque()
        self._flying: dict[int, _Waiting] = {}
        self._next_id = 0
        self._process: EngineProcess | None = None
        self._watch: asyncio.Task[None] | None = None
        self._ready = False
        self._lost: EngineError | None = None
        self._alive_at = 0.0
        self._failures = 0
        self._refill_due = False
        self._share = FairShare()
        self._before = (0, 0)
        self.steps = 0
        self.sequence_steps = 0
        """Sequences decoded, summed over the engine's steps; over `steps` it is the mean batch."""
        self._cached_blocks: dict[str, None] = {}
        self.restarted = 0
        """How often the child had to be replaced."""

    @property
    def span_s(self) -> float:
        """From the first sample handed to the engine to the last one back."""
        return self._share.span_s

    @property
    def in_flight(self) -> int:
        """Samples the engine is working on."""
        return len(self._flying)

    @property
    def pid(self) -> int | None:
        """Process id of the child, None while there is none."""
        return self._process.pid if self._process else None

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
        if self._process is None:
            self._start()
            self._watch = asyncio.create_task(self._watch_child())
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
        """End the child and all it started. What is still waiting gets EngineError."""
        if self._watch:
            self._watch.cancel()
        if self._process:
            self._process.kill()
        self._process, self._ready = None, False
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
        """Return how many of the prompt's tokens lie in blocks seen before."""
        chain, cached, unbroken = "", 0, True
        for start in range(0, len(tokens) - BLOCK + 1, BLOCK):
            chain = ids.digest(chain, tokens[start : start + BLOCK], size=8)
            unbroken = unbroken and chain in self._cached_blocks
            cached += BLOCK * unbroken
            self._cached_blocks[chain] = None
        while len(self._cached_blocks) > 20_000:
            del self._cached_blocks[next(iter(self._cached_blocks))]
        return min(cached, len(tokens) - 1)

    def _start(self) -> None:
        self._ready, self._alive_at = False, time.monotonic()
        self._process = EngineProcess(self._launch.module, self._launch.settings, self._on_message)

    async def _watch_child(self) -> None:
        while self._process is not None:
            await asyncio.sleep(0.25)
            quiet = time.monotonic() - self._alive_at
            limit = self._launch.stall_s if self._ready else self._launch.start_s
            if self._process.ended:
                self._replace(self._process, "died")
            elif quiet > limit:
                self._replace(self._process, f"gave no sign of life for {quiet:.0f} s")

    def _replace(self, process: EngineProcess, why: str) -> None:
        code = process.kill()
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

    def _on_message(self, message: tuple[Any, ...]) -> None:  # Any: the messages that engine_process.py lists
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
            share = self._share.read(len(self._flying))
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
        if not self._refill_due:
            self._refill_due = True
            asyncio.get_running_loop().call_soon(self._refill)

    def _refill(self) -> None:
        self._refill_due = False
        if not self._ready or self._process is None:
            return
        jobs, share = [], self._share.read(len(self._flying))
        while self._queue and len(self._flying) < self._launch.max_in_flight:
            waiting = self._queue.popleft()
            waiting.began = share
            self._flying[waiting.job.id] = waiting
            jobs.append(waiting.job)
        if jobs:
            self._process.send(("add", jobs))

    def _cancel(self, waitings: Sequence[_Waiting]) -> None:
        self._share.read(len(self._flying))
        flying = [w.job.id for w in waitings if self._flying.pop(w.job.id, None) is not None]
        if flying and self._process is not None:
            self._process.send(("cancel", flying))
            self._refill_soon()
        mine = set(map(id, waitings))
        if any(id(w) in mine for w in self._queue):
            self._queue = deque(w for w in self._queue if id(w) not in mine)

    def _completion(self, waiting: _Waiting, finished: Finished, engine_s: float) -> Completion:
        tokens, stops = finished.tokens, waiting.job.params.stop
        ended = bool(tokens) and tokens[-1] in self._end_tokens
        if ended:
            tokens = tokens[:-1]
        text = self.tokenizer.decode(tokens)
        if stops and not ended:
            text = _before_stop(text, stops, finished.finish_reason == "stop")
            while tokens and self.tokenizer.decode(tokens[:-1]).startswith(text):
                tokens = tokens[:-1]
        return Completion(
            seed=waiting.request_seed,
            index=waiting.index,
            text=text,
            tokens=tokens,
            logprobs=finished.logprobs[: len(tokens)],
            finish_reason=finished.finish_reason,
            prompt_tokens=len(waiting.job.prompt),
            cached_tokens=waiting.cached if finished.cached_tokens is None else finished.cached_tokens,
            generated_tokens=len(finished.tokens),
            engine_s=engine_s,
        )


def _before_stop(text: str, stops: Sequence[str], reached: bool) -> str:
    """Return what stands before the first stop string. Where one was `reached`, its last characters may be missing.

    OpenVINO 2026.4.1 keeps back a last token that ends with the stop string and shows nothing but white space.
    """
    found = [at for at in map(text.find, stops) if at >= 0]
    if found:
        return text[: min(found)]
    beginnings = [stop[:length] for stop in stops for length in range(1, len(stop))] if reached else []
    return text[: -max((len(part) for part in beginnings if text.endswith(part)), default=0) or None]
