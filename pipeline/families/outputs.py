"""What does a small program return? Worked out line by line, as it runs.

Only runs in which nearly every slip would change the result: elsewhere errors heal (three in ten of them at five stages), and a
right answer would say little about the steps that led to it.
"""

import json
from random import Random

from pipeline.families.draft import Draft
from pipeline.families.small_programs import drawing, solving
from verifiers.execution import small_python
from verifiers.execution.events import written

NAME = "outputs"
VERSION = 1
DOMAIN = "code"
DIFFICULTIES = (1, 2, 3, 4, 5)
LEAST_TOLD = 0.9
"""Of the slips in a run, those that change what it returns."""


def problem(rng: Random, difficulty: int) -> Draft:
    """Draw a program of `difficulty` stages and a call of it; the recorded run comes with it."""
    while True:
        program = drawing.draw(rng, difficulty)
        found = drawing.calls(program, rng, 1)
        if found is None:
            continue
        value, result = found[0]
        if solving.telling(program.code, value, rng) >= LEAST_TOLD:
            break
    lines = [written(event) for event in small_python.run(program.code, drawing.NAME, (value,))]
    return Draft(
        domain=DOMAIN,
        task="output",
        statement=solving.output_question(program.code, value),
        reference=repr(result),
        program=solving.as_json(
            code=program.code,
            entry_point=drawing.NAME,
            args=solving.as_arguments(value),
            lines=lines,
            frames=[1] * len(lines),
        ),
        held_out_by=program.code,
    )


def solution(draft: Draft, rng: Random, slip_rate: float) -> list[str]:
    """Narrate the run."""
    program = json.loads(draft.program or "{}")
    return solving.forwards(program["code"], solving.from_arguments(program["args"]), rng, slip_rate)
