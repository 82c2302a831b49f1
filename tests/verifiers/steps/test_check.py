"""What steps claim: verdicts by kind of claim, and laws that hold for any text."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.verdict import Claim
from tests.doubles import a_problem
from tests.verifiers.families.truths import HOSTILE, at_most
from verifiers.steps.check import MAX_STEP_CHARS, check, claims


def verdicts(*steps: str, statement: str = "") -> list[tuple[str, str]]:
    """Return (text, verdict) of every claim in the last of `steps`."""
    return [(claim.text, claim.verdict) for claim in claims(statement, steps)[-1]]


def verdict(*steps: str, statement: str = "") -> str:
    """Return the one verdict in the last of `steps`, `none` where it claims nothing."""
    found = verdicts(*steps, statement=statement)
    assert len(found) <= 1, found
    return found[0][1] if found else "none"


RIGHT = [
    "48 / 2 = 24",
    "So she has 3 * $4 = $12 left.",
    "She pays $1,234.50 + $65.50 = $1,300.",
    r"\frac{48}{2} = 24",
    r"$\frac{48}{2} = 24$ and more",
    r"\[7! \times 2! = \boxed{10,\!080}\]",
    "0.2 x 50 = 10",
    "2 × (3 + 4) = 14",
    "72 x 1/4 = 18 watermelons",
    "5 apples + 3 apples = 8 apples",
    "4 minutes per egg * 6 eggs = 24 minutes to cook",
    "14 students * 5 notebooks/student = 70 notebooks",
    "1 (Jose) + 4 siblings = 5 pieces",
    "100% - 40% = 60%",
    "20% of 50 = 10",
    "20/50 * 100 = 40%",
    "3 dozen * 2 = 72",
    "3 dozen / 3 = 1 dozen",
    "1.5 million - 500,000 = 1,000,000",
    "10 / 3 = 3.33",
    "2/3 = 67%",
    "22/7 ≈ 3.14",
    "489 + 3 ≈ 490",
    "About 10/3 = 3 of them",
    "4.2 + 9.45 + 1.35 = 14.999999999999998",
    "12,34,567 + 1 = 12,34,568",
    "1 234 + 1 = 1 235",
    "2^3 = 8 and no more",
    "5² = 25",
    "3 1/2 + 1/2 = 4",
    "1/4 cup + 1 and 1/4 cup = 1.5",
    "5 times 3 = 15",
    "180° - 90° = 90°",
    r"180^\circ - 2 \cdot 45^\circ = 90^\circ",
    "- 5 + 3 = 8",
    "- 5 + 3 = -2",
    "**5 + 3 = 8**",
    "3. 5 + 3 = 8",
    "Increased by 2*4 = 8 inches",
    r"\sqrt{16} = 4",
    "2(x+1) = 2x + 2",
    r"$(x+1.3)^2 = x^2 + (2.6)x + 1.69$",
]
WRONG = [
    "48 / 2 = 25",
    "So she has 3 * $4 = $13 left.",
    r"$\frac{48}{2} = 23$",
    "5 apples + 3 apples = 9 apples",
    "100% - 40% = 50%",
    "20% of 50 = 11",
    "10 / 3 = 3.34",
    "10 / 3 = 3",
    "15 / 4 = 3.7777",
    "22/7 ≈ 4.14",
    "7 / 0 = 7",
    "- 5 + 3 = 9",
    r"\sqrt{16} = 5",
    r"(x+1)^2 = x^2 + 2x + 1 = x^2 + 3x + 1",
    "2(x+7) = 2x + 17",
    "3 dozen * 2 = 71",
]
UNSURE = [
    "total - 3 * 2/3 = 40",
    "total * 2 + 3 = 9",
    "half of 10 + 3 = 8",
    "twice 5 + 3 = 13",
    "3 more than 4 * 2 = 11",
    "1 + 2 + ... + 9 + 10 = 55",
    "25 classmates + his 1 teacher + 1 himself = 27",
    "15 + 20% = 18",
    "3 hours + 30 minutes = 3.5 hours",
    "$1 - 25 cents = 75 cents",
    "0900-0130 = 0730",
    "2/3 = 0.66",
    "100 / 3 = 33 with 1 remaining",
    "3/2 = 1.50 + 3.00",
    "1.000,50 + 2 = 1",
    "6 / 1/2 = 12",
    "2xy + 3 = 7",
    "8 packs of 5 bags * 4 = 160",
    "If 2 + 2 = 5 holds, which is false",
    "7 + 8 = 3 mod 12",
    "2x + 3 = 7",
    r"\sin 30 = 0.5",
]
NOTHING = [
    "",
    "no mathematics",
    "x = 5",
    "There are 24 clips = a lot",
    "At 3:30 she leaves",
    "#### 5",
    "f(x) = x^2",
    "3 < 4",
    "12 = dozen",
    "+ 10 = 55",
]


@pytest.mark.parametrize("step", RIGHT)
def test_a_right_step(step: str) -> None:
    assert verdict(step) == "right"


@pytest.mark.parametrize("step", WRONG)
def test_a_wrong_step(step: str) -> None:
    assert "wrong" in [said for _, said in verdicts(step)]


@pytest.mark.parametrize("step", UNSURE)
def test_what_context_may_change_is_unsure(step: str) -> None:
    said = [said for _, said in verdicts(step)]
    assert "unsure" in said and "wrong" not in said


@pytest.mark.parametrize("step", NOTHING)
def test_what_claims_nothing(step: str) -> None:
    assert verdicts(step) == []


def test_a_number_is_not_cut_from_a_longer_expression() -> None:
    assert verdicts("60 * 2/3 = 40") == [("60 * 2/3 = 40", "right")]
    assert verdicts("60 students x 2/3 = 40")[0][1] == "right"


def test_annotations_and_the_prose_around_them_are_judged_apart() -> None:
    assert verdicts("48/2 = <<48/2=24>>24") == [("48/2 = <<48/2=24>>24", "right"), ("<<48/2=24>>", "right")]
    assert verdicts("48/2 = <<48/2=25>>24") == [("48/2 = <<48/2=25>>24", "right"), ("<<48/2=25>>", "wrong")]
    assert verdicts("48/2 = <<48/2=24>>25") == [("48/2 = <<48/2=24>>25", "wrong"), ("<<48/2=24>>", "right")]
    assert verdicts("She has <<5*2=10>>10") == [("<<5*2=10>>", "right")]


def test_every_link_of_a_chain_is_a_claim() -> None:
    step = "12/60 = 1/5 = 0.3"
    first, second = claims("", [step])[0]
    assert (first.text, first.verdict) == ("12/60 = 1/5", "right")
    assert (second.text, second.verdict) == ("1/5 = 0.3", "wrong")
    assert step[second.start : second.end] == second.text


def test_a_chain_goes_on_over_steps() -> None:
    assert verdicts("(2 + 3) * 4\n", "= 5 * 4\n", "= 21\n") == [("= 21", "wrong")]
    assert verdicts(r"12 &= 3 \cdot 4 \\", r"&= 12") == [("= 12", "right")]
    assert verdicts("60 *\n", "2 + 2 = 122\n")[0][1] == "unsure"
    # The left side has its place in the step before, which is longer than this one.
    assert verdicts("a long way round = 7 + 5 + 9 apples + 1000", "≈ 12") == [("≈ 12", "wrong")]


def test_values_bound_earlier() -> None:
    assert verdict("x = 5", "x + 1 = 6") == "right"
    assert verdict("x = 5", "x + 1 = 7") == "wrong"
    assert verdict("x = 5", "Let x + 1 = 7") == "unsure"
    assert verdict("Suppose x = 5", "x + 1 = 7") == "unsure"
    assert verdict("x = 5", "x = 6", "x + 1 = 9") == "unsure"
    assert verdict("x_1 = 5, y = 2", "x_1 + y = 8") == "wrong"


def test_equations_that_follow_from_each_other() -> None:
    assert verdict("2x + 3 = 7", "2x = 4") == "right"
    assert verdict("2x + 3 = 7", "Subtracting 3 from both sides, 2x = 5") == "wrong"
    assert verdict("2x + 3 = 7", "For the other one we know that 2x = 5") == "unsure"
    assert verdict("2x = 4", "Dividing by 2, x = 2") == "right"
    assert verdict("2x = 4", "Dividing by 2, x = 3") == "wrong"
    assert verdict("2x = 4", "Her brother's number is another x = 3") == "none"


def test_the_final_answer_follows_from_the_last_calculation() -> None:
    assert verdict("48 + 24 = 72\n", "#### 72") == "right"
    assert verdict("48 + 24 = 72\n", "#### 73") == "wrong"
    assert verdict("48 + 24 = 72\n", "#### 73", statement="Is it 73?") == "unsure"
    assert verdict("48 + 24 = 72\n", "So the answer is $1,072.") == "wrong"
    assert verdict("1 / 4 = 0.25\n", "#### 25") == "unsure"
    assert verdict("48 + 24 = 72\n", r"\boxed{73}") == "unsure"
    assert verdict("48 + 24 = 72\n", r"Thus \boxed{72}.") == "right"


def test_reasons_name_both_values() -> None:
    (claim,) = claims("", ["2 + 2 = 5"])[0]
    assert claim.reason == "the left side is 4, the right side 5"


def test_a_changed_digit_is_caught() -> None:
    draw = random.Random(1)
    for _ in range(300):
        a, b = draw.randint(11, 999), draw.randint(11, 99)
        right = f"They have {a} + {b} = {a + b} clips."
        at = draw.choice([index for index, letter in enumerate(right) if letter.isdigit()])
        digit = draw.choice([digit for digit in "0123456789" if digit != right[at]])
        assert verdict(right) == "right"
        assert verdict(right[:at] + digit + right[at + 1 :]) == "wrong", (right, at, digit)


def test_families_keep_their_exact_truth() -> None:
    problem = a_problem("Evaluate 2 * (3 + 4).", "14", family="expressions")
    (step,) = check(problem, ["= 2 * 7\n"]).steps
    assert (step.exact_local, step.exact_prefix) == (True, True)
    (step,) = check(a_problem(family="gsm8k"), ["2 * 7 = 14\n"]).steps
    assert (step.exact_local, step.exact_prefix, len(step.claims)) == (None, None, 1)


def test_other_domains_claim_nothing() -> None:
    problem = a_problem(family="gsm8k")
    assert check(problem, ["1 + 1 = 3"]).steps[0].claims
    object.__setattr__(problem, "domain", "code")
    assert check(problem, ["1 + 1 = 3"]).steps[0].claims == ()


PIECES = st.sampled_from(
    [
        "0",
        "1",
        "2",
        "3",
        "12",
        "100",
        "1,000",
        "0.5",
        ".5",
        "1/2",
        "+",
        "-",
        "*",
        "/",
        "x",
        "×",
        "=",
        "≈",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "%",
        "$",
        r"\$",
        r"\frac",
        r"\sqrt",
        r"\times",
        r"\left(",
        r"\right)",
        "^",
        "**",
        "_",
        "!",
        "of",
        "apples",
        "hours",
        "minutes",
        "dozen",
        "and",
        "is",
        "so",
        "<<1+1=2>>",
        "<<",
        ">>",
        "####",
        "answer",
        r"\boxed{",
        ":",
        ";",
        ",",
        ".",
        "...",
        r"\\",
        "&",
        r"\text{cm}",
        r"\pi",
        "x",
        "y",
        "sin",
    ]  # fmt: skip
) | st.sampled_from(["\n", " ", "  "])


@settings(max_examples=400, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=25).map(" ".join) | st.text(max_size=60), max_size=4))
def test_any_text_has_claims_within_its_steps_that_do_not_depend_on_what_follows(steps: list[str]) -> None:
    found = claims("", steps)
    assert len(found) == len(steps)
    for step, each in zip(steps, found, strict=True):
        assert all(isinstance(claim, Claim) and claim.reason for claim in each)
        assert all(0 <= claim.start < claim.end <= len(step) for claim in each)
        assert all(step[claim.start : claim.end] == claim.text for claim in each)
    for count in range(len(steps)):
        assert claims("", steps[:count]) == found[:count]


NASTY = [
    *HOSTILE,
    "1 + 1 = 2 " * 2_000,
    "1 + 1 = 3 " * 2_000,
    "0x = 1 so 2x = 5 " * 1_100,
    "(1 + " * 5_000 + "1 = 2",
    "((1) " * 5_000 + "= 1",
    "2^2^2^2^2^2^2 = 9^9^9^9^9",
    "(10^8)! = 1",
    "9" * 300 + " * " + "9" * 300 + " = 1",
    "x^99999999999 = y",
    "<<" * 20_000,
    "<<1=" * 5_000,
    "1 of " * 5_000 + "= 1",
    "- " * 10_000 + "1 = 1",
    "\\frac{" * 5_000 + "1" + "}{1}" * 5_000 + " = 1",
    "a word " * 3_000 + "1 = 1",
    "1 apple " * 3_000 + "= 1",
    "sin x + cos(x^x^x) = e^{e^{e^x}} " * 300,
]


@pytest.mark.parametrize("step", NASTY, ids=range(len(NASTY)))
def test_hostile_text_is_done_with_soon(step: str) -> None:
    with at_most(15):
        claims(step, [step, step])


def test_time_is_linear_in_the_number_of_steps() -> None:
    with at_most(30):
        assert len(claims("", ["So 3 + 4 = 7 apples.\n"] * 10_000)) == 10_000


def test_a_long_step_is_judged_up_to_its_limit() -> None:
    step = "a " * (MAX_STEP_CHARS // 2) + "1 + 1 = 3"
    assert claims("", [step]) == [()]


def test_the_suite_of_right_steps_has_no_false_alarm_in_any_company() -> None:
    """A right step stays right after any other one, as long as neither goes on in the other."""
    for before in RIGHT[:12]:
        for step in RIGHT[:20]:
            assert verdicts(before + ".\n", step)[0][1] == "right", (before, step)
