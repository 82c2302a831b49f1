"""Stories: a step is right when it computes what the program asks for next from what the trace has stated."""

import json

import pytest

from schemas.problem import Problem
from tests.doubles import a_problem
from tests.verifiers.families.truths import Truth, local, prefix
from verifiers.families.words import check_steps, run

T, F = True, False


def story(*program: tuple[str, int | str, int | str]) -> Problem:
    return a_problem("A story.", "?", family="words", program=json.dumps(program))


DOUBLED = story(("+", 5, 3), ("*", "#0", 2))


@pytest.mark.parametrize(
    ("steps", "is_local", "is_prefix"),
    [
        (["First 5 + 3 = 8.", "That makes 8 * 2 = 16.", "Answer: 16"], [T, T, T], [T, T, T]),
        (["First 3 + 5 = 8.", "That makes 2 * 8 = 16.", "Answer: 16"], [T, T, T], [T, T, T]),
        # A slip in arithmetic that is carried on: what follows is consistent with it, and wrong.
        (["First 5 + 3 = 9.", "That makes 9 * 2 = 18.", "Answer: 18"], [F, T, T], [F, F, F]),
        # A wrong number that does not come from the step before.
        (["First 5 + 3 = 8.", "That makes 7 * 2 = 14.", "Answer: 14"], [T, F, T], [T, F, F]),
        # A wrong operation.
        (["First 5 - 3 = 2.", "That makes 2 * 2 = 4.", "Answer: 4"], [F, T, T], [F, F, F]),
        # Truth does not heal: the right numbers after a wrong step do not follow from it, nor does the right answer.
        (["First 5 + 3 = 9.", "That makes 8 * 2 = 16.", "Answer: 16"], [F, F, T], [F, F, F]),
        # Another way to the same value is not what was asked.
        (["First 4 + 4 = 8.", "That makes 8 * 2 = 16.", "Answer: 16"], [F, T, T], [F, F, F]),
        # An answer before the work is done, and one that is not what was worked out.
        (["First 5 + 3 = 8.", "Answer: 16"], [T, F], [T, F]),
        (["Answer: 16"], [F], [F]),
        (["First 5 + 3 = 8.", "That makes 8 * 2 = 16.", "Answer: 17"], [T, T, F], [T, T, F]),
        # Steps that cannot be read: no equation, two of them, one too many.
        (["First 5 + 3 is 8.", "That makes 8 * 2 = 16."], [None, F], [None, None]),
        (["5 + 3 = 8 and 8 * 2 = 16."], [None], [None]),
        (["5 + 3 = 8", "8 * 2 = 16", "16 * 2 = 32", "Answer: 16"], [T, T, None, T], [T, T, None, None]),
        (["5 + 3 = 9", "nothing", "Answer: 9"], [F, None, F], [F, F, F]),
    ],
)
def test_steps_of_a_story(steps: list[str], is_local: list[Truth], is_prefix: list[Truth]) -> None:
    checks = check_steps(DOUBLED, steps)
    assert (local(checks), prefix(checks)) == (is_local, is_prefix)


def test_a_difference_is_not_turned_round() -> None:
    problem = story(("-", 9, 4))
    assert local(check_steps(problem, ["First 9 - 4 = 5."])) == [True]
    assert local(check_steps(problem, ["First 4 - 9 = 5."])) == [False]
    assert local(check_steps(story(("-", 3, 9)), ["First 9 - 3 = 6."])) == [False]


def test_a_number_is_read_to_its_end() -> None:
    assert local(check_steps(DOUBLED, ["First 5 + 3 = 80."])) == [False]
    assert local(check_steps(DOUBLED, ["First 15 + 3 = 8."])) == [False]
    assert local(check_steps(DOUBLED, ["First 5 + 3 = 0000000000080."])) == [None]


def test_a_step_far_back_is_meant_by_its_number() -> None:
    problem = story(("+", 5, 3), ("*", "#0", 2), ("+", "#1", "#0"))
    assert run([("+", 5, 3), ("*", "#0", 2), ("+", "#1", "#0")])[-1] == 24
    steps = ["5 + 3 = 8", "8 * 2 = 16", "16 + 8 = 24", "Answer: 24"]
    assert prefix(check_steps(problem, steps)) == [True] * 4
    # After a slip the operands are the ones that were stated.
    slipped = ["5 + 3 = 7", "7 * 2 = 14", "14 + 7 = 21", "Answer: 21"]
    assert local(check_steps(problem, slipped)) == [False, True, True, True]


def test_why_a_step_is_wrong_is_said() -> None:
    claims = [step.claims[0] for step in check_steps(DOUBLED, ["First 5 + 3 = 9.", "So 8 * 3 = 24."]).steps]
    assert [claim.reason for claim in claims] == ["5 + 3 is 8", "the problem asks for 9 * 2"]
    assert [(claim.start, claim.end, claim.text) for claim in claims] == [(6, 15, "5 + 3 = 9"), (3, 13, "8 * 3 = 24")]


@pytest.mark.parametrize("program", [None, "[]"])
def test_a_story_without_a_program_has_no_truth(program: str | None) -> None:
    problem = a_problem("A story.", "16", family="words", program=program)
    checks = check_steps(problem, ["5 + 3 = 8", "Answer: 8"])
    assert local(checks) == prefix(checks) == [None, None]
