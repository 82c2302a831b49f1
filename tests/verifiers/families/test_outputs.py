"""Runs forwards: a line is right when it says what comes next after the lines before it, right or wrong as they may be."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.problem import Problem
from tests.doubles import a_problem
from tests.verifiers.families.truths import Truth, assert_sane, at_most, local, of_family, prefix
from verifiers import python
from verifiers.execution import reading
from verifiers.families.outputs import MAX_CLAIMED, check_steps

T, F = True, False

CODE = "def f(xs):\n    n = 0\n    for x in xs:\n        if x > 3:\n            n += x\n    xs = xs[:2]\n    return n"
RIGHT = """\
Call f: xs = [5, 2].
Line 2, `n = 0`: n = 0.
Line 3, `for x in xs`: x = 5.
Line 4, `if x > 3`: true.
Line 5, `n += x`: n = 5.
Line 3, `for x in xs`: x = 2.
Line 4, `if x > 3`: false.
Line 3, `for x in xs`: done.
Line 6, `xs = xs[:2]`: no change.
Line 7, `return n`: returns 5.
Answer: 5""".splitlines()
WRONG = {
    0: "Call f: xs = [5, 3].",
    1: "Line 2, `n = 0`: n = 1.",
    2: "Line 3, `for x in xs`: x = 6.",
    3: "Line 4, `if x > 3`: false.",
    4: "Line 5, `n += x`: n = 6.",
    5: "Line 3, `for x in xs`: x = -2.",
    6: "Line 4, `if x > 3`: true.",
    7: "Line 3, `for x in xs`: x = 4.",
    8: "Line 6, `xs = xs[:2]`: xs = [5].",
    9: "Line 7, `return n`: returns 6.",
    10: "Answer: 7",
}


def a_run(code: str = CODE, args: str = "([5, 2],)", reference: str = "5") -> Problem:
    program = json.dumps({"code": code, "entry_point": "f", "args": args})
    return a_problem("", reference, domain="code", task="output", family="outputs", program=program)


def checked(*steps: str, problem: Problem | None = None) -> tuple[list[Truth], list[Truth]]:
    checks = check_steps(problem or a_run(), steps)
    assert_sane(steps, checks)
    return local(checks), prefix(checks)


def test_the_true_run_is_right() -> None:
    assert checked(*RIGHT) == ([T] * 11, [T] * 11)


@pytest.mark.parametrize("place", WRONG)
def test_a_wrong_value_is_found_at_its_line(place: int) -> None:
    steps = [*RIGHT[:place], WRONG[place], *RIGHT[place + 1 :]]
    is_local, is_prefix = checked(*steps)
    assert is_prefix == [T] * place + [F] * (11 - place)
    assert is_local[: place + 1] == [T] * place + [F]


def test_what_follows_an_error_is_judged_by_what_the_error_says() -> None:
    slipped = [*RIGHT[:4], "Line 5, `n += x`: n = 6.", *RIGHT[5:9], "Line 7, `return n`: returns 6.", "Answer: 6"]
    assert checked(*slipped) == ([T] * 4 + [F] + [T] * 6, [T] * 4 + [F] * 7)
    healed = [
        *slipped[:9],
        *RIGHT[9:],
    ]  # the true result does not follow from the wrong value; the answer is what it says
    assert checked(*healed)[0] == [T] * 4 + [F] + [T] * 4 + [F, T]


def test_a_branch_that_was_wrongly_taken_is_followed() -> None:
    steps = [*RIGHT[:6], WRONG[6], "Line 5, `n += x`: n = 7.", *RIGHT[7:9], "Line 7, `return n`: returns 7."]
    assert checked(*steps)[0] == [T] * 6 + [F] + [T] * 4


@pytest.mark.parametrize("place", range(11))
def test_a_line_that_is_missing_is_missed(place: int) -> None:
    is_local, is_prefix = checked(*RIGHT[:place], *RIGHT[place + 1 :])
    wrong = place if place < 9 else 10  # an answer may come before what is returned; nothing comes after it
    assert is_prefix == [T] * wrong + [F] * (10 - wrong)


@pytest.mark.parametrize("place", range(10))
def test_a_line_that_comes_twice_is_wrong_the_second_time(place: int) -> None:
    _, is_prefix = checked(*RIGHT[: place + 1], *RIGHT[place:])
    # A turn of the loop and a condition in it are like nothing that comes next, and `no change` is said of one line.
    assert is_prefix == [T] * (place + 1) + [F] * (11 - place)


def test_the_same_answer_may_stand_twice() -> None:
    assert checked(*RIGHT, RIGHT[-1])[1] == [T] * 12


@pytest.mark.parametrize("text", ["I am sure.", "Line 7, `return n`: returns 5.", "Answer: 6", "x" * 200_000])
def test_text_after_the_answer_is_wrong(text: str) -> None:
    assert checked(*RIGHT, text) == ([T] * 11 + [F], [T] * 11 + [F])


@pytest.mark.parametrize(
    "garbage", ["Let me think.", "Line 9, `n = 0`: n = 0.", "Line 2, `n = 1`: n = 0.", "Line 2: n = 0."]
)
def test_after_a_line_that_is_no_narration_nobody_can_say_what_follows(garbage: str) -> None:
    assert checked(RIGHT[0], garbage, *RIGHT[1:]) == ([T, F] + [None] * 10, [T] + [F] * 11)


@pytest.mark.parametrize("blank", ["", "\n", " \t ", "\u2003\n"])
def test_a_line_of_white_space_says_nothing(blank: str) -> None:
    assert checked(blank, *RIGHT[:3], blank, *RIGHT[3:]) == ([T] * 13, [T] * 13)
    assert checked(WRONG[0], blank)[1] == [F, F]


@pytest.mark.parametrize(
    ("place", "same"),
    [
        (0, "  Call f: xs = [5,2].\n"),
        (1, "Line 2, `n=0`: n = 0."),
        (2, "Line 3, `for  x in\txs`: x = 5."),
        (4, "Line 5, `n+=x`: n = +5."),
        (8, "Line 6, `xs = xs[:2]`: xs = [5, 2]."),
        (9, "Line 7, `return n`: returns 0x5."),
        (10, "Answer:   5  \n"),
    ],
)
def test_values_are_compared_as_literals_and_sources_without_white_space(place: int, same: str) -> None:
    assert checked(*RIGHT[:place], same, *RIGHT[place + 1 :])[1] == [T] * 11


@pytest.mark.parametrize(
    "other",
    [
        "n = 0.0",
        "n = '0'",
        "n = False",
        "n = [0]",
        "x = 0",
        "n = 0, x = 1",
        "n = 0, n = 0",
        "no change",
        "true",
        "returns 0",
    ],
)
def test_another_value_of_like_look_is_wrong(other: str) -> None:
    assert checked(RIGHT[0], f"Line 2, `n = 0`: {other}.")[1] == [T, F]


def test_an_assignment_that_changes_nothing_may_name_the_value_that_is_there() -> None:
    told = [*RIGHT[:8], "Line 6, `xs = xs[:2]`: xs = [5, 2].", *RIGHT[9:]]
    assert checked(*told)[1] == [T] * 11
    for wrong in ("x = 3", "ys = [5, 2]", "xs = [5, 2], x = 2"):
        assert checked(*RIGHT[:8], f"Line 6, `xs = xs[:2]`: {wrong}.")[1][-1] is F


@pytest.mark.parametrize(
    ("claim", "after"),
    [
        ("n = 0x7", T),
        ("n = 'AB' 'C'", F),  # a text plus a number raises
        ("n = " + "9" * MAX_CLAIMED, None),
        ("n = " + "[" * 200 + "]" * 200, None),
        ("n = " + "[" * 30 + "]" * 30, None),
        ("n = 'a", None),
        ("n = float('inf')", None),
        ("n = {1: 2}", None),
        ("n = print", None),
        ("zz = 5", T),
        ("n = 1" + "0" * 100_000, None),
    ],
)
def test_a_strange_value_is_wrong_and_what_follows_is_judged_as_far_as_it_can_be(claim: str, after: Truth) -> None:
    steps = [RIGHT[0], f"Line 2, `n = 0`: {claim}.", RIGHT[2], RIGHT[3], "Line 5, `n += x`: n = 12."]
    with at_most(10):
        is_local, is_prefix = checked(*steps)
    assert is_prefix == [T, F, F, F, F]
    assert is_local[1] is F
    if after is None:
        assert is_local[2:] == [None] * 3
    else:
        assert is_local[2:4] == [T, T] and is_local[4] is (claim == "n = 0x7")


def test_an_answer_alone_is_held_against_the_reference() -> None:
    assert checked("Answer: 5") == ([T], [T])
    assert checked("Answer: 6") == ([F], [F])
    # After an error nobody knows what would have been returned.
    assert checked(RIGHT[0], WRONG[1], "Answer: 5") == ([T, F, None], [T, F, F])


@pytest.mark.parametrize(
    ("reference", "answer"),
    [
        ("5", "5.0"),
        ("5", "True"),
        ("0.3", "0.30000000000000004"),
        ("[1, 2]", "(1, 2)"),
        ("(1, 2)", "[1, 2]"),
        ("'A'", '"A"'),
        ("None", "0"),
    ],
)
def test_the_truth_of_an_answer_is_its_verdict(reference: str, answer: str) -> None:
    problem = a_run(reference=reference)
    verdict = python.check(problem, f"Answer: {answer}")
    assert checked(f"Answer: {answer}", problem=problem) == ([verdict.outcome == "accepted"],) * 2


def test_a_run_that_claims_make_endless_is_followed_for_a_while() -> None:
    problem = a_run("def f(n):\n    while n != 0:\n        n = n - 1\n    return n", "(2,)", "0")
    steps = ["Call f: n = -1."]
    for value in range(-2, -300, -1):
        steps += ["Line 2, `while n != 0`: true.", f"Line 3, `n = n - 1`: n = {value}."]
    with at_most(10):
        is_local, is_prefix = checked(*steps, problem=problem)
    assert is_local[:100] == [F] + [T] * 99 and is_local[-1] is None
    assert not any(is_prefix)


def test_why_a_line_is_wrong_is_said() -> None:
    checks = check_steps(a_run(), [RIGHT[0], " " + WRONG[1] + "\n"])
    (claim,) = checks.steps[1].claims
    assert (claim.text, claim.verdict, claim.reason) == (WRONG[1], "wrong", f"next comes: {RIGHT[1]}")
    assert (claim.start, claim.end) == (1, 1 + len(WRONG[1]))


@pytest.mark.parametrize(
    "program",
    [None, "{}", "[]", "{", '{"code": 1}', json.dumps({"code": CODE, "entry_point": "f", "args": "(xs=[])"})],
)
def test_a_problem_without_a_program_has_no_truth(program: str | None) -> None:
    problem = a_problem("", "5", domain="code", task="output", family="outputs", program=program)
    assert checked(*RIGHT, problem=problem) == ([None] * 11, [None] * 11)


@pytest.mark.parametrize(
    ("code", "args"),
    [
        ("def g(xs):\n    return 5", "([1],)"),
        ("def f(:", "([1],)"),
        (CODE, "([1], 2)"),
        (CODE, "({1},)"),
        ("import os", "([1],)"),
    ],
)
def test_a_program_that_is_not_the_familys_has_no_truth(code: str, args: str) -> None:
    _, is_prefix = checked(*RIGHT, problem=a_run(code, args))
    assert is_prefix == [None] * 11


@settings(deadline=None)
@given(st.data(), st.integers(0, 10_000), st.integers(1, 5))
def test_a_planted_value_in_any_run_is_found_there(data: st.DataObject, seed: int, difficulty: int) -> None:
    problem, solution = of_family("outputs", difficulty, seed)
    steps = solution(0.0, 0)
    place = data.draw(st.integers(0, len(steps) - 1))
    said = reading.read(steps[place])
    assert said is not None
    if not said.parts:
        return  # `done`, `no change`: there is no value to change
    part = said.parts[-1]
    planted = {"true": "false", "false": "true"}.get(part.value, "[0, 'planted']")
    at = steps[place].rindex(part.value)
    steps[place] = steps[place][:at] + planted + steps[place][at + len(part.value) :]
    _, is_prefix = checked(*steps, problem=problem)
    assert is_prefix == [T] * place + [F] * (len(steps) - place)


@settings(deadline=None)
@given(
    st.lists(
        st.text(max_size=40)
        | st.sampled_from(RIGHT)
        | st.builds("Line {}, `{}`: {}.".format, st.integers(0, 9), st.text(max_size=9), st.text(max_size=20))
        | st.builds("Line 2, `n = 0`: n = {}.".format, st.text(max_size=20)),
        max_size=12,
    )
)
def test_any_text_is_judged(steps: list[str]) -> None:
    checked(*steps)
