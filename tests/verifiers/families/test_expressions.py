"""Expressions: a line is right when its value is that of the line before it."""

import pytest

from tests.doubles import a_problem
from tests.verifiers.families.truths import Truth, local, prefix
from verifiers.families.expressions import check_steps

T, F = True, False
PROBLEM = a_problem("Evaluate (3 + 4) * 5 - 6 * 2", "23")


@pytest.mark.parametrize(
    ("steps", "is_local", "is_prefix"),
    [
        (["7 * 5 - 6 * 2", "35 - 6 * 2", "35 - 12", "23", "Answer: 23"], [T] * 5, [T] * 5),
        (["= 7 * 5 - 12", "= 23", "Answer: 46/2"], [T, T, T], [T, T, T]),
        # The order of operations: 35 - 6 first.
        (["7 * 5 - 6 * 2", "35 - 6 * 2", "29 * 2", "58", "Answer: 58"], [T, T, F, T, T], [T, T, F, F, F]),
        # Two slips that cancel: the answer is right and the way to it is not.
        (["7 * 5 - 6 * 2", "36 - 6 * 2", "36 - 13", "23", "Answer: 23"], [T, F, F, T, T], [T, F, F, F, F]),
        (["7 * 5 - 12", "Answer: 24"], [T, F], [T, F]),
        (["3 + 4 is 7", "7 * 5 - 12"], [None, T], [None, None]),
        (["24", "what now", "Answer: 24"], [F, None, T], [F, F, F]),
        (["x + 23"], [None], [None]),
        (["23.0"], [None], [None]),
    ],
)
def test_lines_of_a_solution(steps: list[str], is_local: list[Truth], is_prefix: list[Truth]) -> None:
    checks = check_steps(PROBLEM, steps)
    assert (local(checks), prefix(checks)) == (is_local, is_prefix)


@pytest.mark.parametrize("statement", ["Evaluate (3 + 4) * 5 - 6 * 2.", " Evaluate (3 + 4) * 5 - 6 * 2 \n"])
def test_the_statement_may_end_like_a_sentence(statement: str) -> None:
    assert prefix(check_steps(a_problem(statement, "23"), ["Answer: 23"])) == [True]


def test_two_numbers_side_by_side_are_no_product() -> None:
    assert prefix(check_steps(a_problem("Evaluate 3 * 4", "12"), ["Answer: 3 4"])) == [None]


def test_why_a_line_is_wrong_is_said() -> None:
    (step,) = check_steps(PROBLEM, ["= 24\n"]).steps
    (claim,) = step.claims
    assert (claim.text, claim.reason) == ("24", "value 24, the line before has 23")
    assert (claim.start, claim.end) == (2, 4)
