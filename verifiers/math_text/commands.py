r"""LaTeX commands: `\frac`, `\binom`, `\pi`, `\alpha`, `\sin`, `\lfloor`, and matrices between `\begin` and `\end`."""

from verifiers.math_text.cursor import Cursor
from verifiers.math_text.functions import function
from verifiers.math_text.letters import constant, symbol
from verifiers.math_text.tokens import Unreadable
from verifiers.math_text.tree import Answer, Call, Sequence, inverse, product
from verifiers.math_text.vocabulary import BINOMIALS, CALLABLE, FRACTIONS, GREEK, NAMED


def is_value(text: str) -> bool:
    r"""Whether the command may be a factor without a sign before it, such as `\frac` and `\pi`."""
    name = text[1:]
    return text in FRACTIONS or text in BINOMIALS or name in NAMED or name in GREEK or name in CALLABLE


def command(cursor: Cursor, text: str) -> Answer:
    """Read what the command `text`, just taken, applies to."""
    name = text[1:]
    if text in FRACTIONS:
        top, bottom = cursor.argument(), cursor.argument()
        return product(top, inverse(bottom))
    if text in BINOMIALS:
        return Call("binomial", (cursor.argument(), cursor.argument()))
    if name in NAMED:
        return constant(NAMED[name])
    if name in CALLABLE:
        return function(cursor, name)
    if name in GREEK:
        return symbol(cursor, name)
    if text in ("\\lfloor", "\\lceil"):
        node = cursor.value(0)
        cursor.expect("\\r" + text[2:])
        return Call("floor" if text == "\\lfloor" else "ceil", (node,))
    if text == "\\begin":
        return _matrix(cursor)
    raise Unreadable(f"{text} is not supported")


def _matrix(cursor: Cursor) -> Sequence:
    name = _matrix_name(cursor)
    rows: list[tuple[Answer, ...]] = []
    cells: list[Answer] = []
    while True:
        cells.append(cursor.value(0))
        token = cursor.next()
        if token.text == "&":
            continue
        if token.text == "\\\\" and cursor.peek().text != "\\end":
            rows.append(tuple(cells))
            cells = []
            continue
        if token.text == "\\\\":
            token = cursor.next()
        if token.text != "\\end" or _matrix_name(cursor) != name:
            raise Unreadable("a matrix that does not close")
        rows.append(tuple(cells))
        return Sequence("matrix", tuple(Sequence("row", row) for row in rows))


def _matrix_name(cursor: Cursor) -> str:
    cursor.expect("{")
    name = cursor.next().text
    cursor.expect("}")
    if name not in ("pmatrix", "bmatrix", "matrix"):
        raise Unreadable(f"the environment {name[:20]!r}")
    return name
