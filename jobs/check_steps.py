"""What `python -m jobs.check steps` does with each row, and how rows are read."""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Literal, TextIO

from generators.given import FOREIGN
from generators.steps import split
from pipeline import columns
from schemas.errors import SourceError
from schemas.problem import Solution
from schemas.verdict import Claim
from verifiers.steps.check import claims

REFERENCE = "reference"
"""The `model` of a solution that is the row's worked reference."""


def judge(lines: TextIO, name: str, by: Literal["line", "paragraph"]) -> int:
    """Print what the steps of every solution claim, then the counts; 0, or 1 where a row could not be used."""
    start = time.perf_counter()
    counts: Counter[str] = Counter()
    for number, row in rows(lines):
        counts["rows"] += 1
        for solution in [row] if isinstance(row, SourceError) else _solutions(row):
            if isinstance(solution, SourceError):
                counts["errors"] += 1
                print(f"error: {name}:{number}: {solution}", file=sys.stderr)
                continue
            judged = _judged(_statement(row), solution, by)
            counts["solutions"] += 1
            counts["steps"] += len(judged)
            counts.update(claim.verdict for _, found in judged for claim in found)
            written = [{"text": text, "claims": [asdict(claim) for claim in found]} for text, found in judged]
            print(json.dumps({"line": number, "model": solution.model, "steps": written}, ensure_ascii=False))
    keys = ("rows", "solutions", "steps", "right", "wrong", "unsure", "errors")
    print(json.dumps({key: counts[key] for key in keys} | {"seconds": round(time.perf_counter() - start, 3)}))
    return 1 if counts["errors"] else 0


def rows(lines: TextIO) -> Iterator[tuple[int, dict[str, object] | SourceError]]:
    """Yield (line number, JSON object or why there is none) for every line that is not empty."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, _row(line)


def _row(line: str) -> dict[str, object] | SourceError:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return SourceError(f"not JSON ({error}); every line must be one JSON object")
    if not isinstance(row, dict):
        return SourceError(f"a {type(row).__name__}, not an object; every line must be one JSON object")
    return row


def _solutions(row: Mapping[str, object]) -> list[Solution | SourceError]:
    """Return the solutions of a row; of one that brings none, its worked reference."""
    found = [one if isinstance(one, Solution) else SourceError(one) for one in columns.solutions(row)]
    if any(isinstance(one, Solution) for one in found):
        return list(found)
    for name in columns.REFERENCE:
        text = row.get(name)
        if isinstance(text, str) and "\n" in text.strip():
            return [Solution(text=text, model=REFERENCE)]
    return list(found)


def _statement(row: object) -> str:
    if not isinstance(row, Mapping):
        return ""
    return next((text for name in columns.STATEMENT if isinstance(text := row.get(name), str)), "")


def _judged(
    statement: str, solution: Solution, by: Literal["line", "paragraph"]
) -> list[tuple[str, tuple[Claim, ...]]]:
    steps = split(solution.text, by, FOREIGN.thinking)
    return list(zip(steps, claims(statement, steps), strict=True))
