"""Write: shards are there whole or not at all, and hold exactly the rows that came."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import manifest, write
from pipeline.code import ROOT
from pipeline.result import RESULTS, Result, records_of, traces_of
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


def test_rows_are_read_back_as_they_came(tmp_path: Path) -> None:
    traces, problems = write_results(RESULT_TABLE, tmp_path)
    assert (traces.table, problems.table) == ("traces", "problems")
    assert (traces.rows, problems.rows) == (3, 3)
    table = pq.read_table(tmp_path / traces.file)
    assert table.schema.equals(TRACES)
    assert from_table(table, Trace) == [trace for row in ROWS for trace in row.traces]
    table = pq.read_table(tmp_path / problems.file)
    assert table.schema.equals(PROBLEMS)
    assert from_table(table, ProblemRecord) == [row.record for row in ROWS]


def test_trees_are_written_beside_the_traces_that_were_cut_from_them(tmp_path: Path) -> None:
    rows = [Result(record=a_problem_record(), traces=(a_trace(tree_id="tree1"),), trees=(a_tree(),)), *ROWS[1:]]
    entries = write_results(to_table(rows, RESULTS), tmp_path)
    assert [(entry.table, entry.rows) for entry in entries] == [("traces", 2), ("trees", 1), ("problems", 3)]
    assert len({Path(entry.file).name for entry in entries}) == 1
    table = pq.read_table(tmp_path / entries[1].file)
    assert table.schema.equals(TREES)
    assert from_table(table, Tree) == [a_tree()]
    manifest.commit(tmp_path, "run", entries[:1])
    assert manifest.remove_uncommitted(tmp_path, manifest.read(tmp_path)) == 2


def test_the_entries_say_what_is_in_the_files(tmp_path: Path) -> None:
    for entry in write_results(RESULT_TABLE, tmp_path):
        content = (tmp_path / entry.file).read_bytes()
        assert (entry.sha256, entry.bytes) == (sha256(content).hexdigest(), len(content))
        assert entry.problem_ids == ("p1", "p2", "p3")


def test_the_name_comes_from_the_problems_whatever_their_order(tmp_path: Path) -> None:
    name = "28118faddba04252.parquet"
    for folder, rows in (("a", ROWS), ("b", ROWS[::-1])):
        entries = write_results(to_table(rows, RESULTS), tmp_path / folder)
        assert [entry.file for entry in entries] == [f"traces/{name}", f"problems/{name}"]
    other = write_results(to_table(ROWS[:2], RESULTS), tmp_path / "c")
    assert other[0].file != f"traces/{name}"


def test_the_same_work_twice_replaces_the_files(tmp_path: Path) -> None:
    first, again = write_results(RESULT_TABLE, tmp_path), write_results(RESULT_TABLE, tmp_path)
    assert first == again
    assert len(files(tmp_path)) == 2


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_no_results_write_nothing(tmp_path: Path) -> None:
    assert write_results(to_table([], RESULTS), tmp_path) == []
    assert files(tmp_path) == []


def test_problems_without_traces_write_their_records_only(tmp_path: Path) -> None:
    (entry,) = write_results(to_table(ROWS[1:2], RESULTS), tmp_path)
    assert (entry.table, entry.rows) == ("problems", 1)
    assert files(tmp_path) == [entry.file]


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
    traces, _ = write_results(results, tmp_path)
    assert pq.ParquetFile(tmp_path / traces.file).num_row_groups == 4


def test_a_full_disk_is_named_and_leaves_neither_file_nor_rest(tmp_path: Path) -> None:
    """A limit on the size of files stands for it."""
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from pipeline.write import write_results\n"
        "from schemas.errors import StorageError\n"
        "from tests.pipeline.test_write import RESULT_TABLE\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))\n"
        "try:\n"
        "    write_results(RESULT_TABLE, Path(sys.argv[1]))\n"
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
        write_results(RESULT_TABLE, tmp_path / place)
    assert f"{tmp_path / place}/traces/" in str(caught.value) and "--out" in str(caught.value)
