"""Runs in which everything is true, for tests that spoil one thing: ids, counts, verdicts and files as the flow makes them."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline import manifest
from pipeline.result import RESULTS, Result
from pipeline.storage.folder import Folder, folder
from pipeline.write import write_results
from schemas import ids
from schemas.problem import Problem
from schemas.table import to_table
from schemas.trace import Trace
from tests.rows import RUN_ID, a_last_step, a_node, a_problem_record, a_rollout, a_step, a_trace, a_tree
from verifiers import answers
from verifiers.steps import check

GENERATOR, SAMPLES = "math_shepherd", 2

# Any in this module: as in `tests/rows.py`.


def a_result(number: int, run_id: str = RUN_ID) -> Result:
    """Return a problem with a tree, a right trace that was cut from it, and a wrong one made of that."""
    total = number + 2
    stated: dict[str, Any] = {"statement": f"What is {number} + 2?", "reference": str(total)}
    problem_id = ids.problem_id("math", stated["statement"], stated["reference"])
    problem = replace(a_trace().problem, **stated)
    tree_id = ids.tree_id(run_id, problem_id, GENERATOR, 1, 0)
    traces = []
    for index in range(SAMPLES):
        said = total + index
        texts = [f"{number} + 2 = {said}\n", f"Answer: {said}\n"]
        trace = a_trace(
            trace_id=ids.trace_id(run_id, problem_id, GENERATOR, 1, index),
            problem_id=problem_id,
            run_id=run_id,
            generator=GENERATOR,
            sample_index=index,
            problem=problem,
            steps=(a_step(texts[0], q=0.75, q_low=0.5, q_high=0.9, n_correct=3, n_rollouts=4), a_last_step(texts[1])),
            rollouts=tuple(a_rollout(0, place, **_rollout(place < 3)) for place in range(4)),
            tree_id=None if index else tree_id,
            tree_path=None if index else "0/1",
            parent_trace_id=ids.trace_id(run_id, problem_id, GENERATOR, 1, 0) if index else None,
        )
        traces.append(judged(trace))
    tree = a_tree(tree_id, problem_id, run_id=run_id, search=GENERATOR, problem=problem, nodes=(a_node(), a_node(1, 0)))
    record = a_problem_record(problem_id, run_id=run_id, n_traces=len(traces), **stated)
    return Result(record=record, traces=tuple(traces), trees=(tree,))


def _rollout(right: bool) -> dict[str, Any]:
    return {} if right else {"outcome": "rejected", "status": "different"}


def judged(trace: Trace) -> Trace:
    """Return the trace with the verdict and the claims that the verifiers find in its text."""
    texts = [step.text for step in trace.steps]
    verdict = answers.compare(trace.problem.reference, "".join(texts))
    problem = Problem(
        problem_id=trace.problem_id, domain="math", family=trace.family,
        **{name: getattr(trace.problem, name) for name in trace.problem.__slots__},
    )  # fmt: skip
    checks = check.check(problem, texts)
    steps = [
        replace(step, checks=found.claims, exact_local=found.exact_local, exact_prefix=found.exact_prefix)
        for step, found in zip(trace.steps, checks.steps, strict=True)
    ]
    steps[-1] = replace(steps[-1], q={"accepted": 1.0, "rejected": 0.0, "undecided": None}[verdict.outcome])
    return replace(
        trace,
        steps=tuple(steps),
        text_hash=ids.text_hash("".join(texts)),
        answer=verdict.answer,
        outcome=verdict.outcome,
        status=verdict.status,
        reason=verdict.reason,
        verifier=verdict.verifier,
        verifier_version=verdict.version,
    )


def write_whole_run(out: str | Path, shards: Sequence[Sequence[Result]], *, run_id: str = RUN_ID) -> Folder:
    """Write a complete run, a shard for each group of results, and return its folder."""
    run = folder(out) / f"run={run_id}"
    run.make()
    record = {"run_id": run_id, "state": "complete", "config": {"verifiers": {}}, "code_version": "test"}
    run.write("run.json", json.dumps(record).encode())
    for results in shards:
        commit(run, results, run_id=run_id)
    return run


def commit(run: Folder, results: Sequence[Result], *, run_id: str = RUN_ID) -> None:
    """Add a shard."""
    with run.locked():
        log = manifest.open_log(run, run_id)
        log.commit(write_results(to_table(results, RESULTS), run))
        log.close()


def numbers(count: int, per_shard: int, run_id: str = RUN_ID) -> list[list[Result]]:
    """Return `count` results in groups."""
    return [
        [a_result(number, run_id) for number in range(first, min(first + per_shard, count))]
        for first in range(0, count, per_shard)
    ]


def spoil(run: Folder, table: str, row: int, **values: Any) -> str:
    """Replace columns of one row in the first file of a table, manifest and hash with it; return the file."""
    assert run.local is not None
    entries = manifest.read(run)
    entry = next(one for one in entries if one.table == table)
    path = run.local / entry.file
    old = pq.ParquetFile(path).read()
    rows = old.to_pylist()
    rows[row] |= values
    pq.write_table(type(old).from_pylist(rows, schema=old.schema), path)
    rehash(run)
    return entry.file


def rehash(run: Folder) -> None:
    """Make the manifest say of every file what is on disk: as if it had been written so."""
    assert run.local is not None
    content = json.loads((run.local / "manifest.json").read_text())
    for entry in content["shards"]:
        path = run.local / entry["file"]
        entry |= {
            "sha256": manifest.sha256_of(path),
            "bytes": path.stat().st_size,
            "rows": pq.read_metadata(path).num_rows,
        }
    (run.local / "manifest.json").write_text(json.dumps(content))
