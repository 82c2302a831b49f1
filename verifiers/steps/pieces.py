r"""Prose with mathematics in it -> pieces: numbers, signs, brackets, words, commands of LaTeX.

One pass of one regular expression, so linear in the text. What has no piece (white space, layout such as `\left` and
`\,`) is left out; what nobody knows is `other`, and an equation beside it is not judged.
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from verifiers.math_text.tree import FUNCTIONS
from verifiers.math_text.vocabulary import BINOMIALS, GREEK, NAMED

Kind = Literal[
    "number",
    "sign",
    "raised",
    "equals",
    "relation",
    "word",
    "letter",
    "command",
    "text",
    "fraction",
    "percent",
    "unit",
    "money",
    "delimiter",
    "open",
    "close",
    "row",
    "cell",
    "line",
    "bang",
    "below",
    "dots",
    "clock",
    "mark",
    "other",
    "end",
]


class Piece(NamedTuple):
    """One piece of a step: `text[start:end]`."""

    kind: Kind
    text: str
    start: int
    end: int


_SPACE = "[ \u00a0\u2009\u202f]"
_GROUP = rf"(?:,|\{{,\}}|,?\\[,!]|,\\!|\\ |['’_]|{_SPACE})"

_PIECE = re.compile(
    # A space with what follows it: alone it would be tried against everything. Words first, several at once: most of a
    # step is words. Then what else is frequent and cannot begin anything longer.
    r" ?(?:(?P<words>[A-Za-z]{2,}(?: [A-Za-z]{2,})+(?= ))"
    r"|(?P<word>[A-Za-z]{2,}(?![A-Za-z0-9])(?:['’][A-Za-z]+)?)"
    r"|(?P<plain>[,;?]|\.(?![.0-9]))"
    r"|(?P<whole>[0-9]+(?:\.[0-9]+)?(?=[+*=)}%\n]|\.(?![0-9])| (?![0-9aApP])|/(?![0-9]{1,2}/)|-(?![0-9]{2}-)))"
    r"|(?P<is>=(?![=>]))"
    r"|(?P<line>\n)"
    r"|(?P<operator>[-+/]|\*(?!\*))"
    r"|(?P<dollar>\$\$?)"
    r"|(?P<clock>(?<![0-9.,])[0-9]{1,4}:[0-9]{1,3}(?::[0-9]{2})?(?:\s?[AaPp]\.?[Mm]\b\.?)?"
    r"|(?<![0-9.,])[0-9]{1,2}\s?(?:[AaPp][Mm]\b|[ap]\.m\.)"
    r"|(?<![0-9./-])(?:[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2})(?![0-9]|\s?[-+*/=.][0-9]|\s?=))"
    r"|(?P<ordinal>[0-9]+(?:st|nd|rd|th)\b)"
    # 1,234.5 and 12,34,567; 1 234 and 1'234; then plain ones, 0.5 and .5, with an exponent.
    rf"|(?P<number>(?:[0-9]{{1,3}}(?:{_GROUP}[0-9]{{3}})+(?![0-9])|[0-9]{{1,2}}(?:,[0-9]{{2}})+,[0-9]{{3}}(?![0-9])|[0-9]+)"
    r"(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+(?![0-9A-Za-z]))?|\.[0-9]+)"
    r"|(?P<dots>\.{2,}|…|\\[lcdv]?dots[a-z]?(?![A-Za-z]))"
    r"|(?P<unit>\^\s?(?:\\circ|\{\s?\\circ\s?\})|°|\\degree(?![A-Za-z])|¢|′|″)"
    r"|(?P<relation>=>|<=|>=|!=|[<>≤≥≠≡→⇒⟹⟺∈~∼]"
    r"|\\(?:leq?|geq?|neq?|lt|gt|equiv|cong|sim|to|in|propto|[Rr]ightarrow|[Ll]ongrightarrow|Longrightarrow|implies|iff|mid"
    r"|Leftrightarrow)(?![A-Za-z]))"
    r"|(?P<equals>[:=]?=+|≈|≃|≅|\\(?:approx|simeq|doteq)(?![A-Za-z]))"
    r"|(?P<sign>\*\*|\\(?:times|cdot|ast|div)(?![A-Za-z])|[-+*/×·⋅∙÷−–^]|(?<=[0-9])[xX](?=[0-9]))"
    r"|(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)"
    r"|(?P<percent>\\?%|％)"
    r"|(?P<money>\\\$|[€£¥₹])"
    r"|(?P<delimiter>\\[()\[\]]|\\(?:begin|end)\s?\{(?:align|aligned|equation|gather|gathered|split|multline)\*?\})"
    r"|(?P<text>\\(?:text|textrm|textbf|textit|mbox|mathrm|hbox)\s?\{[^{}\n]{0,60}\})"
    r"|(?P<fraction>\\[dtc]?frac(?![A-Za-z]))"
    r"|(?P<box>\\(?:boxed|fbox)\s?\{)"
    r"|(?P<layout>\\(?:left|right|[bB]igg?[lrm]?|displaystyle|textstyle|limits|nolimits|quad|qquad|hspace\{[^{}]*\})(?![A-Za-z])"
    r"|\\[;:,! ]|~)"
    r"|(?P<row>\\\\(?:\[[^\]\n]{0,20}\])?)"
    r"|(?P<command>\\[A-Za-z]+)"
    r"|(?P<escaped>\\.)"
    r"|(?P<name>[A-Za-z]+[0-9]\w*)"
    r"|(?P<foreign>[^\W\d_]{2,})"
    r"|(?P<letter>[^\W\d_])"
    r"|(?P<open>[(\[{])"
    r"|(?P<close>[)\]}])"
    r"|(?P<cell>&)"
    r"|(?P<bang>!)"
    r"|(?P<below>_)"
    r"|(?P<mark>[.,;:?\"“”—`•●▪])"
    r"|(?P<other>\S))"
)
_KNOWN = frozenset(BINOMIALS) | {f"\\{name}" for name in FUNCTIONS | GREEK | set(NAMED)}
_RENAMED: dict[str, Kind] = {
    "plain": "mark",
    "whole": "number",
    "is": "equals",
    "operator": "sign",
    "dollar": "delimiter",
    "ordinal": "word",
    "name": "other",
    "escaped": "other",
    "foreign": "word",
    "box": "open",
}
_TO_TREAT = frozenset({"layout", "sign", "word", "command", *_RENAMED})
_SIGNS = {
    "×": "*", "·": "*", "⋅": "*", "∙": "*", "\\times": "*", "\\cdot": "*", "\\ast": "*", "x": "*", "X": "*", "÷": "/",
    "\\div": "/", "−": "-", "–": "-", "**": "^",
}  # fmt: skip
_CLOSING = {"(": ")", "[": "]", "{": "}"}


_new = tuple.__new__


def cut(text: str) -> list[Piece]:
    """Return the pieces of `text` in order, an `end` piece last. Total."""
    pieces: list[Piece] = []
    append = pieces.append
    for match in _PIECE.finditer(text):
        kind, group = match.lastgroup, match.lastindex or 0
        piece = match[group]
        start, end = match.span(group)
        if kind == "words":
            for word in piece.split(" "):
                end = start + len(word)
                append(_new(Piece, ("percent" if word == "percent" else "word", word, start, end)))
                start = end + 1
            continue
        if kind in _TO_TREAT:
            if kind == "layout":
                continue
            if kind == "sign":
                piece = _SIGNS.get(piece, piece)
            elif kind == "word":
                kind = "percent" if piece == "percent" else "word"
            elif kind == "command":
                kind = "command" if piece in _KNOWN else "other"
            else:
                kind = _RENAMED[kind]
        # Half the time of the constructor; the groups are named by kind.
        append(_new(Piece, (kind, piece, start, end)))
    append(Piece("end", "", len(text), len(text)))
    return pieces


def partners(pieces: Sequence[Piece]) -> list[int]:
    """Return for every piece the index of the bracket that closes it, -1 where it opens none or is not closed."""
    found = [-1] * len(pieces)
    stack: list[int] = []
    for index, piece in enumerate(pieces):
        if piece.kind == "open":
            stack.append(index)
        elif piece.kind == "close":
            # A bracket of another shape closes nothing; what was opened inside of one that closes stays open.
            opened = next(
                (i for i in range(len(stack) - 1, max(-1, len(stack) - 5), -1) if _pair(pieces[stack[i]], piece)), -1
            )
            if opened >= 0:
                found[stack[opened]] = index
                del stack[opened:]
    return found


def _pair(opening: Piece, closing: Piece) -> bool:
    return _CLOSING[opening.text[-1]] == closing.text
