"""Rows of a run about proofs, read back from its shards."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.query import catalog
from schemas.problem import Problem
from verifiers.lean import goals, reading
from verifiers.lean.goal_text import NO_GOALS
from verifiers.lean.rows import Proof
from verifiers.lean.statement import Refusal

DECOY, FAILED, VERBALISER = "decoy", "failed", "verbaliser"
Goals = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a row: its prose, its tactic and the goals around it."""

    text: str
    tactic: str
    before: Goals
    after: Goals
    action: str | None
    reasons: tuple[str, ...]
    """What was said of its claims."""
    n: int
    """Decided rollouts from the prose up to here."""
    correct: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One trace."""

    trace_id: str
    problem_id: str
    generator: str
    role: str
    engine: str
    outcome: str
    status: str
    reference: str
    root_n: int
    root_correct: int
    steps: tuple[Step, ...]

    @property
    def tactics(self) -> list[str]:
        """The proof that the row tells: its tactics without those that failed."""
        return [step.tactic for step in self.steps if step.action != FAILED]

    @property
    def states(self) -> list[Goals]:
        """The goals before the first step, and after each."""
        return [self.steps[0].before, *(step.after for step in self.steps)] if self.steps else []

    def proof(self) -> Proof | None:
        """Return its proof of the locked statement; None where the reference cannot be read."""
        made = reading.row(_problem(self.reference), "\n".join(self.tactics))
        return None if isinstance(made, Refusal) else made


def rows(folder: Path) -> dict[str, list[Row]]:
    """Return the traces about proofs by run, oldest run first; in each the order in which they were written."""
    found: dict[str, list[Row]] = {}
    with catalog(folder) as connection:
        columns = (
            "run_id, trace_id, problem_id, generator, role, policy.engine, outcome, status, problem.reference, root_n, "
            "root_correct, steps"
        )
        order = "min(created_at) OVER (PARTITION BY run_id), problem_id, generator, sample_index"
        query = f"SELECT {columns} FROM traces WHERE domain = 'proof' ORDER BY {order}"
        for run_id, *values, steps in connection.execute(query).fetchall():
            trace_id, problem_id, generator, role, engine, outcome, status, reference, root_n, root_correct = values
            row = Row(
                trace_id=trace_id,
                problem_id=problem_id,
                generator=generator,
                role=role,
                engine=engine,
                outcome=outcome,
                status=status,
                reference=reference,
                root_n=root_n,
                root_correct=root_correct,
                steps=tuple(map(_step, steps)),
            )
            found.setdefault(run_id, []).append(row)
    return found


def _step(step: dict[str, Any]) -> Step:  # Any: a struct of DuckDB
    return Step(
        text=step["text"],
        tactic=step["formal"] or "",
        before=goals_of(step["state_before"]),
        after=goals_of(step["state_after"]),
        action=step["action"],
        reasons=tuple(claim["reason"] for claim in step["checks"]),
        n=step["n_rollouts"] - step["n_undecided"],
        correct=step["n_correct"],
    )


def goals_of(state: str | None) -> Goals:
    """Return the goals of a state as a row holds it."""
    return () if state is None or state.strip() == NO_GOALS else goals.goals_in(state)


def _problem(reference: str) -> Problem:
    return Problem(
        problem_id="", domain="proof", task="prove", family="", statement="", reference=reference, source="", licence="", split=""
    )  # fmt: skip


def statement_of(row: Row) -> tuple[str, str, str] | None:
    """Return (name, statement, header) of the locked theorem."""
    found = reading.reference(row.reference)
    return None if isinstance(found, Refusal) else (found.name, found.statement, found.header)


def translations(found: Sequence[Row]) -> list[Row]:
    """Return the prose of proofs, the control's left out."""
    return [
        row
        for row in found
        if row.role == "translation" and row.generator == "proof_to_language" and row.status != DECOY
    ]


def config_of(folder: Path, run_id: str) -> dict[str, Any]:  # Any: JSON
    """Return the configuration of a run; empty where it has none."""
    path = folder / f"run={run_id}" / "run.json"
    try:
        read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read
