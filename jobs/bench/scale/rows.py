"""Rows to write and to ask: a small real run of the scripted engine, told again under other ids."""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq

from jobs import shards as run
from pipeline import manifest
from pipeline.result import Result
from pipeline.storage.folder import folder
from schemas import ids
from schemas.problem import ProblemRecord
from schemas.table import from_table
from schemas.trace import Trace

SAMPLES = 8
_CONFIG = """
[source]
families = ["expressions"]
difficulties = [2, 3, 4, 5]
[models.m]
engine = "scripted"
[[generators]]
name = "math_shepherd"
samples = 8
labelled = 2
rollouts = 8
[flow]
ray = false
"""


def ground(place: Path, problems: int) -> list[Result]:
    """Return the results of a run of so many problems, made in `place`: a row per problem, 8 traces each, 2 of them labelled."""
    config = place / "run.toml"
    config.write_text(_CONFIG)
    with contextlib.redirect_stdout(sys.stderr):
        code = run.main(["--config", str(config), "--out", str(place / "run"), "--problems", str(problems), "--json"])
    if code:
        raise OSError(f"{place}: the run that the rows come from ended with {code}")
    (where,) = (place / "run").glob("run=*")
    records: list[ProblemRecord] = []
    traces: dict[str, list[Trace]] = {}
    for entry in manifest.read(folder(where)):
        table = pq.read_table(where / entry.file)
        if entry.table == "problems":
            records += from_table(table, ProblemRecord)
        elif entry.table == "traces":
            for trace in from_table(table, Trace):
                traces.setdefault(trace.problem_id, []).append(trace)
    return [Result(record=record, traces=tuple(traces.get(record.problem_id, ()))) for record in records]


def again(results: list[Result], run_id: str, copy: int) -> list[Result]:
    """Return the same rows as those of other problems, of another run."""
    return [_renamed(result, run_id, copy) for result in results]


def _renamed(result: Result, run_id: str, copy: int) -> Result:
    problem_id = ids.digest("copy", copy, result.record.problem_id)
    return Result(
        record=replace(result.record, problem_id=problem_id, run_id=run_id),
        traces=tuple(
            replace(trace, trace_id=ids.digest("copy", copy, trace.trace_id), problem_id=problem_id, run_id=run_id)
            for trace in result.traces
        ),
    )


def copies(results: list[Result], run_id: str, traces: int) -> Iterator[list[Result]]:
    """Yield copies until they hold so many traces; the last one is cut."""
    left, copy = traces, 0
    while left > 0:
        wanted = again(results[: max(1, -(-left // SAMPLES))], run_id, copy)
        yield wanted
        left -= sum(len(result.traces) for result in wanted)
        copy += 1
