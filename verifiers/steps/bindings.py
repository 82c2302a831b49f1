"""Values bound earlier: after `x = 5`, a later `x + 1 = 6` is a calculation.

A name is a letter, with a subscript or not. It is bound by `name = number` where nothing makes that conditional (`if`,
`let`, `or`, a case); bound twice to different values it is bound no more. Words are no names: `total = 12` may be
another total the next time.
"""

import re
from collections.abc import Mapping

from verifiers.steps.equations import Equation
from verifiers.steps.reading import Text, Value

MAX_NAMES = 64
_NAME = re.compile(r"\\?[A-Za-z]+(?:_(?:[A-Za-z0-9]|\{[A-Za-z0-9]{1,8}\}))?")
_CONDITIONS = frozenset({
    "if", "let", "suppose", "assume", "assuming", "when", "where", "or", "case", "cases", "for", "at", "try",
    "trying", "consider", "otherwise", "either", "unless", "say", "set", "given", "guess", "test", "plug",
    "substitute", "substituting", "setting", "letting", "letters", "whenever",
})  # fmt: skip


class Bindings:
    """The names bound so far."""

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}
        self._spoilt: set[str] = set()

    @property
    def values(self) -> Mapping[str, Value]:
        """Value by name, without the names that have had two."""
        return self._values

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
                conditional=conditional(text) or bool(link.cut or link.doubt or link.right.doubt) or link.about,
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


def conditional(text: Text) -> bool:
    """Whether the step speaks of cases or suppositions."""
    return any(piece.kind == "word" and piece.text.lower() in _CONDITIONS for piece in text.pieces)
