"""Verdicts for tests: a problem that is nothing but its reference, and the outcome of comparing two answers."""

from schemas.problem import Problem
from verifiers import answers


def problem(reference: str) -> Problem:
    """Return a mathematical problem with this reference."""
    return Problem(
        problem_id="p", domain="math", family="none", statement="", reference=reference, source="", licence="", split=""
    )


def outcome(gold: str, pred: str) -> str:
    """Return the outcome of a comparison whose verdict is well formed."""
    verdict = answers.compare(gold, pred)
    assert verdict.outcome == answers.STATUSES[verdict.status]
    assert (verdict.verifier, verdict.version) == (answers.NAME, answers.VERSION)
    return verdict.outcome
