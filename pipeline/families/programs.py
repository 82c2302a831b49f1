"""Write a small program of which some calls are shown. Others are its hidden tests; it comes with a plan and with a decoy."""

import json
from random import Random

from pipeline.families.draft import Draft
from pipeline.families.small_programs import drawing, solving
from verifiers.programs.mutants import mutants

NAME = "programs"
VERSION = 1
DOMAIN = "code"
DIFFICULTIES = (1, 2, 3, 4, 5)


def problem(rng: Random, difficulty: int) -> Draft:
    """Draw a program of `difficulty` stages and calls of it; the decoy is another one of as many."""
    while True:
        program = drawing.draw(rng, difficulty)
        found = drawing.calls(program, rng, solving.CALLS)
        if found is not None and drawing.informative(found[: solving.EXAMPLES]):
            break
    decoy = drawing.draw(rng, difficulty)
    while drawing.calls(decoy, rng, 1) is None or decoy.code == program.code:
        decoy = drawing.draw(rng, difficulty)
    calls = [(solving.as_arguments(value), repr(result)) for value, result in found]
    return Draft(
        domain=DOMAIN,
        task="program",
        statement=solving.program_question(program.parts[0].variable, found[: solving.EXAMPLES]),
        reference=solving.as_json(entry_point=drawing.NAME, cases=calls),
        program=solving.as_json(
            code=program.code,
            entry_point=drawing.NAME,
            decoy=decoy.code,
            plan=program.plan,
            calls=[arguments for arguments, _ in calls],
        ),
        held_out_by=program.code,
    )


def solution(draft: Draft, rng: Random, slip_rate: float) -> list[str]:
    """Return the program, now and then with a fault in it."""
    code: str = json.loads(draft.program or "{}")["code"]
    faults = mutants(code) if rng.random() < slip_rate * len(code.splitlines()) else []
    return (rng.choice(faults).code.rstrip("\n") if faults else code).splitlines()
