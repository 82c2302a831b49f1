"""Tactics that fail, and what Lean says of them: for the corpus, without Lean. In rows errors are Lean's own."""

from random import Random

from pipeline.families.theorems.formulas import peeled
from pipeline.families.theorems.mirror import Goal
from pipeline.families.theorems.theorem import HYPOTHESES


def mistake(goal: Goal, rng: Random) -> tuple[str, str] | None:
    """Return (tactic, the first paragraph of Lean's error); None where the draw found none."""
    kind = rng.choice(("exact", "exact", "apply", "apply", "unknown", "shape"))
    if kind == "unknown":
        taken = {name for name, _ in goal.hypotheses}
        absent = rng.choice([name for name in HYPOTHESES if name not in taken])
        return f"{rng.choice(('exact', 'apply'))} {absent}", f"Unknown identifier `{absent}`"
    if kind == "shape":
        return _shape(goal, rng)
    name, said = rng.choice(goal.hypotheses)
    premises, conclusion = peeled(said)
    if conclusion.head == "False" or goal.target.head in ("→", "¬", "<", "≤") or goal.target in (said, conclusion):
        return None if goal.sort == "Prop" or said == goal.target else _order(goal, name)
    if kind == "exact":
        return f"exact {name}", _mismatch(name, str(said), str(goal.target))
    what = "conclusion" if premises else "type"
    return (
        f"apply {name}",
        f"Tactic `apply` failed: could not unify the {what} of `{name}`\n  {conclusion}\nwith the goal\n  {goal.target}",
    )


def _order(goal: Goal, name: str) -> tuple[str, str] | None:
    said = goal.said(name)
    return None if said is None else (f"exact {name}", _mismatch(name, str(said), str(goal.target)))


def _mismatch(name: str, said: str, wanted: str) -> str:
    return f"Type mismatch\n  {name}\nhas type\n  {said}\nbut is expected to have type\n  {wanted}"


def _shape(goal: Goal, rng: Random) -> tuple[str, str] | None:
    if goal.target.parts or goal.sort != "Prop" or goal.target.head == "False":
        return None
    tactic = rng.choice(("constructor", "left", "right"))
    return tactic, f"Tactic `{tactic}` failed: target is not an inductive datatype"
