"""Build the row of a trace from what a generator knows; the flow stamps ids, run and time on it (`pipeline/generate.py`)."""

from dataclasses import dataclass

from generators.labels import Judged, Labelled, Search
from schemas import ids
from schemas.pool import Sampler
from schemas.problem import Problem
from schemas.trace import Completer, Policy, Role, Trace, TraceProblem
from schemas.verdict import Verdict

PARENT = "#"
"""What stands before a sample index in the `parent_trace_id`, and before a tree index in the `tree_id`, of a trace that has no
ids yet; an id is all hex digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Which generator made the trace, as which of its samples, and with what policies."""

    generator: str
    version: int
    index: int
    policy: Policy
    prompt_hash: str
    completer: Completer | None
    """Who continued its prefixes; None where none was continued."""
    role: Role = "solution"
    parent: int | None = None
    """Index of the sample, of the same generator and problem, that it was made from."""


def policy_of(sampler: Sampler, one: Judged) -> Policy:
    """Return the policy columns of a sampled completion."""
    info, params = sampler.model.info, sampler.params
    return Policy(
        model=info.name,
        revision=info.revision,
        engine=info.engine,
        model_family=info.family.name,
        temperature=params.temperature,
        top_p=params.top_p,
        max_tokens=params.max_tokens,
        seed=one.completion.seed,
    )


def problem_of(problem: Problem) -> TraceProblem:
    """Return the part of a problem that its rows carry."""
    return TraceProblem(
        task=problem.task,
        statement=problem.statement,
        reference=problem.reference,
        source=problem.source,
        licence=problem.licence,
        split=problem.split,
        difficulty=problem.difficulty,
    )


def completer_of(search: Search) -> Completer:
    """Return the columns of the policy that continued a trace's prefixes."""
    info, params = search.sampler.model.info, search.sampler.params
    return Completer(
        model=info.name,
        revision=info.revision,
        engine=info.engine,
        model_family=info.family.name,
        prompt_hash=search.prompt_hash,
        temperature=params.temperature,
        top_p=params.top_p,
        max_tokens=params.max_tokens,
    )


def trace_row(
    problem: Problem, origin: Origin, solution: Labelled, text: str, verdict: Verdict, root: tuple[int, int]
) -> Trace:
    """Return the trace, its ids still empty. `root` is (rollouts, accepted) from the bare question."""
    return Trace(
        trace_id="",
        problem_id=problem.problem_id,
        run_id="",
        generator=origin.generator,
        generator_version=origin.version,
        sample_index=origin.index,
        domain=problem.domain,
        family=problem.family,
        role=origin.role,
        parent_trace_id=None if origin.parent is None else f"{PARENT}{origin.parent}",
        tree_id=None,
        tree_path=None,
        problem=problem_of(problem),
        prompt_hash=origin.prompt_hash,
        text_hash=ids.text_hash(text),
        steps=solution.steps,
        rollouts=solution.rollouts,
        answer=verdict.answer,
        outcome=verdict.outcome,
        status=verdict.status,
        reason=verdict.reason,
        verifier=verdict.verifier,
        verifier_version=verdict.version,
        root_n=root[0],
        root_correct=root[1],
        first_error=solution.first_error,
        policy=origin.policy,
        completer=origin.completer,
        cost=solution.cost,
        code_version="",
        created_at=0,
    )
