"""A place in the pieces of one step, and what one reading of a side finds remarkable on its way."""

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from verifiers.steps.pieces import Kind, Piece, cut, partners
from verifiers.steps.words import BY, OPERATORS

MAX_BITS = 2_000
"""Longest integer that a side may make; over it the side has no value."""
MAX_OPERATIONS = 200

Value = int | Fraction


@dataclass(slots=True, kw_only=True)
class Side:
    """What was read. `value` is None where it is symbolic or over a budget."""

    first: int
    """Index of its first piece."""
    after: int
    """Index of the piece after its last."""
    start: int
    end: int
    value: Value | None
    operations: int
    decimals: int | None
    """Digits after the point where the side is one number, else None."""
    zeros: int
    """Trailing zeros of that number where it is whole."""
    symbolic: bool
    soft: bool
    """Holds a percent sign or a scale, which people also use as mere units."""
    doubt: str
    """Why the reading may not be the meant one; empty where nothing speaks against it."""
    mixed: bool
    """A share and something else were added: `15 + 20%`."""
    inexact: bool
    """Holds a number with a decimal point."""
    undefined: bool
    """Divides by zero."""
    described: bool
    """Has a word in it, such as a unit."""
    worded: bool
    """Has an operator that is a word."""
    phrased: bool
    """Has a phrase before a sign that may count something else: `2 adult tickets + 3 child tickets = $45`."""


class Unreadable(Exception):
    """No side begins here; never leaves `sides.read`."""


class Text:
    """The pieces of one step and what a reader asks of them again and again."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces: Sequence[Piece] = cut(text)
        # Most steps have no bracket.
        self.partner: Sequence[int] = partners(self.pieces) if any(bracket in text for bracket in "([{") else ()
        self._answers: dict[Callable[[Text], bool], bool] = {}
        self._places: dict[str, list[int]] = {}

    def once(self, ask: "Callable[[Text], bool]") -> bool:
        """Return what `ask` says of the whole step; asked once, not once for every equation in it."""
        if ask not in self._answers:
            self._answers[ask] = ask(self)
        return self._answers[ask]

    def between(self, opening: int, what: Kind) -> bool:
        """Whether the bracket at `opening` contains a piece of this kind; looked up, not walked through."""
        places = self._places.get(what)
        if places is None:
            places = self._places[what] = [i for i, piece in enumerate(self.pieces) if piece.kind == what]
        at = bisect_left(places, opening)
        return at < len(places) and places[at] < self.partner[opening]

    def relates(self, opening: int) -> bool:
        """Whether the bracket at `opening` contains a relation."""
        return self.between(opening, "equals") or self.between(opening, "relation")


class Reading(ABC):
    """One reading from a place on; the fields collect what is remarkable about it."""

    # Set where they change: one reading in two changes hardly any.
    operations = 0
    numbers = 0
    decimals = 0
    zeros = 0
    symbolic = False
    soft = False
    doubt = ""
    mixed = False
    inexact = False
    undefined = False
    described = False
    worded = False
    phrased = False
    share = False
    """The last product was written with a percent sign."""

    def __init__(self, text: Text, at: int, plain: bool) -> None:
        self.text = text
        self.pieces = text.pieces
        self.at = at
        self.plain = plain

    @abstractmethod
    def argument(self, depth: int) -> Value | None:
        """Read one argument of a command: a group, or a single piece."""

    def goes_on(self, at: int) -> bool:
        """Whether an operator, an equals sign or a closing bracket comes next."""
        at = self.skip(at)
        piece = self.pieces[at]
        if piece.kind in ("sign", "equals", "close"):
            return True
        if piece.kind == "letter" and piece.text in "xX":
            return self.pieces[self.skip(at + 1)].kind in ("number", "money")
        return piece.kind == "word" and (piece.text.lower() in OPERATORS or piece.text.lower() in BY)

    def skip(self, at: int) -> int:
        """Step over currency signs and delimiters."""
        while self.pieces[at].kind in ("money", "delimiter"):
            at += 1
        return at

    def over_line(self, at: int) -> int:
        """Step over a line break after an operator."""
        while self.pieces[at].kind in ("line", "row", "cell"):
            at += 1
        return at

    def count(self) -> None:
        """Count an operation. Raises Unreadable over the budget."""
        self.operations += 1
        if self.operations > MAX_OPERATIONS:
            raise Unreadable

    def bounded(self, value: Value) -> Value | None:
        """Return the value, None where it is over the budget of digits."""
        if isinstance(value, int):
            bits = value.bit_length()
        else:
            bits = value.numerator.bit_length() + value.denominator.bit_length()
        if bits > MAX_BITS:
            self.doubt = self.doubt or "over the budget of digits"
            return None
        return value

    def quotient(self, top: Value, bottom: Value) -> Value | None:
        """Return top / bottom, None where it has no value."""
        if bottom == 0:
            self.undefined = True
            return None
        if isinstance(top, int) and isinstance(bottom, int):
            whole, rest = divmod(top, bottom)
            return self.bounded(Fraction(top, bottom) if rest else whole)
        return self.bounded(Fraction(top) / bottom)

    def raised(self, base: Value | None, exponent: Value | None) -> Value | None:
        """Return base ^ exponent, None where it has no value here."""
        if base is None or exponent is None:
            return None
        if isinstance(exponent, Fraction):
            if exponent.denominator != 1:
                self.symbolic = True
                return None
            exponent = exponent.numerator
        bits = (
            base.bit_length() if isinstance(base, int) else base.numerator.bit_length() + base.denominator.bit_length()
        )
        if abs(exponent) * bits > MAX_BITS or (base == 0 and exponent <= 0):
            self.doubt = self.doubt or "a power over the budget"
            return None
        return base**exponent if isinstance(base, int) and exponent >= 0 else Fraction(base) ** exponent
