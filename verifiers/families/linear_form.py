"""Read an arithmetic expression in at most one unknown, exactly and within a fixed budget.

    expression := term (("+" | "-") term)*        term := factor (("*" | "/")? factor)*
    factor := "-" factor | integer | "x" | "(" expression ")"

Covers what the families write: integers, + - * / ( ), implicit products such as `3x` and `3(x + 4)`. Nothing else: no
powers, no decimals, no second unknown, and two numbers side by side are no product (`1 000`). Text never reaches `eval`.
"""

import re
from fractions import Fraction
from typing import NamedTuple

MAX_CHARACTERS = 200
MAX_DIGITS = 12
MAX_DEPTH = 20

_TOKEN = re.compile(r"\s*(?:(\d+)|([x()+\-*/]))")


class LinearForm(NamedTuple):
    """slope * x + constant."""

    slope: Fraction
    constant: Fraction


class _Unreadable(Exception):
    """Left the grammar or the budget; never leaves this module."""


def read(text: str) -> LinearForm | None:
    """Return the expression as a linear form, None where it is not one. Raises never."""
    if len(text) > MAX_CHARACTERS:
        return None
    try:
        tokens = _tokens(text)
        form, rest = _expression(tokens, 0, 0)
    except (_Unreadable, ZeroDivisionError):
        return None
    return form if rest == len(tokens) else None


def _tokens(text: str) -> list[str]:
    found, position, text = [], 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or (match[1] and len(match[1]) > MAX_DIGITS):
            raise _Unreadable
        found.append(match[1] or match[2])
        position = match.end()
    return found


def _expression(tokens: list[str], at: int, depth: int) -> tuple[LinearForm, int]:
    total, at = _term(tokens, at, depth)
    while at < len(tokens) and tokens[at] in "+-":
        sign = 1 if tokens[at] == "+" else -1
        term, at = _term(tokens, at + 1, depth)
        total = LinearForm(total.slope + sign * term.slope, total.constant + sign * term.constant)
    return total, at


def _term(tokens: list[str], at: int, depth: int) -> tuple[LinearForm, int]:
    product, at = _factor(tokens, at, depth)
    while at < len(tokens) and tokens[at] not in "+-)":
        if tokens[at].isdigit() and tokens[at - 1].isdigit():
            raise _Unreadable
        divide = tokens[at] == "/"
        factor, at = _factor(tokens, at + (tokens[at] in "*/"), depth)
        product = _divided(product, factor) if divide else _times(product, factor)
    return product, at


def _factor(tokens: list[str], at: int, depth: int) -> tuple[LinearForm, int]:
    if at >= len(tokens) or depth > MAX_DEPTH:
        raise _Unreadable
    token = tokens[at]
    if token == "-":
        form, at = _factor(tokens, at + 1, depth + 1)
        return LinearForm(-form.slope, -form.constant), at
    if token == "(":
        form, at = _expression(tokens, at + 1, depth + 1)
        if at >= len(tokens) or tokens[at] != ")":
            raise _Unreadable
        return form, at + 1
    if token == "x":
        return LinearForm(Fraction(1), Fraction(0)), at + 1
    if token.isdigit():
        return LinearForm(Fraction(0), Fraction(int(token))), at + 1
    raise _Unreadable


def _times(a: LinearForm, b: LinearForm) -> LinearForm:
    if a.slope and b.slope:
        raise _Unreadable
    return LinearForm(a.slope * b.constant + b.slope * a.constant, a.constant * b.constant)


def _divided(a: LinearForm, b: LinearForm) -> LinearForm:
    if b.slope:
        raise _Unreadable
    return LinearForm(a.slope / b.constant, a.constant / b.constant)
