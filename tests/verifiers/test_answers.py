"""Verdicts: pairs that are equal, different or undecided, status words, references, completions that were cut."""

import pytest

from tests.verdicts import outcome, problem
from verifiers.answers import compare, reference_error, truncated
from verifiers.catalog import VERIFIERS
from verifiers.catalog import truncated as truncated_of

EQUAL = [
    ("18.90", "18.9"), ("18", "$18"), ("18", "18 dollars"), ("0.5", r"50\%"), ("50%", "50"), ("1/3", r"\frac{1}{3}"),
    (r"0.\overline{3}", "1/3"), ("7 3/4", "31/4"), ("90 minutes", "1.5 hours"), ("5 cm", "0.05 m"), ("$1.50",
    "150 cents"),
    ("3 hours and 20 minutes", "200 minutes"), ("x=5", "5"),
    ("5 = x", "5"), ("x^2+2x+1", "(x+1)^2"), ("x-y", "-y+x"), ("xy", "yx"),
    (r"\sqrt{8}", r"2\sqrt{2}"), (r"\sin^2 x+\cos^2 x", "1"), (r"e^{i\pi}", "-1"), (r"\log_2 8", "3"), ("n!",
    "n(n-1)!"),
    (r"\sqrt{x^2}", "|x|"), ("(1,2)", "(1, 2)"), ("1,2", "2, 1"), (r"\{1,2\}", r"\{2,1\}"), (r"\pm 3", "3, -3"),
    ("y=2x+3", "2y = 4x + 6"), ("x>2", "2<x"), ("A", r"\text{(A)}"), ("Yes", "yes"), (r"60^\circ", "60"),
    ("2^{100}", "1267650600228229401496703205376"), (r"\infty", "∞"), ("12 apples", "12"), ("two thirds", "2/3"),
    (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{bmatrix}1\\ 2\end{bmatrix}"), ("f(x)=x^2", "x^2"), ("5 ft",
    "60 inches"),
    ("10^{100}", "1" + "0" * 100), (r"\frac{x}{2}", "0.5x"), (r"x\sqrt{x}", "x^{3/2}"), ("3 × 10^5", "300000"),
]  # fmt: skip
DIFFERENT = [
    ("1/3", "0.333"), ("1/3", "0.3333333333333333"), ("9007199254740993", "9007199254740992"), ("0.5", "0.5%"), ("1",
    "1%"),
    ("5 cm", "5 m"), ("3 hours", "3 minutes"), ("$5", "€5"), ("4 cm^2", "4 cm"), ("42", "banana"), ("x=5", "y=5"),
    ("x=5", "x=6"),
    ("12", "1, 2"), ("123", "1,2,3"), ("3,4", "3.4"), ("1,234", "1.234"), ("(1,2)", "(2,1)"), ("[1,2)", "[1,2]"),
    ("5", "5 or 6"),
    ("x^2+1", "x^2-1"), (r"\sqrt{x^2}", "x"), ("10^{-20}x", "0"), ("2^{-99}", "2^{-98}"), ("e^{-200}", "0"),
    ("3.14", r"\pi"),
    (r"\frac{a}{b}", r"\frac{b}{a}"), ("x>2", r"x\ge 2"), ("A", "B"), ("A", "a cat"), ("yes", "no"), ("y=2x+3",
    "y=2x+4"),
    (r"\pm 3", "3"), ("5", "5x"), ("1/0", "5"), (r"\infty", r"-\infty"), (r"\infty", "5"), ("52_8", "52"), ("5", "x>5"),
    ("9^{9^{9}}", "9^{81}"), ("-1\\frac{1}{2}", "-0.5"), ("1/2004!", "1/2006!"), ("5", "2+2=5"), ("x_1", "x_2"),
    ("5", "-5"),
    (r"\pi r^2", r"\pi R^2"), ("1", "1.0000000000000000000000001"), ("12", "12!"), ("6", r"\boxed{5} or \boxed{6}"),
]  # fmt: skip
UNDECIDED = [
    ("100,200", "100, 200"), ("3 apples", "3 oranges"), ("x/2", "1/2x"), (r"\log 100", "2"), ("5", r"\int_0^5 \frac{dx}{1}"),
    ("42", "I think it is 42 apples"), ("$18 per day", "$18"), ("3 km", "1.86 miles"), (r"\ln(x^2)", r"2\ln x"),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "pred"), EQUAL)
def test_equal_answers(gold: str, pred: str) -> None:
    assert outcome(gold, pred) == outcome(pred, gold) == "accepted"


@pytest.mark.parametrize(("gold", "pred"), DIFFERENT)
def test_different_answers(gold: str, pred: str) -> None:
    assert outcome(gold, pred) == outcome(pred, gold) == "rejected"


@pytest.mark.parametrize(("gold", "pred"), UNDECIDED)
def test_answers_that_nobody_can_be_sure_of(gold: str, pred: str) -> None:
    assert outcome(gold, pred) == outcome(pred, gold) == "undecided"


@pytest.mark.parametrize(
    ("gold", "pred", "status"),
    [
        ("5", "5", "equal"), ("5", "6", "different"), ("5", "", "no_answer"), ("5", r"\boxed{", "no_answer"),
        ("5", r"\int x", "unparsed"), (r"\int x", "5", "unparsed_gold"), (r"\ln(x^2)", r"2\ln x", "unsure"),
    ],
)  # fmt: skip
def test_status_words(gold: str, pred: str, status: str) -> None:
    assert compare(gold, pred).status == status


def test_the_catalog_names_this_verifier() -> None:
    assert VERIFIERS["math"].NAME == "answers"
    assert truncated_of(problem("5"), "and then").status == "truncated"


# References


@pytest.mark.parametrize("gold", ["18", "work <<1+1=2>>2\nA: 2", r"\frac{1}{2}", r"\text{Evelyn}", "x=5"])
def test_good_references_verify(gold: str) -> None:
    assert reference_error(problem(gold)) is None
    assert outcome(gold, gold) == "accepted"


@pytest.mark.parametrize("gold", ["", "  ", r"\boxed{}", r"\int_0^1 x", "(1", "word " * 100])
def test_bad_references_are_named(gold: str) -> None:
    assert reference_error(problem(gold))


# Completions that were cut


@pytest.mark.parametrize(
    "text",
    ["so x = 5.\n" * 4, "start\n" + "we get 12 = 12\n" * 3 + "we get", "and so and so and so and so and so", "7" * 40],
)
def test_a_tail_that_repeats_is_looping(text: str) -> None:
    assert (truncated(text).outcome, truncated(text).status) == ("rejected", "looping")


@pytest.mark.parametrize("text", ["", "First, 2 + 3 = 5.\nThen 5 * 4", "x = 1000", "a\nb\na\nb", "\\boxed{5} and"])
def test_other_tails_are_truncated(text: str) -> None:
    assert (truncated(text).outcome, truncated(text).status) == ("rejected", "truncated")
