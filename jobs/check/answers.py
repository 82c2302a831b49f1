"""What `python -m jobs.check answers` does: rows with `gold` and `pred` in, the same rows with verdicts out."""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from typing import TextIO

from jobs.check.rows import Row, rows, written
from schemas.errors import SourceError
from schemas.ids import problem_id
from schemas.problem import Problem
from schemas.verdict import Verdict
from verifiers import answers
from verifiers.equality.rules import Policies
from verifiers.workers import Config, Workers

SUMMARY = "mathematical equality of final answers"
ABOUT = """every row comes back on standard output, in order, with `verdict` (equal, different, undecided), `reason` and `answer`

  echo '{"gold": "3/4", "pred": "so it is \\\\boxed{0.75}"}' | python -m jobs.check answers -

  {"gold": "3/4", "pred": "so it is \\\\boxed{0.75}", "verdict": "equal", ...}
  {"rows": 1, "equal": 1, "different": 0, "undecided": 0, "errors": 0, "seconds": 0.01}

`gold` is an answer, `pred` an answer or a whole solution."""
_WORDS = {"accepted": "equal", "rejected": "different", "undecided": "undecided"}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the deadline and a flag for every policy."""
    parser.add_argument(
        "--deadline", type=float, default=Config().deadline_s,
        help="seconds of processor time for one hard check (default: %(default)s)",
    )  # fmt: skip
    policies = parser.add_argument_group("what may be left out or changed and still count")
    for policy in fields(Policies):
        flag = f"--no-{policy.name.replace('_', '-')}"
        doc = policy.metadata["doc"].replace("%", "%%")
        policies.add_argument(flag, dest=policy.name, action="store_false", help=f"no longer so: {doc}")


def judge(lines: TextIO, name: str, args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Print every row with its verdict, then the counts; 0, or 1 where a row could not be read."""
    if not args.deadline > 0:
        parser.error("--deadline must be above 0")
    chosen = Policies(**{policy.name: getattr(args, policy.name) for policy in fields(Policies)})
    config = Config(deadline_s=args.deadline, wall_s=2 * args.deadline, verifiers={answers.NAME: chosen})
    start = time.perf_counter()
    counts: Counter[str] = Counter()
    with Workers(config) as workers:
        for number, row in _read(lines):
            counts["rows"] += 1
            if isinstance(row, SourceError):
                counts["errors"] += 1
                print(f"error: {name}:{number}: {row}", file=sys.stderr)
                continue
            verdict = workers.check_sync(_problem(str(row["gold"]), f"{name}:{number}"), str(row["pred"]))
            counts[_WORDS[verdict.outcome]] += 1
            print(written(row | _judged(verdict)))
    summary: dict[str, int | float] = {key: counts[key] for key in ("rows", *_WORDS.values(), "errors")}
    print(json.dumps(summary | {"seconds": round(time.perf_counter() - start, 3)}))
    return 1 if counts["errors"] else 0


def _judged(verdict: Verdict) -> dict[str, str | None]:
    reason = verdict.reason if verdict.status in ("equal", "different") else f"{verdict.status}: {verdict.reason}"
    return {"verdict": _WORDS[verdict.outcome], "reason": reason, "answer": verdict.answer}


def _read(lines: TextIO) -> Iterator[tuple[int, Row | SourceError]]:
    """Yield (line number, row or why there is none) for every line that is not empty."""
    for number, row in rows(lines):
        yield number, _pair(row) if isinstance(row, dict) else row


def _pair(row: Row) -> Row | SourceError:
    for key in ("gold", "pred"):
        value = row.get(key)
        if key not in row:
            return SourceError(
                f"no {key!r}; every row needs 'gold' and 'pred', this one has {', '.join(row) or 'nothing'}"
            )
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return SourceError(f"{key!r} is {json.dumps(value)[:40]}; it must be a string or a number")
    return row


def _problem(gold: str, source: str) -> Problem:
    return Problem(
        problem_id=problem_id("math", "", gold),
        domain="math",
        family="answers",
        statement="",
        reference=gold,
        source=source,
        licence="",
        split="",
    )
