r"""Numbers in digits: plain ones, mixed ones (`7 3/4`, `7\frac{3}{4}`), and ones in another base (`1011_2`)."""

from fractions import Fraction

from verifiers.math_text.cursor import Cursor
from verifiers.math_text.tokens import Token, Unreadable
from verifiers.math_text.tree import Number
from verifiers.math_text.vocabulary import FRACTIONS


def number(cursor: Cursor, token: Token) -> Number:
    """Read what the number `token`, just taken, begins."""
    value = token.value
    if value is None:
        raise Unreadable("a number without value")
    if cursor.peek().text == "_":
        return _in_base(cursor, token)
    if value.denominator == 1:
        part = _mixed_part(cursor)
        if part is not None:
            return Number(value + part)
    return Number(value)


def _mixed_part(cursor: Cursor) -> Fraction | None:
    """Read the fraction of a mixed number, None where there is none."""
    first = cursor.peek()
    if first.text in FRACTIONS:
        # Looked at, not parsed: parsing twice would cost 2^depth on nested fractions.
        found = _plain_fraction(cursor)
    elif first.space and first.kind == "number":
        slash, last, after = (cursor.peek(ahead) for ahead in (1, 2, 3))
        if not (slash.text == "/" and first.text.isdigit() and last.text.isdigit() and after.text != "^"):
            return None
        found = int(first.text), int(last.text), 3
    else:
        return None
    if found is None or not 0 < found[0] < found[1]:
        return None
    cursor.at += found[2]
    return Fraction(found[0], found[1])


def _plain_fraction(cursor: Cursor) -> tuple[int, int, int] | None:
    r"""Return numerator, denominator and length in tokens of a `\frac` of two integers."""
    both = cursor.peek(1).text
    if both.isdigit() and len(both) == 2:
        return int(both[0]), int(both[1]), 2
    parts: list[int] = []
    ahead = 1
    for _ in range(2):
        braced = cursor.peek(ahead).text == "{"
        digits = cursor.peek(ahead + braced).text
        if not digits.isdigit() or (cursor.peek(ahead + 2).text != "}" if braced else len(digits) > 1):
            return None
        parts.append(int(digits))
        ahead += 3 if braced else 1
    return parts[0], parts[1], ahead


def _in_base(cursor: Cursor, token: Token) -> Number:
    cursor.at += 1
    braced = cursor.peek().text == "{"
    cursor.at += braced
    base = cursor.next()
    if braced:
        cursor.expect("}")
    if not (base.kind == "number" and base.text.isdigit() and 2 <= int(base.text[:3]) <= 36 and token.text.isdigit()):
        raise Unreadable("a subscript that is no base")
    try:
        return Number(Fraction(int(token.text, int(base.text))))
    except ValueError:
        raise Unreadable(f"not a number in base {base.text}") from None
