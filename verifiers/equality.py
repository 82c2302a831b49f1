"""Is one expression equal to another for all values of its variables? Tiers, cheapest first, all deterministic.

1. `exact`: rationals and residues; certain, or wrong with probability below 2^-100.
2. `numeric`: values at many points.
3. `symbolic`: sympy, only in a worker process.
"""

from verifiers import exact, numeric
from verifiers.exact import Opinion
from verifiers.math_text.tree import Expression

_FAILURES = (ArithmeticError, ValueError, TypeError, NotImplementedError, MemoryError, RecursionError)
"""What arithmetic raises where it has no answer; mpmath uses most of them."""


def fast(a: Expression, b: Expression) -> Opinion:
    """Ask the first two tiers: microseconds to a few milliseconds. Never raises."""
    if a == b:
        return "equal"
    try:
        certain = exact.opinion(a, b)
        return certain if certain != "unsure" else numeric.opinion(a, b)
    except _FAILURES:
        return "unsure"


def slow(a: Expression, b: Expression) -> Opinion:
    """Ask all tiers; may run for ever. sympy's `different` is believed only where positive values differ too.

    It calls ln(x^2) and 2 ln(x) different, because of negative x; an answer key calls them equal.
    """
    first = fast(a, b)
    if first != "unsure":
        return first
    # Imported here: sympy takes a second to load, and only worker processes come this far.
    from verifiers import symbolic

    second = symbolic.opinion(a, b)
    if second == "different" and not _differ_where_positive(a, b):
        return "unsure"
    return second


def _differ_where_positive(a: Expression, b: Expression) -> bool:
    try:
        # The first two points are positive in every variable.
        return numeric.opinion(a, b, points=2, nodes=4 * numeric.MAX_NODES) == "different"
    except _FAILURES:
        return False
