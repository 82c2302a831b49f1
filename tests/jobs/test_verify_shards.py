"""`jobs.verify_shards`: exit codes, a line for each finding, a table or one JSON line; nothing is written."""

import json
import shutil
from pathlib import Path

import pytest

from jobs import verify_shards
from pipeline import manifest
from pipeline.checks import run as run_checks
from pipeline.checks.ids import Places
from pipeline.checks.shard import Seen
from pipeline.storage.folder import Folder
from tests.rows import RUN_ID
from tests.whole_runs import numbers, spoil, write_whole_run

OTHER = "fedcba9876543210"


@pytest.fixture
def run(tmp_path: Path) -> Folder:
    return write_whole_run(tmp_path / "out", numbers(4, 2))


def test_a_whole_run_is_clean(run: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {name: (Path(run.url) / name).stat().st_mtime_ns for name in run.names()}
    assert verify_shards.main([str(tmp_path / "out")]) == 0
    out = capsys.readouterr().out
    assert out.rstrip().endswith("clean")
    assert "verdicts asked again: answers" in out
    assert {name: (Path(run.url) / name).stat().st_mtime_ns for name in run.names()} == before


def test_each_finding_is_a_line_with_file_row_and_remedy(run: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    file = spoil(run, "traces", 1, outcome="accepted", status="equal", answer="2")
    assert verify_shards.main([run.url, "--all", "--json"]) == 1
    lines = capsys.readouterr().out.splitlines()
    summary = json.loads(lines[-1])
    assert summary["findings"] == {"row": 1, "verdict": 1}
    assert (summary["clean"], summary["sampled"]) == (False, 8)
    assert summary["verdicts"]["answers"] == {"same": 7, "different": 1, "unsettled": 0}
    (verdict,) = [line for line in lines if line.startswith("verdict ")]
    assert verdict.startswith(f"verdict run={RUN_ID}/{file} row 1: trace ")
    assert verdict.endswith("; leave the row out, or label its problem again in a new run")


def test_one_damaged_run_does_not_stop_the_others(
    run: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_whole_run(tmp_path / "out", numbers(2, 2, OTHER), run_id=OTHER)
    run.write("manifest.json", b"{torn")
    (Path(other.url) / manifest.read(other)[0].file).write_bytes(b"not parquet at all")
    assert verify_shards.main([str(tmp_path / "out"), "--json"]) == 1
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert summary["runs"] == 2
    assert summary["findings"] == {"manifest": 1, "file": 2}
    assert summary["rows"]["problems"] == 2


def test_the_sample_is_the_same_each_time_and_other_with_another_seed(run: Folder) -> None:
    traces = Places()
    run_checks.check_run(run, traces, Seen(), lambda _: None, lambda _: None)
    assert traces.smallest(3, 0) == traces.smallest(3, 0)
    assert len({tuple(traces.smallest(3, seed)) for seed in range(9)}) > 1


def test_no_sample_asks_nobody(run: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify_shards.main([run.url, "--sample", "0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["verdicts"] == {}


def test_many_findings_of_a_kind_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = write_whole_run(tmp_path, numbers(15, 15))
    shutil.rmtree(Path(run.url) / "trees")
    content = json.loads(run.read("manifest.json"))
    content["shards"] = [entry for entry in content["shards"] if entry["table"] != "trees"]
    run.write("manifest.json", json.dumps(content).encode())
    for row in range(0, 30, 2):
        spoil(run, "traces", row, parent_trace_id="0" * 32)
    assert verify_shards.main([run.url, "--sample", "0"]) == 1
    out = capsys.readouterr().out
    assert out.count("link run=") == verify_shards.SHOWN + 1
    assert "10 more of the kind" in out
    assert "30 things are wrong" in out


def test_what_cannot_be_looked_at_is_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify_shards.main([str(tmp_path)]) == 2
    assert "no runs here" in capsys.readouterr().err
