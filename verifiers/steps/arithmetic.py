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
from itertools import pairwise, product

from verifiers.steps.equations import Equation
from verifiers.steps.judgement import Judgement, shown
from verifiers.steps.numbers import number
from verifiers.steps.quantities import conversion, counts_one_thing, counts_otherwise, two_units
from verifiers.steps.reading import Side, Text
from verifiers.steps.sides import read
from verifiers.steps.words import ROUNDED, ROUNDS

_FLOAT = Fraction(1, 10**12)
"""Relative difference that a few operations on doubles make at most: 14.999999999999998 for 15."""


def judge(text: Text, link: Equation) -> Judgement | None:
    """Judge a link whose sides both have a value; None for two bare numbers that calculate nothing."""
    left, right = link.left.value, link.right.value
    if left is None or right is None:
        if (link.left.undefined or link.right.undefined) and not (link.cut or _doubt(text, link)):
            return Judgement("wrong", "a division by zero")
        return Judgement("unsure", link.cut or link.left.doubt or link.right.doubt or "a side has no value here")
    bare = not (link.left.operations or link.right.operations or link.position)
    if link.cut:
        return None if bare else Judgement("unsure", f"may be part of something longer: {link.cut}")
    if left == right:
        return Judgement("right", f"both sides are {shown(left)}")
    left, right = Fraction(left), Fraction(right)
    if not (link.left.operations or link.right.operations):
        found = conversion(text, link, rounded=link.about or text.once(says_rounded))
        if bare or found is not None:
            return found
    doubt = _doubt(text, link)
    found = _inexact(text, link)
    if found is None:
        reason = doubt or _other_meaning(text, link, left, right)
        found = Judgement("unsure", reason) if reason else _mismatch(link, left, right)
    return Judgement("unsure", doubt) if doubt and found.verdict != "unsure" and "rounded" in found.reason else found


def _inexact(text: Text, link: Equation) -> Judgement | None:
    """Judge by all readings of `%` and scales, and by what rounding may do; None where nothing makes the sides meet."""
    said = link.about or text.once(says_rounded)
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
    units = two_units(text, link, left, right)
    if units:
        return f"two units of {units}, which are not converted"
    first, second = text.pieces[link.right.first : link.right.first + 2]
    if first.kind == "number" and second.text in ("+", "-", "*") and number(first.text)[0] == left:
        return "the sign may mean that the calculation goes on"
    if left == 100 * right and any(
        piece.text in ("$", "\\$") for piece in text.pieces[link.left.first : link.right.first + 1]
    ):
        return "cents may be meant"
    if _whole_part(text, link, left, right):
        return f"{shown(left)}, perhaps with a remainder"
    if counts_otherwise(text, link):
        return "terms that may count for more than their number"
    if (left - right) % 360 == 0 and any(piece.kind == "unit" for piece in text.pieces):
        return "the same direction"
    if _all_over(text, link, left, right):
        return "all of the sum may be divided"
    return "may be in another base or modulus" if text.once(_is_other_arithmetic) else ""


def _is_other_arithmetic(text: Text) -> bool:
    return _OTHER_ARITHMETIC.search(text.text) is not None


_OTHER_ARITHMETIC = re.compile(
    r"(?i)o.clock|\bmod\b|modul|congruen|-hour clock|\bbase[- ](?:[0-9]|two|eight|ten)|binary|octal|hexadec"
)


def _all_over(text: Text, link: Equation, left: Fraction, right: Fraction) -> bool:
    """Whether the sides meet where all before the last division is divided: `10 + 20 + 30 / 3 = 20`."""
    if link.carried or link.left.after < 3:
        return False
    top, slash, bottom = text.pieces[link.left.after - 3 : link.left.after]
    sums = link.left.operations > 2 and link.left_text.count("+") == link.left.operations - 1
    if slash.text != "/" or top.kind != "number" or bottom.kind != "number" or not sums:
        return False
    last, by = number(top.text)[0], number(bottom.text)[0]
    return last is not None and bool(by) and by is not None and (left - Fraction(last) / by + last) / by == right


def _doubt(text: Text, link: Equation) -> str:
    """Say why the link may mean something else than was read; empty where nothing speaks for it."""
    left, right = link.left, link.right
    doubt = link.doubt or left.doubt or right.doubt
    if doubt:
        return doubt
    if (left.phrased or right.phrased) and not counts_one_thing(text, link):
        return "a phrase stands before the sign"
    before = text.pieces[link.first - 1].text if link.first else ""
    if left.operations == 0 and not link.position and (left.described or before in ("of", "for", "from")):
        return "a quantity, not a calculation, stands before the sign"
    if right.worded:
        return "words on the right may go on with something else"
    if len(_CLOCK.findall(f"{link.left_text} {link.right_text}")) > 1:
        return "times of day without a colon"
    return ""


_CLOCK = re.compile(r"(?<![0-9.,])0[0-9]{3}(?![0-9.,])")


def says_rounded(text: Text) -> bool:
    """Whether the step says that something is rounded. A round trip, two rounds, and what is around a lake are not."""
    for piece, following in pairwise(text.pieces):
        word = piece.text.lower() if piece.kind == "word" else ""
        if word in ROUNDED or (piece.kind == "relation" and piece.text in "~∼"):
            return True
        if word in ("round", "rounds", "around") and following.kind != "word":
            return True
        if word in ("round", "rounds") and following.text in ROUNDS:
            return True
    return False


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
    if abs(stated) < abs(exact) and _endless(exact):
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
    if right == left // 1 and "left over" in text.text:
        return True
    words = (piece.text.lower() for piece in text.pieces if piece.kind == "word")
    return right == left // 1 and any(word.startswith(("remain", "leftover", "full", "whole")) for word in words)
