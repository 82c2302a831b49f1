"""The one place that catches broadly: whatever goes wrong with one problem becomes a value.

Errors of the run itself go through: an engine or a disk that is lost for good would turn every problem left into an error
row, and a rerun would find nothing to do.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from schemas.errors import EngineError, StorageError

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong, where."""

    stage: str
    error_type: str
    message: str


async def attempt(stage: str, work: Awaitable[Value]) -> Value | Failure:
    """Return what `work` returns, or the failure it ended with. Raises EngineError, StorageError and cancellation."""
    try:
        return await work
    except (EngineError, StorageError):
        raise
    except Exception as error:
        return Failure(stage=stage, error_type=type(error).__name__, message=str(error) or repr(error))
