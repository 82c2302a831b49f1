"""Values bound earlier: after `x = 5`, a later `x + 1 = 6` is a calculation.

A name is a letter, with a subscript or not. It is bound by `name = number` where nothing makes that conditional (`if`,
`let`, `or`, a case); bound twice to different values it is bound no more. Words are no names: `total = 12` may be
another total the next time.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from verifiers.steps.equations import Equation
from verifiers.steps.pieces import Piece
from verifiers.steps.reading import Text, Value

MAX_NAMES = 64
_NAME = re.compile(r"\\?[A-Za-z]+(?:_(?:[A-Za-z0-9]|\{[A-Za-z0-9]{1,8}\}))?")
_CONDITIONS = frozenset({
    "if", "let", "suppose", "assume", "assuming", "when", "where", "or", "case", "cases", "for", "at", "try",
    "trying", "consider", "otherwise", "either", "unless", "say", "set", "given", "guess", "test", "plug",
    "substitute", "substituting", "setting", "letting", "letters", "whenever",
})  # fmt: skip


_ELSEWHERE = frozenset({
    "other", "another", "new", "next", "second", "instead", "similarly", "likewise", "also", "take", "choose", "pick",
    "choosing", "taking", "represent", "represents", "denote", "denotes", "be", "call", "respectively", "third",
})  # fmt: skip
"""A variable may be another one in a sentence with one of these."""
_LIMITS = frozenset({
    "if", "when", "where", "otherwise", "unless", "given", "case", "cases", "respectively", "instead",
})  # fmt: skip
"""What is said before one of these may hold under a condition."""


class Bindings:
    """The names bound so far."""

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}
        self._spoilt: set[str] = set()

    @property
    def values(self) -> Mapping[str, Value]:
        """Value by name, without the names that have had two."""
        return self._values

    def has_known(self, name: str) -> bool:
        """Whether `name` has been given a value, one or several."""
        return name in self._values or name in self._spoilt

    def binds(self, text: Text, link: Equation) -> bool:
        """Whether `link` is `name = number`, which claims nothing by itself; its value is kept."""
        name = link.left_text
        if not _NAME.fullmatch(name) or link.left.operations:
            return False
        value = link.right.value
        if value is None:
            return False
        if link.position == 0:
            self._bind(
                name,
                value,
                conditional=text.once(conditional)
                or text.pieces[link.right.after].text == ":"
                or bool(link.cut or link.doubt or link.right.doubt)
                or link.about,
            )
        return True

    def _bind(self, name: str, value: Value, *, conditional: bool) -> None:
        if name in self._spoilt:
            return
        if conditional or self._values.get(name, value) != value or len(self._values) >= MAX_NAMES:
            self._values.pop(name, None)
            self._spoilt.add(name)
            return
        self._values[name] = value


def supposed(text: Text, first: int, link: Equation, *, same: bool) -> bool:
    """Whether words between the piece `first` and `link`, or after it in its sentence, make it conditional.

    So do words for something else (`the other number is x = 3`), unless `same` says that it is about the same.
    """
    pieces = text.pieces
    if pieces[link.right.after].text == ":":
        return True
    for index in range(first, link.first):
        word = pieces[index].text.lower()
        if (word in _CONDITIONS or (not same and word in _ELSEWHERE)) and not _is_harmless(pieces, index):
            return True
    for piece, following in pairwise(pieces[link.right.after :]):
        if piece.kind in ("line", "end") or piece.text in (".", ";"):
            return False
        word = piece.text.lower()
        if piece.kind == "word" and (word in _LIMITS or (word == "or" and following.kind != "word")):
            return True
    return False


def _is_harmless(pieces: Sequence[Piece], at: int) -> bool:
    """Whether the word at `at` supposes nothing here: `if we add the sides`, `solving for x`, `at the party`."""
    word, following = pieces[at].text, pieces[at + 1]
    if word in ("if", "If"):
        return following.text in ("we", "you")
    solves = at > 0 and pieces[at - 1].text.lower().startswith("solv")
    return word in ("for", "at") and (following.kind == "word" or solves)


def conditional(text: Text) -> bool:
    """Whether the step speaks of cases or suppositions."""
    return any(piece.kind == "word" and piece.text.lower() in _CONDITIONS for piece in text.pieces)
