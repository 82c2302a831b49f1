"""Goals as Lean prints them, read."""

import pytest

from verifiers.lean import goal_text
from verifiers.lean.goal_text import Goal

WRAPPED = "case inl.h\np q : Prop\nh3 : p →\n  q\nx : Nat := 3\nh✝ : p\n⊢ p ∧\n    q"


def test_a_goal_has_a_tag_names_and_a_target() -> None:
    assert goal_text.read(WRAPPED) == Goal(
        "inl.h", (("p", "Prop"), ("q", "Prop"), ("h3", "p → q"), ("x", "Nat := 3"), ("h✝", "p")), "p ∧ q"
    )
    assert goal_text.read("⊢ True") == Goal("", (), "True")
    assert goal_text.read("f : (x : Nat) → P x\n⊢ True") == Goal("", (("f", "(x : Nat) → P x"),), "True")
    assert goal_text.read("no goals") is goal_text.read("") is goal_text.read("p : Prop") is None


def test_prompts_show_the_first_goal_and_the_targets_of_the_others() -> None:
    assert goal_text.shown(["case left\np : Prop\n⊢ p", "case right\np : Prop\n⊢ p ∨\n  p"]) == "p : Prop\n⊢ p\n⊢ p ∨ p"
    assert goal_text.shown([]) == "no goals"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("p → q", "(p →\n  q)", True),
        ("p -> q", "p → q", True),
        ("((p) ∧ (q))", "(p) ∧ (q)", True),
        ("(p) ∧ (q)", "p) ∧ (q", False),
        ("?m.12 ≤ c", "?_ ≤ c", True),
        ("p → q", "q → p", False),
        ("p → q → r", "(p → q) → r", False),
        ("h1", "h11", False),
        ("a b", "ab", False),
    ],
)
def test_formulas_are_the_same_by_their_tokens(one: str, other: str, same: bool) -> None:
    assert goal_text.same(one, other) is goal_text.same(other, one) is same


def goals(*targets: str) -> list[str]:
    return [f"p q : Prop\n⊢ {target}" for target in targets]


@pytest.mark.parametrize(
    ("before", "after", "new"),
    [
        (goals("p ∧ q", "r"), goals("p", "q", "r"), ["p", "q"]),
        (goals("r", "r"), goals("r"), []),
        (goals("p"), [], []),
        (goals("p"), goals("p"), ["p"]),
        (goals("a ≤ ?_", "?_ ≤ c", "Nat"), goals("b ≤ c"), []),
        (goals("a ≤ ?_", "?_ ≤ c"), goals("b ≤ d"), ["b ≤ d"]),
        ([], goals("p"), ["p"]),
    ],
)
def test_new_goals_stand_before_those_that_waited(before: list[str], after: list[str], new: list[str]) -> None:
    assert [goal.target for goal in goal_text.change(before, after).new] == new
