"""A second record of a run, by `sys.settrace`, and whether a narration agrees with it.

The recorder (`verifiers/execution`) changes a program so that it tells what it does; here the interpreter tells, of the program
as it is. Both follow the same calls, by number. In each call the narrated events are found again in their order: the line ran,
the variables had these values after it, the branch that was told was entered, this was returned, that was raised.
"""

import ast
import marshal
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from verifiers.execution.check import EXACT
from verifiers.execution.events import Event, written
from verifiers.execution.instrument import head_end
from verifiers.programs import literals
from verifiers.programs.compare import same
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Call, Limits, Program, Value

_FILE = "<traced>"
_PREFIX = "_second_"
_SOURCE = Path(__file__).with_name("settrace_process.py")
_PROCESS = marshal.dumps(compile(_SOURCE.read_text(encoding="utf-8"), _SOURCE.name, "exec", dont_inherit=True))
_LOOKED_AT = 2
"""Times that the line may come by before the one that an event is about: statements that share a line have one row."""


class Row(NamedTuple):
    """One event of the interpreter."""

    kind: str
    """`call`, `line`, `return` or `exception`."""
    call: int
    line: int
    variables: dict[str, Any]  # Any: plain values, `("?", type)` for others
    said: Any
    """What is returned; the class of what is raised."""


@dataclass(frozen=True, slots=True)
class _Lines:
    """Where a statement stands, of a compound one its head, and where its body begins."""

    first: int
    last: int
    body: int | None


def follow(sandbox: Sandbox, code: str, entry_point: str, args: tuple[Value, ...]) -> list[Row] | None:
    """Return the second record of a call, None where there is none."""
    text = "\n".join(
        (
            f"{_PREFIX} = {{'__name__': 'second'}}",
            f"exec(__import__('marshal').loads({_PROCESS!r}), {_PREFIX})",
            f"{_PREFIX}['install'](globals(), {_PREFIX!r}, {entry_point!r}, {_FILE!r})",
            f"exec(compile({code!r}, {_FILE!r}, 'exec', dont_inherit=True))",
        )
    )
    calls = [Call(args=args, name=f"{_PREFIX}run"), Call(args=(), name=f"{_PREFIX}report")]
    run = sandbox.run(Program(code=text, entry_point=entry_point), calls, Limits(cpu_s=5.0, answer_bytes=64 << 20))
    if run.status != "done" or not isinstance(run.returned[1].value, list):
        return None
    return [Row(*row) for row in run.returned[1].value]  # type: ignore[misc]  # tuples of five, as `report` makes them


def disagreements(code: str, events: Sequence[Event], frames: Sequence[int], rows: Sequence[Row]) -> Iterator[str]:
    """Yield what the narration says and the second record does not."""
    places = _places(code)
    by_call: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_call[row.call].append(row)
    at: dict[int, int] = defaultdict(int)
    for event, call in zip(events, frames, strict=True):
        found = _found(event, by_call[call], at[call], places)
        if isinstance(found, str):
            yield f"{written(event)} But {found}."
        else:
            at[call] = found


def _places(code: str) -> dict[tuple[int, str], _Lines]:
    """Return the lines of every statement by its line and what kind of head it has: `test`, `loop` or none."""
    places: dict[tuple[int, str], _Lines] = {}
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            continue
        body = getattr(node, "body", None)
        kind = "loop" if isinstance(node, ast.For | ast.AsyncFor) else "test" if head_end(node) is not None else ""
        line = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
        last = head_end(node) or node
        first = min([line, *(one.lineno for one in getattr(node, "decorator_list", ()))])
        end = line if last is node and body else getattr(last, "end_lineno", line)
        begins = (
            None if not body else min([body[0].lineno, *(d.lineno for d in getattr(body[0], "decorator_list", ()))])
        )
        lines = _Lines(first, max(end, line), begins)
        places.setdefault((line, kind), lines)
        places.setdefault((line, "any"), lines)
    return places


def _found(event: Event, rows: Sequence[Row], start: int, places: dict[tuple[int, str], _Lines]) -> int | str:
    """Return the row that an event is about, or why there is none."""
    if event.kind == "call":
        wrong = _wrong(event, rows[0].variables) if rows else "nothing was called"
        return wrong or 0
    if event.kind == "end":  # a generator has returned before, at every `yield`
        return _returning(rows, max(start, len(rows) - 1), "None")
    kind = "loop" if event.kind in ("loop", "done") else "test" if event.kind == "test" else ""
    place = places.get((event.line, kind)) or places.get((event.line, "any"))
    if place is None:
        return "there is no such statement"
    if event.kind == "raise":
        return _raising(event, rows, start, place)
    # A generator that goes on is called again, at the line of its `yield`.
    ran = (i for i in range(start, len(rows)) if rows[i].kind == "line" or (rows[i].kind == "call" and i))
    here = [i for i in ran if place.first <= rows[i].line <= place.last]
    if not here:
        # `while True` and the like have no row of their own.
        return start if event.kind == "test" else "the line did not run"
    wrongs = [_after(event, rows, i, place) for i in here[:_LOOKED_AT]]
    fits = next((i for i, wrong in zip(here, wrongs, strict=False) if wrong is None), None)
    if fits is None:
        return str(wrongs[0])
    yielded = _returning(rows, fits, event.value) if event.kind == "yield" else fits
    return min(yielded + 1, len(rows) - 1) if isinstance(yielded, int) and event.kind == "yield" else fits


def _after(event: Event, rows: Sequence[Row], at: int, place: _Lines) -> str | None:
    """Say what is wrong with an event that is about the row `at`; None where nothing is."""
    if event.kind in ("return", "yield"):
        found = _returning(rows, at, event.value)
        return found if isinstance(found, str) else None
    after = at + 1
    while after < len(rows) - 1 and rows[after].kind == "line" and place.first <= rows[after].line <= place.last:
        after += 1
    later = rows[at + 1 : after + 1]
    if not later:
        return "nothing ran after it"
    wrong = None
    if event.changes:
        wrongs = [_wrong(event, row.variables) for row in later]
        wrong = None if None in wrongs else wrongs[0]
    if wrong is None and place.body is not None and not place.first <= place.body <= place.last:
        entered = later[-1].kind == "line" and later[-1].line == place.body
        told = event.kind == "loop" or event.value == "true"
        if event.kind in ("loop", "done", "test") and entered != told:
            wrong = f"the body was {'' if entered else 'not '}entered"
    if wrong is None and event.kind == "test" and place.body is None:  # an assertion
        raised = any(row.kind == "exception" and row.said == "AssertionError" for row in later)
        if raised == (event.value == "true"):
            wrong = f"it {'raised' if raised else 'did not raise'}"
    return wrong


def _returning(rows: Sequence[Row], start: int, value: str) -> int | str:
    for index in range(start, len(rows)):
        if rows[index].kind == "return":
            return index if _says(value, rows[index].said) else f"it returned {rows[index].said!r}"
    return "nothing was returned"


def _raising(event: Event, rows: Sequence[Row], start: int, place: _Lines) -> int | str:
    name = event.value.partition(":")[0]
    for index in range(start, len(rows)):
        if rows[index].kind == "exception" and place.first <= rows[index].line <= place.last:
            return index if rows[index].said == name else f"it raised {rows[index].said}"
    return "nothing was raised there"


def _wrong(event: Event, variables: dict[str, Any]) -> str | None:
    for name, text in event.changes:
        if name not in variables:
            return f"there is no {name}"
        if not _says(text, variables[name]):
            return f"{name} was {variables[name]!r}"
    return None


def _says(text: str, value: Any) -> bool:
    """Whether a written value is what was there; of one that is not plain, whether it is plain is all that is compared."""
    found = literals.read(text)
    if isinstance(found, literals.Found):
        return same(value, found.value, EXACT)
    return "'?'" in repr(value)
