"""Narrations against the record: right ones are right in every claim, and no planted error passes."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from schemas.problem import Problem
from schemas.verdict import StepChecks
from tests.doubles import a_problem
from tests.verifiers.execution import narrations
from verifiers.execution.check import check_steps, equal, has_checks

each = pytest.mark.parametrize("name", narrations.ALL)


def problem(lines: object, reference: str = "10", **overrides: Any) -> Problem:  # Any: fields of Problem
    program = json.dumps({"code": "", "entry_point": "f", "args": "(3,)", "lines": lines})
    fields = {"domain": "code", "task": "output", "family": "test", "program": program} | overrides
    return a_problem("What does f(3) return?", reference, **fields)


def lines_of(name: str) -> list[str]:
    return narrations.ALL[name][2].strip().split("\n")


def told(lines: list[str], reference: str) -> list[str]:
    return [f"{line}\n" for line in lines] + [f"Answer: {reference}"]


def verdicts(checks: StepChecks) -> list[bool | None]:
    return [step.exact_prefix for step in checks.steps]


@each
def test_the_record_itself_is_right_in_every_claim(name: str) -> None:
    lines = lines_of(name)
    steps = told(lines, "10")
    checks = check_steps(problem(lines), steps)
    assert checks.first_error == -1
    assert all(step.claims and {claim.verdict for claim in step.claims} == {"right"} for step in checks.steps)
    for step, text in zip(checks.steps, steps, strict=True):
        assert step.exact_local
        assert all(text[claim.start : claim.end] == claim.text for claim in step.claims)


def corrupted(line: str) -> Iterator[str]:
    """Yield the line with one digit, word or letter of what it claims changed."""
    at = line.find("`: ") + 3 if line.startswith("Line") else line.find(": ") + 2
    for digit in re.finditer(r"[0-9]", line):
        yield line[: digit.start()] + str((int(digit[0]) + 1) % 10) + line[digit.end() :]
    for word, other in (("true", "false"), ("false", "true"), ("done", "x = 1"), ("no change", "x = 1"), ("None", "0")):
        if word in line[at:]:
            yield line[:at] + line[at:].replace(word, other)
    for letter in re.finditer(r"(?<=')[a-z]", line[at:]):
        yield line[: at + letter.start()] + "Q" + line[at + letter.end() :]


def test_a_value_that_was_there_already_may_be_told_or_not() -> None:
    lines = ["Call f: xs = [1, 2].", "Line 2, `xs = sorted(xs)`: xs = [1, 2].", "Line 3, `xs = xs[:1]`: xs = [1]."]
    program = {"code": "", "entry_point": "f", "args": "([1, 2],)", "lines": lines, "frames": [1, 1, 1]}
    recorded = problem(lines, "[1]", program=json.dumps(program))
    for number, line in enumerate(lines[1:], 1):
        told_less = line.partition("`: ")[0] + "`: no change."
        checks = check_steps(recorded, told([*lines[:number], told_less], "[1]")[: number + 1])
        assert checks.steps[number].exact_prefix is (number == 1)


@each
def test_every_planted_error_is_found_where_it_is(name: str) -> None:
    lines = lines_of(name)
    count = 0
    for index, line in enumerate(lines):
        for wrong in corrupted(line):
            count += 1
            checks = check_steps(problem(lines), told([*lines[:index], wrong, *lines[index + 1 :]], "10"))
            assert checks.first_error == index, wrong
            assert "wrong" in {claim.verdict for claim in checks.steps[index].claims}
    assert count >= len(lines)


LINES = ["Call f: a = 3.", "Line 2, `t = a * 2`: t = 6, u = [1, 2].", "Line 3, `return t + 4`: returns 10."]


def test_one_wrong_value_is_the_wrong_claim_and_says_what_is_right() -> None:
    steps = [
        "Call f: a = 3.\n",
        "Line 2, `t = a * 2`: t = 7, u = [1,2].\n",
        "Line 3, `return t + 4`: returns 11.\n",
        "Answer: 11",
    ]
    checks = check_steps(problem(LINES), steps)
    assert verdicts(checks) == [True, False, False, False]
    assert [step.exact_local for step in checks.steps] == [True, False, None, None]
    first, second = checks.steps[1].claims
    assert (first.text, first.verdict, first.reason) == ("t = 7", "wrong", "the record has t = 6")
    assert (second.text, second.verdict) == ("u = [1,2]", "right")
    assert {claim.verdict for step in checks.steps[2:] for claim in step.claims} == {"unsure"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Line 2, `t = a * 2`: t = 6.", "the record has also u = [1, 2]"),
        ("Line 2, `t = a * 2`: t = 6, u = [1, 2], v = 1.", "no change of v"),
        ("Line 2, `t = a * 2`: t = 6, u = [1, 2], t = 6.", "the record has: Line 2"),
        ("Line 3, `t = a * 2`: t = 6, u = [1, 2].", "the record has: Line 2"),
        ("Line 2, `t = a * 3`: t = 6, u = [1, 2].", "the record has: Line 2"),
        ("Line 2, `t = a * 2`: returns 6.", "the record has: Line 2"),
        ("Line 2, `t = a * 2`: t = 6.0, u = [1, 2].", "t = 6"),
        ("Then t is 6.", "the record has: Line 2"),
        ("Line 2, `t = a * 2`: t = 6, u = [1, 2]", "the record has: Line 2"),
        ("Answer: 11", "the function returns 10"),
    ],
)
def test_what_the_record_does_not_say_is_wrong_with_the_reason(line: str, said: str) -> None:
    checks = check_steps(problem(LINES), [LINES[0], line])
    assert verdicts(checks) == [True, False]
    assert any(said in claim.reason for claim in checks.steps[1].claims if claim.verdict == "wrong")


def test_values_are_compared_as_literals_and_sources_without_white_space() -> None:
    steps = [
        "Call f:  a = 0x3 .",
        " Line 2, `t=a*2`: u = [ 1,2, ], t = 6.\n",
        "\n",
        "Line 3, `return t+4`: returns 1_0.",
        "Answer:  10 ",
    ]
    assert verdicts(check_steps(problem(LINES), steps)) == [False] * 5  # two spaces after `Call f:` belong to no name
    steps[0] = "Call f: a = 0x3 ."
    assert verdicts(check_steps(problem(LINES), steps)) == [True] * 5


def test_what_is_told_after_the_end_is_wrong() -> None:
    checks = check_steps(problem(LINES), [*LINES, "Line 3, `return t + 4`: returns 10.", "Answer: 10"])
    assert verdicts(checks) == [True, True, True, False, False]
    assert checks.steps[3].claims[0].reason == "the run has ended"


def test_an_answer_given_too_early_is_judged_by_its_value() -> None:
    assert verdicts(check_steps(problem(LINES), ["Answer: 10"])) == [True]
    assert verdicts(check_steps(problem(LINES), ["Answer: 12"])) == [False]


@pytest.mark.parametrize("program", [None, "", "{", "[]", "7", '{"lines": 3}', '{"lines": [3]}', "[" * 10_000])
def test_without_a_record_nothing_is_known(program: str | None) -> None:
    unknown = problem([], program=program)
    checks = check_steps(unknown, ["Call f.", "Answer: 3"])
    assert verdicts(checks) == [None, None] and checks.first_error is None
    assert not has_checks(unknown) and has_checks(problem(LINES)) and not has_checks(problem(LINES, task="program"))


@pytest.mark.parametrize(
    "step", ["", "\0", "Answer:" + "[" * 20_000, "Call f: a = " + "-" * 30_000 + ".", "`" * 9_999, "\ud800"]
)
def test_hostile_steps_are_survived(step: str) -> None:
    checks = check_steps(problem(LINES), [step] * 3)
    assert len(checks.steps) == 3


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("{2, 1}", "{1, 2}", True), ("{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}", True), ("\"a\"", "'a'", True), ("nan", "nan", True),
        ("1", "1.0", False), ("True", "1", False), ("(1,)", "[1]", False), ("0.1", "0.10000000000000002", False),
        ("<Point x=1>", "<Point x=1>", True), ("<Point x=1>", "<Point x=2>", False), ("[1, 2", "[1, 2]", False),
        ("'x' * 3", "'xxx'", False), ("2 + 2", "4", False),
    ],
)  # fmt: skip
def test_when_two_written_values_are_the_same(one: str, other: str, same: bool) -> None:
    assert equal(one, other) is equal(other, one) is same
