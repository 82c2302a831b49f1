"""The physical lines of a program: what stands on each, where, and the program with one of them put differently.

Lines are counted from 1 and places are characters, not the UTF-8 bytes that `ast` counts in. A line's *source* is what a person
quotes of it: no indent, no comment, no colon at its end (`if x > a`), which is how `verifiers/execution` quotes statements too.
"""

import io
import tokenize
from dataclasses import dataclass
from functools import lru_cache

MAX_CODE = 100_000
"""Characters; a longer program has no lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a program."""

    number: int
    start: int
    """Where its source begins in the program."""
    source: str
    rest: str
    """What follows the source up to the line's end: a colon, blanks, a comment."""

    @property
    def end(self) -> int:
        """One past the last character of the source."""
        return self.start + len(self.source)


@lru_cache(maxsize=256)  # a review is read, judged and mended against the same few programs
def lines(code: str) -> tuple[Line, ...]:
    """Return the lines of a program; of a text that Python cannot read, `#` begins no comment where that is not known."""
    if len(code) > MAX_CODE:
        return ()
    comments = _comments(code)
    found = []
    start = 0
    for number, text in enumerate(code.split("\n"), 1):
        body = text[: comments.get(number, len(text))].rstrip()
        source = body.lstrip()
        indent = len(body) - len(source)
        source = source[:-1].rstrip() if source.endswith(":") else source
        found.append(Line(number=number, start=start + indent, source=source, rest=text[indent + len(source) :]))
        start += len(text) + 1
    return tuple(found)


def line_at(code: str, place: int) -> int:
    """Return the number of the line that holds a character of the program."""
    return code.count("\n", 0, place) + 1


def one(code: str, number: int) -> Line | None:
    """Return a line by its number, None where the program has none of it."""
    all_lines = lines(code)
    return all_lines[number - 1] if 0 < number <= len(all_lines) else None


def put(code: str, start: int, end: int, text: str) -> str:
    """Return the program with other text in a place. A colon that follows the place is not written twice."""
    if text.endswith(":") and code[end : end + 1] == ":":
        text = text[:-1].rstrip()
    return code[:start] + text + code[end:]


def _comments(code: str) -> dict[int, int]:
    """Return the column of the comment of each line that has one."""
    found = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.COMMENT:
                found[token.start[0]] = token.start[1]
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError, MemoryError):
        pass  # what was found so far is right
    return found
