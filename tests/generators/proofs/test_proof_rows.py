"""Rows of proofs: the premises of a tactic, and which recorded proof is one."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from generators.proofs import proof_rows
from schemas.judge import Ran
from schemas.problem import Problem
from schemas.verdict import Outcome
from tests.doubles import TellingJudge, a_problem

STATE = (
    "case h\np q : Prop\nn m : Nat\nh1 : p → q\nh2 : p\nh3 : n ≤ m\nih : ∀ k, k ≤ n\nP : Nat → Prop\nhP : P n\n⊢ q",
)


@pytest.mark.parametrize(
    ("tactic", "named"),
    [
        ("exact h1 h2", ["hypothesis h1", "hypothesis h2"]),
        ("apply h1", ["hypothesis h1"]),
        ("exact Nat.le_trans h3 (Nat.le_refl m)", ["lemma Nat.le_trans", "hypothesis h3", "lemma Nat.le_refl"]),
        ("obtain ⟨h5, h6⟩ := h1 h2", ["hypothesis h1", "hypothesis h2"]),
        ("rcases h2 with h5 | h6", ["hypothesis h2"]),
        ("have h9 : p → q := h1", ["hypothesis h1"]),
        ("intro h7", []),
        ("constructor", []),
        ("exact absurd h2 (fun x => h1 x)", ["lemma absurd", "hypothesis h2", "hypothesis h1"]),
        ("rw [h3, ← Nat.add_comm n m] at h2", ["hypothesis h3", "lemma Nat.add_comm", "hypothesis h2"]),
        ("exact h1.mp h2", ["hypothesis h1.mp", "hypothesis h2"]),
        ("exact h2\n  |> h1", ["hypothesis h2", "hypothesis h1"]),
        ("simp only [h1, h1]", ["hypothesis h1"]),
        ("exact hP", ["hypothesis hP"]),
        ("", []),
        ("⟨`", []),
    ],
)
def test_premises_are_the_hypotheses_and_lemmas_that_a_tactic_names(tactic: str, named: list[str]) -> None:
    claims = proof_rows.premises(tactic, STATE, ())
    assert [f"{claim.reason.partition(':')[0]} {claim.text}" for claim in claims] == named
    assert all(tactic[claim.start : claim.end] == claim.text for claim in claims)


def test_a_hypothesis_is_told_with_what_it_says() -> None:
    assert proof_rows.premises("apply h1", STATE, ())[0].reason == "hypothesis: p → q"
    assert proof_rows.premises("apply h1", (), ()) == ()


class _Runs(TellingJudge):
    """A judge to whom every script runs and leaves nothing."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(lambda text: outcome)

    async def states(self, problem: Problem, scripts: Sequence[Sequence[str]]) -> Sequence[Ran]:
        return [Ran(states=(*((("⊢ p",),) * len(script)), ())) for script in scripts]


def a_recorded(program: object) -> Problem:
    return a_problem("theorem t : p", "{}", domain="proof", task="prove", program=json.dumps(program))


@pytest.mark.parametrize("outcome", ["accepted", "rejected", "undecided"])
def test_a_recorded_proof_is_one_where_the_verifier_says_so(outcome: Outcome) -> None:
    found = asyncio.run(proof_rows.recorded(a_recorded({"proof": ["intro h", "exact h"]}), _Runs(outcome)))
    assert (found is not None) == (outcome == "accepted")
    assert found is None or (found.tactics, found.states) == (("intro h", "exact h"), (("⊢ p",), ("⊢ p",), ()))


def test_recorded_states_stand_in_where_none_can_be_had() -> None:
    rows = [
        {"tactic": "intro h", "before": ["⊢ p → p"], "after": ["h : p\n⊢ p"]},
        {"tactic": "exact h", "before": ["h : p\n⊢ p"], "after": []},
    ]
    silent = TellingJudge(lambda text: "accepted")
    found = asyncio.run(proof_rows.recorded(a_recorded({"tactics": rows}), silent))
    assert found is not None and found.states == (("⊢ p → p",), ("h : p\n⊢ p",), ())
    rows[1]["after"] = None  # type: ignore[assignment]  # LeanDojo's rows may not say
    assert asyncio.run(proof_rows.recorded(a_recorded({"tactics": rows}), silent)) is None


@pytest.mark.parametrize("program", ["[", "3", "null", '{"proof": []}', '{"tactics": [3, {"tactic": ""}]}', "[" * 9999])
def test_any_program_is_survived(program: str) -> None:
    problem = replace(a_recorded({}), program=program)
    assert asyncio.run(proof_rows.recorded(problem, _Runs("accepted"))) is None
