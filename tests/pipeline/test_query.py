"""The views over finished runs: what they hold, by hand-computed values, and what they refuse."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from generators.strategies import Probed
from pipeline.query import CATALOG, QUERIES, catalog
from schemas.errors import StorageError
from schemas.table import SCHEMA_VERSION, to_table
from schemas.trace import TRACES, StopReason
from schemas.verdict import Outcome
from tests.rows import (
    RUN_ID,
    a_last_step,
    a_node,
    a_problem_record,
    a_rollout,
    a_step,
    a_trace,
    a_tree,
    load_with_datasets,
    write_run,
)
from tests.s3_server import uploaded

VIEWS = ("traces", "steps", "rollouts", "problems", "runs", "trees", "nodes")

Rows = list[tuple[object, ...]]


def ask(out: Path, sql: str) -> Rows:
    with catalog(out) as connection:
        rows: Rows = connection.execute(sql).fetchall()
        return rows


def counts(connection: duckdb.DuckDBPyConnection) -> tuple[int, ...]:
    found = (connection.execute(f"SELECT count(*) FROM {view}").fetchone() for view in VIEWS)
    return tuple(row[0] for row in found if row)


def test_one_row_per_trace_step_rollout_problem_and_run(tmp_path: Path) -> None:
    rollouts = (a_rollout(0, 0), a_rollout(0, 1))
    write_run(tmp_path, [a_trace("t1", rollouts=rollouts), a_trace("t2")], [a_problem_record()])
    write_run(tmp_path, [a_trace("t3", run_id="b")], [a_problem_record("p2"), a_problem_record("p3")], run_id="b")
    with catalog(tmp_path) as connection:
        assert counts(connection) == (3, 6, 2, 3, 2, 0, 0)


def test_nodes_know_their_tree_and_traces_the_tree_they_were_cut_from(tmp_path: Path) -> None:
    tree = a_tree(nodes=(a_node(visits=3), a_node(1, 0), a_node(2, 1, terminal=True, outcome="rejected")))
    write_run(tmp_path, [a_trace(tree_id="tree1", tree_path="0/1/2"), a_trace("t2")], [a_problem_record()], [tree])
    assert ask(tmp_path, "SELECT tree_id, n_searches, len(nodes) FROM trees") == [("tree1", 1, 3)]
    assert ask(tmp_path, "SELECT tree_id, search, node, parent, visits, outcome FROM nodes ORDER BY node") == [
        ("tree1", "omegaprm", 0, None, 3, None),
        ("tree1", "omegaprm", 1, 0, 0, None),
        ("tree1", "omegaprm", 2, 1, 0, "rejected"),
    ]
    sql = "SELECT trace_id, max(depth) FROM traces JOIN nodes USING (tree_id) GROUP BY trace_id"
    assert ask(tmp_path, sql) == [("t1", 1)]


def test_runs_from_before_there_were_trees_are_read_beside_others(tmp_path: Path) -> None:
    old = write_run(tmp_path, [a_trace("old", run_id="a")], [a_problem_record("p2", run_id="a")], run_id="a")
    _as_schema(3, old)
    assert ask(tmp_path, "SELECT count(*) FROM nodes") == [(0,)]
    write_run(tmp_path, [a_trace()], [a_problem_record()], [a_tree()], run_id="b")
    assert ask(tmp_path, "SELECT tree_id, problem.task, policy.model FROM trees") == [("tree1", "solve", "tiny")]
    assert ask(tmp_path, "SELECT count(*) FROM traces") == [(2,)]


def test_steps_are_counted_from_zero_and_know_their_trace(tmp_path: Path) -> None:
    write_run(tmp_path, [a_trace(steps=(a_step("one\n", q=0.75), a_last_step("two\n", q=1.0)))])
    sql = (
        "SELECT trace_id, step_index, is_terminal, text, soft, difficulty, trace_outcome FROM steps ORDER BY step_index"
    )
    assert ask(tmp_path, sql) == [
        ("t1", 0, False, "one\n", 0.75, 1.0, "accepted"),
        ("t1", 1, True, "two\n", 1.0, 1.0, "accepted"),
    ]


@pytest.mark.parametrize(
    ("n_rollouts", "n_undecided", "n_correct", "hard"),
    [(4, 0, 1, True), (4, 0, 0, False), (4, 3, 0, False), (4, 4, 0, None), (0, 0, 0, None)],
)
def test_hard_label_of_a_probed_step(
    tmp_path: Path, n_rollouts: int, n_undecided: int, n_correct: int, hard: bool | None
) -> None:
    step = a_step(n_rollouts=n_rollouts, n_undecided=n_undecided, n_correct=n_correct)
    write_run(tmp_path, [a_trace(steps=(step, a_last_step()), outcome="rejected")])
    assert ask(tmp_path, "SELECT hard FROM steps WHERE step_index = 0") == [(hard,)]


@pytest.mark.parametrize(
    ("stop", "n_rollouts", "n_undecided", "n_correct", "hard"),
    [
        ("first_success", 3, 0, 1, True),
        ("exhausted", 8, 2, 0, False),
        ("undecided", 16, 12, 0, None),
        ("implied_positive", 0, 0, 0, True),
        ("after_first_error", 0, 0, 0, False),
        ("implied_positive", 5, 0, 0, True),
        ("after_first_error", 9, 0, 1, False),
        ("unprobed", 0, 0, 0, None),
        ("not_chosen", 0, 0, 0, None),
        ("over_length", 0, 0, 0, None),
    ],
)
def test_hard_label_follows_the_reason_probing_stopped(
    tmp_path: Path, stop: StopReason, n_rollouts: int, n_undecided: int, n_correct: int, hard: bool | None
) -> None:
    step = a_step(stop_reason=stop, n_rollouts=n_rollouts, n_undecided=n_undecided, n_correct=n_correct)
    write_run(tmp_path, [a_trace(steps=(step, a_last_step()), outcome="rejected")])
    assert ask(tmp_path, "SELECT hard FROM steps WHERE step_index = 0") == [(hard,)]
    numbers: dict[Outcome, int] = {"accepted": n_correct, "undecided": n_undecided}
    numbers["rejected"] = n_rollouts - sum(numbers.values())
    outcomes = tuple(outcome for outcome, number in numbers.items() for _ in range(number))
    assert Probed(stop=stop, outcomes=outcomes).hard == hard, "the estimator says the same"


@pytest.mark.parametrize(("outcome", "hard"), [("accepted", True), ("rejected", False), ("undecided", None)])
def test_hard_label_of_the_last_step_is_the_verdict(tmp_path: Path, outcome: str, hard: bool | None) -> None:
    write_run(tmp_path, [a_trace(outcome=outcome)])
    assert ask(tmp_path, "SELECT hard FROM steps WHERE is_terminal") == [(hard,)]


def test_rollouts_keep_their_own_outcome_beside_the_traces(tmp_path: Path) -> None:
    write_run(tmp_path, [a_trace(rollouts=(a_rollout(3, 1, outcome="rejected", status="different"),))])
    sql = "SELECT step_index, rollout_index, outcome, trace_outcome FROM rollouts"
    assert ask(tmp_path, sql) == [(3, 1, "rejected", "accepted")]


def test_a_file_that_no_manifest_lists_does_not_exist(tmp_path: Path) -> None:
    folder = write_run(tmp_path, [a_trace()])
    pq.write_table(to_table([a_trace("torn")], TRACES), folder / "traces" / "part-00001.parquet")
    unfinished = tmp_path / "run=unfinished" / "traces"
    unfinished.mkdir(parents=True)
    pq.write_table(to_table([a_trace("early")], TRACES), unfinished / "part-00000.parquet")
    assert ask(tmp_path, "SELECT trace_id FROM traces") == [("t1",)]


def test_the_folder_name_adds_no_column(tmp_path: Path) -> None:
    write_run(tmp_path, [a_trace()])
    with catalog(tmp_path) as connection:
        assert connection.table("traces").columns == TRACES.names


def test_views_without_rows_have_the_same_columns_and_types(tmp_path: Path) -> None:
    write_run(tmp_path / "full", [a_trace()], [a_problem_record()])
    write_run(tmp_path / "empty")
    with catalog(tmp_path / "full") as full, catalog(tmp_path / "empty") as empty:
        assert counts(empty) == (0, 0, 0, 0, 1, 0, 0)
        for view in VIEWS:
            described = f"SELECT column_name, column_type FROM (DESCRIBE {view})"
            assert empty.execute(described).fetchall() == full.execute(described).fetchall()


def test_runs_say_what_made_them(tmp_path: Path) -> None:
    write_run(tmp_path, [a_trace()], [a_problem_record()])
    columns = "run_id, code_version, created_at::VARCHAR, n_problems, n_traces, n_shards, config->>'generator'"
    assert ask(tmp_path, f"SELECT {columns} FROM runs") == [(RUN_ID, "test", "2026-01-01 00:00:00", 1, 1, 2, "mcstep")]


@pytest.mark.parametrize("created_at", ["2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z", 1_767_225_600_000_000])
def test_runs_read_the_forms_a_time_is_written_in(tmp_path: Path, created_at: object) -> None:
    folder = write_run(tmp_path)
    (folder / "run.json").write_text(json.dumps({"run_id": RUN_ID, "created_at": created_at, "new": [1]}))
    assert ask(tmp_path, "SELECT created_at::VARCHAR, config FROM runs") == [("2026-01-01 00:00:00", None)]


def test_nothing_is_written_unless_asked(tmp_path: Path) -> None:
    write_run(tmp_path, [a_trace()])
    catalog(tmp_path).close()
    assert os.listdir(tmp_path) == [f"run={RUN_ID}"]


def test_a_stored_catalog_reads_under_any_name_and_from_any_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "o'dd [1]*"
    write_run(out, [a_trace()], [a_problem_record()])
    for _ in range(2):  # the second replaces the first
        catalog(out, persist=True).close()
    assert sorted(os.listdir(out)) == [CATALOG, f"run={RUN_ID}"]
    monkeypatch.chdir("/")
    with duckdb.connect(str(out / CATALOG), read_only=True) as stored:
        assert counts(stored) == (1, 2, 0, 1, 1, 0, 0)
    with duckdb.connect() as other:
        path = str(out / CATALOG).replace("'", "''")
        other.execute(f"ATTACH '{path}' AS elsewhere (READ_ONLY)")
        assert other.execute("SELECT count(*) FROM elsewhere.steps").fetchone() == (2,)


def test_a_stored_catalog_survives_a_move(tmp_path: Path) -> None:
    write_run(tmp_path / "old", [a_trace()])
    catalog(tmp_path / "old", persist=True).close()
    moved = tmp_path / "new"
    shutil.move(tmp_path / "old", moved)
    with duckdb.connect(str(moved / CATALOG), read_only=True) as stored:
        with pytest.raises(duckdb.IOException, match="old"):
            stored.execute("FROM steps")
        stored.execute(f"SET VARIABLE shards = '{moved}'")
        assert counts(stored) == (1, 2, 0, 0, 1, 0, 0)
    catalog(moved, persist=True).close()
    with duckdb.connect(str(moved / CATALOG), read_only=True) as stored:
        assert counts(stored) == (1, 2, 0, 0, 1, 0, 0)


def test_a_stored_catalog_has_a_storage_version_that_duckdb_1_reads(tmp_path: Path) -> None:
    write_run(tmp_path, [a_trace()])
    catalog(tmp_path, persist=True).close()
    with duckdb.connect(str(tmp_path / CATALOG), read_only=True) as stored:
        row = stored.execute("SELECT tags['storage_version'] FROM duckdb_databases() WHERE NOT internal").fetchone()
    assert row == ("v1.2.0+",)


def test_datasets_reads_the_raw_traces(tmp_path: Path) -> None:
    steps = (a_step(checks=()), a_last_step(exact_prefix=None))
    folder = write_run(tmp_path, [a_trace(steps=steps, rollouts=(a_rollout(),)), a_trace("t2", outcome="rejected")])
    rows = load_with_datasets(folder / "traces" / "*.parquet", tmp_path / "cache")
    assert [row["trace_id"] for row in rows] == ["t1", "t2"]
    assert [step["text"] for step in rows[0]["steps"]] == ["1 + 1 = 2\n", "Answer: 2\n"]
    assert rows[0]["steps"][1]["exact_prefix"] is None
    assert rows[1]["rollouts"] == []


_SINCE_5: dict[str, tuple[str, ...]] = {"": ("duplicate_of", "gpu_s"), "cost": ("gpu_s",)}

OLDER: dict[int, dict[str, tuple[str, ...]]] = {
    1: {
        "": ("completer", "engine_s", "dollars", "task", *_SINCE_5[""]),
        "policy": ("model_family",),
        "cost": ("dollars", *_SINCE_5["cost"]),
        "problem": ("task",),
    },
    2: _SINCE_5 | {"": ("task", *_SINCE_5[""]), "problem": ("task",)},
    3: _SINCE_5,
    4: _SINCE_5,
}
"""What shards of older schemas lack: columns, and fields of structs."""


def test_shards_of_schema_1_are_read_with_nulls_in_the_place_of_what_they_lack(tmp_path: Path) -> None:
    write_run(tmp_path, [a_trace("new")], [a_problem_record("p1")], run_id="b")
    old = write_run(tmp_path, [a_trace("old", run_id="a")], [a_problem_record("p2", run_id="a")], run_id="a")
    _as_schema(1, old)
    sql = "SELECT trace_id, cost.dollars, cost.engine_s, completer.model, policy.model_family FROM traces ORDER BY 1"
    assert ask(tmp_path, sql) == [("new", 0.25, 2.0, "tiny", "bare"), ("old", None, 2.0, None, None)]
    assert ask(tmp_path, "SELECT problem_id, dollars FROM problems ORDER BY 1") == [("p1", 0.125), ("p2", None)]
    shutil.rmtree(tmp_path / "run=b")
    assert ask(tmp_path, sql) == [("old", None, 2.0, None, None)]
    assert ask(tmp_path, "SELECT count(*), sum(n_rollouts) FROM steps") == [(2, 4)]


@pytest.mark.parametrize("version", sorted(OLDER))
def test_traces_of_older_shards_repeat_none_and_their_gpu_time_is_not_known(tmp_path: Path, version: int) -> None:
    write_run(tmp_path, [a_trace("new", duplicate_of="t0")], [a_problem_record("p1")], [a_tree()], run_id="b")
    old = [a_trace("old", run_id="a")], [a_problem_record("p2", run_id="a")], [a_tree("tree0", run_id="a")]
    _as_schema(version, write_run(tmp_path, *old, run_id="a"))
    sql = "SELECT trace_id, duplicate_of, cost.gpu_s, cost.engine_s FROM traces ORDER BY 1"
    assert ask(tmp_path, sql) == [("new", "t0", 4.0, 2.0), ("old", None, None, 2.0)]
    assert ask(tmp_path, "SELECT problem_id, gpu_s FROM problems ORDER BY 1") == [("p1", 0.5), ("p2", None)]
    assert ask(tmp_path, "SELECT tree_id, cost.gpu_s FROM trees ORDER BY 1") == [("tree0", None), ("tree1", 4.0)]
    shutil.rmtree(tmp_path / "run=b")
    assert ask(tmp_path, sql) == [("old", None, None, 2.0)]


@pytest.mark.parametrize("version", [1, 2])
def test_problems_of_older_shards_were_to_be_solved(tmp_path: Path, version: int) -> None:
    asked = replace(a_trace().problem, task="output")
    write_run(tmp_path, [a_trace("new", problem=asked)], [a_problem_record("p1", task="output")], run_id="b")
    old = write_run(tmp_path, [a_trace("old", run_id="a")], [a_problem_record("p2", run_id="a")], run_id="a")
    _as_schema(version, old)
    assert ask(tmp_path, "SELECT trace_id, problem.task, problem.statement FROM traces ORDER BY 1") == [
        ("new", "output", "What is 1 + 1?"),
        ("old", "solve", "What is 1 + 1?"),
    ]
    assert ask(tmp_path, "SELECT DISTINCT trace_id, task FROM steps ORDER BY 1") == [
        ("new", "output"),
        ("old", "solve"),
    ]
    assert ask(tmp_path, "SELECT problem_id, task FROM problems ORDER BY 1") == [("p1", "output"), ("p2", "solve")]


def _as_schema(version: int, folder: Path) -> None:
    """Take out of a run's files what later schemas added."""
    lacks = OLDER[version]
    for path in folder.glob("*/*.parquet"):
        table = pq.ParquetFile(path).read()
        table = table.drop_columns([name for name in lacks[""] if name in table.column_names])
        for column in set(lacks) & set(table.column_names):
            struct = table.column(column).combine_chunks()
            kept = [f for f in struct.type if f.name not in lacks[column]]
            slim = pa.StructArray.from_arrays([struct.field(f.name) for f in kept], fields=kept)
            table = table.set_column(table.column_names.index(column), column, slim)
        pq.write_table(table, path)
    manifest = folder / "manifest.json"
    manifest.write_text(
        manifest.read_text().replace(f'"schema_version": {SCHEMA_VERSION}', f'"schema_version": {version}')
    )


def some_runs(out: Path) -> None:
    """Write a run of this schema and one of each older, which ask for every kind of null."""
    for version in OLDER:
        one = f"{version:x}" * 16
        traces = [a_trace(f"old{version}", run_id=one)]
        _as_schema(version, write_run(out, traces, [a_problem_record(f"p{version}", run_id=one)], run_id=one))
    traces = [
        a_trace("t1", rollouts=(a_rollout(),), tree_id="tree1"),
        a_trace("t2", completer=None, outcome="rejected"),
    ]
    write_run(out, traces, [a_problem_record(), a_problem_record("p9", ended="error")], [a_tree()])


def test_a_store_answers_as_a_disk_does(tmp_path: Path, s3: str) -> None:
    some_runs(tmp_path)
    questions = [f"{word} {view}" for view in VIEWS for word in ("FROM", "DESCRIBE")]
    questions += [path.read_text() for path in sorted(QUERIES.glob("*.sql"))]
    with catalog(tmp_path) as here, catalog(uploaded(tmp_path, s3)) as there:
        for sql in questions:
            rows = sorted(map(str, there.execute(sql).fetchall()))
            assert rows == sorted(map(str, here.execute(sql).fetchall())), sql
            assert rows or not sql.startswith("FROM"), sql


def test_a_store_hands_over_only_what_is_asked_for(tmp_path: Path, s3: str) -> None:
    """Columns and filters go down to pyarrow: DuckDB's plan has them in the scan."""
    write_run(tmp_path, [a_trace("t1"), a_trace("t2")])
    with catalog(uploaded(tmp_path, s3)) as connection:
        (plan,) = connection.execute("EXPLAIN SELECT trace_id FROM traces WHERE family = 'sums'").fetchall()
        scan = plan[1][plan[1].index("ARROW_SCAN") :]
        assert "family" in scan and "rollouts" not in scan and "text_hash" not in scan
        assert connection.execute("SELECT count(*) FROM traces WHERE family = 'none'").fetchone() == (0,)


def test_what_no_store_can_hold_is_refused(s3: str, tmp_path: Path) -> None:
    write_run(tmp_path, [a_trace()])
    with pytest.raises(StorageError, match="copy the runs to one first"):
        catalog(uploaded(tmp_path, s3), persist=True)
