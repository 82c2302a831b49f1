"""The command: flags, messages, exit codes; one real run on Ray with the embedded engine, killed runs are in test_kill.py."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from generators import given, math_shepherd
from jobs import label, shards
from pipeline import flow
from pipeline.storage import folder as storage
from tests.rows import load_with_datasets

SCRIPTED = """
problems = 6
[source]
families = ["expressions"]
difficulties = [2]
[models.m]
engine = "scripted"
[[generators]]
name = "{generator}"
rollouts = 2
[flow]
ray = false
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "run.toml"
    path.write_text(SCRIPTED.format(generator="math_shepherd"))
    return path


def test_json_is_one_line_on_standard_output(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shards.main(["--config", str(config), "--out", str(tmp_path / "out"), "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    summary = json.loads(line)
    assert summary["complete"] and sum(summary["problems"].values()) == 6
    assert summary["traces"]["traces"] == 6 * 8
    assert summary["this_call"]["generated_tokens"] == summary["tokens"]["generated_tokens"] > 0


def test_the_summary_says_what_came_of_it_and_what_to_type_next(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shards.main(["--config", str(config), "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    for word in ("accepted", "rollouts of", "balanced", "expressions", "always good", "next: make query"):
        assert word in printed


def test_a_dry_run_writes_nothing_and_estimates(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shards.main(["--config", str(config), "--out", str(tmp_path / "out"), "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert "6 asked for, 6 pending" in printed and "tokens" in printed
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("problms = 3", "unknown key problms; did you mean 'problems'?"),
        ("[[generators]]\nrolouts = 3", "unknown key generators.math_shepherd.rolouts; did you mean 'rollouts'?"),
        ("[models.m]\nengine = 'openvino'\npolicy = 'maths'", "no policy folder"),
        ("problems = 'many'", "problems = 'many' must be of type int"),
        ("problems = ", "bad.toml"),
    ],
)
def test_a_bad_configuration_is_one_line_and_exit_code_2(
    text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    assert shards.main(["--config", str(path), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and says in error and "Traceback" not in error


def test_bad_input_rows_are_named_and_the_exit_code_is_1(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "mine.jsonl"
    source.write_text('{"question": "Evaluate 2 + 3", "answer": "#### 5"}\n{"question": "torn')
    run = ["--config", str(config), "--source", str(source), "--out", str(tmp_path / "out")]
    assert shards.main(run) == 1
    printed = capsys.readouterr()
    assert "mine.jsonl:2" in printed.err
    assert "1 of the problems or input rows were skipped" in printed.out


def test_several_generators_run_in_one_and_what_none_takes_is_skipped(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text(config.read_text() + '[[generators]]\nname = "given"\nsamples = 0\n')
    run = ["--config", str(config), "--out", str(tmp_path / "out")]
    assert shards.main([*run, "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert "generator math_shepherd Config(samples=8" in printed and "generator given Config(samples=0" in printed
    source = tmp_path / "mine.jsonl"
    source.write_text(json.dumps({"question": "Evaluate 2 + 3", "answer": "5", "solution": "Answer: 5"}))
    brought = ["--config", str(config), "--out", str(tmp_path / "both"), "--traces", str(source)]
    assert label.main(brought) == 0
    assert "(8 math_shepherd, 1 given)" in capsys.readouterr().out
    for generator in (math_shepherd, given):
        monkeypatch.setattr(generator, "TASKS", frozenset({"output"}))
    assert shards.main(run) == 1
    printed = capsys.readouterr().out
    assert "6 skipped" in printed and "6 of the problems or input rows were skipped" in printed


Printed = pytest.CaptureFixture[str]
ROOT = Path(shards.__file__).parents[1]


def said(capsys: Printed) -> dict[str, object]:
    """Return the one JSON line."""
    (line,) = capsys.readouterr().out.splitlines()
    found: dict[str, object] = json.loads(line)
    return found


def record(out: Path) -> dict[str, object]:
    (path,) = out.glob("run=*/run.json")
    found: dict[str, object] = json.loads(path.read_text())
    return found


def test_a_complete_run_is_a_no_op_that_says_so(
    config: Path, tmp_path: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ["--config", str(config), "--out", str(tmp_path / "out"), "--name", "2026-11-21"]
    assert shards.main([*run, "--json"]) == 0
    first = said(capsys)
    before = (tmp_path / "out" / f"run={first['run_id']}" / "run.json").read_text()
    monkeypatch.setattr(flow, "run", None)  # nothing may be started
    assert shards.main([*run, "--json"]) == 0
    again = said(capsys)
    assert again["already_complete"] is True and again["this_call"] != first["this_call"]
    assert {key: again[key] for key in ("run_id", "name", "state", "exit_code", "error", "problems", "traces")} == {
        key: first[key] for key in ("run_id", "name", "state", "exit_code", "error", "problems", "traces")
    }
    assert shards.main(run) == 0
    assert "(2026-11-21) is complete already: 6 problems" in capsys.readouterr().out
    assert (tmp_path / "out" / f"run={first['run_id']}" / "run.json").read_text() == before
    monkeypatch.undo()
    assert shards.main([*run, "--json", "--problems", "8"]) == 0
    more = said(capsys)
    assert more["run_id"] == first["run_id"] and record(tmp_path / "out")["calls"] == 2


def test_a_new_name_draws_new_problems_and_an_old_one_is_one_configuration(
    config: Path, tmp_path: Path, capsys: Printed
) -> None:
    out = tmp_path / "out"
    statements = {}
    for name in ("2026-11-21", "2026-11-22"):
        assert shards.main(["--config", str(config), "--out", str(out), "--name", name, "--json"]) == 0
        assert said(capsys)["name"] == name
        run_id = json.loads((out / "names" / f"{name}.json").read_text())["run_id"]
        (file,) = (out / f"run={run_id}" / "problems").iterdir()
        statements[name] = {row["problem_id"] for row in load_with_datasets(file, tmp_path / f"cache-{name}")}
    assert len(statements["2026-11-21"] | statements["2026-11-22"]) == 12
    config.write_text(config.read_text().replace("rollouts = 2", "rollouts = 3"))
    for extra in ([], ["--dry-run"]):
        assert shards.main(["--config", str(config), "--out", str(out), "--name", "2026-11-21", *extra]) == 2
        assert "generators.0.rollouts was 2, is 3" in capsys.readouterr().err
    assert shards.main(["--config", str(config), "--out", str(out), "--name", "{dat}"]) == 2
    assert "{date}" in capsys.readouterr().err


def test_what_was_lost_is_said_again_unless_it_is_allowed(config: Path, tmp_path: Path, capsys: Printed) -> None:
    source = tmp_path / "mine.jsonl"
    source.write_text('{"question": "Evaluate 2 + 3", "answer": "#### 5"}\n{"question": "torn')
    run = ["--config", str(config), "--source", str(source), "--out", str(tmp_path / "out"), "--json"]
    for _ in range(2):
        assert shards.main(run) == 1
        found = said(capsys)
        assert (found["state"], found["exit_code"], found["problems"]) == ("complete", 1, {"done": 1, "skipped": 1})
    assert shards.main([*run, "--allow-skipped"]) == 0
    assert said(capsys)["exit_code"] == 1


@pytest.mark.parametrize("form", ["{}", "file://{}"])
def test_a_place_may_be_a_url(form: str, config: Path, tmp_path: Path, capsys: Printed) -> None:
    assert shards.main(["--config", str(config), "--out", form.format(tmp_path / "out"), "--json"]) == 0
    assert record(tmp_path / "out")["state"] == "complete"


def test_a_place_may_be_an_object_store(config: Path, s3: str, capsys: Printed) -> None:
    run = ["--config", str(config), "--out", f"{s3}/out", "--name", "2026-11-21", "--json"]
    assert shards.main(run) == 0
    first = said(capsys)
    folder = storage.folder(f"{s3}/out") / f"run={first['run_id']}"
    written = json.loads(folder.read("run.json"))
    assert (written["state"], written["name"], written["summary"]["traces"]) == (
        "complete",
        "2026-11-21",
        first["traces"],
    )
    assert shards.main(run) == 0 and said(capsys)["already_complete"] is True
    with folder.locked():
        assert shards.main([*run, "--problems", "8"]) == 2
    assert f"process {os.getpid()}" in capsys.readouterr().err
    assert json.loads(folder.read("run.json")) == written


def test_a_relative_place_is_one_of_the_users(
    config: Path, tmp_path: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shards.main(["--config", "run.toml", "--out", "here/out"]) == 0
    assert "next: make query OUT=here/out" in capsys.readouterr().out
    assert record(tmp_path / "here" / "out")["state"] == "complete"


def test_a_place_that_is_none(config: Path, tmp_path: Path, capsys: Printed) -> None:
    assert shards.main(["--config", str(config), "--out", "nowhere://bucket/x", "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ") and "nowhere" in captured.err
    found = json.loads(captured.out)
    assert (found["state"], found["exit_code"], found["run_id"]) == ("failed", 2, None)
    assert "nowhere" in found["error"]


def test_a_run_that_another_process_writes_is_left_alone(config: Path, tmp_path: Path, capsys: Printed) -> None:
    out = tmp_path / "out"
    run = ["--config", str(config), "--out", str(out), "--json"]
    assert shards.main([*run, "--max-tokens-total", "40"]) == 0
    assert said(capsys)["state"] == "stopped"
    (folder,) = out.glob("run=*")
    before = (folder / "run.json").read_text()
    with storage.folder(folder).locked():
        assert shards.main(run) == 2
    captured = capsys.readouterr()
    assert f"process {os.getpid()}" in captured.err
    assert json.loads(captured.out)["run_id"] == folder.name.removeprefix("run=")
    assert (folder / "run.json").read_text() == before
    assert shards.main(run) == 0 and record(out)["state"] == "complete"


def test_a_fault_of_ours_is_no_complete_run(
    config: Path, tmp_path: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Callable[..., object]:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(flow, "run_local", broken)
    run = ["--config", str(config), "--out", str(tmp_path / "out"), "--json"]
    assert shards.main(run) == 2, "1 would say that it is complete"
    captured = capsys.readouterr()
    assert "Traceback" in captured.err and json.loads(captured.out)["error"] == "ZeroDivisionError: a fault"
    assert (record(tmp_path / "out")["state"], record(tmp_path / "out")["exit_code"]) == ("failed", 2)


def test_metrics_have_the_last_word(config: Path, tmp_path: Path, capsys: Printed) -> None:
    file = tmp_path / "run.prom"
    run = ["--config", str(config), "--out", str(tmp_path / "out"), "--name", "n", "--metrics-file", str(file)]
    assert shards.main([*run, "--metrics-port", "0"]) == 0
    assert "metrics on port" in capsys.readouterr().err
    run_id = record(tmp_path / "out")["run_id"]

    def figures() -> list[str]:
        return [line for line in file.read_text().splitlines() if line[0] != "#" and "updated" not in line]

    first = figures()
    assert f'stepmill_problems_total{{run_id="{run_id}",name="n"}} 6' in first
    assert f'stepmill_run_exit_code{{run_id="{run_id}",name="n"}} 0' in first
    assert shards.main(run) == 0
    assert [line for line in figures() if "_total" in line or "exit_code" in line] == [
        line for line in first if "_total" in line or "exit_code" in line
    ], "a no-op looks like no new work"
    config.write_text("problms = 3")
    assert shards.main(run) == 2
    assert 'stepmill_run_exit_code{run_id="",name="n"} 2' in file.read_text()


def test_a_schedulers_stop_is_an_interruption(config: Path, tmp_path: Path) -> None:
    config.write_text(
        config.read_text().replace("problems = 6", "problems = 400") + "[models.m.scripted]\ndelay_s = 0.05\n"
    )
    out = tmp_path / "out"
    command = [sys.executable, "-m", "jobs.shards", "--config", str(config), "--out", str(out), "--json"]
    driver = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60

    def paid() -> int:
        return sum(path.read_bytes().count(b"\n") - 1 for path in out.glob("run=*/journal/*"))

    while paid() < 5 and time.monotonic() < deadline:
        time.sleep(0.05)
    driver.send_signal(signal.SIGTERM)
    printed, errors = driver.communicate(timeout=60)
    assert driver.returncode == 2 and "the same command goes on" in errors and "Traceback" not in errors
    found = json.loads(printed)
    assert (found["state"], found["error"], found["exit_code"]) == ("stopped", "interrupted", 2)
    after = record(out)
    assert (after["state"], after["error"], after["exit_code"]) == ("stopped", "interrupted", 2)
    assert after["counts"] and after["counts"]["rollouts"] > 0  # type: ignore[index]


def test_help_says_what_a_scheduler_needs(capsys: Printed) -> None:
    for command in (shards, label):
        with pytest.raises(SystemExit):
            command.main(["--help"])
        printed = capsys.readouterr().out
        assert "exit codes" in printed and "{date}" in printed and "run.json" in printed


def test_label_verifies_everything_and_labels_what_the_policy_can_solve(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "label.toml"
    config.write_text(SCRIPTED.format(generator="given"))
    traces = tmp_path / "traces.jsonl"
    rows = [
        {"question": "Evaluate 2 + 3 * 4", "answer": "14", "solution": "2 + 12\n14\nAnswer: 14", "model": "me"},
        {"question": "Evaluate 2 + 3 * 4", "answer": "14", "solution": "5 * 4\n20\nAnswer: 20", "model": "you"},
        {
            "question": "How many legs has a horse?",
            "answer": "4",
            "solution": "It is a horse.\nAnswer: 4",
            "model": "me",
        },
    ]
    traces.write_text("\n".join(map(json.dumps, rows)))
    out = tmp_path / "out"
    assert label.main(["--config", str(config), "--traces", str(traces), "--out", str(out), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["problems"] == {"done": 1, "uninformative": 1}
    assert (summary["traces"]["accepted"], summary["traces"]["rejected"]) == (2, 1)
    files = next(out.glob("run=*/traces/*.parquet"))
    found = {row["policy"]["model"] + row["outcome"]: row for row in load_with_datasets(files, tmp_path / "cache")}
    right, wrong = found["meaccepted"], found["yourejected"]
    assert wrong["steps"][0]["n_correct"] == 0 and wrong["steps"][0]["n_rollouts"] == 2
    assert {step["stop_reason"] for step in wrong["steps"]} == {"fixed", "terminal"}
    assert right["outcome"] == "accepted"


def test_label_refuses_another_generator(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    traces = tmp_path / "traces.jsonl"
    traces.write_text(json.dumps({"question": "Evaluate 2 + 3", "answer": "5", "solution": "Answer: 5"}))
    assert label.main(["--config", str(config), "--traces", str(traces), "--out", str(tmp_path)]) == 2
    assert "needs [[generators]] with name = 'given'" in capsys.readouterr().err
