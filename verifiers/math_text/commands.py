r"""LaTeX commands: `\frac`, `\binom`, `\pi`, `\alpha`, `\sin`, `\lfloor`, and matrices between `\begin` and `\end`."""

from collections.abc import Callable

from verifiers.math_text.binders import BINDER_COMMANDS, binder
from verifiers.math_text.cursor import Cursor
from verifiers.math_text.dots import DOT_COMMANDS
from verifiers.math_text.functions import function
from verifiers.math_text.letters import constant, symbol
from verifiers.math_text.matrices import determinant, environment, is_matrix
from verifiers.math_text.sets import EMPTY, number_set
from verifiers.math_text.tokens import Unreadable
from verifiers.math_text.tree import (
    DOTS,
    Add,
    Answer,
    Call,
    Constant,
    Expression,
    Mul,
    Number,
    Power,
    Sequence,
    Symbol,
    inverse,
    negated,
    product,
    walk,
)
from verifiers.math_text.vocabulary import ACCENTS, BINOMIALS, CALLABLE, FRACTIONS, GREEK, NAMED, UNIT_VECTORS

_FUNCTIONS_OF_GREEK = frozenset({"Gamma", "zeta", "varphi"})
"""Letters that name a function before a bracket; the others only before a number (`\\sigma(6)`)."""


def is_value(text: str) -> bool:
    r"""Whether the command may be a factor without a sign before it, such as `\frac` and `\pi`."""
    name = text[1:]
    return (
        text in FRACTIONS
        or text in BINOMIALS
        or text in BINDER_COMMANDS
        or name in NAMED
        or name in GREEK
        or name in CALLABLE
        or name in ACCENTS
        or name in UNIT_VECTORS
        or text in ("\\begin", "\\det", "\\lfloor", "\\lceil")
    )


def command(cursor: Cursor, text: str) -> Answer:
    """Read what the command `text`, just taken, applies to."""
    name = text[1:]
    if name in NAMED:
        return constant(NAMED[name])
    if name in CALLABLE:
        return function(cursor, name)
    if name in GREEK:
        if cursor.peek().text == "(" and (name in _FUNCTIONS_OF_GREEK or cursor.peek(1).kind == "number"):
            raise Unreadable(f"{name} is a function here, or a factor")
        return symbol(cursor, name)
    if name in UNIT_VECTORS:
        return Symbol(UNIT_VECTORS[name])
    if name in ACCENTS:
        return _accented(cursor, name)
    if text in DOT_COMMANDS:
        return DOTS
    reader = _READERS.get(text)
    if reader is None:
        raise Unreadable(f"{text} is not supported")
    return reader(cursor, text)


def _fraction(cursor: Cursor, _: str) -> Expression:
    top, bottom = cursor.argument(), cursor.argument()
    return product(top, inverse(bottom))


def _binomial(cursor: Cursor, _: str) -> Expression:
    return Call("binomial", (cursor.argument(), cursor.argument()))


def _rounded(cursor: Cursor, text: str) -> Expression:
    node = cursor.value(0)
    cursor.expect("\\r" + text[2:])
    return Call("floor" if text == "\\lfloor" else "ceil", (node,))


def _figure(cursor: Cursor, text: str) -> Expression:
    """Read an angle or a triangle, named by its points."""
    token = cursor.next()
    if token.kind != "word" or not token.text.isupper():
        raise Unreadable("a figure that is not named by its points")
    return Symbol(f"{text[1:]} {token.text}")


def _determinant(cursor: Cursor, _: str) -> Expression:
    node = cursor.operand(0)
    if not is_matrix(node):
        raise Unreadable("a determinant of something that is not written out")
    return determinant(node)


def _accented(cursor: Cursor, name: str) -> Expression:
    r"""Read `\overline{AB}` as one name, `\overline{3+4i}` as the conjugate."""
    inside = [token.text for token in (cursor.peek(), cursor.peek(1), cursor.peek(2))]
    if inside[0] == "{" and inside[2] == "}" and inside[1].isalpha() and inside[1] not in ("i", "e"):
        cursor.at += 3
        return Symbol(f"{name} {inside[1]}")
    node = cursor.argument()
    if name not in ("overline", "bar") or not all(_conjugates(part) for part in walk(node)):
        raise Unreadable(f"{name} over more than a name")
    return _conjugate(node)


def _conjugates(node: Expression) -> bool:
    """Whether the conjugate of `node` is made of those of its parts."""
    match node:
        case Number() | Constant("i" | "e" | "pi") | Add() | Mul() | Power(_, Number(_)):
            return not (
                isinstance(node, Power) and isinstance(node.exponent, Number) and node.exponent.value.denominator > 1
            )
        case Call("sqrt", (Number(value),)):
            return value >= 0
    return False


def _conjugate(node: Expression) -> Expression:
    match node:
        case Constant("i"):
            return negated(node)
        case Add(parts):
            return Add(tuple(_conjugate(part) for part in parts))
        case Mul(parts):
            return Mul(tuple(_conjugate(part) for part in parts))
        case Power(base, exponent):
            return Power(_conjugate(base), exponent)
    return node


_READERS: dict[str, Callable[[Cursor, str], Answer]] = {
    **dict.fromkeys(FRACTIONS, _fraction),
    **dict.fromkeys(BINOMIALS, _binomial),
    **dict.fromkeys(BINDER_COMMANDS, binder),
    **dict.fromkeys(EMPTY, lambda _cursor, _text: Sequence("{}", ())),
    **dict.fromkeys(("\\lfloor", "\\lceil"), _rounded),
    **dict.fromkeys(("\\angle", "\\triangle"), _figure),
    "\\begin": lambda cursor, _: environment(cursor),
    "\\mathbb": lambda cursor, _: number_set(cursor),
    "\\det": _determinant,
}
