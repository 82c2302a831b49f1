"""The rows of formal proofs: a step for each tactic, with the goals around it and the premises that it names."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from generators import labels
from generators.labels import Labelled
from generators.proofs.proof_search import Goals, written
from generators.proofs.renaming import SYNTAX
from generators.trace_row import Origin, trace_row
from schemas import ids
from schemas.judge import Judge
from schemas.problem import Problem
from schemas.trace import Completer, Cost, Policy, Role, Step, Trace
from schemas.verdict import Claim, Verdict
from verifiers.lean import goal_text
from verifiers.lean.goal_text import NAME as IDENTIFIER
from verifiers.lean.goal_text import NO_GOALS, Goal, tokens

NAME = "proof_to_language"
VERSION = 1

NO_QUESTION = ids.text_hash("{problem}")
"""The prompt hash of what no model was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A proof that the verifier accepts."""

    tactics: tuple[str, ...]
    states: tuple[Goals, ...]
    """The goals before the first tactic, and after each."""
    verdict: Verdict


def state(goals: Sequence[str]) -> str:
    """Return goals as a row holds them: as Lean prints them, with blank lines between them."""
    return "\n\n".join(goals) if goals else NO_GOALS


def unwritten(name: str) -> Policy:
    """Return the policy of what no model wrote: a program of ours, or a record."""
    return Policy(
        model=name, revision=str(VERSION), engine=name, model_family="", temperature=None, top_p=None, max_tokens=None,
        seed=None,
    )  # fmt: skip


def origin(
    role: Role,
    index: int,
    policy: Policy,
    *,
    prompt_hash: str = NO_QUESTION,
    parent: int | None = None,
    completer: Completer | None = None,
) -> Origin:
    """Return where a row of this generator comes from."""
    return Origin(
        generator=NAME, version=VERSION, index=index, policy=policy, prompt_hash=prompt_hash, completer=completer,
        role=role, parent=parent,
    )  # fmt: skip


def solution(
    problem: Problem,
    place: Origin,
    tactics: Sequence[str],
    states: Sequence[Goals],
    verdict: Verdict,
    cost: Cost,
    root: tuple[int, int],
) -> Trace:
    """Return the row of a script. `states` are the goals before its first tactic and after each that ran.

    A tactic that ran is right by itself; whether what it leaves can be proved is known of the proofs that are accepted.
    """
    proved = verdict.outcome == "accepted"
    steps = [
        Step(
            text=f"{tactic}\n",
            token_start=0,
            token_end=0,
            logprob=None,
            stop_reason="not_chosen",
            exact_local=index + 1 < len(states),
            exact_prefix=True if proved else False if index + 1 >= len(states) else None,
            checks=premises(tactic, states[index], states[index + 1]) if index + 1 < len(states) else (),
            formal=tactic,
            state_before=state(states[index]) if index < len(states) else None,
            state_after=state(states[index + 1]) if index + 1 < len(states) else None,
        )
        for index, tactic in enumerate(tactics)
    ]
    q = {"accepted": 1.0, "rejected": 0.0, "undecided": None}[verdict.outcome]
    steps[-1] = replace(steps[-1], stop_reason="terminal", q=q)
    labelled = Labelled(steps=tuple(steps), rollouts=(), first_error=-1 if proved else None, cost=cost)
    return trace_row(problem, place, labelled, written(tactics), verdict, root)


# The premises


_NAME = re.compile(rf"(?<![\w.?✝])({IDENTIFIER})")
_NAMES_ONLY = re.compile(r"(?:intros?|rintro|constructor|left|right|exfalso|next|case|ext|funext)\b")
_TAKES_FROM = (
    re.compile(r"(?:obtain|have|let|suffices|set)\b.*?:=", re.DOTALL),
    re.compile(r"(?:rcases|cases|induction)\b"),
)
_NAMING = re.compile(r"\bwith\b")
_BOUND = re.compile(r"(?:\bfun\b|λ|∀|∃)([^,=↦]*)(?:=>|↦|,)")


def premises(tactic: str, before: Sequence[str], after: Sequence[str]) -> tuple[Claim, ...]:
    """Return the hypotheses and lemmas that a tactic which ran was given by name, each where it is first named.

    Variables are none, and neither is what the tactic itself introduces.
    """
    goal = goal_text.read(before[0]) if before else None
    if goal is None or _NAMES_ONLY.match(tactic):
        return ()
    start, end = _used(tactic)
    bound = {name for found in _BOUND.finditer(tactic) for name in re.findall(IDENTIFIER, found[1])}
    head = re.match(IDENTIFIER, tactic)
    claims: dict[str, Claim] = {}
    for found in _NAME.finditer(tactic, start, end):
        name = found[1]
        kinds = goal.types(name) or goal.types(name.partition(".")[0])
        if (head is not None and found.start() == 0) or name in claims or name in bound:
            continue
        if kinds and not _is_data(name.partition(".")[0], goal):
            said = f"hypothesis: {kinds[-1]}"
        elif kinds or name in SYNTAX:
            continue
        else:
            said = "lemma"
        claims[name] = Claim(text=name, verdict="right", reason=said, start=found.start(), end=found.end())
    return tuple(claims.values())


def _used(tactic: str) -> tuple[int, int]:
    """Return where in a tactic the terms stand that it uses, and not the names that it gives."""
    taken = _TAKES_FROM[0].match(tactic)
    if taken is not None:
        return taken.end(), len(tactic)
    named = _NAMING.search(tactic) if _TAKES_FROM[1].match(tactic) else None
    return 0, named.start() if named is not None else len(tactic)


def _is_data(name: str, goal: Goal) -> bool:
    """Whether a hypothesis is a thing, not a fact: another one, or the target, speaks of it."""
    return any(name in tokens(text) for text in (goal.target, *(kind for _, kind in goal.hypotheses)) if name in text)


# What came with the problem


async def recorded(problem: Problem, judge: Judge) -> Proof | None:
    """Return the proof that came with a problem, if the verifier accepts it; None where there is none, or no state is known."""
    tactics, states = _recorded(problem)
    if not tactics:
        return None
    verdict = await judge.check(problem, written(tactics))
    if verdict.outcome != "accepted":
        return None
    ran = await judge.states(problem, [tactics])
    if ran and ran[0].error is None and len(ran[0].states) == len(tactics) + 1:
        states = ran[0].states
    if len(states) != len(tactics) + 1:
        return None
    return Proof(tactics=tactics, states=states, verdict=verdict)


def _recorded(problem: Problem) -> tuple[tuple[str, ...], tuple[Goals, ...]]:
    """Return the tactics in a problem's `program`, and the goals around them where these are recorded too."""
    program = program_of(problem)
    lines = program.get("proof")
    if isinstance(lines, list) and all(isinstance(line, str) for line in lines):
        return tuple(lines), ()
    traced = program.get("tactics")
    rows = [row for row in traced if isinstance(row, dict)] if isinstance(traced, list) else []
    tactics = tuple(str(row.get("tactic") or "") for row in rows)
    if not rows or not all(tactics):
        return (), ()
    states = [_goals(rows[0].get("before")), *(_goals(row.get("after")) for row in rows)]
    known = tuple(one for one in states if one is not None)
    return tactics, known if len(known) == len(states) else ()


def _goals(recorded: object) -> Goals | None:
    if isinstance(recorded, list) and all(isinstance(goal, str) for goal in recorded):
        return tuple(recorded)
    return None


def program_of(problem: Problem) -> dict[str, object]:
    """Return what came with the problem; empty where that is no object."""
    try:
        found = json.loads(problem.program or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def cost_of(drawn: Sequence[labels.Judged], verdicts: Sequence[Verdict]) -> Cost:
    """Return what completions cost, and verdicts that were asked for apart from them."""
    cost = labels.cost_of(drawn)
    return replace(cost, verify_s=cost.verify_s + sum(verdict.seconds for verdict in verdicts))
