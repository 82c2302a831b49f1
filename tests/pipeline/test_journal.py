"""The journal: a rollout that was paid for is never sampled again, whatever killed the process."""

import asyncio
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import journal
from pipeline.code import ROOT
from pipeline.journal import Journal, JournalledModel
from schemas.errors import StorageError
from schemas.model import Completion, SamplingParams
from tests.doubles import TellingModel, collect

PARAMS = SamplingParams(max_tokens=50)


def a_model() -> TellingModel:
    return TellingModel(lambda _prompt, seed, index: f"text {seed} {index} \U0001f600\n")


def sampled(model: JournalledModel, n: int, seed: int = 3, *, skip: tuple[int, ...] = ()) -> list[Completion]:
    return asyncio.run(collect(model.sample("Q", n, PARAMS, seed, skip=skip)))


def run(
    folder: Path, n: int, seed: int = 3, *, skip: tuple[int, ...] = ()
) -> tuple[list[Completion], TellingModel, int]:
    """Sample through a journal as a process of its own would; return what came, the model behind and the number replayed."""
    inner = a_model()
    book = Journal(folder)
    found = sampled(JournalledModel(inner, book), n, seed, skip=skip)
    book.close()
    return found, inner, book.replayed


def test_what_was_sampled_is_replayed_and_not_sampled_again(tmp_path: Path) -> None:
    first, inner, replayed = run(tmp_path, 4)
    assert (len(inner.requests), replayed) == (1, 0)
    again, inner, replayed = run(tmp_path, 4)
    assert (len(inner.requests), replayed) == (0, 4)
    assert [(one.index, one.text, one.tokens, one.logprobs) for one in again] == [
        (one.index, one.text, one.tokens, one.logprobs) for one in first
    ]
    assert [(one.engine_s, one.dollars) for one in again] == [(one.engine_s, one.dollars) for one in first]
    assert [one.generated_tokens for one in again] == [one.generated_tokens for one in first]


def test_only_what_is_missing_is_sampled(tmp_path: Path) -> None:
    run(tmp_path, 2)
    found, inner, replayed = run(tmp_path, 5)
    assert [request.skip for request in inner.requests] == [frozenset({0, 1})]
    assert replayed == 2
    assert [one.index for one in found] == [0, 1, 2, 3, 4]
    assert [one.text for one in found] == [f"text 3 {index} \U0001f600\n" for index in range(5)]


def test_another_seed_is_another_sample(tmp_path: Path) -> None:
    run(tmp_path, 2, seed=3)
    found, inner, replayed = run(tmp_path, 2, seed=4)
    assert (len(inner.requests), replayed) == (1, 0)
    assert {one.seed for one in found} == {4}


def test_skipped_samples_are_neither_replayed_nor_sampled(tmp_path: Path) -> None:
    run(tmp_path, 3)
    found, inner, replayed = run(tmp_path, 5, skip=(0, 4))
    assert [one.index for one in found] == [1, 2, 3]
    assert inner.requests[0].skip == {0, 1, 2, 4}
    assert replayed == 2


def test_segments_of_several_processes_add_up(tmp_path: Path) -> None:
    run(tmp_path, 2, seed=1)
    run(tmp_path, 2, seed=2)
    assert len(list(tmp_path.glob("*.jsonl"))) == 2
    assert set(journal.read(tmp_path)) == {(1, 0), (1, 1), (2, 0), (2, 1)}


def test_within_one_process_nothing_is_sampled_twice_after_a_restart(tmp_path: Path) -> None:
    for kept in range(6):
        folder = tmp_path / str(kept)
        book = Journal(folder)
        stopped = JournalledModel(a_model(), book)

        async def some(stopped: JournalledModel = stopped, kept: int = kept) -> None:
            stream = stopped.sample("Q", 6, PARAMS, 3)
            for _ in range(kept):
                await anext(stream)
            await stream.aclose()

        asyncio.run(some())
        book.close()
        found, inner, replayed = run(folder, 6)
        assert replayed == kept
        assert sum(request.n - len(request.skip) for request in inner.requests) == 6 - kept
        assert sorted(one.index for one in found) == list(range(6))


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_a_torn_last_line_is_passed_over(tmp_path: Path, cut: int) -> None:
    run(tmp_path, 3)
    (segment,) = tmp_path.glob("*.jsonl")
    segment.write_bytes(segment.read_bytes()[:-cut])
    known = journal.read(tmp_path)
    assert set(known) == ({(3, 0), (3, 1), (3, 2)} if cut == 1 else {(3, 0), (3, 1)})
    found, _, _ = run(tmp_path, 3)
    assert [one.text for one in found] == [f"text 3 {index} \U0001f600\n" for index in range(3)]


@pytest.mark.parametrize("line", [b"\n", b"null\n", b"[]\n", b"{}\n", b'{"seed": 1}\n', b"\xff\xfe\n", b"\x00" * 512])
def test_a_line_that_is_no_completion_is_passed_over(tmp_path: Path, line: bytes) -> None:
    run(tmp_path, 2)
    (segment,) = tmp_path.glob("*.jsonl")
    segment.write_bytes(line + (b"" if line.endswith(b"\n") else b"\n") + segment.read_bytes())
    assert set(journal.read(tmp_path)) == {(3, 0), (3, 1)}


def test_a_completion_comes_back_equal(tmp_path: Path) -> None:
    first, _, _ = run(tmp_path, 1)
    assert journal.read(tmp_path) == {(3, 0): first[0]}


def test_an_absent_folder_is_an_empty_journal(tmp_path: Path) -> None:
    assert journal.read(tmp_path / "none") == {}


def test_every_line_is_with_the_kernel_before_the_completion_is_handed_on(tmp_path: Path) -> None:
    async def killed_at_each() -> None:
        model = JournalledModel(a_model(), Journal(tmp_path))
        count = 0
        async for _ in model.sample("Q", 4, PARAMS, 3):
            count += 1
            assert len(journal.read(tmp_path)) == count

    asyncio.run(killed_at_each())


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file/journal"):
        Journal(tmp_path / "file" / "journal")


def test_a_full_disk_is_the_runs_error_not_the_problems(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk."""
    script = (
        "import asyncio, resource, sys\n"
        "from pathlib import Path\n"
        "from pipeline.journal import Journal, JournalledModel\n"
        "from schemas.errors import StorageError\n"
        "from schemas.model import SamplingParams\n"
        "from tests.doubles import TellingModel, collect\n"
        "model = JournalledModel(TellingModel(lambda *_: 'x' * 40), Journal(Path(sys.argv[1])))\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, (1000, {resource.RLIM_INFINITY}))\n"
        "try:\n"
        "    asyncio.run(collect(model.sample('Q', 50, SamplingParams(max_tokens=50), 3)))\n"
        "except StorageError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert str(tmp_path) in done.stdout, done.stderr
    assert journal.read(tmp_path)


def test_models_that_share_a_journal_replay_their_own(tmp_path: Path) -> None:
    def both() -> tuple[list[Completion], list[Completion], Journal]:
        book = Journal(tmp_path)
        one, other = JournalledModel(a_model(), book), JournalledModel(a_model(), book)
        found = sampled(one, 4, skip=(1, 3)), sampled(other, 4, skip=(0, 2))
        book.close()
        return *found, book

    first, second, _ = both()
    again, other, book = both()
    assert (again, other, book.replayed) == (first, second, 4)
    assert [one.index for one in again] == [0, 2] and [one.index for one in other] == [1, 3]
