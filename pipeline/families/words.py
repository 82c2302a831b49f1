"""Multi-step arithmetic in words: one person's changing collection, or several people compared.

Every quantity is used by the next one, so a wrong step spoils all that follow. Values stay between 2 and 999.
"""

import json
from random import Random

from pipeline.families.draft import Draft, slipped
from verifiers.families import words as exact
from verifiers.families.words import Instruction, Operand

NAME = "words"
VERSION = 1
DOMAIN = "math"
DIFFICULTIES = (2, 3, 4, 5)

_PEOPLE = ("Mia", "Tom", "Ann", "Ben", "Zoe", "Sam", "Eva", "Leo", "Ida", "Max", "Amy", "Jon")
_THINGS = ("apples", "coins", "stickers", "books", "cards", "pens", "shells", "stamps", "beads", "nuts")
_CHANGES = {
    "+": ("{n} buys {b} more.", "{n} finds {b} {t}.", "Then {n} gets {b} more {t} from a friend."),
    "-": ("{n} gives away {b}.", "{n} loses {b} {t}.", "Then {n} sells {b} of them."),
    "*": ("Now {n} works until there are {b} times as many.", "The collection of {n} grows to {b} times its size."),
}
_COMPARISONS = {
    "+": ("{n} has {b} more {t} than {m}.", "{n} has {b} {t} more than {m} has."),
    "-": ("{n} has {b} fewer {t} than {m}.", "{n} has {b} {t} less than {m} has."),
    "*": ("{n} has {b} times as many {t} as {m}.",),
}


def problem(rng: Random, difficulty: int) -> Draft:
    """Draw a story of `difficulty` operations."""
    thing, people = rng.choice(_THINGS), rng.sample(_PEOPLE, difficulty + 1)
    compare = rng.random() < 0.5
    together = compare and difficulty >= 3 and rng.random() < 0.4
    start = value = rng.randint(4, 99)
    sentences = [f"{people[0]} has {start} {thing}."]
    program: list[Instruction] = []
    for index in range(difficulty - together):
        operation, operand, value = _operation(rng, value)
        program.append((operation, f"#{index - 1}" if index else start, operand))
        template = rng.choice((_COMPARISONS if compare else _CHANGES)[operation])
        who, whom = (people[index + 1], people[index]) if compare else (people[0], "")
        sentences.append(template.format(n=who, m=whom, b=operand, t=thing))
    last = people[len(program)] if compare else people[0]
    if together:
        before = people[len(program) - 1]
        program.append(("+", f"#{len(program) - 1}", f"#{len(program) - 2}"))
        sentences.append(f"How many {thing} do {last} and {before} have together?")
    else:
        sentences.append(f"How many {thing} does {last} have{'' if compare else ' in the end'}?")
    answer = exact.run(program)[-1]
    return Draft(statement=" ".join(sentences), reference=str(answer), program=json.dumps(program))


def _operation(rng: Random, value: int) -> tuple[str, int, int]:
    """Return (operation, operand, result) that keep the result a whole number between 2 and 999."""
    while True:
        operation = rng.choice("++--*")
        operand = rng.randint(2, 9) if operation == "*" else rng.randint(3, 99)
        result = _compute(operation, value, operand)
        if 2 <= result <= 999:
            return operation, operand, result


def solution(draft: Draft, rng: Random, slip_rate: float) -> list[str]:
    """Work the program out in sentences."""
    program: list[Instruction] = [tuple(entry) for entry in json.loads(draft.program or "[]")]
    stated: list[int] = []
    lines = []
    for index, instruction in enumerate(program):
        line, value = _line(index, instruction, stated, rng, rng.random() < slip_rate)
        stated.append(value)
        lines.append(line)
    return [*lines, f"Answer: {stated[-1]}"]


def _line(index: int, instruction: Instruction, stated: list[int], rng: Random, slip: bool) -> tuple[str, int]:
    operation, a, b = instruction[0], _stated(instruction[1], stated), _stated(instruction[2], stated)
    result = truth = _compute(operation, a, b)
    kind = rng.random() if slip else 1.0
    if kind < 0.2:
        b = max(2, slipped(b, rng))
        result = _compute(operation, a, b)
    elif kind < 0.4:
        operation = {"+": "-", "-": "+", "*": "+"}[operation]
        result = _compute(operation, a, b)
    elif kind < 0.5 and len(stated) > 1:
        a = stated[-2]
        result = _compute(operation, a, b)
    elif kind < 1.0:
        result = slipped(result, rng)
    if result < 0 or (slip and result == truth):
        operation, a, b = instruction[0], _stated(instruction[1], stated), _stated(instruction[2], stated)
        result = abs(truth) + rng.choice((1, 2, 10))
    opening = rng.choice(("That makes", "Now it is", "So there are")) if index else "First"
    return f"{opening} {a} {operation} {b} = {result}.", result


def _stated(operand: Operand, stated: list[int]) -> int:
    return stated[int(operand[1:])] if isinstance(operand, str) else operand


def _compute(operation: str, a: int, b: int) -> int:
    return {"+": a + b, "-": a - b, "*": a * b}[operation]
