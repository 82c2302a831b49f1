"""What prose about a proof step may speak of: names, goals, and formulas that follow at once from what the step uses."""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from verifiers.lean.goal_text import NAME, change, normal, tokens

Formula = tuple[str, ...]
"""As `goal_text.normal` returns it."""

BUILT_IN = frozenset(
    ["Prop", "Type", "Sort", "Nat", "Int", "Bool", "True", "False", "ℕ", "ℤ", "ℚ", "ℝ", "Real", "Rat", "List"]
)
_WORDS = frozenset([
    "fun", "by", "show", "from", "have", "let", "match", "if", "then", "else", "do", "at",
    "using", "with", "suffices", "calc", "exact", "apply", "intro", "_",
])  # fmt: skip
_MAX_PARTS, _MAX_LENGTH = 200, 400
_BINDERS = frozenset(["∀", "∃", "fun", "Σ", "∑", "∏"])
_WEAKEST_FIRST = ("↔", "→", "∨", "∧")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A step, ready to hold prose against it."""

    was: Formula | None
    """The target before."""
    new: tuple[Formula, ...]
    """Those of the goals that took its place."""
    left: tuple[Formula, ...]
    """The targets of all goals that are open then."""
    types: dict[str, set[Formula]]
    """By name, of the goal before and of the new ones."""
    fresh: dict[str, set[Formula]]
    """Of those, what the step added or changed."""
    follows: frozenset[Formula] | None
    """What the hypotheses that the tactic names say, and parts of it; None where it uses something else as well."""
    propositions: frozenset[str]
    """Names of variables that are propositions."""
    known: frozenset[str]
    """All names that may be used."""
    text: str
    """All formulas, joined, to look for parts in."""
    tactic: str

    def holds(self, formula: Formula) -> bool:
        """Whether a formula occurs in the state or the tactic, on its own or in another."""
        text = joined(formula)
        return text in self.text or text in self.tactic

    def quotes(self, written: str) -> bool:
        """Whether a piece is text of the tactic, more than a name."""
        found = tokens(written)
        return len(found) > 1 and joined(found) in self.tactic

    def says(self, formula: Formula) -> bool:
        """Whether a hypothesis says so."""
        return any(formula in kinds for kinds in self.types.values())

    def is_fresh(self, formula: Formula) -> bool:
        """Whether a new hypothesis says so."""
        return any(formula in kinds for kinds in self.fresh.values())


def state(tactic: str, before: Sequence[str], after: Sequence[str], premises: Sequence[str] = ()) -> State:
    """Return what may be said of a step. Total, linear in the length of the texts."""
    made = change(before, after)
    first = [made.goal] if made.goal else []
    types: dict[str, set[Formula]] = {}
    fresh: dict[str, set[Formula]] = {}
    old = {(name, normal(kind)) for goal in first for name, kind in goal.hypotheses}
    for goal in (*first, *made.new):
        for name, written in goal.hypotheses:
            kind = normal(written)
            types.setdefault(name, set()).add(kind)
            if (name, kind) not in old:
                fresh.setdefault(name, set()).add(kind)
    was = normal(made.goal.target) if made.goal else None
    left = tuple(normal(goal.target) for goal in made.after)
    formulas = [*left, *(kind for kinds in types.values() for kind in kinds), *([was] if was is not None else [])]
    in_tactic = tokens(tactic)
    named = [name for text in premises for name in tokens(text)]
    tags = [part for goal in (*first, *made.after) for part in (goal.tag, *goal.tag.split("."))]
    return State(
        was=was,
        new=tuple(normal(goal.target) for goal in made.new),
        left=left,
        types=types,
        fresh=fresh,
        follows=_follows(in_tactic, types),
        propositions=frozenset(name for name, kinds in types.items() if ("Prop",) in kinds),
        known=frozenset(
            [*types, *in_tactic, *named, *tags, *_WORDS, *BUILT_IN, *(one for formula in formulas for one in formula)]
        ),
        text=joined(one for formula in formulas for one in (*formula, "\n")),
        tactic=joined(in_tactic),
    )


def joined(parts: Iterable[str]) -> str:
    """Return tokens as one text in which whole tokens can be looked for."""
    return f" {' '.join(parts)} "


def unknown(text: str, known: State, tactics: frozenset[str]) -> str:
    """Return the first name in a piece that is not there, empty where all are. Names that the piece itself binds are."""
    found = tokens(text.removeprefix("@"))
    if len(found) == 1 and found[0] in tactics:
        return ""
    bound: set[str] = set()
    binding = False
    for one in found:
        if one in _BINDERS:
            binding = True
        elif one in (",", "=>"):
            binding = False
        elif re.fullmatch(NAME, one) is None:
            continue
        elif binding and one not in known.known:
            bound.add(one)
        elif one not in known.known and one not in bound and one.split(".")[0] not in known.types:
            return one
    return ""


_PLAIN_TACTICS = frozenset(
    [
        "constructor",
        "left",
        "right",
        "exfalso",
        "intro",
        "exact",
        "apply",
        "have",
        "obtain",
        "rcases",
        "absurd",
        "⟨",
        "⟩",
        ":",
        "=",
        "|",
        ",",
        "(",
        ")",
        "with",
    ]
)


def _follows(tactic: Sequence[str], types: dict[str, set[Formula]]) -> frozenset[Formula] | None:
    if any(one not in types and one not in _PLAIN_TACTICS for one in tactic):
        return None
    return frozenset(part for one in tactic for kind in types.get(one, ()) for part in parts(kind))


def parts(formula: Formula) -> set[Formula]:
    """Return a formula and what it is put together from by `→`, `∧`, `∨`, `↔` and `¬`; conclusions and premises alike."""
    if len(formula) > _MAX_LENGTH:
        return {formula}
    found: set[Formula] = set()
    waiting = deque([formula])
    while waiting and len(found) < _MAX_PARTS:
        one = _bare(waiting.popleft())
        if not one or one in found:
            continue
        found.add(one)
        if one[0] == "¬" and not any(sign in _top(one) for sign in _WEAKEST_FIRST):
            waiting += [one[1:], ("False",)]
        elif one[0] not in _BINDERS:
            waiting += _sides(one)
    return found


def _bare(formula: Formula) -> Formula:
    return normal(" ".join(formula)) if formula[:1] == ("(",) else formula


def _top(formula: Formula) -> dict[str, int]:
    """Return the signs outside of brackets and where each stands first."""
    depth = 0
    found: dict[str, int] = {}
    for index, one in enumerate(formula):
        depth += (one in "([{⟨") - (one in ")]}⟩")
        if depth == 0:
            found.setdefault(one, index)
    return found


def _sides(formula: Formula) -> list[Formula]:
    top = _top(formula)
    for sign in _WEAKEST_FIRST:
        if sign in top:
            return [formula[: top[sign]], formula[top[sign] + 1 :]]
    return []
