"""The steps of a run, and the one way in which they are written: a line each, every claim with its value.

A source line stands between backquotes so that a reader need not look it up; values are Python literals. The same form is
written by the generator `execution_trace`, learnt by the code policy, and read back by `reading.py`.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["call", "set", "loop", "done", "test", "return", "yield", "end", "raise"]
"""`set`: a statement and what it changed; `loop`: the next value of a `for`; `done`: a `for` that has no more; `test`: a
condition of `if`, `while` or `assert`, or a `case` or `except` that was entered (`true`); `end`: a function that ran past its
last line. What changed beside a test, a return or a raise stands in a `set` of its own before it."""

MAX_SOURCE = 60
"""Characters of a source line that are shown; of a longer one the first 57 and `...`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened."""

    kind: Kind
    line: int = 0
    """Of the program, from 1; 0 for calls and ends."""
    source: str = ""
    """The statement's own text, the head only of a compound one, without its colon: `for x in xs`, `if x > a`."""
    name: str = ""
    """The function, of calls and ends."""
    changes: tuple[tuple[str, str], ...] = ()
    """Names and their new values as literals: arguments of a call, variables of `set` and `loop`."""
    value: str = ""
    """What a `return` or `yield` gives, a `test` came to (`true`, `false`), or a `raise` raised (`KeyError: 'a'`)."""


def written(event: Event) -> str:
    """Return the line that narrates an event."""
    match event.kind:
        case "call":
            return f"Call {event.name}: {_changed(event)}." if event.changes else f"Call {event.name}."
        case "end":
            return f"End of {event.name}: returns None."
    what = {
        "set": _changed(event) or "no change",
        "loop": _changed(event),
        "done": "done",
        "test": event.value,
        "return": f"returns {event.value}",
        "yield": f"yields {event.value}",
        "raise": f"raises {event.value}",
    }[event.kind]
    return f"Line {event.line}, `{shown(event.source)}`: {what}."


def _changed(event: Event) -> str:
    return ", ".join(f"{name} = {value}" for name, value in event.changes)


def shown(source: str) -> str:
    """Return a statement on one line, cut where it is long."""
    text = " ".join(source.split())
    return text if len(text) <= MAX_SOURCE else text[: MAX_SOURCE - 3] + "..."
