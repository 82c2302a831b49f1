"""The embedded CPU engine: OpenVINO GenAI's continuous batching with prefix caching, in a child process.

`load` returns the model; run as a module (`python -m pipeline.models.openvino FD FOLDER`) this file is the child.
"""

import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import util
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pipeline.models import policy as policies
from pipeline.models.engine_process import Finished, Job, inherited
from pipeline.models.supervised_model import Launch, SupervisedModel
from schemas.model import FinishReason, ModelInfo

NAME = "openvino"

_EXACT = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "u8"}
"""Left alone, the engine computes in bfloat16 where the processor can, so samples depend on the machine. And with prefix
caching a float cache gives wrong attention now and then (2026.4.1; 2,000 rollouts against the engine without prefix caching:
logprobs off by up to 4.6 and 323 other texts with f32, off by at most 0.011 and 14 other texts with u8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Where it runs and how much at once; none of it changes what is sampled."""

    max_num_seqs: int = 256
    """Sequences decoded together. 7,847 tokens/s at 256, 7,620 at 128, 5,930 at 64 on two cores (1.3M parameters)."""
    max_batched_tokens: int = 4096
    cache_gb: int = 1
    threads: int = 0
    """0: as many as OpenVINO likes."""
    device: str = "CPU"
    """An OpenVINO device; `GPU` is an Intel one."""
    prefix_caching: bool = True
    """False makes a sample the same to the last bit whatever runs beside it, at 15% of the speed."""
    stall_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What the child is told at its start."""

    folder: Path
    config: Config
    end_tokens: tuple[int, ...]


def describe(policy: str, family: str, config: Config) -> ModelInfo:
    """Say what `load` would return. Raises PolicyError, ConfigError."""
    return policies.find(policy).info(NAME, family)


def load(policy: str, family: str, config: Config) -> SupervisedModel:
    """Return the policy behind the embedded engine; the child starts with the first sample. Raises PolicyError, ConfigError."""
    found = policies.find(policy)
    info, end_tokens = found.info(NAME, family), found.end_tokens(family)
    found.prepare_openvino()
    launch = Launch(
        module="pipeline.models.openvino",
        settings=Settings(found.folder, config, end_tokens),
        # A quarter more than it decodes at once waits in the child, so that a freed place is filled before the next step.
        max_in_flight=config.max_num_seqs * 5 // 4,
        prefix_caching=config.prefix_caching,
        stall_s=config.stall_s,
    )
    return SupervisedModel(info, found.tokenizer, launch, vocabulary=found.vocabulary, end_tokens=end_tokens)


def gpus(config: Config) -> float:
    """Return how many GPUs one replica takes, in the sense of a cluster's scheduler: none, an Intel one is not counted."""
    return 0.0


def missing() -> str | None:
    """Say why it cannot be used here; it is among the default dependencies."""
    if util.find_spec("openvino_genai") is None:
        return "OpenVINO GenAI is not installed; add it with `make setup`"
    return None


class Engine:
    """The pipeline and the handles of what it works on; used by the child, and bare by the benchmark."""

    def __init__(self, settings: Settings) -> None:
        from openvino_genai import ContinuousBatchingPipeline, SchedulerConfig

        scheduler = SchedulerConfig()
        scheduler.max_num_seqs = settings.config.max_num_seqs
        scheduler.max_num_batched_tokens = settings.config.max_batched_tokens
        scheduler.cache_size = settings.config.cache_gb
        scheduler.enable_prefix_caching = settings.config.prefix_caching
        properties: dict[str, object] = dict(_EXACT)
        if settings.config.threads:
            properties["INFERENCE_NUM_THREADS"] = settings.config.threads
        folder, device = str(settings.folder), settings.config.device
        self._pipeline = ContinuousBatchingPipeline(folder, scheduler, device, properties, {})
        self._end_tokens = set(settings.end_tokens)
        self.steps = 0
        self.sequence_steps = 0
        """Sequences decoded, summed over steps; over `steps` it is the mean batch."""
        self.handles: dict[int, object] = {}

    def add(self, job: Job) -> None:
        """Take a sample to draw. Raises RuntimeError on what the engine refuses."""
        import numpy
        from openvino import Tensor
        from openvino_genai import GenerationConfig

        config = GenerationConfig()
        config.max_new_tokens = job.params.max_tokens
        config.do_sample = job.params.temperature > 0
        config.temperature = job.params.temperature or 1.0
        config.top_p = job.params.top_p
        config.rng_seed = job.seed
        config.logprobs = 1
        config.stop_token_ids = self._end_tokens
        config.stop_strings = set(job.params.stop)
        # Otherwise it drops every token that holds a part of the stop string, and with it what stood there before.
        config.include_stop_str_in_output = True
        prompt = Tensor(numpy.array([job.prompt], dtype=numpy.int64))
        self.handles[job.id] = self._pipeline.add_request(job.id, prompt, config)

    def cancel(self, id_: int) -> None:
        """Stop drawing a sample; nothing is heard of it again."""
        handle = self.handles.pop(id_, None)
        if handle is not None:
            handle.cancel()  # type: ignore[attr-defined]  # the binding exports no type for handles

    def step(self) -> list[Finished]:
        """Decode one token for every sequence in the batch and return those that ended."""
        from openvino_genai import GenerationFinishReason, GenerationStatus

        if not self._pipeline.has_non_finished_requests():
            return []
        self.steps += 1
        self.sequence_steps += len(self.handles)
        self._pipeline.step()
        ended = []
        for id_, handle in list(self.handles.items()):
            if handle.get_status() == GenerationStatus.RUNNING:  # type: ignore[attr-defined]
                continue
            del self.handles[id_]
            output = handle.read_all()[0]  # type: ignore[attr-defined]
            reason: FinishReason = "stop" if output.finish_reason == GenerationFinishReason.STOP else "length"
            ended.append(Finished(id_, tuple(output.generated_ids), tuple(output.generated_log_probs), reason))
        return ended


def serve(link: Connection) -> None:
    """Run the engine until the parent goes away."""
    settings: Settings = link.recv()
    limit = settings.config.max_num_seqs
    try:
        engine = Engine(settings)
    except RuntimeError as error:
        link.send(("failed", str(error).strip().splitlines()[-1]))
        return
    link.send(("ready",))
    waiting: deque[Job] = deque()
    beat = time.monotonic()
    while True:
        while link.poll(0 if engine.handles or waiting else 0.5):
            _obey(link.recv(), engine, waiting)
        while waiting and len(engine.handles) < limit:
            _admit(waiting.popleft(), engine, link)
        ended = engine.step() if engine.handles else []
        if ended:
            link.send(("done", ended, engine.steps, engine.sequence_steps))
        elif time.monotonic() - beat > 0.5:
            link.send(("beat",))
        else:
            continue
        beat = time.monotonic()


def _obey(message: tuple[str, Sequence[Any]], engine: Engine, waiting: deque[Job]) -> None:  # Any: jobs or their ids
    kind, items = message
    if kind == "add":
        waiting.extend(items)
        return
    for id_ in items:
        engine.cancel(id_)
    kept = [job for job in waiting if job.id not in set(items)]
    waiting.clear()
    waiting.extend(kept)


def _admit(job: Job, engine: Engine, link: Connection) -> None:
    try:
        engine.add(job)
    except (RuntimeError, ValueError) as error:
        link.send(("refused", job.id, str(error).splitlines()[0]))


def main(argv: list[str]) -> None:
    """Serve on the inherited socket."""
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        serve(inherited(argv))


if __name__ == "__main__":
    main(sys.argv)
