"""The prose of a proof, a line for each tactic: the verbaliser's, a model's, and the control's; labelled by blind proofs.

What a line says is checked against the state that it speaks of (`verifiers/prose.py`); a wrong claim makes the row `misstated`,
and it is labelled all the same. The control is the prose of another theorem's proof (`decoy` of the `program`), tried on this
theorem: `status` and the `action` of its steps are `decoy`, and `outcome` is rejected, so that no trainer's export takes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from generators import labels
from generators.labels import NO_COST, Judged, Labelled, Search
from generators.proofs import blind_proofs, proof_parts, proof_rows
from generators.proofs.blind_proofs import Blind
from generators.proofs.proof_rows import Proof
from generators.prose import verbaliser
from generators.trace_row import completer_of, policy_of, trace_row
from schemas import ids
from schemas.pool import Sampler
from schemas.problem import Problem
from schemas.trace import Policy, Step, StopReason, Trace
from schemas.verdict import Claim, Verdict
from verifiers import prose, translations
from verifiers.plans import Tally

VERBALISER = "verbaliser"
"""The engine of prose that no model wrote."""
DECOY = "decoy"
"""The `action` of the control's steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """The prose of a proof, before anything is written from it."""

    labelled: Labelled
    policy: Policy
    prompt_hash: str
    refused: Verdict | None
    """Why nothing is written from it; None where something is."""


def verbalised(proof: Proof) -> Prose:
    """Return the verbaliser's prose."""
    policy = proof_rows.unwritten(VERBALISER)
    steps = [
        _step(verbaliser.sentence(tactic, before, after), tactic, before, after)
        for tactic, before, after in _around(proof)
    ]
    labelled = Labelled(steps=tuple(steps), rollouts=(), first_error=None, cost=NO_COST)
    return Prose(labelled=labelled, policy=policy, prompt_hash=proof_rows.NO_QUESTION, refused=None)


async def written(problem: Problem, writer: Sampler, proof: Proof, seed: int) -> Prose:
    """Return a model's prose; it is asked for each step alone. Raises what a model raises, ValueError where there is no room."""
    searches = [proof_parts.translating(problem, writer, *around) for around in _around(proof)]
    drawn = await labels.together(
        [labels.draw(search, (), 1, ids.seed(seed, "line", place)) for place, search in enumerate(searches)]
    )
    lines = [proof_parts.only(search, one) for search, one in zip(searches, drawn, strict=True)]
    refused = _refused(searches, lines)
    reason: StopReason = "refused" if refused is not None else "not_chosen"
    steps, end = list[Step](), 0
    for search, one, around in zip(searches, lines, _around(proof), strict=True):
        step = _step(proof_parts.line_in(search, one), *around)
        begin, end = end, end + len(one.completion.tokens)
        logprob = one.completion.logprob
        steps.append(replace(step, token_start=begin, token_end=end, logprob=logprob, stop_reason=reason))
    labelled = Labelled(steps=tuple(steps), rollouts=(), first_error=None, cost=labels.cost_of(lines))
    return Prose(
        labelled=labelled, policy=policy_of(writer, lines[0]), prompt_hash=searches[0].prompt_hash, refused=refused
    )


def control(lines: Sequence[str]) -> Prose:
    """Return the prose of another theorem's proof."""
    steps = [
        Step(text=f"{line}\n", action=DECOY, token_start=0, token_end=0, logprob=None, stop_reason="not_chosen")
        for line in lines
    ]
    labelled = Labelled(steps=tuple(steps), rollouts=(), first_error=None, cost=NO_COST)
    policy = proof_rows.unwritten(VERBALISER)
    return Prose(labelled=labelled, policy=policy, prompt_hash=proof_rows.NO_QUESTION, refused=None)


def _refused(searches: Sequence[Search], lines: Sequence[Judged]) -> Verdict | None:
    for place, (search, one) in enumerate(zip(searches, lines, strict=True)):
        if one.completion.finish_reason == "length":
            return translations.truncated(place)
        if not proof_parts.line_in(search, one):
            return translations.empty(place)
    return None


_Around = tuple[str, tuple[str, ...], tuple[str, ...]]


def _around(proof: Proof) -> list[_Around]:
    return list(zip(proof.tactics, proof.states, proof.states[1:], strict=False))


def _step(line: str, tactic: str, before: Sequence[str], after: Sequence[str]) -> Step:
    checks = prose.check(line, tactic, before, after)
    return Step(
        text=f"{line}\n",
        token_start=0,
        token_end=0,
        logprob=None,
        stop_reason="not_chosen",
        exact_local=_truth(checks),
        checks=checks,
        formal=tactic,
        state_before=proof_rows.state(before),
        state_after=proof_rows.state(after),
    )


def _truth(checks: Sequence[Claim]) -> bool | None:
    """Whether a line says what is so: not known where no claim is wrong and one is unsure."""
    verdicts = {claim.verdict for claim in checks}
    return False if "wrong" in verdicts else None if "unsure" in verdicts or not verdicts else True


# Rows


async def translation(
    blind: Blind, proof: Proof, told: Prose, alone: Tally, index: int, parent: int, rollouts: int, seed: int
) -> Trace:
    """Return the row of a translation, every prefix of it labelled by `rollouts` blind proofs."""
    places = [] if told.refused is not None else range(len(told.labelled.steps))
    tried = await blind_proofs.tried(blind, told.labelled, places, rollouts, seed)
    closed = prose.discharged(proof.states)
    verdict = told.refused or translations.faithfulness(
        tried.given, alone, wrong=_first_wrong(told.labelled.steps), beside=closed.reason
    )
    return _row(blind, told, tried.labelled, verdict, alone, index, parent)


async def control_row(
    blind: Blind, told: Prose, alone: Tally, index: int, parent: int, rollouts: int, seed: int
) -> Trace:
    """Return the row of the control; proofs are written from the whole of it only."""
    tried = await blind_proofs.tried(blind, told.labelled, [len(told.labelled.steps) - 1], rollouts, seed)
    return _row(blind, told, tried.labelled, translations.decoy(tried.given, alone), alone, index, parent)


def _first_wrong(steps: Sequence[Step]) -> str:
    for place, step in enumerate(steps):
        for claim in step.checks:
            if claim.verdict == "wrong":
                return f"step {place + 1}, {claim.text}: {claim.reason}"
    return ""


def _row(
    blind: Blind, told: Prose, labelled: Labelled, verdict: Verdict, alone: Tally, index: int, parent: int
) -> Trace:
    if told.refused is not None:
        last = replace(labelled.steps[-1], stop_reason="terminal", q=0.0)
        labelled = replace(labelled, steps=(*labelled.steps[:-1], last))
    place = proof_rows.origin(
        "translation",
        index,
        told.policy,
        prompt_hash=told.prompt_hash,
        parent=parent,
        completer=completer_of(blind.told("")) if labelled.rollouts else None,
    )
    text = "".join(step.text for step in labelled.steps)
    # What was not decided says nothing of the statement alone.
    return trace_row(blind.problem, place, labelled, text, verdict, (alone.decided, alone.passed))
