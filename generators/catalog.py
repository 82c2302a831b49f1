"""The generators by name; adding one is a file, a line here, and its tests."""

from collections.abc import AsyncGenerator
from typing import Any, Protocol

from generators import given, math_shepherd
from schemas.judge import Judge
from schemas.pool import Pool
from schemas.problem import Problem
from schemas.trace import Trace


class Generator(Protocol):
    """A module of this folder."""

    NAME: str
    VERSION: int
    Config: Any  # Any: each module has its own frozen dataclass; mypy cannot tie it to the functions below

    def needs_continuation(self, config: Any) -> bool:
        """Whether it asks the completer to continue exact prefixes."""
        ...

    def estimate(self, problem: Problem, config: Any) -> tuple[int, int]:
        """Return (rollouts, tokens) to expect of a problem, for `--dry-run` and the token budget."""
        ...

    def generate(
        self, problem: Problem, pool: Pool, judge: Judge, config: Any, seed: int
    ) -> AsyncGenerator[Trace, None]:
        """Yield the problem's traces, ids still empty."""
        ...


_ALL: tuple[Generator, ...] = (math_shepherd, given)

GENERATORS: dict[str, Generator] = {generator.NAME: generator for generator in _ALL}
