"""The manifest: the one list of what is committed, replaced whole, owned by one process."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import manifest
from pipeline.code import ROOT
from pipeline.manifest import MANIFEST, ShardEntry
from schemas.errors import StorageError
from schemas.table import SCHEMA_VERSION

ENTRY = ShardEntry(
    table="traces", file="traces/a.parquet", sha256="0" * 64, rows=3, bytes=1000, problem_ids=("p1", "p2")
)
OTHER = replace(ENTRY, table="problems", file="problems/a.parquet", rows=2)


def test_what_is_committed_is_read_back(tmp_path: Path) -> None:
    assert manifest.read(tmp_path) == []
    manifest.commit(tmp_path, "r1", [ENTRY, OTHER])
    assert manifest.read(tmp_path) == [ENTRY, OTHER]
    assert manifest.read(tmp_path / "none") == []


def test_the_file_says_which_run_and_schema_it_is_of(tmp_path: Path) -> None:
    manifest.commit(tmp_path, "r1", [ENTRY])
    raw = json.loads((tmp_path / MANIFEST).read_text())
    assert (raw["schema_version"], raw["run_id"]) == (SCHEMA_VERSION, "r1")
    assert raw["shards"][0]["file"] == "traces/a.parquet"


def test_a_file_committed_again_has_one_entry_the_later_one(tmp_path: Path) -> None:
    manifest.commit(tmp_path, "r1", [ENTRY, OTHER, replace(ENTRY, rows=4)])
    assert manifest.read(tmp_path) == [replace(ENTRY, rows=4), OTHER]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", "{}", '{"shards": [{}]}', '{"shards": [{"problem_ids": null}]}']
)
def test_a_damaged_manifest_is_named_and_not_taken_for_an_empty_one(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(StorageError, match=r"manifest\.json: damaged"):
        manifest.read(tmp_path)


def test_a_write_replaces_the_file_whole_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "f"
    for content in (b"long content", b"short"):
        manifest.write_file(path, content)
        assert path.read_bytes() == content
    assert os.listdir(tmp_path) == ["f"]  # noqa: PTH208  # names only


def test_a_write_that_fails_leaves_the_old_file_and_no_temporary_one(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk."""
    path = tmp_path / "f"
    path.write_bytes(b"old")
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from pipeline import manifest\n"
        "from schemas.errors import StorageError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))\n"
        "try:\n"
        "    manifest.write_file(Path(sys.argv[1]), bytes(10_000))\n"
        "except StorageError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert f"{path}: File too large; make room" in done.stdout, done.stderr
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize("place", ["missing/f", "file/f", "file/deeper/f"])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError) as caught:
        manifest.write_file(tmp_path / place, b"x")
    assert str(tmp_path / place) in str(caught.value) and "--out" in str(caught.value)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in ("file", "file/run=1"):
        with pytest.raises(StorageError, match=f"{place}: .*--out"):
            manifest.make_folder(tmp_path / place)
    manifest.make_folder(tmp_path / "a" / "b")
    manifest.make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_only_what_is_committed_survives_a_clearing(tmp_path: Path) -> None:
    keep = ["traces/a.parquet", "problems/a.parquet", "run.json", MANIFEST, "journal/x.jsonl", "notes.txt"]
    remove = ["traces/b.parquet", "problems/b.parquet", "traces/a.parquet.12.tmp", "manifest.json.12.tmp"]
    for name in keep + remove:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert manifest.remove_uncommitted(tmp_path, [ENTRY, OTHER]) == len(remove)
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert left == sorted(keep)


def test_clearing_an_empty_folder_does_nothing(tmp_path: Path) -> None:
    assert manifest.remove_uncommitted(tmp_path, []) == 0


TAKE_THE_LOCK = (
    "import sys\n"
    "from pathlib import Path\n"
    "from pipeline import manifest\n"
    "with manifest.locked(Path(sys.argv[1])):\n"
    "    print('mine', flush=True)\n"
    "    sys.stdin.read()\n"
)


def holder(folder: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", TAKE_THE_LOCK, str(folder)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_run_belongs_to_one_process_until_that_is_killed(tmp_path: Path) -> None:
    with holder(tmp_path) as other:
        assert other.stdout is not None and other.stdout.readline() == "mine\n"
        with pytest.raises(StorageError, match="another process"), manifest.locked(tmp_path):
            pass
        other.kill()
    with manifest.locked(tmp_path):
        pass


def test_the_lock_is_given_back_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), manifest.locked(tmp_path):
        raise RuntimeError
    with manifest.locked(tmp_path):
        pass


def test_a_folder_that_is_not_there_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="none"), manifest.locked(tmp_path / "none"):
        pass


def test_the_hash_is_of_the_files_bytes(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    assert manifest.sha256_of(tmp_path / "f") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
