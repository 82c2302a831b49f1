"""The walk that every family's step check shares: steps in order, a last line `Answer: value`, truth that never heals."""

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from schemas.verdict import Claim, ClaimVerdict, StepCheck, StepChecks
from verifiers.families import linear_form

# Linear in the length of any text: what follows white space never begins with it.
_ANSWER = re.compile(r"\s*Answer:\s*(?:x\s*=\s*)?(\S.*)")

Judgement = tuple[bool, bool, str, str] | None
"""(follows from the steps before, value is the true one, the claim's text, why); None where the step cannot be read."""


def stated_answer(step: str) -> str | None:
    """Return what follows `Answer:` in a step that is an answer line, else None."""
    match = _ANSWER.fullmatch(step.rstrip())
    return match[1] if match else None


def number(text: str) -> Fraction | None:
    """Return the exact value of an arithmetic expression without unknown, None where it is not one."""
    form = linear_form.read(text)
    return form.constant if form and not form.slope else None


def walk(steps: Sequence[str], judge_step: Callable[[str], Judgement]) -> StepChecks:
    """Judge steps one after the other; once a prefix is wrong it stays wrong, once unreadable it stays unknown."""
    checks: list[StepCheck] = []
    prefix: bool | None = True
    for step in steps:
        judged = judge_step(step)
        if judged is None:
            prefix = None if prefix else prefix
            checks.append(StepCheck(exact_local=None, exact_prefix=prefix))
            continue
        local, true_value, text, why = judged
        if prefix:
            prefix = local and true_value
        start = max(step.find(text), 0)
        verdict: ClaimVerdict = "right" if local else "wrong"
        claim = Claim(text=text, verdict=verdict, reason=why, start=start, end=start + len(text))
        checks.append(StepCheck(exact_local=local, exact_prefix=prefix, claims=(claim,)))
    return StepChecks(steps=tuple(checks))
