"""A second oracle for what exact arithmetic said: values in double precision, complex points too, each with a bound on its
error. Independent of `exact.py`: no residues, no rationals, other points. About a microsecond per node.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from verifiers.equality.exact import TooLarge, point
from verifiers.math_text.tree import Add, Call, Constant, Expression, Mul, Number, Power, Symbol, symbols

Look = Literal["apart", "close", "blind"]

_EPSILON = 2.0**-50
"""Four times the error of one rounding."""
_MARGIN = 16
_POINTS = 2
_MAX_POWER = 1_000


_Bounded = tuple[complex, float]
"""A value and a bound on its error."""

_CONSTANTS: dict[str, _Bounded] = {"i": (1j, 0.0), "pi": (math.pi, _EPSILON), "e": (math.e, _EPSILON)}


def look(a: Expression, b: Expression) -> Look:
    """Say whether two expressions are certainly apart at a point, within rounding at all, or cannot be evaluated."""
    try:
        for index in range(_POINTS):
            left, error = _value(a, index)
            right, other_error = _value(b, index)
            if abs(left - right) > _MARGIN * (error + other_error):
                return "apart"
    except (ArithmeticError, ValueError):
        return "blind"
    return "close"


def _value(node: Expression, index: int) -> _Bounded:
    of_kind = _VALUES.get(type(node))
    if of_kind is None:
        raise TooLarge("not for doubles")
    return of_kind(node, index)


def _number(node: Number, index: int) -> _Bounded:
    number = node.value.numerator / node.value.denominator
    return number, _EPSILON * abs(number)


@lru_cache(maxsize=4096)
def _place(name: str, index: int) -> complex:
    """Return the value of a variable: at a negative and at a complex point."""
    unit = point(name, index + 1_000) / 2.0**127
    return -1 - 3 * unit if index == 0 else complex(unit - 2, 1 + unit)


def _symbol(node: Symbol, index: int) -> _Bounded:
    return _place(node.name, index), 0.0


def _constant(node: Constant, index: int) -> _Bounded:
    if node.name not in _CONSTANTS:
        raise TooLarge("not for doubles")
    return _CONSTANTS[node.name]


def _call(node: Call, index: int) -> _Bounded:
    if node.name != "sqrt" or symbols(node):
        raise TooLarge("not for doubles")
    value, error = _value(node.args[0], index)
    if isinstance(value, complex) or value <= 8 * error:
        raise TooLarge("a root that has branches")
    root = value**0.5
    return root, error / root + _EPSILON * root


def _sum(node: Add, index: int) -> _Bounded:
    total: complex = 0.0
    bound = 0.0
    for term in node.terms:
        value, error = _value(term, index)
        total += value
        bound += error + _EPSILON * abs(value)
    return total, bound


def _product(node: Mul, index: int) -> _Bounded:
    product: complex = 1.0
    relative = 0.0
    for factor in node.factors:
        value, error = _value(factor, index)
        if value == 0:
            return 0.0, error * abs(product)
        product *= value
        relative += error / abs(value) + _EPSILON
    return product, relative * abs(product)


def _power(node: Power, index: int) -> _Bounded:
    exponent = node.exponent
    if not isinstance(exponent, Number) or exponent.value.denominator != 1 or abs(exponent.value) > _MAX_POWER:
        raise TooLarge("not for doubles")
    whole = exponent.value.numerator
    value, error = _value(node.base, index)
    size = abs(value)
    if size <= 8 * error:
        raise ZeroDivisionError
    power: complex = value**whole
    return power, abs(power) * abs(whole) * (error / size + _EPSILON)


_VALUES: dict[type, Callable[..., _Bounded]] = {
    Number: _number, Symbol: _symbol, Constant: _constant, Call: _call, Add: _sum, Mul: _product, Power: _power,
}  # fmt: skip
