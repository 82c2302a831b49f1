"""Columns: every shape of row that loads, with and without solutions."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import SourceConfig
from pipeline.families.catalog import FAMILIES
from pipeline.sources import load, load_given
from schemas import ids
from schemas.problem import Solution
from tests.input_files import ALL, ASK, GOOD, Row, read, the_problem, write_lines, write_parquet


@pytest.mark.parametrize(
    ("row", "reference"),
    [
        ({"statement": "s", "reference": "1/2"}, "1/2"),
        ({"question": "s", "answer": "48/2 = <<48/2=24>>24 clips.\n#### 1,080"}, "1,080"),
        ({"problem": "s", "answer": r"\frac{1}{2}", "solution": r"so \boxed{9}"}, r"\frac{1}{2}"),
        ({"problem": "s", "solution": r"First \boxed{3}, no: $\boxed{\frac{1}{2}}$."}, r"\frac{1}{2}"),
        ({"prompt": "s", "gold": 42}, "42"),
        ({"prompt": "s", "gold": 42.0}, "42"),
        ({"question": "s", "ground_truth": 3.5}, "3.5"),
        ({"question": "s", "ground_truth": 1e-7}, "0.0000001"),
        ({"question": "s", "ground_truth": "She makes 9 * 2 = $18.\nA: 18"}, "18"),
        ({"question": "s", "answer": " x = 5 "}, "x = 5"),
        ({"problem": None, "question": "s", "reference": None, "answer": "7"}, "7"),
    ],
)
@pytest.mark.parametrize("write", [write_lines, write_parquet])
def test_columns_of_published_sets_load_as_they_are(
    tmp_path: Path, write: Callable[..., Path], row: Row, reference: str
) -> None:
    suffix = ".jsonl" if write is write_lines else ".parquet"
    problem = the_problem(read(write(tmp_path / f"set{suffix}", row)))
    assert (problem.statement, problem.reference) == ("s", reference)
    assert problem.problem_id == ids.problem_id("math", "s", reference)


def test_a_row_that_says_nothing_else_takes_its_source_for_family_and_the_configured_licence(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "mine.jsonl", "", GOOD)
    config = SourceConfig(path=str(path), licence="MIT", split="dev")
    problem = the_problem(load(config, ALL, seed=0))
    assert (problem.domain, problem.family, problem.source) == ("math", "mine", "mine.jsonl:2")
    assert (problem.licence, problem.split, problem.difficulty, problem.given) == ("MIT", "dev", None, ())


@pytest.mark.parametrize("licence", ["licence", "license"])
@pytest.mark.parametrize(
    ("difficulty", "value"),
    [("Level 3", 3.0), (2, 2.0), (4.5, 4.5), ("-1", -1.0), ("Level ?", None), (None, None), (float("nan"), None)],
)
def test_optional_columns(tmp_path: Path, licence: str, difficulty: object, value: float | None) -> None:
    row = {**GOOD, licence: "CC0", "split": "train", "level": difficulty, "family": "sums", "domain": "math"}
    problem = the_problem(read(write_lines(tmp_path / "a.jsonl", row)))
    assert (problem.licence, problem.split, problem.family, problem.difficulty) == ("CC0", "train", "sums", value)


@pytest.mark.parametrize("task", ["output", "input", "program", "prove", "solve", None])
def test_what_is_asked_may_be_said(tmp_path: Path, task: str | None) -> None:
    assert the_problem(read(write_lines(tmp_path / "a.jsonl", {**GOOD, "task": task}))).task == (task or "solve")


def test_an_unknown_task_is_refused_with_those_there_are(tmp_path: Path) -> None:
    loaded = read(write_lines(tmp_path / "a.jsonl", GOOD, {**GOOD, "task": "outputs"}))
    assert [row.kind for row in loaded.refused] == ["unreadable"]
    assert loaded.refused[0].message == "task 'outputs' is unknown; use one of: solve, output, input, program, prove"


def test_a_file_named_like_a_procedural_family_is_not_one(tmp_path: Path) -> None:
    for name in FAMILIES:
        assert the_problem(read(write_lines(tmp_path / f"{name}.jsonl", GOOD))).family not in FAMILIES


@pytest.mark.parametrize(
    ("row", "given"),
    [
        *(({column: "A: 42"}, [("A: 42", "unknown")]) for column in ("solution", "text", "completion", "trace")),
        ({"response": " A: 42\n", "model": "m"}, [(" A: 42\n", "m")]),
        ({"response": 42}, [("42", "unknown")]),
        ({"solution": r"\boxed{42}", "completion": "A: 41", "model": "m"}, [("A: 41", "m")]),
        ({"solutions": ["A: 1", "A: 2"], "model": "m"}, [("A: 1", "m"), ("A: 2", "m")]),
        ({"solutions": [{"text": "A: 1", "model": "n"}, {"solution": "A: 2"}]}, [("A: 1", "n"), ("A: 2", "unknown")]),
        (
            {"small": {"is_correct": True, "solution": "A: 42"}, "large": {"is_correct": False, "solution": "A: 1"}},
            [("A: 42", "small"), ("A: 1", "large")],
        ),
    ],
)
@pytest.mark.parametrize("write", [write_lines, write_parquet])
def test_shapes_of_given_solutions(
    tmp_path: Path, write: Callable[..., Path], row: Row, given: list[tuple[str, str]]
) -> None:
    suffix = ".jsonl" if write is write_lines else ".parquet"
    problem = the_problem(load_given(write(tmp_path / f"set{suffix}", {**ASK, **row})))
    assert problem.given == tuple(Solution(text=text, model=model) for text, model in given)
    assert problem.problem_id == ids.problem_id("math", "What is 6 * 7?", "42")


def test_the_gold_solution_of_a_set_is_the_reference_beside_a_completion(tmp_path: Path) -> None:
    row: Row = {"problem": "s", "solution": r"So \boxed{7}.", "completion": "A: 8"}
    problem = the_problem(load_given(write_lines(tmp_path / "a.jsonl", row)))
    assert (problem.reference, problem.given[0].text) == ("7", "A: 8")
