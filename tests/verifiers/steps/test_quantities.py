"""Units around a sum: which mismatch is an error, and which may be a conversion or count something else."""

import pytest

from verifiers.steps.check import claims


def said(step: str) -> list[str]:
    """Return the verdicts in a step."""
    return [claim.verdict for claim in claims("", [step])[0]]


@pytest.mark.parametrize(
    "step",
    [
        "850 weekday coffee cups + 120 weekend coffee cups = 370 coffee cups",
        "50 tickets on earbuds + 15 tickets on glow bracelets = 25 tickets.",
        "He paid $98 - $8 on soft drinks = $20 on candy bars",
        "$240 (house and food) + $9 (phone) = $649",
        "each day: 60 minutes/day + 60 minutes/day = 80 minutes/day",
        "in the first 2 days is 10+8 = 28 hours",
        "185 flowers / 6 centerpieces = 30 flowers / centerpiece",
        "4*5 = 22 m",
        "2 + 3 = 5 and 7 + 2 = 8",
        "There were 50-10=10 with no name badge",
        "$3.50 + $3.70 = $8 for the round trip",
        "20 gallons = 120 pints",
        "8 hours = 360 minutes",
        "3 cats + 4 dogs = 9 animals",
    ],
)
def test_a_mismatch_in_one_unit_is_wrong(step: str) -> None:
    assert "wrong" in said(step)


@pytest.mark.parametrize(
    "step",
    [
        "2 adult tickets + 3 child tickets = $45",
        "3 pairs of socks + 2 socks = 8 socks",
        "3 sock pairs + 2 single socks = 8 socks",
        "4 egg boxes + 3 single eggs = 27 eggs",
        "$10 monthly subscription fee + $5 one-time setup fee = $125 for the year",
        "6 eggs each morning + 2 eggs each evening = 56 eggs a week",
        "6 nickels + 3 dimes = 60 cents",
        "2 weekday shifts + 1 weekend shift = 20 hours",
        "2 cars + 3 bikes = 14 wheels",
        "1 hour and 45 minutes + 30 minutes = 135 minutes",
        "2 hours there + 30 minutes back = 150 minutes",
        "150 / 60 = 2.5 hours = 2 hours 30 minutes",
        "4 × 250 ml = 1 L",
        "5 ft 8 in + 4 in = 6 ft",
        "2 years = 24 months = 104 weeks",
        "1 day = 8 hours",
        "1 inch = 5 miles",
        "25 / 4 = 6 cookies, with 1 left over",
        "10 + 20 + 30 / 3 = 20",
        "200 / 3 = 66.6 repeating",
        "5 + 3 = 8 × 2 = 16",
        "In base 5, 3 + 4 = 12",
        "8 + 7 = 3 on a 12-hour clock",
        "350° + 20° = 10°",
        "The digit sum of 345 = 3 + 4 + 5",
        "The square of 3 + 4 = 49",
        "Can 3 + 5 = 9? Clearly it cannot",
        "Not 7 × 8 = 54",
    ],
)
def test_what_may_count_something_else_is_not_wrong(step: str) -> None:
    assert "wrong" not in said(step)
