"""Numbers written in English words: `twenty-four`, `three hundred and five`, `one half`, `two and a half`."""

from collections.abc import Sequence
from fractions import Fraction

_ONES = {word: value for value, word in enumerate([
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
])}  # fmt: skip
_TENS = {
    word: 10 * value
    for value, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
COUNTS = {**SCALES, "hundred": 100, "dozen": 12}
"""Words that multiply the number before them, as in `1.8 billion`."""
_PARTS = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4, "fifth": 5,
    "fifths": 5, "sixth": 6, "sixths": 6, "seventh": 7, "sevenths": 7, "eighth": 8, "eighths": 8, "ninth": 9,
    "ninths": 9,
    "tenth": 10, "tenths": 10, "hundredth": 100, "hundredths": 100,
}  # fmt: skip


def leading_number(words: Sequence[str]) -> tuple[Fraction, int] | None:
    """Return the number that `words` (lower case) begin with and how many words it takes; None where there is none."""
    sign, start = (-1, 1) if words and words[0] in ("minus", "negative") else (1, 0)
    found = _fraction(words, start)
    if found is None:
        return None
    value, end = found
    return sign * value, end


def _fraction(words: Sequence[str], start: int) -> tuple[Fraction, int] | None:
    """`<whole> [and <part>]`, `<whole> <denominator>`, `a half`."""
    if start < len(words) and words[start] in ("a", "an") and start + 1 < len(words) and words[start + 1] in _PARTS:
        return Fraction(1, _PARTS[words[start + 1]]), start + 2
    if start < len(words) and words[start] in ("half", "halves"):
        return Fraction(1, 2), start + 1
    if words[start : start + 1] in (["a"], ["an"]) and start + 2 == len(words) and words[start + 1] in COUNTS:
        return Fraction(COUNTS[words[start + 1]]), start + 2
    found = _whole(words, start)
    if found is None:
        return None
    whole, end = found
    if end < len(words) and words[end] in _PARTS:
        return Fraction(whole, _PARTS[words[end]]), end + 1
    if end + 1 < len(words) and words[end] == "and":
        part = _fraction(words, end + 1)
        if part is not None and 0 < part[0] < 1:
            return whole + part[0], part[1]
    return Fraction(whole), end


def _whole(words: Sequence[str], start: int) -> tuple[int, int] | None:
    total, group, scale, index, seen = 0, 0, 10**15, start, False
    while index < len(words):
        word = words[index]
        if word in _ONES and (group % 100 == 0 if _ONES[word] > 9 else group % 10 == 0 and group % 100 != 10):
            if seen and _ONES[word] == 0:
                break
            group += _ONES[word]
        elif word in _TENS and group % 100 == 0:
            group += _TENS[word]
        elif word == "hundred" and 0 < group < 100:
            group *= 100
        elif word in SCALES and group and SCALES[word] < scale:
            scale = SCALES[word]
            total, group = total + group * scale, 0
        elif word == "dozen" and seen and total == 0:
            return group * 12, index + 1
        elif not (word == "and" and seen and _continues(words, index + 1, group)):
            break
        seen, index = True, index + 1
    return (total + group, index) if seen else None


def _continues(words: Sequence[str], index: int, group: int) -> bool:
    """Whether an `and` stands inside a number (`three hundred and five`), not between two of them or before a part."""
    if index >= len(words) or (words[index] not in _ONES and words[index] not in _TENS) or group % 100 != 0:
        return False
    return not (index + 1 < len(words) and words[index + 1] in _PARTS)
