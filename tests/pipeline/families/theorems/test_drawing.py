"""Theorems as they are drawn: proved by their script, and by nothing that leaves one of its hypotheses out."""

from collections.abc import Iterable
from random import Random

import pytest

from pipeline.families import implications, orders
from pipeline.families.theorems.formulas import FALSE, Formula, peeled
from pipeline.families.theorems.theorem import Theorem

FAMILIES = {"implications": implications, "orders": orders}


def drawn(family: str, count: int, seed: int = 0) -> list[Theorem]:
    module, rng = FAMILIES[family], Random(seed)
    return [module.draw(rng, difficulty) for _ in range(count) for difficulty in module.DIFFICULTIES]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_script_closes_every_goal(family: str) -> None:
    for theorem in drawn(family, 100):
        assert theorem.states()[-1] == ()


@pytest.mark.parametrize("family", FAMILIES)
def test_names_are_not_used_twice(family: str) -> None:
    for theorem in drawn(family, 50):
        names = [one for one, _ in theorem.goal.hypotheses] + [new for one in theorem.script for new in one.names]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("family", FAMILIES)
def test_hypotheses_that_the_proof_uses_cannot_be_spared(family: str) -> None:
    """There is one way, whatever else stands beside it: no detour by what should lead nowhere."""
    follows = {"implications": by_chaining, "orders": by_paths}[family]
    for theorem in drawn(family, 40, seed=5):
        written = " ".join(theorem.lines).replace("(", " ").replace(")", " ").split()
        facts = dict(theorem.goal.hypotheses)
        assert follows(facts.values(), theorem.goal.target)
        for one in facts.keys() & set(written):
            assert not follows([said for name, said in facts.items() if name != one], theorem.goal.target)


@pytest.mark.parametrize("family", FAMILIES)
def test_most_theorems_have_hypotheses_that_lead_nowhere(family: str) -> None:
    spare = []
    for theorem in drawn(family, 50, seed=6):
        written = set(" ".join(theorem.lines).replace("(", " ").replace(")", " ").split())
        spare.append(sum(one not in written for one, _ in theorem.goal.hypotheses))
    assert sum(count >= 2 for count in spare) > 0.8 * len(spare)


def by_chaining(facts: Iterable[Formula], target: Formula) -> bool:
    """Whether a formula follows, as far as applying implications and splitting goes."""
    premises, shown = peeled(target)
    facts = [*facts, *premises]
    if shown.head == "∧":
        return all(by_chaining(facts, part) for part in shown.parts)
    if shown.head == "∨" and any(by_chaining(facts, part) for part in shown.parts):
        return True
    known = {one for one in facts if one.head != "→"}
    rules = [peeled(one) for one in facts if one.head in ("→", "¬")]
    while True:
        new = {conclusion for needed, conclusion in rules if set(needed) <= known} - known
        new |= {part for one in known if one.head == "∧" for part in one.parts} - known
        if not new:
            break
        known |= new
    if shown in known or FALSE in known:
        return True
    for one in known:
        if one.head == "∨" and not set(one.parts) & known:
            return all(by_chaining([*facts, *known, part], shown) for part in one.parts)
    return False


def by_paths(facts: Iterable[Formula], target: Formula) -> bool:
    """Whether an inequality follows by a path, one of sums or products by two."""
    left, right = target.parts
    if left.head in "+*":
        return all(
            by_paths(facts, Formula("≤", (one, other))) for one, other in zip(left.parts, right.parts, strict=True)
        )
    edges = [(one.parts[0], one.parts[1], one.head == "<") for one in facts]
    reached = {(left, False)}
    while new := {
        (end, strict or sharp)
        for at, strict in reached
        for start, end, sharp in edges
        if start == at and (end, strict or sharp) not in reached
    }:
        reached |= new
    return (right, True) in reached or (target.head == "≤" and (right, False) in reached)
