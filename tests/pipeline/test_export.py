"""Exports: what ends up in the folder, whole or not at all."""

import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.export import COMPLETE
from pipeline.export import Export as Exported
from pipeline.export import export as export_to
from pipeline.storage.folder import folder
from schemas.errors import StorageError
from tests.rows import a_trace, write_run

SELECT = "SELECT trace_id FROM traces ORDER BY trace_id"


def export(shards: Path, select: str, out: Path | str, *, force: bool = False) -> Exported:
    return export_to(folder(shards), select, folder(out), force=force)


def ids(place: Path | str) -> list[object]:
    system, path = folder(place).filesystem()
    parts = [f"{path}/{name}" for name in folder(place).names() if not name.startswith("_")]
    return [id_ for part in parts for id_ in pq.read_table(part, filesystem=system)["trace_id"].to_pylist()]


def test_writes_the_selected_rows_and_nothing_else(tmp_path: Path) -> None:
    write_run(tmp_path / "shards", [a_trace("t2"), a_trace("t1")])
    done = export(tmp_path / "shards", SELECT, tmp_path / "out" / "it's")
    assert (done.rows, done.folder.local) == (2, tmp_path / "out" / "it's")
    assert list(done.files) == sorted(os.listdir(tmp_path / "out" / "it's"))
    assert ids(tmp_path / "out" / "it's") == ["t1", "t2"]
    assert os.listdir(tmp_path / "out") == ["it's"]


def test_a_comment_at_the_end_of_the_select_is_harmless(tmp_path: Path) -> None:
    write_run(tmp_path / "shards", [a_trace()])
    assert export(tmp_path / "shards", f"-- first\n{SELECT} -- last", tmp_path / "out").rows == 1


def test_an_export_that_is_there_is_replaced_only_by_force(tmp_path: Path) -> None:
    write_run(tmp_path / "shards", [a_trace("t1")])
    out = tmp_path / "out"
    export(tmp_path / "shards", SELECT, out)
    write_run(tmp_path / "shards", [a_trace("t9")])
    with pytest.raises(StorageError, match="--force"):
        export(tmp_path / "shards", SELECT, out)
    assert ids(out) == ["t1"]
    export(tmp_path / "shards", SELECT, out, force=True)
    assert ids(out) == ["t9"]
    assert sorted(os.listdir(tmp_path)) == ["out", "shards"]


def test_an_empty_folder_is_not_in_the_way_but_a_file_is(tmp_path: Path) -> None:
    write_run(tmp_path / "shards", [a_trace()])
    (tmp_path / "empty").mkdir()
    assert export(tmp_path / "shards", SELECT, tmp_path / "empty").rows == 1
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StorageError, match="a file is in the way"):
        export(tmp_path / "shards", SELECT, tmp_path / "file", force=True)


@pytest.mark.parametrize(
    ("select", "says"),
    [("SELECT nope FROM traces", "nope"), (f"SELECT * FROM ({SELECT}) LIMIT 0", "no trace qualifies")],
)
def test_a_failed_export_leaves_what_was_there(tmp_path: Path, select: str, says: str) -> None:
    write_run(tmp_path / "shards", [a_trace()])
    export(tmp_path / "shards", SELECT, tmp_path / "out")
    with pytest.raises(StorageError, match=says):
        export(tmp_path / "shards", select, tmp_path / "out", force=True)
    assert ids(tmp_path / "out") == ["t1"]
    assert sorted(os.listdir(tmp_path)) == ["out", "shards"]


def test_without_runs_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="make shards"):
        export(tmp_path, SELECT, tmp_path / "out" / "deep")
    assert os.listdir(tmp_path) == []


def test_an_export_goes_to_a_store_and_its_mark_comes_last(tmp_path: Path, s3: str) -> None:
    write_run(tmp_path / "shards", [a_trace("t1"), a_trace("t2")])
    done = export(tmp_path / "shards", SELECT, f"{s3}/out")
    assert folder(f"{s3}/out").names() == [COMPLETE, *done.files]
    assert ids(f"{s3}/out") == ["t1", "t2"]
    with pytest.raises(StorageError, match="--force"):
        export(tmp_path / "shards", SELECT, f"{s3}/out")
    folder(f"{s3}/out").write("part-9.parquet", b"of a larger export before")
    write_run(tmp_path / "shards", [a_trace("t9")])
    export(tmp_path / "shards", SELECT, f"{s3}/out", force=True)
    assert ids(f"{s3}/out") == ["t9"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    write_run(tmp_path / "shards", [a_trace()])
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StorageError, match="file/out: .*--out"):
        export(tmp_path / "shards", SELECT, tmp_path / "file" / "out")
