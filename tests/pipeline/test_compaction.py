"""Compacted runs hold the same rows in the same order; whatever kills it, nothing is lost and the next call goes on."""

import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from pipeline import compaction, manifest
from pipeline.compaction import compact, expected, groups
from pipeline.manifest import TABLES, ShardEntry
from pipeline.query import catalog
from pipeline.result import RESULTS
from pipeline.storage.folder import Folder, folder
from pipeline.write import write_results
from schemas.errors import StorageError
from schemas.table import to_table
from tests.pipeline.checks.test_run import checked
from tests.rows import RUN_ID
from tests.whole_runs import a_result, commit, numbers, rehash, write_whole_run

LARGE = 2**30


def said(_: str) -> None:
    """Take what is said."""


def rows_of(run: Folder) -> dict[str, list[dict[str, Any]]]:
    """Return every row in the manifest's order."""
    system, base = run.filesystem()
    found: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
    for entry in manifest.read(run):
        with system.open_input_file(f"{base}/{entry.file}") as stream:
            found[entry.table] += pq.ParquetFile(stream).read().to_pylist()
    return found


def problems_of(run: Folder) -> list[str]:
    """Return the problems that are done, as the flow sees them."""
    return [one for entry in manifest.read(run) if entry.table == "problems" for one in entry.problem_ids]


@pytest.fixture
def run(tmp_path: Path) -> Folder:
    return write_whole_run(tmp_path, numbers(7, 1))


def test_rows_order_schema_and_values_stay(run: Folder, tmp_path: Path) -> None:
    query = "SELECT s.*, t.cost FROM steps s JOIN traces t USING (trace_id) ORDER BY ALL"
    before, problems = rows_of(run), problems_of(run)
    schemas = [pq.read_schema(run.local / entry.file) for entry in manifest.read(run) if entry.table == "traces"]  # type: ignore[operator]
    with catalog(tmp_path) as connection:
        answers = connection.execute(query).fetchall()
    done = compact(run, LARGE, said)
    assert (done.before, done.after, done.removed, done.damaged) == (21, 3, 0, ())
    assert rows_of(run) == before
    assert problems_of(run) == problems
    entries = {entry.table: entry for entry in manifest.read(run)}
    assert pq.read_schema(run.local / entries["traces"].file).equals(schemas[0], check_metadata=True)  # type: ignore[operator]
    assert [entry.rows for entry in entries.values()] == [14, 7, 7]
    with catalog(tmp_path) as connection:
        assert connection.execute(query).fetchall() == answers
    assert checked(run)[0] == []


def test_a_run_on_an_object_store(s3: str) -> None:
    run = write_whole_run(s3, numbers(3, 1))
    before = rows_of(run)
    assert checked(run)[0] == []
    assert compact(run, LARGE, said).after == 3
    assert rows_of(run) == before
    found, seen = checked(run)
    assert (found, seen.files) == ([], 3)
    (run / "traces").write("stray.parquet", b"x")
    assert [finding.file.rpartition("/")[2] for finding in checked(run)[0]] == ["stray.parquet"]
    assert compact(run, LARGE, said).removed == 1


def test_a_second_call_changes_nothing(run: Folder) -> None:
    compact(run, LARGE, said)
    before = (manifest.read(run), run.names())
    done = compact(run, LARGE, said)
    assert (done.before, done.after) == (3, 3)
    assert (manifest.read(run), run.names()) == before


def test_a_compacted_run_goes_on_and_is_compacted_again(run: Folder) -> None:
    compact(run, LARGE, said)
    commit(run, [a_result(number) for number in (20, 21)])
    assert len(problems_of(run)) == 9
    before = rows_of(run)
    assert compact(run, LARGE, said).after == 3
    assert rows_of(run) == before
    assert checked(run)[0] == []


def test_segments_that_are_not_folded_in_count(run: Folder) -> None:
    with run.locked():
        log = manifest.open_log(run, RUN_ID)
        log.commit(write_results(to_table([a_result(30)], RESULTS), run))  # and no close: it was killed
    before = rows_of(run)
    assert len(before["problems"]) == 8
    compact(run, LARGE, said)
    assert rows_of(run) == before
    assert not run.names("manifest")


def entries_of(*sizes: int, table: str = "traces") -> list[ShardEntry]:
    """Return entries of some sizes."""
    return [
        ShardEntry(table=table, file=f"{table}/{place}.parquet", sha256="", rows=1, bytes=size, problem_ids=())
        for place, size in enumerate(sizes)
    ]


@pytest.mark.parametrize(
    ("sizes", "footer", "merged"),
    [
        ((10, 10, 10), 0, [[10, 10, 10]]),
        ((60, 60, 30, 10, 90, 20), 0, [[60, 30, 10]]),
        ((200, 10, 10, 200, 10, 10), 0, [[10, 10], [10, 10]]),
        ((200, 200, 10), 0, []),
        ((100,), 0, []),
        ((), 0, []),
        ((60, 60, 60), 40, [[60, 60, 60]]),
    ],
)
def test_neighbours_are_merged_up_to_the_target(sizes: tuple[int, ...], footer: int, merged: list[list[int]]) -> None:
    found = groups(entries_of(*sizes), 100, {"traces": footer})
    assert [[entry.bytes for entry in group] for group in found] == merged


def test_tables_are_merged_apart() -> None:
    mixed = [one for pair in zip(entries_of(1, 1), entries_of(1, 1, table="trees"), strict=True) for one in pair]
    assert [{entry.table for entry in group} for group in groups(mixed, 100)] == [{"traces"}, {"trees"}]


def test_a_small_target_leaves_several_files(run: Folder) -> None:
    size = max(entry.bytes for entry in manifest.read(run))
    before = rows_of(run)
    plan = expected(run, size)
    done = compact(run, size, said)
    assert 3 < done.after < 21
    assert (plan.before, plan.after) == (21, done.after)
    assert rows_of(run) == before


def test_row_groups_are_cut_by_bytes(run: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run.local is not None
    before = rows_of(run)
    each = pq.ParquetFile(run.local / manifest.read(run)[0].file).read().nbytes
    monkeypatch.setattr(compaction, "ROW_GROUP_BYTES", 3 * each)
    compact(run, LARGE, said)
    traces = next(entry for entry in manifest.read(run) if entry.table == "traces")
    file = pq.ParquetFile(run.local / traces.file).metadata
    assert [file.row_group(place).num_rows for place in range(file.num_row_groups)] == [6, 6, 2]
    assert rows_of(run) == before


def test_a_damaged_file_stays_and_is_told(run: Folder) -> None:
    assert run.local is not None
    traces = [entry.file for entry in manifest.read(run) if entry.table == "traces"]
    path = run.local / traces[3]
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    (run.local / traces[5]).unlink()
    done = compact(run, LARGE, said)
    assert [line.partition(":")[0] for line in done.damaged] == [traces[3], traces[5]]
    kept = [entry for entry in manifest.read(run) if entry.table == "traces"]
    assert [entry.rows for entry in kept] == [6, 2, 2, 2, 2]
    assert path.read_bytes() == content
    assert {finding.file for finding in checked(run)[0]} == {f"run={RUN_ID}/{traces[3]}", f"run={RUN_ID}/{traces[5]}"}


def test_files_of_different_schemas_stay_apart(run: Folder) -> None:
    assert run.local is not None
    for entry in [entry for entry in manifest.read(run) if entry.table == "traces"][:3]:
        table = pq.ParquetFile(run.local / entry.file).read().drop_columns(["duplicate_of"])
        old = table.schema.metadata | {b"stepmill.schema_version": b"4"}
        pq.write_table(table.replace_schema_metadata(old), run.local / entry.file)
    rehash(run)
    before = rows_of(run)
    compact(run, LARGE, said)
    assert [entry.rows for entry in manifest.read(run) if entry.table == "traces"] == [6, 8]
    assert rows_of(run) == before
    assert checked(run)[0] == []


def test_a_run_that_is_being_written_is_left_alone(run: Folder) -> None:
    before = run.names()
    with run.locked(), pytest.raises(StorageError, match="another process"):
        compact(run, LARGE, said)
    assert set(before) <= set(run.names())


def test_what_a_killed_call_left_is_removed(run: Folder) -> None:
    (run / "traces").write("lost.parquet", b"x")
    (run / "problems").write("half.parquet.0.tmp", b"x")
    assert compact(run, LARGE, said).removed == 2
    assert checked(run)[0] == []


class Killed(BaseException):
    """A kill -9 between two operations."""


def killed_after(monkeypatch: pytest.MonkeyPatch, allowed: int) -> Counter[str]:
    """Let so many operations on folders through; each is counted. A file that is being written then is not there."""
    done: Counter[str] = Counter()

    def counted(name: str, operation: Callable[..., Any]) -> Callable[..., Any]:
        def limited(self: Folder, *args: Any) -> Any:
            if done.total() >= allowed:
                raise Killed
            done[name] += 1
            return operation(self, *args)

        return limited

    whole = Folder.whole

    @contextmanager
    def half(self: Folder, name: str) -> Any:
        if done.total() >= allowed:
            raise Killed
        with whole(self, name) as path:
            yield path
            done["filled"] += 1
            if done.total() >= allowed:
                raise Killed
        done["whole"] += 1

    def one_by_one(self: Folder, names: Any) -> None:
        for name in sorted(names):
            counted("remove", remove)(self, [name])

    remove = Folder.remove
    monkeypatch.setattr(Folder, "whole", half)
    monkeypatch.setattr(Folder, "remove", one_by_one)
    return done


def test_killed_again_and_again_it_ends_with_every_row(tmp_path: Path) -> None:
    """Each call comes one operation further than the one before."""
    run = write_whole_run(tmp_path, numbers(4, 1))
    before, problems = rows_of(run), problems_of(run)
    for allowed in range(60):
        with pytest.MonkeyPatch.context() as patch:
            killed_after(patch, allowed)
            try:
                compact(run, LARGE, said)
            except Killed:
                assert rows_of(run) == before
                assert problems_of(run) == problems
            else:
                break
    assert allowed > 8
    assert (len(manifest.read(run)), rows_of(run)) == (3, before)
    assert checked(run)[0] == []


def test_killed_at_any_place_it_leaves_a_whole_run(tmp_path: Path) -> None:
    """Every kill hits a run that nobody has touched; one call after it ends the work."""
    fresh = write_whole_run(tmp_path, numbers(2, 1))
    before = rows_of(fresh)
    ended, allowed = False, 0
    while not ended:
        run = folder(shutil.copytree(fresh.url, tmp_path / str(allowed)))
        with pytest.MonkeyPatch.context() as patch:
            killed_after(patch, allowed)
            try:
                compact(run, LARGE, said)
                ended = True
            except Killed:
                assert rows_of(run) == before
        compact(run, LARGE, said)
        assert (len(manifest.read(run)), rows_of(run)) == (3, before)
        shards = {name for table in TABLES for name in run.names(table)}
        assert shards == {entry.file for entry in manifest.read(run)}
        allowed += 1
    assert allowed > 12


def test_rows_are_the_same_to_duckdb(run: Folder) -> None:
    def hashed() -> object:
        files = [f"{run.url}/{entry.file}" for entry in manifest.read(run) if entry.table == "traces"]
        with duckdb.connect() as connection:
            query = f"SELECT list(hash(t) ORDER BY trace_id), count(*) FROM read_parquet({files}) t"
            return connection.execute(query).fetchall()

    before = hashed()
    compact(run, LARGE, said)
    assert hashed() == before


def test_no_more_than_a_row_group_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = write_whole_run(tmp_path, numbers(30, 3))
    held: list[int] = []
    tables = compaction._row_groups

    def counted(*args: Any) -> Any:
        for rows in tables(*args):
            held.append(rows.nbytes)
            yield rows

    monkeypatch.setattr(compaction, "_row_groups", counted)
    monkeypatch.setattr(compaction, "ROW_GROUP_BYTES", 20_000)
    compact(run, LARGE, said)
    assert len(held) > 3
    assert max(held) <= 20_000
