"""Laws of equality for any text, and hostile input: no code runs, nothing is slow."""

import time
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verdicts import outcome, problem
from verifiers.answers import STATUSES, compare, quick, reference_error, truncated

numbers = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9).map(str),
    st.fractions(max_denominator=10**6).map(lambda f: f"\\frac{{{f.numerator}}}{{{f.denominator}}}"),
)
formulas = st.recursive(
    st.one_of(st.integers(0, 50).map(str), st.sampled_from(["x", "y", "\\pi", "n"])),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda ab: f"({ab[0]} + {ab[1]})"),
        st.tuples(inner, inner).map(lambda ab: f"({ab[0]} - {ab[1]})"),
        st.tuples(inner, inner).map(lambda ab: f"({ab[0]}) \\cdot ({ab[1]})"),
        st.tuples(inner, inner).map(lambda ab: f"\\frac{{{ab[0]}}}{{{ab[1]}}}"),
        inner.map(lambda a: f"({a})^{{2}}"),
        inner.map(lambda a: f"\\sqrt{{{a}}}"),
    ),
    max_leaves=6,
)


@given(st.one_of(numbers, formulas, st.text(min_size=1, max_size=40)))
def test_reflexive(text: str) -> None:
    assert compare(text, text).outcome != "rejected" or compare(text, text).status == "no_answer"


@given(st.one_of(numbers, formulas), st.one_of(numbers, formulas))
def test_symmetric(a: str, b: str) -> None:
    one, two = quick(problem(a), b), quick(problem(b), a)
    assert (one and one.outcome) == (two and two.outcome)


@given(numbers, numbers)
def test_the_wrapper_does_not_matter(gold: str, pred: str) -> None:
    plain = outcome(gold, pred)
    for wrapped in (
        f"${pred}$",
        f"\\boxed{{{pred}}}",
        f"The answer is ${pred}$.",
        f"#### {pred}",
        f" {pred} ",
        f"\\({pred}\\)",
    ):
        assert outcome(gold, wrapped) == plain
        assert outcome(wrapped, pred) == "accepted"


@given(st.fractions(max_denominator=10**9), st.fractions(max_denominator=10**9))
def test_rationals_compare_exactly(a: Fraction, b: Fraction) -> None:
    pair = [f"\\frac{{{f.numerator}}}{{{f.denominator}}}" for f in (a, b)]
    assert outcome(*pair) == ("accepted" if a == b else "rejected")


@given(formulas)
def test_algebra_keeps_a_formula_equal_and_an_added_one_does_not(formula: str) -> None:
    same, more = (
        quick(problem(formula), f"({formula}) \\cdot 2 - ({formula})"),
        quick(problem(formula), f"({formula}) + 1"),
    )
    assert same is None or same.outcome != "rejected"
    assert more is None or more.outcome != "accepted"


@given(st.text(max_size=300), st.text(max_size=300))
def test_total_on_any_text(gold: str, pred: str) -> None:
    verdict = quick(problem(gold), pred)
    assert verdict is None or verdict.status in STATUSES
    truncated(pred)
    reference_error(problem(gold))


@given(st.binary(max_size=300))
def test_total_on_bytes(data: bytes) -> None:
    verdict = quick(problem("5"), data.decode("latin-1"))
    assert verdict is None or verdict.status in STATUSES


# Hostile input


@pytest.mark.parametrize(
    "code",
    [
        "__import__('os').system('touch {}')", "\\boxed{{__import__('os').system('touch {}')}}", "exec(open('{}','w'))",
        "\\pi + __import__('os').system('touch {}')", "[x for x in [open('{}', 'w')]]", "5 if open('{}','w') else 5",
        "().__class__.__mro__[1].__subclasses__()", "Symbol.__mro__[0]('{}')", "lambda: open('{}','w')",
    ],
)  # fmt: skip
def test_code_never_runs(code: str, tmp_path: Path) -> None:
    target = tmp_path / "pwned"
    for gold, pred in (("5", code.format(target)), (code.format(target), "5"), ("x+1", code.format(target))):
        assert outcome(gold, pred) != "accepted"
    assert not target.exists()


@pytest.mark.parametrize(
    "bomb",
    [
        "9^{9^{9^{9}}}", "9^{9^{9}}", "((9!)!)!", "(10^6)!", "2^{10^9}", "(x+y+z+w)^{60}", "(x+1)^{100000000}",
        "(" * 1900,
        "e^{e^{e^{e^{e}}}}", "\\sin(10^{10^{10}})",
        "9" * 100_000, "+".join(f"x^{k}" for k in range(800)), "\\boxed{" * 20_000,
        "\\sqrt[99999]{5}", "x^{x^{x^{x}}}", "\\binom{10^9}{5\\cdot10^8}",
        ",".join("1" * 1999), "\\text{" * 900, "answer" * 20_000,
    ],
    ids=lambda text: text[:16],
)  # fmt: skip
def test_the_quick_tier_is_quick_on_bombs(bomb: str) -> None:
    start = time.process_time()
    for gold, pred in (("5", bomb), (bomb, "5"), (bomb, bomb + "+1")):
        verdict = quick(problem(gold), pred)
        assert verdict is None or verdict.outcome != "accepted"
    assert time.process_time() - start < 10  # not a speed: unbounded work would take minutes
