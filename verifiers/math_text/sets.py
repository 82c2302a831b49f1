r"""Sets: `A \cup B`, `x \in A`, `\{x : x > 3\}`, `\mathbb{R} \setminus \{0\}`, and what looks like them: ratios `2 : 3`."""

from fractions import Fraction

from verifiers.math_text.cursor import POWER, Cursor, scalar
from verifiers.math_text.quantities import measured
from verifiers.math_text.tokens import Unreadable
from verifiers.math_text.tree import Answer, Constant, Number, Sequence, Symbol, is_expression, negated

_OPERATIONS = {
    "\\cup": "union", "\\bigcup": "union", "\\cap": "intersection", "\\setminus": "difference",
    "\\backslash": "difference", "\\smallsetminus": "difference", "\\": "difference",
}  # fmt: skip
_MODULO = frozenset({"\\pmod", "\\mod", "\\bmod"})
NUMBER_SETS = frozenset("RQZNC")
EMPTY = frozenset({"\\emptyset", "\\varnothing"})
_SUCH_THAT = frozenset({":", "|", "\\mid", "\\vert", "\\colon"})
_SETS = frozenset({"()", "[]", "[)", "(]", "{}", "union", "intersection", "difference", "builder"})


def combined(cursor: Cursor) -> Answer:
    """Read a value or a set, and the operations between sets, from left to right."""
    node = measured(cursor)
    while (operation := _operation(cursor, node)) is not None:
        cursor.at += 1
        node = Sequence(operation, (node, measured(cursor)))
    if cursor.peek().text in _MODULO and is_expression(node):
        cursor.at += 1
        return Sequence("mod", (node, cursor.group() if cursor.peek().text == "{" else scalar(cursor.operand(POWER))))
    if cursor.peek().text == ":" and is_expression(node):
        parts: list[Answer] = [node]
        while cursor.peek().text == ":":
            cursor.at += 1
            parts.append(measured(cursor))
        return Sequence(":", tuple(parts))
    return node


def is_named_or_built(node: Answer) -> bool:
    """Whether `node` is a set that brackets or an operation made."""
    return isinstance(node, Sequence) and (node.kind in _SETS or node.kind.startswith("set "))


def _operation(cursor: Cursor, left: Answer) -> str | None:
    if not is_named_or_built(left):
        return None
    text = cursor.peek().text
    return "difference" if text == "-" else _OPERATIONS.get(text)


def number_set(cursor: Cursor) -> Sequence:
    r"""Read the letter of `\mathbb{R}`, whose command has just been taken."""
    braced = cursor.peek().text == "{"
    cursor.at += braced
    letter = cursor.next().text
    if braced:
        cursor.expect("}")
    if letter not in NUMBER_SETS:
        raise Unreadable(f"no set of numbers named {letter[:20]!r}")
    if cursor.peek().text in ("^", "_"):
        return _half_line(cursor, letter)
    return Sequence(f"set {letter}", ())


def _half_line(cursor: Cursor, letter: str) -> Sequence:
    r"""Read the sign of `\mathbb{R}^+`."""
    cursor.at += 1
    braced = cursor.peek().text == "{"
    cursor.at += braced
    sign = cursor.next().text
    if braced:
        cursor.expect("}")
    if letter != "R" or sign not in ("+", "-"):
        raise Unreadable("a set of numbers with an exponent")
    zero, infinity = Number(Fraction(0)), Constant("inf")
    return Sequence("()", (zero, infinity) if sign == "+" else (negated(infinity), zero))


def builder(cursor: Cursor) -> Sequence | None:
    r"""Read `x : x > 3 \}`; None, and nothing taken, where the braces hold a list."""
    name = cursor.peek()
    if not (name.kind == "word" and len(name.text) == 1):
        return None
    variable = Symbol(name.text)
    if cursor.peek(1).text in _SUCH_THAT:
        cursor.at += 2
        conditions: list[Answer] = []
    elif cursor.peek(1).text == "\\in" and any(
        token.text in _SUCH_THAT for token in cursor.tokens[cursor.at : cursor.at + 8]
    ):
        cursor.at += 2
        # Bars would be read as those of an absolute value.
        where = number_set(cursor) if cursor.next().text == "\\mathbb" else None
        if where is None or cursor.next().text not in _SUCH_THAT:
            raise Unreadable("a set whose condition cannot be found")
        conditions = [] if where.kind == "set R" else [where]
    else:
        return None
    condition = cursor.items()
    if cursor.next().text not in ("\\}", "\\rbrace", "}"):
        raise Unreadable("a bracket that does not close")
    return Sequence("builder", (variable, *conditions, condition))
