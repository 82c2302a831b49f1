"""Read a narrated line back: what does it say happened, and where in the line does each value stand?

The other way of `events.written`, for text of any origin: total, in time that goes with the length. Lines that say something else
are no narration, which is None. Forwards: `Call f: a = 3.`, `Line 5, `t += x`: t = 5.`, `End of f: returns None.`, `Answer: 10`.
Backwards, from what is returned to the arguments: `f returns 12.`, `Before line 4, `n = n * 2`: n = 6.`, `Answer: f(5)`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Said = Literal["call", "set", "done", "test", "return", "yield", "end", "raise", "given", "before", "answer"]
"""As the kinds of events, but that a turn of a `for` reads as `set`, like any other change; `given`: what a function returned,
said before why; `before`: the values that a line found."""

MAX_LINE = 20_000
"""Characters; a longer line is no narration."""


@dataclass(frozen=True, slots=True)
class Part:
    """One value that a line tells, and where in the step it stands with its name."""

    name: str
    """Of a variable; empty for what is returned, raised or tested."""
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one line says."""

    kind: Said
    line: int = 0
    """0 where it names none."""
    source: str = ""
    name: str = ""
    """The function, of calls, ends and `given`."""
    parts: tuple[Part, ...] = ()


_NAME = r"[^\W\d]\w*"
_NUMBERED = re.compile(r"(?P<before>Before l|L)ine (?P<line>[0-9]{1,7}), `")
_CALL = re.compile(rf"Call (?P<name>{_NAME}(?:\.{_NAME})*)(?P<colon>: )?")
_END = re.compile(rf"End of (?P<name>{_NAME}(?:\.{_NAME})*): (?P<value>returns None)\.$")
_GIVEN = re.compile(rf"(?P<name>{_NAME}(?:\.{_NAME})*) returns ")
_CHANGE = re.compile(rf"(?P<name>{_NAME}) = ")
_SAID: dict[str, Said] = {"returns ": "return", "yields ": "yield", "raises ": "raise"}
_WORDS: dict[str, Said] = {"true": "test", "false": "test", "done": "done"}
ANSWER = "Answer:"


def read(step: str) -> Line | None:
    """Return what a step says, None where it is no narrated line. Positions are those within the step."""
    start = len(step) - len(step.lstrip())
    text = step.strip()
    if not text or len(text) > MAX_LINE or len(text.splitlines()) > 1:
        return None
    if text.startswith(ANSWER):
        value = text[len(ANSWER) :].strip()
        return Line(kind="answer", parts=(Part("", value, start, start + len(text)),))
    if not text.endswith("."):
        return None
    body = text[:-1]
    if (found := _NUMBERED.match(body)) is not None:
        return _numbered(body, found, start)
    if (found := _CALL.match(body)) is not None:
        return _call(body, found, start)
    if (found := _END.match(text)) is not None:
        return Line(
            kind="end", name=found["name"], parts=(_part("None", start + found.start("value"), start + len(body)),)
        )
    if (found := _GIVEN.match(body)) is not None and found.end() < len(body):
        returned = _part(body[found.end() :], start + found.start(), start + len(body))
        return Line(kind="given", name=found["name"], parts=(returned,))
    return None


def _call(body: str, found: re.Match[str], start: int) -> Line | None:
    if found["colon"] is None:
        return Line(kind="call", name=found["name"]) if found.end() == len(body) else None
    parts = _changes(body, found.end(), start)
    return Line(kind="call", name=found["name"], parts=parts) if parts else None


def _numbered(body: str, found: re.Match[str], start: int) -> Line | None:
    """Read `Line 5, `source`: what`. The source ends at the first backquote after which something can be read."""
    closing = body.find("`: ", found.end())
    tries = 0
    while closing >= 0 and tries < 4:  # a source with backquotes in it is rare; four keep the time linear
        kind, parts = _what(body, closing + 3, start)
        if kind is not None:
            before = found["before"] != "L"
            if before and kind != "set":
                return None
            return Line(
                kind="before" if before else kind,
                line=int(found["line"]),
                source=body[found.end() : closing],
                parts=parts,
            )
        closing, tries = body.find("`: ", closing + 1), tries + 1
    return None


def _what(body: str, at: int, start: int) -> tuple[Said | None, tuple[Part, ...]]:
    """Return what is said after the source, and the values in it."""
    rest = body[at:]
    if rest == "no change":
        return "set", ()
    if rest in _WORDS:
        kind = _WORDS[rest]
        return kind, (_part(rest, start + at, start + len(body)),)
    for word, kind in _SAID.items():
        if rest.startswith(word) and len(rest) > len(word):
            return kind, (_part(rest[len(word) :], start + at, start + len(body)),)
    parts = _changes(body, at, start)
    return ("set", parts) if parts else (None, ())


def _part(value: str, start: int, end: int) -> Part:
    return Part("", value, start, end)


def _changes(body: str, at: int, start: int) -> tuple[Part, ...]:
    """Return the parts of `a = 3, xs = [5, 2]`; none where it is anything else."""
    parts: list[Part] = []
    for first, last in _pieces(body, at):
        found = _CHANGE.match(body, first, last)
        if found is None or found.end() == last:
            return ()
        parts.append(Part(found["name"], body[found.end() : last], start + first, start + last))
    return tuple(parts)


# A string that is never closed goes to the end: to try again at every quote in it would take quadratic time.
_TOKEN = re.compile(r"""'(?:[^'\\]|\\.)*+(?:'|\\?$)|"(?:[^"\\]|\\.)*+(?:"|\\?$)|[\[({<]|[\])}>]|, (?=[^\W\d]\w*+ = )""")


def _pieces(body: str, at: int) -> Iterator[tuple[int, int]]:
    """Yield where the parts stand: between commas before a name and ` = `, outside strings and brackets."""
    depth, first = 0, at
    for token in _TOKEN.finditer(body, at):
        text = token[0]
        if text in "[({<":
            depth += 1
        elif text in "])}>":
            depth = max(depth - 1, 0)
        elif text == ", " and depth == 0:
            yield first, token.start()
            first = token.end()
    yield first, len(body)


def state(lines: list[Line | None], frames: list[int]) -> list[tuple[str, str]]:
    """Return for each line the variables of its call before and after it, as `a = 3, xs = [5, 2]`.

    `frames` says which call each line belongs to; lines beyond them, and lines that are no narration, have empty states.
    """
    calls: dict[int, dict[str, str]] = {}
    states = []
    for index, line in enumerate(lines):
        if line is None or index >= len(frames):
            states.append(("", ""))
            continue
        if line.kind == "call":
            calls[frames[index]] = {}
        known = calls.setdefault(frames[index], {})
        before = _written(known)
        known.update({part.name: part.value for part in line.parts if part.name})
        states.append((before, _written(known)))
    return states


def _written(known: dict[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in known.items())
