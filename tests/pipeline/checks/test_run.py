"""Runs that are as they should be have no findings; whatever is spoilt in one is found, and nothing else with it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline import manifest
from pipeline.checks import run as run_checks
from pipeline.checks.ids import Places
from pipeline.checks.shard import Finding, Run, Seen
from pipeline.storage.folder import Folder, folder
from schemas import ids
from schemas.errors import StorageError
from schemas.table import SCHEMA_VERSION
from tests.rows import RUN_ID
from tests.whole_runs import GENERATOR, a_result, numbers, rehash, spoil, write_whole_run

OTHER = "fedcba9876543210"


def checked(*runs: Folder) -> tuple[list[Finding], Seen]:
    """Return what is wrong with some runs, and what was looked at."""
    found: list[Finding] = []
    seen, traces = Seen(), Places()
    done: list[Run] = [run_checks.check_run(run, traces, seen, found.append, lambda _: None) for run in runs]
    found += run_checks.repeated(traces, done)
    return found, seen


def path_of(run: Folder, table: str, place: int = 0) -> Path:
    """Return the file of a table's shard."""
    assert run.local is not None
    return run.local / [entry.file for entry in manifest.read(run) if entry.table == table][place]


@pytest.fixture
def run(tmp_path: Path) -> Folder:
    return write_whole_run(tmp_path, numbers(5, 2))


def test_a_whole_run_has_no_findings(run: Folder) -> None:
    found, seen = checked(run)
    assert found == []
    assert (seen.runs, seen.files, dict(seen.rows)) == (1, 9, {"problems": 5, "traces": 10, "trees": 5})
    assert seen.notes == []


def test_a_run_of_an_older_schema_is_read_too(run: Folder) -> None:
    path = path_of(run, "traces")
    table = pq.ParquetFile(path).read().drop_columns(["duplicate_of"])
    old = table.replace_schema_metadata(table.schema.metadata | {b"stepmill.schema_version": b"4"})
    pq.write_table(old, path)
    rehash(run)
    assert checked(run)[0] == []


def flip(path: Path) -> None:
    """Change one bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    """Lose the second half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (flip, "sha256"),
        (cut, "the manifest says"),
        (Path.unlink, "it is not there"),
        (lambda p: p.write_bytes(b""), "0 bytes"),
    ],
    ids=["flipped", "truncated", "deleted", "emptied"],
)
@pytest.mark.parametrize("table", ["problems", "traces", "trees"])
def test_a_damaged_file_is_found_and_no_row_of_another_is_blamed(
    run: Folder, table: str, harm: Callable[[Path], None], said: str
) -> None:
    path = path_of(run, table, 1)
    harm(path)
    found, seen = checked(run)
    name = f"run={RUN_ID}/{table}/{path.name}"
    assert {finding.file for finding in found} == {name}
    assert any(said in finding.what for finding in found)
    assert seen.files >= 8


def test_a_file_that_nobody_names_is_found(run: Folder) -> None:
    (run / "traces").write("stray.parquet", path_of(run, "traces").read_bytes())
    run.write("notes.txt", b"mine")
    files = [(finding.kind, finding.file.rpartition("/")[2]) for finding in checked(run)[0]]
    assert files == [("file", "notes.txt"), ("file", "stray.parquet")]


def test_what_a_run_in_progress_has_not_committed_is_no_finding(run: Folder) -> None:
    (run / "traces").write("stray.parquet", path_of(run, "traces").read_bytes())
    run.write("run.json", json.dumps({"run_id": RUN_ID, "state": "running"}).encode())
    found, seen = checked(run)
    assert found == []
    assert "not committed" in seen.notes[0]


def test_a_shard_that_is_another_file_is_found(run: Folder) -> None:
    shutil.copy(path_of(run, "problems", 0), path_of(run, "problems", 1))
    rehash(run)
    whats = [finding.what for finding in checked(run)[0]]
    assert any("the problems that the manifest names" in what for what in whats)
    assert any("problem_id of" in what and "again" in what for what in whats)
    assert any("no row in problems" in what for what in whats)


def test_a_shard_of_another_table_or_schema_is_found(run: Folder) -> None:
    shutil.copy(path_of(run, "problems"), path_of(run, "traces"))
    rehash(run)
    (finding, *_) = [one for one in checked(run)[0] if one.kind == "schema"]
    assert "holds problems" in finding.what


def test_a_shard_of_a_newer_schema_is_found(run: Folder) -> None:
    path = path_of(run, "trees")
    table = pq.ParquetFile(path).read()
    newer = str(SCHEMA_VERSION + 1).encode()
    pq.write_table(table.replace_schema_metadata(table.schema.metadata | {b"stepmill.schema_version": newer}), path)
    rehash(run)
    assert [finding.kind for finding in checked(run)[0]] == ["schema"]


@pytest.mark.parametrize(
    ("table", "row", "values", "kind", "said"),
    [
        ("traces", 1, {"trace_id": "0" * 32}, "id", "is not that of sample 1"),
        ("traces", 0, {"sample_index": 7}, "id", "is not that of sample 7"),
        ("traces", 0, {"text_hash": "0" * 32}, "id", "text_hash"),
        ("traces", 1, {"run_id": OTHER}, "row", "another run's"),
        ("traces", 0, {"outcome": "rejected"}, "row", "does not count as rejected"),
        ("traces", 1, {"parent_trace_id": "0" * 32}, "link", "parent_trace_id names no row of traces"),
        ("traces", 0, {"tree_id": "0" * 32}, "link", "tree_id names no row of trees"),
        ("traces", 1, {"duplicate_of": "0" * 32}, "link", "duplicate_of names no row"),
        ("trees", 0, {"tree_index": 3}, "id", "tree_id"),
        ("problems", 0, {"statement": "What is 2 + 2?"}, "id", "statement and reference"),
        ("problems", 1, {"n_traces": 3}, "link", "n_traces says 3, and 2 are there"),
        ("problems", 0, {"ended": "error"}, "row", "does not say why"),
    ],
)  # fmt: skip
def test_a_row_that_was_changed_is_found_at_its_place(
    run: Folder, table: str, row: int, values: dict[str, object], kind: str, said: str
) -> None:
    file = spoil(run, table, row, **values)
    found = checked(run)[0]
    assert (kind, f"run={RUN_ID}/{file}", row) in [(one.kind, one.file, one.row) for one in found if said in one.what]


def test_links_to_rows_of_another_problem_are_found(run: Folder) -> None:
    other = a_result(1)
    spoil(run, "traces", 1, parent_trace_id=other.traces[0].trace_id, tree_id=other.trees[0].tree_id)
    whats = [finding.what for finding in checked(run)[0]]
    assert whats == ["its parent_trace_id names a row of another problem", "its tree_id names a row of another problem"]


def test_a_duplicate_of_what_is_no_more_kept_is_found(run: Folder) -> None:
    first, second = a_result(0).traces
    spoil(run, "traces", 0, duplicate_of=second.trace_id)
    spoil(run, "traces", 1, duplicate_of=first.trace_id)
    assert [finding.row for finding in checked(run)[0] if "no more kept" in finding.what] == [0, 1]


def test_a_row_that_is_there_twice_is_found(run: Folder) -> None:
    path = path_of(run, "traces")
    rows = pq.ParquetFile(path).read()
    pq.write_table(rows.take([0, 1, 2, 3, 1]), path)
    rehash(run)
    found = checked(run)[0]
    again = [finding for finding in found if "again" in finding.what]
    assert [(finding.kind, finding.row) for finding in again] == [("id", 4)]
    assert f"{path.name} row 1" in again[0].what
    assert any("n_traces says 2, and 3 are there" in finding.what for finding in found)


def test_a_row_under_another_trace_id_is_found(run: Folder) -> None:
    result = a_result(0)
    copied = replace(result.traces[1], trace_id=ids.trace_id(RUN_ID, result.record.problem_id, GENERATOR, 1, 9))
    path = path_of(run, "traces")
    rows = pq.ParquetFile(path).read().to_pylist()
    table = pq.ParquetFile(path).read()
    pq.write_table(table.from_pylist([*rows, rows[1] | {"trace_id": copied.trace_id}], schema=table.schema), path)
    rehash(run)
    found = [(finding.file.split("/")[1], finding.row, finding.kind) for finding in checked(run)[0]]
    assert found == [("traces", 4, "id"), ("problems", 0, "link")]


def test_a_shard_of_another_run_is_found_and_its_ids_in_both(tmp_path: Path) -> None:
    one = write_whole_run(tmp_path, numbers(2, 2))
    two = write_whole_run(tmp_path, numbers(4, 2, OTHER), run_id=OTHER)
    for table in ("traces", "trees"):
        shutil.copy(path_of(one, table), path_of(two, table))
    rehash(two)
    found = checked(one, two)[0]
    rows = [finding for finding in found if "in another run" in finding.what]
    assert {finding.file.partition("/")[0] for finding in rows} == {f"run={OTHER}"}
    assert len(rows) == 4
    assert any("is another run's" in finding.what for finding in found)


def test_a_manifest_of_another_run_or_none_or_torn_is_found(run: Folder) -> None:
    content = json.loads(run.read("manifest.json"))
    run.write("manifest.json", json.dumps(content | {"run_id": OTHER}).encode())
    assert f"the run {OTHER}" in checked(run)[0][0].what
    run.write("manifest.json", json.dumps(content | {"schema_version": SCHEMA_VERSION + 1}).encode())
    assert "this code reads 1 to" in checked(run)[0][0].what
    run.write("manifest.json", b"{torn")
    assert [finding.kind for finding in checked(run)[0]] == ["manifest"]
    run.remove(["manifest.json"])
    assert "nothing here is committed" in checked(run)[0][0].what


@pytest.mark.parametrize("values", [{"rows": "2"}, {"problem_ids": [1]}, {"file": "../x"}, {"table": "chairs"}])
def test_an_entry_that_is_none_is_found(run: Folder, values: dict[str, object]) -> None:
    content = json.loads(run.read("manifest.json"))
    content["shards"][0] |= values
    run.write("manifest.json", json.dumps(content).encode())
    assert checked(run)[0][0].kind == "manifest"


def test_a_record_that_is_torn_or_anothers_is_found(run: Folder) -> None:
    run.write("run.json", b"{")
    assert "torn" in checked(run)[0][0].what
    run.write("run.json", b'{"run_id": "x"}')
    assert "the run x" in checked(run)[0][0].what


def test_runs_are_found_in_their_folder_and_one_by_itself(run: Folder, tmp_path: Path) -> None:
    assert run_checks.runs_in(folder(tmp_path)) == [run]
    assert run_checks.runs_in(run) == [run]
    with pytest.raises(StorageError, match="no runs here"):
        run_checks.runs_in(folder(tmp_path / "elsewhere"))


def test_a_run_may_lie_under_another_name(run: Folder, tmp_path: Path) -> None:
    shutil.copytree(run.url, tmp_path / "moved")
    assert checked(*run_checks.runs_in(folder(tmp_path / "moved")))[0] == []


def test_prompts_are_those_of_the_record(run: Folder) -> None:
    policy = {"family": {"template": "<{prompt}>"}, "prompts": {"solve": "{problem}?"}}
    known = run_checks.prompts_of({"fingerprint_of": {"policies": [policy], "completer": None}})
    assert known == {ids.text_hash("<{problem}?>"), ids.text_hash("{problem}")}
    for said in (None, 3, {}, {"policies": 3}, {"policies": [{"family": 1}]}):
        assert run_checks.prompts_of({"fingerprint_of": said}) == frozenset()
    record = json.loads(run.read("run.json")) | {"fingerprint_of": {"policies": [policy]}}
    run.write("run.json", json.dumps(record).encode())
    found = checked(run)[0]
    assert {finding.what for finding in found} == {
        "its prompt is none of those in run.json", "its completer's prompt is none of those in run.json",
    }  # fmt: skip
