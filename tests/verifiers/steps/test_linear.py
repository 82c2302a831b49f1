"""Equations in one unknown: what contradicts the one before it, and what only seems to."""

from fractions import Fraction

import pytest

from verifiers.math_text.expression import read
from verifiers.math_text.tokens import Unreadable
from verifiers.math_text.tree import is_expression
from verifiers.steps import linear
from verifiers.steps.check import claims


def wrong(*steps: str, statement: str = "") -> list[str]:
    """Return what is called wrong in any of `steps`."""
    return [claim.text for each in claims(statement, steps) for claim in each if claim.verdict == "wrong"]


@pytest.mark.parametrize(
    ("left", "right", "solution"),
    [
        ("2x + 3", "7", Fraction(2)),
        ("x + 0.5x + 2x", "1050", Fraction(300)),
        ("(x+1)^2 - x^2", "5", Fraction(2)),
        ("192/1.2", "1.2x/1.2", Fraction(160)),
        ("x^2", "4", None),
        ("x/y", "4", None),
        ("2x", "2x + 1", None),
        ("x^99", "x^98", None),
        ("3/x", "1", None),
    ],
)
def test_solutions_are_exact(left: str, right: str, solution: Fraction | None) -> None:
    one, other = read(left), read(right)
    assert not isinstance(one, Unreadable) and not isinstance(other, Unreadable)
    assert is_expression(one) and is_expression(other)
    assert linear.solution(one, other, "x") == solution


CONTRADICTIONS = [
    (("4x = 44", "x = 81 goats"), "x = 81"),
    (("2x - 5 = 13", "Adding 5, we get 2x = 18.", "Solving for x, we get x = 6."), "x = 6"),
    (("3x = 30", "The number of games that he won is x = 18."), "x = 18"),
    (("2C + C = 120", "3C = 120", "The angle of C is C = 120/5 degrees"), "C = 120/5"),
    (("x + 0.5x + 2x = 1050 meters", "Thus, 3.5x = 1058."), "3.5x = 1058"),
    (("2x + x = 45 marbles", "This translates to 3x = 15"), "3x = 15"),
    (("W + W + 2W + 2W = 30", "If we add the sides together, we get 3W = 30."), "3W = 30"),
    (("140 + 140x = 147, so x = .5",), "x = .5"),
    (("if 100 + 100x = 120 then x = .8",), "x = .8"),
    (("x + x + 20 = 180", "Subtracting, we get 0x = 160"), "0x = 160"),
    (("the third year is 2 * 2x = 3x",), "2 * 2x = 3x"),
]


@pytest.mark.parametrize(("steps", "claim"), CONTRADICTIONS)
def test_a_contradiction_is_wrong(steps: tuple[str, ...], claim: str) -> None:
    assert wrong(*steps) == [claim]


CONSISTENT = [
    # Another unknown under the same letter.
    ("Let x be the first. 3x = 12", "x = 4", "Let x be the second. 5x = 35", "x = 7"),
    ("2x = 8 for the one", "The other one has 5x = 30"),
    ("2x = 4", "Let her brother's number be x = 3"),
    ("Triangle ABC has x + 50 = 90.", "Triangle DEF has x + 60 = 90."),
    ("Store A charges 2x + 10 = 30. So x = 10.", "Store B charges 3x + 3 = 30. So x = 9."),
    # Cases and conditions.
    ("Case 1: x - 2 = 5, x = 7", "Case 2: 2 - x = 5, x = -3"),
    ("If 2x = 6 then x = 3.", "If 2x = 8 then x = 4."),
    ("x = 1: 2x + 1 = 3", "x = 2: 2x + 1 = 5", "x = 3: 2x + 1 = 7"),
    # Several values.
    ("(x - 2)(x - 3) = 0", "x - 2 = 0 gives x = 2.", "x - 3 = 0 gives x = 3."),
    ("|2x - 1| = 7", "2x - 1 = 7", "x = 4", "2x - 1 = -7", "x = -3"),
    ("-3 < x - 1 < 4", "x - 1 = -3", "x = -2", "x - 1 = 4", "x = 5"),
    ("The roots come from x + 4 = 0 and x - 9 = 0.", "x = -4", "x = 9"),
    # Rounding and units.
    ("3x = 10", "So x = 3 boxes"),
    ("7x = 50", "x = 7.14"),
    ("x/3 + x/4 = 7", "0.33x + 0.25x = 7", "0.58x = 7", "x = 12"),
    ("2x = 3 hours", "x = 90 minutes"),
    ("2x = 0.5", "x = 25%"),
    ("3 : 4 = x : 20", "x = 15"),
    # Denied.
    ("2x + 3 = 2x + 5 gives 3 = 5, which is false", "there is no solution"),
    ("4(x + 3) = 12 + 7x", "x = 0"),
]


@pytest.mark.parametrize("steps", CONSISTENT)
def test_what_may_be_another_value_is_not_wrong(steps: tuple[str, ...]) -> None:
    assert wrong(*steps) == []
    assert wrong("\n".join(steps)) == []


def test_letters_with_a_square_in_the_problem_may_have_two_values() -> None:
    steps = ("x + 3 = 5", "There the number is x = -2")
    assert wrong(*steps) == ["x = -2"]
    assert wrong(*steps, statement="Solve x^2 = 4.") == []


def test_after_a_contradiction_either_value_may_go_on() -> None:
    assert wrong("150 = 10 + 4c", "So, 4c = 150.", "And there are c = 35 chickens.") == ["4c = 150"]
