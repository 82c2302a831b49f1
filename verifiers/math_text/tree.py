"""The typed tree of an answer: what `expression.read` returns and every comparison walks over.

Frozen and hashable, so equal structure is `==`. Subtraction, division and negation are sums, products and powers with
-1: one shape per meaning. Trees are built only through `expression.read`, which holds their size and depth within
budgets.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from operator import attrgetter
from typing import Literal, TypeGuard

from verifiers.math_text.units import Unit


@dataclass(frozen=True, slots=True)
class Number:
    """An exact rational."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Constant:
    """`pi`, `e`, `i` or `inf`."""

    name: Literal["pi", "e", "i", "inf"]


@dataclass(frozen=True, slots=True)
class Symbol:
    """A variable; case counts."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function from `FUNCTIONS` applied to its arguments."""

    name: str
    args: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Add:
    """A sum of two or more terms."""

    terms: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Mul:
    """A product of two or more factors."""

    factors: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Power:
    """A power; a quotient is a factor with exponent -1."""

    base: "Expression"
    exponent: "Expression"


Expression = Number | Constant | Symbol | Call | Add | Mul | Power


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with a unit."""

    value: Expression
    unit: Unit


RelationSign = Literal["=", "!=", "<", "<=", ">", ">=", "in"]


@dataclass(frozen=True, slots=True)
class Relation:
    """A chain `sides[0] signs[0] sides[1] ...`."""

    signs: tuple[RelationSign, ...]
    sides: "tuple[Answer, ...]"


@dataclass(frozen=True, slots=True)
class Sequence:
    """Several answers, or one that is made of several; `kind` says how.

    - No order: `list` (bare commas), `or` and `and` (conditions with such a word between them), `{}`.
    - `mod` (value, modulus): a class of residues.
    - Order: `()`, `[]`, `[)`, `(]`, `row`, `matrix`, `:` (a ratio or a time of day), `choice` (letter, content).
    - Sets: `union`, `intersection`, `difference` of two; `builder` (variable, conditions); `set R`, `set Z` .. by name.
    """

    kind: str
    items: "tuple[Answer, ...]"


@dataclass(frozen=True, slots=True)
class Text:
    """Words, in lower case, single spaces between them."""

    words: str


Answer = Number | Constant | Symbol | Call | Add | Mul | Power | Quantity | Relation | Sequence | Text

FUNCTIONS = frozenset({
    "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "ln", "log", "exp",
    "sqrt", "root", "abs", "floor", "ceil", "factorial", "binomial", "min", "max", "gcd", "lcm", "pm", "mp",
})  # fmt: skip
BINDERS = frozenset({"sum", "prod", "integral"})
"""Calls of (body, low, high) in which `BOUND` is the variable that runs."""
BOUND = "#"
DOTS = Text("...")

MINUS_ONE = Number(Fraction(-1))


_PARTS: dict[type, Callable[..., tuple[Expression, ...]]] = {
    Call: attrgetter("args"), Add: attrgetter("terms"), Mul: attrgetter("factors"), Power: attrgetter("base", "exponent"),
}  # fmt: skip
"""Half the time of a match statement; every comparison walks its trees several times."""


def children(node: Expression) -> tuple[Expression, ...]:
    """Return what a node of an expression is made of."""
    parts = _PARTS.get(type(node))
    return parts(node) if parts is not None else ()


def walk(node: Expression) -> Iterator[Expression]:
    """Yield every node of an expression."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        parts = _PARTS.get(type(current))
        if parts is not None:
            stack.extend(parts(current))


def symbols(node: Expression) -> frozenset[str]:
    """Return the names of the free variables in an expression."""
    return frozenset(part.name for part in walk(node) if isinstance(part, Symbol) and part.name != BOUND)


_EXPRESSIONS = frozenset({Number, Constant, Symbol, Call, Add, Mul, Power})


def is_expression(node: Answer) -> TypeGuard[Expression]:
    """Whether `node` has one value, without unit, relation or list around it."""
    return type(node) in _EXPRESSIONS


def negated(node: Expression) -> Expression:
    """Return -node; a number stays a number."""
    return Number(-node.value) if isinstance(node, Number) else Mul((MINUS_ONE, node))


def inverse(node: Expression) -> Expression:
    """Return 1/node."""
    return Power(node, MINUS_ONE)


def product(*factors: Expression) -> Expression:
    """Return the product of one or more factors, flat."""
    flat: list[Expression] = []
    for factor in factors:
        flat.extend(factor.factors if isinstance(factor, Mul) else (factor,))
    return flat[0] if len(flat) == 1 else Mul(tuple(flat))


def substituted(node: Expression, place: Mapping[str, Expression]) -> Expression:
    """Return `node` with expressions in the place of variables."""
    match node:
        case Symbol(name):
            return place.get(name, node)
        case Call(name, args):
            return Call(name, tuple(substituted(arg, place) for arg in args))
        case Add(parts):
            return Add(tuple(substituted(part, place) for part in parts))
        case Mul(parts):
            return Mul(tuple(substituted(part, place) for part in parts))
        case Power(base, exponent):
            return Power(substituted(base, place), substituted(exponent, place))
    return node
