"""Values as Python prints them, read without evaluating anything."""

import ast
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifiers.programs.compare import Rules, same
from verifiers.programs.literals import Arguments, Found, Unreadable, read, read_arguments, value_at

EXACT = Rules(from_json=False, typed=True, relative=0.0, absolute=0.0)

ATOMS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-(10**300), 10**300), st.floats(), st.text(max_size=8),
    st.binary(max_size=8), st.complex_numbers(),
)  # fmt: skip
CONSTANTS = st.recursive(
    ATOMS, lambda inner: st.tuples(inner, inner) | st.tuples(inner) | st.frozensets(inner, max_size=3), max_leaves=6
)
VALUES = st.recursive(
    CONSTANTS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(CONSTANTS, inner, max_size=3)
        | st.sets(CONSTANTS, max_size=3)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_what_python_prints_is_read_back(value: Any) -> None:
    found = read(repr(value))
    assert isinstance(found, Found), found
    assert same(value, found.value, EXACT)


@given(st.text(alphabet="0123456789_.eE+-jxob[](){},:'\"\\\\ abNTrueFlsn\n", max_size=30))
def test_what_is_read_is_what_python_reads(text: str) -> None:
    found = read(text)
    try:
        value = ast.literal_eval(text.strip())
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return  # Python prints more than its literals hold: inf, nan, frozenset()
    if isinstance(found, Found):
        assert same(value, found.value, EXACT)


@pytest.mark.parametrize(
    "text",
    ["1 + 1", "x", "f(3)", "[x]", "'a' + 'b'", "f'a'", "007", "{[1]}", "{1: 2, 3}", "true", "[1 2]", "1x", "--1", ""],
)
def test_what_is_no_value(text: str) -> None:
    assert isinstance(read(text), Unreadable)


def test_what_has_no_literal() -> None:
    for text, value in {"inf": math.inf, "-inf": -math.inf, "float('-inf')": -math.inf, "set()": set()}.items():
        found = read(text)
        assert isinstance(found, Found) and found.value == value
    for text in ("nan", "[nan]", "float('nan')"):
        assert isinstance(read(text), Found)


def test_arguments() -> None:
    found = read_arguments("(3, [5], a=1, )")
    assert isinstance(found, Arguments) and (found.args, found.kwargs) == ((3, [5]), {"a": 1})
    for text in ("3", "(3", "(3) 4", "(,)", "(a=1, 2)", "(**{})"):
        assert isinstance(read_arguments(text), Unreadable), text


def test_a_value_is_read_where_it_stands() -> None:
    found = value_at("x = [1, 2], y", 4)
    assert isinstance(found, Found) and (found.value, found.end) == ([1, 2], 10)
    assert isinstance(value_at("[1, 1, 1, 1]", 0, most=5), Unreadable)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000_000, "{1:" * 100_000, "9" * 1_000_000, "0x" + "f" * 1_000_000, "1" + "_1" * 500_000, "1e" + "9" * 1_000_000,
        "'" + "a" * 1_000_000, "'" + "\\" * 1_000_000, "-" * 1_000_000, "'' " * 300_000, "[" + "1," * 500_000 + "]",
        "{" + ",".join(str(i * (2**61 - 1)) for i in range(4_000)) + "}", "set(" * 100_000, "[" + " " * 1_000_000,
    ],
)  # fmt: skip
def test_hostile_text_is_refused_in_linear_time(text: str) -> None:
    assert isinstance(read(text), Unreadable)
    assert isinstance(read_arguments(f"({text})"), Unreadable)
