"""The walk over steps, and what counts as a stated answer."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifiers.families.truths import at_most, local, prefix
from verifiers.families.truth import Judgement, number, stated_answer, walk

JUDGED: dict[str, Judgement] = {
    "right": (True, True, "right", "because"),
    "carried": (True, False, "carried", "because"),
    "slip": (False, False, "slip", "because"),
    "lucky": (False, True, "lucky", "because"),
    "?": None,
}


@pytest.mark.parametrize(
    ("steps", "is_prefix"),
    [
        (["right", "right"], [True, True]),
        (["right", "slip", "carried"], [True, False, False]),
        (["slip", "right"], [False, False]),
        (["lucky", "right"], [False, False]),
        (["carried"], [False]),
        (["right", "?", "right"], [True, None, None]),
        (["?", "slip"], [None, None]),
        (["slip", "?", "right"], [False, False, False]),
        ([], []),
    ],
)
def test_a_wrong_prefix_stays_wrong_and_an_unknown_one_unknown(steps: list[str], is_prefix: list[bool | None]) -> None:
    assert prefix(walk(steps, JUDGED.get)) == is_prefix


@given(st.lists(st.sampled_from(sorted(JUDGED)), max_size=8))
def test_local_truth_is_each_steps_own(steps: list[str]) -> None:
    checks = walk(steps, JUDGED.get)
    expected = [None if judged is None else judged[0] for judged in map(JUDGED.get, steps)]
    assert local(checks) == expected
    assert checks.first_error is None or checks.first_error == -1 or prefix(checks)[checks.first_error] is False


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("Answer: 5", "5"),
        ("  Answer:5  \n\n", "5"),
        ("Answer: x = -7/3\n", "-7/3"),
        ("Answer: x=2", "2"),
        ("Answer: 3 + 4\n", "3 + 4"),
        ("Answer: x", "x"),
        ("Answer:", None),
        ("Answer: \n", None),
        ("answer: 5", None),
        ("The Answer: 5", None),
        ("Answer: 5\nand more", None),
    ],
)
def test_an_answer_line(step: str, answer: str | None) -> None:
    assert stated_answer(step) == answer


@pytest.mark.parametrize("blank", [" ", "\n", "\t ", "\u2003"])
def test_a_long_answer_line_is_read_in_linear_time(blank: str) -> None:
    with at_most(10):
        stated_answer("Answer: 1" + blank * 200_000 + "1")
        stated_answer("Answer:" + blank * 200_000 + "1\n2")
        stated_answer("Answer: x" + blank * 200_000 + "= ")


@pytest.mark.parametrize(
    ("text", "value"),
    [("7/3", Fraction(7, 3)), ("-2", Fraction(-2)), ("2 * (3 + 4)", Fraction(14)), ("x", None), ("x - x", Fraction(0))],
)
def test_a_number(text: str, value: Fraction | None) -> None:
    assert number(text) == value
