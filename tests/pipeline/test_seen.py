"""Sets of ids: as Python's own, in a fraction of its memory."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from pipeline.seen import FirstPlaces, IdSet
from schemas import ids

# Few different ones, with common beginnings: many repeats, many keys of one table, and the key 0.
POSSIBLE = [f"{digit}{2 * number:015x}" + "a" * 16 for digit in "0f" for number in range(300)]
NAMES = st.lists(st.sampled_from(POSSIBLE), max_size=300)


@given(NAMES)
def test_a_set_knows_what_was_added(names: list[str]) -> None:
    met, known = IdSet(), set[str]()
    for name in names:
        assert (name in met) == (name in known)
        assert met.add(name) == (name not in known)
        known.add(name)
        assert name in met and len(met) == len(known)
    assert {name for name in POSSIBLE if name in met} == known


@given(NAMES)
def test_the_first_place_stays(names: list[str]) -> None:
    places, known = FirstPlaces(), dict[str, int]()
    for place, name in enumerate(names):
        assert places.put(name, place) == known.get(name)
        known.setdefault(name, place)


def test_a_place_beyond_32_bits_is_the_last_one_there_is() -> None:
    places = FirstPlaces()
    assert places.put("ab", 2**40) is None and places.put("ab", 1) == 2**32 - 1


def test_many_ids_take_few_bytes_and_none_is_lost() -> None:
    names = [ids.digest("seen", number) for number in range(6_000)]
    tracemalloc.start()
    try:
        met, places = IdSet(), FirstPlaces()
        before = tracemalloc.get_traced_memory()[0]
        assert all(met.add(name) for name in names)
        alone = (tracemalloc.get_traced_memory()[0] - before) / len(names)
        assert all(places.put(name, number) is None for number, name in enumerate(names))
        grown, peak = (value - before for value in tracemalloc.get_traced_memory())
    finally:
        tracemalloc.stop()
    assert alone < 15 and grown / len(names) - alone < 21
    assert peak < 1.1 * grown, "growing needs room for little more than what it ends with"
    assert len(met) == len(names) and all(name in met for name in names)
    assert [places.put(name, 0) for name in names] == list(range(len(names)))
