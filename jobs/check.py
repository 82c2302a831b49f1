r"""Judge a file of answers, or of solutions step by step.

    python -m jobs.check answers FILE.jsonl     # rows with `gold` and `pred`
    python -m jobs.check steps FILE.jsonl       # rows with a solution, by any name `pipeline.columns` knows

`answers`: every row of the input comes back on standard output, in order, with `verdict`, `reason` and `answer`.

`steps`: for every solution of every row one object with `line`, `model` and `steps`; a step has its `text` and `claims`,
a claim its `text`, `verdict` (right, wrong, unsure), `reason`, `start` and `end` (characters within the step). Solutions
are cut into lines, or with --paragraphs at blank lines. A row that brings no solution but a worked one as its reference,
like those of GSM8K, is judged on that one, with `model` "reference".

The last line is a JSON object of counts. Problems with rows go to standard error, named by file and line.
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

from jobs import check_steps
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

  echo '{"question": "..", "solution": "48 / 2 = 24\\nSo 48 + 24 = 73"}' | python -m jobs.check steps -

  {"line": 1, "model": "unknown", "steps": [.., {"text": "So 48 + 24 = 73", "claims": [{"text": "48 + 24 = 73",
   "verdict": "wrong", "reason": "the left side is 72, the right side 73", "start": 3, "end": 15}]}]}
  {"rows": 1, "solutions": 1, "steps": 2, "right": 1, "wrong": 1, "unsure": 0, "errors": 0, "seconds": 0.01}

exit code: 0; 1 where a row could not be read; 2 where FILE could not.
"""
_WORDS = {"accepted": "equal", "rejected": "different", "undecided": "undecided"}


def main(argv: list[str] | None = None) -> int:
    """Judge every row; 0 on success, 1 where a row could not be read, 2 where the file could not."""
    parser = argparse.ArgumentParser(
        prog="python -m jobs.check",
        description="Judge answers against gold answers, or what the steps of solutions claim.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "what",
        choices=("answers", "steps"),
        help="answers: mathematical equality of final answers; steps: the claims in each step",
    )
    parser.add_argument(
        "file",
        metavar="FILE",
        help="JSONL with `gold` and `pred` in every row, or with a solution; - for standard input",
    )
    parser.add_argument("--paragraphs", action="store_true", help="steps: cut at blank lines (default: at line ends)")
    parser.add_argument("--deadline", type=float, default=0.8, help="seconds for one hard check (default: 0.8)")
    args = parser.parse_args(argv)
    if not args.deadline > 0:
        parser.error("--deadline must be above 0")
    try:
        name = "<stdin>" if args.file == "-" else args.file
        with _lines(args.file) as lines:
            if args.what == "steps":
                return check_steps.judge(lines, name, "paragraph" if args.paragraphs else "line")
            with Workers(Config(deadline_s=args.deadline)) as workers:
                return _judge(lines, name, workers)
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
    for number, row in check_steps.rows(lines):
        yield number, _pair(row) if isinstance(row, dict) else row


def _pair(row: dict[str, object]) -> dict[str, object] | SourceError:
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
