"""The query job: every canned question against hand-computed values, and how answers and errors look."""

import csv
import io
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobs.query import main
from pipeline.query import CATALOG, QUERIES
from schemas.trace import Trace
from schemas.verdict import Claim, ClaimVerdict
from tests.arms import arms, planned, told, told_arms
from tests.rows import a_last_step, a_problem_record, a_rollout, a_step, a_trace, write_run
from tests.s3_server import uploaded

# Any in this module: values of JSON rows.

QUESTIONS = sorted(path.stem for path in QUERIES.glob("*.sql"))


def a_claim(verdict: ClaimVerdict) -> Claim:
    return Claim(text="1 + 1 = 2", verdict=verdict, reason="for a test", start=0, end=9)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two generators, two families: one solution right, one right by luck, one wrong, and a text that occurs twice."""
    out = tmp_path_factory.mktemp("shards")
    bare = a_step("Well\n", n_rollouts=0, n_correct=0, stop_reason="no_continuation")
    products: dict[str, Any] = {"problem_id": "p3", "family": "products"}
    twice: dict[str, Any] = products | {"generator": "rejection", "steps": (bare, a_last_step())}
    right = (a_step(n_correct=4, q=0.95, exact_prefix=True), a_last_step(exact_prefix=True))
    wrong_claim, right_claim, unsure_claim = a_claim("wrong"), a_claim("right"), a_claim("unsure")
    lucky = (
        a_step("1 + 1 = 3\n", n_correct=1, q=0.25, exact_prefix=False, checks=(right_claim, wrong_claim)),
        a_last_step(exact_prefix=False),
    )
    wrong = (
        a_step(n_correct=2, q=0.45, exact_prefix=True, checks=(right_claim,)),
        a_step("2 + 2 = 5\n", n_correct=0, q=0.05, exact_prefix=False, checks=(right_claim, unsure_claim)),
        a_last_step("Answer: 5\n", exact_prefix=False),
    )
    undecided = a_rollout(answer="2", outcome="undecided", status="crash")
    traces = [
        a_trace("t1".ljust(32, "0"), steps=right, first_error=-1),
        a_trace("t2".ljust(32, "0"), steps=lucky, first_error=0),
        a_trace("t3".ljust(32, "0"), steps=wrong, first_error=1, outcome="rejected", **products),
        a_trace("t4".ljust(32, "0"), outcome="undecided", rollouts=(undecided,), **twice),
        a_trace("t5".ljust(32, "0"), duplicate_of="t4".ljust(32, "0"), **twice),
    ]
    failed: dict[str, Any] = {"ended": "error", "stage": "generate", "error_type": "EngineError", "message": "lost"}
    problems = [
        a_problem_record("p1", n_traces=2),
        a_problem_record("p2", family="products", root_correct=0, n_traces=0, **failed),
        a_problem_record("p3", family="products", root_n=8, root_correct=3, n_traces=3),
    ]
    write_run(out, traces, problems)
    write_run(out / "revised", revised())
    write_run(out / "planned", planned())
    write_run(out / "told", told())
    return out


def revised() -> list[Trace]:
    """Return tries and revisions: of outputs three wrong ones, one mended; of inputs three wrong ones, one answered as before."""

    def one(name: str, answer: str, outcome: str, parent: str | None = None, **more: Any) -> Trace:
        ours: dict[str, Any] = {"generator": "code_io", "answer": answer, "outcome": outcome, "parent_trace_id": parent}
        return a_trace(name, **ours | {"role": "revision" if parent else "solution", "family": name[0] * 2} | more)

    inputs: dict[str, Any] = {"problem": replace(a_trace().problem, task="input"), "root_n": 8, "root_correct": 4}
    outputs: dict[str, Any] = {"problem": replace(a_trace().problem, task="output"), "root_n": 4, "root_correct": 1}
    return [
        *(one(name, "1", "rejected", **outputs) for name in ("a1", "a2", "a3")),
        one("a4", "2", "accepted", **outputs),
        one("a5", "2", "accepted", "a1", **outputs),
        one("a6", "3", "rejected", "a3", **outputs),
        one("a7", "1", "rejected", "a2", generator="critique", **outputs),
        *(one(name, "f(1)", "rejected", **inputs) for name in ("b1", "b2")),
        one("b3", "f(1)", "rejected", **inputs | {"root_correct": 0}),
        one("b4", "f(2)", "undecided", **inputs),
        one("b5", "f(1)", "rejected", "b1", **inputs),
        one("b6", "f(2)", "accepted", "b2", **inputs),
        one("b7", "f(3)", "undecided", "b3", **inputs),
    ]


ELSEWHERE = {"revisions": "revised", "sufficiency": "planned", "faithfulness": "told"}
"""Questions about what other generators write, and the folder with an answer to them."""


# One list of values per row, in the order of the columns.
EXPECTED: dict[str, list[list[Any]]] = {
    "acceptance_by_family": [
        ["math", "sums", "solve", 1, 0.5, 2, 0, 2, 0, 1.0],
        ["math", "products", "solve", 2, 0.25, 3, 1, 1, 1, 0.5],
    ],
    "acceptance_by_generator": [
        ["rejection", 1, "solve", "solution", 2, 1, 1, 0, 1, 1.0],
        ["mcstep", 1, "solve", "solution", 3, 0, 2, 1, 0, 2 / 3],
    ],
    "by_policy": [["tiny", "scripted", 1.0, 5, 1, 3, 0.75, "tiny", 1.25]],
    "calibration": [
        ["0.0 to 0.1", 1, 0.05, 0.0, 0.0, 0],
        ["0.2 to 0.3", 1, 0.25, 0.25, 0.0, 0],
        ["0.4 to 0.5", 1, 0.45, 0.5, 1.0, 0],
        ["0.9 to 1.0", 1, 0.95, 1.0, 1.0, 0],
    ],
    # t2's first step has a wrong claim beside a right one; two of t3's have right ones, one beside an unsure one.
    "claims_against_rollouts": [
        ["wrong", 1, 1, 0.25, 0.0, 1.0],
        ["right", 2, 2, 0.25, 0.5, 0.0],
        ["none", 8, 1, 1.0, 0.0, 5 / 8],
    ],
    "cost_per_accepted_trace": [
        ["mcstep", 3, 2, 0, 300.0, 3.0, 6.0, 0.375],
        ["rejection", 2, 1, 1, 400.0, 4.0, 8.0, 0.5],
        ["all, with probes", 5, 3, 1, 1120 / 3, 10.75 / 3, 21.5 / 3, 1.625 / 3],
    ],
    "duplicates": [
        ["rejection", "products", 2, 1, 1, 1, 0.5, 2],
        ["mcstep", "products", 1, 0, 0, 1, 0.0, 1],
        ["mcstep", "sums", 2, 0, 0, 2, 0.0, 1],
    ],
    # Undecided proofs count in no share; p3 has no prose of the verbaliser's to compare with.
    "faithfulness": [
        *told_arms("aa", [2, 7, (1 + 2 / 3) / 2], [1, 7, 3 / 7], [2, 12, 0.125], [2, 16, 1 / 16]),
        *told_arms("bb", [1, 4, 0.75], None, [1, 8, 0.25], None),
        *told_arms("cc", [5, 20, 1.0], None, [5, 40, 0.0], [5, 40, 0.0]),
        *told_arms("all", [8, 31, (6.75 + 2 / 3) / 8], [1, 7, 3 / 7], [8, 60, 0.5 / 8], [7, 56, 0.125 / 7]),
    ],
    "false_positive_solutions": [["t2".ljust(32, "0"), "sums", 0, 2, "2", "1 + 1 = 3"]],
    "first_error_position": [[0, 1, 3, 1 / 3], [1, 1, 2, 0.5]],
    "hardest_problems": [
        ["p2", "products", 0, 4, 0.0, "What is 1 + 1?"],
        ["p3", "products", 3, 8, 0.375, "What is 1 + 1?"],
        ["p1", "sums", 2, 4, 0.5, "What is 1 + 1?"],
    ],
    "how_problems_ended": [["done", None, None, 2, 5, None], ["error", "generate", "EngineError", 1, 0, "lost"]],
    "label_histogram": [
        ["none", 1, 0.25, "█" * 30],
        ["0.2 to 0.3", 1, 0.25, "█" * 30],
        ["0.5 to 0.6", 1, 0.25, "█" * 30],
        ["all", 1, 0.25, "█" * 30],
    ],
    # products: t3's three steps agree, the four steps of t4 and t5 have no exact truth.
    # sums: t1's two agree, both of t2's are wrong steps labelled good.
    "label_quality": [
        ["products", 3, 0, 1.0, 1.0, 1.0, 1.0, 1.0, 1 / 3],
        ["sums", 4, 0, 0.5, 1.0, 0.0, 0.5, 0.5, 0.5],
        ["all", 7, 0, 0.75, 1.0, 0.5, 0.75, 5 / 7, 3 / 7],
    ],
    # The input that could not be judged again counts as revised, and in no share.
    "revisions": [
        ["input", "bb", 3, 3, 1, 1, 0.5, 0.5],
        ["output", "aa", 3, 2, 1, 0, 0.5, 0.25],
    ],
    "rollouts_per_step": [[0, 5, 3, 4.0, 4, 12, 7 / 12], [1, 5, 1, 4.0, 4, 4, 0.0], [2, 1, 0, None, 0, 0, None]],
    "stop_reasons": [
        ["terminal", 5, 5 / 11, 0, 4],
        ["fixed", 4, 4 / 11, 16, 4],
        ["no_continuation", 2, 2 / 11, 0, 0],
    ],
    # p3 has no reasoning to compare with; the control of p4 was refused.
    "sufficiency": [
        *arms("aa", [2, 22, (0.75 + 1) / 2], [2, 16, 0.125], [2, 16, 3 / 16]),
        *arms("bb", [1, 4, 1.0], [1, 4, 0.25], None),
        *arms("all", [3, 26, 2.75 / 3], [3, 20, 0.5 / 3], [2, 16, 3 / 16]),
    ],
    "tokens_and_time": [
        ["mcstep", 3, 300, 0.5, 600, 6.0, 12.0, 1.5, 100.0, 0.75],
        ["rejection", 2, 200, 0.5, 400, 4.0, 8.0, 1.0, 100.0, 0.5],
        ["probes", 0, 30, 0.5, 120, 0.75, 1.5, None, 160.0, 0.375],
    ],
    # t4 itself and its one rollout.
    "undecided_answers": [["crash", "2", "2", 1, 1]],
    "verdict_statuses": [
        ["answers", 1, "accepted", "equal", 3, 0.6, "as the reference says"],
        ["answers", 1, "undecided", "crash", 1, 0.2, "as the reference says"],
        ["answers", 1, "rejected", "different", 1, 0.2, "as the reference says"],
    ],
}


def run(shards: Path, *more: str) -> int:
    return main(["--shards", str(shards), *more])


@pytest.mark.parametrize("name", QUESTIONS)
def test_canned_question(shards: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(shards / ELSEWHERE.get(name, ""), name, "--format", "json") == 0
    rows = [list(row.values()) for row in json.loads(capsys.readouterr().out)]
    assert len(rows) == len(EXPECTED[name])
    for row, expected in zip(rows, EXPECTED[name], strict=True):
        assert row == [pytest.approx(value, abs=2e-6) if isinstance(value, float) else value for value in expected]


@pytest.mark.parametrize("name", QUESTIONS)
def test_canned_question_is_a_table_of_at_most_100_columns(
    shards: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(shards / ELSEWHERE.get(name, ""), name) == 0
    printed = capsys.readouterr().out
    assert "─────" in printed  # a table, not the fallback of one block per row
    assert "…" not in printed
    assert max(map(len, printed.splitlines())) <= 100


@pytest.mark.parametrize("name", QUESTIONS)
def test_canned_question_about_nothing_is_no_error(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(tmp_path)
    assert run(tmp_path, name) == 0
    assert capsys.readouterr().err == ""


def test_without_a_name_the_questions_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path) == 0
    printed = capsys.readouterr().out
    for name in QUESTIONS:
        first, question = (QUERIES / f"{name}.sql").read_text().split("\n", 1)[0].split(" ", 1)
        assert first == "--"
        assert any(line.split() == [name, *question.split()] for line in printed.splitlines())
    assert "make query NAME=" in printed


def test_own_sql_as_csv(shards: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run(
            shards,
            "--sql",
            "SELECT trace_id, [1, 2] AS l, 'a,b' AS t, NULL AS n FROM traces LIMIT 1",
            "--format",
            "csv",
        )
        == 0
    )
    assert list(csv.reader(io.StringIO(capsys.readouterr().out))) == [
        ["trace_id", "l", "t", "n"],
        ["t1".ljust(32, "0"), "[1, 2]", "a,b", ""],
    ]


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT 1 WHERE false", []),
        ("SELECT 1.5 AS d, {'a': DATE '2026-01-01'} AS s", [{"d": 1.5, "s": {"a": "2026-01-01"}}]),
        ("FROM range(25000) t(i)", [{"i": i} for i in range(25000)]),
    ],
)
def test_own_sql_as_json(shards: Path, sql: str, rows: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(shards, "--sql", sql, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == rows


@pytest.mark.parametrize(
    "sql",
    ["FROM runs", "DESCRIBE steps", "SUMMARIZE problems", "WITH a AS (SELECT 1) FROM a;", "explain analyze FROM steps"],
)
def test_every_reading_statement_is_answered(shards: Path, sql: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(shards, "--sql", sql) == 0
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize(
    "sql",
    [
        "COPY traces TO 'stolen.csv'",
        "EXPLAIN ANALYZE COPY traces TO 'stolen.csv'",
        "/* */ EXPLAIN ANALYZE COPY traces TO 'stolen.csv'",
        "SELECT 1; COPY traces TO 'stolen.csv'",
        "ATTACH 'stolen.csv'",
        "EXPORT DATABASE 'stolen.csv'",
        "-- only a comment",
    ],
)
def test_nothing_but_reading_is_done(
    shards: Path, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(shards, "--sql", sql) == 2
    assert "only reads" in capsys.readouterr().err
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["lable_quality"], 'no question named "lable_quality"; the nearest is label_quality'),
        (["SELECT 1"], "give SQL with --sql"),
        (["--sql", "SELEC 1"], 'syntax error at or near "SELEC"'),
        (["--sql", "SELECT n_corect FROM steps"], '"n_correct"'),
        (["--sql", "SELECT 'x'::INT"], "Could not convert string 'x'"),
        (["--sql", "SELECT now()"], "cast it"),
    ],
)
def test_what_is_wrong_is_said(
    shards: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(shards, *arguments) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("error: ")
    assert says in printed.err
    assert "Traceback" not in printed.err


def test_no_runs_names_the_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "label_quality") == 2
    assert "make shards" in capsys.readouterr().err


def test_sampled_text_cannot_drive_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path, [a_trace(answer="\x1b[31m[bold]red[/nope]\nnext\x07")])
    assert run(tmp_path, "--sql", "SELECT answer, 1 AS one FROM traces") == 0
    assert r"\x1b[31m[bold]red[/nope]\nnext\x07" in capsys.readouterr().out


def test_a_row_too_wide_for_a_table_is_a_block(shards: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(shards, "--sql", "FROM traces") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("row 0 ---")
    assert lines[1].split() == ["trace_id", "t1".ljust(32, "0")]
    assert max(map(len, lines)) <= 100


def test_a_long_table_says_that_it_was_cut(shards: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(shards, "--sql", "FROM range(101)") == 0
    printed = capsys.readouterr().out
    assert "the first 100 rows" in printed
    assert [line.strip() for line in printed.splitlines()][-3] == "99"


def test_catalog_is_written_when_asked(tmp_path: Path) -> None:
    write_run(tmp_path, [a_trace()])
    assert run(tmp_path, "label_quality") == 0
    assert not (tmp_path / CATALOG).exists()
    assert run(tmp_path, "--catalog") == 0
    assert (tmp_path / CATALOG).exists()


def test_runs_on_a_store_are_asked_as_any_others(tmp_path: Path, s3: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path, [a_trace("t1"), a_trace("t2")], [a_problem_record()])
    uploaded(tmp_path, s3)
    assert main(["--shards", s3, "--format", "csv", "--sql", "SELECT trace_id FROM traces ORDER BY 1"]) == 0
    assert capsys.readouterr().out == "trace_id\nt1\nt2\n"
    assert main(["--shards", s3, "how_problems_ended"]) == 0
    assert main(["--shards", f"{s3}/none", "--sql", "FROM traces"]) == 2
    assert f"error: {s3}/none: no runs here" in capsys.readouterr().err
    assert main(["--shards", "s4://x/y", "--sql", "FROM traces"]) == 2
    assert "use a folder, s3:// or gs://" in capsys.readouterr().err
