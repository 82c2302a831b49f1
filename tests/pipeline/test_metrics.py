"""Metrics: the text that Prometheus reads, over a port and in a file."""

import re
import time
import urllib.request
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from pipeline import metrics
from pipeline.counts import Counts
from pipeline.metrics import ALL, COUNTED, Metrics
from pipeline.run_record import Ended
from pipeline.sources import Refused
from schemas.errors import ConfigError

SAMPLE = re.compile(r'([a-z_]+)\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*)\} (\S+)')


def samples(text: str) -> dict[str, float]:
    """Return every sample by its name and the labels beside run and name; the text must be whole."""
    found: dict[str, float] = {}
    typed: set[str] = set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name = line.split()[2]
            assert name not in typed, "a family in one piece"
            typed.add(name)
        elif not line.startswith("# HELP "):
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match[1] in typed, line
            labels = match[2].split(",")
            assert labels[0].startswith("run_id=") and labels[1].startswith("name=")
            key = ",".join([match[1], *labels[2:]])
            assert key not in found, line
            found[key] = float(match[3])
    assert text.endswith("\n")
    return found


def refused(kind: str) -> Refused:
    return Refused(where="f:1", message="m", statement="", problem_id="p", kind=kind)  # type: ignore[arg-type]


def test_every_count_is_a_metric() -> None:
    assert {f.name for f in fields(Counts)} == set(COUNTED) | {"traces", "accepted"}


def test_names_follow_the_conventions() -> None:
    names = [metric.name for metric in ALL]
    assert len(set(names)) == len(names)
    for metric in ALL:
        assert re.fullmatch(r"stepmill_[a-z_]+", metric.name)
        assert metric.name.endswith("_total") == (metric.kind == "counter")
        assert "\n" not in metric.help and metric.help.endswith(".")


def test_a_run_says_what_it_is_and_how_far() -> None:
    with Metrics(name="n") as told:
        assert samples(told.text())['stepmill_run_state,state="running"'] == 1
        told.planned("abc", "2026-11-21", asked=10, committed=4)
        told.counts(lambda: Counts(problems=3, traces=24, accepted=20, generated_tokens=900, gpu_s=1.5))
        told.refused(refused("unreadable"))
        told.refused(refused("duplicate"))
        told.refused(refused("unreadable"))
        found = samples(told.text())
        assert 'run_id="abc",name="2026-11-21"' in told.text()
        told.pending(3)
        assert samples(told.text())["stepmill_problems_asked"] == 7, "the source had fewer"
    assert found["stepmill_problems_total"] == 3
    assert found['stepmill_traces_total,outcome="accepted"'] == 20
    assert found['stepmill_traces_total,outcome="other"'] == 4
    assert found['stepmill_refused_rows_total,kind="unreadable"'] == 2
    assert (found["stepmill_problems_asked"], found["stepmill_problems_committed_before"]) == (10, 4)
    assert (found["stepmill_generated_tokens_total"], found["stepmill_gpu_seconds_total"]) == (900, 1.5)
    assert "stepmill_run_exit_code" not in found and "stepmill_run_end_timestamp_seconds" not in found


def test_the_end_is_said_and_the_last_counts_stay() -> None:
    with Metrics() as told:
        told.counts(lambda: Counts(problems=1))
        told.ended(Ended("complete", 1), Counts(problems=2))
        found = samples(told.text())
    assert (found["stepmill_run_exit_code"], found["stepmill_problems_total"]) == (1, 2)
    assert found['stepmill_run_state,state="complete"'] == 1 and found['stepmill_run_state,state="running"'] == 0
    assert found["stepmill_run_end_timestamp_seconds"] >= found["stepmill_run_start_timestamp_seconds"]


def test_progress_is_when_a_count_last_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    counts = Counts()
    with Metrics() as told:
        told.counts(lambda: Counts(rollouts=counts.rollouts))
        progress = "stepmill_last_progress_timestamp_seconds"
        now[0], counts.rollouts = 1010.0, 1
        assert samples(told.text())[progress] == 1010
        now[0] = 1030.0
        found = samples(told.text())
        assert (found[progress], found["stepmill_updated_timestamp_seconds"]) == (1010, 1030)


def gone() -> Counts:
    raise RuntimeError("the actor is dead")


@pytest.mark.parametrize("after", [gone, lambda: Counts(problems=5)])
def test_engines_that_are_gone_leave_what_they_said_last(after: Callable[[], Counts]) -> None:
    with Metrics() as told:
        told.counts(lambda: Counts(problems=5))
        told.text()
        told.counts(after)
        assert samples(told.text())["stepmill_problems_total"] == 5


def test_an_error_is_an_end(tmp_path: Path) -> None:
    file = tmp_path / "run.prom"
    with pytest.raises(ConfigError), Metrics(file=file, name='a "b"\\'):
        raise ConfigError("no such file")
    found = samples(file.read_text())
    assert found["stepmill_run_exit_code"] == 2 and found['stepmill_run_state,state="failed"'] == 1
    assert r'name="a \"b\"\\"' in file.read_text()


def test_the_file_is_whole_readable_by_others_and_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_TICK_S", 0.01)
    monkeypatch.setattr(metrics, "_FILE_S", 0.02)
    file = tmp_path / "run.prom"
    with Metrics(file=file) as told:
        told.counts(lambda: Counts(problems=1))
        deadline = time.monotonic() + 5
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert samples(file.read_text())["stepmill_problems_total"] == 1
        told.ended(Ended("complete", 0))
    assert samples(file.read_text())["stepmill_run_exit_code"] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["run.prom"]
    assert file.stat().st_mode & 0o044, "node_exporter is another user"


def test_a_complete_run_has_the_same_figures_whoever_asks_again(tmp_path: Path) -> None:
    record = {
        "state": "complete",
        "exit_code": 1,
        "started_at": "2026-11-21T01:30:00Z",
        "ended_at": "2026-11-21T02:30:00Z",
        "counts": {"problems": 7, "a field of tomorrow": 1},
    }
    with Metrics(file=tmp_path / "run.prom") as told:
        told.planned("abc", "", asked=12, committed=9)
        told.recorded(record)
    found = samples((tmp_path / "run.prom").read_text())
    assert (found["stepmill_problems_total"], found["stepmill_run_exit_code"]) == (7, 1)
    assert (found["stepmill_problems_asked"], found["stepmill_problems_committed_before"]) == (9, 2)
    assert found["stepmill_run_end_timestamp_seconds"] - found["stepmill_run_start_timestamp_seconds"] == 3600


def test_a_scrape(capsys: pytest.CaptureFixture[str]) -> None:
    with Metrics(port=0) as told:
        told.counts(lambda: Counts(problems=3))
        port = int(capsys.readouterr().err.split()[-1])
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            assert answer.headers["Content-Type"] == metrics.CONTENT_TYPE
            assert samples(answer.read().decode())["stepmill_problems_total"] == 3
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/secrets", timeout=5)
        with pytest.raises(ConfigError, match="--metrics-port"), Metrics(port=port):
            pass


def test_places_that_cannot_be_had(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder"), Metrics(file=tmp_path / "none" / "run.prom"):
        pass
    with pytest.raises(ConfigError, match="--metrics-port"), Metrics(port=70_000):
        pass


def test_a_file_that_cannot_be_written_later_ends_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "collector"
    place.mkdir()
    with Metrics(file=place / "run.prom"):
        place.rmdir()
    assert "the run goes on" in capsys.readouterr().err
