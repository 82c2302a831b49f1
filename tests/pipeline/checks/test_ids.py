"""Ids are recomputed, and kept as keys with their places."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from pipeline.checks.ids import NO_KEY, Places, keys_of, renamed, texts_of
from schemas import ids
from schemas.problem import PROBLEMS
from schemas.table import to_table
from schemas.trace import TRACES
from schemas.tree import TREES
from tests.rows import a_problem_record
from tests.whole_runs import a_result

RESULT = a_result(0)


def test_keys_are_the_first_half_of_an_id() -> None:
    names = ["00000000000000ffaaaaaaaaaaaaaaaa", None, "not hex at all, yet a name", "", "0" * 32]
    keys = keys_of(pa.chunked_array([names[:2], names[2:]], pa.string()))
    assert keys[0] == 0xFF
    assert keys[1] == NO_KEY
    assert NO_KEY not in keys[[0, 2, 3, 4]]
    assert len(set(keys.tolist())) == 5


def places(*files: list[int]) -> Places:
    """Return keys by file."""
    made = Places()
    for number, keys in enumerate(files):
        made.open(f"f{number}")
        made.add(np.array(keys[:1], np.uint64))
        made.add(np.array(keys[1:], np.uint64))
    return made


def test_a_place_is_a_file_and_a_row() -> None:
    made = places([7, 8], [], [9], [10, 11])
    assert [made.where(place) for place in range(len(made))] == [
        ("f0", 0), ("f0", 1), ("f2", 0), ("f3", 0), ("f3", 1),
    ]  # fmt: skip
    assert made.keys.tolist() == [7, 8, 9, 10, 11]


def test_what_is_there_again_is_told_with_the_first() -> None:
    assert sorted(places([5, 3], [3, 9, 5], [3]).repeated()) == [(2, 1), (4, 0), (5, 1)]
    assert list(places([1, 2, 3]).repeated()) == []
    assert list(places().repeated()) == []


def test_strangers_are_keys_of_nobody() -> None:
    assert list(places([1, NO_KEY, 2], [4]).strangers(np.array([2], np.uint64))) == [0, 3]


def test_a_sample_is_drawn_by_keys_wherever_they_lie() -> None:
    keys = [int(ids.digest("key", number, size=8), 16) for number in range(300)]
    one, other = places(keys), places(keys[150:], keys[:150])
    drawn = {int(one.keys[place]) for place in one.smallest(20, 3)}
    assert len(drawn) == 20
    assert {int(other.keys[place]) for place in other.smallest(20, 3)} == drawn
    assert {int(one.keys[place]) for place in one.smallest(20, 4)} != drawn
    assert {int(one.keys[place]) for place in one.smallest(21, 3)} > drawn
    assert one.smallest(1000, 3) == list(range(300))
    assert one.smallest(0, 3) == places().smallest(5, 0) == []


def test_a_sample_does_not_favour_any_keys() -> None:
    made = places(list(range(1, 4001)))
    drawn = np.array(made.smallest(1000, 0))
    assert 400 < np.count_nonzero(drawn < 2000) < 600


def test_ids_that_are_hashes_of_what_they_name_are_right() -> None:
    assert list(renamed("traces", to_table(RESULT.traces, TRACES))) == []
    assert list(renamed("trees", to_table(RESULT.trees, TREES))) == []
    assert list(renamed("problems", to_table([RESULT.record], PROBLEMS))) == []


@pytest.mark.parametrize(
    "values",
    [{"generator": "given"}, {"generator_version": 2}, {"run_id": "x"}, {"domain": "code"}, {"problem_id": "0" * 32}],
    ids=str,
)
def test_a_trace_of_other_origin_has_another_id(values: dict[str, object]) -> None:
    first, second = RESULT.traces
    found = list(renamed("traces", to_table([first, replace(second, **values)], TRACES)))  # type: ignore[arg-type]
    assert found
    assert {place for place, _ in found} == {1}


def test_another_text_has_another_hash() -> None:
    first = RESULT.traces[0]
    other = replace(first, steps=(replace(first.steps[0], text="2 + 2 = 5\n"), *first.steps[1:]))
    assert list(renamed("traces", to_table([first, other], TRACES))) == [
        (1, "text_hash is not that of its steps' text")
    ]


def test_refused_rows_are_named_by_their_source() -> None:
    refused = a_problem_record("p1", ended="skipped", stage="source", error_type="unreadable", message="line 7")
    assert list(renamed("problems", to_table([refused], PROBLEMS))) == []
    assert list(renamed("problems", to_table([a_problem_record("p1")], PROBLEMS)))


def test_texts_of_a_slice_and_of_several_chunks() -> None:
    table = to_table(RESULT.traces, TRACES)
    texts = [[step.text for step in trace.steps] for trace in RESULT.traces]
    assert texts_of(table) == texts
    assert texts_of(table.slice(1)) == texts[1:]
    assert texts_of(pa.concat_tables([table.slice(1), table])) == [*texts[1:], *texts]
