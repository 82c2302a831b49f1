"""Ids: names that hold for ever, seeds that never lie side by side."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import ids

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("found", "golden"),
    [
        (ids.digest("run", {"b": [1, 2.5], "a": None}, True, size=8), "1320381f5b216340"),
        (ids.seed(0, "problem", "math_shepherd", 1, "root"), 6_519_071_885_458_737_452),
        (ids.problem_id("math", "What is 6 * 7?", "42"), "826e737a34c737cadc8085d2d209e818"),
        (ids.trace_id("0123456789abcdef", "p", "math_shepherd", 1, 3), "a0cd364e79b357ca545c2b104845c429"),
        (ids.text_hash("Answer: 42\n"), "688d9fc3c4a1d6a7b318b6a63c479d54"),
        (ids.text_hash("π ≈ 22/7 \U0001f600"), "ff72ecb4e0f2c0042a709ab2eee10f5c"),
    ],
)
def test_names_that_shards_already_hold_never_change(found: str | int, golden: str | int) -> None:
    assert found == golden


@given(st.lists(json_values, max_size=4))
def test_a_digest_is_hex_of_the_asked_size_and_the_same_every_time(parts: list[Any]) -> None:
    name = ids.digest(*parts, size=12)
    assert name == ids.digest(*parts, size=12)
    assert len(name) == 24
    int(name, 16)


def test_the_order_of_keys_and_the_kind_of_sequence_do_not_count() -> None:
    assert ids.digest({"a": 1, "b": (1, 2)}) == ids.digest({"b": [1, 2], "a": 1})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", "c"), ("a", "bc")),
        (("a", "b"), (["a", "b"],)),
        ((1,), ("1",)),
        ((1,), (1.0,)),
        ((True,), (1,)),
        ((None,), ()),
        (("",), ()),
        (({"a": None},), ({},)),
        (("e\u0301",), ("\u00e9",)),
    ],
)
def test_different_parts_have_different_names(one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    assert ids.digest(*one) != ids.digest(*other)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), b"a", Path("a"), {1, 2}, object(), 1j])
def test_what_has_no_canonical_form_raises(value: Any) -> None:
    for part in (value, [value], {"a": value}):
        with pytest.raises((TypeError, ValueError)):
            ids.digest(part)


def test_half_a_surrogate_pair_still_has_a_name() -> None:
    assert ids.text_hash("\ud800") != ids.text_hash("\ud801")


@given(st.integers(), st.integers(min_value=0, max_value=100))
def test_seeds_are_63_bits_and_neighbours_are_unrelated(run_seed: int, path: int) -> None:
    one, other = ids.seed(run_seed, path), ids.seed(run_seed, path + 1)
    assert 0 <= one < 2**63 and 0 <= other < 2**63
    # An engine that draws n samples with seeds s..s+n-1 must not run into a neighbour's: 2**40 is far beyond any n.
    assert abs(one - other) > 2**40


def test_every_bit_of_a_seed_is_used() -> None:
    seeds = [ids.seed(i) for i in range(200)]
    for bit in range(63):
        assert 60 <= sum(seed >> bit & 1 for seed in seeds) <= 140


@pytest.mark.parametrize("other", [" What is\n6 * 7?", "What is 6 *\t7?  ", "What\u00a0is 6 * 7?"])
def test_white_space_does_not_make_another_problem(other: str) -> None:
    assert ids.problem_id("math", other, " 42\n") == ids.problem_id("math", "What is 6 * 7?", "42")


@pytest.mark.parametrize(
    "other", [("code", "What is 6 * 7?", "42"), ("math", "What is 6*7?", "42"), ("math", "What is 6 * 7?", "43")]
)
def test_another_question_domain_or_reference_is_another_problem(other: tuple[str, str, str]) -> None:
    assert ids.problem_id(*other) != ids.problem_id("math", "What is 6 * 7?", "42")


def test_a_trace_is_named_by_its_place_alone() -> None:
    places = [("r", "p", "g", 1, 0), ("r2", "p", "g", 1, 0), ("r", "p2", "g", 1, 0), ("r", "p", "g2", 1, 0)]
    places += [("r", "p", "g", 2, 0), ("r", "p", "g", 1, 1)]
    assert len({ids.trace_id(*place) for place in places}) == len(places)


def test_text_is_named_by_its_exact_characters() -> None:
    assert len({ids.text_hash(text) for text in ("a", "a ", "a\n", "A", "")}) == 5
