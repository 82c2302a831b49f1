"""The families with exact step truth, by the name that problems carry."""

from collections.abc import Callable, Sequence

from schemas.problem import Problem
from schemas.verdict import StepCheck, StepChecks
from verifiers.families import expressions, inputs, linear, outputs, residues, words

VERSION = 3
"""Goes up whenever any step may get another truth."""

STEP_CHECKS: dict[str, Callable[[Problem, Sequence[str]], StepChecks]] = {
    "words": words.check_steps,
    "linear": linear.check_steps,
    "expressions": expressions.check_steps,
    "outputs": outputs.check_steps,
    "inputs": inputs.check_steps,
    "residues": residues.check_steps,
}


def check_steps(problem: Problem, steps: Sequence[str]) -> StepChecks:
    """Return exact truth about each step; None throughout for a problem of no known family. One entry per step."""
    check = STEP_CHECKS.get(problem.family)
    if check is None:
        unknown = StepCheck(exact_local=None, exact_prefix=None)
        return StepChecks(steps=(unknown,) * len(steps))
    return check(problem, steps)
