r"""Sums, products and integrals with bounds: `\sum_{k=1}^{10} k`, `\int_0^1 x^2\,dx`.

A finite sum is written out; the rest stays a call (`tree.BINDERS`) whose running variable is `tree.BOUND`.
"""

import re
from fractions import Fraction

from verifiers.math_text.cursor import SUM, Cursor
from verifiers.math_text.tokens import Token, Unreadable
from verifiers.math_text.tree import BOUND, Add, Call, Expression, Mul, Number, Symbol, substituted, symbols, walk

BINDER_COMMANDS = {"\\sum": "sum", "\\prod": "prod", "\\int": "integral"}
MAX_TERMS = 200
MAX_WRITTEN_NODES = 4_000
_DIFFERENTIAL = re.compile(r"([A-Za-z]*)d([a-z])")
_END = "\ue002"
"""Stands in the place of `dx`."""


def binder(cursor: Cursor, command: str) -> Expression:
    """Read bounds and body of the command, just taken."""
    if command == "\\int":
        return _integral(cursor)
    cursor.expect("_")
    cursor.expect("{")
    name = cursor.next()
    if name.kind != "word" or len(name.text) != 1:
        raise Unreadable("a sum without a variable")
    cursor.expect("=")
    low = cursor.value(0)
    cursor.expect("}")
    cursor.expect("^")
    high = cursor.argument()
    _as_variable(cursor, name.text, len(cursor.tokens))
    variable = _shielded(name.text)
    body = cursor.value(SUM)
    _refuse_subscripts(body, name.text, variable)
    if isinstance(low, Number) and isinstance(high, Number):
        return _written_out(BINDER_COMMANDS[command], body, variable, low.value, high.value)
    return Call(BINDER_COMMANDS[command], (substituted(body, {variable: Symbol(BOUND)}), low, high))


def _shielded(name: str) -> str:
    """Return the variable's name while its binder is read: `i` and `e` would be constants."""
    return {"i": "\u0131", "e": "\u025b"}.get(name, name)


def _as_variable(cursor: Cursor, name: str, end: int) -> None:
    if name in ("i", "e"):
        for index in range(cursor.at, min(end, len(cursor.tokens))):
            token = cursor.tokens[index]
            if token.text == name:
                cursor.tokens[index] = Token("word", _shielded(name), token.space)


def _refuse_subscripts(body: Expression, *names: str) -> None:
    """A running subscript (`a_k`) names another variable in every term, which a tree of one body cannot say."""
    for part in walk(body):
        if isinstance(part, Symbol) and "_" in part.name and any(name in part.name.partition("_")[2] for name in names):
            raise Unreadable("a subscript that runs")


def _written_out(kind: str, body: Expression, variable: str, low: Fraction, high: Fraction) -> Expression:
    count = high - low + 1
    if low.denominator != 1 or high.denominator != 1 or count < 1:
        raise Unreadable("bounds that are no whole numbers in order")
    if count > MAX_TERMS or count * sum(1 for _ in walk(body)) > MAX_WRITTEN_NODES:
        return Call(kind, (substituted(body, {variable: Symbol(BOUND)}), Number(low), Number(high)))
    terms = [substituted(body, {variable: Number(low + index)}) for index in range(int(count))]
    if len(terms) == 1:
        return terms[0]
    return Add(tuple(terms)) if kind == "sum" else Mul(tuple(terms))


def _integral(cursor: Cursor) -> Expression:
    cursor.expect("_")
    low = cursor.argument()
    cursor.expect("^")
    high = cursor.argument()
    name = _mark_differential(cursor)
    _as_variable(cursor, name, cursor.at + _distance(cursor))
    body = cursor.value(0) if cursor.peek().text != _END else Number(Fraction(1))
    cursor.expect(_END)
    _refuse_subscripts(body, name)
    if any(name in symbols(bound) for bound in (low, high)):
        raise Unreadable("a bound that depends on the variable")
    return Call("integral", (substituted(body, {_shielded(name): Symbol(BOUND)}), low, high))


def _distance(cursor: Cursor) -> int:
    return next(i for i, token in enumerate(cursor.tokens[cursor.at :]) if token.text == _END)


def _mark_differential(cursor: Cursor) -> str:
    """Put an end in the place of the next `dx` and return its letter."""
    tokens = cursor.tokens
    for index in range(cursor.at, len(tokens)):
        token = tokens[index]
        if token.kind == "word" and (match := _DIFFERENTIAL.fullmatch(token.text)):
            end = [Token("word", match[1], token.space)] if match[1] else []
            tokens[index : index + 1] = [*end, Token("sign", _END, False)]
            return match[2]
        if token.text == "d" and tokens[index + 1].kind == "word" and len(tokens[index + 1].text) == 1:
            letter = tokens[index + 1].text
            tokens[index : index + 2] = [Token("sign", _END, False)]
            return letter
    raise Unreadable("an integral without its variable")
