"""The command: flags, messages, exit codes; one real run on Ray with the embedded engine, killed runs are in test_kill.py."""

import json
from pathlib import Path

import pytest

from generators import given, math_shepherd
from jobs import label, shards
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
