"""Storage: the same operations on a disk and on an object store, whole or not at all."""

import _thread
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import fs

from pipeline.code import ROOT
from pipeline.storage import folder as storage
from pipeline.storage import object_store
from pipeline.storage.disk import LOCK
from pipeline.storage.folder import Folder, folder
from schemas.errors import StorageError
from tests.processes import waited
from tests.s3_server import client, environment, serving


@pytest.fixture(params=["local", "s3", "memory"])
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    """Return a fresh folder of each kind; `memory` stands for every scheme that fsspec knows."""
    if request.param == "s3":
        return folder(str(request.getfixturevalue("s3"))) / "run=1"
    return folder(tmp_path if request.param == "local" else f"memory://{tmp_path.name}") / "run=1"


def test_what_is_written_is_read_back(here: Folder) -> None:
    here.make()
    here.write("run.json", b"{}")
    here.write("a/b/c d'[1]*.txt", b"one\ntwo\nthr")
    assert here.read("run.json") == b"{}"
    assert list(here.lines("a/b/c d'[1]*.txt")) == [b"one\n", b"two\n", b"thr"]
    assert (here.size("run.json"), here.size("a/b/c d'[1]*.txt")) == (2, 11)
    here.write("run.json", b"")
    assert (here.read("run.json"), list(here.lines("run.json")), here.size("run.json")) == (b"", [], 0)


def test_what_is_not_there_is_said_to_be_not_there(here: Folder) -> None:
    for ask in (here.read, here.size, lambda name: list(here.lines(name))):
        with pytest.raises(FileNotFoundError):
            ask("none")
    assert (here.names(), here.names("none"), (here / "none").folders()) == ([], [], [])
    here.remove(["none", "none/deeper"])
    here.remove_all("none")


def test_names_are_of_files_relative_and_sorted(here: Folder) -> None:
    for name in ("b", "a/2", "a/10", "a/1/x", "ab/1"):
        here.write(name, b"x")
    assert here.names() == ["a/1/x", "a/10", "a/2", "ab/1", "b"]
    assert here.names("a") == ["a/1/x", "a/10", "a/2"]
    assert here.folders() == ["a", "ab"]
    assert (here / "a").names() == ["1/x", "10", "2"]
    here.remove(["a/2", "b"])
    here.remove_all("ab")
    assert here.names() == ["a/1/x", "a/10"]
    here.write("a/2", b"again")
    assert here.names("a") == ["a/1/x", "a/10", "a/2"]


def test_a_folder_that_may_not_be_read_is_not_taken_for_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    folder(tmp_path).write("a/b", b"x")
    monkeypatch.setattr(os, "scandir", refused)
    for ask in (folder(tmp_path).names, folder(tmp_path).folders):
        with pytest.raises(StorageError, match=f"{tmp_path}: cannot be listed: Permission denied"):
            ask()


def test_an_upload_that_is_interrupted_goes_on_to_its_end() -> None:
    """pyarrow would else leave what was written so far under the name."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    began, done = threading.Event(), []

    class Stream:
        def write(self, content: bytes) -> None:
            began.set()
            time.sleep(0.3)
            done.append(content)

        def close(self) -> None:
            done.append(b"closed")

    class Store:
        def open_output_stream(self, _path: str) -> Stream:
            return Stream()

    def interrupt() -> None:
        began.wait()
        _thread.interrupt_main()

    threading.Thread(target=interrupt).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            object_store.put(Store(), "x", pa.py_buffer(b"all of it"))
    finally:
        signal.signal(signal.SIGINT, before)
    assert waited(lambda: len(done) == 2)
    assert [bytes(one) for one in done] == [b"all of it", b"closed"]


def test_a_large_file_is_filled_here_and_appears_whole(here: Folder) -> None:
    content = os.urandom(11 << 20)  # more than one part of an upload
    with here.whole("traces/x.parquet") as path:
        path.write_bytes(content[: len(content) // 2])
        assert not here.names("traces") or here.local  # a disk has the temporary file, under another name
        with path.open("ab") as stream:
            stream.write(content[len(content) // 2 :])
    assert here.read("traces/x.parquet") == content
    assert here.names("traces") == ["traces/x.parquet"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_what_is_broken_off_leaves_what_was_there(here: Folder, error: type[BaseException]) -> None:
    here.write("x", b"old")
    with pytest.raises(error), here.whole("x") as path:
        path.write_bytes(b"half of it")
        raise error
    assert here.names() == ["x"]
    assert here.read("x") == b"old"


def test_a_reader_never_sees_half(place: str) -> None:
    """One writes the file over and over, of two contents; whoever reads sees one of them."""
    here = folder(place)
    contents, ended = [bytes([byte]) * (1 << 20) for byte in b"ab"], threading.Event()
    here.write("x", contents[0])

    def write() -> None:
        for turn in range(20):
            here.write("x", contents[turn % 2])
        ended.set()

    thread = threading.Thread(target=write)
    thread.start()
    while not ended.is_set():
        assert here.read("x") in contents
    thread.join()


def test_an_object_that_is_replaced_between_two_requests_is_read_anew() -> None:
    """Asked for its size, the store answers of the one before; then the new one is cut to that, or reading fails."""

    class Stream:
        def __init__(self, size: int) -> None:
            self._size = size

        def __enter__(self) -> "Stream":
            return self

        def __exit__(self, *_: object) -> None: ...

        def size(self) -> int:
            return self._size

        def read_at(self, size: int, start: int) -> bytes:
            if size > len(new):
                raise OSError("more was promised")
            return new[start : start + size]

    class Store:
        def __init__(self, *sizes: int) -> None:
            self._sizes = iter(sizes)

        def open_input_file(self, _path: str) -> Stream:
            return Stream(next(self._sizes))

        def get_file_info(self, _path: str) -> fs.FileInfo:
            return fs.FileInfo("x", fs.FileType.File, size=len(new))

    new = b"the new one"
    assert object_store.got(Store(3, 100, len(new)), "x") == new
    with pytest.raises(OSError, match="again and again"):
        object_store.got(Store(*[3] * 50), "x")


def test_lines_appended_are_there_at_the_end_in_parts_of_whole_lines(
    here: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_store, "FLUSH_BYTES", 3000)
    lines = [b"%d" % number * 100 + b"\n" for number in range(200)]
    segment = here.append("journal/a.jsonl")
    for line in lines:
        segment.write(line)
    segment.close()
    parts = here.names("journal")
    assert b"".join(here.read(part) for part in parts) == b"".join(lines)
    assert all(here.read(part).endswith(b"\n") for part in parts)
    assert all(part.startswith("journal/a.jsonl") for part in parts) and len(parts) <= 200


def test_lines_reach_a_store_without_a_close(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_store, "FLUSH_S", 0.2)
    segment = folder(s3).append("a.jsonl")
    segment.write(b"one\n")
    until = time.monotonic() + 20
    while not folder(s3).names() and time.monotonic() < until:
        time.sleep(0.05)
    assert folder(s3).read("a.jsonl-00000000") == b"one\n"
    segment.close()


def test_a_line_that_did_not_reach_the_store_is_an_error_of_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str, _content: bytes) -> None:
        raise StorageError(f"{name}: no")

    segment = object_store.Buffered(fail, "a.jsonl")
    segment.write(b"one\n")
    with pytest.raises(StorageError, match=r"a\.jsonl-00000000: no"):
        segment.close()
    with pytest.raises(StorageError, match="no"):
        segment.write(b"two\n")


def test_a_folder_travels(here: Folder) -> None:
    here.write("x", b"1")
    there: Folder = pickle.loads(pickle.dumps(here))
    assert there == here and there.read("x") == b"1"


def test_what_a_user_writes_is_made_absolute_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for written in ("shards", "./shards", f"file://{tmp_path}/shards", tmp_path / "shards", Path("shards")):
        assert folder(written).local == tmp_path / "shards"
    assert str(folder("shards") / "run=1") == f"{tmp_path}/shards/run=1"
    assert (folder("a b") / "x").local == tmp_path / "a b" / "x"
    assert folder(f"file://{tmp_path}/a%20b").local == tmp_path / "a b"


def test_keys_in_a_url_are_not_shown_and_options_stay_behind() -> None:
    place = folder("s3://key:se%2Fcret@bucket/a?endpoint_override=127.0.0.1:9&scheme=http") / "run=1"
    assert str(place) == "s3://bucket/a/run=1?endpoint_override=127.0.0.1:9&scheme=http"
    assert (place.name, place.parent.name, place.filesystem()[1]) == ("run=1", "a", "bucket/a/run=1")


def test_a_store_is_found_by_what_its_url_says(s3: str, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(s3).write("x", b"1")
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    keys = environment(s3_endpoint)
    user = f"{keys['AWS_ACCESS_KEY_ID']}:{keys['AWS_SECRET_ACCESS_KEY']}"
    url = f"{s3.replace('s3://', f's3://{user}@')}?endpoint_override={s3_endpoint.partition('//')[2]}&scheme=http"
    assert folder(url).read("x") == b"1"


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("s3://", "no bucket; write s3://BUCKET/FOLDER"),
        ("s3:bucket/a", "write s3://bucket/a"),
        ("s3:/bucket/a", "write s3://bucket/a"),
        ("s3://b/a?endpoint=x", "endpoint is unknown; known: region, scheme, endpoint_override"),
        ("abfs://c/a", "pip install adlfs"),
        ("nonsense://c/a", "use a folder, s3:// or gs://"),
    ],
)
def test_a_place_that_cannot_be_meant_is_named_with_the_remedy(written: str, says: str) -> None:
    with pytest.raises(StorageError) as caught:
        folder(written)
    assert says in str(caught.value)


def test_a_store_of_google_is_opened() -> None:
    assert folder("gs://anonymous@bucket/a").filesystem()[1] == "bucket/a"


@pytest.mark.parametrize("place", ["file", "file/deeper/f"])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    for do in (folder(tmp_path / place).make, lambda: folder(tmp_path / place).write("x", b"x")):
        with pytest.raises(StorageError) as caught:
            do()
        assert str(tmp_path / place) in str(caught.value) and "--out" in str(caught.value)


def test_a_bucket_that_is_not_there_and_wrong_keys_are_named(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StorageError, match="s3://nobody/a/.*bucket"):
        folder("s3://nobody/a").make()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    monkeypatch.setattr(object_store, "_s3", object_store._s3.__wrapped__)
    for do in (lambda: folder(s3).read("x"), lambda: folder(s3).names(), lambda: folder(s3).write("x", b"")):
        with pytest.raises(StorageError, match=f"{s3}.*(ACCESS_DENIED|SIGNATURE).*keys"):
            do()


def test_a_disk_that_is_full_is_named_and_keeps_what_was_there(tmp_path: Path) -> None:
    """On a real one of a megabyte, where this process may mount it."""
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", tmp_path], capture_output=True).returncode:
        pytest.skip("this process may not mount")
    try:
        here = folder(tmp_path)
        here.write("x", b"old")
        with pytest.raises(StorageError, match=f"{tmp_path}/x: No space left on device; make room"):
            here.write("x", bytes(2 << 20))
        assert (here.names(), here.read("x")) == (["x"], b"old")
        segment = here.append("a.jsonl")
        with pytest.raises(StorageError, match=r"a\.jsonl: .*make room"):
            for _ in range(300):
                segment.write(bytes(10_000))
        segment.close()
    finally:
        subprocess.run(["umount", tmp_path], check=True)


HOLD = (
    "import sys\n"
    "from pipeline.storage.folder import folder\n"
    "with folder(sys.argv[1]).locked():\n"
    "    print('mine', flush=True)\n"
    "    sys.stdin.read()\n"
)


def test_a_folder_of_a_disk_belongs_to_one_process_until_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "mine\n"
        taken = rf"another process is writing this run \(process {other.pid} on"
        with pytest.raises(StorageError, match=taken), folder(tmp_path).locked():
            pass
        other.kill()
    with folder(tmp_path).locked():
        assert folder(tmp_path).names() == [LOCK]
    assert folder(tmp_path).names() == []


def test_the_lock_is_given_back_after_an_error_and_needs_a_folder(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), folder(tmp_path).locked():
        raise RuntimeError
    with folder(tmp_path).locked():
        pass
    with pytest.raises(StorageError, match="none"), folder(tmp_path / "none").locked():
        pass


def test_a_store_that_hangs_is_an_error_and_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_store, "_SILENT_S", 1.0)
    monkeypatch.setattr(object_store, "_ATTEMPTS", 1)
    monkeypatch.setattr(object_store, "_s3", object_store._s3.__wrapped__)
    with serving(tmp_path) as (endpoint, pid):
        for name, value in environment(endpoint).items():
            monkeypatch.setenv(name, value)
        here = storage.folder("s3://shards/hung")
        here.write("x", b"old")
        os.kill(pid, signal.SIGSTOP)
        try:
            for do in (lambda: here.write("x", b"new"), lambda: here.read("x"), here.names):
                with pytest.raises(StorageError, match="s3://shards/hung"):
                    do()
        finally:
            os.kill(pid, signal.SIGCONT)
        assert client(endpoint).open_input_stream("shards/hung/x").read() in (b"old", b"new")
