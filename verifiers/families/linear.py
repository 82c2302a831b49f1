"""Linear equations in x: a line is right when it has the solutions of the line before it."""

import re
from collections.abc import Sequence
from fractions import Fraction

from schemas.problem import Problem
from schemas.verdict import StepChecks
from verifiers.families import linear_form
from verifiers.families.truth import Judgement, number, stated_answer, walk

_STATEMENT = re.compile(r"Solve for x: (.+)$")

Solutions = Fraction | str
"""The one solution, or `all`, or `none`."""


def solutions(equation: str) -> Solutions | None:
    """Return the solution set of `left = right`, None where it is not one linear equation in x."""
    sides = equation.split("=")
    if len(sides) != 2:
        return None
    left, right = linear_form.read(sides[0]), linear_form.read(sides[1])
    if left is None or right is None:
        return None
    slope, constant = left.slope - right.slope, right.constant - left.constant
    if slope:
        return constant / slope
    return "none" if constant else "all"


def check_steps(problem: Problem, steps: Sequence[str]) -> StepChecks:
    """Compare each line's solutions with those of the line before it and with the truth. One entry per step, total."""
    match = _STATEMENT.search(problem.statement.strip())
    truth = solutions(match[1]) if match else None
    previous: Solutions | None = truth

    def judge_step(step: str) -> Judgement:
        nonlocal previous
        answer = stated_answer(step)
        text = answer or step.strip()
        found = number(answer) if answer else solutions(text)
        if found is None or previous is None:
            return None
        local = found == previous
        why = f"x = {found}" if local else f"x = {found}, the line before has x = {previous}"
        previous = found
        return local, found == truth, text, why

    return walk(steps, judge_step)
