"""Numbers: `1,234.5`, `12,34,567`, `1 234`, `1e-3`, `.5`, and mixed ones (`3 1/2`, `3 and 1/2`, `3\\frac{1}{2}`)."""

from fractions import Fraction

from verifiers.steps.pieces import Piece
from verifiers.steps.reading import Reading, Value

MAX_DIGITS = 60

_NOT_DIGITS = str.maketrans("", "", ",{}\\!'’_ \u00a0\u2009\u202f")


def number(text: str) -> tuple[Value | None, int, int]:
    """Return the value of a number, its digits after the point, and its trailing zeros; None over the budget."""
    if text.isdigit():
        if len(text) > MAX_DIGITS:
            return None, 0, 0
        return int(text), 0, len(text) - len(text.rstrip("0")) if text[-1] == "0" else 0
    mantissa, _, exponent = text.translate(_NOT_DIGITS).lower().partition("e")
    whole, _, part = mantissa.partition(".")
    if len(mantissa) > MAX_DIGITS or len(exponent) > 3:
        return None, 0, 0
    scale = len(part) - int(exponent or 0)
    digits = int(whole + part)
    value: Value = Fraction(digits, 10**scale) if scale > 0 else digits * 10**-scale
    return value, max(scale, 0), 0 if scale > 0 else len(whole) - len(whole.rstrip("0")) - scale


def read_number(reading: Reading, piece: Piece) -> Value | None:
    """Return the value of the number `piece`, just taken, with the fraction of a mixed one."""
    reading.numbers += 1
    value, decimals, zeros = number(piece.text)
    reading.decimals, reading.zeros = decimals, zeros
    reading.inexact = reading.inexact or decimals > 0
    following = reading.pieces[reading.at]
    if following.kind == "below":
        reading.doubt = reading.doubt or "a number with a subscript"
        reading.at += 1
        reading.argument(0)
        return None
    if value is None:
        reading.symbolic = True
    if decimals == 0 and value is not None and following.kind in ("number", "fraction", "word"):
        part = _mixed_part(reading, following, piece)
        if part is not None:
            reading.count()
            return value + part
    return value


def _mixed_part(reading: Reading, first: Piece, whole: Piece) -> Fraction | None:
    """Read the fraction of `3 1/2`, `3 and 1/2` and `3\\frac{1}{2}`."""
    pieces, at = reading.pieces, reading.at
    if first.text == "and" and pieces[at + 1].kind == "number":
        at, first = at + 1, pieces[at + 1]
        whole = pieces[at - 1]
    if first.kind == "fraction":
        before = reading.at, reading.operations, reading.numbers
        reading.at += 1
        top, bottom = reading.argument(0), reading.argument(0)
        if isinstance(top, int) and isinstance(bottom, int) and 0 < top < bottom:
            return Fraction(top, bottom)
        reading.at, reading.operations, reading.numbers = before
        return None
    if first.kind != "number" or first.start != whole.end + 1 or len(pieces) < at + 3:
        return None
    slash, last = pieces[at + 1], pieces[at + 2]
    if slash.text != "/" or last.kind != "number" or not (first.end == slash.start and slash.end == last.start):
        return None
    if not (first.text.isdigit() and last.text.isdigit() and 0 < int(first.text[:9]) < int(last.text[:9])):
        return None
    reading.at = at + 3
    return Fraction(int(first.text), int(last.text))
