"""A value with the unit before or after it: `$5`, `5 cm^2`, `84 cents a month`, `1.8 billion`, `50%`."""

from fractions import Fraction

from verifiers.math_text.cursor import Cursor, scalar
from verifiers.math_text.number_words import COUNTS
from verifiers.math_text.tokens import Unreadable
from verifiers.math_text.tree import Add, Answer, Expression, Mul, Number, Quantity, negated, symbols
from verifiers.math_text.units import CURRENCY, DEGREE, PERCENT, read_unit
from verifiers.math_text.vocabulary import AND

_SCALES = {"c": "celsius", "f": "fahrenheit", "celsius": "celsius", "fahrenheit": "fahrenheit"}


def measured(cursor: Cursor) -> Answer:
    """Read an expression and its unit where it has one."""
    minus = cursor.peek().text == "-" and cursor.peek(1).text in CURRENCY
    cursor.at += minus
    currency = cursor.peek().text if cursor.peek().text in CURRENCY else ""
    cursor.at += bool(currency)
    node = cursor.expression(0)
    if minus:
        node = negated(scalar(node))
    while cursor.peek().kind in ("word", "text") and cursor.peek().text.strip().lower() in COUNTS:
        node = Mul((scalar(node), Number(Fraction(COUNTS[cursor.next().text.strip().lower()]))))
    token = cursor.peek()
    if token.text in ("%", "\\%"):
        cursor.at += 1
        if cursor.peek().kind in ("word", "text") and cursor.peek().text.strip() not in AND:
            _phrase(cursor)
        return Quantity(scalar(node), PERCENT)
    if token.text == "\\degree":
        cursor.at += 1
        scale = _SCALES.get(_phrase(cursor).strip().lower())
        return Quantity(scalar(node), DEGREE if scale is None else read_unit(scale) or DEGREE)
    phrase = " ".join(part for part in (currency, _phrase(cursor, bool(currency))) if part)
    words = phrase.lower().split()
    if words[:1] in (["degree"], ["degrees"]) and len(words) == 2 and words[1] in _SCALES:
        phrase = _SCALES[words[1]]
    unit = read_unit(phrase)
    if unit is None:
        return node
    if symbols(scalar(node)) and (not unit.known or (token.kind == "word" and len(phrase) <= 2)):
        raise Unreadable("words after a formula")
    return Quantity(scalar(node), unit)


def _phrase(cursor: Cursor, after_currency: bool = False) -> str:
    """Take the words after a number, up to a comma, `and`, a relation or the end."""
    pieces: list[str] = []
    while True:
        token = cursor.peek()
        lowered = token.text.strip().lower()
        if token.kind in ("word", "text"):
            if lowered in AND:
                break
            pieces.append(token.text)
        elif token.text in CURRENCY or (pieces and token.text in ("/", "'", "-", ".", "(", ")")):
            pieces.append(token.text)
        elif token.text == "/" and after_currency and cursor.peek(1).kind in ("word", "text"):
            pieces.append("/")
        elif pieces and token.text in ("\\cdot", "*") and cursor.peek(1).kind in ("word", "text"):
            pieces.append("*")
        elif pieces and token.text == "^":
            pieces.append(_exponent_text(cursor))
        else:
            break
        cursor.at += 1
    return " ".join(pieces)


def _exponent_text(cursor: Cursor) -> str:
    """Read `^2` or `^{2}` after a unit; leaves its last token to be skipped."""
    ahead = 1 + (cursor.peek(1).text == "{")
    minus = cursor.peek(ahead).text == "-"
    digit = cursor.peek(ahead + minus).text
    braced = ahead == 2
    if len(digit) != 1 or digit not in "123456789" or (braced and cursor.peek(ahead + minus + 1).text != "}"):
        raise Unreadable("an exponent of a unit that is no digit")
    cursor.at += ahead + minus + braced
    return "^-" + digit if minus else "^" + digit


def compound(items: list[Answer]) -> Quantity | None:
    """Return `3 hours and 20 minutes` as one quantity, None where the items are several answers."""
    first = items[0]
    if not isinstance(first, Quantity) or not first.unit.known:
        return None
    total: list[Expression] = []
    last = None
    for item in items:
        if not isinstance(item, Quantity) or item.unit.dimension != first.unit.dimension:
            return None
        if last is not None and item.unit.factor >= last:
            return None
        last = item.unit.factor
        total.append(Mul((item.value, Number(item.unit.factor / first.unit.factor))))
    return Quantity(Add(tuple(total)), first.unit)
