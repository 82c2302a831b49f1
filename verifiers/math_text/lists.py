"""Lists and relations: `1, 2 and 3`, `x = 5`, `1 < x < 3`, `3 hours 20 minutes`, each side a value with its unit."""

from verifiers.math_text.cursor import Cursor
from verifiers.math_text.quantities import compound
from verifiers.math_text.sets import combined, is_named_or_built
from verifiers.math_text.tokens import Unreadable
from verifiers.math_text.tree import Answer, Quantity, Relation, RelationSign, Sequence, Symbol
from verifiers.math_text.vocabulary import AND

_SIGNS: dict[str, RelationSign] = {
    "=": "=", "==": "=", ":=": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "!=": "!=", "\\le": "<=", "\\leq": "<=",
    "\\leqslant": "<=", "\\ge": ">=", "\\geq": ">=", "\\geqslant": ">=", "\\lt": "<", "\\gt": ">", "\\ne": "!=",
    "\\neq": "!=", "\\in": "in",
}  # fmt: skip

_JOINING = {"\\lor": "or", "\\vee": "or", "\\land": "and", "\\wedge": "and"}


def items(cursor: Cursor) -> Answer:
    """Read answers up to the first token that cannot continue their list; one alone is no list."""
    found = [_relation(cursor)]
    words: set[str] = set()
    # `3 hours 20 minutes` has no sign between its parts.
    while (implied := isinstance(found[-1], Quantity) and cursor.peek().kind == "number") or (
        separator := _separator(cursor)
    ):
        if not implied:
            words.add(separator)
        found.append(_relation(cursor))
        if implied and compound(found) is None:
            raise Unreadable("several quantities without a sign between them")
    if len(found) == 1:
        return found[0]
    return compound(found) or Sequence(_kind(found, words), tuple(found))


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
    return Relation(tuple(signs), tuple(sides)) if signs else sides[0]


def _label(cursor: Cursor) -> Symbol | None:
    """Read `f(x)` before `=` as one name."""
    texts = [token.text for token in cursor.tokens[cursor.at : cursor.at + 5]]
    if texts[1:2] + texts[3:] != ["(", ")", "="] or not (texts[0].isalpha() and texts[2].isalpha()):
        return None
    if len(texts[0]) + len(texts[2]) > 2:
        return None
    cursor.at += 4
    return Symbol("".join(texts[:4]))
