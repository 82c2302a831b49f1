"""Plain calculations: both sides have a value; are they the same?

- Two exact values are compared exactly. A result that is written as one number may be rounded:
  to two or more digits after the point it is right when those digits are (3.33 for 10/3; half goes either way), and
  unsure when they were cut off (0.66 for 2/3). To one digit it is right for what has no end (0.3 for 1/3), else unsure.
  A whole number for what is none is wrong (3 for 10/3), unless the step says that it is rounded (`about`, `nearest`,
  ≈): then right within half of its last digit that is not 0, unsure within one.
- A result that only the rounding of doubles keeps from being exact (14.999999999999998 for 15) is right.
- `%` and scales are tried both ways: 20% of 50 is 10, and 100% - 40% is 60%.
- Units are not converted. Where a mismatch has two units of one kind in it (hours and minutes), it is unsure.
- What may be read in another way, or is cut from something longer, is never wrong.
"""

import re
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from schemas.verdict import ClaimVerdict
from verifiers.math_text.units import Unit, is_unit, read_unit
from verifiers.steps.equations import Equation
from verifiers.steps.numbers import number
from verifiers.steps.pieces import Piece
from verifiers.steps.reading import Side, Text, Value
from verifiers.steps.sides import read
from verifiers.steps.words import ROUNDED

_FLOAT = Fraction(1, 10**12)
"""Relative difference that a few operations on doubles make at most: 14.999999999999998 for 15."""

MAX_SHOWN = 40
"""Characters of a value that a reason quotes."""


class Judgement(NamedTuple):
    """A verdict and why."""

    verdict: ClaimVerdict
    reason: str


def judge(text: Text, link: Equation) -> Judgement | None:
    """Judge a link whose sides both have a value; None for two bare numbers that calculate nothing."""
    left, right = link.left.value, link.right.value
    if left is None or right is None:
        if (link.left.undefined or link.right.undefined) and not (link.cut or _doubt(link)):
            return Judgement("wrong", "a division by zero")
        return Judgement("unsure", link.cut or link.left.doubt or link.right.doubt or "a side has no value here")
    bare = not (link.left.operations or link.right.operations or link.position)
    if link.cut:
        return None if bare else Judgement("unsure", f"may be part of something longer: {link.cut}")
    if left == right:
        return Judgement("right", f"both sides are {shown(left)}")
    left, right = Fraction(left), Fraction(right)
    if bare:
        return _conversion(text, link)
    doubt = _doubt(link)
    found = _inexact(text, link)
    if found is None:
        reason = doubt or _other_meaning(text, link, left, right)
        found = Judgement("unsure", reason) if reason else _mismatch(link, left, right)
    return Judgement("unsure", doubt) if doubt and found.verdict != "unsure" and "rounded" in found.reason else found


def _inexact(text: Text, link: Equation) -> Judgement | None:
    """Judge by all readings of `%` and scales, and by what rounding may do; None where nothing makes the sides meet."""
    said = link.about or says_rounded(text)
    found = None
    for (left, _), (right, share) in product(_readings(text, link.left), _readings(text, link.right)):
        if left == right:
            return Judgement("right", "equal as percentages or in their scale")
        judged = _rounded(link, left, right, 2 if share else 0, said)
        if judged is not None and (found is None or judged.verdict == "right"):
            found = judged
    return found


def _readings(text: Text, side: Side) -> list[tuple[Fraction, bool]]:
    """Return the values of a side, each with whether it was read as a percentage."""
    if side.value is None:
        return []
    if not side.soft or text.pieces[side.first].start != side.start:
        return [(Fraction(side.value), False)]
    plain = read(text, side.first, plain=True)
    share = any(piece.kind == "percent" for piece in text.pieces[side.first : side.after])
    values = [(Fraction(side.value), share)]
    if plain is not None and plain.value is not None:
        values.append((Fraction(plain.value), False))
    return values


def _other_meaning(text: Text, link: Equation, left: Fraction, right: Fraction) -> str:
    """Say what a mismatch may mean other than an error; empty where there is nothing."""
    if link.left.mixed or link.right.mixed:
        return "adds a share to something else"
    units = _units(text, link, left, right)
    if units:
        return f"two units of {units}, which are not converted"
    first, second = text.pieces[link.right.first : link.right.first + 2]
    if first.kind == "number" and second.text in ("+", "-") and number(first.text)[0] == left:
        return "the sign may mean that the calculation goes on"
    if left == 100 * right and any(
        piece.text in ("$", "\\$") for piece in text.pieces[link.left.first : link.right.first + 1]
    ):
        return "cents may be meant"
    if _whole_part(text, link, left, right):
        return f"{shown(left)}, perhaps with a remainder"
    return ""


def _doubt(link: Equation) -> str:
    """Say why the link may mean something else than was read; empty where nothing speaks for it."""
    left, right = link.left, link.right
    doubt = link.doubt or left.doubt or right.doubt
    if doubt:
        return doubt
    if left.operations == 0 and left.described and not link.position:
        return "a quantity, not a calculation, stands before the sign"
    if right.worded:
        return "words on the right may go on with something else"
    if len(_CLOCK.findall(f"{link.left_text} {link.right_text}")) > 1:
        return "times of day without a colon"
    return ""


_CLOCK = re.compile(r"(?<![0-9.,])0[0-9]{3}(?![0-9.,])")


def shown(value: Value) -> str:
    """Return a value as a reason quotes it."""
    if isinstance(value, Fraction) and value.denominator != 1:
        text = f"{value.numerator}/{value.denominator}"
        if abs(value) < 10**12 and value.denominator > 1:
            text = f"{float(value):.10g}"
    else:
        text = str(int(value)) if abs(value) < 10**MAX_SHOWN else "a large number"
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."


def says_rounded(text: Text) -> bool:
    """Whether the step says that something is rounded."""
    return any(piece.text.lower() in ROUNDED for piece in text.pieces if piece.kind == "word") or any(
        piece.kind == "relation" and piece.text in "~∼" for piece in text.pieces
    )


def _rounded(link: Equation, left: Fraction, right: Fraction, shift: int, said: bool) -> Judgement | None:
    """Judge `left = right` where one of them is one number that may be rounded; None where it cannot be that.

    `shift` is 2 where the right side is a percentage: 33% has two digits after the point.
    """
    if (link.left.inexact or link.right.inexact) and abs(left - right) <= _FLOAT * max(abs(left), abs(right)):
        return Judgement("right", f"{shown(left)}, calculated in floating point")
    stated, exact, side = right, left, link.right
    if side.decimals is None:
        stated, exact, side, shift = left, right, link.left, 0
    if side.decimals is None:
        inexact = link.left.inexact or link.right.inexact or link.about
        if inexact and abs(left - right) * 50 <= max(abs(left), abs(right)):
            return Judgement("unsure", "equal only if numbers in it were rounded")
        return None
    if side.decimals + shift == 0:
        return _whole(link, stated, exact, side.zeros, said)
    digits, gap = side.decimals + shift, abs(exact - stated)
    unit = Fraction(1, 10**digits)
    if gap > unit:
        return None
    if gap * 2 <= unit:
        if digits >= 2 or said or _endless(exact):
            return Judgement("right", f"{shown(exact)}, rounded")
        return Judgement("unsure", f"{shown(exact)}, rounded to one digit")
    if abs(stated) < abs(exact) and (digits >= 2 or said) and _endless(exact):
        return Judgement("unsure", f"{shown(exact)}, cut off and not rounded")
    if link.about and (link.left.inexact or link.right.inexact):
        return Judgement("unsure", f"{shown(exact)}, nearly")
    return None


def _whole(link: Equation, stated: Fraction, exact: Fraction, zeros: int, said: bool) -> Judgement | None:
    """Judge a whole number that may be rounded. Only a sign such as ≈ rounds to tens and hundreds, or what is whole."""
    gap = abs(exact - stated)
    unit = Fraction(10 ** min(zeros, 12) if link.about else 1)
    if not said or gap >= unit or (exact == exact // 1 and not link.about):
        return None
    if gap * 2 <= unit and gap * 10 <= abs(exact):
        return Judgement("right", f"{shown(exact)}, rounded")
    return Judgement("unsure", f"{shown(exact)}, rounded or not")


def _endless(value: Fraction) -> bool:
    """Whether its decimal expansion has no end."""
    bottom = value.denominator
    for prime in (2, 5):
        while bottom % prime == 0:
            bottom //= prime
    return bottom != 1


def _mismatch(link: Equation, left: Fraction, right: Fraction) -> Judgement:
    if link.about:
        close = abs(left - right) * 20 <= max(abs(left), abs(right))
        return Judgement("unsure" if close else "wrong", f"{shown(left)} against {shown(right)}")
    return Judgement("wrong", f"the left side is {shown(left)}, the right side {shown(right)}")


def _whole_part(text: Text, link: Equation, left: Fraction, right: Fraction) -> bool:
    """Whether the result is the quotient without its remainder, and the step speaks of one; or `12 200` is 12."""
    if link.right.decimals is None:
        return False
    if " " in link.right_text and str(left) == link.right_text.split(" ", 1)[0].lstrip("$"):
        return True
    words = (piece.text.lower() for piece in text.pieces if piece.kind == "word")
    return right == left // 1 and any(word.startswith(("remain", "leftover", "full", "whole")) for word in words)


def _units(text: Text, link: Equation, left: Fraction, right: Fraction) -> str:
    """Return the kind of two different units that may explain a mismatch; empty where there are none.

    In a sum of both they may; in a product only where the sides differ by just their ratio.
    """
    pieces = text.pieces[max(link.left.first - 2, 0) : link.right.after + 2]
    if link.start != link.left.start:
        return ""
    factors: dict[str, set[Fraction]] = {}
    for index, piece in enumerate(pieces):
        unit = None if index and pieces[index - 1].text in ("/", "per") else _unit(piece)
        if unit is not None:
            factors.setdefault(unit.dimension, set()).add(unit.factor)
    if {"time s", "months"} <= set(factors):
        factors = {"time": set(_CALENDAR)}
    for dimension, found in factors.items():
        if len(found) < 2:
            continue
        summed = any(piece.kind == "sign" and piece.text in "+-" for piece in pieces[1:])
        if summed or any(left == right * ratio or left * ratio == right for ratio in _ratios(found)):
            return dimension.split(" ")[0]
    return ""


def _ratios(factors: set[Fraction]) -> set[Fraction]:
    return factors if factors == _CALENDAR else {one / other for one in factors for other in factors}


_CALENDAR = set(map(Fraction, (4, 5, 7, 12, 24, 28, 30, 31, 52, 360, 365, 366)))


def _unit(piece: Piece) -> Unit | None:
    if piece.kind == "word" and piece.text not in ("a", "in") and is_unit(piece.text):
        return read_unit(piece.text)
    if piece.text in ("$", "\\$", "¢"):
        return read_unit(piece.text.strip("\\"))
    if piece.kind == "text" and is_unit(inside := piece.text[piece.text.index("{") + 1 : -1].strip()):
        return read_unit(inside)
    return None


def _conversion(text: Text, link: Equation) -> Judgement | None:
    """Judge `2 hours = 120 minutes`; None where the two are not numbers with known units of one kind."""
    found = []
    for side in (link.left, link.right):
        at = side.after
        while at < len(text.pieces) - 1 and text.pieces[at].kind in ("delimiter", "money"):
            at += 1
        inside = [piece for piece in text.pieces[side.first : at + 1] if piece.kind == "word"]
        unit = read_unit(inside[0].text) if inside else None
        if unit is None or not unit.known:
            return None
        found.append((side.value, unit))
    (left, one), (right, other) = found
    if left is None or right is None or one.dimension != other.dimension or one == other:
        return None
    if left * one.factor == right * other.factor:
        return Judgement("right", "the same in another unit")
    return Judgement("unsure", "the units may be rounded or mean something else")
