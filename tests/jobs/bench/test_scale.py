"""The bench of scale, small: every part says its figure; no speed is asserted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.bench.chaos.tap import Spent
from jobs.bench.scale import command, engines, histogram, memory, rows
from pipeline.code import ROOT
from pipeline.query import catalog
from pipeline.result import Result


def test_the_rate_is_that_of_the_time_in_which_all_decode() -> None:
    looks = [(second / 10, tokens) for second, tokens in zip(range(101), range(0, 10_100, 100), strict=True)]
    alone = [Spent(10_000, 0.0, 10.0)]
    assert engines.steady(looks, alone, 1) == pytest.approx(1_000)
    # The first second and the last two belong to one engine only, and half of the rest is idle.
    idle = [(at, 0 if at < 1 else 1_000 if at < 5 else 8_000) for at, _ in looks]
    both = [Spent(9_000, 0.0, 8.0), Spent(1_000, 1.0, 10.0)]
    assert engines.steady(idle, both, 2) == pytest.approx(1_000)
    assert engines.steady(looks, alone, 2) == 0.0, "one of them never decoded"
    assert engines.steady(looks, [Spent(1, 0.0, 1.0), Spent(1, 2.0, 3.0)], 2) == 0.0, "never at the same time"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> list[Result]:
    return rows.ground(tmp_path_factory.mktemp("rows"), 4)


def test_rows_are_told_again_under_other_ids(ground: list[Result]) -> None:
    assert [len(result.traces) for result in ground] == [rows.SAMPLES] * 4
    found = list(rows.copies(ground, "r", 100))
    traces = [trace for shard in found for result in shard for trace in result.traces]
    assert len(traces) == 104, "whole problems"
    assert len({trace.trace_id for trace in traces}) == 104 and {trace.run_id for trace in traces} == {"r"}
    assert all(trace.problem_id == one.record.problem_id for shard in found for one in shard for trace in one.traces)


def test_the_histogram_is_asked_of_what_the_writer_wrote(ground: list[Result], tmp_path: Path) -> None:
    assert histogram.write(tmp_path, ground, 64) == 64
    with catalog(tmp_path) as connection:
        assert connection.execute("SELECT count(DISTINCT trace_id) FROM traces").fetchone() == (64,)
        probed = connection.execute("SELECT count(*) FROM steps WHERE n_rollouts > 0").fetchone()
    figures = histogram.ask(tmp_path)
    assert probed == (figures["histogram_steps"],)
    assert figures["histogram_s"] > 0 < figures["histogram_cold_s"]


def test_the_writer_is_timed_both_ways(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--only", "writer", "--shard", "3", "--writes", "2"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["writer_over_pyarrow"] > 0 and figures["writer_traces"] == 24
    assert figures["two_over_bare_two"] is figures["memory_growth"] is figures["histogram_s"] is None


def test_memory_is_read_from_the_kernel() -> None:
    now, most = memory._megabytes(os.getpid())
    assert 10 < now <= most
    assert memory._megabytes(2**22 + 1) == (0.0, 0.0)
    seen = memory.Memory(resident=[100.0, 300.0, *[200.0] * 30], most=320.0)
    assert seen.figures() == {"peak_mb": 300.0, "end_mb": 200.0, "high_water_mb": 320.0}


@pytest.mark.ray
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_grows_from_few_problems_to_more_by_some_figure() -> None:
    words = [sys.executable, "-m", "jobs.bench", "scale", "--only", "memory", "--few", "20", "--problems", "40"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert set(figures["memory_mb"]) == {"20", "40"}
    assert {"driver", "actor", "writer"} <= set(figures["memory_mb"]["40"])
    assert figures["memory_growth"] >= figures["memory_growth_running"]
    assert figures["memory_growth"] == max(
        value for role in ("driver", "actor", "writer") for value in figures["memory_growth_by_process"][role].values()
    )
