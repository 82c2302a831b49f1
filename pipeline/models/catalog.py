"""The engines by the name a configuration uses; adding one is a file and a line here."""

from typing import Any, Protocol

from pipeline.models import http, openvino, scripted, vllm
from schemas.model import Model, ModelInfo

AUTO = "auto"
"""Stands for the engine that `choose` finds."""


class Engine(Protocol):
    """A module of this folder. `policy` and `family` are what the configuration says of a model."""

    NAME: str
    Config: Any  # Any: each module has its own frozen dataclass

    def describe(self, policy: str, family: str, config: Any) -> ModelInfo:
        """Say what `load` would return, without weights in memory. Raises PolicyError, ConfigError, EngineError."""
        ...

    def load(self, policy: str, family: str, config: Any) -> Model:
        """Return a model; nothing is started before the first sample. Raises as `describe` does."""
        ...

    def gpus(self, config: Any) -> float:
        """Return how many GPUs one replica takes."""
        ...

    def missing(self) -> str | None:
        """Say why the engine cannot be used here, with the command that adds it; None if it can."""
        ...


_ALL: tuple[Engine, ...] = (openvino, vllm, http, scripted)

ENGINES: dict[str, Engine] = {engine.NAME: engine for engine in _ALL}


def choose(engine: str) -> tuple[str, str]:
    """Return the engine that a name stands for, and why in words (empty for a name that stands for itself).

    `auto` is vLLM where it and a GPU are present, else the embedded engine.
    """
    if engine != AUTO:
        return engine, ""
    if not vllm.has_gpu():
        return openvino.NAME, "no GPU here"
    reason = vllm.missing()
    if reason is not None:
        return openvino.NAME, f"there is a GPU, but {reason}"
    if vllm.is_cpu_build():
        return openvino.NAME, "there is a GPU, but this vLLM is a build for CPUs"
    return vllm.NAME, "vLLM and a GPU are here"
