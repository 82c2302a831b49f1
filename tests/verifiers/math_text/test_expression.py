"""The parser: notations of numbers, budgets, refusals."""

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifiers.equality.exact import rational
from verifiers.math_text.expression import read
from verifiers.math_text.tokens import Unreadable
from verifiers.math_text.tree import Number, Quantity, Relation, Sequence, Symbol, Text, is_expression

NUMBERS = [
    ("12", "12"), ("-12", "-12"), ("−12", "-12"), ("1,000", "1000"), ("1{,}000", "1000"), (r"1\,000", "1000"),
    ("1 000", "1000"), (r"10,\!080", "10080"), ("1,234,567", "1234567"), ("18.90", "189/10"), (".5", "1/2"),
    ("1e6", "1000000"), (r"6.02\times 10^{3}", "6020"), (r"\frac{3}{4}", "3/4"), (r"\frac34", "3/4"),
    (r"\frac 3 4", "3/4"), (r"\dfrac{-3}{4}", "-3/4"), ("3/4", "3/4"), ("7 3/4", "31/4"), (r"7\frac34", "31/4"),
    ("-1\\frac{1}{2}", "-3/2"), ("½", "1/2"), ("7½", "15/2"), (r"0.\overline{3}", "1/3"), (r"0.1\overline{6}", "1/6"),
    ("twenty-four", "24"), ("three hundred and five", "305"), ("one half", "1/2"), ("three quarters", "3/4"),
    ("two and a half", "5/2"), ("minus five", "-5"), ("1.5 million", "1500000"), (r"\text{13}", "13"), ("$42$", "42"),
    (r"\(42\)", "42"), (r"\left(42\right)", "42"), ("**42**", "42"), ("2^{10}", "1024"), ("2**10", "1024"), ("-2^2",
    "-4"),
    ("2^-1", "1/2"), ("2^3^2", "512"), ("5!", "120"), (r"\binom{5}{2}", "10"), (r"\sqrt{16}", "4"), (r"\sqrt[3]{-8}",
    "-2"),
    ("|-3|", "3"), ("2(3+4)", "14"), ("8/2/2", "2"), ("1011_2", "11"), ("52_{8}", "42"), ("3×4", "12"), ("8÷2", "4"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_numbers_in_every_notation(text: str, value: str) -> None:
    node = read(text)
    assert not isinstance(node, Unreadable | Text) and is_expression(node)
    assert rational(node) == Fraction(value)


@pytest.mark.parametrize(
    ("text", "value", "dimension"),
    [
        ("$18.90", "18.9", "money $"), (r"\$18.90", "18.9", "money $"), ("18.90 dollars", "18.9", "money $"),
        ("€5", "5", "money €"), ("50%", "50", "percent"), (r"50\%", "50", "percent"), ("5 cm", "5", "length m"),
        (r"3\text{ hours}", "3", "time s"), (r"60^\circ", "60", "angle"), ("60°", "60", "angle"), ("12 apples", "12",
        "?apple"),
        ("5 miles per hour", "5", "length in/time s"), (r"5\text{ cm}^2", "5", "length m^2"), ("-$5", "-5", "money $"),
        ("five dollars", "5", "money $"), ("84 cents a month from recycling", "84", "money $/months"),
    ],
)  # fmt: skip
def test_units_trail_a_number(text: str, value: str, dimension: str) -> None:
    node = read(text)
    assert isinstance(node, Quantity)
    assert rational(node.value) == Fraction(value)
    assert node.unit.dimension == dimension


def test_lists_tuples_and_relations_are_told_apart() -> None:
    kinds = {text: read(text) for text in ("1, 2", "(1,2)", "[2,5)", r"\{1,2\}", "1 and 2")}
    assert [node.kind for node in kinds.values() if isinstance(node, Sequence)] == ["list", "()", "[)", "{}", "list"]
    assert isinstance(read("x = 5"), Relation)
    assert isinstance(read("1 < x < 3"), Relation)
    assert read("12") == Number(Fraction(12))


def test_a_comma_inside_brackets_separates() -> None:
    assert read("(100,200)") == read("(100, 200)")
    assert read("100,200") == Number(Fraction(100200))
    assert read("(1,000)") == Number(Fraction(1000))


@pytest.mark.parametrize(
    ("text", "name"), [("A", "A"), ("(C)", "C"), (r"\text{(C)}", "C"), ("x_1", "x_1"), (r"x_{12}", "x_12")]
)
def test_symbols_and_choices(text: str, name: str) -> None:
    assert read(text) == Symbol(name)


@pytest.mark.parametrize("text", ["banana", "a cat", "Yes", r"\text{Evelyn}", "no solution"])
def test_words(text: str) -> None:
    assert isinstance(read(text), Text)


@pytest.mark.parametrize(
    "text", ["", "   ", "1/2x", "x2", "3 4 5", r"\int x\,dx", "1.2.3", "(1", "2^", r"\frac{1}", "1..2", "+", "(,)"]
)
def test_what_is_not_sure_is_refused(text: str) -> None:
    assert isinstance(read(text), Unreadable)


BOMBS = [
    "9^{9^{9^{9}}}", "9**9**9**9", "(10^6)!", "((9!)!)!", "2^{10^9}", "(x+y+z+w)^{60}", "(" * 1900 + "1" + ")" * 1900,
    "(" * 3000 + "1" + ")" * 3000, r"\frac{1}{" * 300 + "1" + "}" * 300, "9" * 100_000, "9" * 4000, "1e999999",
    "1e4000",
    "-" * 3000 + "1",
    "1" + "!" * 2000, "2" + "^2" * 900, r"\sqrt{" * 500 + "x" + "}" * 500, r"\text{" * 600, "(1," * 900,
    r"\begin{pmatrix}" + "1&" * 900, "|" * 1000, "1,000" * 700, "²" * 4000, "1.8 " + "billion " * 500,
    r"\binom{10^9}{5}", r"1\frac{" * 50 + "1" + "}{2}" * 50,
]  # fmt: skip


@pytest.mark.parametrize("text", BOMBS, ids=lambda text: text[:20])
def test_bombs_cost_milliseconds(text: str) -> None:
    start = time.process_time()
    read(text)
    assert time.process_time() - start < 5  # not a speed: unbounded work would take minutes


@given(st.text(max_size=200))
def test_total_on_any_text(text: str) -> None:
    read(text)


@given(st.text(alphabet="0123456789xye.,+-*/^_(){}[]|\\$%!= \u00bdfracsqtn&<>", max_size=80))
def test_total_on_text_that_looks_like_mathematics(text: str) -> None:
    read(text)


@given(st.integers(min_value=-(10**30), max_value=10**30))
def test_integers_are_exact_with_and_without_grouping(value: int) -> None:
    assert read(str(value)) == read(f"{value:,}") == Number(Fraction(value))


@given(st.fractions())
def test_fractions_are_exact(value: Fraction) -> None:
    node = read(f"\\frac{{{value.numerator}}}{{{value.denominator}}}")
    assert not isinstance(node, Unreadable) and is_expression(node)
    assert rational(node) == value
