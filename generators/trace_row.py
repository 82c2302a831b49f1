"""Build the row of a trace from what a generator knows; the flow stamps ids, run and time on it (`pipeline/generate.py`)."""

from dataclasses import dataclass

from generators.labels import Judged, Labelled
from schemas import ids
from schemas.model import ModelInfo, SamplingParams
from schemas.problem import Problem
from schemas.trace import Policy, Trace, TraceProblem
from schemas.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Which generator made the trace, as which of its samples, and with what policy."""

    generator: str
    version: int
    index: int
    policy: Policy


def policy(info: ModelInfo, params: SamplingParams, one: Judged) -> Policy:
    """Return the policy columns of a sampled completion."""
    return Policy(
        model=info.name,
        revision=info.revision,
        engine=info.engine,
        temperature=params.temperature,
        top_p=params.top_p,
        max_tokens=params.max_tokens,
        seed=one.completion.seed,
    )


def trace_row(
    problem: Problem,
    info: ModelInfo,
    origin: Origin,
    solution: Labelled,
    text: str,
    verdict: Verdict,
    root: tuple[int, int],
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
        prompt_hash=ids.text_hash(info.template),
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
        cost=solution.cost,
        code_version="",
        created_at=0,
    )
