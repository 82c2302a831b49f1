"""The shape of terms and patterns in tactic text, as far as prose needs it. Total; no parser of Lean."""

import re

from verifiers.lean.goal_text import NAME

MAX_TEXT = 4_000
"""Characters of a term or a pattern that is looked into; a longer one is one piece."""
_MAX_DEPTH = 30

Pattern = tuple[str, ...]
"""The names that one case of a pattern gives, in order."""

_OPEN, _CLOSE = "([{⟨", ")]}⟩"
_ATOM = re.compile(rf"@?{NAME}|\.{NAME}|\d+|_|\?_|[(⟨\[{{].*[)⟩\]}}](?:\.\w+)*")
_KEYWORDS = frozenset(
    ["fun", "by", "show", "from", "have", "let", "match", "if", "do", "at", "using", "with", "then", "suffices", "calc"]
)
_PIECE = re.compile(rf"[⟨⟩|,()]|@?(?:{NAME})|-|\S")


def application(term: str) -> tuple[str, ...]:
    """Return the function and its arguments, brackets around an argument left out; the term alone where it is none."""
    term = " ".join(term.split())
    parts = _split(term)
    if len(parts) < 2 or not all(_ATOM.fullmatch(part) and part not in _KEYWORDS for part in parts):
        return (term,)
    if parts[0][0] in _OPEN:
        return (term,)
    return (parts[0], *(_bare(part) for part in parts[1:]))


def _split(term: str) -> list[str]:
    """Cut at white space outside brackets."""
    if len(term) > MAX_TEXT:
        return [term]
    parts, depth = [""], 0
    for char in term:
        depth += (char in _OPEN) - (char in _CLOSE)
        if char == " " and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part for part in parts if part]


def _bare(part: str) -> str:
    inner = part[1:-1].strip()
    if part[0] != "(" or part[-1] != ")" or not inner or ":" in inner:
        return part
    depth = 0
    for char in inner:  # `(a) (b)` would lose one bracket of each
        depth += (char in _OPEN) - (char in _CLOSE)
        if depth < 0:
            return part
    return inner


def patterns(text: str) -> tuple[Pattern, ...]:
    """Return the names in each case of an `rcases` pattern; nothing where a part is no name (`rfl`, `_`, `-`, `: T`)."""
    if len(text) > MAX_TEXT:
        return ()
    pieces = _PIECE.findall(text)
    cases, at = _cases(pieces, 0, 0)
    return tuple(cases) if cases is not None and at == len(pieces) else ()


def _cases(pieces: list[str], at: int, depth: int) -> tuple[list[Pattern] | None, int]:
    """Read `a | ⟨b, c⟩`. A part of a conjunction that has cases itself multiplies them, last part fastest."""
    if depth > _MAX_DEPTH:
        return None, at
    found: list[Pattern] = []
    while True:
        alternatives, at = _one(pieces, at, depth)
        if alternatives is None or len(found) + len(alternatives) > 64:
            return None, at
        found += alternatives
        if at >= len(pieces) or pieces[at] != "|":
            return found, at
        at += 1


def _one(pieces: list[str], at: int, depth: int) -> tuple[list[Pattern] | None, int]:
    piece = pieces[at] if at < len(pieces) else ""
    if piece == "(":
        inner, at = _cases(pieces, at + 1, depth + 1)
        return (inner, at + 1) if at < len(pieces) and pieces[at] == ")" else (None, at)
    if piece != "⟨":
        plain = re.fullmatch(NAME, piece) is not None and piece not in ("rfl", "_")
        return ([(piece,)] if plain else None), at + 1
    found: list[Pattern] = [()]
    while True:
        inner, at = _cases(pieces, at + 1, depth + 1)
        if inner is None or len(found) * len(inner) > 64:
            return None, at
        found = [(*one, *other) for one in found for other in inner]
        if at < len(pieces) and pieces[at] == "⟩":
            return found, at + 1
        if at >= len(pieces) or pieces[at] != ",":
            return None, at
