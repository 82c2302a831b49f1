"""Numeric opinions on equality: values to 40 and to 120 digits at positive, negative, large and complex points.
The second time there are twice as many digits more as the values on the way are orders of magnitude from 1, so that
sqrt(2) + 10^-200 is not sqrt(2).

Variables are real; odd roots of negative numbers are real (the convention of schools); `log` without a base is judged
under base 10 and base e, and both must agree.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import mpmath

from verifiers.equality.exact import MAX_FACTORIAL, Opinion, TooLarge, Undefined, point, rational
from verifiers.math_text.tree import BINDERS, Add, Call, Constant, Expression, Mul, Number, Power, Symbol, symbols, walk

Value = Any  # an mpmath number: the library has no types

MP = mpmath.MPContext()
"""A context of our own: the library's has one precision for all threads of the process, and anybody may set it."""
_ALONE = threading.RLock()

MAX_NODES = 400
"""Largest pair of expressions that is evaluated at 120 digits inline (about 20 ms)."""
_POINTS = 8
_COMPLEX = -1
"""Index of the complex point."""
_WITHOUT_BRANCHES = frozenset({"sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "exp"})
_LOW, _HIGH = 40, 120
_SURE = 100
"""Digits below the smallest value in play at which two values that still agree are taken to be equal."""
_MAX_SPREAD = 3_000
_HUGE = 200
"""Bits of magnitude above which an argument of a function is refused: reducing it would need its own precision."""


@contextmanager
def digits(count: int) -> Iterator[None]:
    """Calculate with `count` decimal digits in `MP`, one thread at a time: precision is the context's, not the thread's."""
    with _ALONE, MP.workdps(count):
        yield


class _Place:
    """The values of the variables, and how far from 1 any value on the way was, in bits."""

    __slots__ = ("spread", "values")

    def __init__(self, values: dict[str, Value]) -> None:
        self.values = values
        self.spread = 0


def opinion(a: Expression, b: Expression, points: int = _POINTS, nodes: int = MAX_NODES) -> Opinion:
    """Compare values at `points` real points. Unsure where a side has no value or leaves the reals."""
    if sum(1 for _ in walk(a)) + sum(1 for _ in walk(b)) > nodes:
        return "unsure"
    names = sorted(symbols(a) | symbols(b))
    has_log = any(isinstance(part, Call) and part.name == "log" for side in (a, b) for part in walk(side))
    complex_ = any(part == Constant("i") for side in (a, b) for part in walk(side))
    bases = (10, None) if has_log else (None,)
    opinions = {_over_points(a, b, names, points if names else 1, base, complex_) for base in bases}
    result = opinions.pop() if len(opinions) == 1 else "unsure"
    if result == "equal" and names and not complex_ and _is_entire(a) and _is_entire(b):
        # What agrees on the reals agrees everywhere; if not, the evaluation is at fault.
        return "unsure" if _at_point(a, b, names, _COMPLEX, None, True) == "different" else "equal"
    return result


def _is_entire(node: Expression) -> bool:
    """Whether `node` is made of functions without branches: no roots, logarithms or absolute values."""
    return all(
        not (isinstance(part, Call) and part.name not in _WITHOUT_BRANCHES)
        and not (isinstance(part, Power) and not _is_whole(part.exponent))
        for part in walk(node)
    )


def _is_whole(exponent: Expression) -> bool:
    return isinstance(exponent, Number) and exponent.value.denominator == 1


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
    gap: Value = 0
    real, places = True, _LOW
    spread = 0
    for _ in range(2):
        with digits(places):
            place = _Place({name: _real(name, index) for name in names})
            left, right = (_value_or_none(side, place, base) for side in (a, b))
            if left is None or right is None:
                return None if left is right else "unsure"
            if MP.isinf(left) or MP.isinf(right):
                return "equal" if left == right else "different"
            if MP.isnan(left) or MP.isnan(right):
                return None
            real = complex_ or not names or (_is_real(left) and _is_real(right))
            gap = abs(left - right)
            if places == _LOW:
                # Digits that the largest and the smallest value on the way are away from 1.
                spread = int(place.spread * 0.30103) + 1
                if spread > _MAX_SPREAD:
                    return "unsure"
            places = _HIGH + 2 * spread
    with digits(_HIGH):
        # Rounding is below 10^-(120 + spread) here.
        result: Opinion = "equal" if gap <= MP.mpf(10) ** -(_SURE + spread) else "different"
    # Outside the reals two branches of a root or logarithm may differ where no answer key means them to.
    return result if real or result == "equal" else "unsure"


def _real(name: str, index: int) -> Value:
    """Return a value for a variable, another for every name: complex at `_COMPLEX`, else real, of either sign, large or small."""
    unit = MP.mpf(point(name, index + 1)) / (1 << 127)
    if index == _COMPLEX:
        return MP.mpc(unit * 2 - 3, unit + MP.mpf(1) / 3)
    # The sign pattern depends on the name too, so that two variables are not always of one sign.
    sign = -1 if index >= 2 and (point(name, index + 101) & 1 or index == 2) else 1
    return sign * (unit * 40 if index % 4 == 3 else unit * 2 + MP.mpf(1) / 7)


def _is_real(value: Value) -> bool:
    """Whether nothing on the way to `value` left the reals: mpmath keeps the complex type even where i*i = -1."""
    return not isinstance(value, MP.mpc)


def value(node: Expression) -> Value:
    """Return the value of an expression without variables, at the precision that is set. Raises what arithmetic does."""
    return _value(node, _Place({}), None)


def _value_or_none(node: Expression, place: _Place, base: int | None) -> Value | None:
    try:
        return _value(node, place, base)
    except (ZeroDivisionError, OverflowError):
        return None


def _value(node: Expression, place: _Place, base: int | None) -> Value:
    value = _computed(node, place, base)
    if value and MP.isfinite(value):
        place.spread = max(place.spread, abs(int(MP.mag(value))))
    return value


def _computed(node: Expression, place: _Place, base: int | None) -> Value:
    match node:
        case Number(value):
            return MP.mpf(value.numerator) / value.denominator
        case Symbol(name):
            return place.values[name]
        case Constant(name):
            return {"pi": +MP.pi, "e": +MP.e, "i": MP.mpc(0, 1), "inf": MP.inf}[name]
        case Add(terms):
            return MP.fsum([_value(term, place, base) for term in terms])
        case Mul(factors):
            return MP.fprod([_value(factor, place, base) for factor in factors])
        case Power(below, exponent):
            return _power(_value(below, place, base), exponent, place, base)
        case Call(name) if name in BINDERS:
            raise TooLarge(f"a {name} that stays symbolic")
        case Call(name, args):
            return _call(name, [_value(arg, place, base) for arg in args], base)
    raise TooLarge("not a number")


def _power(below: Value, exponent: Expression, place: _Place, base: int | None) -> Value:
    try:
        exact = rational(exponent)
    except (TooLarge, Undefined):
        return MP.power(below, _tame(_value(exponent, place, base)))
    if exact.denominator == 1:
        if abs(exact) > 1 << 64:
            raise TooLarge("a power too large")
        return MP.power(below, exact.numerator)
    if exact.denominator % 2 and MP.im(below) == 0 and MP.re(below) < 0:
        sign = -1 if exact.numerator % 2 else 1
        return sign * MP.power(-below, MP.mpf(exact.numerator) / exact.denominator)
    return MP.power(below, MP.mpf(exact.numerator) / exact.denominator)


def _tame(value: Value) -> Value:
    if value != 0 and not MP.isinf(value) and MP.mag(value) > _HUGE:
        raise TooLarge("an argument too large")
    return value


_CALLS = {
    "sin": MP.sin, "cos": MP.cos, "tan": MP.tan, "cot": MP.cot, "sec": MP.sec, "csc": MP.csc,
    "arcsin": MP.asin, "arccos": MP.acos, "arctan": MP.atan, "sinh": MP.sinh, "cosh": MP.cosh,
    "tanh": MP.tanh, "exp": MP.exp, "sqrt": MP.sqrt, "abs": abs, "floor": MP.floor, "ceil": MP.ceil,
}  # fmt: skip


def _call(name: str, args: list[Value], base: int | None) -> Value:
    first = _tame(args[0])
    if name in ("ln", "log"):
        return MP.log(first) / (MP.log(base) if name == "log" and base else 1)
    if name == "root":
        degree = args[1]
        if first < 0 and degree % 2 == 1:
            return -MP.root(-first, int(degree))
        return MP.power(first, 1 / degree)
    if name == "factorial" and abs(first) < MAX_FACTORIAL:
        return MP.factorial(first)
    if name == "binomial" and all(abs(arg) < MAX_FACTORIAL for arg in args):
        return MP.binomial(*args)
    if name in ("min", "max"):
        return (min if name == "min" else max)(args)
    if name not in _CALLS:
        raise TooLarge(f"{name} has no value here")
    return _CALLS[name](first)
