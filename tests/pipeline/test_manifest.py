"""The manifest: the one list of what is committed, exact whatever is killed, owned by one process."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from pipeline import manifest
from pipeline.code import ROOT
from pipeline.manifest import MANIFEST, ShardEntry
from pipeline.storage.folder import Folder, folder
from schemas.errors import StorageError
from schemas.table import SCHEMA_VERSION

ENTRY = ShardEntry(table="traces", file="traces/a.parquet", sha256="0" * 64, rows=3, bytes=1000, problem_ids=())
OTHER = replace(ENTRY, table="problems", file="problems/a.parquet", rows=2, problem_ids=("p1", "p2"))


def entry(number: int) -> ShardEntry:
    return replace(OTHER, file=f"problems/{number}.parquet", problem_ids=(f"p{number}",))


@pytest.fixture
def here(place: str) -> Folder:
    return folder(place) / "run=1"


def committed(here: Folder, *commits: list[ShardEntry], fold: bool = False) -> list[ShardEntry]:
    log = manifest.open_log(here, "r1")
    for entries in commits:
        log.commit(entries)
    if fold:
        log.close()
    return manifest.read(here)


@pytest.mark.parametrize("fold", [True, False])
def test_what_is_committed_is_read_back_in_order(here: Folder, fold: bool) -> None:
    assert (manifest.read(here), list(manifest.entries(here)), manifest.head(here)) == ([], [], None)
    assert committed(here, [ENTRY, OTHER], [], [entry(1)], fold=fold) == [ENTRY, OTHER, entry(1)]
    assert list(manifest.entries(here)) == [ENTRY, OTHER, entry(1)]
    assert committed(here, [entry(2)]) == [ENTRY, OTHER, entry(1), entry(2)]


def test_a_log_that_is_closed_leaves_one_file_and_goes_on(here: Folder) -> None:
    for number in range(3):
        committed(here, [entry(2 * number)], [entry(2 * number + 1)], fold=True)
        assert here.names() == [MANIFEST]
    assert manifest.read(here) == [entry(number) for number in range(6)]


def test_the_base_says_which_run_and_schema_it_is_of_from_the_beginning(here: Folder) -> None:
    manifest.open_log(here, "r1")
    assert manifest.head(here) == manifest.Head(schema_version=SCHEMA_VERSION, run_id="r1", segments=0)
    committed(here, [ENTRY], [OTHER], fold=True)
    content = json.loads(here.read(MANIFEST))
    assert (content["schema_version"], content["run_id"], content["segments"]) == (SCHEMA_VERSION, "r1", 2)
    assert [shard["file"] for shard in content["shards"]] == ["traces/a.parquet", "problems/a.parquet"]


@pytest.mark.parametrize("fold", [True, False])
def test_a_file_committed_again_has_one_entry_the_later_one(here: Folder, fold: bool) -> None:
    again = replace(ENTRY, rows=4, sha256="1" * 64)
    found = committed(here, [ENTRY, OTHER], [again], fold=fold)
    assert sorted(found, key=lambda one: one.table) == [OTHER, again]


def test_folding_is_linear_over_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries that all folds together write, for those committed."""
    monkeypatch.setattr(manifest, "FOLD_AFTER", 4)
    written = []
    write_base = manifest._write_base

    def counting(here: Folder, said: manifest.Head, shards: Iterator[ShardEntry]) -> None:
        kept = list(shards)
        written.append(len(kept))
        write_base(here, said, kept)

    monkeypatch.setattr(manifest, "_write_base", counting)
    here = folder(tmp_path)
    committed(here, *([entry(number)] for number in range(200)), fold=True)
    assert len(manifest.read(here)) == 200
    assert sum(written) <= 3 * 200


OLD = {"schema_version": 4, "run_id": "r1", "shards": [asdict(ENTRY) | {"problem_ids": ["p1"]}, asdict(OTHER)]}


@pytest.mark.parametrize("indent", [None, 1])
def test_manifests_from_before_there_were_segments_are_read_and_go_on(here: Folder, indent: int | None) -> None:
    here.write(MANIFEST, json.dumps(OLD, indent=indent).encode())
    old = [replace(ENTRY, problem_ids=("p1",)), OTHER]
    assert manifest.read(here) == list(manifest.entries(here)) == old
    assert manifest.head(here) == manifest.Head(schema_version=4, run_id="r1", segments=0)
    assert committed(here, [entry(1)]) == [*old, entry(1)]
    assert committed(here, [entry(2)], fold=True) == [*old, entry(1), entry(2)]


def test_all_there_is_can_be_replaced_at_once(here: Folder) -> None:
    with pytest.raises(StorageError, match="not the folder of a run"):
        manifest.rewrite(here, [])
    committed(here, [entry(1)], [entry(2)])
    manifest.rewrite(here, [entry(9)])
    assert (manifest.read(here), here.names()) == ([entry(9)], [MANIFEST])
    manifest.rewrite(here, [entry(8)], schema_version=3)
    assert manifest.head(here) == manifest.Head(schema_version=3, run_id="r1", segments=2)
    assert committed(here, [entry(3)]) == [entry(8), entry(3)]


def test_segments_that_a_kill_left_after_a_fold_do_not_count(here: Folder) -> None:
    committed(here, [entry(1)], [entry(2)])
    left = {name: here.read(name) for name in here.names("manifest")}
    manifest.rewrite(here, [entry(9)])
    for name, content in left.items():
        here.write(name, content)
    assert manifest.read(here) == [entry(9)]
    assert committed(here, [entry(3)], fold=True) == [entry(9), entry(3)]
    assert here.names() == [MANIFEST]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"schema_version": 1, "run_id": "r", "shards": [{}]}',
        '{"schema_version": 1, "run_id": "r", "shards": [{"problem_ids": null}]}',
        '{"schema_version": 5, "run_id": "r", "segments": 1, "shards": [\n',
        '{"schema_version": 5, "run_id": "r", "segments": 1, "shards": [\nnull\n]}\n',
    ],
)
def test_a_damaged_manifest_is_named_and_not_taken_for_an_empty_one(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(StorageError, match=r"manifest\.json: damaged"):
        manifest.read(folder(tmp_path))


def test_a_segment_that_is_damaged_or_missing_is_named(tmp_path: Path) -> None:
    here = folder(tmp_path)
    committed(here, [entry(1)], [entry(2)], [entry(3)])
    first, second, _ = here.names("manifest")
    content = here.read(second)
    here.write(second, content[:-10])
    with pytest.raises(StorageError, match=f"{second}: damaged"):
        manifest.read(here)
    here.remove([second])
    with pytest.raises(StorageError, match="a segment before number 2 is missing"):
        manifest.read(here)
    here.write(second, content)
    here.remove([first])
    with pytest.raises(StorageError, match="a segment before number 2 is missing"):
        list(manifest.entries(here))


def test_a_reader_beside_the_writer_finds_what_was_committed_at_some_moment(
    here: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "FOLD_AFTER", 3)
    total = 60 if here.local else 24
    ended = threading.Event()

    def write() -> None:
        for number in range(total):
            log = manifest.open_log(here, "r1")
            log.commit([entry(number)])
            if number % 4 == 3:
                log.close()
        ended.set()

    thread = threading.Thread(target=write)
    thread.start()
    lengths = [0]
    try:
        while not ended.is_set():
            found = manifest.read(here)
            assert found == [entry(number) for number in range(len(found))]
            lengths.append(len(found))
    finally:
        thread.join()
    assert lengths == sorted(lengths)
    assert len(manifest.read(here)) == total


# Told to begin, it forks a process that commits one entry after another and says the number of each once it is committed.
COMMITTING = """
import os, sys
from dataclasses import replace
from pipeline import manifest
from pipeline.storage.folder import folder
from tests.pipeline.test_manifest import entry
manifest.FOLD_AFTER = 3
for line in sys.stdin:
    child = os.fork()
    if not child:
        here = folder(sys.argv[1])
        number = len(manifest.read(here))
        while True:
            log = manifest.open_log(here, "r1")
            for _ in range(5):
                log.commit([entry(number)])
                os.write(1, b"%d\\n" % number)
                number += 1
            log.close()
    os.write(1, b"pid %d\\n" % child)
    os.waitpid(child, 0)
    os.write(1, b"end\\n")
"""


def test_a_process_killed_at_any_moment_leaves_exactly_what_it_committed(here: Folder) -> None:
    moments = random.Random(7)
    command = [sys.executable, "-c", COMMITTING, here.url]
    told = 0
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdin is not None and parent.stdout is not None
        for turn in range(30 if here.local else 8):
            parent.stdin.write("go\n")
            parent.stdin.flush()
            lines = iter(parent.stdout.readline, "end\n")
            child = 0
            for line in lines:
                if line.startswith("pid"):
                    child = int(line.split()[1])
                else:
                    told = int(line) + 1
                if child and (turn % 4 == 0 or told > 0):
                    time.sleep(moments.random() * (0.1 if here.local else 0.4))
                    os.kill(child, signal.SIGKILL)
                    break
            for line in lines:
                told = int(line) + 1 if line[0].isdigit() else told
            found = manifest.read(here)
            assert found == [entry(number) for number in range(len(found))]
            # One more, where it was killed between the commit and saying so.
            assert len(found) in (told, told + 1)
            told = len(found)
        parent.stdin.close()
    assert told > 10
    assert committed(here, [entry(told)], fold=True)[-1] == entry(told)
    assert [name for name in here.names() if not name.endswith(".tmp")] == [MANIFEST]


def test_only_what_is_committed_survives_a_clearing(here: Folder) -> None:
    keep = ["traces/a.parquet", "problems/a.parquet", "run.json", MANIFEST, "journal/x.jsonl", "notes.txt"]
    remove = ["traces/b.parquet", "problems/b.parquet", "trees/a.parquet"]
    if here.local:  # a store has no half files
        remove += ["traces/a.parquet.12.tmp", "manifest.json.12.tmp", "manifest/00000001-a.json.12.tmp"]
    for name in keep + remove:
        here.write(name, b"x")
    assert manifest.remove_uncommitted(here, iter([ENTRY, OTHER])) == len(remove)
    assert here.names() == sorted(keep)


def test_clearing_an_empty_folder_does_nothing(here: Folder) -> None:
    assert manifest.remove_uncommitted(here, []) == 0


def test_a_full_disk_commits_nothing_and_loses_nothing(tmp_path: Path) -> None:
    """A limit on the size of files stands for it."""
    script = (
        "import resource, sys\n"
        "from pipeline import manifest\n"
        "from pipeline.storage.folder import folder\n"
        "from schemas.errors import StorageError\n"
        "from tests.pipeline.test_manifest import entry\n"
        "log = manifest.open_log(folder(sys.argv[1]), 'r1')\n"
        "log.commit([entry(1)])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))\n"
        "for do in (lambda: log.commit([entry(n) for n in range(100)]), lambda: log.commit([entry(2)])):\n"
        "    try:\n"
        "        do()\n"
        "    except StorageError as error:\n"
        "        print(error)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.count(": File too large; make room") == 1, done.stderr
    assert manifest.read(folder(tmp_path)) == [entry(1), entry(2)]


def test_the_hash_is_of_the_files_bytes(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    assert manifest.sha256_of(tmp_path / "f") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
