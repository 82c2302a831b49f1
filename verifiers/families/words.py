"""Multi-step arithmetic in words: step i must compute the i-th quantity of the problem's program from stated values.

The program is a JSON list of [operation, left, right], an operand being an integer or "#k" for the k-th result.
"""

import json
import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from schemas.problem import Problem
from schemas.verdict import StepChecks
from verifiers.families.truth import Judgement, number, stated_answer, walk

_EQUATION = re.compile(r"(\d{1,12}) ([-+*/]) (\d{1,12}) = (\d{1,12})(?!\d)")

_OPERATIONS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}

Operand = int | str
Instruction = tuple[str, Operand, Operand]


def run(program: Sequence[Instruction]) -> list[Fraction]:
    """Return every result of a program in order."""
    results: list[Fraction] = []
    for operation, left, right in program:
        results.append(_OPERATIONS[operation](_value(left, results), _value(right, results)))
    return results


def _value(operand: Operand, results: Sequence[Fraction]) -> Fraction:
    return results[int(operand[1:])] if isinstance(operand, str) else Fraction(operand)


def check_steps(problem: Problem, steps: Sequence[str]) -> StepChecks:
    """Check each step's equation against the program, with the values that the trace itself has stated so far."""
    program: list[Instruction] = [tuple(entry) for entry in json.loads(problem.program or "[]")]
    truth = run(program)
    stated: list[Fraction] = []

    def judge_step(step: str) -> Judgement:
        answer = stated_answer(step)
        if answer is not None:
            value = number(answer)
            if value is None or not truth:
                return None
            local = len(stated) == len(program) and value == stated[-1]
            return local, value == truth[-1], answer, f"stated result is {stated[-1] if stated else 'missing'}"
        found = _EQUATION.findall(step)
        if len(found) != 1 or len(stated) >= len(program):
            return None
        left, operation, right, result = found[0]
        text = f"{left} {operation} {right} = {result}"
        index = len(stated)
        local, why = _follows(program[index], (int(left), operation, int(right)), Fraction(int(result)), stated)
        stated.append(Fraction(int(result)))
        return local, stated[-1] == truth[index], text, why

    return walk(steps, judge_step)


def _follows(
    wanted: Instruction, written: tuple[int, str, int], result: Fraction, stated: Sequence[Fraction]
) -> tuple[bool, str]:
    left, operation, right = written
    operands = (_value(wanted[1], stated), _value(wanted[2], stated))
    written_operands = (Fraction(left), Fraction(right))
    same = operands == written_operands or (operation in "+*" and operands == written_operands[::-1])
    if operation != wanted[0] or not same:
        return False, f"the problem asks for {operands[0]} {wanted[0]} {operands[1]}"
    value = _OPERATIONS[operation](Fraction(left), Fraction(right))
    return value == result, f"{left} {operation} {right} is {value}"
