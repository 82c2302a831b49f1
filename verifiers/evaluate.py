"""Is one expression equal to another? By exact arithmetic where that decides, by values at many points where it does
not.

Three opinions, cheapest first, all deterministic:

1. `rational`: exact, for numbers. Certain.
2. `residues`: values modulo two large primes at fixed points that depend on the variable's name. Covers everything
   made of + - * / and whole powers, of any size. A difference is certain; equality errs with probability below
   2^-100.
3. `by_values`: 40 and 120 significant digits at positive, negative and large real points.

Variables are real; odd roots of negative numbers are real (the convention of schools); `log` without a base is judged
under base 10 and base e, and both must agree.
"""

import hashlib
from fractions import Fraction
from functools import lru_cache
from math import comb, factorial, isqrt
from typing import Any, Literal

import mpmath

from verifiers.tree import Add, Call, Constant, Expression, Mul, Number, Power, Symbol, symbols, walk

Opinion = Literal["equal", "different", "unsure"]

MAX_BITS = 1 << 17
"""Longest integer that exact arithmetic makes; 2^100000 is within, 9^(9^9) is not."""
MAX_FACTORIAL = 3_000
MAX_NODES = 400
"""Largest pair of expressions that is evaluated at 120 digits inline (about 20 ms)."""
_MODULI = ((1 << 127) - 1, (1 << 89) - 1)
_POINTS = 8
_LOW, _HIGH = 40, 120
_HUGE = 200
"""Bits of magnitude above which an argument of a function is refused: reducing it would need its own precision."""


_FAILURES = (ArithmeticError, ValueError, TypeError, NotImplementedError, MemoryError, RecursionError)
"""What arithmetic raises where it has no answer; mpmath uses most of them."""


class Undefined(ArithmeticError):
    """The expression has no value, such as 1/0."""


class TooLarge(ArithmeticError):
    """Over a budget, or outside what the method covers."""


def opinion(a: Expression, b: Expression) -> Opinion:
    """Say whether two expressions are equal for all values of their variables. Never raises."""
    if a == b:
        return "equal"
    try:
        exact = _exactly(a, b)
        if exact != "unsure":
            return exact
        return by_values(a, b)
    except _FAILURES:
        return "unsure"


def opinion_at(a: Expression, b: Expression, points: int) -> Opinion:
    """Say `different` where two expressions differ at the first `points` points, else `unsure`. Never raises."""
    try:
        return "different" if by_values(a, b, points, nodes=4 * MAX_NODES) == "different" else "unsure"
    except _FAILURES:
        return "unsure"


def _exactly(a: Expression, b: Expression) -> Opinion:
    try:
        left, right = _defined(a), _defined(b)
        if left is None or right is None:
            # Two expressions without a value are not thereby the same.
            return "unsure" if left is right else "different"
        return "equal" if left == right else "different"
    except TooLarge:
        pass
    try:
        pairs = [(residue(a, modulus), residue(b, modulus)) for modulus in _MODULI]
    except (TooLarge, Undefined):
        return "unsure"
    return "equal" if all(left == right for left, right in pairs) else "different"


def _defined(node: Expression) -> Fraction | None:
    try:
        return rational(node)
    except Undefined:
        return None


@lru_cache(maxsize=4096)
def rational(node: Expression) -> Fraction:
    """Return the exact value. Raises TooLarge where it is irrational or over the budget, Undefined for 1/0."""
    match node:
        case Number(value):
            return value
        case Add(terms):
            return _within(sum((rational(term) for term in terms), Fraction(0)))
        case Mul(factors):
            product = Fraction(1)
            for factor in factors:
                product = _within(product * rational(factor))
            return product
        case Power(base, exponent):
            return _rational_power(rational(base), rational(exponent))
        case Call(name, args):
            return _rational_call(name, [rational(arg) for arg in args])
    raise TooLarge("not rational")


def _within(value: Fraction) -> Fraction:
    if value.numerator.bit_length() + value.denominator.bit_length() > MAX_BITS:
        raise TooLarge("too many digits")
    return value


def _rational_power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        root = _exact_root(base, exponent.denominator)
        return _rational_power(root, Fraction(exponent.numerator))
    power = exponent.numerator
    if base == 0 and power <= 0:
        raise Undefined("zero to a power that is not positive") if power < 0 else TooLarge("0^0")
    if base in (0, 1, -1):
        return base if base != -1 or power % 2 else Fraction(1)
    if abs(power) > MAX_BITS or abs(power) * (base.numerator.bit_length() + base.denominator.bit_length()) > MAX_BITS:
        raise TooLarge("a power of too many digits")
    return base**power


def _exact_root(value: Fraction, degree: int) -> Fraction:
    """Return the real root where it is rational. Raises TooLarge where it is not."""
    if value < 0:
        if degree % 2 == 0:
            raise TooLarge("an even root of a negative number")
        return -_exact_root(-value, degree)
    if not 0 < degree <= 64:
        raise TooLarge("a root of high degree")
    parts = [_integer_root(part, degree) for part in (value.numerator, value.denominator)]
    return Fraction(parts[0], parts[1])


def _integer_root(value: int, degree: int) -> int:
    if degree == 2:
        root = isqrt(value)
    else:
        low, high = 0, 1 << (value.bit_length() // degree + 1)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if middle**degree <= value else (low, middle - 1)
        root = low
    if root**degree != value:
        raise TooLarge("not a rational root")
    return root


def _rational_call(name: str, args: list[Fraction]) -> Fraction:
    first = args[0]
    whole = all(arg.denominator == 1 for arg in args)
    match name:
        case "abs":
            return abs(first)
        case "floor":
            return Fraction(first.numerator // first.denominator)
        case "ceil":
            return Fraction(-(-first.numerator // first.denominator))
        case "sqrt":
            return _exact_root(first, 2)
        case "root" if args[1].denominator == 1:
            return _exact_root(first, args[1].numerator)
        case "factorial" if whole and 0 <= first <= MAX_FACTORIAL:
            return Fraction(factorial(first.numerator))
        case "binomial" if whole and 0 <= args[1] <= first <= MAX_FACTORIAL:
            return Fraction(comb(first.numerator, args[1].numerator))
        case "min":
            return min(args)
        case "max":
            return max(args)
    raise TooLarge(f"{name} is not exact here")


@lru_cache(maxsize=4096)
def _point(name: str, index: int) -> int:
    """Return the value of a variable at the point `index`: 127 bits of a hash, the same everywhere."""
    return int.from_bytes(hashlib.blake2b(f"{name}\0{index}".encode(), digest_size=16).digest(), "big") >> 1


def residue(node: Expression, modulus: int) -> int:
    """Return the value modulo a prime at one fixed point. Raises TooLarge outside + - * / and whole powers."""
    match node:
        case Number(value):
            return value.numerator * _inverse(value.denominator, modulus) % modulus
        case Symbol(name):
            return _point(name, 0) % modulus
        case Add(terms):
            return sum(residue(term, modulus) for term in terms) % modulus
        case Mul(factors):
            product = 1
            for factor in factors:
                product = product * residue(factor, modulus) % modulus
            return product
        case Power(base, exponent):
            power = rational(exponent)
            if power.denominator != 1:
                raise TooLarge("a root")
            below = residue(base, modulus)
            if below == 0 and power == 0:
                raise TooLarge("0^0")
            whole = power.numerator
            # pow() of three arguments is typed as Any by the standard stubs.
            return int(pow(_inverse(below, modulus) if whole < 0 else below, abs(whole), modulus))
        case Call() if not symbols(node):
            exact = rational(node)
            return exact.numerator * _inverse(exact.denominator, modulus) % modulus
    raise TooLarge("not a rational function")


def _inverse(value: int, modulus: int) -> int:
    if value % modulus == 0:
        raise Undefined("division by zero")
    return pow(value, -1, modulus)


Value = Any  # an mpmath number: the library has no types


def by_values(a: Expression, b: Expression, points: int = _POINTS, nodes: int = MAX_NODES) -> Opinion:
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
    unit = mpmath.mpf(_point(name, index + 1)) / (1 << 127)
    # The sign pattern depends on the name too, so that two variables are not always of one sign.
    sign = -1 if index >= 2 and (_point(name, index + 101) & 1 or index == 2) else 1
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
