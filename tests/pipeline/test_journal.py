"""The journal: a rollout that was paid for is never sampled again, whatever killed the process."""

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import journal
from pipeline.code import ROOT
from pipeline.journal import Journal, JournalledModel
from pipeline.storage import object_store
from pipeline.storage.folder import Folder, folder
from schemas.errors import StorageError
from schemas.model import Completion, SamplingParams
from tests.doubles import TellingModel, collect

PARAMS = SamplingParams(max_tokens=50)
BLOCK = ("p1", "p2")


@pytest.fixture
def here(place: str) -> Folder:
    return folder(place) / "run=1"


def a_model() -> TellingModel:
    return TellingModel(lambda _prompt, seed, index: f"text {seed} {index} \U0001f600\n")


def sampled(model: JournalledModel, n: int, seed: int = 3, *, skip: tuple[int, ...] = ()) -> list[Completion]:
    return asyncio.run(collect(model.sample("Q", n, PARAMS, seed, skip=skip)))


def run(
    here: Folder, n: int, seed: int = 3, *, skip: tuple[int, ...] = (), block: Sequence[str] = BLOCK
) -> tuple[list[Completion], TellingModel, int]:
    """Sample through a journal as a process of its own would; return what came, the model behind and the number replayed."""
    inner = a_model()
    book = Journal(here, block)
    found = sampled(JournalledModel(inner, book), n, seed, skip=skip)
    book.close()
    return found, inner, book.replayed


def test_what_was_sampled_is_replayed_and_not_sampled_again(here: Folder) -> None:
    first, inner, replayed = run(here, 4)
    assert (len(inner.requests), replayed) == (1, 0)
    again, inner, replayed = run(here, 4)
    assert (len(inner.requests), replayed) == (0, 4)
    assert again == first


def test_only_what_is_missing_is_sampled(here: Folder) -> None:
    run(here, 2)
    found, inner, replayed = run(here, 5)
    assert [request.skip for request in inner.requests] == [frozenset({0, 1})]
    assert replayed == 2
    assert [one.index for one in found] == [0, 1, 2, 3, 4]
    assert [one.text for one in found] == [f"text 3 {index} \U0001f600\n" for index in range(5)]


def test_another_seed_is_another_sample(here: Folder) -> None:
    run(here, 2, seed=3)
    found, inner, replayed = run(here, 2, seed=4)
    assert (len(inner.requests), replayed) == (1, 0)
    assert {one.seed for one in found} == {4}


def test_skipped_samples_are_neither_replayed_nor_sampled(here: Folder) -> None:
    run(here, 3)
    found, inner, replayed = run(here, 5, skip=(0, 4))
    assert [one.index for one in found] == [1, 2, 3]
    assert inner.requests[0].skip == {0, 1, 2, 4}
    assert replayed == 2


def test_segments_of_several_processes_add_up(here: Folder) -> None:
    run(here, 2, seed=1)
    run(here, 2, seed=2)
    assert len(here.names("journal")) == 2
    assert set(journal.read(here)) == {(1, 0), (1, 1), (2, 0), (2, 1)}


def test_a_block_knows_the_segments_that_name_one_of_its_problems_and_no_others(here: Folder) -> None:
    run(here, 1, seed=1, block=("p1", "p2"))
    run(here, 1, seed=2, block=("p3",))
    run(here, 1, seed=3, block=("p3", "p4"))
    for block, seeds in ((("p2", "p3"), {1, 2, 3}), (("p4",), {3}), (("p5",), set()), ((), set())):
        book = Journal(here, block)
        assert {seed for seed, _ in book.known} == seeds
        book.close()


def test_what_is_committed_is_forgotten_and_nothing_else(here: Folder) -> None:
    run(here, 1, seed=1, block=("p1", "p2"))
    run(here, 1, seed=2, block=("p2", "p1"))
    run(here, 1, seed=3, block=("p2", "p3"))
    journal.forget(here, {"p1"})
    assert len(journal.read(here)) == 3
    journal.forget(here, {"p1", "p2", "p9"})
    assert set(journal.read(here)) == {(3, 0)}
    assert len(here.names("journal")) == 1
    journal.forget(here, {"p2", "p3"})
    assert here.names() == []


def test_a_segment_of_several_parts_is_read_and_forgotten_whole(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_store, "FLUSH_BYTES", 1)
    here = folder(s3)
    drawn = sampled(JournalledModel(a_model(), Journal(None, (), known={}, appender=Kept())), 10)
    for number, block in enumerate((BLOCK, ("p3",))):
        book = Journal(here, block)
        for completion in drawn:
            book.write(replace(completion, seed=number))
            time.sleep(0.05)
        book.close()
    assert len(here.names("journal")) > 4
    assert len(journal.read(here)) == 20
    journal.forget(here, BLOCK)
    assert set(journal.read(here)) == {(1, index) for index in range(10)}
    here.remove(here.names("journal")[1:3])  # as a kill in the midst of forgetting would leave it
    journal.forget(here, {"p3"})
    assert here.names("journal") == []


def test_within_one_process_nothing_is_sampled_twice_after_a_restart(tmp_path: Path) -> None:
    for kept in range(6):
        here = folder(tmp_path / str(kept))
        book = Journal(here, BLOCK)
        stopped = JournalledModel(a_model(), book)

        async def some(stopped: JournalledModel = stopped, kept: int = kept) -> None:
            stream = stopped.sample("Q", 6, PARAMS, 3)
            for _ in range(kept):
                await anext(stream)
            await stream.aclose()

        asyncio.run(some())
        book.close()
        found, inner, replayed = run(here, 6)
        assert replayed >= kept
        assert sum(request.n - len(request.skip) for request in inner.requests) == 6 - replayed
        assert sorted(one.index for one in found) == list(range(6))


def test_what_ends_while_nobody_asks_for_it_is_written_down(tmp_path: Path) -> None:
    """A search may be waiting for a verifier while its rollouts end; a kill at that moment must not cost them."""
    here = folder(tmp_path)

    async def waiting() -> None:
        stream = JournalledModel(a_model(), Journal(here, BLOCK)).sample("Q", 6, PARAMS, 3)
        await anext(stream)
        await asyncio.sleep(0.1)
        assert len(journal.read(here)) == 6
        await stream.aclose()

    asyncio.run(waiting())


def only_segment(here: Folder) -> Path:
    assert here.local is not None
    (segment,) = (here.local / "journal").iterdir()
    return segment


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_a_torn_last_line_is_passed_over(tmp_path: Path, cut: int) -> None:
    here = folder(tmp_path)
    run(here, 3)
    segment = only_segment(here)
    segment.write_bytes(segment.read_bytes()[:-cut])
    known = journal.read(here)
    assert set(known) == ({(3, 0), (3, 1), (3, 2)} if cut == 1 else {(3, 0), (3, 1)})
    found, _, _ = run(here, 3)
    assert [one.text for one in found] == [f"text 3 {index} \U0001f600\n" for index in range(3)]


@pytest.mark.parametrize("line", [b"\n", b"null\n", b"[]\n", b"{}\n", b'{"seed": 1}\n', b"\xff\xfe\n", b"\x00" * 512])
def test_a_line_that_is_no_completion_is_passed_over(tmp_path: Path, line: bytes) -> None:
    here = folder(tmp_path)
    run(here, 2)
    segment = only_segment(here)
    first, rest = segment.read_bytes().split(b"\n", 1)
    segment.write_bytes(first + b"\n" + line + (b"" if line.endswith(b"\n") else b"\n") + rest)
    assert set(journal.read(here)) == {(3, 0), (3, 1)}


@pytest.mark.parametrize(
    "head", [b"", b"null\n", b"[]\n", b'{"problems": 3}\n', b'{"problems": ["p1"', b"\xff\n", b"{}\n"]
)
def test_a_segment_that_does_not_say_of_what_it_is_is_left_alone(tmp_path: Path, head: bytes) -> None:
    here = folder(tmp_path)
    here.write("journal/0-0.jsonl", head)
    here.write("journal/README", b"somebody else's")
    assert journal.read(here, set(BLOCK)) == journal.read(here) == {}
    journal.forget(here, set(BLOCK))
    assert len(here.names("journal")) == 2


def test_a_segment_without_rollouts_is_forgotten_too(tmp_path: Path) -> None:
    here = folder(tmp_path)
    Journal(here, BLOCK).close()
    assert json.loads(only_segment(here).read_bytes()) == {"problems": list(BLOCK)}
    journal.forget(here, set(BLOCK))
    assert here.names() == []


def test_a_completion_comes_back_equal(here: Folder) -> None:
    first, _, _ = run(here, 1)
    assert journal.read(here) == {(3, 0): first[0]}


def test_an_absent_folder_is_an_empty_journal(here: Folder) -> None:
    assert journal.read(here) == {}
    journal.forget(here, {"p1"})


def test_every_line_is_with_the_kernel_before_the_completion_is_handed_on(tmp_path: Path) -> None:
    async def killed_at_each() -> None:
        model = JournalledModel(a_model(), Journal(folder(tmp_path), BLOCK))
        count = 0
        async for _ in model.sample("Q", 4, PARAMS, 3):
            count += 1
            assert len(journal.read(folder(tmp_path))) >= count

    asyncio.run(killed_at_each())


class Kept:
    """An appender that keeps what it is given."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def write(self, line: bytes) -> None:
        self.lines.append(line)

    def close(self) -> None:
        self.lines.append(b"closed")


def test_a_process_that_cannot_reach_the_folder_is_given_what_it_needs(tmp_path: Path) -> None:
    run(folder(tmp_path), 2)
    kept = Kept()
    book = Journal(None, BLOCK, known=journal.read(folder(tmp_path)), appender=kept)
    found = sampled(JournalledModel(a_model(), book), 4)
    book.close()
    assert (len(found), book.replayed) == (4, 2)
    folder(tmp_path).write(journal.segment_name(BLOCK), b"".join(kept.lines[:-1]))
    assert len(journal.read(folder(tmp_path), set(BLOCK))) == 4
    assert kept.lines[-1] == b"closed"
    with pytest.raises(ValueError, match="folder or an appender"):
        Journal(None, BLOCK)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file/journal"):
        Journal(folder(tmp_path / "file"), BLOCK)


def test_a_full_disk_is_the_runs_error_not_the_problems(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk."""
    script = (
        "import asyncio, resource, sys\n"
        "from pipeline.journal import Journal, JournalledModel\n"
        "from pipeline.storage.folder import folder\n"
        "from schemas.errors import StorageError\n"
        "from schemas.model import SamplingParams\n"
        "from tests.doubles import TellingModel, collect\n"
        "model = JournalledModel(TellingModel(lambda *_: 'x' * 40), Journal(folder(sys.argv[1]), ['p1']))\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, (1000, {resource.RLIM_INFINITY}))\n"
        "try:\n"
        "    asyncio.run(collect(model.sample('Q', 50, SamplingParams(max_tokens=50), 3)))\n"
        "except StorageError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert f"{tmp_path}/journal/" in done.stdout and "make room" in done.stdout, done.stderr
    assert journal.read(folder(tmp_path))


def test_models_that_share_a_journal_replay_their_own(here: Folder) -> None:
    def both() -> tuple[list[Completion], list[Completion], Journal]:
        book = Journal(here, BLOCK)
        one, other = JournalledModel(a_model(), book), JournalledModel(a_model(), book)
        found = sampled(one, 4, skip=(1, 3)), sampled(other, 4, skip=(0, 2))
        book.close()
        return *found, book

    first, second, _ = both()
    again, other, book = both()
    assert (again, other, book.replayed) == (first, second, 4)
    assert [one.index for one in again] == [0, 2] and [one.index for one in other] == [1, 3]
