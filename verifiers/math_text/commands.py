r"""LaTeX commands: `\frac`, `\binom`, `\pi`, `\alpha`, `\sin`, `\lfloor`, and matrices between `\begin` and `\end`."""

from verifiers.math_text.binders import BINDER_COMMANDS, binder
from verifiers.math_text.cursor import Cursor, scalar
from verifiers.math_text.functions import function
from verifiers.math_text.letters import constant, symbol
from verifiers.math_text.sets import EMPTY, number_set
from verifiers.math_text.tokens import Unreadable
from verifiers.math_text.tree import DOTS, Add, Answer, Call, Expression, Sequence, inverse, negated, product
from verifiers.math_text.vocabulary import BINOMIALS, CALLABLE, FRACTIONS, GREEK, NAMED

MAX_DETERMINANT = 4


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
    )


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
    if text == "\\mathbb":
        return number_set(cursor)
    if text in EMPTY:
        return Sequence("{}", ())
    if text in ("\\ldots", "\\dots", "\\cdots", "\\dotsc", "\\dotsb"):
        return DOTS
    if text in BINDER_COMMANDS:
        return binder(cursor, text)
    raise Unreadable(f"{text} is not supported")


def _matrix(cursor: Cursor) -> Answer:
    name = _matrix_name(cursor)
    if name == "cases":
        return _cases(cursor)
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
        if name == "vmatrix":
            return _determinant([[scalar(cell) for cell in row] for row in rows])
        return Sequence("matrix", tuple(Sequence("row", row) for row in rows))


def _cases(cursor: Cursor) -> Answer:
    r"""Read `x = 1 \\ y = 2` as a list."""
    found: list[Answer] = []
    while True:
        row = cursor.items()
        found += row.items if isinstance(row, Sequence) and row.kind == "list" else (row,)
        token = cursor.next()
        if token.text == "\\\\":
            if cursor.peek().text != "\\end":
                continue
            token = cursor.next()
        if token.text != "\\end" or _matrix_name(cursor) != "cases":
            raise Unreadable("cases that do not close")
        return found[0] if len(found) == 1 else Sequence("list", tuple(found))


def _determinant(rows: list[list[Expression]]) -> Expression:
    if any(len(row) != len(rows) for row in rows) or len(rows) > MAX_DETERMINANT:
        raise Unreadable("a determinant that is not square, or too large")
    if len(rows) == 1:
        return rows[0][0]
    terms: list[Expression] = []
    for column, factor in enumerate(rows[0]):
        minor = _determinant([row[:column] + row[column + 1 :] for row in rows[1:]])
        term = product(factor, minor)
        terms.append(negated(term) if column % 2 else term)
    return Add(tuple(terms))


def _matrix_name(cursor: Cursor) -> str:
    cursor.expect("{")
    name = cursor.next().text
    cursor.expect("}")
    if name not in ("pmatrix", "bmatrix", "matrix", "vmatrix", "smallmatrix", "cases"):
        raise Unreadable(f"the environment {name[:20]!r}")
    return name
