"""Numeric opinions on equality: values to 40 and to 120 digits at positive, negative and large real points.

Variables are real; odd roots of negative numbers are real (the convention of schools); `log` without a base is judged
under base 10 and base e, and both must agree.
"""

from typing import Any

import mpmath

from verifiers.exact import MAX_FACTORIAL, Opinion, TooLarge, Undefined, point, rational
from verifiers.math_text.tree import Add, Call, Constant, Expression, Mul, Number, Power, Symbol, symbols, walk

Value = Any  # an mpmath number: the library has no types

MAX_NODES = 400
"""Largest pair of expressions that is evaluated at 120 digits inline (about 20 ms)."""
_POINTS = 8
_LOW, _HIGH = 40, 120
_HUGE = 200
"""Bits of magnitude above which an argument of a function is refused: reducing it would need its own precision."""


def opinion(a: Expression, b: Expression, points: int = _POINTS, nodes: int = MAX_NODES) -> Opinion:
    """Compare values at `points` real points. Unsure where a side has no value or leaves the reals."""
    if sum(1 for _ in walk(a)) + sum(1 for _ in walk(b)) > nodes:
        return "unsure"
    names = sorted(symbols(a) | symbols(b))
    has_log = any(isinstance(part, Call) and part.name == "log" for side in (a, b) for part in walk(side))
    complex_ = any(part == Constant("i") for side in (a, b) for part in walk(side))
    bases = (10, None) if has_log else (None,)
    opinions = {_over_points(a, b, names, points if names else 1, base, complex_) for base in bases}
    return opinions.pop() if len(opinions) == 1 else "unsure"


def _over_points(
    a: Expression, b: Expression, names: list[str], points: int, base: int | None, complex_: bool
) -> Opinion:
    agreed, doubt = 0, False
    for index in range(points):
        result = _at_point(a, b, names, index, base, complex_)
        if result == "different":
            return result
        agreed += result == "equal"
        doubt = doubt or result == "unsure"
    return "equal" if not doubt and agreed >= min(4, points) else "unsure"


def _at_point(
    a: Expression, b: Expression, names: list[str], index: int, base: int | None, complex_: bool
) -> Opinion | None:
    """Compare at one point at two precisions; None where neither side has a value there."""
    gaps: list[Value] = []
    scale: Value = 0
    real = True
    for digits in (_LOW, _HIGH):
        with mpmath.workdps(digits):
            place = {name: _real(name, index) for name in names}
            left, right = (_value_or_none(side, place, base) for side in (a, b))
            if left is None or right is None:
                return None if left is right else "unsure"
            if mpmath.isinf(left) or mpmath.isinf(right):
                return "equal" if left == right else "different"
            if mpmath.isnan(left) or mpmath.isnan(right):
                return None
            real = complex_ or not names or (_is_real(left) and _is_real(right))
            gaps.append(abs(left - right))
            scale = max(abs(left), abs(right))
    with mpmath.workdps(_HIGH):
        result = _judge(gaps[0], gaps[1], scale)
    # Outside the reals two branches of a root or logarithm may differ where no answer key means them to.
    return result if real or result == "equal" else "unsure"


def _judge(low: Value, high: Value, scale: Value) -> Opinion:
    """A difference that shrinks with precision is rounding; one that stays is real."""
    if high == 0 or high <= scale * mpmath.mpf(10) ** -100 or (low > 0 and high <= low * mpmath.mpf(10) ** -40):
        return "equal"
    if low > 0 and abs(low - high) <= high / 100:
        return "different"
    return "unsure"


def _real(name: str, index: int) -> Value:
    """Return a real value: positive, negative, large and small ones, different for every name."""
    unit = mpmath.mpf(point(name, index + 1)) / (1 << 127)
    # The sign pattern depends on the name too, so that two variables are not always of one sign.
    sign = -1 if index >= 2 and (point(name, index + 101) & 1 or index == 2) else 1
    return sign * (unit * 40 if index % 4 == 3 else unit * 2 + mpmath.mpf(1) / 7)


def _is_real(value: Value) -> bool:
    """Whether nothing on the way to `value` left the reals: mpmath keeps the complex type even where i*i = -1."""
    return not isinstance(value, mpmath.mpc)


def _value_or_none(node: Expression, place: dict[str, Value], base: int | None) -> Value | None:
    try:
        return _value(node, place, base)
    except (ZeroDivisionError, OverflowError):
        return None


def _value(node: Expression, place: dict[str, Value], base: int | None) -> Value:
    match node:
        case Number(value):
            return mpmath.mpf(value.numerator) / value.denominator
        case Symbol(name):
            return place[name]
        case Constant(name):
            return {"pi": +mpmath.pi, "e": +mpmath.e, "i": mpmath.mpc(0, 1), "inf": mpmath.inf}[name]
        case Add(terms):
            return mpmath.fsum([_value(term, place, base) for term in terms])
        case Mul(factors):
            return mpmath.fprod([_value(factor, place, base) for factor in factors])
        case Power(below, exponent):
            return _power(_value(below, place, base), exponent, place, base)
        case Call(name, args):
            return _call(name, [_value(arg, place, base) for arg in args], base)
    raise TooLarge("not a number")


def _power(below: Value, exponent: Expression, place: dict[str, Value], base: int | None) -> Value:
    try:
        exact = rational(exponent)
    except (TooLarge, Undefined):
        return mpmath.power(below, _tame(_value(exponent, place, base)))
    if exact.denominator == 1:
        if abs(exact) > 1 << 64:
            raise TooLarge("a power too large")
        return mpmath.power(below, exact.numerator)
    if exact.denominator % 2 and mpmath.im(below) == 0 and mpmath.re(below) < 0:
        sign = -1 if exact.numerator % 2 else 1
        return sign * mpmath.power(-below, mpmath.mpf(exact.numerator) / exact.denominator)
    return mpmath.power(below, mpmath.mpf(exact.numerator) / exact.denominator)


def _tame(value: Value) -> Value:
    if value != 0 and not mpmath.isinf(value) and mpmath.mag(value) > _HUGE:
        raise TooLarge("an argument too large")
    return value


_CALLS = {
    "sin": mpmath.sin, "cos": mpmath.cos, "tan": mpmath.tan, "cot": mpmath.cot, "sec": mpmath.sec, "csc": mpmath.csc,
    "arcsin": mpmath.asin, "arccos": mpmath.acos, "arctan": mpmath.atan, "sinh": mpmath.sinh, "cosh": mpmath.cosh,
    "tanh": mpmath.tanh, "exp": mpmath.exp, "sqrt": mpmath.sqrt, "abs": abs, "floor": mpmath.floor, "ceil": mpmath.ceil,
}  # fmt: skip


def _call(name: str, args: list[Value], base: int | None) -> Value:
    first = _tame(args[0])
    if name in ("ln", "log"):
        return mpmath.log(first) / (mpmath.log(base) if name == "log" and base else 1)
    if name == "root":
        degree = args[1]
        if first < 0 and degree % 2 == 1:
            return -mpmath.root(-first, int(degree))
        return mpmath.power(first, 1 / degree)
    if name == "factorial" and abs(first) < MAX_FACTORIAL:
        return mpmath.factorial(first)
    if name == "binomial" and all(abs(arg) < MAX_FACTORIAL for arg in args):
        return mpmath.binomial(*args)
    if name in ("min", "max"):
        return (min if name == "min" else max)(args)
    if name not in _CALLS:
        raise TooLarge(f"{name} has no value here")
    return _CALLS[name](first)
