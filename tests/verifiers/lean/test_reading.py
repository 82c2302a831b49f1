"""A problem and a model's answer as a row: what counts as the proof, and which lines are its tactics."""

import json
from collections.abc import Callable

import pytest

from schemas.problem import Problem
from schemas.verdict import Outcome, Verdict
from tests.doubles import a_problem
from verifiers.lean.check import reference_error
from verifiers.lean.reading import after_statement, proof_in, tactics_in

LINES = "intro h\nexact h"
SCRIPT = ":= by\n  intro h\n  exact h"


@pytest.mark.parametrize(
    "text",
    [
        LINES,
        f"\n{LINES}\n",
        " intro h\nexact h",
        f"by\n{LINES}",
        "by\n  intro h\n  exact h",
        "  intro h\n  exact h\n",
        f"Here it is.\n```lean\n{LINES}\n```\nDone.",
        f"```\n{LINES}\n```",
        "```lean4\n  intro h\n  exact h\n```",
    ],
)
def test_lines_of_tactics_are_a_proof(text: str) -> None:
    assert proof_in(text, "t") == SCRIPT
    assert [one.text for one in tactics_in(text, "t")] == LINES.split("\n")


@pytest.mark.parametrize(
    ("text", "proof"),
    [
        (":= fun h => h", ":= fun h => h"),
        ("  := by\n  simp", ":= by\n  simp"),
        ("| 0 => rfl\n| n + 1 => rfl", "| 0 => rfl\n| n + 1 => rfl"),
        ("by intro h\n   exact h", "by intro h\n   exact h"),
        ("by_cases h : p\nexact h", ":= by\n  by_cases h : p\n  exact h"),
        ("theorem t : p := by\n  simp", ":= by\n  simp"),
        ("```lean\nlemma A.t (h : p) : p := h\n```", ":= h"),
        ("", ""),
        ("```lean\n```", ""),
        ("cases h with\n| inl a => exact a\n| inr b =>\n  exact b", None),
        ("have h : p := by\n  simp\nexact h", None),
    ],
)
def test_what_is_written_stays_as_it_is(text: str, proof: str | None) -> None:
    indented = ":= by\n" + "\n".join(f"  {line}" for line in text.split("\n"))
    assert proof_in(text, "t") == (indented if proof is None else proof)


def test_a_tactic_has_the_lines_that_stand_deeper() -> None:
    text = "So:\n```lean\nby\n  have h : p := by\n    simp\n\n  · exact h\n```"
    found = tactics_in(text, "t")
    assert [one.text for one in found] == ["have h : p := by\n  simp", "· exact h"]
    assert [[text[at:].split("\n")[0] for at in one.starts] for one in found] == [
        ["have h : p := by", "  simp"],
        ["· exact h"],
    ]
    assert [one.text for one in tactics_in("theorem t : p := by\n  simp", "t")] == ["simp"]


@pytest.mark.parametrize("text", ["", "\n", ":= h", "| 0 => rfl", "by simp", "theorem t : p := h"])
def test_what_is_no_script_has_no_tactics(text: str) -> None:
    assert tactics_in(text, "t") == ()


def test_what_follows_a_statement() -> None:
    assert after_statement("/-- x -/ theorem t (h : p) : p := h\n", "t") == ":= h"
    assert after_statement("theorem u : p := h", "t") is None


def problem(statement: str = "theorem t (p : Prop) (h : p) : p", **program: object) -> Problem:
    reference = json.dumps({"name": "t", "statement": statement})
    return a_problem("prove it", reference, domain="proof", task="prove", family="f", program=json.dumps(program))


def told(outcome: Outcome) -> Callable[[Problem, str], Verdict]:
    verdict = Verdict(outcome=outcome, status="rejected", reason="told so", verifier="lean", version=1)
    return lambda problem, text: verdict if text == "exact h" else pytest.fail(text)


def test_a_reference_is_held_against_its_own_proof() -> None:
    assert reference_error(problem()) is None
    assert "cannot be locked" in (reference_error(problem("def t : Prop")) or "")
    for proof in ([], [3], "exact h"):
        assert reference_error(problem(proof=proof), told("rejected")) is None
    assert reference_error(problem(proof=["exact h"]), told("accepted")) is None
    assert "its own proof is not accepted" in (reference_error(problem(proof=["exact h"]), told("rejected")) or "")
    assert reference_error(
        a_problem("x", "{", domain="proof", task="prove", family="f", program="[["), told("accepted")
    )
