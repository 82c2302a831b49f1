"""Ways back from a result: a line is right when the value it names leads to the same result as the line before it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.problem import Problem
from tests.doubles import a_problem
from tests.verifiers.families.truths import Truth, assert_sane, at_most, local, of_family, prefix
from verifiers.execution import reading
from verifiers.families.inputs import check_steps

T, F = True, False

CODE = "def f(xs):\n    xs = [x * 2 for x in xs]\n    xs = xs[:2]\n    n = xs[0] + 1\n    return n"
RIGHT = """\
f returns 9.
Before line 4, `n = xs[0] + 1`: xs = [8].
Before line 3, `xs = xs[:2]`: xs = [8, 3, 4].
Before line 2, `xs = [x * 2 for x in xs]`: xs = [4, 7].
Answer: f([4, 7])""".splitlines()
WRONG = {
    0: "f returns 8.",
    1: "Before line 4, `n = xs[0] + 1`: xs = [9].",
    2: "Before line 3, `xs = xs[:2]`: xs = [7, 8].",
    3: "Before line 2, `xs = [x * 2 for x in xs]`: xs = [8].",
    4: "Answer: f([5, 7])",
}


def a_search(code: str = CODE, returns: str = "9") -> Problem:
    reference = json.dumps({"code": code, "entry_point": "f", "returns": returns})
    return a_problem("", reference, domain="code", task="input", family="inputs")


def checked(*steps: str, problem: Problem | None = None) -> tuple[list[Truth], list[Truth]]:
    checks = check_steps(problem or a_search(), steps)
    assert_sane(steps, checks)
    return local(checks), prefix(checks)


def test_any_way_that_leads_there_is_right() -> None:
    assert checked(*RIGHT) == ([T] * 5, [T] * 5)


@pytest.mark.parametrize("place", WRONG)
def test_a_wrong_value_is_found_at_its_line(place: int) -> None:
    is_local, is_prefix = checked(*RIGHT[:place], WRONG[place], *RIGHT[place + 1 :])
    assert is_prefix == [T] * place + [F] * (5 - place)
    # What follows leads to the true result again, which the wrong line did not.
    assert is_local == [T] * place + [F] + [F] * (place < 4) + [T] * (3 - place)


def test_what_follows_an_error_is_judged_by_what_the_error_leads_to() -> None:
    steps = [*RIGHT[:2], WRONG[2], "Before line 2, `xs = [x * 2 for x in xs]`: xs = [3.5].", "Answer: f([3])"]
    assert checked(*steps)[0] == [T, T, F, None, None]
    # 7 is no double of a whole number, so the program cannot return 8: no value leads there.
    carried = ["f returns 7.", "Before line 4, `n = xs[0] + 1`: xs = [6].", "Answer: f([3])"]
    assert checked(*carried) == ([F, T, T], [F, F, F])


@pytest.mark.parametrize("place", range(1, 5))
def test_lines_may_be_left_out_and_said_twice(place: int) -> None:
    """Each line says a value that leads to the result; how many of them there are is nobody's error."""
    assert checked(*RIGHT[:place], *RIGHT[place + 1 :])[1] == [T] * 4
    assert checked(*RIGHT[: place + 1], *RIGHT[place:])[1] == [T] * 6


@pytest.mark.parametrize(
    "step",
    [
        "",
        " \n",
        "Let me see.",
        "g returns 9.",
        "Before line 4, `n = xs[0] + 2`: xs = [8].",
        "Before line 9, `n = xs[0] + 1`: xs = [8].",
        "Before line 1, `def f(xs)`: xs = [8].",
        "Before line 4, `n = xs[0] + 1`: n = 8.",
        "Before line 4, `n = xs[0] + 1`: xs = [8.0].",
        "Before line 4, `n = xs[0] + 1`: xs = [8",
        "Before line 4, `n = xs[0] + 1`: xs = " + "[" * 10_000 + ".",
        "Before line 4, `n = xs[0] + 1`: xs = [" + "8, " * 5_000 + "].",
        "Before line 4, `n = xs[0] + 1`: xs = [" + "9" * 5_000 + "].",
        "Line 4, `n = xs[0] + 1`: n = 9.",
        "Answer: g([4])",
        "Answer: f(xs=[4])",
        "Answer: f([4], 2)",
        "Answer: f({4})",
        "Answer: f(4",
        "Answer: f([" + "4, " * 5_000 + "])",
    ],
)
def test_what_cannot_be_judged_is_unknown_and_so_is_what_follows(step: str) -> None:
    with at_most(10):
        is_local, is_prefix = checked(RIGHT[0], step, *RIGHT[1:])
    assert is_local[:2] == [T, None]
    assert is_prefix == [T, *[None] * 5]


@pytest.mark.parametrize(
    "step", ["Before line 4, `n = xs[0] + 1`: xs = [].", "Answer: f([])", "Answer: f(5)", "Answer: f('A')"]
)
def test_a_value_that_makes_the_program_raise_is_wrong(step: str) -> None:
    assert checked(RIGHT[0], step) == ([T, F], [T, F])


@pytest.mark.parametrize(
    ("place", "same"),
    [
        (0, "  f returns 0x9.\n"),
        (1, "Before line 4, `n=xs[0]+1`: xs = [ 8 ]."),
        (2, "Before line 3, `xs  =  xs[:2]`: xs = [8, 3]."),
        (4, "Answer: ([4, 7])"),
        (4, "Answer: f([4])"),
    ],
)
def test_values_are_compared_as_literals_and_sources_without_white_space(place: int, same: str) -> None:
    assert checked(*RIGHT[:place], same, *RIGHT[place + 1 :])[1] == [T] * 5


def test_text_after_the_answer_is_unknown_and_another_answer_is_judged() -> None:
    assert checked(*RIGHT, "I am sure.")[1] == [T] * 5 + [None]
    assert checked(*RIGHT, "Answer: f([5])")[1] == [T] * 5 + [F]


def test_an_answer_alone_is_tried() -> None:
    assert checked("Answer: f([4])") == ([T], [T])
    assert checked("Answer: f([5])") == ([F], [F])


def test_why_a_line_is_wrong_is_said() -> None:
    checks = check_steps(a_search(), [RIGHT[0], WRONG[1]])
    assert checks.steps[1].claims[0].reason == "leads to 10, the line before to 9"


@pytest.mark.parametrize(
    "reference", ["", "9", "[]", "{}", '{"code": "def f(): pass", "entry_point": "f", "returns": "?"}']
)
def test_a_reference_that_cannot_be_read_has_no_truth(reference: str) -> None:
    problem = a_problem("", reference, domain="code", task="input", family="inputs")
    assert checked(*RIGHT, problem=problem) == ([None] * 5, [None] * 5)


@settings(deadline=None)
@given(st.data(), st.integers(0, 10_000), st.integers(1, 5))
def test_a_planted_value_in_any_way_back_is_found_there(data: st.DataObject, seed: int, difficulty: int) -> None:
    problem, solution = of_family("inputs", difficulty, seed)
    steps = solution(0.0, seed)
    place = data.draw(st.integers(0, len(steps) - 1))
    said = reading.read(steps[place])
    assert said is not None
    if said.kind == "answer":
        steps[place] = "Answer: f(None)\n"
    else:
        value = said.parts[0].value
        at = steps[place].rindex(value)
        steps[place] = steps[place][:at] + "None" + steps[place][at + len(value) :]
    _, is_prefix = checked(*steps, problem=problem)
    assert is_prefix == [T] * place + [F] * (len(steps) - place)


@settings(deadline=None)
@given(
    st.lists(
        st.text(max_size=40)
        | st.sampled_from(RIGHT)
        | st.builds("Before line {}, `{}`: {}.".format, st.integers(0, 9), st.text(max_size=9), st.text(max_size=20))
        | st.builds("Before line 3, `xs = xs[:2]`: xs = {}.".format, st.text(max_size=20))
        | st.builds("Answer: f({})".format, st.text(max_size=20)),
        max_size=8,
    )
)
def test_any_text_is_judged(steps: list[str]) -> None:
    checked(*steps)
