"""What Lean prints of a goal, as values: its hypotheses by name, its target, and what a step made of it.

Two formulas are the same here if their tokens are: white space, line ends, brackets around the whole, ASCII spellings and the
numbers of metavariables do not count. Everything is total and linear in the length of the text.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

NO_GOALS = "no goals"
HOLE = "?_"
"""A metavariable, whatever its number: states printed with `pp.mvars=false` have this, others `?m.14` or `?n`."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal."""

    tag: str
    """`left` of `case left`; empty where there is none."""
    hypotheses: tuple[tuple[str, str], ...]
    """(name, type), an entry for each name, in order; the type of a `let` is `Nat := 3`."""
    target: str

    def types(self, name: str) -> list[str]:
        """Return what a name says; several where an older hypothesis of that name is shadowed."""
        return [kind for one, kind in self.hypotheses if one == name]


# A name may hold quotes, subscripts and the dagger of what cannot be named; `h.1` and `Nat.le_trans` are one token.
NAME = r"(?:«[^«»\n]*»|[^\W\d][\w'!✝]*+)(?:\.(?:«[^«»\n]*»|\w[\w'!✝]*+))*+"
_TOKEN = re.compile(rf"{NAME}|\?[\w.✝]*|\d+(?:\.\d+)?|<->|->|<=|>=|/\\|\\/|!=|↦|\S")
_SPELT = {"->": "→", "<->": "↔", "<=": "≤", ">=": "≥", "/\\": "∧", "\\/": "∨", "!=": "≠", "↦": "=>", "λ": "fun"}
_HYPOTHESIS = re.compile(r"(?P<names>[^\s:(){}\[\]⟨⟩,]+(?: [^\s:(){}\[\]⟨⟩,]+)*) : ?(?P<type>.*)", re.DOTALL)


def tokens(text: str) -> list[str]:
    """Return the tokens of Lean text in one spelling; every metavariable is `?_`."""
    found = (_SPELT.get(one, one) for one in _TOKEN.findall(text))
    return [HOLE if one.startswith("?") else one for one in found]


def normal(formula: str) -> tuple[str, ...]:
    """Return what two writings of a formula have in common."""
    found = tokens(formula)
    closing: dict[int, int] = {}
    opened: list[int] = []
    for index, one in enumerate(found):
        if one == "(":
            opened.append(index)
        elif one == ")" and opened:
            closing[opened.pop()] = index
    first, last = 0, len(found) - 1
    while first < last and closing.get(first) == last:
        first, last = first + 1, last - 1
    return tuple(found[first : last + 1])


def same(one: str, other: str) -> bool:
    """Whether two formulas are the same text for Lean."""
    return normal(one) == normal(other)


def read(text: str) -> Goal | None:
    """Read one printed goal; None where there is no target. Total."""
    tag, hypotheses = "", list[tuple[str, str]]()
    for line in _lines(text):
        if line.startswith("⊢"):
            return Goal(tag, tuple(hypotheses), line[1:].strip())
        if line.startswith("| "):  # what `conv` looks at
            return Goal(tag, tuple(hypotheses), line[2:].strip())
        if line.startswith("case ") and not hypotheses:
            tag = line[5:].strip()
        elif (found := _HYPOTHESIS.match(line)) is not None:
            hypotheses += [(name, found["type"].strip()) for name in found["names"].split(" ")]
    return None


def read_all(goals: Sequence[str]) -> tuple[Goal, ...]:
    """Read goals; what cannot be read counts as a goal whose target is the whole text."""
    return tuple(read(text) or Goal("", (), " ".join(text.split())) for text in goals)


def _lines(text: str) -> list[str]:
    """Return the lines of a goal, those that Lean wrapped joined by one space."""
    lines: list[list[str]] = []
    for line in text.split("\n"):
        if not line.strip():
            continue
        if line[0].isspace() and lines:
            lines[-1].append(line.strip())
        else:
            lines.append([line.strip()])
    return [" ".join(" ".join(parts).split()) for parts in lines]


def shown(goals: Sequence[str]) -> str:
    """Return a state as prompts show it: the first goal without its `case`, of each further one its `⊢ target`."""
    if not goals:
        return NO_GOALS
    lines = _lines(goals[0])
    first = [line for index, line in enumerate(lines) if index or not line.startswith("case ")]
    return "\n".join([*first, *(f"⊢ {goal.target}" for goal in read_all(goals[1:]))])


@dataclass(frozen=True, slots=True)
class Change:
    """What a step made of a state."""

    goal: Goal | None
    """The goal it worked on, the first; None where there was none."""
    new: tuple[Goal, ...]
    """The goals that took its place."""
    waiting: tuple[Goal, ...]
    """The goals that it did not work on, as they were."""
    after: tuple[Goal, ...]
    """All that are open then."""

    @property
    def left(self) -> Goal | None:
        """The next goal."""
        return self.after[0] if self.after else None


def change(before: Sequence[str], after: Sequence[str]) -> Change:
    """Say which goals are new: those before the ones that waited. A waiting goal may have had its holes filled, or be gone."""
    first, then = read_all(before), read_all(after)
    waiting = [key(goal) for goal in first[1:]]
    keys = [key(goal) for goal in then]
    at = len(keys)
    for one in reversed(waiting):
        if at and _fits(one, keys[at - 1]):
            at -= 1
    new = then[:at]
    if at and Counter(keys) <= Counter(key(goal) for goal in first):  # put in another order, or a later one closed
        kept = Counter(keys) - Counter(waiting)
        new = tuple(goal for goal, one in zip(then, keys, strict=True) if kept[one] > 0)
    return Change(first[0] if first else None, new, first[1:], then)


Key = tuple[tuple[tuple[str, tuple[str, ...]], ...], tuple[str, ...]]


def key(goal: Goal) -> Key:
    """Return what two printings of a goal have in common; its tag does not count."""
    return tuple((name, normal(kind)) for name, kind in goal.hypotheses), normal(goal.target)


def _fits(waiting: Key, found: Key) -> bool:
    """Whether a goal is one that waited, with some of its holes filled."""
    if waiting == found:
        return True
    target, other = waiting[1], found[1]
    if HOLE not in target or [name for name, _ in waiting[0]] != [name for name, _ in found[0]]:
        return False
    first, last = target.index(HOLE), len(target) - 1 - target[::-1].index(HOLE)
    tail = len(target) - 1 - last
    return (
        len(other) >= first + tail + 1
        and other[:first] == target[:first]
        and other[len(other) - tail :] == target[last + 1 :]
    )


def news(before: Sequence[str], after: Sequence[str]) -> str:
    """Return what a step made, as prompts show it: new hypotheses and targets of the new goals; else what is next."""
    found = change(before, after)
    known = set(found.goal.hypotheses) if found.goal is not None else set()
    lines = []
    for goal in found.new:
        lines += [f"{name} : {kind}" for name, kind in goal.hypotheses if (name, kind) not in known]
        lines.append(f"⊢ {goal.target}")
    if not found.new:
        lines.append(f"closed, next ⊢ {found.left.target}" if found.left is not None else NO_GOALS)
    return "\n".join(lines)


def brief(error: str) -> str:
    """Return the first paragraph of one of Lean's errors on one line: what failed, without the state it failed in."""
    return " ".join(error.strip().split("\n\n", 1)[0].split())
