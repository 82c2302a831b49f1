"""The verdict about reasoning: closed words, and undecided only where it could go either way."""

import pytest

from verifiers import plans
from verifiers.plans import Tally

CODE = "def f(n):\n    n = n * 2\n    return n"
ALONE = Tally(drawn=8, passed=0, undecided=0)


def tally(drawn: int, passed: int, undecided: int = 0) -> Tally:
    return Tally(drawn=drawn, passed=passed, undecided=undecided)


@pytest.mark.parametrize(
    ("given", "status", "outcome"),
    [
        (tally(8, 8), "sufficient", "accepted"),
        (tally(8, 4), "sufficient", "accepted"),
        (tally(8, 3), "insufficient", "rejected"),
        (tally(8, 0), "insufficient", "rejected"),
        (tally(8, 4, 4), "sufficient", "accepted"),
        (tally(8, 3, 1), "undecided", "undecided"),
        (tally(8, 0, 3), "insufficient", "rejected"),
        (tally(8, 0, 8), "undecided", "undecided"),
        (tally(0, 0), "undecided", "undecided"),
    ],
)
def test_at_least_half_must_pass_whatever_the_undecided_ones_are(given: Tally, status: str, outcome: str) -> None:
    verdict = plans.sufficiency(given, ALONE)
    assert (verdict.status, verdict.outcome) == (status, outcome)
    assert plans.decoy(plans.read(CODE, "", "Double it."), given, ALONE).outcome == "rejected"


def test_reasons_have_the_figures() -> None:
    assert plans.sufficiency(tally(8, 8), ALONE).reason == "8 of 8 programs pass, 0 of 8 without it"
    assert plans.sufficiency(tally(8, 2, 1), tally(8, 1, 2)).reason == "2 of 7 programs pass, 1 of 6 without it"
    read = plans.read(CODE, "", "n = n * 2")
    assert plans.decoy(read, tally(0, 0), ALONE).reason == "of another program: it holds a line of code: `n = n * 2`"


@pytest.mark.parametrize(
    ("text", "status"),
    [("Double it.", "undecided"), ("n = n * 2", "leaks"), ("", "empty"), (" \n\n", "empty")],
)
def test_what_can_be_said_before_anything_is_written(text: str, status: str) -> None:
    assert plans.read(CODE, "Write f(n).", text).status == status


def test_every_verdict_is_of_the_closed_set() -> None:
    verdicts = [plans.truncated(), plans.read(CODE, "", ""), plans.sufficiency(tally(2, 1), ALONE)]
    for verdict in verdicts:
        assert verdict.outcome == {str(status): outcome for status, outcome in plans.STATUSES.items()}[verdict.status]
        assert (verdict.verifier, verdict.version) == (plans.NAME, plans.VERSION)
