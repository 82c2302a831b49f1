"""Draw a small program: stages one after the other, each fed by the one before it, on inputs that keep all values small."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from pipeline.families.small_programs.stage import LETTERS, Kind, Stage
from pipeline.families.small_programs.stages import STAGES
from verifiers.execution import small_python
from verifiers.execution.small_expressions import Unsupported, Value

NAME = "f"
MAX_VALUE = 199
MAX_LENGTH = {"list": 6, "str": 8}
MOST_EVENTS = 18
"""Of a run: with call and answer up to 20 steps."""
_VARIABLES: dict[Kind, tuple[str, ...]] = {"int": ("n", "t"), "list": ("xs", "ys"), "str": ("s", "r")}
_WORDS: dict[Kind, str] = {"int": "a number", "list": "a list", "str": "a text"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stage with its constants and variables in it."""

    stage: Stage
    line: int
    """Where its code begins, from 1."""
    code: str
    variable: str
    """The one that comes in."""
    constant: object
    """Its `c`, which the way back needs; None where it has none."""
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallProgram:
    """A function of one argument, or two where a constant is left to the caller."""

    code: str
    parts: tuple[Part, ...]
    takes: Kind
    plan: tuple[str, ...]
    """What it takes and returns, then a sentence for each stage."""


def draw(rng: Random, stages: int, *, one_line: bool = False) -> SmallProgram:
    """Draw a program of that many stages; `one_line` keeps to stages of one line that have a way back."""
    takes: Kind = rng.choice(("int", "list", "list", "str"))
    kind, variable = takes, _VARIABLES[takes][0]
    lines, parts, last = [f"def {NAME}({variable}):"], [], ""
    for _ in range(stages):
        stage = _chosen(rng, kind, last, one_line)
        last = stage.name
        target = _target(rng, stage, variable)
        part = _part(stage, rng, variable, target, len(lines) + 1)
        parts.append(part)
        lines += ["    " + line for line in part.code.splitlines()]
        kind, variable = stage.gives, target
    lines.append(f"    return {variable}")
    plan = (f"It takes {_WORDS[takes]} and returns {_WORDS[kind]}.", *map(_sentence, range(stages), parts))
    return SmallProgram(code="\n".join(lines), parts=tuple(parts), takes=takes, plan=plan)


def _chosen(rng: Random, kind: Kind, last: str, one_line: bool) -> Stage:
    while True:
        stage = rng.choice(STAGES[kind])
        if stage.name != last and not (one_line and stage.back is None):
            return stage


def _target(rng: Random, stage: Stage, variable: str) -> str:
    if "{w}" not in stage.code:
        return variable
    names = _VARIABLES[stage.gives]
    if stage.code.count("\n") or stage.takes != stage.gives:
        # The new value is built while the old one is read.
        return next(name for name in (*names, "m") if name != variable)
    return variable if rng.random() < 0.8 else next(name for name in names if name != variable)


def _part(stage: Stage, rng: Random, variable: str, target: str, line: int) -> Part:
    c = stage.c(rng) if stage.c else None
    d = stage.d(rng) if stage.d else None
    while d is not None and d == c:
        d = stage.d(rng)  # type: ignore[misc]  # d came from it
    filled = {"v": variable, "w": target, "c": c, "d": d}
    return Part(
        stage=stage,
        line=line,
        code=stage.code.format(**filled),
        sentence=rng.choice(stage.says).format(**filled),
        variable=variable,
        constant=c,
    )


def _sentence(index: int, part: Part) -> str:
    return f"{'Then' if index else 'First'} {part.sentence}."


def argument(rng: Random, kind: Kind) -> Value:
    """Draw a value of that kind."""
    if kind == "int":
        return rng.randint(1, 40)
    if kind == "list":
        return [rng.randint(1, 25) for _ in range(rng.randint(2, 4))]
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(2, 5)))


def small(value: Value) -> bool:
    """Whether a value is of the size that the family keeps to."""
    if isinstance(value, int):
        return -MAX_VALUE <= value <= MAX_VALUE
    if isinstance(value, list):
        return len(value) <= MAX_LENGTH["list"] and all(isinstance(one, int) and small(one) for one in value)
    return isinstance(value, str) and len(value) <= MAX_LENGTH["str"]


def calls(program: SmallProgram, rng: Random, n: int) -> list[tuple[Value, Value]] | None:
    """Return n different (argument, result) whose runs are short and whose values are all small; None where there are none."""
    found: dict[str, tuple[Value, Value]] = {}
    for _ in range(8 * n):
        value = argument(rng, program.takes)
        result = run_small(program.code, value, MOST_EVENTS)
        if result is not None:
            found[repr(value)] = (value, result)
            if len(found) == n:
                return list(found.values())
    return None


def run_small(code: str, value: Value, most_events: int) -> Value:
    """Return what a call gives; None where it is too long, raises, or any value on the way is not small."""
    events, result = 0, None
    try:
        for event in small_python.run(code, NAME, (value,)):
            events += 1
            values = [small_python.literal(text) for _, text in event.changes]
            if event.kind == "return":
                result = small_python.literal(event.value)
                values.append(result)
            if events > most_events or event.kind == "raise" or not all(map(small, values)):
                return None
    except Unsupported:
        return None
    return result


def informative(examples: Sequence[tuple[Value, Value]]) -> bool:
    """Whether the results of the examples say something: not all the same, not all what came in."""
    results = {repr(result) for _, result in examples}
    return len(results) > len(examples) // 2 and any(repr(value) != repr(result) for value, result in examples)
