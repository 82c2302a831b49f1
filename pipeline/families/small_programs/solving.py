"""What a solver writes about a small program: its run forwards, a way back from a result; with slips, each carried on.

A slip is made in a value, and what follows is computed from the wrong value, as a solver would. The interpreter makes that
possible: it goes on from what it is told.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import TypeVar

from pipeline.families.draft import slipped
from pipeline.families.small_programs.drawing import NAME, Part, argument, small
from pipeline.families.small_programs.stage import LETTERS
from schemas.problem import Task
from verifiers.execution import small_python
from verifiers.execution.events import Event, shown, written
from verifiers.execution.small_expressions import Unsupported, Value
from verifiers.execution.small_python import literal

Item = TypeVar("Item")

MOST_EVENTS = 26
"""Of a run with slips, which may make it longer."""
CALLS = 8
EXAMPLES = 3
"""Calls shown in the statement of a problem of task `program`; its tests have the others too."""
_SHARES = {"set": 1.0, "test": 0.5, "return": 0.2, "loop": 0.1}
"""Slips of an event against those of a computed value: a comparison is easier, a value that is only copied easier still."""


def forwards(code: str, value: Value, rng: Random, slip_rate: float) -> list[str]:
    """Return the narrated run of `f(value)`, the last line the answer. Raises Unsupported where that takes too long."""
    for _ in range(4):
        lines, returned = [], "None"
        try:
            for event in _events(code, value, rng, slip_rate):
                lines.append(written(event))
                if event.kind == "return":
                    returned = event.value
                if event.kind == "raise" or len(lines) > MOST_EVENTS:
                    raise Unsupported("a slip led astray")
        except Unsupported:
            continue
        return [*lines, f"Answer: {returned}"]
    if not slip_rate:
        raise Unsupported("it has no short run")
    return forwards(code, value, rng, 0.0)


def _events(code: str, value: Value, rng: Random, slip_rate: float) -> Iterator[Event]:
    """Yield what the solver says happens."""
    run = small_python.run(code, NAME, (value,))
    said: Event | None = None
    while True:
        try:
            event = run.send(said)
        except StopIteration:
            return
        slips = rng.random() < slip_rate * _SHARES.get(event.kind, 0.0)
        said = _wrong(event, rng) if slips else None
        yield said or event


def telling(code: str, value: Value, rng: Random) -> float:
    """Return how likely one slip in the run of `f(value)`, carried on, changes the result; more likely slips count for more.

    Where it is low, errors heal: a remainder, a length or a filter hides them.
    """
    true = list(small_python.run(code, NAME, (value,)))
    changed = total = 0.0
    for place, event in enumerate(true):
        for _ in range(_TRIES if event.kind in _SHARES and event.kind != "return" else 0):
            total += _SHARES[event.kind]
            changed += _SHARES[event.kind] * (_slipped_result(code, value, place, rng) != true[-1].value)
    return changed / total if total else 0.0


_TRIES = 3


def _slipped_result(code: str, value: Value, place: int, rng: Random) -> str | None:
    """Return what a run returns with a slip in its event of that number; None where it returns nothing."""
    run = small_python.run(code, NAME, (value,))
    said, returned = None, None
    try:
        for number in range(small_python.MAX_EVENTS):
            event = run.send(said)
            said = _wrong(event, rng) if number == place else None
            returned = event.value if event.kind == "return" else None
    except (StopIteration, Unsupported):
        pass
    return returned


def _wrong(event: Event, rng: Random) -> Event | None:
    """Return the event with a wrong value in it; None where none can be thought of."""
    if event.kind == "test":
        return _changed(event, value="false" if event.value == "true" else "true")
    if event.kind == "return":
        return _changed(event, value=repr(slip(literal(event.value), rng)))
    if not event.changes:
        return None
    name, text = event.changes[0]
    return _changed(event, changes=((name, repr(slip(literal(text), rng))),))


def _changed(event: Event, changes: tuple[tuple[str, str], ...] | None = None, value: str = "") -> Event:
    return Event(
        kind=event.kind,
        line=event.line,
        source=event.source,
        changes=event.changes if changes is None else changes,
        value=value,
    )


def slip(value: Value, rng: Random) -> Value:
    """Return a value as a careless solver might have it instead; never the same one."""
    if isinstance(value, int):
        return slipped(value, rng)
    if isinstance(value, str):
        return "".join(_slipped_items(list(value), rng, lambda _: rng.choice(LETTERS)))
    if isinstance(value, list):
        numbers = [item for item in value if isinstance(item, int)]
        return [*_slipped_items(numbers, rng, lambda item: rng.randint(1, 20) if item is None else slipped(item, rng))]
    return 0


def _slipped_items(items: list[Item], rng: Random, other: Callable[[Item | None], Item]) -> list[Item]:
    """Drop, double, swap or change one item; of none, make one."""
    if not items:
        return [other(None)]
    while True:
        made, place, kind = list(items), rng.randrange(len(items)), rng.random()
        if kind < 0.2:
            del made[place]
        elif kind < 0.3:
            made.insert(place, made[place])
        elif kind < 0.45:
            made[place], made[place - 1] = made[place - 1], made[place]
        else:
            made[place] = other(made[place])
        if made != items:
            return made


def backwards(parts: Sequence[Part], result: Value, rng: Random, slip_rate: float) -> list[str] | None:
    """Return a way from the result back to an argument, the last line the answer; None where there is no way back.

    Every line says a value that leads to the next: from the last stage to the first.
    """
    lines, value = [f"{NAME} returns {result!r}."], result
    for part in reversed(parts):
        before = part.stage.back(value, part.constant, rng) if part.stage.back else None
        if before is not None and not small(before):
            before = None
        if before is None:
            if not slip_rate or value == result:
                return None
            # A slip has led to a value from which there is no way back: the solver guesses.
            before = argument(rng, part.stage.takes)
        elif rng.random() < slip_rate:
            before = slip(before, rng)
        if not isinstance(before, {"int": int, "list": list, "str": str}[part.stage.takes]):
            return None
        value = before
        lines.append(f"Before line {part.line}, `{shown(part.code)}`: {part.variable} = {value!r}.")
    return [*lines, f"Answer: {NAME}({value!r})"]


def output_question(code: str, value: Value) -> str:
    """Return the statement of a problem of task `output`."""
    return f"{code}\n\nWhat does {NAME}({value!r}) return?"


def input_question(code: str, result: Value) -> str:
    """Return the statement of a problem of task `input`."""
    return f"{code}\n\nFind arguments for which {NAME} returns {result!r}."


def program_question(variable: str, examples: Sequence[tuple[Value, Value]]) -> str:
    """Return the statement of a problem of task `program`: the function's head, and what some calls of it should give."""
    return "\n".join(
        [f"Write {NAME}({variable}).", *(f"{NAME}({value!r}) == {result!r}" for value, result in examples)]
    )


def feedback(task: Task, value: Value, got: str) -> str:
    """Return what execution says to a wrong answer: of task `output` no more than that, of `input` what the call gives."""
    return f"{NAME}({value!r}) {'does not return' if task == 'output' else 'returns'} {got}."


def as_arguments(value: Value) -> str:
    """Return the arguments of a call as a literal: a tuple of one."""
    return repr((value,))


def from_arguments(text: str) -> Value:
    """Return the argument that such a literal holds."""
    arguments = literal(text)
    assert isinstance(arguments, tuple)
    return arguments[0]


def as_json(**fields: object) -> str:
    """Return the `program` column of a problem."""
    return json.dumps(fields, ensure_ascii=False)
