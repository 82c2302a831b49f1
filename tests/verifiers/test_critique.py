"""A review is judged by spans: the bug named, nothing else named."""

import pytest

from verifiers import critique
from verifiers.programs.bugs import planted
from verifiers.programs.reviews import CLEAN, Failing, written

RIGHT = "def f(a, xs):\n    t = 0\n    for x in xs:\n        if x > a:\n            t += x\n    return t\n"
CODE = RIGHT.replace("x > a", "x >= a")
PLANTED = (CODE.index(">="), CODE.index(">=") + 2)


@pytest.mark.parametrize(
    ("text", "with_bug", "without"),
    [
        ("Line 4, `if x >= a`: the comparison is wrong.", "found", "false_alarm"),
        ("Line 4, `>=`", "found", "false_alarm"),
        ("Line 4, `a`", "missed", "false_alarm"),
        ("Line 5, `t += x`", "missed", "false_alarm"),
        ("Line 4\nLine 5", "false_alarm", "false_alarm"),
        ("Line 99", "missed", "false_alarm"),
        ("No bug found.", "missed", "clean"),
        ("No bug found.\nLine 4", "unreadable", "unreadable"),
        ("Looks fine to me", "unreadable", "unreadable"),
        ("", "unreadable", "unreadable"),
    ],
)
def test_each_status_means_what_it_says(text: str, with_bug: str, without: str) -> None:
    judged = [critique.check(CODE, planted, text) for planted in (PLANTED, None)]
    assert [one.status for one in judged] == [with_bug, without]
    for one in judged:
        assert one.outcome == critique.STATUSES[one.status]  # type: ignore[index]  # a status of the set
        assert (one.verifier, one.version) == ("critique", critique.VERSION) and one.reason


def test_reference_reviews_are_found_and_clean_without_exception() -> None:
    found = list(planted(RIGHT, 0))
    for bug in found:
        text = written(bug, RIGHT, Failing(call="f(1, [2])", came_to="returns 3", expected="2"))
        verdict = critique.check(bug.code, (bug.start, bug.end), text)
        assert (verdict.status, verdict.answer) == ("found", f"line {bug.line}")
        assert critique.check(bug.code, (bug.start, bug.end), CLEAN).status == "missed"
    assert found and critique.check(RIGHT, None, CLEAN).answer == "no bug"


def test_what_only_touches_the_bug_is_not_the_bug() -> None:
    code = "def f(x, a):\n    return x>=a\n"
    planted_there = (code.index(">="), code.index(">=") + 2)
    statuses = [
        critique.check(code, planted_there, f"Line 2, `{quote}`").status for quote in ("a", "return x", "x>", "=a")
    ]
    assert statuses == ["missed", "missed", "found", "found"]


def test_a_review_that_was_cut_off_is_rejected() -> None:
    assert (critique.truncated().status, critique.truncated().outcome) == ("truncated", "rejected")
