"""Lists and relations: `1, 2 and 3`, `x = 5`, `1 < x < 3`, `3 hours 20 minutes`, each side a value with its unit."""

import re

from verifiers.math_text.cursor import Cursor
from verifiers.math_text.quantities import compound
from verifiers.math_text.sets import combined, is_named_or_built
from verifiers.math_text.tokens import Unreadable
from verifiers.math_text.tree import Answer, Quantity, Relation, RelationSign, Sequence, Symbol, is_expression
from verifiers.math_text.vocabulary import AND

_SIGNS: dict[str, RelationSign] = {
    "=": "=", "==": "=", ":=": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "!=": "!=", "\\le": "<=", "\\leq": "<=",
    "\\leqslant": "<=", "\\ge": ">=", "\\geq": ">=", "\\geqslant": ">=", "\\lt": "<", "\\gt": ">", "\\ne": "!=",
    "\\neq": "!=", "\\in": "in", "\\equiv": "=",
}  # fmt: skip

_JOINING = {"\\lor": "or", "\\vee": "or", "\\land": "and", "\\wedge": "and"}

MAX_LABEL = 20
"""Tokens of the longest name before an equals sign."""
_OF_EVENTS = frozenset({"P", "Pr", "E", "Var"})
_WORDS = re.compile(r"[A-Za-z]{3,20}(?: [A-Za-z]{1,20}){0,4}")


def items(cursor: Cursor) -> Answer:
    """Read answers up to the first token that cannot continue their list; one alone is no list."""
    found = [_relation(cursor)]
    words: list[str] = []
    # `3 hours 20 minutes` has no sign between its parts.
    while (implied := isinstance(found[-1], Quantity) and cursor.peek().kind == "number") or (
        separator := _separator(cursor)
    ):
        words.append("," if implied else separator)
        found.append(_relation(cursor))
        if implied and compound(found) is None:
            raise Unreadable("several quantities without a sign between them")
    if len(found) == 1:
        return found[0]
    found = _spread(found)
    return compound(found) or _solutions(found, words) or Sequence(_kind(found, set(words)), tuple(found))


def _solutions(found: list[Answer], separators: list[str]) -> Sequence | None:
    """Return `x = 1, y = 2 or x = 2, y = 1` as two pairs, None where it is no such list."""
    if "or" not in separators or len(set(separators)) == 1 or len(separators) != len(found) - 1:
        return None
    groups: list[dict[str, Answer]] = [{}]
    for item, separator in zip(found, ["", *separators], strict=True):
        if not (isinstance(item, Relation) and item.signs == ("=",) and isinstance(item.sides[0], Symbol)):
            return None
        if separator == "or":
            groups.append({})
        if item.sides[0].name in groups[-1]:
            return None
        groups[-1][item.sides[0].name] = item.sides[1]
    if len({frozenset(group) for group in groups}) != 1 or len(groups[0]) < 2:
        return None
    return Sequence("list", tuple(Sequence("()", tuple(group[name] for name in sorted(group))) for group in groups))


def _spread(found: list[Answer]) -> list[Answer]:
    r"""Return `x \ne 1, 2` as two conditions."""
    first = found[0]
    if not (isinstance(first, Relation) and first.signs == ("!=",) and all(map(is_expression, found[1:]))):
        return found
    return [first, *(Relation(("!=",), (first.sides[0], other)) for other in found[1:])]


def _kind(found: list[Answer], words: set[str]) -> str:
    """Say how conditions are joined; `or` and `and` between anything else only make a list."""
    if all(isinstance(item, Relation) and set(item.signs) != {"="} for item in found) or (
        "or" in words and all(isinstance(item, Relation) or is_named_or_built(item) for item in found)
    ):
        return "or" if "or" in words else "and" if "and" in words else "list"
    return "list"


def _separator(cursor: Cursor) -> str:
    """Skip a comma, semicolon, `and` or `or`, or a comma with such a word after it; say which, "" for none."""
    found = ""
    if cursor.peek().text in (",", ";"):
        found = ","
        cursor.at += 1
    token = cursor.peek()
    word = token.text.strip().lower().strip(",")
    joined = word if token.kind in ("word", "text") and word in AND else _JOINING.get(token.text)
    if joined is not None:
        cursor.at += 1
    return joined or found


def _relation(cursor: Cursor) -> Answer:
    sides: list[Answer] = [_label(cursor) or combined(cursor)]
    signs: list[RelationSign] = []
    while (sign := _SIGNS.get(cursor.peek().text)) is not None and cursor.peek().kind in ("sign", "command"):
        cursor.at += 1
        signs.append(sign)
        sides.append(combined(cursor))
    if len(sides) == 1 and isinstance(sides[0], Symbol) and cursor.peek().text in ("\\notin", "\\approx"):
        return _one_sided(cursor, sides[0])
    return Relation(tuple(signs), tuple(sides)) if signs else sides[0]


def _one_sided(cursor: Cursor, variable: Symbol) -> Relation:
    r"""Read what `x \notin` or `x \approx` says of a variable."""
    negative = cursor.next().text == "\\notin"
    other = combined(cursor)
    if negative:
        return Relation(("in",), (variable, Sequence("difference", (Sequence("set R", ()), other))))
    return Relation(("=",), (variable, other))


def _label(cursor: Cursor) -> Symbol | None:
    r"""Read what stands before `=` as one name: `f(x)`, `f^{-1}(x)`, `P(X = 2)`, `\text{Area}`."""
    token = cursor.peek()
    if token.kind == "text" and cursor.peek(1).text == "=" and _WORDS.fullmatch(token.text.strip()):
        cursor.at += 1
        return Symbol(" ".join(token.text.lower().split()))
    if token.kind != "word" or len(token.text) > 2:
        return None
    texts = [token.text for token in cursor.tokens[cursor.at : cursor.at + MAX_LABEL]]
    at = 1
    while texts[at : at + 1] == ["'"]:
        at += 1
    if texts[at : at + 5] == ["^", "{", "-", "1", "}"]:
        at += 5
    end = next((i for i in range(at, len(texts)) if texts[i] in (")", "]")), 0)
    if texts[at : at + 1] not in (["("], ["["]) or texts[end + 1 : end + 2] != ["="] or not end:
        return None
    inside = texts[at + 1 : end]
    variables = len(texts[0]) == 1 and all(len(text) == 1 and (text.isalpha() or text == ",") for text in inside)
    if not variables and not (texts[0] in _OF_EVENTS and any(text.isupper() for text in inside)):
        return None
    cursor.at += end + 1
    return Symbol("".join(texts[: end + 1]))
