"""Tables: the Arrow schema and its dataclass are one thing, and rows come back as they went in."""

import re
from dataclasses import fields, replace
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.result import RESULTS, Result
from schemas.problem import GIVEN, PROBLEMS, Problem, ProblemRecord, Solution
from schemas.table import SCHEMA_VERSION, from_table, to_table
from schemas.trace import TRACES, Trace
from schemas.tree import TREES, Tree
from schemas.verdict import Claim
from tests.doubles import a_problem
from tests.rows import a_last_step, a_problem_record, a_rollout, a_step, a_trace

SCHEMAS = {
    "traces": (TRACES, Trace),
    "problems": (PROBLEMS, ProblemRecord),
    "trees": (TREES, Tree),
    "given": (GIVEN, Problem),
}
SCHEMAS["results"] = (RESULTS, Result)
by_name = pytest.mark.parametrize("name", SCHEMAS)

NO_TEXT: dict[str, Any] = {"text": None}

text = st.text(max_size=12)
maybe_text = st.none() | text
real = st.floats(allow_nan=False)
maybe_real = st.none() | real
int32 = st.integers(-(2**31), 2**31 - 1)
int64 = st.integers(-(2**63), 2**63 - 1)
claims = st.builds(
    Claim, text=text, verdict=st.sampled_from(["right", "wrong", "unsure"]), reason=text, start=int32, end=int32
)
steps = st.builds(
    a_step,
    text,
    action=maybe_text,
    token_start=int32,
    logprob=maybe_real,
    n_correct=int32,
    q=maybe_real,
    q_low=maybe_real,
    q_high=maybe_real,
    estimator=maybe_text,
    exact_local=st.none() | st.booleans(),
    exact_prefix=st.none() | st.booleans(),
    checks=st.lists(claims, max_size=2).map(tuple),
    formal=maybe_text,
    state_before=maybe_text,
    state_after=maybe_text,
)
rollouts = st.builds(a_rollout, int32, int32, seed=int64, text=maybe_text, answer=maybe_text, logprob=real)
traces = st.builds(
    a_trace,
    text,
    text,
    parent_trace_id=maybe_text,
    tree_id=maybe_text,
    tree_path=maybe_text,
    steps=st.lists(steps, max_size=3).map(tuple),
    rollouts=st.lists(rollouts, max_size=3).map(tuple),
    answer=maybe_text,
    first_error=st.none() | int32,
    created_at=st.integers(0, 2**52),
)
records = st.builds(
    a_problem_record,
    text,
    difficulty=maybe_real,
    stage=maybe_text,
    error_type=maybe_text,
    message=maybe_text,
    prompt_tokens=int64,
    seconds=real,
)
problems = st.builds(
    a_problem,
    text,
    text,
    difficulty=maybe_real,
    program=maybe_text,
    given=st.lists(st.builds(Solution, text=text, model=text), max_size=2).map(tuple),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(traces, max_size=3))
def test_traces_come_back_as_they_went_in(rows: list[Trace]) -> None:
    table = to_table(rows, TRACES)
    table.validate(full=True)
    assert table.schema.equals(TRACES, check_metadata=True)
    assert from_table(table, Trace) == rows


@settings(max_examples=40, deadline=None)
@given(st.lists(records, max_size=4))
def test_problem_records_come_back_as_they_went_in(rows: list[ProblemRecord]) -> None:
    assert from_table(to_table(rows, PROBLEMS), ProblemRecord) == rows


@settings(max_examples=40, deadline=None)
@given(st.lists(problems, max_size=4))
def test_problems_come_back_as_they_went_in(rows: list[Problem]) -> None:
    assert from_table(to_table(rows, GIVEN), Problem) == rows


@settings(max_examples=20, deadline=None)
@given(st.lists(st.builds(Result, record=records, traces=st.lists(traces, max_size=2).map(tuple)), max_size=3))
def test_results_come_back_as_they_went_in(rows: list[Result]) -> None:
    assert from_table(to_table(rows, RESULTS), Result) == rows


def test_rows_survive_parquet_with_none_and_empty_apart(tmp_path: Path) -> None:
    rows = [
        a_trace("none", answer=None, steps=(), rollouts=()),
        a_trace("empty", answer="", steps=(a_step(checks=(), formal=""), a_last_step(formal=None)), rollouts=()),
        a_trace("full", rollouts=(a_rollout(text=None), a_rollout(index=1, text=""))),
    ]
    path = tmp_path / "rows.parquet"
    pq.write_table(to_table(rows, TRACES), path)
    assert from_table(pq.read_table(path), Trace) == rows


def test_rows_survive_a_schema_with_columns_in_another_order() -> None:
    table = to_table([a_problem_record()], PROBLEMS)
    shuffled = table.select(sorted(table.column_names))
    assert from_table(shuffled, ProblemRecord) == [a_problem_record()]


@pytest.mark.parametrize(
    ("overrides", "path"),
    [
        ({"run_id": None}, "run_id"),
        ({"steps": (a_step(), replace(a_step(), **NO_TEXT), a_last_step())}, "steps[].text"),
        ({"steps": (a_step(), None)}, "steps[]"),
        ({"steps": None}, "steps"),
        ({"steps": (a_step(checks=None), a_last_step())}, "steps[].checks"),
        ({"problem": None}, "problem"),
        ({"rollouts": (a_rollout(outcome=None),)}, "rollouts[].outcome"),
    ],
)
def test_a_null_where_none_is_allowed_raises_and_names_the_path(overrides: dict[str, Any], path: str) -> None:
    row = replace(a_trace(), **overrides)
    with pytest.raises(ValueError, match=f"^{re.escape(path)}: null"):
        to_table([a_trace(), row], TRACES)


@pytest.mark.parametrize(
    "row",
    [
        a_trace(sample_index="0"),
        a_trace(sample_index=2**31),
        a_trace(answer=2),
        a_trace(steps=(a_step(exact_local="yes"), a_last_step())),
    ],
)
def test_a_value_of_another_type_raises(row: Trace) -> None:
    with pytest.raises((pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, TypeError)):
        to_table([row], TRACES)


def test_a_row_without_a_column_raises() -> None:
    with pytest.raises(AttributeError):
        to_table([a_problem()], TRACES)


@by_name
def test_no_rows_are_an_empty_table_of_the_schema(name: str) -> None:
    schema, row = SCHEMAS[name]
    table = to_table([], schema)
    assert table.schema.equals(schema, check_metadata=True)
    assert from_table(table, row) == []


@by_name
def test_the_dataclass_and_the_schema_have_the_same_fields(name: str) -> None:
    schema, row = SCHEMAS[name]
    assert differences(row, list(schema), name) == []


def differences(row: type, arrow: list[pa.Field], path: str) -> list[str]:
    """Say where a dataclass and Arrow fields part: names, order, types and nullability, all the way down."""
    hints = get_type_hints(row)
    names = [f.name for f in fields(row)]
    if names != [f.name for f in arrow]:
        return [f"{path}: {names} in the dataclass, {[f.name for f in arrow]} in the schema"]
    return [one for f in arrow for one in _difference(hints[f.name], f, f"{path}.{f.name}")]


_PLAIN = {str: pa.types.is_string, int: pa.types.is_integer, float: pa.types.is_floating, bool: pa.types.is_boolean}


def _difference(hint: Any, arrow: pa.Field, path: str) -> list[str]:
    optional = get_origin(hint) in (Union, UnionType)
    if optional:
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
    if optional != arrow.nullable:
        return [f"{path}: {'optional' if optional else 'required'}, but nullable={arrow.nullable}"]
    if get_origin(hint) is tuple:
        if not pa.types.is_list(arrow.type):
            return [f"{path}: a tuple, but {arrow.type}"]
        return _difference(get_args(hint)[0], arrow.type.value_field, f"{path}[]")
    if get_origin(hint) is Literal:
        hint = str
    if hasattr(hint, "__dataclass_fields__"):
        return (
            differences(hint, list(arrow.type), path) if pa.types.is_struct(arrow.type) else [f"{path}: not a struct"]
        )
    if hint is int and pa.types.is_timestamp(arrow.type):
        return []
    return [] if _PLAIN[hint](arrow.type) else [f"{path}: {hint} in the dataclass, {arrow.type} in the schema"]


def test_the_parity_check_sees_every_kind_of_difference() -> None:
    good = list(TRACES)
    nullable = [f.with_nullable(True) if f.name == "run_id" else f for f in good]
    retyped = [f.with_type(pa.string()) if f.name == "sample_index" else f for f in good]
    assert "nullable=True" in differences(Trace, nullable, "t")[0]
    assert "sample_index" in differences(Trace, retyped, "t")[0]
    assert differences(Trace, good[1:], "t") and differences(Trace, good[::-1], "t")


@pytest.mark.parametrize("name", ["traces", "problems"])
def test_what_every_field_means_travels_in_the_file(name: str, tmp_path: Path) -> None:
    schema, _ = SCHEMAS[name]
    pq.write_table(to_table([], schema), tmp_path / "t.parquet")
    found = pq.read_schema(tmp_path / "t.parquet")
    assert found.metadata[b"stepmill.table"] == name.encode()
    assert found.metadata[b"stepmill.schema_version"] == str(SCHEMA_VERSION).encode()
    silent = [path for path, field in walk(list(found), "") if not (field.metadata or {}).get(b"doc", b"").strip()]
    assert silent == []
    assert found.equals(schema)


def walk(arrow: list[pa.Field], path: str) -> list[tuple[str, pa.Field]]:
    """Return every named field, list items apart: their list says what they are."""
    found = []
    for field in arrow:
        found.append((path + field.name, field))
        kind = field.type.value_type if pa.types.is_list(field.type) else field.type
        if pa.types.is_struct(kind):
            found += walk(list(kind), f"{path}{field.name}.")
    return found
