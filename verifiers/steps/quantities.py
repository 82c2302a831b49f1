"""Numbers with their units, across the sides of an equation: what a mismatch may mean where nothing is converted."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from verifiers.math_text.units import Unit, is_unit, read_unit
from verifiers.steps.description import MAX_UNIT_WORDS, is_known_unit
from verifiers.steps.equations import Equation
from verifiers.steps.judgement import Judgement, shown
from verifiers.steps.pieces import Piece
from verifiers.steps.reading import Text
from verifiers.steps.words import ENDS, OTHER_COUNTS


def counts_one_thing(text: Text, link: Equation) -> bool:
    """Whether all terms and the result are in one unit: `50 tickets on earbuds + 15 tickets on pins = 65 tickets`.

    The unit is a currency sign before each of them, or a word of the result that each term has too.
    """
    terms, result = _terms(text, link, "+-")
    if not terms or any((term.words - result.words) & OTHER_COUNTS for term in terms):
        return False
    return all(term.money for term in (*terms, result)) or any(
        all(word in term.words for term in terms) for word in result.words
    )


def counts_otherwise(text: Text, link: Equation) -> bool:
    """Whether terms may count for more than their number: `2 tickets + 3 tickets = $45`, `3 sock pairs + 2 socks = 8 socks`."""
    terms, result = _terms(text, link, "+")
    if any((term.words - result.words) & OTHER_COUNTS for term in terms) and (result.words or result.money):
        return True
    if not terms:
        return False
    if any(result.rate and term.rate and term.rate != result.rate for term in terms):
        return True
    nouns = [term.words for term in terms if term.first not in _PREPOSITIONS]
    shared = any(result.words & words for words in nouns)
    if len(nouns) == len(terms) and all(nouns) and result.words and not (shared or result.money):
        # `2 cars + 3 bikes = 14 wheels`; `3 cats + 4 dogs = 9 animals` is more likely a slip.
        return link.right.value is not None and link.left.value is not None and link.right.value >= 2 * link.left.value
    counted = (term for term in terms if term.words and not (term.money or term.measured))
    return (result.money or is_known_unit(result.first)) and any(term.first not in _PREPOSITIONS for term in counted)


_RATES = frozenset({"a", "an", "per", "each", "every", "/"})
_PREPOSITIONS = frozenset(
    {"for", "on", "in", "at", "from", "per", "each", "every", "by", "with", "during", "after", "before"}
)


def _terms(text: Text, link: Equation, signs: str) -> "tuple[list[_Term], _Term]":
    """Return the terms of a sum with these `signs`, none where the left side is no such sum, and the result."""
    pieces = text.pieces
    if link.carried:
        return [], _Term(pieces, link.right.first)
    terms = [_Term(pieces, at) for at in range(link.left.first, link.left.after) if pieces[at].kind == "number"]
    between = pairwise(pieces[link.left.first : link.left.after])
    # `one-time` has no sign in it.
    count = sum(sign.text in signs and not (term.kind == "word" and term.end == sign.start) for term, sign in between)
    sums = not link.right.operations and len(terms) - 1 == link.left.operations == count > 0
    return terms if sums else [], _Term(pieces, link.right.first)


class _Term:
    """A number with the words after it, up to the next sign, and whether a currency sign stands before it."""

    def __init__(self, pieces: Sequence[Piece], at: int) -> None:
        self.money = at > 0 and pieces[at - 1].text in ("$", "\\$", "€", "£")
        self.words: set[str] = set()
        self.first = ""
        self.rate = ""
        """What it is per: `day` in `3 pages a day`."""
        self.measured = False
        """Counts a unit of measure."""
        while pieces[at].kind in ("money", "delimiter"):
            self.money = True
            at += 1
        for piece, before in zip(
            pieces[at + 1 : at + 1 + MAX_UNIT_WORDS], pieces[at : at + MAX_UNIT_WORDS], strict=False
        ):
            if before.text in _RATES:
                self.rate = piece.text.lower()
            if piece.text in _RATES:
                continue
            if piece.kind != "word" or piece.text.lower() in ENDS:
                break
            word = piece.text.lower().removesuffix("s")
            self.words.add(word)
            self.first = self.first or word
            self.measured = self.measured or is_known_unit(piece.text.lower())


def two_units(text: Text, link: Equation, left: Fraction, right: Fraction) -> str:
    """Return the kind of two different units that may explain a mismatch; empty where there are none.

    In a sum of both they may; in a product only where the sides differ by just their ratio.
    """
    if link.carried:
        return ""
    pieces = text.pieces[_beginning(text.pieces, link.left.first) : link.right.after + 2]
    factors: dict[str, set[Fraction]] = {}
    for index, piece in enumerate(pieces):
        unit = None if index and pieces[index - 1].text in ("/", "per") else _unit(piece)
        if piece.text == "in" or (piece.kind == "letter" and is_unit(piece.text)):
            follows = index > 0 and pieces[index - 1].kind == "number"
            last = index + 1 == len(pieces) or pieces[index + 1].kind != "word"
            unit = read_unit(piece.text) if follows and last else None
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


def _beginning(pieces: Sequence[Piece], first: int) -> int:
    """Return where a quantity begins that a side at `first` may go on from: `1 hour and 30 minutes + ...`, `$5 + ...`."""
    at = first - 1
    while at >= 0 and pieces[at].kind in ("money", "delimiter"):
        at -= 1
    if at >= 1 and pieces[at].text in ("and", ","):
        at -= 1
    return at if at >= 1 and pieces[at - 1].kind == "number" else max(min(at + 1, first), 0)


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


def conversion(text: Text, link: Equation, *, rounded: bool) -> Judgement | None:
    """Judge `2 hours = 120 minutes`; None where the two are not numbers with known units of one kind.

    Wrong only where such an equation is always exact: not for days of eight hours, or maps on which an inch is a mile.
    """
    if link.carried:
        return None
    found = []
    at = 0
    for side in (link.left, link.right):
        at = side.after
        while at < len(text.pieces) - 1 and text.pieces[at].kind in ("delimiter", "money"):
            at += 1
        inside = [piece for piece in text.pieces[side.first : at + 1] if piece.kind == "word"]
        unit = read_unit(inside[0].text) if inside else None
        if unit is None or not unit.known:
            return None
        found.append((side.value, unit, len(inside)))
    (left, one, words), (right, other, more) = found
    if left is None or right is None or one == other:
        return None
    if one.dimension == other.dimension and left * one.factor == right * other.factor:
        return Judgement("right", "the same in another unit")
    if one.dimension != other.dimension:
        return Judgement("unsure", "units that are not converted") if link.position else None
    ratio = max(one.factor, other.factor) / min(one.factor, other.factor)
    exact = max(one.factor, other.factor) <= _EXACT.get(one.dimension, 0) and ratio.denominator == 1
    around = [*text.pieces[max(link.left.first - 4, 0) : link.left.first], *text.pieces[at + 1 : at + 4]]
    alone = not any(piece.kind in ("number", "sign") or piece.text in ("of", "per", "a") for piece in around)
    if exact and alone and words == more == 1 and not (rounded or link.doubt or link.left.soft or link.right.soft):
        return Judgement(
            "wrong", f"the left side is {shown(left * one.factor / other.factor)} in the unit of the right"
        )
    return Judgement("unsure", "the units may be rounded or mean something else")


_EXACT = {unit.dimension: unit.factor for unit in map(read_unit, ("hour", "kg", "pound", "gallon", "liter")) if unit}
"""The largest unit by dimension up to which people only ever mean the exact ratio."""
