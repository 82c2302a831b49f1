"""Linear forms: the little grammar the exact checks stand on."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifiers.families.truths import at_most
from verifiers.families.linear_form import MAX_CHARACTERS, MAX_DEPTH, MAX_DIGITS, LinearForm, read

trees = st.recursive(
    st.integers(0, 99).map(str),
    lambda inner: (
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
        | inner.map(lambda t: f"-{t}")
    ),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("text", "slope", "constant"),
    [
        ("7", 0, 7),
        ("x", 1, 0),
        ("-x", -1, 0),
        ("--x", 1, 0),
        ("3x", 3, 0),
        ("3 * x", 3, 0),
        ("x * 3", 3, 0),
        ("3(x + 4)", 3, 12),
        ("-2(x - 4) + 5x - 1", 3, 7),
        ("(x + 1)(3)", 3, 3),
        ("2(3(x + 1) - 1)", 6, 4),
        ("x/4", Fraction(1, 4), 0),
        ("7/2/2", 0, Fraction(7, 4)),
        ("1 - 2 - 3", 0, -4),
        ("2 + 3 * 4", 0, 14),
        ("3 * -2", 0, -6),
        ("  3x+1  ", 3, 1),
        ("0x + 5", 0, 5),
        ("x - x", 0, 0),
        ("x * (x - x)", 0, 0),
    ],
)
def test_what_it_reads(text: str, slope: int | Fraction, constant: int | Fraction) -> None:
    assert read(text) == (slope, constant)


@pytest.mark.parametrize(
    "text",
    ["", " ", "+", "3 +", "* 3", "(3", "3)", "()", "x x", "x*x", "(x+1)(x+2)", "1/x", "1/0", "x/(1-1)", "2^3", "2**3"]
    + ["1.5", "1,000", "y", "X", "3 = 3", "1e5", "__import__('os')", "3 4", "1 000", "x 3 4"],
)
def test_what_it_does_not_read(text: str) -> None:
    assert read(text) is None


@given(trees)
def test_it_agrees_with_arithmetic(text: str) -> None:
    found = read(text)
    if len(text) <= MAX_CHARACTERS:
        assert found is not None
        assert found == LinearForm(
            Fraction(0), Fraction(eval(text))
        )  # the text is our own: digits, brackets and operators
    else:
        assert found is None


@given(st.text(alphabet="0123456789x+-*/() ", max_size=60) | st.text(max_size=60))
def test_it_is_total(text: str) -> None:
    found = read(text)
    assert found is None or len(found) == 2


@pytest.mark.parametrize(
    "text",
    [
        "1" * (MAX_DIGITS + 1),
        "1+" * MAX_CHARACTERS + "1",
        "(" * (MAX_DEPTH + 2) + "1" + ")" * (MAX_DEPTH + 2),
        "-" * (MAX_DEPTH + 2) + "1",
        "(" * 1_000_000,
        "9" * 1_000_000,
        " " * 1_000_000 + "x",
    ],
)
def test_beyond_its_budget_it_reads_nothing_and_says_so_at_once(text: str) -> None:
    with at_most(10):
        assert read(text) is None


def test_up_to_its_budget_it_reads() -> None:
    assert read("(" * MAX_DEPTH + "1" + ")" * MAX_DEPTH) == LinearForm(Fraction(0), Fraction(1))
    assert read("9" * MAX_DIGITS) == LinearForm(Fraction(0), Fraction(10**MAX_DIGITS - 1))
    with at_most(10):
        assert read("9*" * 99 + "9") == LinearForm(Fraction(0), Fraction(9**100))
