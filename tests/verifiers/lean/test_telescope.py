"""Statements taken apart, variables paired, values that refute: text only, no Lean."""

import pytest

from verifiers.lean import pairing, telescope
from verifiers.lean.countermodel import countermodel
from verifiers.lean.telescope import Telescope


def taken(binders: str) -> Telescope:
    found = telescope.sampled(f"theorem t {binders}")
    assert isinstance(found, Telescope), found
    return found


def facts(one: Telescope) -> list[str]:
    return [entry.type for entry in one.hypotheses]


def test_premises_of_the_goal_are_hypotheses() -> None:
    one = taken("(p q : Prop) (h : p → q) : ((p)) → ∀ (x : Nat), x = x → ¬(q ∧ p)")
    assert [entry.name for entry in one.variables] == ["p", "q", "x"]
    assert facts(one) == ["p → q", "((p))", "x = x", "(q ∧ p)"] and one.target == "False"
    assert one.closed.startswith("∀ (p q : Prop) (h : p → q), ((p)) → ∀") and one.bound == 3


@pytest.mark.parametrize("goal", ["p → q ↔ p", "∃ x : Nat, x = 1 → p", "fun x => p → p", "p <| p → p", "¬p ∧ p"])
def test_a_goal_is_not_cut_where_something_reaches_further_than_its_arrow(goal: str) -> None:
    one = taken(f"(p q : Prop) : {goal}")
    assert facts(one) == [] and one.target == goal


def test_what_something_speaks_of_is_a_variable() -> None:
    one = taken("{α : Type} [Group α] (a b : α) (f : α → Nat) (u : Nat) (h : a = b) : f a = f b")
    assert [entry.name for entry in one.variables] == ["α", "a", "b", "f", "u"] and facts(one) == ["Group α", "a = b"]


@pytest.mark.parametrize(
    "text",
    [
        "(((((" * 700, ": " + "(" * 1900 + "p" + ")" * 1900, ": " + "p → " * 900 + "p", ": " + "¬" * 3900 + "p",
        "(p : Prop) : " + "∀ x : Nat, " * 350 + "p", "(p : Prop) " + "(h : p) " * 450 + ": p", ": ⟨", "(x) : p", "x : p", ":",
    ],
)  # fmt: skip
def test_any_text_is_survived(text: str) -> None:
    one = telescope.sampled(f"theorem t {text}")
    assert isinstance(one, str) or countermodel(one) is None or one.variables == ()
    if isinstance(one, Telescope):
        pairing.pairings(one, one)


def test_variables_are_paired_by_form_one_to_one() -> None:
    one = taken("(p q r : Prop) (h : p → q) (k : p) (l : r → q) : q")
    other = taken("(a b c : Prop) (h : c → a) (k : b → a) (l : c) : a")
    assert pairing.pairings(one, other)[0] == {"p": "c", "q": "a", "r": "b"}
    instance = taken("(a b : Prop) (h : b → a) (k : b → a) (l : b) : a")
    assert pairing.pairings(one, instance) == []
    assert pairing.pairings(taken("(a : Nat) (p : Prop) : p"), taken("(p : Nat) (a : Prop) : a"))[0] == {
        "a": "p",
        "p": "a",
    }


def test_values_that_refute() -> None:
    assert countermodel(taken("(p q : Prop) (h : p ∨ q) : q")) == {"p": "True", "q": "False"}
    assert countermodel(taken("(p q : Prop) (h : p ∨ q) (k : ¬p) : q")) is None
    assert countermodel(taken("(a b c : Nat) (h : a ≤ b) (k : b ≤ c) : a < c")) is not None
    assert countermodel(taken("(a b c : Nat) (h : a < b) (k : b ≤ c) : a < c")) is None
    assert countermodel(taken("(a b : Nat) : a * b ≤ a + b")) is None, "not found is not said"
    assert countermodel(taken("(f : Nat → Nat) (a : Nat) : f a = a")) is None
