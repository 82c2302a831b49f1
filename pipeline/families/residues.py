"""Chains of operations modulo a prime: the number of steps is the difficulty, and nothing else is.

Every operation is a bijection of the residues. So an error stays one unless a second happens to undo it, no answer is likelier
than another, and what a prefix is worth depends on nothing but the steps still to go and whether all so far are right.
"""

import json
from random import Random

from pipeline.families.draft import Draft, slipped
from verifiers.families import residues as exact
from verifiers.families.residues import Chain

NAME = "residues"
VERSION = 1
DOMAIN = "math"
DIFFICULTIES = (4, 8, 16)
"""Steps of a solution: one fewer operations, and the answer."""

MODULUS = 59
_WORDS = {"+": "add", "-": "subtract", "*": "times"}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def problem(rng: Random, difficulty: int) -> Draft:
    """Draw a chain whose solution has `difficulty` steps."""
    operations = tuple(_operation(rng) for _ in range(difficulty - 1))
    chain = Chain(MODULUS, rng.randrange(MODULUS), operations)
    lines = [f"{_name(index)}: {_WORDS[name]} {operand}" for index, (name, operand) in enumerate(operations)]
    statement = "\n".join([f"Count modulo {MODULUS}. Start with {chain.start}.", *lines, "What remains?"])
    program = {"modulus": MODULUS, "start": chain.start, "operations": operations}
    return Draft(statement=statement, reference=str(chain.run()[-1]), program=json.dumps(program))


def _operation(rng: Random) -> tuple[str, int]:
    name = rng.choice("+-*")
    return name, rng.randint(2, 9 if name == "*" else 30)


def _name(index: int) -> str:
    """Return a to z, then aa, bb."""
    return _LETTERS[index % 26] * (1 + index // 26)


def solution(draft: Draft, rng: Random, slip_rate: float) -> list[str]:
    """Work the chain out, an operation a line."""
    chain = exact.read(draft.program)
    stated = [chain.start]
    lines = []
    for index in range(len(chain.operations)):
        equation, value = _line(chain, index, stated, rng, rng.random() < slip_rate)
        stated.append(value)
        lines.append(f"{_name(index)}: {equation}")
    return [*lines, f"Answer: {stated[-1]}"]


def _line(chain: Chain, index: int, stated: list[int], rng: Random, slip: bool) -> tuple[str, int]:
    """Return the equation of a step and its result; a slip has another result than the right one, so that it is never undone."""
    a, (name, b) = stated[-1], chain.operations[index]
    truth = chain.apply(name, a, b)
    if not slip:
        return f"{a} {name} {b} = {truth}", truth
    kind = rng.random()
    misread = a, name, b
    if kind < 0.15:
        misread = a, name, _operation(rng)[1]
    elif kind < 0.25:
        misread = a, rng.choice("+-*"), b
    elif kind < 0.35:
        misread = stated[max(index - 1, 0)], name, b
    result = chain.apply(misread[1], misread[0], misread[2])
    if result == truth:
        # Half of the results are near, as slips are, half are anything: alternatives so many and so unlikely that a low
        # temperature leaves almost none of them and a high one lets most through.
        misread = a, name, b
        result = slipped(truth, rng) % MODULUS if rng.random() < 0.5 else (truth + rng.randrange(1, MODULUS)) % MODULUS
    return f"{misread[0]} {misread[1]} {misread[2]} = {result}", result
