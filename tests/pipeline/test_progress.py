"""The live display: what it says where there is no terminal, and how it counts."""

import time

import pytest

from pipeline import progress
from pipeline.counts import Counts
from pipeline.progress import Display
from pipeline.sources import Refused


def refused(number: int, kind: str = "unreadable") -> Refused:
    return Refused(where=f"mine.jsonl:{number}", message="torn", statement="", problem_id="p", kind=kind)  # type: ignore[arg-type]


def test_refused_rows_are_named_until_there_are_many(capsys: pytest.CaptureFixture[str]) -> None:
    with Display(100) as display:
        for number in range(1, 51):
            display.refused(refused(number))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "skipped mine.jsonl:1: torn"
    assert len(lines) == 22 and lines[-1] == "skipped 50 input rows in all"
    assert display.refusals == 50


def test_what_is_left_is_what_was_asked_for_less_what_is_done_or_refused() -> None:
    display = Display(10)
    display.last = Counts(problems=3)
    display.refused(refused(1))
    display.refused(refused(2, "duplicate"))  # takes no place among the problems asked for
    assert display.left == 6
    display.pending(8)  # the source had fewer
    assert display.left == 4
    display.last = Counts(problems=12)
    assert display.left == 0


def test_a_plain_line_says_how_far_it_is(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_TICK_S", 0.01)
    monkeypatch.setattr(progress, "_PLAIN_S", 0.02)
    with Display(10) as display:
        display.counts(lambda: Counts(problems=4, traces=8, accepted=6, rollouts=99, generated_tokens=1000))
        seen = ""
        deadline = time.monotonic() + 10
        while "ETA" not in seen and time.monotonic() < deadline:
            time.sleep(0.05)
            seen += capsys.readouterr().err
    assert "4/10 problems" in seen and "75% accepted" in seen and "99 rollouts" in seen


def test_quiet_says_refusals_only(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_TICK_S", 0.01)
    monkeypatch.setattr(progress, "_PLAIN_S", 0.02)
    with Display(10, quiet=True) as display:
        display.counts(lambda: Counts(problems=4))
        display.refused(refused(1))
        time.sleep(0.1)
    assert capsys.readouterr().err == "skipped mine.jsonl:1: torn\n"


def test_counts_that_cannot_be_had_end_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_TICK_S", 0.01)
    answers = iter([Counts(problems=1)])
    with Display(10, quiet=True) as display:
        display.counts(lambda: next(answers))
        deadline = time.monotonic() + 5
        while display.last.problems != 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05)
    assert display.last.problems == 1


@pytest.mark.parametrize(("seconds", "clock"), [(5, "0:05"), (65.9, "1:05"), (3600 + 62, "1:01:02")])
def test_time_left(seconds: float, clock: str) -> None:
    assert progress._clock(seconds) == clock
