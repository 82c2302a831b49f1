"""A stage of a small program: some lines of code, a sentence that says the same and, at best, a way back.

It takes a value of one kind and leaves one of the same or another kind. In code and sentence `{v}` is the variable that comes
in, `{w}` the one that goes out, `{c}` and `{d}` are constants. Texts consist of capital letters, so that the code policy sees
one token a letter.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from verifiers.execution.small_expressions import Value

Kind = Literal["int", "list", "str"]
LETTERS = "ABCDE"
Constant = int | str
Draw = Callable[[Random], Constant]
# Any: the value is of the kind that the stage gives, the constant of its own.
Back = Callable[[Any, Any, Random], Value]
"""(value that went out, constant, rng) -> a value that may have come in, None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One thing a program does."""

    name: str
    takes: Kind
    gives: Kind
    code: str
    says: tuple[str, ...]
    """Sentences for the plan, without capital and full stop; any of them will do."""
    c: Draw | None = None
    d: Draw | None = None
    back: Back | None = None
    """Only of stages of one line."""


def between(low: int, high: int) -> Draw:
    """Return what draws an integer between the two, both included."""
    return lambda rng: rng.randint(low, high)


SMALL, FACTOR = between(2, 20), between(2, 5)
"""Constants that keep values small: to add, and to multiply by."""
