"""`run.json` and names: what a scheduler reads after any ending."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline import run_record
from pipeline.counts import Counts
from pipeline.run_record import Run, Watchers
from pipeline.sources import Refused
from pipeline.storage import folder as storage
from pipeline.storage.folder import Folder
from schemas.errors import ConfigError, EngineError, StorageError

SUMMARY = {"problems": {"done": 3}, "traces": {"traces": 24}}


def a_run(**changed: object) -> Run:
    facts = {
        "run_id": "abc",
        "name": "2026-11-21",
        "problems": 4,
        "fingerprint_of": {"seed": 0, "generators": [{"rollouts": 8}], "policies": [{"temperature": 1.0}]},
        "config": {"problems": 4},
        "code_version": "src-1",
    }
    return Run(**facts | changed)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = storage.folder(tmp_path) / "run=abc"
    made.make()
    return made


def said(folder: Folder) -> dict[str, object]:
    record = run_record.read(folder)
    assert record is not None
    return record


def refused(kind: str = "unreadable") -> Refused:
    return Refused(where="mine.jsonl:2", message="torn", statement="", problem_id="p", kind=kind)  # type: ignore[arg-type]


def test_a_call_is_running_until_it_says_how_it_ended(folder: Folder) -> None:
    with run_record.call(folder, a_run()) as call:
        during = said(folder)
        assert (during["state"], during["exit_code"], during["ended_at"], during["calls"]) == ("running", None, None, 1)
        call.end(complete=True, counts=Counts(problems=3), summary=SUMMARY)
    after = said(folder)
    assert (after["state"], after["exit_code"], after["error"], after["summary"]) == ("complete", 0, None, SUMMARY)
    assert str(after["started_at"]) <= str(after["ended_at"])
    assert isinstance(after["counts"], dict) and after["counts"]["problems"] == 3
    assert after["config"] == {"problems": 4} and after["name"] == "2026-11-21"


@pytest.mark.parametrize(
    ("error", "state", "words"),
    [
        (EngineError("the engine is gone"), "failed", "the engine is gone"),
        (KeyboardInterrupt(), "stopped", "interrupted"),
        (ZeroDivisionError("a fault of ours"), "failed", "ZeroDivisionError: a fault of ours"),
    ],
)
def test_an_error_is_recorded_and_passed_on(folder: Folder, error: BaseException, state: str, words: str) -> None:
    with pytest.raises(type(error)), run_record.call(folder, a_run()) as call:
        call.counts(lambda: Counts(rollouts=7))
        raise error
    after = said(folder)
    assert (after["state"], after["exit_code"], after["error"]) == (state, 2, words)
    assert isinstance(after["counts"], dict) and after["counts"]["rollouts"] == 7, "a failed call says how far it came"


def test_counts_that_nobody_can_give_any_more_hide_no_error(folder: Folder) -> None:
    def gone() -> Counts:
        raise RuntimeError("the actor is dead")

    with pytest.raises(EngineError), run_record.call(folder, a_run()) as call:
        call.counts(gone)
        raise EngineError("the engine is gone")
    assert said(folder)["error"] == "the engine is gone"


def test_a_disk_that_is_full_hides_no_error(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StorageError("No space left on device")

    with pytest.raises(EngineError, match="gone"), run_record.call(folder, a_run()):
        monkeypatch.setattr(Folder, "write", full)
        raise EngineError("the engine is gone")
    assert said(folder)["state"] == "running"


@pytest.mark.parametrize(
    ("complete", "rows", "problems", "came_to"),
    [
        (True, 0, {"done": 4}, ("complete", 0)),
        (True, 1, {"done": 4}, ("complete", 1)),
        (True, 0, {"done": 3, "error": 1}, ("complete", 1)),
        (True, 0, {"done": 3, "skipped": 1}, ("complete", 1)),
        (False, 1, {"done": 2}, ("stopped", 0)),
    ],
)
def test_exit_codes(folder: Folder, complete: bool, rows: int, problems: object, came_to: tuple[str, int]) -> None:
    with run_record.call(folder, a_run()) as call:
        for _ in range(rows):
            Watchers(call).refused(refused())
        call.end(complete=complete, counts=Counts(), summary={"problems": problems})
    after = said(folder)
    assert (after["state"], after["exit_code"]) == came_to


def test_calls_are_counted_and_the_first_one_is_remembered(folder: Folder) -> None:
    with run_record.call(folder, a_run()) as call:
        call.end(complete=False, counts=Counts(), summary=SUMMARY)
    folder.write("run.json", json.dumps(said(folder) | {"created_at": "2020-01-01T00:00:00Z"}).encode())
    with run_record.call(folder, a_run(problems=9)) as call:
        call.end(complete=True, counts=Counts(), summary=SUMMARY)
    after = said(folder)
    assert (after["calls"], after["created_at"], after["problems"]) == (2, "2020-01-01T00:00:00Z", 9)


def test_a_record_of_an_older_version_or_a_torn_one_is_none_to_trust(folder: Folder) -> None:
    assert run_record.read(folder) is None
    folder.write("run.json", b'{"run_id": "abc", "crea')
    assert run_record.read(folder) is None
    folder.write("run.json", b'{"run_id": "abc", "created_at": "2025-01-01T00:00:00Z"}')
    assert not run_record.is_done(run_record.read(folder), 4)


def test_done_is_complete_and_as_many_as_asked(folder: Folder) -> None:
    for complete, asked in ((False, 4), (True, 4)):
        with run_record.call(folder, a_run()) as call:
            call.end(complete=complete, counts=Counts(), summary=SUMMARY)
        assert run_record.is_done(run_record.read(folder), asked) == complete
    assert run_record.is_done(run_record.read(folder), 3) and not run_record.is_done(run_record.read(folder), 5)


MOMENT = datetime(2026, 1, 1, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("2026-11-21", "2026-11-21"),
        ("{date}", "2026-01-01"),
        ("nightly-{date}.v2", "nightly-2026-01-01.v2"),
        ("{hour}", "2026-01-01T05"),
        ("{week}", "2026-W01"),
        ("{month}", "2026-01"),
        ("scheduled__2026-01-01T00:00:00+00:00", "scheduled__2026-01-01T00:00:00+00:00"),
    ],
)
def test_names(name: str, full: str) -> None:
    assert run_record.expanded(name, MOMENT) == full


@pytest.mark.parametrize("name", ["", "a b", "../x", "a/b", "{dat}", "{", "-x", "x" * 101, "a\nb", "%Y"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(ConfigError, match="--name"):
        run_record.expanded(name, MOMENT)


def commit_a_row(out: Folder, run_id: str) -> None:
    (out / f"run={run_id}").write("problems/x.parquet", b"PAR1")


def test_a_name_is_one_configuration(place: str) -> None:
    out = storage.folder(place)
    run_record.check_name(out, a_run())
    run_record.claim_name(out, a_run())
    other = a_run(
        run_id="def", fingerprint_of={**a_run().fingerprint_of} | {"generators": [{"rollouts": 4}], "seed": 0}
    )
    run_record.check_name(out, other)  # nothing is there yet: the first try may have been a mistake
    (out / "run=abc").make()
    with run_record.call(out / "run=abc", a_run()):
        pass
    commit_a_row(out, "abc")
    run_record.check_name(out, a_run())
    for attempt in (run_record.check_name, run_record.claim_name):
        with pytest.raises(ConfigError, match=r"generators\.0\.rollouts was 8, is 4") as error:
            attempt(out, other)
        assert "run=abc" in str(error.value) and "--name or --out" in str(error.value)
    run_record.claim_name(out, a_run(run_id="def", name="2026-11-22"))
    assert json.loads((out / "names").read("2026-11-22.json"))["run_id"] == "def"


def test_a_run_without_a_name_leaves_no_names(tmp_path: Path) -> None:
    run_record.claim_name(storage.folder(tmp_path), a_run(name=""))
    assert list(tmp_path.iterdir()) == []


def test_differences_name_the_first_few_keys() -> None:
    before = {"a": 1, "b": [1, 2], "c": {"d": "x" * 99}, "gone": None}
    after = {"a": 2, "b": [1], "c": {"d": "y"}, "new": True, "e": 5}
    words = run_record.differences(before, after)
    assert words.startswith("a was 1, is 2, b.1 was 2, is left out, c.d was") and words.endswith("and 1 more")
    assert "x" * 50 not in words
    assert "does not name" in run_record.differences(before, before)
