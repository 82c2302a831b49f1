"""`jobs.compact`: exit codes and what is said; a process that is killed for good leaves every run whole."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs import compact, verify_shards
from pipeline import manifest
from pipeline.storage.folder import Folder
from tests.pipeline.test_compaction import rows_of
from tests.rows import RUN_ID
from tests.whole_runs import numbers, write_whole_run

ROOT = Path(__file__).resolve().parents[2]
OTHER = "fedcba9876543210"


@pytest.fixture
def run(tmp_path: Path) -> Folder:
    return write_whole_run(tmp_path, numbers(5, 1))


def test_files_are_merged_and_the_run_stays_clean(
    run: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = rows_of(run)
    assert compact.main([str(tmp_path), "--dry-run"]) == 0
    assert "15 files (0." in capsys.readouterr().out
    assert len(manifest.read(run)) == 15
    assert compact.main([str(tmp_path)]) == 0
    assert "are now 3" in capsys.readouterr().out
    assert rows_of(run) == before
    assert compact.main([run.url]) == 0
    assert "3 files, nothing to merge" in capsys.readouterr().out
    assert verify_shards.main([run.url]) == 0


def test_the_summary_as_json(run: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    assert compact.main([run.url, "--json"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    one = said["runs"][f"run={RUN_ID}"]
    assert (one["before"], one["after"], one["removed"], one["damaged"]) == (15, 3, 0, [])
    assert one["bytes_after"] < one["bytes_before"]
    assert (said["refused"], said["dry_run"]) == ({}, False)


def test_a_run_in_progress_is_refused_and_others_are_done(
    run: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_whole_run(tmp_path, numbers(3, 1, OTHER), run_id=OTHER)
    with run.locked():
        assert compact.main([run.url]) == 2
        assert "another process" in capsys.readouterr().err
        assert compact.main([str(tmp_path)]) == 1
    assert (len(manifest.read(run)), len(manifest.read(other))) == (15, 3)


def test_damaged_files_are_named(run: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    file = manifest.read(run)[0].file
    (Path(run.url) / file).write_bytes(b"x")
    assert compact.main([run.url]) == 1
    assert f"left as it is: run={RUN_ID}/{file}: its sha256" in capsys.readouterr().out


def test_no_run_is_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compact.main([str(tmp_path)]) == 2
    assert "no runs here" in capsys.readouterr().err


# Compacts the same run again and again, each time from the first files: there is always something to be killed in.
_LOOP = """
import shutil, sys
from pathlib import Path
from pipeline.compaction import compact
from pipeline.storage.folder import folder
fresh, home = map(Path, sys.argv[1:])
compact(folder(shutil.copytree(fresh, home / "warm")), 2**30, lambda said: None)
for number in range(10_000):
    run = shutil.copytree(fresh, home / str(number))
    print(number, flush=True)
    compact(folder(run), 2**30, lambda said: None)
"""


@pytest.mark.parametrize("delay_s", [0.02, 0.06])
def test_a_killed_process_leaves_a_whole_run(run: Folder, tmp_path: Path, delay_s: float) -> None:
    home = tmp_path / "runs"
    home.mkdir()
    command = [sys.executable, "-c", _LOOP, run.url, str(home)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(3):
            number = process.stdout.readline().strip()
        time.sleep(delay_s)
        process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    hit = Folder(str(home / number))
    assert rows_of(hit) == rows_of(run)
    assert compact.main([hit.url]) == 0
    assert (len(manifest.read(hit)), rows_of(hit)) == (3, rows_of(run))
    assert verify_shards.main([hit.url, "--sample", "0"]) == 0
