"""What `python -m jobs.check steps` does: solutions in, what each of their steps claims out."""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Literal, TextIO

from generators.given import FOREIGN
from generators.steps import split
from jobs.check.rows import rows, written
from pipeline import columns
from schemas.errors import SourceError
from schemas.problem import Solution
from schemas.verdict import Claim
from verifiers.steps.check import claims

SUMMARY = "the claims in each step of a solution"
ABOUT = """for every solution of every row one object with `line`, `model` and `steps`; a step has its `text` and `claims`, a
claim its `text`, `verdict` (right, wrong, unsure), `reason`, `start` and `end` (characters within the step)

  echo '{"question": "..", "solution": "48 / 2 = 24\\nSo 48 + 24 = 73"}' | python -m jobs.check steps -

  {"line": 1, "model": "unknown", "steps": [.., {"text": "So 48 + 24 = 73", "claims": [{"text": "48 + 24 = 73",
   "verdict": "wrong", "reason": "the left side is 72, the right side 73", "start": 3, "end": 15}]}]}
  {"rows": 1, "solutions": 1, "steps": 2, "right": 1, "wrong": 1, "unsure": 0, "errors": 0, "seconds": 0.01}

A row brings its solution by any name that `pipeline/columns.py` knows. One that brings none but a worked one as its
reference, like those of GSM8K, is judged on that one, with `model` "reference"."""
REFERENCE = "reference"
"""The `model` of a solution that is the row's worked reference."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare how solutions are cut."""
    parser.add_argument("--paragraphs", action="store_true", help="cut at blank lines (default: at line ends)")


def judge(lines: TextIO, name: str, args: argparse.Namespace, _: argparse.ArgumentParser) -> int:
    """Print what the steps of every solution claim, then the counts; 0, or 1 where a row could not be used."""
    by: Literal["line", "paragraph"] = "paragraph" if args.paragraphs else "line"
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
            counts.update(claim.verdict for _, each in judged for claim in each)
            found = [{"text": text, "claims": [asdict(claim) for claim in each]} for text, each in judged]
            print(written({"line": number, "model": solution.model, "steps": found}))
    keys = ("rows", "solutions", "steps", "right", "wrong", "unsure", "errors")
    print(json.dumps({key: counts[key] for key in keys} | {"seconds": round(time.perf_counter() - start, 3)}))
    return 1 if counts["errors"] else 0


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
