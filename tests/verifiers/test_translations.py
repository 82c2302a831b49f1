"""The verdict about prose: closed words, and undecided only where it could go either way."""

import pytest

from verifiers import translations
from verifiers.plans import Tally

ALONE = Tally(drawn=8, passed=1, undecided=0)


def tally(drawn: int, passed: int, undecided: int = 0) -> Tally:
    return Tally(drawn=drawn, passed=passed, undecided=undecided)


@pytest.mark.parametrize(
    ("given", "status", "outcome"),
    [
        (tally(4, 4), "faithful", "accepted"),
        (tally(4, 2), "faithful", "accepted"),
        (tally(4, 1), "unfaithful", "rejected"),
        (tally(4, 2, 2), "faithful", "accepted"),
        (tally(4, 1, 1), "undecided", "undecided"),
        (tally(4, 0, 1), "unfaithful", "rejected"),
        (tally(0, 0), "undecided", "undecided"),
    ],
)
def test_at_least_half_must_verify_whatever_the_undecided_ones_are(given: Tally, status: str, outcome: str) -> None:
    verdict = translations.faithfulness(given, ALONE)
    assert (verdict.status, verdict.outcome, verdict.verifier) == (status, outcome, translations.NAME)
    assert translations.decoy(given, ALONE).outcome == "rejected"


def test_a_wrong_claim_is_not_made_good_by_proofs() -> None:
    verdict = translations.faithfulness(tally(4, 4), ALONE, wrong="step 2, `h9`: it is no hypothesis")
    assert (verdict.status, verdict.outcome) == ("misstated", "rejected")
    assert verdict.reason == "step 2, `h9`: it is no hypothesis"


def test_reasons_have_the_figures() -> None:
    beside = "every goal was closed once"
    verdict = translations.faithfulness(tally(4, 3, 1), ALONE, beside=beside)
    assert verdict.reason == f"3 of 3 blind proofs verify, 1 of 8 without it; {beside}"
    assert translations.decoy(tally(8, 0), ALONE).reason == (
        "of another theorem: 0 of 8 blind proofs verify, 1 of 8 without it"
    )
    assert translations.irreproducible(2, "it runs").reason == "step 3 failed, but when run again it runs"


def test_every_status_is_listed() -> None:
    verdicts = [
        translations.empty(0), translations.truncated(1), translations.decoy(tally(0, 0), ALONE), translations.repaired(0),
        translations.irreproducible(0, ""), translations.faithfulness(tally(2, 1), ALONE),
        translations.faithfulness(tally(2, 0), ALONE), translations.faithfulness(tally(2, 0), ALONE, wrong="step 1"),
    ]  # fmt: skip
    assert {verdict.status for verdict in verdicts} == set(translations.STATUSES)
    assert all(verdict.outcome == translations.STATUSES[verdict.status] for verdict in verdicts)  # type: ignore[index]
