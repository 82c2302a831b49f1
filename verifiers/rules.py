"""What a comparison is given: a judge of expressions, and the policies that mathematics leaves open."""

from collections.abc import Callable
from dataclasses import dataclass

from verifiers.exact import Opinion
from verifiers.math_text.tree import Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """What an answer may leave out or change and still count. The defaults are those of school marking."""

    units_dropped: bool = True
    """A unit on one side only is dropped: 18 dollars against 18."""
    percent_dropped: bool = True
    """50% answers 50 as well as 0.5, where the number is above 1."""
    degrees_as_radians: bool = True
    """60 degrees answer pi/3."""
    lists_unordered: bool = True
    """`1, 2` answers `2, 1`. Braces never have an order, round brackets always."""
    brackets_dropped: bool = True
    """`1, 2` answers `(1, 2)`, in this order; a column of a matrix answers the tuple of its entries."""
    names_dropped: bool = True
    """`x = 5` answers 5, and `x = 1, y = 2` answers `(1, 2)`."""


DEFAULTS = Policies()


@dataclass(frozen=True, slots=True)
class Rules:
    """Called on two expressions, says whether they are equal; carries the policies for everything around them."""

    opinion: Callable[[Expression, Expression], Opinion]
    policies: Policies = DEFAULTS

    def __call__(self, a: Expression, b: Expression) -> Opinion:
        """Say whether `a` equals `b` for all values of their variables."""
        return self.opinion(a, b)


def all_of(opinions: list[Opinion]) -> Opinion:
    """Return equal where all are, different where any is."""
    if "different" in opinions:
        return "different"
    return "unsure" if "unsure" in opinions else "equal"
