"""Failed attempts on the way of a proof: a tactic that Lean refused, its error at its place, why it fails, and what mends it.

The tactics are those that a policy proposed while it searched, at states that the proof passes. Lean has to say the same again:
the proof with the wrong tactic before the right one is run, in a call of its own, and must stop there, with the same text at the
same place and the goals as they were. The row tells the proof up to there as the verbaliser does, then the wrong tactic with the
reason why it fails (the verbaliser's at even places, a model's at odd ones), then the rest of the proof, `action` `repair`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from generators import labels
from generators.labels import NO_COST, Labelled
from generators.proofs import proof_parts, proof_rows
from generators.proofs.proof_prose import VERBALISER, Prose
from generators.proofs.proof_rows import Proof
from generators.proofs.proof_search import FAILED, Failure, Goals, Growth
from generators.prose import verbaliser
from generators.trace_row import policy_of, trace_row
from schemas.judge import Judge, TacticError
from schemas.pool import Sampler
from schemas.problem import Problem
from schemas.trace import Cost, Policy, Step, Trace
from schemas.verdict import Claim, Verdict
from verifiers import prose, translations
from verifiers.lean import goal_text
from verifiers.plans import Tally

REPAIR = "repair"
"""The `action` of the steps that mend a failed attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A tactic that failed where the proof has another."""

    step: int
    tactic: str
    error: TacticError


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reason:
    """Why a tactic failed, and who says so."""

    text: str
    policy: Policy
    prompt_hash: str
    cost: Cost
    refused: Verdict | None


def chosen(growth: Growth, proof: Proof, n: int, seed: int) -> list[Attempt]:
    """Return `n` of the failures at states of the proof, at different states as far as there are any; in the proof's order."""
    known: dict[tuple[goal_text.Key, ...], list[Failure]] = {}
    for node in growth.nodes:
        known.setdefault(_key(node.goals), []).extend(node.failures)
    rng = Random(seed)
    found = [
        Attempt(step=step, tactic=failure.tactic, error=failure.error)
        for step, goals in enumerate(proof.states[:-1])
        for failure in known.get(_key(goals), [])
        if failure.error.text.strip()
    ]
    rng.shuffle(found)
    taken: dict[int, int] = {}
    for one in found:
        taken.setdefault(one.step, 0)
    ranked = []
    for one in found:
        ranked.append((taken[one.step], one))
        taken[one.step] += 1
    first = [one for _, one in sorted(ranked, key=lambda pair: pair[0])[:n]]
    return sorted(first, key=lambda one: (one.step, one.tactic))


def _key(goals: Goals) -> tuple[goal_text.Key, ...]:
    return tuple(map(goal_text.key, goal_text.read_all(goals)))


async def repaired(
    problem: Problem,
    judge: Judge,
    writer: Sampler,
    proof: Proof,
    told: Prose,
    attempts: Sequence[Attempt],
    first_index: int,
    parent: int,
    root: tuple[int, int],
    seeds: Sequence[int],
) -> list[Trace]:
    """Return a row for each attempt, in order. `told` is the verbaliser's prose of the proof."""
    scripts = [(*proof.tactics[: one.step], one.tactic, *proof.tactics[one.step :]) for one in attempts]
    again = await judge.states(problem, scripts) if scripts else ()
    reasons = await labels.together(
        [
            _model_says(problem, writer, proof, one, seed) if place % 2 else _verbaliser_says(proof, one)
            for place, (one, seed) in enumerate(zip(attempts, seeds, strict=True))
        ]
    )
    rows = []
    for place, (one, ran, reason) in enumerate(zip(attempts, again, reasons, strict=False)):
        verdict = _judged(one, proof, ran.error, ran.states[-1:], ran.problem)
        checks = _checks(one, proof, reason.text)
        if verdict.outcome == "accepted" and reason.refused is not None:
            verdict = reason.refused
        elif verdict.outcome == "accepted" and len(checks) > 1:
            verdict = translations.faithfulness(
                _NONE, _NONE, wrong=f"step {one.step + 1}, {checks[1].text}: {checks[1].reason}"
            )
        labelled = Labelled(
            steps=_steps(told, one, proof, reason.text, checks, verdict),
            rollouts=(),
            first_error=one.step,
            cost=reason.cost,
        )
        origin = proof_rows.origin(
            "revision", first_index + place, reason.policy, prompt_hash=reason.prompt_hash, parent=parent
        )
        text = "".join(step.text for step in labelled.steps)
        rows.append(trace_row(problem, origin, labelled, text, verdict, root))
    return rows


_NONE = Tally(drawn=0, passed=0, undecided=0)


def _judged(one: Attempt, proof: Proof, error: TacticError | None, left: Sequence[Goals], problem: str) -> Verdict:
    """Say whether Lean said the same again; the proof itself is verified."""
    if problem or error is None:
        return translations.irreproducible(one.step, problem or "it runs")
    if (error.step, error.text, error.line, error.column) != (
        one.step, one.error.text, one.error.line, one.error.column,
    ):  # fmt: skip
        return translations.irreproducible(one.step, f"step {error.step + 1} says: {goal_text.brief(error.text)}")
    if list(left) != [proof.states[one.step]]:
        return translations.irreproducible(one.step, "it finds other goals")
    return translations.repaired(one.step)


async def _verbaliser_says(proof: Proof, one: Attempt) -> _Reason:
    text = verbaliser.failure(one.tactic, proof.states[one.step], one.error.text)
    policy = proof_rows.unwritten(VERBALISER)
    return _Reason(text=text, policy=policy, prompt_hash=proof_rows.NO_QUESTION, cost=NO_COST, refused=None)


async def _model_says(problem: Problem, writer: Sampler, proof: Proof, one: Attempt, seed: int) -> _Reason:
    search = proof_parts.diagnosing(problem, writer, one.tactic, proof.states[one.step], one.error.text)
    drawn = proof_parts.only(search, await labels.draw(search, (), 1, seed))
    text = proof_parts.line_in(search, drawn)
    refused = translations.truncated(one.step) if drawn.completion.finish_reason == "length" else None
    return _Reason(
        text=text,
        policy=policy_of(writer, drawn),
        prompt_hash=search.prompt_hash,
        cost=labels.cost_of([drawn]),
        refused=refused if text else translations.empty(one.step),
    )


def _tried(one: Attempt) -> str:
    """Return the words before the reason; the tactic stands between backquotes."""
    return f"Try `{' '.join(one.tactic.split())}`: "


def _checks(one: Attempt, proof: Proof, why: str) -> tuple[Claim, ...]:
    """Return Lean's error, and after it what the reason says wrongly."""
    said, place = _tried(one), f"{one.error.line + 1}:{one.error.column}"
    start, end = said.index("`") + 1, said.rindex("`")
    error = Claim(text=said[start:end], verdict="wrong", reason=f"{place}: {one.error.text}", start=start, end=end)
    wrong = [
        replace(claim, start=claim.start + len(said), end=claim.end + len(said))
        for claim in prose.check_failure(why, one.tactic, proof.states[one.step], one.error.text)
        if claim.verdict == "wrong"
    ]
    return (error, *wrong)


def _steps(
    told: Prose, one: Attempt, proof: Proof, why: str, checks: tuple[Claim, ...], verdict: Verdict
) -> tuple[Step, ...]:
    """Return the steps: right ones, the wrong one, and those of the repair."""
    before = [replace(step, exact_prefix=step.exact_local) for step in told.labelled.steps[: one.step]]
    found = proof_rows.state(proof.states[one.step])
    wrong = Step(
        text=f"{_tried(one)}{why}\n",
        action=FAILED,
        token_start=0,
        token_end=0,
        logprob=None,
        stop_reason="not_chosen",
        exact_local=False,
        exact_prefix=False,
        checks=checks,
        formal=one.tactic,
        state_before=found,
        state_after=found,
    )
    after = [replace(step, action=REPAIR, exact_prefix=False) for step in told.labelled.steps[one.step :]]
    q = {"accepted": 1.0, "rejected": 0.0, "undecided": None}[verdict.outcome]
    after[-1] = replace(after[-1], stop_reason="terminal", q=q)
    return (*before, wrong, *after)
