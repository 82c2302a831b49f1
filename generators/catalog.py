"""The generators by name; adding one is a file, a line here, and its tests."""

from collections.abc import AsyncGenerator
from typing import Any, Protocol

from generators import (
    code_io,
    critique,
    execution_trace,
    given,
    math_shepherd,
    omegaprm,
    proof_to_language,
    reverse_plan,
    statements,
)
from schemas.judge import Judge
from schemas.pool import Pool
from schemas.problem import Problem, Task
from schemas.trace import Trace
from schemas.tree import Tree


class Generator(Protocol):
    """A module of this folder."""

    NAME: str
    VERSION: int
    TASKS: frozenset[Task]
    """What it takes; a problem that asks anything else passes it by."""
    PARTS: tuple[str, ...]
    """The prompts that it asks with besides the question, by `generators/prompts/catalog.py`."""
    Config: Any  # Any: each module has its own frozen dataclass; mypy cannot tie it to the functions below
    """A frozen dataclass with defaults. Its numbers are at least 0, or what `metadata={"least": n}` of a field says."""

    def needs_continuation(self, config: Any) -> bool:
        """Whether it asks the completer to continue exact prefixes."""
        ...

    def estimate(self, problem: Problem, config: Any) -> tuple[int, int]:
        """Return (rollouts, tokens) to expect of a problem, for `--dry-run` and the token budget."""
        ...

    def generate(
        self, problem: Problem, pool: Pool, judge: Judge, config: Any, seed: int
    ) -> AsyncGenerator[Trace | Tree, None]:
        """Yield the problem's traces, and the trees they were cut from, ids still empty."""
        ...


_ALL: tuple[Generator, ...] = (
    math_shepherd,
    given,
    omegaprm,
    execution_trace,
    code_io,
    reverse_plan,
    critique,
    proof_to_language,
    statements,
)

GENERATORS: dict[str, Generator] = {generator.NAME: generator for generator in _ALL}
