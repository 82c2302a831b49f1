"""Build the row of a trace from what a generator knows; the flow stamps ids, run and time on it (`pipeline/generate.py`)."""

from dataclasses import dataclass

from generators.labels import Judged, Labelled
from schemas import ids
from schemas.pool import Sampler
from schemas.problem import Problem
from schemas.trace import Completer, Policy, Trace, TraceProblem
from schemas.verdict import Verdict


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


def completer_of(sampler: Sampler) -> Completer:
    """Return the columns of the policy that continued a trace's prefixes."""
    info, params = sampler.model.info, sampler.params
    return Completer(
        model=info.name,
        revision=info.revision,
        engine=info.engine,
        model_family=info.family.name,
        prompt_hash=sampler.prompt_hash,
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
        role="solution",
        parent_trace_id=None,
        tree_id=None,
        tree_path=None,
        problem=TraceProblem(
            statement=problem.statement,
            reference=problem.reference,
            source=problem.source,
            licence=problem.licence,
            split=problem.split,
            difficulty=problem.difficulty,
        ),
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
