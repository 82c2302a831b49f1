"""Formulas: `2(x+1) = 2x + 2` holds for every x, `2x = 4` follows from `2x + 1 = 5`, `x + 1 = 6` holds for x = 5.

An equation that does not hold for all values is no error by itself. It is wrong where

- it has no variable and its sides differ: `\\sqrt{16} = 5`;
- all of its variables are bound to values under which it fails, and nothing in the step makes that conditional;
- it goes on a chain of identities, both sides are polynomials in the same letters, and neither the problem nor an
  equation before it says anything about them: `(x+1)^2 = x^2 + 2x + 1 = x^2 + 3x`;
- it is linear in its one variable, like the equation just before it, the step says how one came from the other
  (`dividing both sides`) or says nothing else, and their solutions differ;
- it holds for no value of its one variable, or for none but 0: `2(x+7) = 2x + 17`, `2 * 3x = 5x`.

Everything else is unsure. Texts are read and compared by `math_text` and `equality`, within their budgets.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from verifiers import equality
from verifiers.exact import TooLarge, Undefined, rational
from verifiers.math_text.expression import read
from verifiers.math_text.tokens import Unreadable
from verifiers.math_text.tree import (
    Call,
    Constant,
    Expression,
    Number,
    is_expression,
    substituted,
    symbols,
    walk,
)
from verifiers.steps.arithmetic import Judgement, shown
from verifiers.steps.bindings import Bindings, conditional
from verifiers.steps.equations import Equation
from verifiers.steps.reading import Text, Value

MAX_SIDE_CHARS = 200
MAX_CHARS = 6_000
"""Characters of formulas in one solution that are looked at; values at many points cost up to 20 ms for 400 of them."""

_TRANSFORMED = (
    "subtract",
    "add",
    "divid",
    "multipl",
    "simplif",
    "combin",
    "expand",
    "distribut",
    "isolat",
    "solv",
    "both",
)
_ANGLES = frozenset({"sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "log"})
_CALLED = re.compile(r"[A-Za-z]\(")
_LETTERS = re.compile(r"(?<![A-Za-z\\])[A-Za-z](?![A-Za-z])")
_NAME = re.compile(r"\\?[A-Za-z]+(?:'|_(?:[A-Za-z0-9]|\{[^{}]{1,8}\}))?(?:\([A-Za-z0-9, ]{1,12}\))?")


class _Solved(NamedTuple):
    """The linear equation just before, in one variable."""

    name: str
    solution: Fraction
    step: int


class Rewriting:
    """What the formulas so far have been."""

    def __init__(self, statement: str) -> None:
        self._left = MAX_CHARS
        self._constrained = set(_LETTERS.findall(statement))
        """Variables of which something is known: one formula may be replaced by another that it is not identical to."""
        self._identity = False
        self._solved: _Solved | None = None
        self._step = 0

    def next_step(self) -> None:
        """Say that what follows is in the next step."""
        self._step += 1

    def solution(self, text: Text, link: Equation) -> Judgement | None:
        """Judge `x = 2` as the solution of the equation just before it; None where there was none."""
        solved, self._solved = self._solved, None
        value = link.right.value
        if solved is None or value is None or solved.name != link.left_text or self._step - solved.step > 1:
            return None
        if solved.solution == value:
            return Judgement("right", "solves the equation before it")
        if link.about or link.right.decimals or conditional(text) or link.cut or link.doubt or link.right.doubt:
            return None
        if _says_how(text) or _only_equations(text) or self._step == solved.step:
            return Judgement("wrong", f"the equation before it has {solved.name} = {shown(solved.solution)}")
        return None

    def judge(self, text: Text, link: Equation, bindings: Bindings) -> Judgement | None:
        """Judge a link with formulas in it; None for definitions and for what cannot be read."""
        was_identity, self._identity = self._identity and link.position > 0, False
        if self._left <= 0 or link.cut or (_NAME.fullmatch(link.left_text) and not link.position):
            return None
        self._left -= len(link.left_text) + len(link.right_text)
        left, right = (_tree(side) for side in (link.left_text, link.right_text))
        if left is None or right is None:
            return None
        names = symbols(left) | symbols(right)
        opinion = equality.fast(left, right)
        if opinion == "equal":
            self._identity = True
            return Judgement("right", "holds for all values" if names else "both sides have one value")
        if opinion == "unsure":
            return Judgement("unsure", "values cannot decide it")
        if not names:
            return self._constants(link, left, right)
        if was_identity and self._must_be_identical(link, left, right):
            return Judgement("wrong", "the two sides differ")
        self._constrained |= names
        return self._bound(text, link, left, right, bindings) or self._equation(text, link, left, right)

    def _must_be_identical(self, link: Equation, left: Expression, right: Expression) -> bool:
        """Whether nothing but identity can be meant: polynomials in letters of which nothing else is known."""
        names = symbols(left)
        if names != symbols(right) or names & self._constrained or link.about or _doubtful(link):
            return False
        if not all(len(name) == 1 for name in names) or _CALLED.search(f"{link.left_text} {link.right_text}"):
            return False
        return not any(isinstance(part, Call | Constant) for side in (left, right) for part in walk(side))

    def _constants(self, link: Equation, left: Expression, right: Expression) -> Judgement:
        parts = [part for side in (left, right) for part in walk(side)]
        if link.about or link.left.inexact or link.right.inexact or _doubtful(link):
            return Judgement("unsure", "may be rounded")
        if any(isinstance(part, Call) and part.name in _ANGLES for part in parts):
            return Judgement("unsure", "angles may be in degrees, logarithms of any base")
        if any(isinstance(part, Constant) and part.name in ("e", "i", "inf") for part in parts):
            return Judgement("unsure", "`e` and `i` may be variables")
        return Judgement("wrong", "the two sides differ")

    def _bound(
        self, text: Text, link: Equation, left: Expression, right: Expression, bindings: Bindings
    ) -> Judgement | None:
        values = bindings.values
        names = symbols(left) | symbols(right)
        if not names <= values.keys():
            return None
        first, second = _value(left, values), _value(right, values)
        if first is None or second is None:
            return None
        where = ", ".join(f"{name} = {shown(values[name])}" for name in sorted(names)[:3])
        if first == second:
            return Judgement("right", f"holds for {where}")
        safe = not (link.about or _doubtful(link) or conditional(text) or link.left.inexact or link.right.inexact)
        one_sided = not (symbols(left) and symbols(right))
        if safe and one_sided and not _CALLED.search(link.left_text + " " + link.right_text):
            return Judgement("wrong", f"fails for {where}: {shown(first)} against {shown(second)}")
        return Judgement("unsure", f"fails for {where}, which may not be meant here")

    def _equation(self, text: Text, link: Equation, left: Expression, right: Expression) -> Judgement:
        names = symbols(left) | symbols(right)
        called = _CALLED.search(f"{link.left_text} {link.right_text}") is not None
        sure = not (called or link.about or _doubtful(link) or conditional(text))
        if sure and symbols(left) == symbols(right) and len(names) == 1 and _never(left, right, next(iter(names))):
            return Judgement("wrong", "holds for no value that can be meant")
        solution = _linear(left, right, next(iter(names))) if len(names) == 1 and not link.position else None
        before = self._solved
        self._solved = None
        if solution is None:
            return Judgement("unsure", "an equation, which need not hold for all values")
        (name,) = names
        self._solved = _Solved(name, solution, self._step)
        if before is None or before.name != name or self._step - before.step > 1:
            return Judgement("unsure", "an equation, which need not hold for all values")
        if before.solution == solution:
            return Judgement("right", "has the solution of the equation before it")
        if sure and (_says_how(text) or _only_equations(text)):
            return Judgement(
                "wrong", f"{name} is {shown(solution)} here, {shown(before.solution)} in the equation before"
            )
        return Judgement("unsure", "may have nothing to do with the equation before it")


def _never(left: Expression, right: Expression, name: str) -> bool:
    """Whether two linear forms in `name` differ by a constant, or are two different multiples of `name`."""
    forms = []
    for side in (left, right):
        values = [_value(side, {name: point}) for point in (0, 1, 2, 7)]
        if None in values:
            return False
        start, one, *others = (value for value in values if value is not None)
        slope = one - start
        if others != [start + 2 * slope, start + 7 * slope]:
            return False
        forms.append((slope, start))
    (a, b), (c, d) = forms
    return (a == c and b != d) or (b == d == 0 and a != c)


def _says_how(text: Text) -> bool:
    """Whether the step says how one equation became another."""
    return any(
        (piece.kind == "word" and piece.text.lower().startswith(_TRANSFORMED))
        or (piece.kind == "relation" and piece.text in ("⇒", "=>", "→", "\\Rightarrow", "\\implies"))
        for piece in text.pieces
    )


def _only_equations(text: Text) -> bool:
    """Whether the step has no words, so that it can only go from one equation to the next."""
    return all(piece.kind != "word" for piece in text.pieces)


def _doubtful(link: Equation) -> bool:
    return bool(link.doubt or link.left.doubt or link.right.doubt)


def _tree(text: str) -> Expression | None:
    if len(text) > MAX_SIDE_CHARS:
        return None
    tree = read(text.replace("&", " "))
    if isinstance(tree, Unreadable) or not is_expression(tree):
        return None
    return None if any(isinstance(part, Call) and part.name in ("pm", "mp") for part in walk(tree)) else tree


def _value(node: Expression, values: Mapping[str, Value]) -> Fraction | None:
    try:
        return rational(substituted(node, {name: Number(Fraction(value)) for name, value in values.items()}))
    except (TooLarge, Undefined):
        return None


def _linear(left: Expression, right: Expression, name: str) -> Fraction | None:
    """Return the one solution of an equation that is linear in `name`, None where it is not or has none."""
    gaps: dict[int, Fraction] = {}
    for point in (0, 1, 2, 7, -3):
        first, second = _value(left, {name: point}), _value(right, {name: point})
        if first is None or second is None:
            return None
        gaps[point] = first - second
    slope = gaps[1] - gaps[0]
    if slope == 0 or any(gaps[point] != gaps[0] + point * slope for point in gaps):
        return None
    return -gaps[0] / slope
