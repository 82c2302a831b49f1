"""The slow opinion: sympy on trees that are built node by node from ours.

Only ever called inside a worker process (`workers.py`), because nothing but a kill stops sympy. No text reaches
sympy: its `parse_expr` and `sympify` evaluate Python.
"""

from fractions import Fraction

import sympy

from verifiers.equality import numeric
from verifiers.equality.exact import MAX_BITS, MAX_FACTORIAL, Opinion, TooLarge
from verifiers.math_text.tree import (
    BINDERS,
    BOUND,
    Add,
    Call,
    Constant,
    Expression,
    Mul,
    Number,
    Power,
    Symbol,
    symbols,
    walk,
)

MAX_NODES = 2_000
MAX_BODY_NODES = 14
"""Largest body of a sum or an integral that sympy is asked to work out."""

_FUNCTIONS = {
    "sin": sympy.sin, "cos": sympy.cos, "tan": sympy.tan, "cot": sympy.cot, "sec": sympy.sec, "csc": sympy.csc,
    "arcsin": sympy.asin, "arccos": sympy.acos, "arctan": sympy.atan, "sinh": sympy.sinh, "cosh": sympy.cosh,
    "tanh": sympy.tanh, "ln": sympy.log, "exp": sympy.exp, "sqrt": sympy.sqrt, "abs": sympy.Abs, "floor": sympy.floor,
    "ceil": sympy.ceiling, "factorial": sympy.factorial, "binomial": sympy.binomial, "min": sympy.Min, "max": sympy.Max,
    "gcd": sympy.gcd, "lcm": sympy.lcm,
}  # fmt: skip
_CONSTANTS = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "inf": sympy.oo}


class Unsupported(ValueError):
    """A node that sympy is not asked about."""


def opinion(a: Expression, b: Expression) -> Opinion:
    """Say whether sympy proves two expressions equal or different over the reals. May run for ever."""
    if sum(1 for _ in walk(a)) + sum(1 for _ in walk(b)) > MAX_NODES:
        return "unsure"
    if not (symbols(a) or symbols(b)) and not (_has_value(a) and _has_value(b)):
        return "unsure"
    try:
        gap = to_sympy(a) - to_sympy(b)
        if gap == 0 or sympy.simplify(gap) == 0:
            return "equal"
        proven = gap.equals(0)
    except (ArithmeticError, ValueError, TypeError, NotImplementedError, AttributeError, RecursionError):
        # sympy raises many kinds on input it does not know; each means it has no opinion.
        return "unsure"
    return "unsure" if proven is None else "equal" if proven else "different"


def _has_value(node: Expression) -> bool:
    """Whether a number is of a size that can be evaluated; sympy would try for ever."""
    try:
        value = numeric.value(node)
        return bool(value == 0 or not numeric.MP.isfinite(value) or abs(numeric.MP.mag(value)) < MAX_BITS >> 4)
    except TooLarge:
        return any(isinstance(part, Call) and part.name in BINDERS for part in walk(node))
    except (ArithmeticError, ValueError, TypeError):
        return False


def _bound(name: str, body: Expression, low: Expression, high: Expression) -> sympy.Expr:
    """Return a sum or an integral, worked out. Raises Unsupported where sympy may take more than a moment."""
    parts = list(walk(body))
    hard = sum(
        isinstance(part, Call) or (isinstance(part, Power) and not isinstance(part.exponent, Number)) for part in parts
    )
    if (
        name == "prod"
        or len(parts) > MAX_BODY_NODES
        or hard > 1
        or (name == "sum" and isinstance(high, Number) and hard)
    ):
        raise Unsupported(f"a {name} that may take long")
    binder = sympy.Sum if name == "sum" else sympy.Integral
    return binder(to_sympy(body), (sympy.Symbol(BOUND, real=True), to_sympy(low), to_sympy(high))).doit()


def to_sympy(node: Expression) -> sympy.Expr:
    """Return the same expression in sympy, variables real. Raises Unsupported on what has no counterpart."""
    match node:
        case Number(value):
            return _number(value)
        case Symbol(name):
            return sympy.Symbol(name, real=True)
        case Constant(name):
            return _CONSTANTS[name]
        case Add(terms):
            return sympy.Add(*map(to_sympy, terms))
        case Mul(factors):
            return sympy.Mul(*map(to_sympy, factors))
        case Power(base, exponent):
            return _power(to_sympy(base), to_sympy(exponent))
        case Call("root", (arg, degree)):
            return sympy.real_root(to_sympy(arg), to_sympy(degree))
        case Call(name, (body, low, high)) if name in BINDERS:
            return _bound(name, body, low, high)
        case Call("factorial" | "binomial", args) if any(
            isinstance(arg, Number) and abs(arg.value) > MAX_FACTORIAL for arg in args
        ):
            raise Unsupported("a factorial too large")
        case Call(name, args) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*map(to_sympy, args))
    raise Unsupported(f"no counterpart of {node}")


def _number(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)


def _power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    # sympy computes whole powers of numbers at once, however long they are.
    if base.is_Rational and exponent.is_Rational and abs(exponent) > MAX_BITS:
        raise Unsupported("a power too large")
    return sympy.Pow(base, exponent)
