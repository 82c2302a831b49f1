"""Rows and whole runs for tests: small, complete, every field with a default that can be overridden by name."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.ids import text_hash
from schemas.problem import PROBLEMS, ProblemRecord
from schemas.table import SCHEMA_VERSION, to_table
from schemas.trace import TRACES, Completer, Cost, Policy, Rollout, Step, Trace, TraceProblem
from schemas.tree import TREES, Node, Tree

CREATED_AT = 1_767_225_600_000_000  # 2026-01-01 00:00:00 UTC
RUN_ID = "0123456789abcdef"

# Any in this module: overrides of dataclass fields by name, checked by the dataclass itself.


def a_step(text: str = "1 + 1 = 2\n", **overrides: Any) -> Step:
    """Return a step with four rollouts, all accepted. `n_correct=0` makes a bad one."""
    fields: dict[str, Any] = {
        "text": text,
        "token_start": 0,
        "token_end": 4,
        "logprob": -0.5,
        "n_rollouts": 4,
        "n_correct": 4,
        "stop_reason": "fixed",
    }
    return Step(**fields | overrides)


def a_last_step(text: str = "Answer: 2\n", **overrides: Any) -> Step:
    """Return a terminal step: no rollouts, the trace's own verdict stands."""
    return a_step(text, **{"n_rollouts": 0, "n_correct": 0, "stop_reason": "terminal"} | overrides)


def a_rollout(step: int = 0, index: int = 0, **overrides: Any) -> Rollout:
    """Return an accepted rollout of ten tokens."""
    fields: dict[str, Any] = {
        "step": step,
        "seed": 7,
        "index": index,
        "text": "Answer: 2",
        "answer": "2",
        "outcome": "accepted",
        "status": "equal",
        "finish_reason": "stop",
        "generated_tokens": 10,
        "logprob": -1.0,
    }
    return Rollout(**fields | overrides)


def a_trace(trace_id: str = "t1", problem_id: str = "p1", **overrides: Any) -> Trace:
    """Return an accepted solution of two steps; `text_hash` follows the steps and `status` the outcome if not given."""
    fields: dict[str, Any] = {
        "trace_id": trace_id,
        "problem_id": problem_id,
        "run_id": RUN_ID,
        "generator": "mcstep",
        "generator_version": 1,
        "sample_index": 0,
        "domain": "math",
        "family": "sums",
        "role": "solution",
        "parent_trace_id": None,
        "tree_id": None,
        "tree_path": None,
        "problem": TraceProblem(
            task="solve",
            statement="What is 1 + 1?",
            reference="2",
            source="procedural",
            licence="CC0-1.0",
            split="train",
            difficulty=1.0,
        ),
        "prompt_hash": "prompt",
        "steps": (a_step(), a_last_step()),
        "rollouts": (),
        "answer": "2",
        "outcome": "accepted",
        "reason": "as the reference says",
        "verifier": "answers",
        "verifier_version": 1,
        "root_n": 4,
        "root_correct": 2,
        "first_error": None,
        "policy": Policy(
            model="tiny",
            revision="r1",
            engine="scripted",
            model_family="bare",
            temperature=1.0,
            top_p=1.0,
            max_tokens=64,
            seed=7,
        ),
        "completer": Completer(
            model="tiny",
            revision="r1",
            engine="scripted",
            model_family="bare",
            prompt_hash="prompt",
            temperature=1.0,
            top_p=1.0,
            max_tokens=64,
        ),
        "cost": Cost(
            prompt_tokens=100,
            cached_tokens=50,
            generated_tokens=200,
            engine_s=2.0,
            gpu_s=4.0,
            verify_s=0.5,
            dollars=0.25,
        ),
        "code_version": "test",
        "created_at": CREATED_AT,
    } | overrides
    fields.setdefault("text_hash", text_hash("".join(step.text for step in fields["steps"])))
    fields.setdefault("status", {"accepted": "equal", "rejected": "different"}.get(fields["outcome"], "crash"))
    return Trace(**fields)


def a_problem_record(problem_id: str = "p1", **overrides: Any) -> ProblemRecord:
    """Return a problem that was done: two of four root rollouts accepted, one trace."""
    fields: dict[str, Any] = {
        "problem_id": problem_id,
        "run_id": RUN_ID,
        "domain": "math",
        "task": "solve",
        "family": "sums",
        "statement": "What is 1 + 1?",
        "reference": "2",
        "source": "procedural",
        "licence": "CC0-1.0",
        "split": "train",
        "difficulty": 1.0,
        "ended": "done",
        "root_n": 4,
        "root_correct": 2,
        "n_traces": 1,
        "stage": None,
        "error_type": None,
        "message": None,
        "prompt_tokens": 10,
        "cached_tokens": 5,
        "generated_tokens": 40,
        "engine_s": 0.25,
        "gpu_s": 0.5,
        "dollars": 0.125,
        "seconds": 1.5,
        "code_version": "test",
        "created_at": CREATED_AT,
    }
    return ProblemRecord(**fields | overrides)


def a_node(node: int = 0, parent: int | None = None, **overrides: Any) -> Node:
    """Return a probed prefix, two of four rollouts accepted. `terminal=True` and `outcome` make an end."""
    fields: dict[str, Any] = {
        "node": node,
        "parent": parent,
        "depth": 0 if parent is None else 1,
        "text": "" if parent is None else "1 + 1 = 2\n",
        "visits": 0,
        "value_sum": 2.0,
        "value": 0.5,
        "n_rollouts": 4,
        "n_correct": 2,
        "n_undecided": 0,
        "terminal": False,
        "outcome": None,
        "tokens": 40,
    }
    return Node(**fields | overrides)


def a_tree(tree_id: str = "tree1", problem_id: str = "p1", **overrides: Any) -> Tree:
    """Return a search of one trace's problem with a root and one prefix."""
    trace = a_trace(problem_id=problem_id)
    fields: dict[str, Any] = {
        "tree_id": tree_id,
        "problem_id": problem_id,
        "run_id": RUN_ID,
        "search": "omegaprm",
        "search_version": 1,
        "tree_index": 0,
        "domain": "math",
        "family": "sums",
        "problem": trace.problem,
        "config": "{}",
        "nodes": (a_node(), a_node(1, 0)),
        "n_searches": 1,
        "prompt_hash": "prompt",
        "policy": trace.policy,
        "verifier": "answers",
        "verifier_version": 1,
        "cost": trace.cost,
        "code_version": "test",
        "created_at": CREATED_AT,
    }
    return Tree(**fields | overrides)


def write_run(
    out: Path,
    traces: Sequence[Trace] = (),
    problems: Sequence[ProblemRecord] = (),
    trees: Sequence[Tree] = (),
    *,
    run_id: str = RUN_ID,
) -> Path:
    """Write one committed run, one shard per table that has rows, and return its folder."""
    folder = out / f"run={run_id}"
    shards = [
        _write_shard(folder, table, rows, schema)
        for table, rows, schema in (
            ("traces", traces, TRACES),
            ("trees", trees, TREES),
            ("problems", problems, PROBLEMS),
        )
        if rows
    ]
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {"schema_version": SCHEMA_VERSION, "run_id": run_id, "shards": shards}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    record = {
        "run_id": run_id,
        "fingerprint_of": {"generator": "mcstep"},
        "code_version": "test",
        "created_at": "2026-01-01T00:00:00+00:00",
        "config": {"generator": "mcstep", "seed": 7},
    }
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def _write_shard(
    folder: Path, table: str, rows: Sequence[Trace] | Sequence[Tree] | Sequence[ProblemRecord], schema: pa.Schema
) -> dict[str, Any]:
    path = folder / table / "part-00000.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(to_table(rows, schema), path)
    content = path.read_bytes()
    return {
        "table": table,
        "file": f"{table}/{path.name}",
        "sha256": hashlib.sha256(content).hexdigest(),
        "rows": len(rows),
        "bytes": len(content),
        "problem_ids": sorted({row.problem_id for row in rows}),
    }


def load_with_datasets(files: Path, cache: Path) -> list[dict[str, Any]]:
    """Return the rows of Parquet files as Hugging Face `datasets` gives them to a trainer; never asks the network."""
    os.environ |= {"HF_DATASETS_OFFLINE": "1", "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    import datasets  # here, because it reads those variables while it is imported and takes two seconds

    loaded = datasets.load_dataset("parquet", data_files=str(files), split="train", cache_dir=str(cache))
    rows: list[dict[str, Any]] = loaded.to_list()
    return rows
