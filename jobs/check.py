"""Judge a file of answers: python -m jobs.check answers FILE.jsonl

Every row of the input comes back on standard output, in order, with `verdict`, `reason` and `answer`; the last line
is a JSON object of counts. Problems with rows go to standard error.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from schemas.errors import SourceError
from schemas.ids import problem_id
from schemas.problem import Problem
from schemas.verdict import Verdict
from verifiers.workers import Config, Workers

_EXAMPLE = """example:
  echo '{"gold": "3/4", "pred": "so it is \\\\boxed{0.75}"}' | python -m jobs.check answers -

  {"gold": "3/4", "pred": "so it is \\\\boxed{0.75}", "verdict": "equal", ...}
  {"rows": 1, "equal": 1, "different": 0, "undecided": 0, "errors": 0, "seconds": 0.01}

`gold` is an answer, `pred` an answer or a whole solution.
exit code: 0; 1 where a row could not be read; 2 where FILE could not.
"""
_WORDS = {"accepted": "equal", "rejected": "different", "undecided": "undecided"}


def main(argv: list[str] | None = None) -> int:
    """Judge every row; 0 on success, 1 where a row could not be read, 2 where the file could not."""
    parser = argparse.ArgumentParser(
        prog="python -m jobs.check",
        description="Judge answers against gold answers.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=("answers",), help="answers: mathematical equality of final answers")
    parser.add_argument("file", metavar="FILE", help="JSONL with `gold` and `pred` in every row; - for standard input")
    parser.add_argument("--deadline", type=float, default=3.0, help="seconds for one hard check (default: 3)")
    args = parser.parse_args(argv)
    if not args.deadline > 0:
        parser.error("--deadline must be above 0")
    try:
        with _lines(args.file) as lines, Workers(Config(deadline_s=args.deadline)) as workers:
            return _judge(lines, "<stdin>" if args.file == "-" else args.file, workers)
    except BrokenPipeError:  # the reader had enough, as in `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError) as error:
        print(f"error: cannot read {args.file}: {error.strerror}; give a JSONL file, or - for stdin", file=sys.stderr)
        return 2


@contextmanager
def _lines(file: str) -> Iterator[TextIO]:
    """Open FILE; bytes that are no UTF-8 spoil their own row only."""
    if file == "-":
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")
        yield sys.stdin
    else:
        with Path(file).open(encoding="utf-8", errors="replace") as lines:
            yield lines


def _judge(lines: TextIO, name: str, workers: Workers) -> int:
    start = time.perf_counter()
    counts: Counter[str] = Counter()
    for number, row in _rows(lines):
        counts["rows"] += 1
        if isinstance(row, SourceError):
            counts["errors"] += 1
            print(f"error: {name}:{number}: {row}", file=sys.stderr)
            continue
        verdict = workers.check_sync(_problem(str(row["gold"]), f"{name}:{number}"), str(row["pred"]))
        counts[_WORDS[verdict.outcome]] += 1
        print(json.dumps(row | _judged(verdict), ensure_ascii=False))
    summary: dict[str, int | float] = {
        key: counts[key] for key in ("rows", "equal", "different", "undecided", "errors")
    }
    summary["seconds"] = round(time.perf_counter() - start, 3)
    print(json.dumps(summary))
    return 1 if counts["errors"] else 0


def _judged(verdict: Verdict) -> dict[str, str | None]:
    reason = verdict.reason if verdict.status in ("equal", "different") else f"{verdict.status}: {verdict.reason}"
    return {"verdict": _WORDS[verdict.outcome], "reason": reason, "answer": verdict.answer}


def _rows(lines: TextIO) -> Iterator[tuple[int, dict[str, object] | SourceError]]:
    """Yield (line number, row or why there is none) for every line that is not empty."""
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


if __name__ == "__main__":
    sys.exit(main())
