"""Whole runs on real vLLM, on Ray: from the policy's safetensors to shards, through its own engine and through a server."""

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from pipeline.code import ROOT
from pipeline.models import vllm
from pipeline.query import catalog
from tests.processes import marked, with_mark

pytestmark = [pytest.mark.ray, pytest.mark.skipif(vllm.missing() is not None, reason="vLLM is not installed")]

PROBLEMS = 12


def start(out: Path, *more: str, mark: str = "") -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "jobs.shards", "--out", str(out), "--problems", str(PROBLEMS), "--json", *more]
    return subprocess.Popen(command, cwd=ROOT, env=marked(mark), stdout=subprocess.PIPE, text=True)


def assert_whole(out: Path, engine: str) -> None:
    with catalog(out) as connection:
        problems = connection.execute("SELECT count(*), count(DISTINCT problem_id) FROM problems").fetchone()
        assert problems == (PROBLEMS, PROBLEMS)
        traces = connection.execute("SELECT count(*), count(DISTINCT trace_id), any_value(policy.engine) FROM traces")
        assert traces.fetchone() == (PROBLEMS * 8, PROBLEMS * 8, engine)
        (accepted,) = connection.execute("SELECT avg((outcome = 'accepted')::INT) FROM traces").fetchone() or (0,)
        assert 0.2 < accepted < 0.95, "the embedded policy is right about half of the time"
        steps = connection.execute(
            "SELECT count(*), avg((hard = exact_prefix)::INT) FROM steps WHERE n_rollouts > 0 AND exact_prefix IS NOT NULL"
        ).fetchone()
        assert steps and steps[0] > 20 and steps[1] > 0.85
        cached = connection.execute("SELECT sum(cost.cached_tokens), sum(cost.prompt_tokens) FROM traces").fetchone()
        assert cached and 0 < cached[0] < cached[1]


def test_shards_from_vllm(tmp_path: Path) -> None:
    driver = start(tmp_path, "--engine", "vllm")
    assert driver.wait(timeout=280) == 0
    assert_whole(tmp_path, "vllm")


def test_a_killed_engine_core_costs_nothing_but_time(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    driver = start(tmp_path, "--engine", "vllm", mark=mark)
    while driver.poll() is None and not any(
        path.read_bytes().count(b"\n") > 1 for path in tmp_path.glob("run=*/journal/*.jsonl")
    ):
        time.sleep(0.05)
    for pid in with_mark(mark, "EngineCore"):
        os.kill(pid, signal.SIGKILL)
    assert driver.wait(timeout=280) == 0
    assert_whole(tmp_path, "vllm")
