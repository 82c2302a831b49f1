"""What tactics do to goals, for the few tactics of the families: Lean's answer without Lean.

A corpus needs hundreds of thousands of states, and Lean prints some hundreds a second. Nothing here is a verdict: a tactic that
this module does not take may be fine with Lean, and states in rows are Lean's own. Tests hold the two against each other.
"""

from dataclasses import dataclass, replace
from itertools import groupby

from pipeline.families.theorems.formulas import FALSE, Formula, peeled, relation


@dataclass(frozen=True, slots=True)
class Term:
    """A hypothesis, a lemma, a variable, or one of them applied."""

    head: str
    arguments: "tuple[Term, ...]" = ()

    def __str__(self) -> str:
        """Return it as written in a proof."""
        inside = (f"({one})" if one.arguments else str(one) for one in self.arguments)
        return " ".join((self.head, *inside))


@dataclass(frozen=True, slots=True)
class Tactic:
    """One line of a proof."""

    kind: str
    """exact, apply, intro, have, obtain, rcases, constructor, left, right or exfalso."""
    term: Term | None = None
    names: tuple[str, ...] = ()
    """What it introduces."""

    def __str__(self) -> str:
        """Return the line."""
        match self.kind:
            case "intro":
                return f"intro {self.names[0]}"
            case "have":
                return f"have {self.names[0]} := {self.term}"
            case "obtain":
                return f"obtain ⟨{', '.join(self.names)}⟩ := {self.term}"
            case "rcases":
                return f"rcases {self.term} with {' | '.join(self.names)}"
            case "exact" | "apply":
                return f"{self.kind} {self.term}"
        return self.kind


@dataclass(frozen=True, slots=True)
class Goal:
    """Variables, hypotheses in order, and what is to be shown."""

    variables: tuple[str, ...]
    sort: str
    hypotheses: tuple[tuple[str, Formula], ...]
    target: Formula

    def __str__(self) -> str:
        """Return it as Lean prints it, neighbours of one type on one line, without the tag of its case."""
        typed = [(one, self.sort) for one in self.variables] + [(one, str(said)) for one, said in self.hypotheses]
        lines = [f"{' '.join(one for one, _ in same)} : {said}" for said, same in groupby(typed, lambda pair: pair[1])]
        return "\n".join([*lines, f"⊢ {self.target}"])

    def said(self, hypothesis: str) -> Formula | None:
        """Return what a hypothesis says."""
        return dict(self.hypotheses).get(hypothesis)


Goals = tuple[Goal, ...]


def run(goals: Goals, tactic: Tactic) -> Goals | None:
    """Return the goals after a tactic on the first; None where it does not fit."""
    if not goals:
        return None
    new = _on(goals[0], tactic)
    return None if new is None else (*new, *goals[1:])


def _on(goal: Goal, tactic: Tactic) -> Goals | None:
    match tactic.kind:
        case "exact":
            return () if tactic.term is not None and _left(goal, tactic.term) == () else None
        case "apply":
            found = _left(goal, tactic.term) if tactic.term is not None else None
            return None if found is None else tuple(replace(goal, target=one) for one in found)
        case "intro":
            return _intro(goal, tactic.names[0])
        case "have" | "obtain" | "rcases":
            return _taken_apart(goal, tactic)
        case "exfalso":
            return (replace(goal, target=FALSE),)
    return _on_target(goal, tactic.kind)


def _on_target(goal: Goal, kind: str) -> Goals | None:
    wanted = "∧" if kind == "constructor" else "∨"
    if goal.target.head != wanted:
        return None
    sides = goal.target.parts
    shown = sides if wanted == "∧" else (sides[kind == "right"],)
    return tuple(replace(goal, target=one) for one in shown)


def _intro(goal: Goal, name: str) -> Goals | None:
    if goal.target.head not in ("→", "¬"):
        return None
    rest = goal.target.parts[1] if goal.target.head == "→" else FALSE
    return (_with(goal, (name, goal.target.parts[0]), target=rest),)


def _taken_apart(goal: Goal, tactic: Tactic) -> Goals | None:
    said = says(goal, tactic.term) if tactic.term is not None else None
    if said is None or tactic.term is None:
        return None
    if tactic.kind == "have":
        return (_with(goal, (tactic.names[0], said)),)
    if said.head != {"obtain": "∧", "rcases": "∨"}[tactic.kind]:
        return None
    kept = tuple(one for one in goal.hypotheses if one[0] != tactic.term.head or tactic.term.arguments)
    goal = replace(goal, hypotheses=kept)
    pairs = tuple(zip(tactic.names, said.parts, strict=True))
    return (_with(goal, *pairs),) if tactic.kind == "obtain" else tuple(_with(goal, one) for one in pairs)


def _with(goal: Goal, *new: tuple[str, Formula], target: Formula | None = None) -> Goal:
    return replace(goal, hypotheses=(*goal.hypotheses, *new), target=target or goal.target)


def says(goal: Goal, term: Term) -> Formula | None:
    """Return the statement that a term proves; None where it does not fit together, or leaves something open."""
    if term.head == "Nat.le_of_lt" and len(term.arguments) == 1:
        inner = says(goal, term.arguments[0])
        return relation(inner.parts[0], "≤", inner.parts[1]) if inner is not None and inner.head == "<" else None
    formula = goal.said(term.head)
    for argument in term.arguments:
        if formula is None:
            return None
        premises, _ = peeled(formula)
        if not premises or says(goal, argument) != premises[0]:
            return None
        formula = formula.parts[1] if formula.head == "→" else FALSE
    return formula


def _left(goal: Goal, term: Term) -> tuple[Formula, ...] | None:
    """Return what is left to show when a term is applied to the goal."""
    if term.head.startswith("Nat.") and term.head != "Nat.le_of_lt":
        return _lemma(goal, term)
    formula = says(goal, term)
    if formula is None:
        return None
    if formula == goal.target:
        return ()
    premises, conclusion = peeled(formula)
    return premises if conclusion == goal.target else None


_TRANSITIVE = {
    "Nat.le_trans": ("≤", "≤", "≤"),
    "Nat.lt_of_lt_of_le": ("<", "≤", "<"),
    "Nat.lt_of_le_of_lt": ("≤", "<", "<"),
}
"""The relation that is given, the one that is left to show, the one that follows."""


def _lemma(goal: Goal, term: Term) -> tuple[Formula, ...] | None:
    target, sides = goal.target, goal.target.parts
    if term.head in _TRANSITIVE and term.arguments:
        given, left, follows = _TRANSITIVE[term.head]
        first = says(goal, term.arguments[0])
        if target.head != follows or first is None or first.head != given or first.parts[0] != sides[0]:
            return None
        rest = relation(first.parts[1], left, sides[1])
        if len(term.arguments) == 1:
            return (rest,)
        return () if says(goal, term.arguments[1]) == rest else None
    if term.head == "Nat.le_refl":
        return () if target.head == "≤" and sides[0] == sides[1] else None
    sign = {"Nat.add_le_add": "+", "Nat.mul_le_mul": "*"}.get(term.head)
    if sign is None or target.head != "≤" or any(side.head != sign for side in sides):
        return None
    (a, b), (c, d) = sides[0].parts, sides[1].parts
    return relation(a, "≤", c), relation(b, "≤", d)
