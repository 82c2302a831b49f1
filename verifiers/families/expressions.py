"""Order of operations: every line rewrites the whole expression, so a line is right when its value has not changed."""

import re
from collections.abc import Sequence
from fractions import Fraction

from schemas.problem import Problem
from schemas.verdict import StepChecks
from verifiers.families.truth import Judgement, number, stated_answer, walk

_STATEMENT = re.compile(r"Evaluate (.+?)\.?$")


def check_steps(problem: Problem, steps: Sequence[str]) -> StepChecks:
    """Compare each line's exact value with the line before it and with the truth. One entry per step, total."""
    match = _STATEMENT.search(problem.statement.strip())
    truth = number(match[1]) if match else None
    previous: Fraction | None = truth

    def judge_step(step: str) -> Judgement:
        nonlocal previous
        text = stated_answer(step) or step.strip().lstrip("=").strip()
        value = number(text)
        if value is None or previous is None:
            return None
        local = value == previous
        why = f"value {value}" if local else f"value {value}, the line before has {previous}"
        previous = value
        return local, value == truth, text, why

    return walk(steps, judge_step)
