"""The engines by the name a configuration uses; adding one is a file and a line here."""

from typing import Any, Protocol

from pipeline.models import openvino, policy, scripted
from pipeline.models.policy import Policy
from schemas.model import Model, ModelInfo


class Engine(Protocol):
    """A module of this folder."""

    NAME: str
    Config: Any  # Any: each module has its own frozen dataclass

    def load(self, policy: Policy | None, config: Any) -> Model:
        """Return a model; nothing is started before the first sample. Raises PolicyError."""
        ...

    def describe(self, policy: Policy | None, config: Any) -> ModelInfo:
        """Say what `load` would return, without weights in memory."""
        ...


_ALL: tuple[Engine, ...] = (openvino, scripted)

ENGINES: dict[str, Engine] = {engine.NAME: engine for engine in _ALL}


def find(engine: str, policy_name: str) -> tuple[Engine, Policy | None]:
    """Return the engine and, where it needs one, the policy on disk. Raises PolicyError."""
    module = ENGINES[engine]
    return module, None if module is scripted else policy.find(policy_name)
