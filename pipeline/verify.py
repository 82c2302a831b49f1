"""Verify: the audit of what will be written. Labels were made while the search ran; here nothing is made, only checked.

Each trace's final verdict is asked for once more, from its own text. A verdict that does not come out the same makes the
trace undecided (`disagree`): a label that cannot be reproduced is none.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from generators.given import FOREIGN
from pipeline.models.model_families import FAMILIES
from pipeline.near_duplicates import marked
from pipeline.result import RESULTS, Result, traces_of
from schemas.problem import Problem
from schemas.table import from_table, to_table
from verifiers.catalog import VERIFIERS, config_of

_ANSWERS = ("solution", "revision")
"""Roles of a trace whose text answers its problem."""


def audit(results: pa.Table, configs: Mapping[str, Any]) -> pa.Table:
    """Return the results with every reproducible verdict as it was. Rows in = rows out.

    `configs` are those of the verifiers by their NAME, as the judge had them; missing ones are the defaults.
    """
    other = _irreproducible(traces_of(results), configs)
    if not other:
        return results
    rows = [_corrected(row, other) for row in from_table(results, Result)]
    return to_table(rows, RESULTS)


def _irreproducible(traces: pa.Table, configs: Mapping[str, Any]) -> dict[str, str]:
    """Return the status that the audit found, by trace id, where it is not the one recorded.

    What only the slow tier or a run of a program can tell is passed over: it has had its deadline once. So is what the verifier
    of the domain did not judge: plans and critiques have judges of their own.
    """
    steps = traces.column("steps").combine_chunks()
    texts = pa.ListArray.from_arrays(steps.offsets, steps.values.field("text")).to_pylist()
    names = ["trace_id", "role", "verifier", "status", "outcome", "domain", "family", "problem_id", "problem", "policy"]
    columns = traces.select(names).to_pylist()
    found = {}
    for row, text in zip(columns, texts, strict=True):
        verifier = VERIFIERS.get(row["domain"])
        if verifier is None or row["verifier"] != verifier.NAME or row["role"] not in _ANSWERS:
            continue
        if row["status"] in ("truncated", "looping"):
            continue
        problem = Problem(problem_id=row["problem_id"], domain=row["domain"], family=row["family"], **row["problem"])
        answer = FAMILIES.get(row["policy"]["model_family"], FOREIGN).answer_part("".join(text))
        verdict = verifier.quick(problem, answer, config_of(verifier, configs))
        if verdict is not None and (verdict.status, verdict.outcome) != (row["status"], row["outcome"]):
            found[row["trace_id"]] = verdict.status
    return found


def _corrected(row: Result, other: dict[str, str]) -> Result:
    traces = (
        replace(
            trace,
            outcome="undecided",
            steps=(*trace.steps[:-1], replace(trace.steps[-1], q=None)) if trace.steps else (),
            status="disagree",
            reason=f"first {trace.status}, when audited {other[trace.trace_id]}",
        )
        if trace.trace_id in other
        else trace
        for trace in row.traces
    )
    # What a duplicate repeats may be undecided now, and it is not.
    return replace(row, traces=tuple(marked(list(traces))))
