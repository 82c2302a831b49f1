"""Kill -9 at random moments: the driver, the Ray actor, the engine process. Real Ray, real engine, real shards."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import duckdb
import pytest

from pipeline import manifest
from pipeline.config import load
from pipeline.journal import read
from pipeline.query import catalog
from pipeline.sources import load as load_source
from pipeline.storage import folder as storage
from tests.processes import marked, with_mark

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "jobs" / "configs" / "local.toml"
PROBLEMS = 24


def start(out: Path, mark: str, *extra: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "jobs.shards", "--config", str(CONFIG), "--out", str(out), "--json"]
    command += ["--problems", str(PROBLEMS), *extra]
    return subprocess.Popen(command, cwd=ROOT, env=marked(mark), stdout=subprocess.PIPE)


def wait_for(mark: str, command: str, driver: subprocess.Popen[bytes]) -> int | None:
    """Return the process id of `command` as soon as there is one, None where the run ended without."""
    while driver.poll() is None:
        if found := with_mark(mark, command):
            return found[0]
        time.sleep(0.1)
    return None


def rollouts(segment: Path) -> list[str]:
    """Return the rollouts in a segment of the journal, whose first line names problems; none where it was just forgotten."""
    try:
        return segment.read_text().splitlines(keepends=True)[1:]
    except FileNotFoundError:
        return []


def wait_for_journal(out: Path, driver: subprocess.Popen[bytes]) -> None:
    """Return once a rollout has been paid for, so that a kill hits a run at work and not its start."""
    while driver.poll() is None and not any(rollouts(path) for path in out.glob("run=*/journal/*.jsonl")):
        time.sleep(0.05)


def assert_complete(out: Path) -> None:
    (folder,) = out.glob("run=*")
    entries = manifest.read(storage.folder(folder))
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {entry.file for entry in entries} | {"manifest.json", "run.json"}
    assert all(manifest.sha256_of(folder / entry.file) == entry.sha256 for entry in entries)
    config = load(CONFIG)
    wanted = {p.problem_id for p in load_source(config.source, PROBLEMS, config.seed).problems}
    with catalog(out) as connection:
        assert column(connection, "SELECT problem_id FROM problems") == sorted(wanted)
        assert column(connection, "SELECT ended FROM problems WHERE ended IN ('error', 'skipped')") == []
        ids = column(connection, "SELECT trace_id FROM traces")
        assert len(ids) == len(set(ids)) == PROBLEMS * config.generators[0].config.samples
        assert set(column(connection, "SELECT problem_id FROM traces")) == wanted


def column(connection: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    return sorted(row[0] for row in connection.execute(sql).fetchall())


@pytest.mark.ray
@pytest.mark.parametrize("attempt", range(1))
def test_driver_then_actor_killed_at_random_moments(tmp_path: Path, attempt: int) -> None:
    rng, mark = random.Random(), uuid.uuid4().hex
    driver = start(tmp_path, mark)
    wait_for_journal(tmp_path, driver)
    time.sleep(rng.uniform(0, 6))
    driver.kill()
    driver.wait()
    deadline = time.monotonic() + 20
    while with_mark(mark, "") and time.monotonic() < deadline:
        time.sleep(0.2)
    assert with_mark(mark, "pipeline.models.openvino") == [], "the engine outlived the driver"

    mark = uuid.uuid4().hex
    driver = start(tmp_path, mark)
    actor = wait_for(mark, "ray::Generate", driver)
    if actor is not None:
        time.sleep(rng.uniform(0, 4))
        if actor in with_mark(mark, "ray::"):
            os.kill(actor, signal.SIGKILL)
    assert driver.wait(timeout=240) == 0
    assert_complete(tmp_path)


SEARCH = """
problems = 6
[source]
families = ["expressions"]
[models.m]
engine = "scripted"
[models.m.scripted]
slip_rate = 0.12
delay_s = 0.01
[[generators]]
name = "omegaprm"
searches = 10
[flow]
ray = false
problems_per_shard = 6
"""


@pytest.mark.parametrize("lines", [40, 250])
def test_a_killed_tree_search_samples_next_to_nothing_again(tmp_path: Path, lines: int) -> None:
    """What the whole run cost is in its rows, replayed completions included; what was paid is more by what was drawn twice."""
    config, out = tmp_path / "search.toml", tmp_path / "out"
    config.write_text(SEARCH)
    command = [sys.executable, "-m", "jobs.shards", "--config", str(config), "--out", str(out), "--json"]
    driver = subprocess.Popen(command, cwd=ROOT, env=marked(uuid.uuid4().hex), stdout=subprocess.DEVNULL)

    def journal() -> list[str]:
        segments = sorted(out.glob("run=*/journal/*.jsonl"))
        return [line for path in segments for line in rollouts(path)]

    while driver.poll() is None and len(journal()) < lines:
        time.sleep(0.02)
    driver.kill()
    assert driver.wait() == -signal.SIGKILL, "killed inside its only shard"
    known = sum(one.generated_tokens for folder in out.glob("run=*") for one in read(storage.folder(folder)).values())
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=240)
    summary = json.loads(done.stdout.splitlines()[-1])
    total, again = summary["tokens"]["generated_tokens"], summary["this_call"]["generated_tokens"]
    assert summary["this_call"]["replayed_rollouts"] >= lines
    assert 0 <= known + again - total <= 0.05 * total
    with catalog(out) as connection:
        assert len(column(connection, "SELECT tree_id FROM trees")) == 6
        orphans = "SELECT trace_id FROM traces WHERE tree_id NOT IN (SELECT tree_id FROM trees)"
        assert column(connection, orphans) == []


@pytest.mark.parametrize("attempt", range(2))
def test_engine_killed_at_a_random_moment(tmp_path: Path, attempt: int) -> None:
    mark = uuid.uuid4().hex
    driver = start(tmp_path, mark, "--local")
    engine = wait_for(mark, "pipeline.models.openvino", driver)
    wait_for_journal(tmp_path, driver)
    time.sleep(random.Random().uniform(0, 2))
    if engine is not None and engine in with_mark(mark, "pipeline.models.openvino"):
        os.kill(engine, signal.SIGKILL)
    assert driver.wait(timeout=240) == 0
    assert_complete(tmp_path)
