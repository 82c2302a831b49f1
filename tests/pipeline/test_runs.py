"""The runs in a folder: what is found, and what is refused by name."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import manifest
from pipeline.query import catalog
from pipeline.storage import folder as storage
from schemas.errors import StorageError
from schemas.table import SCHEMA_VERSION
from tests.rows import RUN_ID, a_trace, write_run
from tests.s3_server import uploaded


def ask(out: Path, sql: str) -> list[tuple[object, ...]]:
    with catalog(out) as connection:
        rows: list[tuple[object, ...]] = connection.execute(sql).fetchall()
        return rows


def test_no_run_names_the_remedy(tmp_path: Path) -> None:
    for out in (tmp_path, tmp_path / "absent"):
        with pytest.raises(StorageError, match=r"no runs here.*make shards"):
            catalog(out)


def test_the_folder_of_one_run_names_its_parent(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    with pytest.raises(StorageError, match="pass the folder it lies in"):
        catalog(folder)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", r"manifest\.json: damaged"),
        ("[]", r"manifest\.json: damaged"),
        (
            '{"schema_version": 99, "run_id": "a", "shards": []}',
            f"schema version 99, this code reads 1 to {SCHEMA_VERSION}",
        ),
        ('{"schema_version": "1", "run_id": "a", "shards": []}', r"manifest\.json: damaged"),
        ('{"schema_version": 1, "shards": []}', r"manifest\.json: damaged \('run_id'"),
        ('{"schema_version": 1, "run_id": "a"}', r"manifest\.json: damaged \('shards'"),
        ('{"schema_version": 1, "run_id": "a", "shards": [7]}', r"manifest\.json: damaged"),
    ],
)
def test_a_damaged_manifest_is_named(tmp_path: Path, content: str, says: str) -> None:
    folder = write_run(tmp_path)
    (folder / "manifest.json").write_text(content)
    with pytest.raises(StorageError, match=says):
        catalog(tmp_path)


def test_a_missing_or_torn_shard_is_named(tmp_path: Path) -> None:
    shard = write_run(tmp_path, [a_trace()]) / "traces" / "part-00000.parquet"
    shard.write_bytes(shard.read_bytes()[:100])
    with pytest.raises(StorageError, match=r"part-00000\.parquet"):
        catalog(tmp_path)
    shard.unlink()
    with pytest.raises(StorageError, match=r"lists traces/part-00000\.parquet, which is not there"):
        catalog(tmp_path)


def test_errors_on_a_store_name_it(s3: str, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=f"{s3}: no runs here"):
        catalog(s3)
    write_run(tmp_path, [a_trace()])
    with pytest.raises(StorageError, match=rf"pass the folder it lies in, {s3}$"):
        catalog(f"{uploaded(tmp_path, s3)}/run={RUN_ID}")
    storage.folder(s3).remove([f"run={RUN_ID}/traces/part-00000.parquet"])
    with pytest.raises(StorageError, match=r"lists traces/part-00000\.parquet, which is not there"):
        catalog(s3)


def test_a_run_that_is_going_on_is_read_with_its_segments(tmp_path: Path) -> None:
    folder = write_run(tmp_path, [a_trace("t1")])
    entries = manifest.read(storage.folder(folder))
    (folder / "manifest.json").unlink()
    (folder / "traces" / "later.parquet").write_bytes((folder / entries[0].file).read_bytes())
    log = manifest.open_log(storage.folder(folder), RUN_ID)
    log.commit(entries)
    log.commit([replace(entries[0], file="traces/later.parquet")])
    assert ask(tmp_path, "SELECT count(*) FROM traces") == [(2,)]
    assert ask(tmp_path, "SELECT n_traces, n_shards FROM runs") == [(2, 2)]


def test_a_run_without_run_json_is_still_read(tmp_path: Path) -> None:
    folder = write_run(tmp_path, [a_trace()])
    (folder / "run.json").unlink()
    assert ask(tmp_path, "SELECT run_id, n_traces, created_at FROM runs") == [(RUN_ID, 1, None)]


def test_many_small_files_are_one_table(tmp_path: Path) -> None:
    folder = write_run(tmp_path, [a_trace()])
    (entry,) = manifest.read(storage.folder(folder))
    names = [f"traces/{number}.parquet" for number in range(400)]
    for name in names:
        os.link(folder / entry.file, folder / name)
    manifest.rewrite(storage.folder(folder), [replace(entry, file=name) for name in names])
    assert ask(tmp_path, "SELECT count(*), sum(n_rollouts) FROM steps") == [(800, 1600)]
