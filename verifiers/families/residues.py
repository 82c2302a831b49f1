"""Chains of operations modulo a prime: step i must do the i-th operation of the problem's program to the result stated before.

The program is a JSON object of `modulus`, `start` and `operations`, a list of [operation, operand]. A result is the least
residue, as the statement asks; what a step is called is no claim, its place decides which operation is meant.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from schemas.problem import Problem
from schemas.verdict import StepChecks
from verifiers.families.truth import Judgement, number, stated_answer, walk

_EQUATION = re.compile(r"(\d{1,12}) ([-+*]) (\d{1,12}) = (\d{1,12})(?!\d)")

_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}


@dataclass(frozen=True, slots=True)
class Chain:
    """What a problem asks for."""

    modulus: int
    start: int
    operations: tuple[tuple[str, int], ...]

    def apply(self, operation: str, a: int, b: int) -> int:
        """Return the least residue of `a operation b`; of a known operation."""
        return _OPERATIONS[operation](a, b) % self.modulus

    def run(self) -> list[int]:
        """Return every result in order."""
        results: list[int] = []
        for operation, operand in self.operations:
            results.append(self.apply(operation, results[-1] if results else self.start, operand))
        return results


def read(program: str | None) -> Chain:
    """Return the chain that a row's program holds; one without operations where there is none."""
    if not program:
        return Chain(1, 0, ())
    held = json.loads(program)
    return Chain(held["modulus"], held["start"], tuple((name, operand) for name, operand in held["operations"]))


def check_steps(problem: Problem, steps: Sequence[str]) -> StepChecks:
    """Check each step's equation against the chain, with the value that the trace itself has stated last."""
    chain = read(problem.program)
    truth = chain.run()
    stated: list[int] = []

    def judge_step(step: str) -> Judgement:
        answer = stated_answer(step)
        if answer is not None:
            value = number(answer)
            if value is None or not truth:
                return None
            local = len(stated) == len(truth) and value == stated[-1]
            return local, value == truth[-1], answer, f"stated result is {stated[-1] if stated else 'missing'}"
        found = _EQUATION.findall(step)
        if len(found) != 1 or len(stated) >= len(truth):
            return None
        left, operation, right, result = found[0]
        index = len(stated)
        before = stated[-1] if stated else chain.start
        local, why = _follows(chain, index, before, (int(left), operation, int(right)), int(result))
        stated.append(int(result))
        return local, stated[-1] == truth[index], f"{left} {operation} {right} = {result}", why

    return walk(steps, judge_step)


def _follows(chain: Chain, index: int, before: int, written: tuple[int, str, int], result: int) -> tuple[bool, str]:
    left, operation, right = written
    wanted, operand = chain.operations[index]
    same = (left, right) == (before, operand) or (operation in "+*" and (right, left) == (before, operand))
    if operation != wanted or not same:
        return False, f"the problem asks for {before} {wanted} {operand}"
    value = chain.apply(operation, left, right)
    return value == result, f"{left} {operation} {right} is {value} modulo {chain.modulus}"
