"""Values: what goes through the wire is what came, and nothing else goes through."""

import json
import math
import random
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifiers.sandbox import values
from verifiers.sandbox.values import MAX_DEPTH, Unplain, decode, encode

HASHABLE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(st.characters(exclude_categories=()), max_size=5)
    | st.binary(max_size=5),
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3),
    max_leaves=6,
)
PLAIN = st.recursive(
    HASHABLE,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.sets(HASHABLE, max_size=3)
        | st.dictionaries(HASHABLE, inner, max_size=3)
    ),
    max_leaves=10,
)


def same(one: object, other: object) -> bool:
    """Equal, and of the same types all the way down, which `==` would not notice."""
    return _written(one) == _written(other)


def _written(value: object) -> object:
    if isinstance(value, set | frozenset):
        return type(value).__name__, sorted(map(str, map(_written, value)))
    if isinstance(value, list | tuple):
        return type(value).__name__, [_written(one) for one in value]
    if isinstance(value, dict):
        return [(_written(key), _written(one)) for key, one in value.items()]
    return type(value).__name__, hex(value) if isinstance(value, int) else repr(value)


@given(PLAIN)
def test_what_comes_out_is_what_went_in(value: object) -> None:
    assert same(decode(encode(value)), value)


BEYOND_JSON: dict[str, object] = {
    "digits": 10**5000,
    "a bound": -(1 << 12_000),
    "among others": [1 << 12_001, 1.5, None],
    "alone": [1 << 12_001],
    "surrogates": "\ud83d\ude00",
    "one surrogate": "\ud800",
    "minus zero": -0.0,
    "infinity": math.inf,
    "booleans": [True, 1, 1.0],
    "an integer key": {1: {}},
}


@pytest.mark.parametrize("value", BEYOND_JSON.values(), ids=BEYOND_JSON)
def test_what_json_has_no_word_for(value: object) -> None:
    assert same(decode(encode(value)), value)


def test_not_a_number_stays_one() -> None:
    assert math.isnan(decode(encode(math.nan)))


class Equal(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


class Strings(list[str]):
    pass


@pytest.mark.parametrize(
    "value",
    [Equal(1), [Equal(1)], {"a": Equal(2)}, {Equal(1)}, Strings(), bytearray(b"a"), object(), len, range(3), ...],
)
def test_only_exact_builtins(value: object) -> None:
    with pytest.raises(Unplain):
        encode(value)


def test_deep_values_are_refused_on_both_sides() -> None:
    value: list[object] = []
    for _ in range(MAX_DEPTH - 1):
        value = [value]
    assert decode(encode(value)) == value
    for _ in range(2):
        value = [value]
    with pytest.raises(Unplain):
        encode(value)
    with pytest.raises(ValueError):
        decode(json.dumps(value))
    with pytest.raises(ValueError):
        decode("[" * 100_000 + "]" * 100_000)


def test_a_list_in_itself_is_refused() -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(Unplain):
        encode(value)


@pytest.mark.parametrize(
    "text",
    ["", "{", "nul", '{"x": 1}', "{}", '{"t": 1}', '{"t": {}}', '{"s": [[]]}', '{"d": [1]}', '{"d": [[[], 1]]}', '{"b": "x"}']
    + ['{"b": 1}', '{"i": "z"}', '{"i": []}', '{"u": "00"}', '{"u": "ffffffff"}', '{"c": [1]}', '{"c": "12"}', '{"c": [[], 1]}']
    + ['{"t": [], "s": []}', '{"s": [{"s": []}]}', "9" * 5000, '{"d": 3}', b"\xff", '{"f": null}', '{"t": [{"q": 1}]}'],
)  # fmt: skip
def test_what_nobody_wrote_is_an_error(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        decode(text)


def test_damaged_text_never_raises_anything_else() -> None:
    chance = random.Random(0)
    text = encode([{"a": (1, {2, 3}), b"c": 1j}, frozenset(), 10**5000, "\ud800", None])
    for _ in range(3_000):
        damaged = list(text[:400])
        for _ in range(chance.randrange(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.choice('{}[]":,tsfdcbiu019-e.')
        with suppress(ValueError):
            decode("".join(damaged))


def test_members_of_one_hash_are_refused_before_they_are_compared() -> None:
    step = 2**61 - 1
    began = time.process_time()
    with pytest.raises(ValueError, match="hash"):
        decode('{"s":[' + ",".join(str(number * step) for number in range(60_000)) + "]}")
    assert time.process_time() - began < 20  # seconds; comparing them pairwise would take minutes


def test_without_the_c_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json.encoder, "c_make_encoder", None)
    assert values._writer()([1, "a", {"t": [None]}]) == '[1,"a",{"t":[null]}]'
