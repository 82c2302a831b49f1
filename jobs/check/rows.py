"""The rows of a JSONL file, for every kind of check: read one by one, a bad one spoils nothing but itself."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from schemas.errors import SourceError

Row = dict[str, object]


@contextmanager
def opened(file: str) -> Iterator[TextIO]:
    """Open FILE, or standard input for `-`; bytes that are no UTF-8 spoil their own row only."""
    if file == "-":
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")
        yield sys.stdin
    else:
        with Path(file).open(encoding="utf-8", errors="replace") as lines:
            yield lines


def rows(lines: TextIO) -> Iterator[tuple[int, Row | SourceError]]:
    """Yield (line number, JSON object or why there is none) for every line that is not empty."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, _row(line)


def _row(line: str) -> Row | SourceError:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return SourceError(f"not JSON ({error}); every line must be one JSON object")
    if not isinstance(row, dict):
        return SourceError(f"a {type(row).__name__}, not an object; every line must be one JSON object")
    return row


def written(row: Mapping[str, object]) -> str:
    """Return a row as JSON that any stream can take: a lone surrogate, which JSON may hold, stays escaped."""
    text = json.dumps(row, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(row)
    return text
