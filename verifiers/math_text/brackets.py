r"""What stands in brackets: a group, a tuple, an interval, a set, `|x|`; the opening one has been taken."""

from verifiers.math_text.cursor import Cursor, scalar
from verifiers.math_text.matrices import determinant, is_matrix
from verifiers.math_text.sets import builder
from verifiers.math_text.tokens import Unreadable
from verifiers.math_text.tree import Answer, Call, Expression, Sequence, is_expression

OPENING = {"(": "(", "[": "[", "\\{": "{", "\\lbrace": "{", "\\langle": "<"}
BARS = {"|": "|", "\\lvert": "\\rvert", "\\vert": "\\vert"}
_CLOSING = {")": ")", "]": "]", "\\}": "}", "\\rbrace": "}", "\\rangle": ">"}


def bracketed(cursor: Cursor, opening: str) -> Answer:
    """Read up to the closing bracket of a group, a tuple, an interval or a set."""
    bars, cursor.bars = cursor.bars, 0
    if OPENING[opening] == "{":
        if cursor.peek().text in _CLOSING:
            cursor.at += 1
            return Sequence("{}", ())
        built = builder(cursor)
        if built is not None:
            cursor.bars = bars
            return built
    node = cursor.items()
    cursor.bars = bars
    closing = cursor.next().text
    if closing not in _CLOSING:
        raise Unreadable("a bracket that does not close")
    kind = OPENING[opening] + _CLOSING[closing]
    items = node.items if isinstance(node, Sequence) and node.kind == "list" else (node,)
    if kind == "{}":
        return Sequence("{}", items)
    if len(items) == 1:
        if kind in ("()", "[]") and isinstance(node, Sequence) and node.kind == "matrix":
            return node
        if kind not in ("()", "[]") or not is_expression(node):
            raise Unreadable("brackets around something that is no value")
        return node
    if kind not in ("()", "[]", "[)", "(]", "<>"):
        raise Unreadable("brackets that do not match")
    return Sequence("()" if kind == "<>" else kind, items)


def braces(cursor: Cursor) -> Answer:
    """Read a group of LaTeX, or a set whose braces lost their backslashes."""
    built = builder(cursor)
    if built is not None:
        return built
    node = cursor.items()
    cursor.expect("}")
    if isinstance(node, Sequence) and node.kind == "list":
        return Sequence("{}", node.items)
    return scalar(node)


def absolute(cursor: Cursor, opening: str) -> Expression:
    """Read up to the bar that closes an absolute value."""
    cursor.bars += 1
    node = cursor.expression(0)
    cursor.expect(BARS[opening])
    cursor.bars -= 1
    return determinant(node) if is_matrix(node) else Call("abs", (scalar(node),))
