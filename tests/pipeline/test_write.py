"""Write: shards are there whole or not at all, and hold exactly the rows that came."""

import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import manifest, write
from pipeline.code import ROOT
from pipeline.result import RESULTS, Result, records_of, traces_of
from pipeline.storage.folder import Folder, folder
from pipeline.write import write_results
from schemas.errors import StorageError
from schemas.problem import PROBLEMS, ProblemRecord
from schemas.table import from_table, to_table
from schemas.trace import TRACES, Trace
from schemas.tree import TREES, Tree
from tests.rows import a_problem_record, a_rollout, a_trace, a_tree

ROWS = [
    Result(
        record=a_problem_record("p1", n_traces=2),
        traces=(a_trace("t1", "p1"), a_trace("t2", "p1", rollouts=(a_rollout(), a_rollout(index=1, text=None)))),
    ),
    Result(record=a_problem_record("p2", ended="error", stage="generate", message="broken", n_traces=0), traces=()),
    Result(record=a_problem_record("p3"), traces=(a_trace("t3", "p3", answer=None, steps=()),)),
]
RESULT_TABLE = to_table(ROWS, RESULTS)


@pytest.fixture
def here(place: str) -> Folder:
    return folder(place) / "run=1"


def read(here: Folder, file: str) -> pa.Table:
    system, path = here.filesystem()
    return pq.ParquetFile(f"{path}/{file}", filesystem=system).read()


def test_rows_are_read_back_as_they_came(here: Folder) -> None:
    traces, problems = write_results(RESULT_TABLE, here)
    assert (traces.table, problems.table) == ("traces", "problems")
    assert (traces.rows, problems.rows) == (3, 3)
    table = read(here, traces.file)
    assert table.schema.equals(TRACES)
    assert from_table(table, Trace) == [trace for row in ROWS for trace in row.traces]
    table = read(here, problems.file)
    assert table.schema.equals(PROBLEMS)
    assert from_table(table, ProblemRecord) == [row.record for row in ROWS]


def test_trees_are_written_beside_the_traces_that_were_cut_from_them(here: Folder) -> None:
    rows = [Result(record=a_problem_record(), traces=(a_trace(tree_id="tree1"),), trees=(a_tree(),)), *ROWS[1:]]
    entries = write_results(to_table(rows, RESULTS), here)
    assert [(entry.table, entry.rows) for entry in entries] == [("traces", 2), ("trees", 1), ("problems", 3)]
    assert len({Path(entry.file).name for entry in entries}) == 1
    table = read(here, entries[1].file)
    assert table.schema.equals(TREES)
    assert from_table(table, Tree) == [a_tree()]
    manifest.open_log(here, "run").commit(entries[:1])
    assert manifest.remove_uncommitted(here, manifest.read(here)) == 2


def test_the_entries_say_what_is_in_the_files(here: Folder) -> None:
    traces, problems = write_results(RESULT_TABLE, here)
    for entry in (traces, problems):
        content = here.read(entry.file)
        assert (entry.sha256, entry.bytes) == (sha256(content).hexdigest(), len(content))
    assert (traces.problem_ids, problems.problem_ids) == ((), ("p1", "p2", "p3"))


def test_the_name_says_which_problems_whatever_their_order(tmp_path: Path) -> None:
    for name, rows in (("a", ROWS), ("b", ROWS[::-1])):
        entries = write_results(to_table(rows, RESULTS), folder(tmp_path / name))
        assert [entry.file.rpartition("-")[0] for entry in entries] == [
            "traces/28118faddba04252",
            "problems/28118faddba04252",
        ]
    other = write_results(to_table(ROWS[:2], RESULTS), folder(tmp_path / "c"))
    assert not other[0].file.startswith("traces/28118faddba04252")


def test_whoever_was_taken_for_dead_cannot_replace_what_is_committed(here: Folder) -> None:
    """It comes back and writes the same problems again, with other times in the rows."""
    first = write_results(RESULT_TABLE, here)
    manifest.open_log(here, "run").commit(first)
    later = [replace(row, record=replace(row.record, seconds=9.0)) for row in ROWS]
    again = write_results(to_table(later, RESULTS), here)
    assert not {entry.file for entry in again} & {entry.file for entry in first}
    assert all(sha256(here.read(entry.file)).hexdigest() == entry.sha256 for entry in first)
    assert manifest.remove_uncommitted(here, manifest.read(here)) == len(again)


def files(place: Path) -> list[str]:
    return sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())


def test_no_results_write_nothing(here: Folder) -> None:
    assert write_results(to_table([], RESULTS), here) == []
    assert here.names() == []


def test_problems_without_traces_write_their_records_only(here: Folder) -> None:
    (entry,) = write_results(to_table(ROWS[1:2], RESULTS), here)
    assert (entry.table, entry.rows) == ("problems", 1)
    assert here.names() == [entry.file]


@pytest.mark.parametrize(("start", "count"), [(0, 1), (1, 2), (2, 1), (1, 0)])
def test_a_slice_of_results_is_that_slice(start: int, count: int) -> None:
    part = RESULT_TABLE.slice(start, count)
    rows = ROWS[start : start + count]
    assert from_table(records_of(part), ProblemRecord) == [row.record for row in rows]
    assert from_table(traces_of(part), Trace) == [trace for row in rows for trace in row.traces]


def test_results_in_several_chunks_are_one_table() -> None:
    whole = pa.concat_tables([RESULT_TABLE.slice(0, 1), RESULT_TABLE.slice(1, 2), RESULT_TABLE.slice(0, 0)])
    assert whole.column("record").num_chunks > 1
    assert from_table(records_of(whole), ProblemRecord) == [row.record for row in ROWS]
    assert len(traces_of(whole)) == 3


def test_row_groups_are_cut_by_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    big = [a_trace(f"t{i}", steps=()) for i in range(40)]
    results = to_table([Result(record=a_problem_record(), traces=tuple(big))], RESULTS)
    monkeypatch.setattr(write, "ROW_GROUP_BYTES", traces_of(results).nbytes // 4 + 1)
    traces, _ = write_results(results, folder(tmp_path))
    assert pq.ParquetFile(tmp_path / traces.file).num_row_groups == 4


def test_a_full_disk_is_named_and_leaves_neither_file_nor_rest(tmp_path: Path) -> None:
    """A limit on the size of files stands for it."""
    script = (
        "import resource, sys\n"
        "from pipeline.storage.folder import folder\n"
        "from pipeline.write import write_results\n"
        "from schemas.errors import StorageError\n"
        "from tests.pipeline.test_write import RESULT_TABLE\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))\n"
        "try:\n"
        "    write_results(RESULT_TABLE, folder(sys.argv[1]))\n"
        "except StorageError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert f"{tmp_path}/traces/" in done.stdout and "File too large" in done.stdout, done.stderr + done.stdout
    assert files(tmp_path) == []


@pytest.mark.parametrize("place", ["file", "file/run=1"])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError) as caught:
        write_results(RESULT_TABLE, folder(tmp_path / place))
    assert f"{tmp_path / place}/traces/" in str(caught.value) and "--out" in str(caught.value)
