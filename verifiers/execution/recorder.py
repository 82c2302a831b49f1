"""Record a run of a program in the sandbox: what every statement did, in order, as plain data.

The program runs with notes in it (`instrument.py`), twice, under different hash seeds, and once as it is. Where the three do not
come to the same, nothing is recorded: a narration must be a function of the code and its arguments. What cannot be recorded is
refused with the reason, never cut short. The program is believed nothing: what comes back is data about itself, and it is read as
strictly as an answer.
"""

import marshal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from verifiers.execution.events import Event, Kind
from verifiers.execution.instrument import PREFIX, Instrumented, Place, instrument
from verifiers.programs.compare import Rules, same
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Call, Limits, Program, Returned, Run, Value

MAX_EVENTS = 400
MAX_VALUE = 400
"""Characters of one value."""
LIMITS = Limits(cpu_s=2.0)
"""Of each of the three runs; notes cost about a hundred times what a plain statement does."""

_EXACT = Rules(from_json=False, typed=True, relative=0.0, absolute=0.0)
_FOLDER = Path(__file__).parent
_PROCESS = tuple(
    marshal.dumps(compile((_FOLDER / name).read_text(encoding="utf-8"), name, "exec", dont_inherit=True))
    for name in ("describe.py", "recorder_process.py")
)
_KINDS: dict[object, Kind] = {
    kind: kind for kind in ("call", "set", "loop", "done", "test", "return", "yield", "end", "raise")
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A run that was recorded."""

    events: tuple[Event, ...]
    frames: tuple[int, ...]
    """For each event the number of the call that it happened in, from 1 in the order of calls."""
    returned: Returned
    """What the call came to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrecorded:
    """A run that was not, and why, in a few words."""

    reason: str
    returned: Returned | None = None
    """What the call came to all the same, twice alike; None where it came to nothing that can be relied on."""


def record(
    sandbox: Sandbox, code: str, entry_point: str, args: tuple[Value, ...], *,
    max_events: int = MAX_EVENTS, max_value: int = MAX_VALUE, limits: Limits = LIMITS,
) -> Recording | Unrecorded:  # fmt: skip
    """Run a function of a program on arguments and record the run. Total; the entry point is a plain name."""
    if not entry_point.isidentifier():
        return Unrecorded(reason=f"the entry point {entry_point[:60]!r} is no name of a function")
    made = instrument(code)
    if isinstance(made, str):
        return Unrecorded(reason=made)
    plain = sandbox.run(Program(code=code, entry_point=entry_point), [Call(args=args)], limits)
    if plain.status != "done":
        return Unrecorded(reason=_why(plain))
    program = Program(code=_recorded(made, entry_point, max_events, max_value), entry_point=entry_point)
    calls = [Call(args=args, name=f"{PREFIX}record"), Call(args=(), name=f"{PREFIX}report")]
    read: list[Recording] = []
    for seed in (0, 1):
        one = _read(sandbox.run(program, calls, limits, seed=seed), made.places)
        if isinstance(one, Unrecorded):
            again = sandbox.run(Program(code=code, entry_point=entry_point), [Call(args=args)], limits, seed=1)
            alike = again.status == "done" and _alike(plain.returned[0], again.returned[0])
            return replace(one, returned=plain.returned[0] if alike else None)
        if not _alike(plain.returned[0], one.returned):
            return Unrecorded(reason="it does not return the same while it is recorded, or under another hash seed")
        read.append(one)
    if not read[0].events:
        return Unrecorded(reason="no statement of it ran: it is not written in this code", returned=plain.returned[0])
    if read[0] != read[1]:
        return Unrecorded(reason="it does not run the same under another hash seed", returned=plain.returned[0])
    return read[0]


def _recorded(made: Instrumented, entry_point: str, max_events: int, max_value: int) -> str:
    """Return the text of the program that records itself; it has no more names than its own and those of the notes."""
    asked = entry_point, [(one.names, one.watched, one.span) for one in made.places], max_events, max_value
    return "\n".join(
        (
            f"{PREFIX} = {{'__name__': 'recorder'}}",
            *(f"exec(__import__('marshal').loads({code!r}), {PREFIX})" for code in _PROCESS),
            f"{PREFIX}['install'](globals(), {PREFIX!r}, {asked!r}, {PREFIX})",
            f"exec(__import__('marshal').loads({made.code!r}))",
        )
    )


def _read(run: Run, places: tuple[Place, ...]) -> Recording | Unrecorded:
    if run.status != "done" or len(run.returned) != 2:
        return Unrecorded(reason=f"while recorded: {_why(run)}")
    returned, told = run.returned
    try:
        stopped, rows = _rows(told.value)
        if stopped is not None:
            return Unrecorded(reason=str(stopped))
        events = tuple(_event(row, places) for row in rows)
        return Recording(events=events, frames=tuple(row[4] for row in rows), returned=returned)
    except (TypeError, ValueError, IndexError, KeyError):
        return Unrecorded(reason="the program meddled with its recorder")


def _rows(value: Any) -> tuple[Any, list[Any]]:  # Any: what the program's process said, checked by use
    stopped, rows = value
    if type(rows) is not list or not all(type(row) is tuple and type(row[4]) is int for row in rows):
        raise TypeError
    return stopped, rows


def _event(row: tuple[object, ...], places: tuple[Place, ...]) -> Event:
    """Return an event as the recorder told it. Raises on anything else."""
    kind, number, changes, value, _ = row
    if type(number) is not int or type(value) is not str or type(changes) is not list:
        raise TypeError
    place = places[number]
    known = _KINDS[kind]
    inner = known not in ("call", "end")
    return Event(
        kind=known, line=place.line if inner else 0, source=place.source if inner else "",
        name="" if inner else place.name, changes=tuple(_change(*one) for one in changes), value=value,
    )  # fmt: skip


def _change(name: object, value: object) -> tuple[str, str]:
    if type(name) is not str or type(value) is not str:
        raise TypeError
    return name, value


def _alike(one: Returned, other: Returned) -> bool:
    return (one.kind, one.error) == (other.kind, other.error) and same(one.value, other.value, _EXACT)


def _why(run: Run) -> str:
    return f"{run.status}: {run.reason}"[:300] if run.reason else run.status
