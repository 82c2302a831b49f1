"""Verify: the audit of what will be written. Labels were made while the search ran; here nothing is made, only checked.

Each trace's final verdict is asked for once more, from its own text. A verdict that does not come out the same makes the
trace undecided (`disagree`): a label that cannot be reproduced is none.
"""

from dataclasses import replace

import pyarrow as pa

from pipeline.result import RESULTS, Result
from schemas.problem import Problem, ProblemRecord
from schemas.table import from_table, to_table
from schemas.trace import Trace
from verifiers.catalog import VERIFIERS


def audit(results: pa.Table) -> pa.Table:
    """Return the results with every reproducible verdict as it was. Rows in = rows out."""
    rows = from_table(results, Result)
    if all(_reproduced(trace, row.record) is None for row in rows for trace in row.traces):
        return results
    return to_table([replace(row, traces=tuple(_audited(t, row.record) for t in row.traces)) for row in rows], RESULTS)


def _audited(trace: Trace, record: ProblemRecord) -> Trace:
    other = _reproduced(trace, record)
    if other is None:
        return trace
    return replace(trace, outcome="undecided", status="disagree", reason=f"first {trace.status}, when audited {other}")


def _reproduced(trace: Trace, record: ProblemRecord) -> str | None:
    """Return the other status that the audit found, None where it found the same or needs the slow tier to tell."""
    if trace.status in ("truncated", "looping"):
        return None
    problem = Problem(
        problem_id=record.problem_id,
        domain=record.domain,
        family=record.family,
        statement=record.statement,
        reference=record.reference,
        source=record.source,
        licence=record.licence,
        split=record.split,
    )
    verdict = VERIFIERS[record.domain].quick(problem, "".join(step.text for step in trace.steps))
    return verdict.status if verdict is not None and verdict.status != trace.status else None
