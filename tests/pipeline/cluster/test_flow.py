"""A run on a real Ray, with actors that die, stand still, or cannot be kept alive."""

import os
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import ray

from pipeline import config as configuration
from pipeline import flow, manifest
from pipeline.cluster import connect
from pipeline.cluster.flow import run_ray
from pipeline.config import RunConfig
from pipeline.counts import Counts
from pipeline.sources import Refused
from pipeline.storage.folder import folder
from tests.processes import MARK, with_mark

pytestmark = [pytest.mark.ray, pytest.mark.timeout(240)]

NAME = uuid.uuid4().hex

SETTINGS: dict[str, Any] = {
    "problems": 24,
    "source": {"families": ["expressions"], "difficulties": [2, 3]},
    "models": {"m": {"engine": "scripted", "scripted": {"delay_s": 0.02}}},
    "generators": [{"samples": 2, "labelled": 1, "rollouts": 2}],
    "flow": {"engines": 2, "problems_per_shard": 3, "problems_in_flight": 6, "heartbeat_s": 6},
}


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    os.environ[MARK] = NAME
    connect.start(a_config(flow={"engines": 4, "verifiers": 2}))
    yield
    ray.shutdown()
    del os.environ[MARK]


class Watcher:
    def counts(self, counts: Callable[[], Counts]) -> None:
        self.read = counts

    def pending(self, problems: int) -> None:
        self.found = problems

    def refused(self, row: Refused) -> None:
        raise AssertionError(row)


def a_config(**overrides: Any) -> RunConfig:
    return configuration.parse(SETTINGS | overrides, "test")


def grind(config: RunConfig, out: Path) -> tuple[flow.Plan, flow.Outcome]:
    plan = flow.plan(config, folder(out))
    return plan, flow.run(plan, run_ray, Watcher())


def rows(plan: flow.Plan, table: str) -> list[dict[str, Any]]:
    local = plan.folder.local
    assert local is not None
    entries = [entry for entry in manifest.read(plan.folder) if entry.table == table]
    return [row for entry in entries for row in pq.read_table(local / entry.file).to_pylist()]


def texts(plan: flow.Plan) -> dict[str, list[str]]:
    return {row["trace_id"]: [step["text"] for step in row["steps"]] for row in rows(plan, "traces")}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, cluster: None) -> dict[str, list[str]]:
    plan, outcome = grind(a_config(), tmp_path_factory.mktemp("calm"))
    assert outcome.complete and outcome.counts.problems == 24
    return texts(plan)


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGSTOP])
@pytest.mark.parametrize("actor", ["ray::Generate", "ray::Write"])
def test_a_lost_actor_costs_nothing_but_time(
    tmp_path: Path, undisturbed: dict[str, list[str]], actor: str, kind: signal.Signals
) -> None:
    def disturb() -> None:
        for _ in range(600):
            if list(tmp_path.rglob("problems/*.parquet")):
                os.kill(_pids(actor)[0], kind)
                return
            time.sleep(0.05)

    disturbing = threading.Thread(target=disturb)
    disturbing.start()
    plan, outcome = grind(a_config(), tmp_path)
    disturbing.join()
    assert outcome.complete and outcome.counts.restarts
    assert Counter(row["problem_id"] for row in rows(plan, "problems")).most_common(1)[0][1] == 1
    assert texts(plan) == undisturbed


def test_verifier_actors_judge_and_may_be_lost(tmp_path: Path, undisturbed: dict[str, list[str]]) -> None:
    stopped: list[int] = []

    def disturb() -> None:
        for _ in range(600):
            if list(tmp_path.rglob("problems/*.parquet")):
                stopped.append(_pids("ray::Judge")[0])
                os.kill(stopped[0], signal.SIGSTOP)
                return
            time.sleep(0.05)

    disturbing = threading.Thread(target=disturb)
    disturbing.start()
    plan, outcome = grind(a_config(flow=SETTINGS["flow"] | {"verifiers": 2}), tmp_path)
    disturbing.join()
    assert outcome.complete and outcome.counts.restarts and stopped
    assert texts(plan) == undisturbed


def test_a_problem_that_kills_its_engine_becomes_an_error_row_and_the_others_are_done(tmp_path: Path) -> None:
    calm = rows(grind(a_config(problems=7), tmp_path / "calm")[0], "problems")
    deadly = calm[3]["statement"].removeprefix("Evaluate ")
    models = {"m": {"engine": "scripted", "scripted": {"die_on": deadly}}}
    plan, outcome = grind(a_config(problems=7, models=models), tmp_path / "deadly")
    ended = {row["problem_id"]: (row["ended"], row["error_type"]) for row in rows(plan, "problems")}
    assert outcome.complete and len(ended) == 7
    assert ended[calm[3]["problem_id"]] == ("error", "actor_lost")
    assert [end for end in ended.values() if end[0] == "error"] == [("error", "actor_lost")]


def test_the_budget_stops_every_engine(tmp_path: Path) -> None:
    plan, outcome = grind(a_config(max_tokens_total=900), tmp_path)
    assert not outcome.complete and 0 < len(rows(plan, "problems")) < 24
    plan, outcome = grind(a_config(), tmp_path)
    assert outcome.complete and len(rows(plan, "problems")) == 24


def _pids(name: str) -> list[int]:
    """Return this Ray's living actors of a class."""
    return with_mark(NAME, name)
