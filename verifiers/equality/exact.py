"""Exact opinions on equality: rationals for numbers, residues modulo two large primes for formulas.

Residues are taken at a fixed point that depends on the variables' names; pi and e count as variables. They cover
everything made of + - * / and whole powers, of any size: a difference is certain, equality errs with probability below
2^-100. A rational over `MAX_BITS` is refused, never rounded.
"""

import hashlib
from fractions import Fraction
from functools import lru_cache
from math import comb, factorial, gcd, isqrt, lcm, prod
from typing import Literal

from verifiers.math_text.tree import Add, Call, Constant, Expression, Mul, Number, Power, Symbol, symbols, walk

Opinion = Literal["equal", "different", "unsure"]

MAX_BITS = 1 << 17
"""Longest integer that exact arithmetic makes; 2^100000 is within, 9^(9^9) is not."""
MAX_FACTORIAL = 3_000
_MODULUS = ((1 << 127) - 1) * ((1 << 89) - 1)
"""Two primes in one pass: what is equal modulo both is equal modulo their product, whose residues cost no more to compute."""


class Undefined(ArithmeticError):
    """The expression has no value, such as 1/0."""


class TooLarge(ArithmeticError):
    """Over a budget, or outside what the method covers."""


def opinion(a: Expression, b: Expression) -> Opinion:
    """Compare the rationals, else the residues; unsure outside of both. Raises what arithmetic raises."""
    try:
        left, right = _defined(a), _defined(b)
        if left is None or right is None:
            # Two expressions without a value are not thereby the same.
            return "unsure" if left is right else "different"
        return "equal" if left == right else "different"
    except TooLarge:
        pass
    try:
        if _residue(a) == _residue(b):
            return "equal"
    except (TooLarge, Undefined):
        return "unsure"
    # Nobody knows whether pi and e are independent of each other.
    constants = {part.name for side in (a, b) for part in walk(side) if isinstance(part, Constant)}
    return "unsure" if len(constants) > 1 else "different"


def _defined(node: Expression) -> Fraction | None:
    try:
        return rational(node)
    except Undefined:
        return None


def rational(node: Expression) -> Fraction:
    """Return the exact value. Raises TooLarge where it is irrational or over the budget, Undefined for 1/0."""
    match node:
        case Number(value):
            return value
        case Symbol() | Constant():
            raise TooLarge("not rational")
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
        case "double" if whole and 0 <= first <= MAX_FACTORIAL:
            return Fraction(prod(range(first.numerator, 0, -2)))
        case "binomial" if whole and 0 <= args[1] <= first <= MAX_FACTORIAL:
            return Fraction(comb(first.numerator, args[1].numerator))
        case "gcd" | "lcm" if whole:
            return Fraction((gcd if name == "gcd" else lcm)(*(arg.numerator for arg in args)))
        case "min":
            return min(args)
        case "max":
            return max(args)
    raise TooLarge(f"{name} is not exact here")


@lru_cache(maxsize=4096)
def point(name: str, index: int) -> int:
    """Return the value of a variable at the point `index`: 127 bits of a hash, the same everywhere."""
    return int.from_bytes(hashlib.blake2b(f"{name}\0{index}".encode(), digest_size=16).digest(), "big") >> 1


def _residue(node: Expression) -> int:
    """Return the value modulo `_MODULUS` at one fixed point. Raises TooLarge outside + - * / and whole powers."""
    match node:
        case Number(value):
            return value.numerator * (1 if value.denominator == 1 else _inverse(value.denominator)) % _MODULUS
        case Symbol(name):
            return point(name, 0)
        case Constant("pi" | "e" as name):
            # Transcendental: a quotient of polynomials in one of them over the rationals is zero only where all of it is.
            return point(f"\\{name}", 0)
        case Add(terms):
            return sum([_residue(term) for term in terms]) % _MODULUS
        case Mul(factors):
            product = 1
            for factor in factors:
                product = product * _residue(factor) % _MODULUS
            return product
        case Power(base, exponent):
            power = exponent.value if isinstance(exponent, Number) else rational(exponent)
            if power.denominator != 1:
                raise TooLarge("a root")
            below = _residue(base)
            if below == 0 and power == 0:
                raise TooLarge("0^0")
            whole = power.numerator
            return pow(_inverse(below) if whole < 0 else below, abs(whole), _MODULUS)
        case Call() if not symbols(node):
            exact = rational(node)
            return exact.numerator * _inverse(exact.denominator) % _MODULUS
    raise TooLarge("not a rational function")


def _inverse(value: int) -> int:
    if value % _MODULUS == 0:
        raise Undefined("division by zero")
    try:
        return pow(value, -1, _MODULUS)
    except ValueError:
        raise TooLarge("no inverse modulo one of the primes") from None
