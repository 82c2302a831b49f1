"""A second oracle for what exact arithmetic said: values in double precision, complex points too, each with a bound on its
error. Independent of `exact.py`: no residues, no rationals, other points. About a microsecond per node.
"""

import math
from typing import Literal, NamedTuple

from verifiers.exact import TooLarge, point
from verifiers.math_text.tree import Add, Call, Constant, Expression, Mul, Number, Power, Symbol, symbols

Look = Literal["apart", "close", "blind"]

_EPSILON = 2.0**-50
"""Four times the error of one rounding."""
_MARGIN = 16
_POINTS = 2
_MAX_POWER = 1_000


class _Bounded(NamedTuple):
    value: complex
    error: float


_CONSTANTS = {"i": _Bounded(1j, 0.0), "pi": _Bounded(math.pi, _EPSILON), "e": _Bounded(math.e, _EPSILON)}


def look(a: Expression, b: Expression) -> Look:
    """Say whether two expressions are certainly apart at a point, within rounding at all, or cannot be evaluated."""
    try:
        for index in range(_POINTS):
            left, right = _value(a, index), _value(b, index)
            if abs(left.value - right.value) > _MARGIN * (left.error + right.error):
                return "apart"
    except (ArithmeticError, ValueError):
        return "blind"
    return "close"


def _value(node: Expression, index: int) -> _Bounded:
    match node:
        case Number(exact):
            number = float(exact)
            return _Bounded(number, _EPSILON * abs(number))
        case Symbol(name):
            # A negative and a complex point.
            unit = point(name, index + 1_000) / 2.0**127
            return _Bounded(-1 - 3 * unit if index == 0 else complex(unit - 2, 1 + unit), 0.0)
        case Constant(name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case Call("sqrt", (arg,)) if not symbols(arg):
            value, error = _value(arg, index)
            if isinstance(value, complex) or value <= 8 * error:
                raise TooLarge("a root that has branches")
            root = value**0.5
            return _Bounded(root, error / root + _EPSILON * root)
        case Add(terms):
            parts = [_value(term, index) for term in terms]
            total = sum(part.value for part in parts)
            return _Bounded(
                total, sum(part.error for part in parts) + _EPSILON * sum(abs(part.value) for part in parts)
            )
        case Mul(factors):
            product: complex = 1.0
            relative = 0.0
            for factor in factors:
                value, error = _value(factor, index)
                if value == 0:
                    return _Bounded(0, error * abs(product))
                product, relative = product * value, relative + error / abs(value) + _EPSILON
            return _Bounded(product, relative * abs(product))
        case Power(base, Number(exponent)) if exponent.denominator == 1 and abs(exponent) <= _MAX_POWER:
            value, error = _value(base, index)
            if abs(value) <= 8 * error:
                raise ZeroDivisionError
            power: complex = value ** int(exponent)
            return _Bounded(power, abs(power) * abs(int(exponent)) * (error / abs(value) + _EPSILON))
    raise TooLarge("not for doubles")
