"""What a comparison is given: a judge of expressions, and the policies that mathematics leaves open."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from verifiers.equality.exact import Opinion
from verifiers.math_text.tree import Expression


def _policy(doc: str) -> Any:  # Any: what dataclasses.field returns
    return field(default=True, metadata={"doc": doc})


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """What an answer may leave out or change and still count, each with its `doc`. The defaults are those of school marking."""

    units_dropped: bool = _policy("a unit on one side only is dropped: 18 dollars against 18")
    percent_dropped: bool = _policy("50 percent answers 50 as well as 0.5, where the number is above 1")
    degrees_as_radians: bool = _policy("60 degrees answer pi/3")
    lists_unordered: bool = _policy("`1, 2` answers `2, 1`; braces never have an order, round brackets always")
    brackets_dropped: bool = _policy("`1, 2` answers `(1, 2)`, in this order; a column the tuple of its entries")
    names_dropped: bool = _policy("`x = 5` answers 5, and `x = 1, y = 2` answers `(1, 2)`")


DEFAULTS = Policies()


Judged = Opinion | Literal["contradicted"]
"""What a judge of expressions says; `contradicted`: two oracles, each of which would do alone, say the opposite."""


@dataclass(slots=True)
class Rules:
    """Called on two expressions, says whether they are equal; carries the policies for everything around them."""

    opinion: Callable[[Expression, Expression], Judged]
    policies: Policies = DEFAULTS
    contradicted: bool = False
    """Whether oracles contradicted each other on any pair so far; such a pair is unsure."""

    def __call__(self, a: Expression, b: Expression) -> Opinion:
        """Say whether `a` equals `b` for all values of their variables."""
        judged = self.opinion(a, b)
        if judged == "contradicted":
            self.contradicted = True
            return "unsure"
        return judged


def all_of(opinions: list[Opinion]) -> Opinion:
    """Return equal where all are, different where any is."""
    if "different" in opinions:
        return "different"
    return "unsure" if "unsure" in opinions else "equal"
