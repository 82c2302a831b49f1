"""A run from plan to shards, in this process, with the scripted engine."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline import config as configuration
from pipeline import flow, manifest
from pipeline.config import RunConfig
from pipeline.counts import Counts
from pipeline.models import scripted
from pipeline.sources import Refused
from pipeline.storage import folder as storage
from schemas.errors import ConfigError, ContinuationError, EngineError, StorageError

SETTINGS = {
    "problems": 8,
    "source": {"families": ["expressions"], "difficulties": [2, 3]},
    "models": {"m": {"engine": "scripted"}},
    "generators": [{"samples": 4, "labelled": 1, "rollouts": 3}],
    "flow": {"ray": False, "problems_per_shard": 3, "problems_in_flight": 6},
}


class Watcher:
    def __init__(self) -> None:
        self.refusals: list[Refused] = []

    def counts(self, counts: Callable[[], Counts]) -> None:
        self.read = counts

    def pending(self, problems: int) -> None:
        self.found = problems

    def refused(self, row: Refused) -> None:
        self.refusals.append(row)


def scripted_as(**keys: object) -> dict[str, object]:
    """Return the [models] of a configuration whose scripted engine has these keys."""
    return {"m": {"engine": "scripted", "scripted": keys}}


def a_config(**overrides: object) -> RunConfig:
    return configuration.parse(SETTINGS | overrides, "test")


def planned(config: RunConfig, out: Path) -> flow.Plan:
    return flow.plan(config, storage.folder(out))


def local(plan: flow.Plan) -> Path:
    path = plan.folder.local
    assert path is not None
    return path


def grind(config: RunConfig, out: Path, watcher: Watcher | None = None) -> tuple[flow.Plan, flow.Outcome]:
    plan = planned(config, out)
    return plan, flow.run(plan, flow.run_local, watcher or Watcher())


def rows(plan: flow.Plan, table: str) -> list[dict[str, object]]:
    entries = [entry for entry in manifest.read(plan.folder) if entry.table == table]
    return [row for entry in entries for row in pq.read_table(local(plan) / entry.file).to_pylist()]


def test_every_problem_ends_as_a_row_and_every_sample_as_a_trace(tmp_path: Path) -> None:
    plan, outcome = grind(a_config(), tmp_path)
    problems, traces = rows(plan, "problems"), rows(plan, "traces")
    assert outcome.complete
    assert [len(problems), len(traces)] == [8, 8 * 4]
    assert len({row["trace_id"] for row in traces}) == len(traces)
    assert {row["run_id"] for row in [*problems, *traces]} == {plan.work.run_id}
    assert set(plan.folder.names()) == {entry.file for entry in manifest.read(plan.folder)} | {
        "run.json",
        "manifest.json",
    }
    assert json.loads(plan.folder.read("run.json"))["config"]["generators"][0]["config"]["rollouts"] == 3


def test_a_second_run_does_nothing_and_a_larger_one_goes_on(tmp_path: Path) -> None:
    first, _ = grind(a_config(), tmp_path)
    before = {row["trace_id"] for row in rows(first, "traces")}
    again, outcome = grind(a_config(), tmp_path)
    assert (again.at_most, outcome.counts.rollouts, outcome.complete) == (0, 0, True)
    more, outcome = grind(a_config(problems=16), tmp_path)
    assert (more.folder, more.at_most, outcome.counts.problems) == (first.folder, 8, 8)
    after = {row["trace_id"] for row in rows(more, "traces")}
    assert before < after and len(after) == 16 * 4


@pytest.mark.parametrize(
    "changed",
    [
        {"seed": 1},
        {"generators": [{"samples": 4, "labelled": 1, "rollouts": 4}]},
        {"policies": [{"temperature": 0.7}]},
        {"policies": [{}, {"temperature": 0.7}]},
        {"policies": [{"max_tokens": 99}]},
        {"policies": [{"prompt": "solve_boxed.v1"}]},
        {"completer": {"top_p": 0.5}},
        {"models": scripted_as(slip_rate=0.3)},
        {"source": {"families": ["expressions"], "difficulties": [2]}},
    ],
)
def test_what_changes_the_meaning_makes_a_new_folder(tmp_path: Path, changed: dict[str, object]) -> None:
    assert planned(a_config(), tmp_path).folder != planned(a_config(**changed), tmp_path).folder


def test_a_changed_prompt_makes_a_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = planned(a_config(), tmp_path).folder
    info = scripted.ScriptedModel(scripted.Config()).info
    changed = replace(info, family=replace(info.family, template="Q: {prompt}\nA: "))
    monkeypatch.setattr(scripted, "describe", lambda *_: changed)
    assert planned(a_config(), tmp_path).folder != before


@pytest.mark.parametrize(
    "changed",
    [
        {"problems": 16},
        {"max_tokens_total": 10},
        {"flow": {"ray": True, "engines": 2, "problems_per_shard": 5}},
        {"models": scripted_as(delay_s=0.001)},
        {"models": {"another name": {"engine": "scripted", "price": {"hour": 3}}}},
        {"policies": [{"model": "m", "temperature": 1}], "completer": {"max_tokens": 160}},
    ],
)
def test_what_does_not_change_the_meaning_keeps_the_folder(tmp_path: Path, changed: dict[str, object]) -> None:
    assert planned(a_config(), tmp_path).folder == planned(a_config(**changed), tmp_path).folder


def test_a_budget_stops_cleanly_and_the_next_call_goes_on(tmp_path: Path) -> None:
    plan, outcome = grind(a_config(max_tokens_total=700), tmp_path)
    done = len(rows(plan, "problems"))
    assert not outcome.complete and 0 < done < 8
    record = json.loads(plan.folder.read("run.json"))
    assert (record["state"], record["exit_code"], record["calls"]) == ("stopped", 0, 1)
    plan, outcome = grind(a_config(), tmp_path)
    assert outcome.complete and len(rows(plan, "problems")) == 8
    assert json.loads(plan.folder.read("run.json"))["state"] == "complete"


def test_refused_rows_are_recorded_once_and_the_rest_goes_on(tmp_path: Path) -> None:
    source = tmp_path / "mine.jsonl"
    good = {"statement": "Evaluate 3 + 4 * 2", "reference": "11"}
    lines = [json.dumps(good), "{ torn", json.dumps(good), json.dumps({"statement": " ", "reference": "1"})]
    source.write_text("\n".join(lines))
    config = a_config(source={"path": str(source)})
    watcher = Watcher()
    plan, outcome = grind(config, tmp_path / "out", watcher)
    assert [row.kind for row in watcher.refusals] == ["unreadable", "duplicate", "empty_statement"]
    ended = sorted((str(row["ended"]), str(row["error_type"])) for row in rows(plan, "problems"))
    assert ended == [("done", "None"), ("skipped", "empty_statement"), ("skipped", "unreadable")]
    assert outcome.complete
    watcher = Watcher()
    again, _ = grind(config, tmp_path / "out", watcher)
    assert len(rows(again, "problems")) == 3
    assert [row.kind for row in watcher.refusals] == ["duplicate"], "the others have their rows"


def test_a_failing_problem_is_an_error_row(tmp_path: Path) -> None:
    source = tmp_path / "mine.jsonl"
    rest = {"statement": "Evaluate 3 + 4 * 2", "reference": "11"}
    long = {"statement": "Evaluate 1" + " + 1" * 2000, "reference": "2001"}
    source.write_text(json.dumps(long) + "\n" + json.dumps(rest))
    plan, outcome = grind(a_config(source={"path": str(source)}), tmp_path / "out")
    assert outcome.complete
    failed, done = sorted(rows(plan, "problems"), key=lambda row: str(row["ended"]), reverse=True)
    assert (failed["ended"], failed["stage"], failed["error_type"]) == ("error", "generate", "ValueError")
    assert "no room for a solution" in str(failed["message"])
    assert done["ended"] == "done"


def test_an_engine_that_is_lost_ends_the_run_and_leaves_what_is_left_pending(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="told to fail"):
        grind(a_config(models=scripted_as(fail_share=1.0)), tmp_path)
    plan = planned(a_config(models=scripted_as(fail_share=1.0)), tmp_path)
    assert plan.at_most == 8
    record = json.loads(plan.folder.read("run.json"))
    assert (record["state"], record["exit_code"], record["error"]) == ("failed", 2, "told to fail")


def test_two_processes_never_write_one_run(tmp_path: Path) -> None:
    plan, _ = grind(a_config(), tmp_path)
    with plan.folder.locked(), pytest.raises(StorageError, match="another process"):
        grind(a_config(problems=16), tmp_path)


def test_a_plan_that_is_out_of_date_loses_nothing(tmp_path: Path) -> None:
    stale = planned(a_config(), tmp_path)
    other, _ = grind(a_config(), tmp_path)
    before = rows(other, "traces")
    outcome = flow.run(stale, flow.run_local, Watcher())
    assert (outcome.complete, outcome.counts.rollouts, outcome.removed) == (True, 0, 0)
    assert rows(stale, "traces") == before


def test_a_model_that_cannot_continue_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ContinuationError, match="cannot continue an exact prefix"):
        planned(a_config(models=scripted_as(can_continue=False)), tmp_path)
    assert not list(tmp_path.iterdir())


def test_half_written_files_of_a_killed_run_are_cleared(tmp_path: Path) -> None:
    plan, _ = grind(a_config(), tmp_path)
    (local(plan) / "traces" / "half.parquet").write_bytes(b"PAR1")
    (local(plan) / "manifest.json.1.tmp").write_bytes(b"{")
    plan, outcome = grind(a_config(problems=9), tmp_path)
    assert outcome.removed == 2
    assert not (local(plan) / "traces" / "half.parquet").exists()


def test_an_unwritable_place_names_the_path(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file, not a folder")
    with pytest.raises(StorageError, match="out"):
        grind(a_config(), tmp_path / "out")


def test_unknown_names_are_errors_before_anything_is_read() -> None:
    with pytest.raises(ConfigError, match="did you mean 'scripted'"):
        a_config(models={"m": {"engine": "scriptd"}})


def test_the_engine_that_auto_took_is_said_and_recorded(tmp_path: Path) -> None:
    models = {"a": {"policy": "math"}, "b": {"engine": "scripted"}}
    config = a_config(models=models, policies=[{"model": "a"}, {"model": "b"}])
    plan = planned(config, tmp_path)
    assert set(plan.engines) == {"a"} and plan.engines["a"]
    assert {name: info.engine for name, info in plan.models.items()} == {
        name: model.engine for name, model in plan.work.config.models.items()
    }
    assert plan.models["a"].engine in ("openvino", "vllm")


def test_a_model_that_no_policy_names_is_not_looked_at(tmp_path: Path) -> None:
    models = {"m": {"engine": "scripted"}, "absent": {"engine": "openvino", "policy": "nobody"}}
    plan = planned(a_config(models=models, policies=[{"model": "m"}]), tmp_path)
    assert list(plan.models) == ["m"]


def test_whole_solutions_need_no_continuation(tmp_path: Path) -> None:
    config = a_config(models=scripted_as(can_continue=False), generators=[{"samples": 4, "labelled": 0}])
    plan, outcome = grind(config, tmp_path)
    assert outcome.complete and len(rows(plan, "traces")) == 8 * 4
    assert {row["completer"] is None for row in rows(plan, "traces")} == {True}


def test_a_block_holds_the_same_problems_whatever_is_committed_already(tmp_path: Path) -> None:
    """Blocks are slices of the source, so that what a killed run had paid for is found under the same problems."""
    whole, _ = grind(a_config(), tmp_path / "whole")
    grind(a_config(problems=4), tmp_path / "parts")
    parts, _ = grind(a_config(), tmp_path / "parts")

    def shards(plan: flow.Plan) -> list[set[str]]:
        return [set(entry.problem_ids) for entry in manifest.read(plan.folder) if entry.table == "problems"]

    assert all(any(part <= block for block in shards(whole)) for part in shards(parts))


def test_a_survey_says_what_would_be_done_and_writes_nothing(tmp_path: Path) -> None:
    found = flow.survey(planned(a_config(), tmp_path))
    assert (found.pending, found.refused) == (8, 0) and found.tokens > found.rollouts > 0
    assert not list(tmp_path.iterdir())
    grind(a_config(problems=3), tmp_path)
    assert flow.survey(planned(a_config(), tmp_path)).pending == 5
