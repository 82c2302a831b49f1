"""The bench of chaos: what it draws, what it sees, what it would notice, and one schedule from end to end."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.bench.chaos import calls, checks, command, disk, processes, schedules, tap, workloads
from jobs.bench.chaos.progress import Progress
from jobs.bench.chaos.schedules import KINDS, LOCAL, Fault
from pipeline import config as configuration
from pipeline.code import ROOT
from tests.rows import a_problem_record, a_step, a_trace, write_run

TRACES = tuple(a_trace(f"t{i}", f"p{i}") for i in range(3))
PROBLEMS = tuple(a_problem_record(f"p{i}") for i in range(3))


@pytest.fixture
def undisturbed(tmp_path: Path) -> checks.Rows:
    write_run(tmp_path / "undisturbed", TRACES, PROBLEMS)
    return checks.read(tmp_path / "undisturbed")


def test_every_kind_of_fault_comes_up_before_any_does_twice() -> None:
    drawn = schedules.draw(2 * len(KINDS), seed=3)
    count = Counter(fault.kind for schedule in drawn for fault in schedule.faults)
    assert set(count) == set(KINDS)
    assert drawn == schedules.draw(2 * len(KINDS), seed=3) != schedules.draw(2 * len(KINDS), seed=4)
    assert all([f.place for f in one.faults] == sorted(f.place for f in one.faults) for one in drawn)
    assert {one.workload for one in drawn} == set(schedules.WORKLOADS)


def test_without_ray_nothing_of_rays_is_hit() -> None:
    drawn = schedules.draw(30, seed=0, local=True)
    assert all(one.local and fault.kind in LOCAL for one in drawn for fault in one.faults)
    assert schedules.draw(5, seed=0, only=["kill-raylet"], local=True) == []
    only = schedules.draw(5, seed=0, only=["kill-raylet"])
    assert [[fault.kind for fault in one.faults] for one in only] == [["kill-raylet"]] * 5


@pytest.mark.parametrize("workload", schedules.WORKLOADS)
def test_workloads_are_configurations(workload: str, tmp_path: Path) -> None:
    (schedule,) = schedules.draw(1, seed=0, only=["kill-verifier-actor"])
    for path, of in ((tmp_path / "calm.toml", None), (tmp_path / "run.toml", schedule)):
        workloads.write(path, workload, of)
        assert configuration.load(path).flow.ray == (of is not None)
    assert configuration.load(tmp_path / "run.toml").flow.verifiers == 1


def test_decoded_tokens_are_counted_in_a_file_that_survives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Pipeline:
        def step(self) -> None:
            pass

        def get_metrics(self) -> SimpleNamespace:
            return SimpleNamespace(scheduled_requests=3)

    binding = SimpleNamespace(ContinuousBatchingPipeline=Pipeline)
    monkeypatch.setitem(sys.modules, "openvino_genai", binding)
    for name, value in tap.installed(tmp_path, {"PYTHONPATH": "elsewhere"}).items():
        monkeypatch.setenv(name, value)
    assert os.environ["PYTHONPATH"].endswith(f"{os.pathsep}elsewhere")
    tap.count()
    assert tap.tokens(tmp_path) == 0
    counting = binding.ContinuousBatchingPipeline()
    counting.step()
    counting.step()
    (one,) = tap.spent(tmp_path)
    assert one.tokens == 6 and 0 < one.first_s <= one.last_s
    (tmp_path / "torn.count").write_bytes(b"1")
    assert tap.tokens(tmp_path) == 6


ORPHAN = """
import subprocess, sys, time
from jobs.bench.chaos import processes
processes.adopt()
leave = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)"
parent = subprocess.Popen([sys.executable, "-c", leave])
parent.wait()
print(len(processes.gone(parent.pid, 0.3)))
(left,) = processes.descendants()
print(processes.send(left, 19), "sleep(60)" in left.command)
processes.kill_all(parent.pid)
print(len(processes.gone(parent.pid, 5)), processes.send(left, 9))
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_what_outlives_its_parent_in_a_session_of_its_own_is_found_and_ended() -> None:
    done = subprocess.run([sys.executable, "-c", ORPHAN], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.split("\n") == ["1", "True True", "0 False", ""], done.stderr


def test_roles_are_told_apart() -> None:
    commands = {
        "engine": "/x/python -m pipeline.models.openvino 9 /tmp/stepmill-1",
        "actor": "ray::Generate.grind",
        "writer": "ray::Write",
        "verifier-actor": "ray::Judge.check",
        "verifier": "/x/python -c import sys; from verifiers.sandbox.zygote import main; main()",
        "raylet": "/x/ray/core/src/ray/raylet/raylet --raylet_socket_name=/tmp/ch-1/raylet",
        "gcs": "/x/ray/core/src/ray/gcs/gcs_server --log_dir=/tmp/ch-1/raylet",
    }
    found = {role: [who for who, text in commands.items() if is_it(text)] for role, is_it in processes.ROLES.items()}
    assert found == {role: [role] for role in commands}
    assert not any(is_it("/x/python -m jobs.shards --out raylet") for is_it in processes.ROLES.values())


def test_a_run_is_as_its_like(undisturbed: checks.Rows, tmp_path: Path) -> None:
    later = tuple(a_trace(f"t{i}", f"p{i}", created_at=5, code_version="later") for i in range(3))
    write_run(tmp_path / "other", later, PROBLEMS)
    found = checks.compared(checks.read(tmp_path / "other"), undisturbed)
    assert (found.lost, found.duplicated, found.torn, found.errors) == (0, 0, 0, 0)
    assert found.same_texts == found.same_labels == 1.0 and found.details == ()


def test_what_is_lost_is_counted_once(undisturbed: checks.Rows, tmp_path: Path) -> None:
    write_run(tmp_path / "other", TRACES[:1], (PROBLEMS[0], PROBLEMS[1]))
    found = checks.compared(checks.read(tmp_path / "other"), undisturbed)
    assert found.lost == 2, "one problem, and the trace of another"
    assert found.details == ("problem lost: p2", "trace lost: t1")
    assert checks.compared(checks.read(tmp_path / "nowhere"), undisturbed).lost == 3


def test_what_is_there_twice_or_not_asked_for_is_seen(undisturbed: checks.Rows, tmp_path: Path) -> None:
    more = (*TRACES, TRACES[0], a_trace("t9", "p9"))
    write_run(tmp_path / "other", more, (*PROBLEMS, PROBLEMS[2], a_problem_record("p9")))
    found = checks.compared(checks.read(tmp_path / "other"), undisturbed)
    assert found.duplicated == 4 and found.lost == 0


def test_an_error_is_an_error_and_its_traces_are_not_lost(undisturbed: checks.Rows, tmp_path: Path) -> None:
    write_run(tmp_path / "other", TRACES[:2], (*PROBLEMS[:2], a_problem_record("p2", ended="error", n_traces=0)))
    found = checks.compared(checks.read(tmp_path / "other"), undisturbed)
    assert (found.lost, found.errors) == (0, 1)


def test_other_texts_and_other_labels_are_told_apart(undisturbed: checks.Rows, tmp_path: Path) -> None:
    text = a_trace("t0", "p0", steps=(a_step("1 + 1 = 3\n"), *TRACES[0].steps[1:]))
    labels = a_trace("t1", "p1", steps=(a_step(n_correct=1), *TRACES[1].steps[1:]))
    write_run(tmp_path / "other", (text, labels, TRACES[2]), PROBLEMS)
    found = checks.compared(checks.read(tmp_path / "other"), undisturbed)
    assert found.same_texts == found.same_labels == pytest.approx(2 / 3, abs=1e-4)


def test_torn_files_are_seen(undisturbed: checks.Rows, tmp_path: Path) -> None:
    run = write_run(tmp_path / "other", TRACES, PROBLEMS)
    shutil.copy(run / "traces" / "part-00000.parquet", run / "traces" / "nobodys.parquet")
    (run / "manifest.json.1.tmp").write_text("{")
    (run / "journal").mkdir()
    (run / "journal" / "a-1.jsonl").write_text("[]\n")
    pq.write_table(pa.table({"problem_id": ["p0"]}), run / "problems" / "part-00000.parquet")
    found = checks.compared(checks.read(tmp_path / "other"), undisturbed)
    assert found.torn >= 4 and found.lost + found.torn > 4
    (run / "problems" / "part-00000.parquet").unlink()
    assert any("part-00000" in one for one in checks.read(tmp_path / "other").torn)


def test_the_moment_of_a_fault_comes_with_the_runs_progress(tmp_path: Path) -> None:
    progress = Progress(out=tmp_path / "out", taps=tmp_path / "tap", tokens=100, problems=6)

    def due(when: schedules.When, amount: float, seconds: float = 1.0) -> bool:
        return progress.due(Fault(kind="kill-driver", when=when, amount=amount), seconds)

    assert due("start", 0.5) and not due("start", 1.5)
    assert not any(due(when, 0.1) for when in ("tokens", "between", "committed", "end"))
    (tmp_path / "tap").mkdir()
    (tmp_path / "tap" / "1.count").write_bytes(tap._RECORD.pack(30, 1.0, 2.0))
    assert due("tokens", 0.3) and not due("tokens", 0.31)
    run = write_run(tmp_path / "out", TRACES, PROBLEMS)
    assert due("committed", 0.5) and not due("committed", 0.6) and not due("between", 0.1)
    shutil.copy(run / "traces" / "part-00000.parquet", run / "traces" / "next.parquet")
    assert due("between", 0.5) and not due("between", 0.6)
    assert progress.mark() == (30, 3) and not due("end", 0.0)


@pytest.mark.skipif(disk.missing() is not None, reason="needs root")
def test_a_full_disk_is_full_until_there_is_room(tmp_path: Path) -> None:
    try:
        with disk.mounted(tmp_path / "disk") as place:
            disk.fill(place)
            with pytest.raises(OSError, match="No space"):
                (place / "shard").write_bytes(b"x" * 10_000)
            disk.make_room(place)
            (place / "shard").write_bytes(b"x" * 10_000)
    except OSError as error:
        pytest.skip(str(error))
    assert not (tmp_path / "disk" / "shard").exists()


def test_what_a_call_said(tmp_path: Path) -> None:
    for text, complete in (
        ('{"complete": true}\n', True),
        ('{"complete": false}\n', False),
        ("", False),
        ("no\n", False),
    ):
        (tmp_path / "1.out").write_text(text)
        assert calls.said_complete(tmp_path / "1.out") is complete


def test_the_list_of_schedules_runs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--list", "--schedules", "3", "--pick", "1"]) == 0
    assert capsys.readouterr().err.startswith("0.1 ")
    assert command.main(["--list", "--local", "--only", "kill-gcs"]) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="needs a subreaper")
def test_a_driver_that_is_killed_loses_nothing() -> None:
    words = [sys.executable, "-m", "jobs.bench", "chaos", "--local", "--schedules", "1", "--only", "kill-driver"]
    done = subprocess.run([*words, "--problems", "6"], cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["complete"] == figures["schedules"] == figures["faults"] == 1 and figures["calls"] == 2
    assert figures["lost"] == figures["duplicated"] == figures["torn"] == figures["hung"] == 0
    assert figures["leftover_processes"] == 0 and figures["same_texts"] == 1.0
    assert figures["by_kind"]["kill-driver"]["schedules"] == 1
