r"""Sums and products up to n, such as `\sum_{k=1}^{n} k^2`, and double factorials, compared at whole numbers in the place of
every variable.
"""

from fractions import Fraction

from verifiers.equality.exact import Opinion, TooLarge, Undefined, rational
from verifiers.math_text.tree import (
    BOUND,
    Add,
    Call,
    Constant,
    Expression,
    Mul,
    Number,
    Power,
    Symbol,
    substituted,
    symbols,
    walk,
)

_POINTS = 12
"""Whole numbers that are tried: two closed forms of fewer than a dozen parameters do not agree at all of them."""
_FIRST = 3
_MAX_TERMS = 60
_MAX_NODES = 120
_KINDS = ("sum", "prod")


def applies(a: Expression, b: Expression) -> bool:
    """Whether a side is about whole numbers: has a double factorial, or a sum or product, with a variable in its bounds.

    Not where a bound is infinite.
    """
    calls = [part for side in (a, b) for part in walk(side) if isinstance(part, Call)]
    bounds = [bound for part in calls if part.name in _KINDS for bound in part.args[1:]]
    bounds += [part.args[0] for part in calls if part.name == "double"]
    return any(map(symbols, bounds)) and not any(part == Constant("inf") for bound in bounds for part in walk(bound))


def opinion(a: Expression, b: Expression) -> Opinion:
    """Compare at `_POINTS` whole numbers, another one for every variable. Unsure where a value is not rational."""
    names = sorted(symbols(a) | symbols(b))
    if sum(1 for side in (a, b) for _ in walk(side)) > _MAX_NODES:
        return "unsure"
    for point in range(_FIRST, _FIRST + _POINTS):
        place = {name: Number(Fraction(point + 7 * index)) for index, name in enumerate(names)}
        try:
            left, right = (rational(_written_out(substituted(side, place))) for side in (a, b))
        except (TooLarge, Undefined):
            return "unsure"
        if left != right:
            return "different"
    return "equal"


def _written_out(node: Expression) -> Expression:
    """Return an expression without variables, its sums and products term by term. Raises TooLarge over the budget."""
    match node:
        case Call(name, (body, low, high)) if name in _KINDS:
            first, last = (rational(_written_out(bound)) for bound in (low, high))
            count = last - first + 1
            if count.denominator != 1 or first.denominator != 1 or not 0 < count <= _MAX_TERMS:
                raise TooLarge("bounds that are no whole numbers in order, or far apart")
            if any(isinstance(part, Call) and part.name in _KINDS for part in walk(body)):
                raise TooLarge("a sum within a sum")
            terms = tuple(substituted(body, {BOUND: Number(first + index)}) for index in range(int(count)))
            return Add(terms) if name == "sum" else Mul(terms)
        case Call(name, args):
            return Call(name, tuple(map(_written_out, args)))
        case Add(parts):
            return Add(tuple(map(_written_out, parts)))
        case Mul(parts):
            return Mul(tuple(map(_written_out, parts)))
        case Power(base, exponent):
            return Power(_written_out(base), _written_out(exponent))
        case Symbol():
            raise TooLarge("a variable without a value")
    return node
