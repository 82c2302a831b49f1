"""What Lean prints, as values: JSON lines, the answer of `#print axioms`, both spellings of its sorry warning.

Nothing here decides that a proof is good. Messages are written by the process that compiled the proof, which may print what it
likes; only errors are believed, and `#print axioms` only from a file that holds nothing of the proof's text.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from verifiers.lean.rows import Message

_MAX_MESSAGES, _MAX_TEXT = 50, 4000
# `sorry` in backticks since 4.28, 'sorry' before.
_SORRY = re.compile(r"declaration uses ['`]sorry['`]")
_NO_AXIOMS = re.compile(r"'(?P<name>[^']+(?:'[^']+)*)' does not depend on any axioms\Z")
_AXIOMS = re.compile(r"'(?P<name>[^']+(?:'[^']+)*)' depends on axioms: \[(?P<axioms>[^\[\]]*)\]\Z")
_PLAIN = re.compile(
    r"^(?P<file>[^:\n]+):(?P<line>\d+):(?P<column>\d+): "
    r"(?P<severity>error|warning|information|info)(?:\([^)\n]*\))?: (?P<text>.*)"
)


def read(output: bytes) -> tuple[Message, ...]:
    """Read the output of `lean --json`; lines of another form, such as a crash's, are errors without a place. Total."""
    found = islice(_messages(output), _MAX_MESSAGES)
    return tuple(replace(message, text=message.text[:_MAX_TEXT]) for message in found)


def every(output: bytes) -> list[Message]:
    """Read the output of `lean --json`, however long and many its messages are. Total."""
    return list(_messages(output))


def _messages(output: bytes) -> Iterator[Message]:
    for line in output.decode("utf-8", "replace").split("\n"):
        if line.strip():
            yield _message(line)


def texts(output: bytes) -> list[str]:
    """Return the text of every JSON message, however long and many. Total."""
    found = []
    for line in output.decode("utf-8", "replace").split("\n"):
        try:
            body = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(body, dict):
            found.append(str(body.get("data", "")))
    return found


def _message(line: str) -> Message:
    try:
        body = json.loads(line)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return _plain(line)
    place = body.get("pos")
    at = place if isinstance(place, dict) else {}
    line_number, column = at.get("line"), at.get("column")
    return Message(
        severity=_severity(body.get("severity")),
        text=str(body.get("data", "")),
        line=line_number if isinstance(line_number, int) else 0,
        column=column if isinstance(column, int) else 0,
    )


def _plain(line: str) -> Message:
    match = _PLAIN.match(line)
    if match is None:
        return Message(severity="information", text=line)
    return Message(
        severity=_severity(match["severity"]),
        text=match["text"],
        line=int(match["line"][:9]),
        column=int(match["column"][:9]),
    )


def _severity(word: object) -> str:
    """Return one word for each severity; what is unknown counts as an error."""
    known = {
        "error": "error",
        "warning": "warning",
        "information": "information",
        "info": "information",
        "trace": "information",
    }
    return known.get(str(word), "error")


def first_error(messages: Iterable[Message]) -> Message | None:
    """Return the first error."""
    return next((message for message in messages if message.severity == "error"), None)


def says_sorry(messages: Iterable[Message]) -> bool:
    """Whether a warning says that `sorry` is used, in either spelling. Its absence proves nothing."""
    return any(_SORRY.search(message.text) for message in messages)


def axioms(messages: Iterable[Message], theorem: str) -> tuple[str, ...] | None:
    """Return what `#print axioms theorem` answered, sorted; None unless there is exactly one well-formed answer."""
    answers: list[tuple[str, ...]] = []
    for message in messages:
        text = " ".join(message.text.split())
        match = _AXIOMS.match(text) or _NO_AXIOMS.match(text)
        if match is None or message.severity != "information" or match["name"].rpartition(".")[2] != theorem:
            continue
        listed = match.groupdict().get("axioms") or ""
        answers.append(tuple(sorted(one.strip() for one in listed.split(",") if one.strip())))
    return answers[0] if len(answers) == 1 else None
