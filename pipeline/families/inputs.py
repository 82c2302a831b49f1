"""With what arguments does a small program return this? Worked out backwards, from the last stage to the first."""

import json
from random import Random

from pipeline.families.draft import Draft
from pipeline.families.small_programs import drawing, solving
from pipeline.families.small_programs.drawing import Part
from pipeline.families.small_programs.stages import BY_NAME
from verifiers.execution import small_python

NAME = "inputs"
VERSION = 1
DOMAIN = "code"
DIFFICULTIES = (1, 2, 3, 4, 5)


def problem(rng: Random, difficulty: int) -> Draft:
    """Draw a program of `difficulty` stages, each of one line and with a way back, and a result that can be reached."""
    while True:
        program = drawing.draw(rng, difficulty, one_line=True)
        found = drawing.calls(program, rng, 1)
        if found is not None and solving.backwards(program.parts, found[0][1], rng, 0.0) is not None:
            break
    value, result = found[0]
    return Draft(
        domain=DOMAIN,
        task="input",
        statement=solving.input_question(program.code, result),
        reference=solving.as_json(code=program.code, entry_point=drawing.NAME, returns=repr(result)),
        program=solving.as_json(
            code=program.code,
            entry_point=drawing.NAME,
            args=solving.as_arguments(value),
            stages=[(part.stage.name, part.line, part.variable, part.constant) for part in program.parts],
        ),
        held_out_by=program.code,
    )


def solution(draft: Draft, rng: Random, slip_rate: float) -> list[str]:
    """Go back from the result, stage by stage."""
    program, wanted = json.loads(draft.program or "{}"), json.loads(draft.reference)
    lines = program["code"].splitlines()
    parts = [
        Part(stage=BY_NAME[name], line=line, code=lines[line - 1].strip(), variable=variable, constant=constant)
        for name, line, variable, constant in program["stages"]
    ]
    result = small_python.literal(wanted["returns"])
    found = solving.backwards(parts, result, rng, slip_rate)
    while found is None:  # a slip led to a value of another kind
        found = solving.backwards(parts, result, rng, slip_rate)
    return found
