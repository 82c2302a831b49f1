"""Formulas: `2(x+1) = 2x + 2` holds for every x, `2x = 4` follows from `2x + 1 = 5`, `x + 1 = 6` holds for x = 5.

An equation that does not hold for all values is no error by itself. It is wrong where

- it has no variable and its sides differ: `\\sqrt{16} = 5`;
- all of its variables are bound to values under which it fails, and nothing in the step makes that conditional;
- it goes on a chain of identities, both sides are polynomials in the same letters, and neither the problem nor an
  equation before it says anything about them: `(x+1)^2 = x^2 + 2x + 1 = x^2 + 3x`;
- it is linear in its one variable, like the equation just before it, nothing says that it is about something else
  (`if`, `let`, `the other`), and their solutions differ further than rounding explains: `4x = 44`, then `x = 81 goats`.
  Not where that variable had a value before, or stood in a square or a denominator: then it may have several;
- it holds for no value of its one variable, or for none but 0: `2(x+7) = 2x + 17`, `2 * 3x = 5x`.

Everything else is unsure. Texts are read and compared by `math_text` and `equality`, within their budgets.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from verifiers.equality import tiers
from verifiers.equality.exact import TooLarge, Undefined, rational
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
from verifiers.steps import linear
from verifiers.steps.bindings import Bindings, conditional, supposed
from verifiers.steps.description import is_known_unit
from verifiers.steps.equations import Equation
from verifiers.steps.judgement import Judgement, shown
from verifiers.steps.reading import Text, Value
from verifiers.steps.words import DENIALS

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


_DIGITS = re.compile(r"[0-9.,\s]+")
_FINE = re.compile(r"\.[0-9]{2}")
_BENT = re.compile(r"([A-Za-z])\s?(?:\^|²|³)|\|([A-Za-z])")
_SEVERAL = ("|", "±", "\\pm", "<", ">", "≤", "≥", "\\le", "\\ge", "^2", "²")
"""Signs of a step whose variables may have several values."""
_INFERS = frozenset({"then", "so", "thus", "hence", "therefore"})


class _Solved(NamedTuple):
    """The linear equation just before, in one variable."""

    name: str
    solution: Fraction
    step: int
    after: int
    """Index of the piece after it in its step."""
    alone: bool
    """Nothing was known of the variable before, and it has one value."""
    skeleton: str
    """Its text without digits: `x + 60 = 90` is no rewriting of `x + 50 = 90`."""
    unit: str
    """The unit of its right side."""
    fine: bool
    """Has a number with two digits after the point, which may be rounded."""


class Rewriting:
    """What the formulas so far have been."""

    def __init__(self, statement: str) -> None:
        self._left = MAX_CHARS
        self._constrained = set(_LETTERS.findall(statement))
        """Variables of which something is known: one formula may be replaced by another that it is not identical to."""
        self._bent = {one or other for one, other in _BENT.findall(statement)}
        """Variables that may have several values."""
        self._unread: list[str] = []
        self._found: set[str] = set()
        """Variables that an equation has been solved for."""
        self._several: set[str] = set()
        """Variables with two equations that nothing connects."""
        self._identity = False
        self._solved: _Solved | None = None
        self._step = 0

    def next_step(self, step: str) -> None:
        """Say that what follows is in the next step, which is `step`."""
        self._step += 1
        self._unread.append(step)

    def _read_signs(self) -> None:
        """Take note of the letters in steps that speak of several values; only where formulas are judged at all."""
        for step in self._unread:
            if any(sign in step for sign in _SEVERAL):
                self._bent.update(_LETTERS.findall(step))
        self._unread.clear()

    def solution(self, text: Text, link: Equation) -> Judgement | None:
        """Judge `x = 2` as the solution of the equation just before it; None where there was none."""
        solved, self._solved = self._solved, None
        value = link.right.value
        if solved is None or value is None or solved.name != link.left_text or self._step - solved.step > 1:
            return None
        self._found.add(solved.name)
        if solved.solution == value:
            return Judgement("right", "solves the equation before it")
        if link.about or link.cut or link.right.soft or _doubtful(link) or _rounds(link, solved):
            return None
        if solved.unit != _unit(text, link) and "" not in (solved.unit, _unit(text, link)):
            return None
        if self._goes_on(text, link, solved):
            return Judgement("wrong", f"the equation before it has {solved.name} = {shown(solved.solution)}")
        return None

    def _goes_on(self, text: Text, link: Equation, before: _Solved) -> bool:
        """Whether `link` must be about the same value as the equation before it."""
        first = before.after if before.step == self._step else 0
        between = [piece for piece in text.pieces[first : link.first] if piece.kind == "word"]
        if before.step == self._step and between and between[-1].text.lower() in _INFERS:
            return before.name not in self._several
        if before.step == self._step and between and between[-1].text.lower() in ("and", "or"):
            return False
        says = text.once(_says_how)
        if supposed(text, first, link, same=says):
            return False
        return says or before.alone or (text.once(_only_equations) and before.name not in self._several)

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
        self._read_signs()
        self._bent |= linear.bent(left) | linear.bent(right)
        opinion = tiers.fast(left, right)
        if opinion == "equal":
            self._identity = True
            return Judgement("right", "holds for all values" if names else "both sides have one value")
        if opinion != "different":
            return Judgement("unsure", "values cannot decide it")
        if not names:
            return self._constants(link, left, right)
        if was_identity and self._must_be_identical(link, left, right):
            return Judgement("wrong", "the two sides differ")
        self._constrained |= names
        return self._bound(text, link, left, right, bindings) or self._equation(text, link, left, right, bindings)

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
        safe = not (link.about or _doubtful(link) or text.once(conditional) or link.left.inexact or link.right.inexact)
        # Solved for once, a letter may stand for something new in the next equation.
        known = self._bent | self._several
        safe = safe and not names & (known if _is_inferred(text, link) else known | self._found)
        one_sided = not (symbols(left) and symbols(right))
        if safe and one_sided and not _CALLED.search(link.left_text + " " + link.right_text):
            return Judgement("wrong", f"fails for {where}: {shown(first)} against {shown(second)}")
        return Judgement("unsure", f"fails for {where}, which may not be meant here")

    def _equation(
        self, text: Text, link: Equation, left: Expression, right: Expression, bindings: Bindings
    ) -> Judgement:
        names = symbols(left) | symbols(right)
        called = _CALLED.search(f"{link.left_text} {link.right_text}") is not None
        sure = not (called or link.about or _doubtful(link))
        free = sure and len(names) == 1 and linear.never(left, right, next(iter(names)))
        if free and not (text.once(_denies) or supposed(text, 0, link, same=True)):
            return Judgement("wrong", "holds for no value that can be meant")
        solution = linear.solution(left, right, next(iter(names))) if len(names) == 1 and not link.position else None
        before = self._solved
        self._solved = None
        if solution is None:
            return Judgement("unsure", "an equation, which need not hold for all values")
        (name,) = names
        self._solved = _Solved(
            name,
            solution,
            self._step,
            link.right.after,
            alone=not (bindings.has_known(name) or name in self._bent or name in self._several or called),
            skeleton=_skeleton(link),
            unit=_unit(text, link),
            fine=_FINE.search(f"{link.left_text} {link.right_text}") is not None,
        )
        if before is None or before.name != name or self._step - before.step > 1:
            return Judgement("unsure", "an equation, which need not hold for all values")
        if before.solution == solution:
            return Judgement("right", "has the solution of the equation before it")
        anew = before.skeleton == self._solved.skeleton and not text.once(_says_how)
        close = abs(before.solution - solution) * 50 <= max(abs(before.solution), abs(solution))
        rounded = close and (before.fine or self._solved.fine)
        soft = link.left.soft or link.right.soft
        if sure and not (rounded or soft or anew) and self._goes_on(text, link, before):
            # Which of the two is meant from here on is unknown.
            self._solved = self._solved._replace(alone=False)
            return Judgement(
                "wrong", f"{name} is {shown(solution)} here, {shown(before.solution)} in the equation before"
            )
        if not rounded:
            self._several.add(name)
            self._solved = self._solved._replace(alone=False)
        return Judgement("unsure", "may have nothing to do with the equation before it")


def _skeleton(link: Equation) -> str:
    return _DIGITS.sub("", f"{link.left_text}={link.right_text}")


def _unit(text: Text, link: Equation) -> str:
    """Return the unit of measure after the right side, a currency sign before it; empty where there is none."""
    piece = text.pieces[link.right.after]
    if is_known_unit(piece.text):
        return piece.text.lower().removesuffix("s")
    return "$" if "$" in text.text[link.left.end : link.right.start] else ""


def _rounds(link: Equation, solved: _Solved) -> bool:
    """Whether rounding may explain that `x = 3` follows `3x = 10`."""
    if link.right.value is None:
        return True
    gap, digits = abs(solved.solution - link.right.value), link.right.decimals or 0
    return gap <= Fraction(1, 10**digits) and (digits > 0 or solved.solution.denominator > 1)


def _is_inferred(text: Text, link: Equation) -> bool:
    """Whether the link follows a word such as `therefore` in its sentence, and does not speak of something else."""
    for at in range(link.first - 1, -1, -1):
        piece = text.pieces[at]
        if piece.kind in ("line", "equals") or piece.text in (".", ":", ";"):
            return False
        if piece.text.lower() in _INFERS:
            return not supposed(text, at + 1, link, same=False)
    return False


def _denies(text: Text) -> bool:
    """Whether the step says of anything that it is false."""
    return any(piece.text.lower() in DENIALS for piece in text.pieces if piece.kind == "word")


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
