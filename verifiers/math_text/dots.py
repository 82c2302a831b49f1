r"""Sums and products with dots between their terms: `1 + 2 + \cdots + n`, `1 \cdot 2 \cdots n`, `1 + \frac12 + \cdots`.

Only patterns with one reading are summed: arithmetic and geometric progressions of numbers, powers of 1, 2, 3, ..; the
rest is refused.
"""

from fractions import Fraction
from itertools import pairwise

from verifiers.math_text.tokens import Unreadable
from verifiers.math_text.tree import Add, Call, Expression, Mul, Number, Power, inverse, symbols, walk

DOT_COMMANDS = frozenset({"\\ldots", "\\dots", "\\cdots", "\\dotsc", "\\dotsb", "\\dotsm"})
_ONE = Number(Fraction(1))


def sum_with_dots(heads: list[Expression], last: Expression | None) -> Expression:
    """Return the sum of the terms that `heads` begin and `last` ends; without a last term it goes on for ever."""
    found = _powers(heads, last) if last is not None else None
    if found is not None:
        return found
    values = [_number(head) for head in heads]
    if len(values) < 2:
        raise Unreadable("dots after one term")
    gaps = {after - before for before, after in pairwise(values)}
    if last is not None and len(gaps) == 1 and not _grows_by_powers(last) and _fits(values, gaps, last):
        gap = gaps.pop()
        count = Add((Mul((Add((last, Number(-values[0]))), Number(1 / gap))), _ONE))
        return Mul((Number(Fraction(1, 2)), count, Add((Number(values[0]), last))))
    ratio = _ratio(values)
    if last is not None:
        return Mul((Add((Mul((last, Number(ratio))), Number(-values[0]))), inverse(Number(ratio - 1))))
    if abs(ratio) >= 1:
        raise Unreadable("a sum that does not converge")
    return Number(values[0] / (1 - ratio))


def product_with_dots(heads: list[Expression], last: Expression) -> Expression:
    """Return `1 2 3 .. n` as n!."""
    if len(heads) < 2 or [_number(head) for head in heads] != list(range(1, len(heads) + 1)):
        raise Unreadable("a product with dots that is no factorial")
    return Call("factorial", (last,))


def _number(node: Expression) -> Fraction:
    """Return the value of a plain number or fraction."""
    match node:
        case Number(value):
            return value
        case Mul((Number(top), Power(Number(bottom), Number(exponent)))) if exponent == -1 and bottom:
            return top / bottom
        case Power(Number(base), Number(exponent)) if exponent.denominator == 1 and abs(exponent) <= 20 and base:
            return base**exponent.numerator
    raise Unreadable("dots between terms that are no numbers")


def _fits(values: list[Fraction], gaps: set[Fraction], last: Expression) -> bool:
    """Whether a last term that is a number lies on the progression."""
    gap = next(iter(gaps))
    if gap == 0:
        return False
    if not isinstance(last, Number):
        return True
    steps = (last.value - values[0]) / gap
    return steps.denominator == 1 and steps >= len(values)


def _ratio(values: list[Fraction]) -> Fraction:
    if len(values) < 3 or 0 in values:
        raise Unreadable("dots after too few terms")
    ratios = {after / before for before, after in pairwise(values)}
    ratio = ratios.pop()
    if ratios or ratio == 1:
        raise Unreadable("dots in a sequence of unknown law")
    return ratio


def _grows_by_powers(last: Expression) -> bool:
    """Whether the last term has a variable in an exponent: then the terms double, `1 + 2 + .. + 2^n`."""
    return any(isinstance(part, Power) and symbols(part.exponent) for part in walk(last))


def _powers(heads: list[Expression], last: Expression | None) -> Expression | None:
    """Return 1^p + 2^p + .. + n^p for p = 2, 3, as it is written; None where it is something else."""
    match last:
        case Power(n, Number(exponent)) if exponent in (2, 3):
            pass
        case _:
            return None
    for index, head in enumerate(heads, 1):
        if head != Power(Number(Fraction(index)), Number(exponent)) and not (index == 1 and head == _ONE):
            return None
    if len(heads) < 2:
        return None
    after = Add((n, _ONE))
    if exponent == 3:
        return Mul((Number(Fraction(1, 4)), Power(n, Number(Fraction(2))), Power(after, Number(Fraction(2)))))
    return Mul((Number(Fraction(1, 6)), n, after, Add((n, n, _ONE))))
