"""Linear equations in x, brackets on both sides at the top difficulty; one transformation a line."""

from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random

from pipeline.families.draft import Draft, slipped, written
from verifiers.families import linear_form

NAME = "linear"
VERSION = 1
DOMAIN = "math"
DIFFICULTIES = (2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class _Side:
    """factor * (x + shift) + slope * x + constant; a part that is 0 is not written."""

    factor: int = 0
    shift: int = 0
    slope: int = 0
    constant: int = 0

    def __str__(self) -> str:
        text = ""
        if self.factor:
            text = f"{self.factor}(x {'+' if self.shift >= 0 else '-'} {abs(self.shift)})"
        if self.slope:
            coefficient = "" if abs(self.slope) == 1 else str(abs(self.slope))
            text += _signed(text, self.slope, f"{coefficient}x")
        if self.constant or not text:
            text += _signed(text, self.constant, str(abs(self.constant)))
        return text


def _signed(before: str, value: int, magnitude: str) -> str:
    if not before:
        return f"-{magnitude}" if value < 0 else magnitude
    return f" - {magnitude}" if value < 0 else f" + {magnitude}"


def problem(rng: Random, difficulty: int) -> Draft:
    """Draw an equation; three in four have a whole solution."""
    while True:
        x = Fraction(rng.randint(-12, 20), 1 if rng.random() < 0.75 else rng.randint(2, 5))
        left, right = _sides(rng, difficulty)
        slope = left.factor + left.slope - right.factor - right.slope
        offset = right.factor * right.shift + right.constant - left.factor * left.shift - left.constant
        constant = slope * x - offset
        if slope and constant.denominator == 1 and 0 < abs(constant) < 200:
            right = replace(right, constant=right.constant + int(constant))
            statement = f"Solve for x: {left} = {right}"
            return Draft(statement=statement, reference=written(x))


def _sides(rng: Random, difficulty: int) -> tuple[_Side, _Side]:
    def nonzero(low: int, high: int) -> int:
        return rng.choice([v for v in range(low, high + 1) if v])

    bracket = _Side(factor=rng.randint(2, 9), shift=nonzero(-9, 9))
    plain = _Side(slope=rng.randint(2, 12), constant=nonzero(-30, 30))
    if difficulty <= 2:
        return plain, _Side()
    if difficulty == 3:
        return plain, _Side(slope=nonzero(-6, 9))
    if difficulty == 4:
        return replace(bracket, constant=nonzero(-20, 20)), _Side(slope=nonzero(-6, 9))
    return replace(bracket, constant=nonzero(-20, 20)), _Side(factor=rng.randint(2, 9), shift=nonzero(-9, 9))


def solution(draft: Draft, rng: Random, slip_rate: float) -> list[str]:
    """Expand, collect, move, combine, divide; steps with nothing to do are left out."""
    left, right = (_read(side) for side in draft.statement.removeprefix("Solve for x: ").split(" = "))
    lines: list[str] = []

    def slip() -> bool:
        return rng.random() < slip_rate

    if left.factor or right.factor:
        expanded = [_expanded(side, rng, bool(side.factor) and slip()) for side in (left, right)]
        lines.append(" = ".join(text for text, _ in expanded))
        left, right = (side for _, side in expanded)
        collected = f"{left} = {right}"
        if collected != lines[-1]:
            if slip():
                left = replace(left, constant=slipped(left.constant, rng))
            lines.append(f"{left} = {right}")
    moved, slope, constant = _moved(left, right, rng, slip())
    if moved is not None:
        lines.append(moved)
        if slip():
            constant = slipped(constant, rng) if rng.random() < 0.7 else -constant or 1
        lines.append(f"{_Side(slope=slope)} = {constant}")
    x = Fraction(constant, slope)
    if slip():
        x = -x if x and rng.random() < 0.3 else Fraction(slipped(int(x), rng))
    if slope != 1:
        lines.append(f"x = {written(x)}")
    return [*lines, f"Answer: {written(x if slope != 1 else Fraction(constant))}"]


def _expanded(side: _Side, rng: Random, slip: bool) -> tuple[str, _Side]:
    """Return the written-out side (`3x + 12 - 5`) and the same collected."""
    if not side.factor:
        return str(side), side
    product = side.factor * side.shift
    if slip:
        product = rng.choice((side.shift, -product, slipped(product, rng)))
    text = str(_Side(slope=side.factor, constant=product))
    if side.slope:
        text += _signed(text, side.slope, f"{'' if abs(side.slope) == 1 else abs(side.slope)}x")
    if side.constant:
        text += _signed(text, side.constant, str(abs(side.constant)))
    return text, _Side(slope=side.factor + side.slope, constant=product + side.constant)


def _moved(left: _Side, right: _Side, rng: Random, slip: bool) -> tuple[str | None, int, int]:
    """Return the line with x on the left and numbers on the right, and what it comes to; None where nothing moves."""
    slope_moved, constant_moved = -right.slope, -left.constant
    if slip and rng.random() < 0.5 and left.slope - slope_moved:
        slope_moved = -slope_moved
    elif slip:
        constant_moved = -constant_moved
    slope, constant = left.slope + slope_moved, right.constant + constant_moved
    if slope == 0:
        slope, slope_moved = left.slope - right.slope, -right.slope
    if not right.slope and not left.constant:
        return None, slope, constant
    text_left, text_right = str(_Side(slope=left.slope)), str(_Side(constant=right.constant))
    if slope_moved:
        text_left += _signed(text_left, slope_moved, f"{'' if abs(slope_moved) == 1 else abs(slope_moved)}x")
    if constant_moved:
        text_right += _signed(text_right, constant_moved, str(abs(constant_moved)))
    return f"{text_left} = {text_right}", slope, constant


def _read(text: str) -> _Side:
    """Return the side that `text` was written from."""
    if "(" in text:
        head, tail = text.split(")", 1)
        factor, inner = head.split("(")
        form = linear_form.read(inner)
        rest = linear_form.read("0" + tail) if tail else None
        assert form is not None
        slope, constant = (int(rest.slope), int(rest.constant)) if rest else (0, 0)
        return _Side(factor=int(factor), shift=int(form.constant), slope=slope, constant=constant)
    form = linear_form.read(text)
    assert form is not None
    return _Side(slope=int(form.slope), constant=int(form.constant))
