"""Equations in one unknown as polynomials, exactly: what solves those of the first degree, and which cannot be meant."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import zip_longest

from verifiers.equality.exact import TooLarge, Undefined, rational
from verifiers.math_text.tree import Add, Call, Expression, Mul, Number, Power, Symbol, children, symbols, walk
from verifiers.steps.reading import MAX_BITS

Polynomial = list[Fraction]
"""Coefficients, the one of the lowest power first; no zero at the end."""

MAX_DEGREE = 6


def polynomial(node: Expression, name: str) -> Polynomial | None:
    """Return `node` as a polynomial in `name`; None where it is none, has other letters or is over a budget."""
    match node:
        case Number(value):
            return _trimmed([value])
        case Symbol(own):
            return [Fraction(0), Fraction(1)] if own == name else None
        case Add(terms):
            total: Polynomial = []
            for term in terms:
                one = polynomial(term, name)
                if one is None:
                    return None
                total = [a + b for a, b in zip_longest(total, one, fillvalue=Fraction(0))]
            return _trimmed(total)
        case Mul(factors):
            return _product([polynomial(factor, name) for factor in factors])
        case Power(base, Number(exponent)) if not isinstance(base, Number):
            if exponent not in range(MAX_DEGREE + 1):
                return _constant(node)
            return _product([polynomial(base, name)] * int(exponent))
    return _constant(node)


def _constant(node: Expression) -> Polynomial | None:
    try:
        return _trimmed([rational(node)])
    except (TooLarge, Undefined):
        return None


def _product(factors: Sequence[Polynomial | None]) -> Polynomial | None:
    product: Polynomial | None = [Fraction(1)]
    for factor in factors:
        if factor is None or product is None or len(product) + len(factor) > MAX_DEGREE + 2:
            return None
        made = [Fraction(0)] * (len(product) + len(factor))
        for i, a in enumerate(product):
            for j, b in enumerate(factor):
                made[i + j] += a * b
        product = _trimmed(made)
    return product


def _trimmed(made: Polynomial) -> Polynomial | None:
    while made and not made[-1]:
        made.pop()
    bits = (part.numerator.bit_length() + part.denominator.bit_length() for part in made)
    return made if max(bits, default=0) <= MAX_BITS else None


def _gap(left: Expression, right: Expression, name: str) -> tuple[Polynomial, Polynomial, Polynomial] | None:
    """Return both sides and their difference as polynomials; None where one is none."""
    one, other = polynomial(left, name), polynomial(right, name)
    if one is None or other is None:
        return None
    gap = _trimmed([a - b for a, b in zip_longest(one, other, fillvalue=Fraction(0))])
    return None if gap is None else (one, other, gap)


def solution(left: Expression, right: Expression, name: str) -> Fraction | None:
    """Return the value of `name` that solves `left = right` where that is linear; else None."""
    found = _gap(left, right, name)
    if found is None or len(found[2]) != 2:
        return None
    start, slope = found[2]
    return -start / slope


def never(left: Expression, right: Expression, name: str) -> bool:
    """Whether no value can be meant: the sides differ by a constant, or are two multiples of `name`.

    `2(x+7) = 2x + 17`, `0x = 8`, `2 * 3x = 5x`.
    """
    found = _gap(left, right, name)
    if found is None:
        return False
    one, other, gap = found
    if len(gap) == 1:
        return True
    if (
        len(gap) != 2
        or gap[0]
        or max(len(one), len(other)) > 2
        or not (name in symbols(left) and name in symbols(right))
    ):
        return False
    return not any(one[:1])


def bent(node: Expression) -> frozenset[str]:
    """Return the names that `node` has in a power, a denominator, a function or a product with another name."""
    found: set[str] = set()
    for part in walk(node):
        if isinstance(part, Power | Call):
            found |= symbols(part)
        elif isinstance(part, Mul):
            named = [symbols(factor) for factor in children(part)]
            if sum(map(bool, named)) > 1:
                found.update(*named)
    return frozenset(found)
