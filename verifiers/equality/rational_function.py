"""One expression in one real variable as a quotient of polynomials with rational coefficients, and its real zeros."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product as combinations
from math import gcd, isqrt, lcm

from verifiers.equality.exact import TooLarge, Undefined, rational
from verifiers.math_text.tree import BOUND, Add, Call, Expression, Mul, Number, Power, Symbol, negated, symbols, walk

Polynomial = list[Fraction]
"""Coefficients, constant first, without zeros at the end; [] is zero."""

MAX_DEGREE = 24
_MAX_ABSOLUTES = 4
_MAX_DIVISORS = 4_000


def quotient(node: Expression, name: str) -> tuple[Polynomial, Polynomial]:
    """Return numerator and denominator. Raises TooLarge where `node` is none or over the degree, Undefined for 1/0."""
    match node:
        case Symbol(other) if other == name:
            return [Fraction(0), Fraction(1)], [Fraction(1)]
        case Add(terms):
            top, bottom = quotient(terms[0], name)
            for term in terms[1:]:
                above, below = quotient(term, name)
                if below == bottom:
                    top = add(top, above)
                else:
                    top, bottom = add(multiply(top, below), multiply(above, bottom)), multiply(bottom, below)
            return top, bottom
        case Mul(factors):
            top, bottom = [Fraction(1)], [Fraction(1)]
            for factor in factors:
                above, below = quotient(factor, name)
                top, bottom = multiply(top, above), multiply(bottom, below)
            return top, bottom
        case Power(base, exponent) if Symbol(name) in walk(base) and not symbols(exponent):
            power = rational(exponent)
            if power.denominator != 1 or abs(power) > MAX_DEGREE:
                raise TooLarge("not a rational function")
            above, below = quotient(base, name)
            if power < 0:
                above, below = below, above
            top, bottom = [Fraction(1)], [Fraction(1)]
            for _ in range(abs(power.numerator)):
                top, bottom = multiply(top, above), multiply(bottom, below)
            if not bottom:
                raise Undefined("division by zero")
            return top, bottom
    value = rational(node)
    return trimmed([value]), [Fraction(1)]


def trimmed(poly: Polynomial) -> Polynomial:
    """Drop zeros of the highest degree, in place."""
    while poly and poly[-1] == 0:
        poly.pop()
    return poly


def add(a: Polynomial, b: Polynomial) -> Polynomial:
    """Return the sum."""
    if len(a) < len(b):
        a, b = b, a
    return trimmed([value + (b[index] if index < len(b) else 0) for index, value in enumerate(a)])


def multiply(a: Polynomial, b: Polynomial) -> Polynomial:
    """Return the product. Raises TooLarge over the degree."""
    if len(a) + len(b) > MAX_DEGREE + 2:
        raise TooLarge("a polynomial of high degree")
    result = [Fraction(0)] * max(0, len(a) + len(b) - 1)
    for i, left in enumerate(a):
        for j, right in enumerate(b):
            result[i + j] += left * right
    return trimmed(result)


def value_at(poly: Polynomial, x: Fraction) -> Fraction:
    """Return the value at x."""
    total = Fraction(0)
    for coefficient in reversed(poly):
        total = total * x + coefficient
    return total


def remainder(a: Polynomial, b: Polynomial) -> tuple[Polynomial, Polynomial]:
    """Return quotient and remainder of a division by a polynomial that is not zero."""
    rest, result = list(a), [Fraction(0)] * max(0, len(a) - len(b) + 1)
    while len(rest) >= len(b):
        factor = rest[-1] / b[-1]
        shift = len(rest) - len(b)
        result[shift] = factor
        for index, coefficient in enumerate(b):
            rest[shift + index] -= factor * coefficient
        rest.pop()
        trimmed(rest)
    return trimmed(result), rest


def real_roots(poly: Polynomial) -> list[Expression] | None:
    """Return every distinct real root in closed form, in no order; None where a factor of degree above 2 has one."""
    if not poly:
        return None
    roots: list[Expression] = []
    for root in _rational_roots(poly):
        roots.append(Number(root))
        while len(poly) > 1 and value_at(poly, root) == 0:
            poly, _ = remainder(poly, [-root, Fraction(1)])
    if len(poly) == 3:
        c, b, a = poly
        inside = b * b - 4 * a * c
        if inside > 0:
            # Not rational, or it had been found.
            root_of = Call("sqrt", (Number(inside),))
            roots += [Mul((Number(1 / (2 * a)), Add((Number(-b), sign)))) for sign in (root_of, negated(root_of))]
        return roots
    return None if len(poly) > 3 and count_real_roots(poly) else roots


def _rational_roots(poly: Polynomial) -> list[Fraction]:
    scale = lcm(*(value.denominator for value in poly))
    whole = [int(value * scale) for value in poly]
    roots: list[Fraction] = []
    if whole[0] == 0:
        roots.append(Fraction(0))
        while whole[0] == 0:
            whole.pop(0)
    if len(whole) == 2:
        return [*roots, Fraction(-whole[0], whole[1])]
    if len(whole) == 3:
        c, b, a = whole
        inside = b * b - 4 * a * c
        if inside >= 0 and isqrt(inside) ** 2 == inside:
            found = {Fraction(-b + sign * isqrt(inside), 2 * a) for sign in (1, -1)}
            roots += sorted(found)
        return roots
    if len(whole) < 2:
        return roots
    shared = gcd(*whole)
    tops, bottoms = _divisors(abs(whole[0]) // shared), _divisors(abs(whole[-1]) // shared)
    if len(tops) * len(bottoms) > _MAX_DIVISORS:
        return roots
    tried = {Fraction(sign * top, bottom) for top in tops for bottom in bottoms for sign in (1, -1)}
    return roots + sorted(x for x in tried if value_at(poly, x) == 0)


def _divisors(value: int) -> list[int]:
    if value > 10**8:
        return []
    return [d for d in range(1, isqrt(value) + 1) if value % d == 0] + [
        value // d for d in range(1, isqrt(value) + 1) if value % d == 0 and d * d != value
    ]


def count_real_roots(poly: Polynomial) -> int:
    """Return how many distinct real roots there are, by Sturm's theorem."""
    if len(poly) < 2:
        return 0
    chain = [poly, trimmed([index * value for index, value in enumerate(poly)][1:])]
    while chain[-1] and len(chain[-1]) > 1:
        _, rest = remainder(chain[-2], chain[-1])
        chain.append([-value for value in rest])
    signs = [(step[-1], step[-1] * (-1) ** (len(step) - 1)) for step in chain if step]
    return _changes([low for _, low in signs]) - _changes([high for high, _ in signs])


def _changes(values: list[Fraction]) -> int:
    return sum((left < 0) != (right < 0) for left, right in zip(values, values[1:], strict=False))


def turning_points(node: Expression, name: str) -> list[Expression]:
    """Return points between which `node` keeps its sign: zeros, poles and kinks. Raises TooLarge where they are unknown."""
    absolutes = list(dict.fromkeys(part for part in walk(node) if isinstance(part, Call) and part.name == "abs"))
    if len(absolutes) > _MAX_ABSOLUTES:
        raise TooLarge("too many absolute values")
    points: list[Expression] = []
    for branch in _branches(node, absolutes):
        for poly in quotient(branch, name):
            if not poly:
                continue
            roots = real_roots(poly)
            if roots is None:
                raise TooLarge("roots without closed form")
            points += roots
    for part in absolutes:
        points += turning_points(part.args[0], name)
    return points


def _branches(node: Expression, absolutes: list[Call]) -> Iterator[Expression]:
    """Yield `node` with every choice of signs for its absolute values."""
    for signs in combinations((1, -1), repeat=len(absolutes)):
        yield _with_signs(node, dict(zip(absolutes, signs, strict=True)))


def _with_signs(node: Expression, signs: dict[Call, int]) -> Expression:
    match node:
        case Call("abs", (arg,)) if node in signs:
            inner = _with_signs(arg, signs)
            return inner if signs[node] > 0 else negated(inner)
        case Add(parts):
            return Add(tuple(_with_signs(part, signs) for part in parts))
        case Mul(parts):
            return Mul(tuple(_with_signs(part, signs) for part in parts))
        case Power(base, exponent):
            return Power(_with_signs(base, signs), exponent)
    return node


def integrated(node: Expression) -> Expression:
    """Return `node` with definite integrals of polynomials worked out; the rest of it as it is."""
    match node:
        case Call("integral", (body, low, high)):
            try:
                top, bottom = quotient(body, BOUND)
            except ArithmeticError:
                return node
            if len(bottom) != 1:
                return node
            terms = [
                Mul((Number(sign * value / bottom[0] / (power + 1)), Power(bound, Number(Fraction(power + 1)))))
                for power, value in enumerate(top)
                for sign, bound in ((1, high), (-1, low))
            ]
            return Add(tuple(terms)) if terms else Number(Fraction(0))
        case Call(name, args):
            return Call(name, tuple(integrated(arg) for arg in args))
        case Add(parts):
            return Add(tuple(integrated(part) for part in parts))
        case Mul(parts):
            return Mul(tuple(integrated(part) for part in parts))
        case Power(base, exponent):
            return Power(integrated(base), integrated(exponent))
    return node
