"""Is one expression equal to another for all values of its variables? Tiers, cheapest first, all deterministic.

1. `exact`: rationals and residues; certain, or wrong with probability below 2^-100; confirmed by `doubles`, and by
   `numeric` where a difference is too small for doubles.
2. `numeric`: values at many points, real and complex.
3. `symbolic`: sympy, only in a worker process.
"""

from verifiers.equality import doubles, exact, numeric
from verifiers.equality.exact import Opinion
from verifiers.equality.rules import Judged
from verifiers.math_text.tree import Expression, Number, symbols

_FAILURES = (ArithmeticError, ValueError, TypeError, NotImplementedError, MemoryError, RecursionError)
"""What arithmetic raises where it has no answer; mpmath uses most of them."""


def fast(a: Expression, b: Expression) -> Judged:
    """Ask the first two tiers: microseconds to a few milliseconds. Never raises."""
    if isinstance(a, Number) and isinstance(b, Number):
        return "equal" if a.value == b.value else "different"
    if a == b:
        return "equal"
    try:
        certain = exact.opinion(a, b)
        if certain != "unsure":
            return _confirmed(certain, a, b)
        if not (symbols(a) or symbols(b)) and doubles.look(a, b) == "apart":
            return "different"
        return numeric.opinion(a, b)
    except _FAILURES:
        return "unsure"


def _confirmed(certain: Opinion, a: Expression, b: Expression) -> Judged:
    """Ask a second oracle, which shares nothing with the first: where they contradict each other nobody is believed."""
    look = doubles.look(a, b)
    if certain == "equal":
        return "contradicted" if look == "apart" else "equal"
    if look == "close" and not _tiny_gap(a, b) and numeric.opinion(a, b) == "equal":
        return "contradicted"
    return "different"


def _tiny_gap(a: Expression, b: Expression) -> bool:
    """Whether two rationals differ by less than 120 digits can show, such as (2^1500 + 3)/(3 * 2^1501) and 1/6."""
    try:
        left, right = exact.rational(a), exact.rational(b)
    except ArithmeticError:
        return False
    return abs(left - right) * 10**90 < abs(left)


def slow(a: Expression, b: Expression) -> Judged:
    """Ask all tiers; may run for ever. sympy's `different` is believed only where positive values differ too.

    It calls ln(x^2) and 2 ln(x) different, because of negative x; an answer key calls them equal.
    """
    first = fast(a, b)
    if first != "unsure":
        return first
    # Imported here: sympy takes a second to load, and only worker processes come this far.
    from verifiers.equality import symbolic

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
