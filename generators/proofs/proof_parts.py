"""What a model is asked about single steps of a proof, and how what it writes is read. Nothing in it answers a problem."""

import re
from collections.abc import Sequence

from generators import labels
from generators.labels import Judged, Search
from schemas.judge import CameTo, Judge, Ran
from schemas.pool import Sampler
from schemas.problem import Problem
from schemas.verdict import StepCheck, StepChecks, Verdict
from verifiers.lean import goal_text

_FENCE = re.compile(r"```[^\n`]*\n(.*?)(?:```|\Z)", re.DOTALL)


class Unjudged:
    """The judge of what answers no problem: it has no verdict, and runs nothing."""

    async def check(self, problem: Problem, text: str) -> Verdict:
        """Decide nothing."""
        return Verdict(outcome="undecided", status="part", reason="a part of a proof", verifier="none", version=0)

    async def check_steps(self, problem: Problem, steps: Sequence[str]) -> StepChecks:
        """Return nothing."""
        return StepChecks(steps=(StepCheck(exact_local=None, exact_prefix=None),) * len(steps))

    async def run(self, problem: Problem, code: str, entry_point: str, calls: Sequence[str]) -> Sequence[CameTo]:
        """Run nothing."""
        return ()

    async def states(self, problem: Problem, scripts: Sequence[Sequence[str]]) -> Sequence[Ran]:
        """Run nothing."""
        return ()


_UNJUDGED: Judge = Unjudged()


def next_tactic(problem: Problem, sampler: Sampler, state: Sequence[str]) -> Search:
    """Return the question for the next tactic in a state."""
    return labels.search_part(problem, sampler, _UNJUDGED, "tactic", state=goal_text.shown(state))


def translating(problem: Problem, sampler: Sampler, tactic: str, before: Sequence[str], after: Sequence[str]) -> Search:
    """Return the question for a line of prose that says what a tactic does."""
    told = {"state": goal_text.shown(before), "tactic": tactic, "after": goal_text.news(before, after)}
    return labels.search_part(problem, sampler, _UNJUDGED, "translate", **told)


def diagnosing(problem: Problem, sampler: Sampler, tactic: str, before: Sequence[str], error: str) -> Search:
    """Return the question for a line of prose that says why a tactic failed."""
    told = {"state": goal_text.shown(before), "tactic": tactic, "error": goal_text.brief(error)}
    return labels.search_part(problem, sampler, _UNJUDGED, "diagnose", **told)


def only(search: Search, drawn: Sequence[Judged]) -> Judged:
    """Return the one completion. Raises ValueError where there was no room for it."""
    if not drawn:
        info = search.sampler.model.info
        room = f"the context of {info.name}, {info.context_length} tokens"
        raise ValueError(f"the prompt takes {len(search.prompt)} tokens and leaves no room for a step in {room}")
    return drawn[0]


def tactic_in(search: Search, one: Judged) -> str:
    """Return the tactic that a model wrote: the first line, of its last code block if any, with the lines indented under it."""
    text = search.sampler.model.info.family.answer_part(one.completion.text)
    blocks = _FENCE.findall(text)
    lines = (blocks[-1] if blocks else text).strip("\n").expandtabs().split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    if not lines:
        return ""
    margin = len(lines[0]) - len(lines[0].lstrip())
    kept = [lines[0].strip()]
    for line in lines[1:]:
        if not line.strip() or len(line) - len(line.lstrip()) <= margin:
            break
        kept.append(line[margin:].rstrip())
    return "\n".join(kept)


def line_in(search: Search, one: Judged) -> str:
    """Return the prose that a model wrote, on one line; "" where there is none."""
    return " ".join(search.sampler.model.info.family.answer_part(one.completion.text).split())
