"""A theorem's statement as a telescope: what it is about, what it assumes, what follows.

`theorem t (p q : Prop) (h : p → q) : p → q` has the variables p and q, and the hypotheses `p → q` and `p`: premises of the goal
count with those before the colon, so that curried forms read alike. Nothing here is trusted to be what Lean reads: whatever is
made of a telescope is checked by the kernel against the statement's own text. Total, linear in the length of the text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from verifiers.lean.goal_text import tokens
from verifiers.lean.scan import Unclear, Word, command_in, words

MAX_CHARACTERS = 4_000
"""A longer statement is not read."""
_MAX_PREMISES, _MAX_BRACKETS = 50, 10
_OPEN, _CLOSE = "([{⦃⟨", ")]}⦄⟩"
_ENDS = dict(zip(_OPEN, _CLOSE, strict=True))
_BINDS = frozenset(
    [
        "↔",
        "∀",
        "∃",
        "fun",
        "λ",
        "let",
        "have",
        "if",
        "match",
        "show",
        "∑",
        "∏",
        "Σ",
        "Π",
        ",",
        ";",
        "$",
        "<|",
        "|>",
        "|",
    ]
)
"""What may reach further than an arrow, so that a goal is not cut there."""
_REFUSED = frozenset(
    ["by", "sorry", "sorryAx", "admit", "let", "have", "show", "from", "unsafe", "native_decide", "decreasing_by"]
)
"""No statement of the usual kind holds these, and some of them run tactics while it is read."""
_DATA = frozenset(
    ["Prop", "Nat", "ℕ", "Int", "ℤ", "Bool", "Type", "Type*", "Sort", "Rat", "ℚ", "Real", "ℝ", "Complex", "ℂ"]
)
_DATA_HEADS = frozenset(
    ["List", "Option", "Set", "Finset", "Fin", "Array", "Type", "Sort", "Multiset", "Matrix", "Polynomial"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that a statement is about, or one that it assumes."""

    name: str
    """Empty where it has none."""
    type: str
    variable: bool
    """Whether it is a thing: something after it speaks of it, or its type is one of things."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telescope:
    """A statement taken apart."""

    closed: str
    """All of it as one proposition, in its own words."""
    binders: str
    """What stands before the colon, in its own words."""
    entries: tuple[Entry, ...]
    """As many as `intro` takes before only `target` is left."""
    bound: int
    """Those of them that stand before the colon."""
    target: str

    @property
    def variables(self) -> tuple[Entry, ...]:
        """The things."""
        return tuple(one for one in self.entries if one.variable)

    @property
    def hypotheses(self) -> tuple[Entry, ...]:
        """What is assumed."""
        return tuple(one for one in self.entries if not one.variable)


def sampled(text: str) -> Telescope | str:
    """Read a statement that anybody wrote, or say why it is none: it must be one plain `theorem` header and nothing else.

    What is behind its `:=` is left out. What is let through can be put into brackets inside another statement and mean the same.
    """
    if len(text) > MAX_CHARACTERS:
        return f"longer than {MAX_CHARACTERS} characters"
    try:
        found = list(words(text, trusted=False))
    except Unclear as why:
        return f"it cannot be read: {why}"
    if not found or found[0].text not in ("theorem", "lemma"):
        return "it is no theorem"
    cut = _end(text, found)
    header = [word for word in found if word.start < cut]
    refused = _refusal(text[:cut], header)
    if refused is not None:
        return refused
    taken = read(text[:cut])
    return taken if taken is not None else "it has no binders and goal that can be read"


def _refusal(text: str, found: Sequence[Word]) -> str | None:
    if sum(word.text in ("theorem", "lemma") for word in found) > 1:
        return "it holds more than one theorem"
    rest = text[found[0].start + len(found[0].text) :]
    try:
        command = command_in(rest)
    except Unclear as why:
        return f"it cannot be read: {why}"
    said = command or next(
        (word.text for word in found if word.text in _REFUSED or '"' in word.text or "«" in word.text), None
    )
    if said is not None:
        return f"`{said[:40]}` has no place in a statement"
    if "".join(word.text for word in found) != "".join(text.split()):
        return "it holds a comment"
    return None if _balanced(found) else "its brackets do not match"


def _balanced(found: Sequence[Word]) -> bool:
    waiting: list[str] = []
    for word in found:
        if word.text in _ENDS:
            waiting.append(_ENDS[word.text])
        elif word.text in _CLOSE and (not waiting or waiting.pop() != word.text):
            return False
    return not waiting


def _end(text: str, found: Sequence[Word]) -> int:
    """Return where the first `:=` outside of brackets is, else the end."""
    depth = 0
    for word in found:
        depth += (word.text in _OPEN) - (word.text in _CLOSE)
        if depth == 0 and word.text == ":" and text.startswith(":=", word.start):
            return word.start
    return len(text)


def read(statement: str) -> Telescope | None:
    """Take `theorem name binders : goal` apart; what stands before `theorem` is left out. None where it is nothing like that."""
    if len(statement) > MAX_CHARACTERS:
        return None
    try:
        found = list(words(statement))
    except Unclear:
        return None
    at = next((index for index, word in enumerate(found) if word.text in ("theorem", "lemma")), len(found))
    end = _end(statement, found)
    found = [word for word in found[at + 2 :] if word.start < end]
    colon = _top(found, {":"})
    if colon is None or not _balanced(found):
        return None
    before, target = found[:colon], statement[found[colon].start + 1 : end].strip()
    entries = _binders(statement, before)
    if entries is None or not target:
        return None
    binders = statement[before[0].start : found[colon].start].strip() if before else ""
    premises, goal = _premises(target)
    if not goal:
        return None
    kept = _sorted_out([*entries, *premises], goal)
    return Telescope(
        closed=f"∀ {binders}, {target}" if binders else target,
        binders=binders,
        entries=kept,
        bound=len(entries),
        target=goal,
    )


def _top(found: Sequence[Word], wanted: set[str] | frozenset[str]) -> int | None:
    """Return the index of the first of some words outside of brackets."""
    depth = 0
    for index, word in enumerate(found):
        depth += (word.text in _OPEN) - (word.text in _CLOSE)
        if depth == 0 and word.text in wanted:
            return index
    return None


def _binders(text: str, found: Sequence[Word]) -> list[Entry] | None:
    """Return what binders in brackets bind, in order; None where one is something else."""
    entries: list[Entry] = []
    index = 0
    while index < len(found):
        depth, start = 0, index
        while index < len(found):
            depth += (found[index].text in _OPEN) - (found[index].text in _CLOSE)
            index += 1
            if depth == 0:
                break
        opening, inside = found[start], found[start + 1 : index - 1]
        if opening.text not in "([{⦃" or depth or not inside:
            return None
        colon = _top(inside, {":"})
        names = [word.text for word in inside[: colon or 0]]
        kind = text[inside[0 if colon is None else colon].start + (colon is not None) : found[index - 1].start].strip()
        if ":=" in kind or not kind or not all(re.fullmatch(r"[^\W\d][\w'!?]*|_", name) for name in names):
            return None
        if colon is None and opening.text != "[":
            return None
        entries += [Entry(name=name, type=kind, variable=False) for name in names or [""]]
    return entries


def _premises(target: str) -> tuple[list[Entry], str]:
    """Return what a goal assumes, and what is left of it: `p → q → r`, `¬p`, `∀ (x : T), ..`."""
    premises: list[Entry] = []
    target = target.replace("<->", "↔").replace("->", "→").strip()
    found = list(words(target))
    end = len(target)
    for _ in range(_MAX_PREMISES):
        found, end = _bare(found, end)
        if not found:
            break
        bound = _quantified(target, found)
        if bound is not None:
            premises += bound[0]
            found = bound[1]
            continue
        if len(found) > 1 and found[0].text == "¬" and _is_unit(found[1:]):
            premises.append(Entry(name="", type=target[found[1].start : end].strip(), variable=False))
            return premises, "False"
        arrow, reaching = _top(found, {"→"}), _top(found, _BINDS)
        # What `∀` binds ends with the goal: behind an arrow it is part of what follows.
        inside = reaching is not None and (arrow is None or reaching < arrow or found[reaching].text not in ("∀", "∃"))
        if not arrow or inside:
            break
        start = found[arrow].start
        premises.append(Entry(name="", type=target[found[0].start : start].strip(), variable=False))
        found = found[arrow + 1 :]
    return premises, target[found[0].start : end].strip() if found else ""


def _bare(found: list[Word], end: int) -> tuple[list[Word], int]:
    """Return the words of a formula without brackets around the whole of it, and where they end."""
    for _ in range(_MAX_BRACKETS):
        if len(found) < 2 or found[0].text != "(" or not _is_unit(found):
            break
        found, end = found[1:-1], found[-1].start
    return found, end


def _is_unit(found: Sequence[Word]) -> bool:
    """Whether it is one name, or all of it in one pair of brackets."""
    depth = 0
    for index, word in enumerate(found):
        depth += (word.text in _OPEN) - (word.text in _CLOSE)
        if depth == 0:
            return index == len(found) - 1
    return False


def _quantified(target: str, found: Sequence[Word]) -> tuple[list[Entry], list[Word]] | None:
    """Return what `∀ .., ` at the start binds, and the words that follow."""
    comma = _top(found, {","}) if found[0].text == "∀" else None
    if comma is None or comma < 2:
        return None
    inside = found[1:comma]
    if inside[0].text not in _OPEN:
        colon = _top(inside, {":"})
        if colon is None:
            return None
        kind = target[inside[colon].start + 1 : found[comma].start].strip()
        entries: list[Entry] | None = [Entry(name=word.text, type=kind, variable=False) for word in inside[:colon]]
    else:
        entries = _binders(target, inside)
    return (entries, list(found[comma + 1 :])) if entries else None


def _sorted_out(entries: Sequence[Entry], target: str) -> tuple[Entry, ...]:
    """Say which entries are things."""
    later = set(tokens(target))
    kept: list[Entry] = []
    for entry in reversed(entries):
        last = entry.type.rpartition("→")[2].strip()
        data = last in _DATA or last.partition(" ")[0] in _DATA_HEADS
        kept.append(replace(entry, variable=bool(entry.name) and (data or entry.name in later)))
        later.update(tokens(entry.type))
    return tuple(reversed(kept))
