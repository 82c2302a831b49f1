r"""The first tier: two numbers in digits, `42`, `-3/4`, `0.75`, `\frac{3}{4}`, compared without extraction or parser.

Exact, by whole numbers only. Most answers of school problems are decided here in about a microsecond; whatever is not
plainly a number is left to the tiers after it.
"""

import re

MAX_DIGITS = 18
"""Digits of one part; int() of that many costs the same as of one."""

_NUMBER = re.compile(
    r"(-?)(?:([0-9]{1,18})(?:/([0-9]{1,18})|\.([0-9]{1,18}))?|\\[dtc]?frac\{(-?[0-9]{1,18})\}\{([0-9]{1,18})\})"
)


def same(a: str, b: str) -> bool | None:
    """Whether two numbers are equal; None where a side is no plain number, or has a zero below the line."""
    if (
        (a.isdigit() or (a[:1] == "-" and a[1:].isdigit()))
        and (b.isdigit() or (b[:1] == "-" and b[1:].isdigit()))
        and len(a) <= MAX_DIGITS >= len(b)
        and a.isascii()
        and b.isascii()
    ):
        return int(a) == int(b)
    left = _NUMBER.fullmatch(a)
    if left is None:
        return None
    right = _NUMBER.fullmatch(b)
    if right is None:
        return None
    top, bottom = _parts(left)
    other_top, other_bottom = _parts(right)
    if bottom == 0 or other_bottom == 0:
        return None
    return top * other_bottom == other_top * bottom


def _parts(match: re.Match[str]) -> tuple[int, int]:
    """Return numerator and denominator as written."""
    sign, whole, below, decimals, top, bottom = match.groups()
    if whole is None:
        value, divisor = int(top), int(bottom)
    elif below is not None:
        value, divisor = int(whole), int(below)
    elif decimals is not None:
        value, divisor = int(whole + decimals), 10 ** len(decimals)
    else:
        value, divisor = int(whole), 1
    return (-value if sign else value), divisor
