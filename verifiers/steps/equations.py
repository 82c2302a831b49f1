"""The equations of a step: chains `a = b = c`, each link with the two sides that were read and what stands around them.

A link whose left side may be cut from something longer is `cut`: then no verdict on it is possible. A step that begins
with `=` goes on with the last side of the step before.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from verifiers.steps.description import is_known_unit
from verifiers.steps.pieces import Piece
from verifiers.steps.reading import Side, Text
from verifiers.steps.sides import read
from verifiers.steps.words import BARS, CHANGES, FUNCTION_WORDS, SCALES

_BREAKS = ("line", "row", "cell", "delimiter")
_STARTS = frozenset({"number", "open", "fraction", "letter", "command", "money", "delimiter", "sign"})
_GLUED = frozenset({"other", "clock", "below", "number", "letter", "dots"})


@dataclass(slots=True, kw_only=True)
class Equation:
    """One link of a chain: `left = right`, `left_text` and `right_text` as written."""

    left: Side
    right: Side
    left_text: str
    right_text: str
    about: bool
    """Written with a sign such as ≈."""
    position: int
    """0 for the first link of its chain."""
    cut: str
    """Why the link may be part of something longer, empty where it is not."""
    doubt: str
    """Why its reading may not be the meant one."""
    carried: bool
    """The left side ends the step before: its indices are not of this step."""
    first: int
    """Index of its first piece in this step."""
    start: int
    end: int


EQUALS = re.compile(r"[=≈≃≅]|\\approx|\\simeq|\\doteq")
"""Finds every sign that an equation may have; a text without one has none."""

_ENDS_OPEN = re.compile(r"[-+*/×÷]\s{0,9}\Z")


@dataclass(slots=True, kw_only=True)
class Tail:
    """How a step ends: with a side that a next step may go on with, or in the middle of something."""

    side: Side | None = None
    side_text: str = ""
    open: bool = False


def tail_without_equation(step: str) -> Tail:
    """Say how a step ends in which `EQUALS` finds nothing."""
    return Tail(open=_ENDS_OPEN.search(step[-12:]) is not None)


def find(text: Text, tail: Tail) -> tuple[list[Equation], Tail]:
    """Return the equations of a step in order, and how it ends. `tail` is how the step before it ended."""
    pieces = text.pieces
    found: list[Equation] = []
    last: Side | None = None
    at = _over(pieces, 0)
    if pieces[at].kind == "equals" and tail.side is not None:
        chain, at = _chain(text, tail.side, at)
        found += _links(text, chain, 0, tail)
        last = chain[-1][1] if len(chain) > 1 else None
    elif tail.open and pieces[at].kind != "equals":
        # The step goes on with what the step before it left open.
        side = read(text, at) if _may_begin(text, at) else None
        if side is not None:
            chain, at = _chain(text, side, side.after)
            found += _links(text, chain, chain[0][1].first, Tail(open=True))
            last = chain[-1][1]
    signs = iter(_signs(pieces))
    sign = -1
    while True:
        if at >= sign:
            sign = next((ahead for ahead in signs if ahead > at), -1)
            if sign < 0:
                return found, _tail(text, last)
            at = _start(text, at, sign)
        piece = pieces[at]
        side = read(text, at) if piece.kind in _STARTS or piece.text in FUNCTION_WORDS else None
        if side is None:
            at += 1
            continue
        chain, after = _chain(text, side, side.after)
        if piece.kind == "sign" and _is_bullet(text, at) and pieces[at + 1].start > piece.end:
            chain, after = _without_bullet(text, chain, after)
            side = chain[0][1]
        found += _links(text, chain, side.first, Tail())
        last = chain[-1][1]
        at = max(after, at + 1)


def _signs(pieces: Sequence[Piece]) -> list[int]:
    """Return where the equals signs are, and the end where a side may end there, for the next step to go on with."""
    signs = [index for index, piece in enumerate(pieces) if piece.kind == "equals"]
    at = len(pieces) - 2
    while at > 0 and pieces[at].kind in _BREAKS:
        at -= 1
    if pieces[at].kind != "mark" and not (pieces[at].kind == "word" and pieces[at - 1].kind == "word"):
        signs.append(len(pieces) - 1)
    return signs


def _start(text: Text, at: int, sign: int) -> int:
    """Return from where on, at `at` or later, a side can reach the equals sign at `sign`: what is before is prose."""
    if text.partner:
        return at
    pieces = text.pieces
    for index in range(sign - 1, at, -1):
        piece = pieces[index]
        bars = piece.kind == "mark" or (piece.kind == "word" and piece.text.lower() in BARS)
        if bars and pieces[index - 1].kind not in ("sign", "below"):
            return index + 1
    return at


def _without_bullet(text: Text, chain: list[tuple[bool, Side]], after: int) -> tuple[list[tuple[bool, Side]], int]:
    """Return a chain that begins with a minus at the beginning of a line, read as an item of a list if it is one."""
    item = read(text, chain[0][1].first + 1)
    if item is None or (len(chain) > 1 and chain[0][1].value == chain[1][1].value):
        return chain, after
    return _chain(text, item, item.after)


def _may_begin(text: Text, at: int) -> bool:
    piece = text.pieces[at]
    return piece.kind in _STARTS or piece.text in FUNCTION_WORDS


def _over(pieces: Sequence[Piece], at: int) -> int:
    while pieces[at].kind in _BREAKS:
        at += 1
    return at


def _chain(text: Text, side: Side, at: int) -> tuple[list[tuple[bool, Side]], int]:
    """Return (about, side) for every side of the chain that `side` begins, and the index after it."""
    chain = [(False, side)]
    pieces = text.pieces
    while True:
        sign = _over(pieces, at)
        if pieces[sign].kind != "equals":
            return chain, at
        start = _over(pieces, sign + 1)
        following = read(text, start) if _may_begin(text, start) else None
        if following is None:
            return chain, sign + 1
        chain.append((pieces[sign].text[0] not in ":=", following))
        at = following.after


def _links(text: Text, chain: list[tuple[bool, Side]], first: int, tail: Tail) -> Iterator[Equation]:
    if len(chain) < 2:
        return
    head = _Context("it goes on from the step before it") if tail.open else _FREE
    if tail.side is None and not tail.open:
        head = _left_context(text, first)
    for position, ((_, left), (about, right)) in enumerate(zip(chain, chain[1:], strict=False)):
        carried = position == 0 and tail.side is not None
        context = head if position == 0 else _FREE
        end = _right_context(text, right) if position == len(chain) - 2 else _FREE
        yield Equation(
            left=left,
            right=right,
            left_text=tail.side_text if carried else text.text[left.start : left.end],
            right_text=text.text[right.start : right.end],
            about=about,
            position=position + (tail.side is not None),
            cut=context.cut or end.cut,
            doubt=context.doubt or end.doubt,
            carried=carried,
            first=_first_sign(text) if carried else left.first,
            start=text.pieces[_first_sign(text)].start if carried else left.start,
            end=right.end,
        )


def _first_sign(text: Text) -> int:
    return next(index for index, piece in enumerate(text.pieces) if piece.kind == "equals")


class _Context(NamedTuple):
    """Why a side may be cut from something longer, why it is in doubt; both empty where neither holds."""

    cut: str = ""
    doubt: str = ""


_FREE = _Context()


def _left_context(text: Text, first: int) -> _Context:
    """Say what stands before the side that begins at `first` makes of it."""
    pieces = text.pieces
    at = first - 1
    while at >= 0 and pieces[at].kind in ("delimiter", "money"):
        at -= 1
    if at < 0:
        return _FREE
    piece = pieces[at]
    match piece.kind:
        case "line" | "row" | "cell":
            while at >= 0 and pieces[at].kind in _BREAKS:
                at -= 1
            return _after_sign(text, at) if at >= 0 and pieces[at].kind == "sign" else _FREE
        case "sign":
            return _after_sign(text, at)
        case "equals" | "relation":
            return _FREE
        case "mark":
            return _after_mark(text, at, first)
        case "word" | "text":
            return _after_word(text, at, first)
        case "letter" if piece.text in "aAI" and piece.end < pieces[first].start:
            return _FREE
        case "open":
            return _in_bracket(text, at)
    if piece.kind in _GLUED:
        return _Context(f"it follows `{piece.text[:20]}`")
    return _Context(doubt=f"it follows `{piece.text[:20]}`")


def _after_mark(text: Text, at: int, first: int) -> _Context:
    """Judge the mark at `at`: `1,5` may be one number, `3 : 4` a ratio; `Step 1:` is neither."""
    pieces = text.pieces
    if at < 1 or pieces[at - 1].kind != "number":
        return _FREE
    if pieces[at].text == ":" and (at < 2 or pieces[at - 2].kind not in ("word", "equals")):
        return _Context("it is part of a ratio")
    glued = pieces[at].text == "," and pieces[at].end == pieces[first].start
    return _Context("it follows a number and a comma") if glued else _FREE


def _after_sign(text: Text, at: int) -> _Context:
    return _FREE if _is_bullet(text, at) else _Context("it follows an operator")


def _in_bracket(text: Text, at: int) -> _Context:
    """Judge the bracket at `at`, inside of which the side begins."""
    if not at:
        return _FREE
    outside = text.pieces[at - 1]
    if text.partner[at] < 0 and outside.kind == "sign":
        return _Context("a bracket before it does not close")
    if outside.end == text.pieces[at].start and outside.kind in ("letter", "word", "command", "below"):
        return _Context("it stands in the brackets of a function")
    return _FREE


def _after_word(text: Text, at: int, first: int) -> _Context:
    """Judge the word at `at`, after which the side begins."""
    pieces = text.pieces
    word, own, previous = pieces[at].text.lower(), pieces[first], pieces[at - 1] if at else None
    if _after_operator(pieces, at):
        return _Context("words after an operator stand before it")
    if own.kind == "sign":
        attached = own.end == pieces[first + 1].start and pieces[at].end < own.start
        return _Context(doubt="the sign may follow a word") if attached else _Context("it may go on from a word")
    if previous is not None and word in ("by", "of", "and"):
        before = previous.text.lower()
        if word == "by" and before.startswith(("divid", "multipl")):
            return _Context("it follows `by`")
        # `8 packs of 5 bags * 4`
        counted = at > 1 and pieces[at - 2].kind == "number"
        if word == "of" and before in _FUNCTIONS:
            return _Context(doubt=f"it follows `{before} of`")
        if word == "of" and (counted or before in CHANGES or previous.kind in ("percent", "number")):
            return _Context(f"it follows `{before} of`")
        # `2 + 3 = 5 and 5 + 4 = 9`: that number is the end of an equation.
        ends = previous.kind == "number" and at > 1 and pieces[at - 2].kind == "equals"
        mixed = word == "and" and previous.kind == "number" and not ends
        return _Context(doubt="it follows a number and `and`") if mixed else _FREE
    return _Context(f"it follows `{word}`") if word in CHANGES or word in SCALES else _FREE


_FUNCTIONS = frozenset({
    "square", "cube", "remainder", "reciprocal", "inverse", "opposite", "logarithm", "factorial", "digits", "divisors", "factors",
})  # fmt: skip


def _after_operator(pieces: Sequence[Piece], at: int) -> bool:
    """Whether up to five words before `at` follow an operator, as in `25 + his 3`."""
    for index in range(at, max(at - 5, 0), -1):
        piece = pieces[index]
        if piece.kind != "word":
            # `one-third` and `posts/member` have no operator in them.
            hyphen = piece.text in "-/" and piece.end == pieces[index + 1].start
            return piece.kind == "sign" and not hyphen and pieces[index - 1].kind not in ("line", "mark")
    return False


def _is_bullet(text: Text, at: int) -> bool:
    """Whether the sign at `at` opens a line of a list or sets bold type."""
    piece = text.pieces[at]
    before = text.pieces[at - 1] if at else None
    if piece.end - piece.start == 2:
        return before is None or before.kind not in ("number", "close", "letter") or before.end < piece.start
    return before is None or before.kind == "line"


def _right_context(text: Text, right: Side) -> _Context:
    """Say what stands after the last side of a chain makes of it."""
    pieces = text.pieces
    at = right.after
    piece, following = pieces[at], pieces[min(at + 1, len(pieces) - 1)]
    glued = piece.start == pieces[at - 1].end
    if {piece.text.lower(), following.text.lower()} & _MODULI or piece.text == "\\pod":
        return _Context("it is a congruence")
    if piece.text == ":" and following.kind in ("number", "letter"):
        return _Context("it is part of a ratio")
    if piece.text == "," and glued and following.kind == "number" and following.start == piece.end:
        return _Context("a comma in the number")
    if piece.kind in ("dots", "clock", "below") or (piece.kind in ("other", "relation") and glued):
        return _Context(doubt=f"`{piece.text[:20]}` follows it")
    if piece.kind == "number" and right.decimals is not None:
        return _Context(doubt="another number follows it")
    if piece.text == "/" and following.kind == "word":
        return _FREE  # `30 flowers / vase`
    if piece.kind == "sign" and not (piece.text == "^" and piece.end - piece.start == 2):
        return _Context(doubt=f"`{piece.text}` follows it")
    if following.kind == "number" and is_known_unit(piece.text) and is_known_unit(pieces[at + 2].text):
        return _Context(doubt="another quantity follows it")  # `2 hours 30 minutes`
    return _after_result(piece, following) if piece.kind in ("word", "letter") else _FREE


def _after_result(piece: Piece, following: Piece) -> _Context:
    word = piece.text.lower()
    if word in ("repeating", "recurring"):
        return _Context(doubt="digits follow it")
    if word == "remainder" or (word == "r" and following.kind == "number"):
        return _Context(doubt="a remainder follows it")
    if word == "and" and following.text in ("a", "one", "half"):
        return _Context(doubt="words for a fraction may follow it")
    return _FREE


_MODULI = frozenset({"mod", "modulo", "\\pmod", "\\mod", "\\bmod"})


def _tail(text: Text, last: Side | None) -> Tail:
    """Say how the step ends: what only breaks and marks follow may be gone on with."""
    pieces = text.pieces
    at = len(pieces) - 2
    while at >= 0 and pieces[at].kind in _BREAKS:
        at -= 1
    if at >= 0 and pieces[at].kind == "sign" and pieces[at].end - pieces[at].start < 2:
        return Tail(open=True)
    if last is not None and last.after >= at + 1:
        return Tail(side=last, side_text=text.text[last.start : last.end])
    return Tail()
