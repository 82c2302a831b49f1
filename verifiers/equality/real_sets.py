r"""Sets of real numbers, however they are written: `(2, \infty)`, `x > 2`, `2x - 4 > 0`, `\{x : x > 2\}`, `\mathbb{R}
\setminus \{0\}`, unions, lists of conditions. Two of them are compared as sets.

The end points of both sides cut the line into cells: points and the gaps between them. Each side keeps its answer
within a cell, so the two are equal if they agree on every cell. End points are ordered exactly, or to 60 digits.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import cmp_to_key
from typing import Literal

from verifiers.equality import numeric, rational_function
from verifiers.equality.exact import Opinion, TooLarge, Undefined, rational
from verifiers.math_text.tree import (
    Add,
    Answer,
    Constant,
    Expression,
    Mul,
    Number,
    Relation,
    Sequence,
    Symbol,
    Text,
    inverse,
    is_expression,
    negated,
    substituted,
    symbols,
)

Judge = Callable[[Expression, Expression], Opinion]
MAX_POINTS = 60
_INTERVALS = frozenset({"()", "[]", "[)", "(]"})
_LOGIC = frozenset({"or", "and", "list"})
_OPERATIONS = frozenset({"union", "intersection", "difference"})
_NOTHING = frozenset(
    {"no solution", "no solutions", "no real solution", "no real solutions", "empty set", "the empty set"}
)
_ALL = frozenset({"all real numbers", "all reals", "all real x", "real numbers", "the real numbers", "any real number"})
_INFINITY = Constant("inf")


class Unknown(ArithmeticError):
    """Not a set of real numbers that this module can describe."""


def is_set(node: Answer) -> bool:
    """Whether `node` can be nothing but a set: a condition, a union, a set by name or by its conditions."""
    match node:
        case Text(words):
            return words in _NOTHING or words in _ALL
        case Relation(signs, _):
            return signs != ("=",) * len(signs)
        case Sequence(kind, items):
            return (
                kind in _OPERATIONS
                or kind in ("builder", "or", "and", "set R")
                or (kind == "{}" and not items)
                or (kind == "list" and all(isinstance(item, Relation) and is_set(item) for item in items))
            )
    return False


def compare(a: Answer, b: Answer, judge: Judge) -> Opinion | None:
    """Compare two sets; None where a side is no set of real numbers, unsure where an end point cannot be placed."""
    try:
        names = _variables(a) | _variables(b)
        if len(names) > 1:
            return None
        name = min(names, default="x")
        points = _points(a, name) + _points(b, name)
        if len(points) > MAX_POINTS:
            return "unsure"
        line = _Line(points, name, judge)
        return "equal" if all(line.holds(a, cell) == line.holds(b, cell) for cell in line.cells) else "different"
    except Unknown:
        return None
    except (ArithmeticError, ValueError):
        return "unsure"


def _variables(node: Answer) -> frozenset[str]:
    match node:
        case Relation(_, sides):
            return frozenset().union(*map(_variables, sides))
        case Sequence("builder", (Symbol(name), *conditions)):
            inside = frozenset().union(*map(_variables, conditions))
            if inside - {name}:
                raise Unknown("conditions on another variable")
            # The name of a bound variable says nothing: it becomes that of the other side.
            return frozenset()
        case Sequence(_, items):
            return frozenset().union(*map(_variables, items))
        case Text() | Symbol():
            return frozenset({node.name}) if isinstance(node, Symbol) else frozenset()
    return symbols(node) if is_expression(node) else frozenset()


def _points(node: Answer, name: str) -> list[Expression]:
    """Return where membership may change, in no order, infinity left out."""
    match node:
        case Relation(("in",), (Symbol(_), where)):
            return _points(where, name)
        case Relation(signs, sides) if "in" not in signs:
            found: list[Expression] = []
            for left, right in zip(sides, sides[1:], strict=False):
                found += _turns(left, right, name)
            return found
        case Sequence("builder", (Symbol(bound), *conditions)):
            return [point for condition in conditions for point in _points(_renamed(condition, bound, name), name)]
        case Sequence("set R", _):
            return []
        case Sequence(kind, items) if kind in _LOGIC or kind in _OPERATIONS:
            return [point for item in items for point in _points(item, name)]
        case Sequence(kind, items) if (kind in _INTERVALS and len(items) == 2) or kind == "{}":
            return [point for item in items for point in _end(item)]
        case Text(words) if words in _NOTHING or words in _ALL:
            return []
    if is_expression(node) and not symbols(node):
        return _end(node)
    raise Unknown("no set")


def _end(node: Answer) -> list[Expression]:
    if not is_expression(node) or symbols(node):
        raise Unknown("no end point")
    if node in (_INFINITY, negated(_INFINITY)):
        return []
    return [node]


def _turns(left: Answer, right: Answer, name: str) -> list[Expression]:
    if not (is_expression(left) and is_expression(right)):
        raise Unknown("no condition")
    for one, other in ((left, right), (right, left)):
        if one == Symbol(name) and not symbols(other):
            return _end(other)
    if not (symbols(left) | symbols(right)):
        return []
    gap = Add((left, negated(right)))
    try:
        return rational_function.turning_points(gap, name)
    except TooLarge:
        return _affine_root(gap, name)


def _affine_root(gap: Expression, name: str) -> list[Expression]:
    """Return the zero of a condition of first degree whose coefficients are not rational."""
    if not is_affine(gap):
        raise Unknown("a condition that this module cannot solve")
    constant = substituted(gap, {name: Number(Fraction(0))})
    slope = Add((substituted(gap, {name: Number(Fraction(1))}), negated(constant)))
    return [Mul((negated(constant), inverse(slope)))]


def is_affine(node: Expression) -> bool:
    """Whether `node` is of first degree in all its variables together, as it is written."""
    match node:
        case Add(parts):
            return all(is_affine(part) for part in parts)
        case Mul(parts):
            return sum(1 for part in parts if symbols(part)) <= 1 and all(is_affine(part) for part in parts)
        case Number() | Symbol() | Constant():
            return True
    return not symbols(node)


def _renamed(node: Answer, old: str, new: str) -> Answer:
    match node:
        case Relation(signs, sides):
            return Relation(signs, tuple(_renamed(side, old, new) for side in sides))
        case Sequence(kind, items):
            return Sequence(kind, tuple(_renamed(item, old, new) for item in items))
    return substituted(node, {old: Symbol(new)}) if is_expression(node) else node


class _Line:
    """The real line, cut at points. Cell 2i is the gap below point i, cell 2i + 1 the point itself."""

    def __init__(self, points: list[Expression], name: str, judge: Judge) -> None:
        self._judge = judge
        self._name = name
        ordered = sorted(set(points), key=cmp_to_key(self._order))
        self._points = [p for i, p in enumerate(ordered) if i == 0 or self._order(ordered[i - 1], p) != 0]
        self.cells = range(2 * len(self._points) + 1)
        self._samples = [self._sample(cell) for cell in self.cells]

    def holds(self, node: Answer, cell: int) -> bool:
        """Whether the numbers of a cell are in the set."""
        match node:
            case Relation(("in",), (_, where)):
                return self.holds(where, cell)
            case Relation(signs, sides):
                return all(
                    self._condition(sign, left, right, cell)
                    for sign, left, right in zip(signs, sides, sides[1:], strict=False)
                )
            case Sequence("builder", (Symbol(bound), *conditions)):
                return all(self.holds(_renamed(condition, bound, self._name), cell) for condition in conditions)
            case Sequence("set R", _):
                return True
            case Sequence("union" | "or", items):
                return any(self.holds(item, cell) for item in items)
            case Sequence("intersection" | "and", items):
                return all(self.holds(item, cell) for item in items)
            case Sequence("difference", (first, *rest)):
                return self.holds(first, cell) and not any(self.holds(item, cell) for item in rest)
            case Sequence("list", items):
                # `x < 1, x > 3` means either, `x > 1, x < 3` both.
                both = any(all(self.holds(item, other) for item in items) for other in self.cells)
                return (all if both else any)(self.holds(item, cell) for item in items)
            case Sequence("{}", items):
                return any(self.holds(item, cell) for item in items)
            case Sequence(kind, (low, high)):
                return self._between(kind, low, high, cell)
            case Text(words):
                return words in _ALL
        return is_expression(node) and self._place(node) == cell

    def _between(self, kind: str, low: Answer, high: Answer, cell: int) -> bool:
        assert is_expression(low) and is_expression(high)
        first, last = self._place(low), self._place(high)
        above = cell > first or (cell == first and kind[0] == "[")
        return above and (cell < last or (cell == last and kind[1] == "]"))

    def _place(self, node: Expression) -> int:
        """Return the cell of a point; -1 and one past the last for the infinities."""
        if node == _INFINITY:
            return len(self.cells)
        if node == negated(_INFINITY):
            return -1
        for index, point in enumerate(self._points):
            if point == node or self._order(point, node) == 0:
                return 2 * index + 1
        raise TooLarge("a point that was not collected")

    def _condition(self, sign: str, left: Answer, right: Answer, cell: int) -> bool:
        assert is_expression(left) and is_expression(right)
        variable = Symbol(self._name)
        turned = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
        if right == variable and left != variable:
            left, right, sign = right, left, turned.get(sign, sign)
        if left == variable and not symbols(right):
            place = self._place(right)
            relation = (cell > place) - (cell < place)
        else:
            here = {self._name: self._samples[cell]}
            left, right = substituted(left, here), substituted(right, here)
            if not (_defined(left) and _defined(right)):
                return False
            relation = self._order(left, right)
        return {"<": relation < 0, "<=": relation <= 0, ">": relation > 0, ">=": relation >= 0, "=": relation == 0}.get(
            sign, relation != 0
        )

    def _sample(self, cell: int) -> Expression:
        index, is_point = divmod(cell, 2)
        if is_point:
            return self._points[index]
        below = self._near(index - 1) if index > 0 else None
        above = self._near(index) if index < len(self._points) else None
        if below is None and above is None:
            return Number(Fraction(0))
        if below is None or above is None:
            return Number((above or Fraction(0)) - 1 if below is None else below + 1)
        return Number((below + above) / 2)

    def _near(self, index: int) -> Fraction:
        """Return a rational within 10^-50 of a point, or the point itself."""
        point = self._points[index]
        try:
            return rational(point)
        except TooLarge:
            with numeric.digits(60):
                scaled = numeric.MP.nint(_real(point) * numeric.MP.mpf(10) ** 50)
                return Fraction(int(scaled), 10**50)

    def _order(self, a: Expression, b: Expression) -> Literal[-1, 0, 1]:
        """Compare two numbers. Raises TooLarge where they are too near to tell."""
        try:
            left, right = rational(a), rational(b)
            return -1 if left < right else 1 if left > right else 0
        except TooLarge:
            pass
        with numeric.digits(60):
            gap = _real(a) - _real(b)
            if abs(gap) > numeric.MP.mpf(10) ** -40:
                return -1 if gap < 0 else 1
        if self._judge(a, b) == "equal":
            return 0
        raise TooLarge("two points too near to each other")


def _defined(node: Expression) -> bool:
    try:
        rational(node)
    except Undefined:
        return False
    except TooLarge:
        return True
    return True


def _real(node: Expression) -> numeric.Value:
    value = numeric.value(node)
    if isinstance(value, numeric.MP.mpc) or not numeric.MP.isfinite(value) or numeric.MP.mag(value) > 200:
        raise TooLarge("no real number of moderate size")
    return value
