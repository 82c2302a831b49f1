"""Expected against returned values: what counts as the same, and that nothing makes the comparison fail."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifiers.programs.compare import MAX_DEPTH, PRINTED, PYTHON, Rules, difference, same, shown, unfit

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (1, True),
        (1, 1.0),
        (0.3, 0.1 + 0.2),
        (10**20, 1e20),
        (NAN, NAN),
        ([NAN], (NAN,)),
        (INF, INF),
        ([1, [2, 3]], (1, (2, 3))),
        ([3, 1, 2], {1, 2, 3}),
        ([[1, 2], [0, 1]], frozenset({(0, 1), (1, 2)})),
        ([0.3], {0.1 + 0.2}),
        ([NAN], {NAN}),
        ({"1": "a", "true": 2, "null": 3, "1.5": 4, "(1, 2)": 5}, {1: "a", True and "true": 2, None: 3, 1.5: 4, (1, 2): 5}),
        ({"b": [1], "a": {}}, {"a": {}, "b": (1,)}),
        (2.5, complex(2.5, 1e-13)),
        ("", ""),
        (None, None),
    ],
)  # fmt: skip
def test_same_from_json(expected: Any, got: Any) -> None:
    assert difference(expected, got) is None


@pytest.mark.parametrize(
    ("expected", "got", "said"),
    [
        (3, 4, "expected 3, got 4"),
        (3, "3", "expected 3, got '3'"),
        (0, None, "expected 0, got None"),
        (None, False, "expected None, got False"),
        ("a", b"a", "expected 'a', got b'a'"),
        (10**17, 10**17 + 1, "expected 100000000000000000, got 100000000000000001"),
        (1.0, 1.0001, "expected 1.0, got 1.0001"),
        (NAN, 0.0, "expected nan, got 0.0"),
        (INF, -INF, "expected inf, got -inf"),
        (INF, 1e308, "expected inf, got 1e+308"),
        (1.0, 10**400, "expected 1.0, got 1000"),
        ([1, 2], [1, 3], "at [1]: expected 2, got 3"),
        ([1, 2], [1, 2, 3], "expected 2 items, got 3"),
        ([[1], [2, 3]], [[1], [2, 4]], "at [1][1]: expected 3, got 4"),
        ([1, 1], {1}, "expected 2 members, got 1"),
        ([1, 2], {1, 3}, "2 is missing"),
        ([], {}, "expected [], got {}"),
        ({"a": 1}, {"b": 1}, "the key 'a' is missing"),
        ({"a": 1}, {"a": 2}, "at ['a']: expected 1, got 2"),
        ({"a": 1}, {}, "expected 1 keys, got 0"),
        ({"1": 1}, {1: 1, "1": 1}, "expected 1 keys, got 2"),
        ([1], "1", "expected [1], got '1'"),
    ],
)
def test_different_from_json(expected: Any, got: Any, said: str) -> None:
    found = difference(expected, got)
    assert found is not None and found.startswith(said)


def test_python_values_are_compared_as_python_does() -> None:
    assert not same([1], (1,), PYTHON)
    assert not same([1], {1}, PYTHON)
    assert not same({"1": 2}, {1: 2}, PYTHON)
    assert same({1: 2, True and "a": 3}, {1.0: 2, "a": 3}, PYTHON)
    assert same({1, 2}, frozenset({2, 1}), PYTHON)
    assert same((1, [2.0]), (1, [2]), PYTHON)


def test_tolerance_is_an_option() -> None:
    assert same(100.0, 100.5, Rules(relative=0.01))
    assert not same(100.0, 100.0 + 1e-9, Rules(relative=0.0, absolute=0.0))
    assert not same(100, 101, Rules(relative=0.1)), "integers are exact"


plain: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(plain, plain)
def test_laws(one: Any, other: Any) -> None:
    assert same(one, one) and same(one, one, PYTHON)
    assert same(json.loads(json.dumps(one)), one)
    assert same(one, other, PYTHON) == same(other, one, PYTHON)
    assert len(shown(one)) <= 60


def test_deep_large_and_strange_values_are_compared() -> None:
    deep: Any = 0
    for _ in range(5_000):
        deep = [deep]
    assert "deep" in (unfit(deep) or "")
    assert difference(deep, deep) is not None  # nobody knows
    assert shown(deep).startswith("[[[")
    level: Any = 0
    for _ in range(MAX_DEPTH - 1):
        level = [level]
    assert unfit(level) is None and same(level, level)
    assert unfit(object()) == "a object is no plain value"
    assert "bits" in shown(10**10_000)
    assert difference(10**10_000, 10**10_000 + 1) is not None


def test_members_that_differ_by_rounding_are_found_without_comparing_all_with_all() -> None:
    numbers = [1 + i * 1e-3 for i in range(20_000)]
    assert same(numbers, {one * (1 + 1e-12) for one in reversed(numbers)})
    assert difference(numbers, {one * (1 + 1e-6) for one in numbers}) == "1.0 is missing"
    pairs = [[one, 0.0] for one in numbers]
    assert same(pairs[:50], {(one * (1 + 1e-12), 0.0) for one in numbers[:50]})
    # Beyond some hundreds of pairs nobody looks: the tuples cannot be sorted by what is nearly the same.
    assert difference(pairs, {(one * (1 + 1e-12), 0.0) for one in numbers}) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        ([1], [True]),
        ({1}, {True}),
        ({1: 0}, {True: 0}),
        ({(1, 2)}, {(1, 2.0)}),
        ({1}, frozenset({1})),
        ((), []),
    ],
)
def test_what_python_prints_differently_differs(one: Any, other: Any) -> None:
    assert not same(one, other, PRINTED) and not same(other, one, PRINTED)
    assert same(one, one, PRINTED) and same(other, other, PRINTED)


def test_floats_are_as_tolerant_where_types_count() -> None:
    assert same({(1, 0.1)}, {(1, 0.1 + 1e-12)}, PRINTED) and same({0.1, 0.2}, {0.1 + 1e-12, 0.2}, PRINTED)
    assert same({complex(0, math.nan): 1}, {complex(0, math.nan): 1}, PRINTED) and same([math.nan], [math.nan], PRINTED)
    assert not same({0.1, 0.2}, {0.1, 0.3}, PRINTED)
