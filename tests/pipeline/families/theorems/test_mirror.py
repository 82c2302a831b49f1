"""The mirror against Lean: the same states along every proof, the same errors of every mistake."""

from random import Random

import pytest

from pipeline.families import implications, orders
from pipeline.families.theorems.formulas import both, either, imp, name, negation
from pipeline.families.theorems.mirror import Goal, Tactic, Term, run
from pipeline.families.theorems.mistakes import mistake
from pipeline.families.theorems.theorem import Theorem, shown
from verifiers.lean import goals
from verifiers.lean.native import Native, missing
from verifiers.lean.rows import Limits, Proof

p, q, r = map(name, "pqr")
needs_lean = pytest.mark.skipif(missing() is not None, reason=missing() or "")


def drawn(count: int, seed: int) -> list[Theorem]:
    rng = Random(seed)
    return [
        family.draw(rng, rng.choice(family.DIFFICULTIES)) for _ in range(count) for family in (implications, orders)
    ]


def proof(theorem: Theorem, lines: list[str]) -> Proof:
    return Proof(name="t", statement=theorem.statement, proof="\n  ".join([":= by", *lines]))


def untagged(found: tuple[str, ...]) -> list[str]:
    return ["\n".join(line for line in goal.split("\n") if not line.startswith("case ")) for goal in found]


@needs_lean
def test_states_are_leans_own() -> None:
    with Native() as lean:
        for theorem in drawn(12, seed=1):
            states = [shown(one) for one in theorem.states()]
            found = goals.of_proof(lean, proof(theorem, theorem.lines), Limits())
            assert [one.tactic for one in found] == theorem.lines
            for before, one, after in zip(states, found, states[1:], strict=False):
                assert (untagged(one.before), untagged(one.after or ())) == (before, after)


@needs_lean
def test_mistakes_fail_as_they_say() -> None:
    rng, seen = Random(2), set()
    with Native() as lean:
        for theorem in drawn(15, seed=3):
            step = rng.randrange(len(theorem.lines))
            found = mistake(theorem.states()[step][0], rng)
            if found is None:
                continue
            (verdict,) = lean.check([proof(theorem, [*theorem.lines[:step], found[0]])], Limits())
            assert verdict.verdict == "rejected"
            assert verdict.messages[0].text.split("\n\n")[0] == found[1]
            assert verdict.messages[0].line == 2 + step + 1 - (not theorem.goal.hypotheses)
            seen.add(found[1].split(" ")[0] + found[0].split(" ")[0])
    assert len(seen) >= 4


def goal(target: object, **hypotheses: object) -> Goal:
    return Goal(("p", "q", "r"), "Prop", tuple(hypotheses.items()), target)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "tactic"),
    [
        (goal(q, h1=p), Tactic("exact", Term("h1"))),
        (goal(q, h1=imp(p, q), h2=r), Tactic("exact", Term("h1", (Term("h2"),)))),
        (goal(q, h1=imp(p, r)), Tactic("apply", Term("h1"))),
        (goal(q), Tactic("intro", names=("h1",))),
        (goal(q), Tactic("constructor")),
        (goal(both(p, q)), Tactic("left")),
        (goal(q, h1=either(p, q)), Tactic("obtain", Term("h1"), ("h2", "h3"))),
        (goal(q, h1=both(p, q)), Tactic("rcases", Term("h1"), ("h2", "h3"))),
        (goal(q), Tactic("exact", Term("h9"))),
    ],
)
def test_what_does_not_fit_has_no_state(state: Goal, tactic: Tactic) -> None:
    assert run((state,), tactic) is None


def test_the_first_goal_is_worked_on_and_the_others_wait() -> None:
    waiting = goal(r)
    after = run((goal(both(p, q), h1=p), waiting), Tactic("constructor"))
    assert after == (goal(p, h1=p), goal(q, h1=p), waiting)
    assert run((goal(negation(p)),), Tactic("intro", names=("h4",)))[0].said("h4") == p  # type: ignore[index]
    assert run((), Tactic("constructor")) is None
