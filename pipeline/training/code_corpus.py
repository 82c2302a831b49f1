"""What the code policy learns from: small programs in every question that the generators ask about code.

The same program is on the same side of the split in whatever question it comes. Slips as in `math_corpus.py`: the policy should
be often right, often wrong, and follow its own prefix either way.
"""

from collections.abc import Callable, Iterator
from random import Random

from generators.prompts import catalog as prompts
from pipeline.families import catalog
from pipeline.families.small_programs import drawing, solving
from pipeline.families.small_programs.drawing import SmallProgram
from pipeline.models import model_families
from schemas import ids
from verifiers.execution.small_expressions import Unsupported, Value
from verifiers.programs.mutants import Mutant, mutants

Example = tuple[str, str]
"""(what is asked, what is written), without the template around the question."""
Writer = Callable[[SmallProgram, Random, float], Example | None]

FAMILY = model_families.find("bare")
"""How the policies are spoken to."""
STAGES = (1, 2, 2, 3, 3, 4, 4, 5)
_PLAN_SLIPS = 0.6
"""Slips in plans and code, against those in values: a sentence is easier than a sum."""


def examples(slip_rate: float, seed: int) -> Iterator[Example]:
    """Yield examples from programs of the train split without end."""
    rng = Random(ids.seed(seed, "code corpus"))
    writers, weights = zip(*_WRITERS, strict=True)
    while True:
        writer = rng.choices(writers, weights)[0]
        program = drawing.draw(rng, rng.choice(STAGES), one_line=writer is _input)
        if catalog.side_of(program.code) != "train":
            continue
        try:
            example = writer(program, rng, slip_rate)
        except Unsupported:
            continue
        if example is not None:
            yield example


def _output(program: SmallProgram, rng: Random, slip_rate: float) -> Example | None:
    found = drawing.calls(program, rng, 1)
    if found is None:
        return None
    value, _ = found[0]
    return solving.output_question(program.code, value), "\n".join(
        solving.forwards(program.code, value, rng, slip_rate)
    )


def _input(program: SmallProgram, rng: Random, slip_rate: float) -> Example | None:
    found = drawing.calls(program, rng, 1)
    lines = solving.backwards(program.parts, found[0][1], rng, slip_rate) if found else None
    if found is None or lines is None:
        return None
    return solving.input_question(program.code, found[0][1]), "\n".join(lines)


def _revision(program: SmallProgram, rng: Random, slip_rate: float) -> Example | None:
    """Ask again, after a first try that slipped."""
    found = drawing.calls(program, rng, 1)
    if found is None:
        return None
    value, result = found[0]
    for _ in range(10):
        attempt = solving.forwards(program.code, value, rng, 0.2)
        got = attempt[-1].removeprefix("Answer: ")
        if got != repr(result):
            said = solving.feedback("output", value, got)
            question = solving.output_question(program.code, value)
            again = solving.forwards(program.code, value, rng, slip_rate)
            return _asked("revise", problem=question, attempt="\n".join(attempt), feedback=said), "\n".join(again)
    return None


def _statement(program: SmallProgram, rng: Random) -> tuple[str, list[tuple[Value, Value]]] | None:
    """Return the statement of the task `program` and all calls; None where they say too little."""
    found = drawing.calls(program, rng, solving.CALLS)
    if found is None or not drawing.informative(found[: solving.EXAMPLES]):
        return None
    return solving.program_question(program.parts[0].variable, found[: solving.EXAMPLES]), found


def _explain(program: SmallProgram, rng: Random, slip_rate: float) -> Example | None:
    asked = _statement(program, rng)
    if asked is None:
        return None
    plan = "\n".join(_plan(program, rng, slip_rate * _PLAN_SLIPS))
    return _asked("explain", problem=asked[0], code=program.code), plan


def _write(program: SmallProgram, rng: Random, slip_rate: float) -> Example | None:
    """Ask for the code of a plan, often of a beginning of it: what is left out has to be guessed."""
    asked = _statement(program, rng)
    if asked is None:
        return None
    plan = program.plan if rng.random() < 0.6 else program.plan[: rng.randint(0, len(program.plan))]
    code = _other(program, rng) if rng.random() < slip_rate * _PLAN_SLIPS * len(program.parts) else program.code
    return _asked("write", problem=asked[0], plan="\n".join(plan)), code


def _program(program: SmallProgram, rng: Random, slip_rate: float) -> Example | None:
    asked = _statement(program, rng)
    return None if asked is None else (asked[0], program.code)


def _critique(program: SmallProgram, rng: Random, slip_rate: float) -> Example | None:
    asked = _statement(program, rng)
    if asked is None:
        return None
    shown, critique = program.code, "No bug found."
    bug = _bug(program, asked[1], rng) if rng.random() < 0.65 else None
    if bug is not None:
        shown, critique = bug[0], _written(*bug[1:])
    if rng.random() < slip_rate:
        critique = _careless(shown, rng)
    return _asked("critique", problem=asked[0], plan="\n".join(program.plan), code=shown), critique


_WRITERS: tuple[tuple[Writer, float], ...] = (
    (_output, 0.43),
    (_input, 0.13),
    (_revision, 0.06),
    (_explain, 0.13),
    (_write, 0.14),
    (_program, 0.02),
    (_critique, 0.09),
)


def _asked(part: str, **fields: str) -> str:
    return prompts.default(part, FAMILY).filled(**fields)


def _plan(program: SmallProgram, rng: Random, slip_rate: float) -> list[str]:
    """Return the plan with an error now and then: a sentence of another program's, or one left out."""
    lines = list(program.plan)
    for place in range(1, len(lines)):
        if rng.random() < slip_rate:
            other = drawing.draw(rng, 1).plan[1]
            lines[place] = lines[place].split(" ", 1)[0] + " " + other.split(" ", 1)[1]
    return lines


def _other(program: SmallProgram, rng: Random) -> str:
    """Return the code with a small fault, or as it is where it has none to offer."""
    faults = mutants(program.code)
    return rng.choice(faults).code.rstrip("\n") if faults else program.code


def _bug(program: SmallProgram, calls: list[tuple[Value, Value]], rng: Random) -> tuple[str, int, str, str] | None:
    """Return (faulty code, line, what stands there, what should), of a fault of one line that some call brings out."""
    faults = mutants(program.code)
    rng.shuffle(faults)
    for fault in faults[:12]:
        found = _one_line(program.code, fault)
        if found is not None and any(_differs(fault.code, value, result) for value, result in calls):
            return found
    return None


def _one_line(code: str, fault: Mutant) -> tuple[str, int, str, str] | None:
    before, after = code.splitlines(), fault.code.rstrip("\n").splitlines()
    if len(before) != len(after):
        return None
    places = [place for place, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]]
    if len(places) != 1:
        return None
    place = places[0]
    stands, should = (lines[place].strip().removesuffix(":") for lines in (after, before))
    return "\n".join(after), place + 1, stands, should


def _differs(code: str, value: Value, result: Value) -> bool:
    got = drawing.run_small(code, value, 2 * solving.MOST_EVENTS)
    return got is None or repr(got) != repr(result)


def _written(line: int, stands: str, should: str) -> str:
    return f"Line {line}, `{stands}`: it is wrong.\nFix: `{should}`."


def _careless(code: str, rng: Random) -> str:
    """Return a critique that names some line, or none."""
    lines = code.splitlines()
    line = rng.randrange(1, len(lines))
    stands = lines[line].strip().removesuffix(":")
    return "No bug found." if rng.random() < 0.5 else _written(line + 1, stands, stands)
