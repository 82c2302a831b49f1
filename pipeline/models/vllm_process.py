"""The child process that runs vLLM: `python -m pipeline.models.vllm_process FD FOLDER`.

Uses only what vLLM 0.24, 0.28, 0.30, 0.32 and 0.33 have in common; the contract tests were run on 0.28, 0.30 and 0.32, of the
others the source was read. Where they differ:
- prompts: "raw" ones are deprecated in all of them, `{"type": "token", ...}` as `vllm.inputs.tokens_input` makes it is not;
- a refused request is a ValueError in 0.24 and a `vllm.exceptions.VLLMClientError` (no ValueError) from 0.28 on;
- `stream_interval` belongs to the engine in all, and to a request only from 0.32 on;
- 0.33 starts the workers of a tensor-parallel engine from threads that end at once.
"""

import asyncio
import os
import re
import sys
import tempfile
import threading
import traceback
from collections import deque
from collections.abc import Coroutine, Sequence
from contextlib import aclosing, suppress
from multiprocessing import current_process
from multiprocessing.connection import Connection
from typing import Any, BinaryIO

from pipeline.models.engine_process import Finished, Job, die_with_parent, inherited
from pipeline.models.vllm import Settings
from schemas.model import SamplingParams

_STRIDE = 8
"""Tokens between two looks for a stop string. A look sends the tokens through a queue and decodes them all, which without stop
strings happens once a sample; a sample that has reached its stop is drawn on by half of this on average."""

_REASON = re.compile(r"\b(\w+(?:Error|Exception)): (.+)")
_NO_REASON = re.compile(
    "See stack trace|See root cause|ngine core initialization failed|WorkerProc initialization failed"
)


class Engine:
    """AsyncLLM and what it works on."""

    def __init__(self, settings: Settings, link: Connection) -> None:
        self._settings = settings
        self._link = link
        self._engine = start(settings)
        self._count_steps()
        self._drawing: dict[int, asyncio.Task[None]] = {}
        self._ended: list[Finished] = []
        self._tokenizer: Any = None  # Any: FileTokenizer, imported only where stop strings ask for it
        self.steps = 0
        self.sequence_steps = 0

    def _count_steps(self) -> None:
        """Count what comes back; vLLM's own counters come with statistics of every token, which are switched off."""
        core = self._engine.engine_core
        get = core.get_output_async

        async def counted() -> Any:  # Any: EngineCoreOutputs
            outputs = await get()
            self.steps += bool(outputs.outputs)
            self.sequence_steps += len(outputs.outputs)
            return outputs

        core.get_output_async = counted

    def obey(self, message: tuple[str, Any]) -> None:  # Any: jobs, or ids of jobs
        """Start or cancel samples."""
        kind, items = message
        for item in items:
            if kind == "add":
                self._drawing[item.id] = watched(self._draw(item))
            elif item in self._drawing:
                self._drawing.pop(item).cancel()  # and vLLM aborts the request

    async def _draw(self, job: Job) -> None:
        try:
            finished = await self.drawn(job)
        except _refusals() as error:
            self._link.send(("refused", job.id, str(error).splitlines()[0]))
        else:
            if not self._ended:
                asyncio.get_running_loop().call_soon(self._report)
            self._ended.append(finished)
        del self._drawing[job.id]

    def _report(self) -> None:
        """Send in one message what ended in one step."""
        self._link.send(("done", self._ended, self.steps, self.sequence_steps))
        self._ended = []

    async def drawn(self, job: Job) -> Finished:
        """Draw one sample. Raises what vLLM raises."""
        from vllm.inputs import tokens_input

        params = sampling_params(job, self._settings.end_tokens)
        outputs = self._engine.generate(tokens_input(list(job.prompt)), params, str(job.id))
        async with aclosing(outputs):  # leaving early aborts the request
            async for output in outputs:
                (sample,) = output.outputs
                tokens, count = tuple(sample.token_ids), None
                if job.params.stop:
                    count = self._stopped_after(tokens, job.params.stop)
                if output.finished or count is not None:
                    break
        return Finished(
            id=job.id,
            tokens=tokens[:count],
            logprobs=tuple(sample.logprobs.logprobs[:count]),
            finish_reason="stop" if count is not None or sample.finish_reason == "stop" else "length",
            cached_tokens=output.num_cached_tokens or 0,
        )

    def _stopped_after(self, tokens: tuple[int, ...], stops: tuple[str, ...]) -> int | None:
        """Return with which token the first stop string was complete, None where there is none."""
        if self._tokenizer is None:
            from pipeline.models.file_tokenizer import FileTokenizer

            self._tokenizer = FileTokenizer(self._settings.tokenizer)

        def stopped(count: int) -> bool:
            text = self._tokenizer.decode(tokens[:count])
            return any(stop in text for stop in stops)

        if not stopped(len(tokens)):
            return None
        first = max(0, len(tokens) - _STRIDE)  # up to there was looked at before
        return next(count for count in range(first, len(tokens) + 1) if stopped(count))

    async def warm_up(self) -> None:
        """Draw a little in each way of sampling: the first request of a kind compiles what it needs, 2 to 15 s on a CPU."""
        for temperature, top_p in ((0.0, 1.0), (1.0, 1.0), (1.0, 0.9)):
            params = SamplingParams(temperature=temperature, top_p=top_p, max_tokens=2)
            await self.drawn(Job(0, self._settings.end_tokens[:1], params, 1))
        self.steps = self.sequence_steps = 0

    async def beat(self) -> None:
        """Say twice a second that the engine's loop, and the step that it may be in, still comes to an end."""
        while True:
            await asyncio.sleep(0.5)
            await self._engine.is_sleeping()
            self._link.send(("beat",))


def start(settings: Settings) -> Any:  # Any: AsyncLLM; vLLM is not installed where types are checked
    """Return a running engine. Raises what vLLM raises."""
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.platforms import current_platform
    from vllm.v1.engine.async_llm import AsyncLLM

    config, on_cpu = settings.config, current_platform.is_cpu()
    arguments: dict[str, Any] = {
        "model": settings.weights,
        "revision": settings.revision,
        "skip_tokenizer_init": True,
        "generation_config": "vllm",  # not the model's own defaults: a request says all
        "max_model_len": settings.context_length,
        "load_format": config.load_format,
        "dtype": "float32" if on_cpu and config.dtype == "auto" else config.dtype,
        "enforce_eager": on_cpu if config.eager is None else config.eager,
        "block_size": config.block_size or (32 if on_cpu else 16),
        "enable_prefix_caching": config.prefix_caching,
        "max_num_seqs": config.max_num_seqs,
        "max_num_batched_tokens": max(config.max_batched_tokens, config.max_num_seqs),
        "tensor_parallel_size": config.tensor_parallel,
        "stream_interval": _STRIDE,
        "disable_log_stats": True,
    }
    if on_cpu:
        os.environ["TMPDIR"] = (
            tempfile.gettempdir()
        )  # of the workers too; on a GPU the compiler's cache is below TMPDIR
    else:  # on a CPU the cache is as large as VLLM_CPU_KVCACHE_SPACE says
        arguments["gpu_memory_utilization"] = config.memory_utilization or 0.9 * config.gpu_fraction
    if config.tensor_parallel > 1:
        arguments["distributed_executor_backend"] = "mp"
    return AsyncLLM.from_engine_args(AsyncEngineArgs(**arguments))


def sampling_params(job: Job, end_tokens: tuple[int, ...]) -> Any:  # Any: vLLM's SamplingParams
    """Return vLLM's word for how a job is drawn."""
    import vllm
    from vllm.sampling_params import RequestOutputKind

    return vllm.SamplingParams(
        temperature=job.params.temperature,
        top_p=job.params.top_p,
        max_tokens=job.params.max_tokens,
        seed=job.seed,
        stop_token_ids=list(end_tokens),
        logprobs=0,  # of the chosen token alone, before temperature
        flat_logprobs=True,
        detokenize=False,
        output_kind=RequestOutputKind.CUMULATIVE if job.params.stop else RequestOutputKind.FINAL_ONLY,
    )


def _refusals() -> tuple[type[Exception], ...]:
    """Return what a request is refused with."""
    from vllm import exceptions

    return (ValueError, getattr(exceptions, "VLLMClientError", ValueError))  # the latter from 0.28 on


async def serve(link: Connection, settings: Settings) -> None:
    """Run the engine until the parent goes away."""
    with StartLog(link):
        engine = Engine(settings, link)
        await engine.warm_up()
    link.send(("ready",))
    threading.Thread(target=_read, args=(link, asyncio.get_running_loop(), engine), daemon=True).start()
    await watched(engine.beat())


def _read(link: Connection, loop: asyncio.AbstractEventLoop, engine: Engine) -> None:
    with suppress(EOFError, OSError):
        while True:
            loop.call_soon_threadsafe(engine.obey, link.recv())
    os._exit(0)  # the parent is gone; EngineCore follows, see the end of this file


def watched(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Run `work`; an error in it ends this process at once, the parent kills what is left of it and starts anew."""

    def ended(task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            traceback.print_exception(error)
            sys.stderr.flush()
            os._exit(1)

    task = asyncio.create_task(work)
    task.add_done_callback(ended)
    return task


class StartLog:
    """What vLLM writes while it starts: kept back, and shown only if the start fails, with its reason told to the parent.

    It writes hundreds of lines, from three processes, that mean nothing to the user of a run that works.
    """

    def __init__(self, link: Connection) -> None:
        self._link = link
        self._lines: deque[bytes] = deque(maxlen=400)
        self._holding = "VLLM_LOGGING_LEVEL" not in os.environ  # who sets it wants to read
        self._out = os.dup(2)

    def __enter__(self) -> None:
        reading, writing = os.pipe()
        for descriptor in (1, 2):
            os.dup2(writing, descriptor)
        os.close(writing)
        threading.Thread(target=self._read, args=(os.fdopen(reading, "rb"),), daemon=True).start()

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        kept, self._holding = list(self._lines), False
        if error is not None:
            told = " ".join(f"{type(error).__name__}: {error}".partition(" [type=")[0].split())  # not pydantic's dump
            self._link.send(("failed", reason([told, *(line.decode("utf-8", "replace") for line in kept)]) or told))
            os.write(self._out, b"".join(kept))

    def _read(self, stream: BinaryIO) -> None:
        for line in stream:
            if self._holding:
                self._lines.append(line)
            else:
                os.write(self._out, line)


def reason(lines: Sequence[str]) -> str | None:
    """Return the last error in a log that says something by itself, None if there is none."""
    for line in reversed(lines):
        found = _REASON.search(line)
        if found and not _NO_REASON.search(found[0]):
            return found[0].strip()
    return None


def set_environment(settings: Settings) -> None:
    """Tell vLLM what it takes from the environment only; before it is imported."""
    os.environ |= {
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "TOKENIZERS_PARALLELISM": "false",
        # A forked EngineCore would not run the end of this file.
        "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
    }
    if settings.config.devices:
        os.environ["CUDA_VISIBLE_DEVICES"] = settings.config.devices
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", str(settings.config.cache_gb))


def main(argv: list[str]) -> None:
    """Serve on the inherited socket."""
    link = inherited(argv)
    tempfile.tempdir = scratch = argv[2]
    os.environ["VLLM_RPC_BASE_PATH"] = scratch  # its sockets stay behind even when it ends well
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        settings: Settings = link.recv()
        set_environment(settings)
        asyncio.run(serve(link, settings))


if __name__ == "__mp_main__" and current_process().name.startswith("EngineCore"):
    # vLLM's EngineCore outlives a killed parent. Its workers do not outlive it, and must not be bound to the thread that
    # starts them: in 0.33 that one ends at once.
    die_with_parent()

if __name__ == "__main__":
    main(sys.argv)
