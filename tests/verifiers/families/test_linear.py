"""Equations: a line is right when it has the solutions of the line before it."""

from fractions import Fraction

import pytest

from tests.doubles import a_problem
from tests.verifiers.families.truths import Truth, local, prefix
from verifiers.families.linear import Solutions, check_steps, solutions

T, F = True, False
PROBLEM = a_problem("Solve for x: 3(x - 4) + 2 = 5x", "-5", family="linear")


@pytest.mark.parametrize(
    ("equation", "found"),
    [
        ("x = 5", Fraction(5)),
        ("5 = x", Fraction(5)),
        ("-x = 5", Fraction(-5)),
        ("3x + 1 = 2", Fraction(1, 3)),
        ("3(x - 4) + 2 = 5x", Fraction(-5)),
        ("x/2 = 3/4", Fraction(3, 2)),
        ("2x = 2x", "all"),
        ("2x = 2x + 1", "none"),
        ("3 = 3", "all"),
        ("3 = 4", "none"),
        ("3x", None),
        ("x = 1 = 1", None),
        ("x * x = 4", None),
        ("1/x = 4", None),
        ("y = 4", None),
        ("x = ", None),
        ("", None),
    ],
)
def test_the_solutions_of_an_equation(equation: str, found: Solutions | None) -> None:
    assert solutions(equation) == found


@pytest.mark.parametrize(
    ("steps", "is_local", "is_prefix"),
    [
        (["3x - 12 + 2 = 5x", "3x - 10 = 5x", "-2x = 10", "x = -5", "Answer: -5"], [T] * 5, [T] * 5),
        (["-5 = x", "Answer: x = -5"], [T, T], [T, T]),
        (["Answer: -10/2"], [T], [T]),
        # A lost sign that is carried on.
        (["3x + 12 + 2 = 5x", "3x + 14 = 5x", "-2x = -14", "x = 7", "Answer: 7"], [F, T, T, T, T], [F] * 5),
        # Back on the right track by luck: the lines after a wrong one stay wrong.
        (["3x - 4 + 2 = 5x", "-2x = 10", "x = -5", "Answer: -5"], [F, F, T, T], [F, F, F, F]),
        # An equation that has lost its unknown.
        (["3x - 10 = 3x", "0 = 10"], [F, T], [F, F]),
        (["So we expand.", "3x - 10 = 5x"], [None, T], [None, None]),
        (["Answer: no solution"], [None], [None]),
    ],
)
def test_lines_of_a_solution(steps: list[str], is_local: list[Truth], is_prefix: list[Truth]) -> None:
    checks = check_steps(PROBLEM, steps)
    assert (local(checks), prefix(checks)) == (is_local, is_prefix)


def test_why_a_line_is_wrong_is_said() -> None:
    (step,) = check_steps(PROBLEM, ["  x = 5\n"]).steps
    (claim,) = step.claims
    assert (claim.text, claim.reason) == ("x = 5", "x = 5, the line before has x = -5")
    assert (claim.start, claim.end) == (2, 7)
