r"""Matrices: `\begin{pmatrix} .. \end{pmatrix}`, cases, determinants, and arithmetic on matrices that are written out."""

from fractions import Fraction
from typing import TypeGuard

from verifiers.math_text.cursor import Cursor, scalar
from verifiers.math_text.tokens import Unreadable
from verifiers.math_text.tree import (
    Add,
    Answer,
    Expression,
    Mul,
    Number,
    Relation,
    Sequence,
    Symbol,
    inverse,
    is_expression,
    negated,
    product,
    symbols,
)

MAX_DETERMINANT = 4
MAX_CELLS = 36
"""Largest matrix that takes part in arithmetic."""
_ENVIRONMENTS = frozenset({"pmatrix", "bmatrix", "Bmatrix", "matrix", "vmatrix", "smallmatrix", "cases"})

Rows = list[list[Expression]]


def is_matrix(node: Answer) -> TypeGuard[Sequence]:
    """Whether `node` is a matrix written out."""
    return isinstance(node, Sequence) and node.kind == "matrix"


def environment(cursor: Cursor) -> Answer:
    r"""Read a matrix or cases whose `\begin` has just been taken."""
    name = _name(cursor)
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
        if token.text != "\\end" or _name(cursor) != name:
            raise Unreadable("a matrix that does not close")
        rows.append(tuple(cells))
        node = Sequence("matrix", tuple(Sequence("row", row) for row in rows))
        return determinant(node) if name == "vmatrix" else node


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
        if token.text != "\\end" or _name(cursor) != "cases":
            raise Unreadable("cases that do not close")
        return found[0] if len(found) == 1 else Sequence("list", tuple(found))


def _name(cursor: Cursor) -> str:
    cursor.expect("{")
    name = cursor.next().text
    cursor.expect("}")
    if name not in _ENVIRONMENTS:
        raise Unreadable(f"the environment {name[:20]!r}")
    return name


def determinant(node: Sequence) -> Expression:
    """Return the determinant of a square matrix, expanded. Raises Unreadable on another one, or a large one."""
    return _determinant(_square(node))


def negative(node: Answer) -> Answer:
    """Return -node, of a matrix or an expression."""
    return times(Number(Fraction(-1)), node) if is_matrix(node) else negated(scalar(node))


def times(a: Answer, b: Answer) -> Answer:
    """Return a product of which one side at least is a matrix."""
    if is_expression(a) or is_expression(b):
        factor, matrix = (a, b) if is_expression(a) else (b, a)
        return _matrix([[_product(scalar(factor), cell) for cell in row] for row in _rows(matrix)])
    left, right = _rows(a), _rows(b)
    if len(left[0]) != len(right):
        raise Unreadable("a product of matrices that do not fit")
    columns = list(zip(*right, strict=True))
    return _matrix([[_dot(row, column) for column in columns] for row in left])


def plus(a: Answer, b: Answer) -> Answer:
    """Return the sum of two matrices of one shape."""
    left, right = _rows(a), _rows(b)
    if len(left) != len(right) or len(left[0]) != len(right[0]):
        raise Unreadable("a sum of matrices of two shapes")
    pairs = [zip(one, other, strict=True) for one, other in zip(left, right, strict=True)]
    return _matrix([[Add((x, y)) for x, y in row] for row in pairs])


def power(node: Sequence, exponent: Expression | str) -> Answer:
    r"""Return `A^T` (exponent "T"), `A^{-1}` by its adjugate, or a small whole power."""
    if exponent == "T":
        return _matrix([list(column) for column in zip(*_rows(node), strict=True)])
    if exponent == Number(Fraction(-1)):
        return _inverse(node)
    if isinstance(exponent, Number) and exponent.value in (1, 2, 3):
        result: Answer = node
        for _ in range(int(exponent.value) - 1):
            result = times(result, node)
        return result
    raise Unreadable("a power of a matrix")


def of_unit_vectors(node: Answer) -> Answer:
    """Return `2i + 3j` (`vocabulary.UNIT_VECTORS`) as the tuple (2, 3), anything else as it is."""
    if isinstance(node, Relation):
        return Relation(node.signs, tuple(of_unit_vectors(side) for side in node.sides))
    names = {name for name in symbols(node) if name.startswith("vector ")} if is_expression(node) else set()
    if not names or not is_expression(node):
        return node
    length = 3 if "vector k" in names else 2
    shares: list[list[Expression]] = [[] for _ in range(length)]
    for term in _terms(node, []):
        place, factor = _split(term)
        shares[place].append(factor)
    zero = Number(Fraction(0))
    return Sequence("()", tuple(Add(tuple(share)) if len(share) > 1 else (*share, zero)[0] for share in shares))


def _terms(node: Expression, factors: list[Expression]) -> list[Expression]:
    """Return the terms of a sum whose factors are multiplied out where a sum of vectors is one of them."""
    if isinstance(node, Add):
        return [term for part in node.terms for term in _terms(part, factors)]
    if isinstance(node, Mul):
        node = Mul(tuple(_flat(node)))
        sums = [part for part in node.factors if isinstance(part, Add) and _has_vector(part)]
        if sums:
            rest = [part for part in node.factors if part is not sums[0]]
            return _terms(sums[0], [*factors, *rest])
    return [product(*factors, node)]


def _split(term: Expression) -> tuple[int, Expression]:
    """Return which of i, j, k a term is a multiple of, and its factor. Raises Unreadable where it is not."""
    factors = _flat(term)
    vectors = [part for part in factors if _has_vector(part)]
    if len(vectors) != 1 or not isinstance(vectors[0], Symbol):
        raise Unreadable("a sum of vectors and something else")
    rest = [part for part in factors if part is not vectors[0]]
    return "ijk".index(vectors[0].name[-1]), product(*rest) if rest else Number(Fraction(1))


def _flat(node: Expression) -> list[Expression]:
    return [part for factor in node.factors for part in _flat(factor)] if isinstance(node, Mul) else [node]


def _has_vector(node: Expression) -> bool:
    return any(name.startswith("vector ") for name in symbols(node))


def _inverse(node: Sequence) -> Answer:
    rows = _square(node)
    over = inverse(_determinant(rows))
    size = range(len(rows))
    cells = [[_product(over, _cofactor(rows, column, row)) for column in size] for row in size]
    return _matrix(cells)


def _cofactor(rows: Rows, row: int, column: int) -> Expression:
    if len(rows) == 1:
        return Number(Fraction(1))
    minor = _determinant([line[:column] + line[column + 1 :] for line in rows[:row] + rows[row + 1 :]])
    return negated(minor) if (row + column) % 2 else minor


def _determinant(rows: Rows) -> Expression:
    if len(rows) == 1:
        return rows[0][0]
    terms: list[Expression] = []
    for column, factor in enumerate(rows[0]):
        minor = _determinant([row[:column] + row[column + 1 :] for row in rows[1:]])
        term = product(factor, minor)
        terms.append(negated(term) if column % 2 else term)
    return Add(tuple(terms))


def _square(node: Sequence) -> Rows:
    rows = _rows(node)
    if any(len(row) != len(rows) for row in rows) or len(rows) > MAX_DETERMINANT:
        raise Unreadable("a determinant that is not square, or too large")
    return rows


def _rows(node: Answer) -> Rows:
    """Return the cells. Raises Unreadable on anything but a full matrix of moderate size."""
    if not is_matrix(node):
        raise Unreadable("arithmetic with something that is no value")
    rows = [[scalar(cell) for cell in row.items] for row in node.items if isinstance(row, Sequence)]
    if len({len(row) for row in rows}) != 1 or len(rows) * len(rows[0]) > MAX_CELLS:
        raise Unreadable("a matrix that is not full, or too large")
    return rows


def _matrix(rows: Rows) -> Sequence:
    return Sequence("matrix", tuple(Sequence("row", tuple(row)) for row in rows))


def _product(a: Expression, b: Expression) -> Expression:
    return Number(a.value * b.value) if isinstance(a, Number) and isinstance(b, Number) else product(a, b)


def _dot(row: list[Expression], column: tuple[Expression, ...]) -> Expression:
    terms = tuple(_product(x, y) for x, y in zip(row, column, strict=True))
    return terms[0] if len(terms) == 1 else Add(terms)
