"""The python verifier: what a text answers to a question about a program, and whether that is right."""

from collections.abc import Iterator

import pytest

from schemas.problem import Problem
from schemas.verdict import Verdict
from tests.programs import PROMPT, SUM, TESTS, arguments, by_cases, by_tests, output, question
from verifiers import python
from verifiers.judge import Config as Judging
from verifiers.judge import LocalJudge
from verifiers.python import STATUSES, Config, quick, reference_error, truncated


@pytest.fixture(scope="module")
def judge() -> Iterator[LocalJudge]:
    config = Config(unconfined=True, cpu_s=1.0)
    with LocalJudge(Judging(verifiers={"python": config})) as judge:
        yield judge


def well_formed(verdict: Verdict) -> Verdict:
    assert verdict.outcome == STATUSES[verdict.status]
    assert (verdict.verifier, verdict.version) == (python.NAME, python.VERSION)
    assert "\n" not in verdict.reason and 0 < len(verdict.reason) <= 400
    return verdict


@pytest.mark.parametrize(
    ("reference", "answer", "status"),
    [
        ("10", "10", "pass"),
        ("10", "11", "fail"),
        ("1", "True", "fail"),
        ("True", "1", "fail"),
        ("1", "1.0", "fail"),
        ("1.0", "1", "fail"),
        ("0.1", "0.1000000000001", "pass"),
        ("0.1", "0.11", "fail"),
        ("[1, 2]", "(1, 2)", "fail"),
        ("[1, 2]", "[1,2]", "pass"),
        ("[1, True]", "[1, 1]", "fail"),
        ("{1, 2}", "{2, 1}", "pass"),
        ("{1, 2}", "{True, 2}", "fail"),
        ("{1: 2}", "{1.0: 2}", "fail"),
        ("{(1, 0.5)}", "{(1, 0.5000000000001)}", "pass"),
        ("{(1, 0.5)}", "{(True, 0.5)}", "fail"),
        ("{1}", "frozenset({1})", "fail"),
        ("'ab'", '"ab"', "pass"),
        ("'ab'", "ab", "fail"),
        ("None", "None", "pass"),
        ("nan", "nan", "pass"),
        ("set()", "set()", "pass"),
        ("10", "f(3, [5, 2])", "fail"),
        ("10", "", "no_answer"),
        ("ten", "10", "infra"),
    ],
)
def test_what_a_call_returns(reference: str, answer: str, status: str) -> None:
    verdict = quick(output(reference), f"So it goes.\nAnswer: {answer}\n")
    assert verdict is not None and well_formed(verdict).status == status, verdict
    assert verdict.answer == (answer or None)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("f(3, [5, 2])", "pass"),
        ("(4, [5])", "pass"),
        ("f(a=4, xs=[5])", "pass"),
        ("f(5, [5, 2])", "fail"),
        ("f(5)", "error"),
        ("f(3, 5)", "error"),
        ("f(3, {5: 1})", "pass"),
        ("f(3, [5.0])", "fail"),  # it prints 10.0
        ("g(3, [5, 2])", "fail"),
        ("f(3, [5 for _ in range(1)])", "fail"),
        ("", "no_answer"),
    ],
)
def test_arguments_for_which_it_returns_something(judge: LocalJudge, answer: str, status: str) -> None:
    verdict = well_formed(judge.check_sync(arguments(), f"Answer: {answer}"))
    assert verdict.status == status, verdict


FASTER = "def f(a, xs):\n    return 2 * sum(x for x in xs if x > a)\n"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (FASTER, "pass"),
        (f"Go over xs.\nAdd what is larger.\n{FASTER}", "pass"),
        (f"So:\n```python\n{FASTER}```\nDone.", "pass"),
        (FASTER.replace(">", "<"), "fail"),
        (FASTER.replace("a, xs", "a"), "error"),
        (FASTER.replace("def f", "def g"), "no_answer"),
        ("", "no_answer"),
        ("def f(a, xs):\n    return (\n", "error"),
    ],
)
def test_a_program_by_cases_and_by_tests(judge: LocalJudge, text: str, status: str) -> None:
    for problem in (by_cases(), by_tests()):
        verdict = well_formed(judge.check_sync(problem, text))
        assert verdict.status == status, (verdict, problem.reference)


def test_what_the_problem_gives_an_answer_need_not_repeat(judge: LocalJudge) -> None:
    bare = "def f(a, xs: List[int]):\n    return 2 * sum(x for x in xs if x > a)\n"
    assert judge.check_sync(by_tests(), bare).status == "pass"
    assert judge.check_sync(by_tests(prompt="Write f."), bare).status == "error"
    head = PROMPT.partition('    """')[0]
    assert judge.check_sync(by_tests(prompt=head), bare).status == "pass"
    assert judge.check_sync(by_tests(), f"from __future__ import annotations\n{bare}").status == "pass"


def test_a_verdict_of_its_own_sandbox_is_the_same(judge: LocalJudge) -> None:
    config = Config(unconfined=True)
    for problem, text in ((output(), "Answer: 10"), (arguments(), "Answer: f(4, [5])"), (by_cases(), "f = 3")):
        one, other = python.check(problem, text, config), judge.check_sync(problem, text)
        assert (one.status, one.reason, one.answer) == (other.status, other.reason, other.answer)


@pytest.mark.parametrize(
    "problem",
    [
        output("x + 1"),
        question("input", "no JSON"),
        question("input", {"code": SUM, "entry_point": "f"}),
        question("input", {"code": SUM, "entry_point": "f()", "returns": "1"}),
        question("input", {"code": SUM, "entry_point": "f", "returns": "x"}),
        question("program", []),
        question("program", {"entry_point": "f"}),
        question("program", {"entry_point": "f", "cases": []}),
        question("program", {"entry_point": "f", "cases": [["3"]]}),
        question("program", {"entry_point": "f", "cases": [["(3)", "x"]]}),
        question("program", "[" * 100_000),
        question("solve", "10"),
    ],
)
def test_a_reference_that_says_nothing_is_undecided_and_an_error(judge: LocalJudge, problem: Problem) -> None:
    assert reference_error(problem) and reference_error(problem, judge.check_sync)
    verdict = well_formed(judge.check_sync(problem, f"Answer: f(3)\n{SUM}"))
    assert (verdict.status, verdict.outcome) == ("infra", "undecided")


@pytest.mark.parametrize("problem", [output(), arguments(), by_cases(), by_tests()])
def test_a_right_reference_is_held_against_its_own_program(judge: LocalJudge, problem: Problem) -> None:
    assert reference_error(problem) is None
    assert reference_error(problem, judge.check_sync) is None


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (output("11"), "a run of its program: fail"),
        (arguments("11"), "the arguments that came with it: fail"),
        (by_cases(("(3, [5, 2])", "11")), "its own program: fail"),
    ],
)
def test_a_wrong_reference_is_found_out(judge: LocalJudge, problem: Problem, said: str) -> None:
    assert reference_error(problem) is None  # nothing ran
    error = reference_error(problem, judge.check_sync)
    assert error is not None and said in error and "expected 11, got 10" in error


def test_without_a_program_only_the_reference_is_read() -> None:
    def never(problem: Problem, text: str) -> Verdict:
        raise AssertionError("nothing to run")

    assert reference_error(question("output", "10"), never) is None
    assert reference_error(question("output", "10", "not a dict"), never) is None


@pytest.mark.parametrize("problem", [output(), arguments(), by_cases(), by_tests()])
def test_what_can_be_said_at_once_is_what_is_said_in_the_end(judge: LocalJudge, problem: Problem) -> None:
    for text in (
        "",
        "Answer: 10",
        "Answer: f(3, [5, 2])",
        "Answer: g(1)",
        SUM,
        "Answer: [" * 50,
        "f" * 10**6,
        "\ud800 f \x00",
    ):
        at_once, asked = quick(problem, text), judge.check_sync(problem, text)
        assert at_once is None or (at_once.status, at_once.reason) == (asked.status, asked.reason)
        well_formed(asked)


def test_a_cut_text_and_a_failed_check() -> None:
    assert well_formed(truncated("Answer: 10")).status == "truncated"
    assert well_formed(python.failed("deadline", "too late", 1.0)).outcome == "undecided"


def test_a_long_program_is_judged_and_not_repeated(judge: LocalJudge) -> None:
    verdict = judge.check_sync(by_cases(), FASTER + "#" * 20_000)
    assert (verdict.status, verdict.answer) == ("pass", None)


def test_tests_never_reach_the_program(judge: LocalJudge) -> None:
    peeking = "import sys\ndef f(a, xs):\n    return 10 if 'check' in sys._getframe(1).f_globals else 0\n"
    assert judge.check_sync(by_tests(), peeking).status == "fail"
    assert TESTS not in SUM
