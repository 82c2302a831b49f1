"""What `python -m jobs.check proofs` does with each row: the proof checked, its verdict, its tactic states where asked for."""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import TextIO

from jobs.check.options import add_workers
from jobs.check.rows import Row, rows, written
from schemas.errors import SourceError
from verifiers.lean import goals
from verifiers.lean.check import Config, check_proofs
from verifiers.lean.native import Native
from verifiers.lean.rows import WORDS, Proof, ProofVerdict

_AT_ONCE = 256
_SHOWN = 20
"""Messages of one row that are printed."""
SUMMARY = "formal proofs, by the Lean kernel"
ABOUT = """every row comes back, in order, with `verdict` (verified, rejected, sorry, axioms, statement_mismatch, timeout, crash,
unavailable), `reason`, `axioms`, `messages`, `backend` and `stages` (those that ran and agreed)

  echo '{"name": "t", "statement": "theorem t (p : Prop) : p → p", "proof": ":= fun h => h"}' | python -m jobs.check proofs -

  {"name": "t", .., "verdict": "verified", "reason": "", "axioms": [], "messages": [], "backend": "native 4.35.0",
   "stages": ["compile", "statement", "replay"]}
  {"rows": 1, "verified": 1, "rejected": 0, "sorry": 0, .., "errors": 0, "seconds": 0.6}

`statement` is the declaration up to its `:=` and trusted, as is `header`, which may bring imports and definitions. `proof` is
what follows, one term or tactic block without further commands. `verifiers/lean/library/` says what the embedded library has;
with --project a Lake project of yours checks, with Mathlib or whatever it has. timeout, crash and unavailable are no labels."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare who checks, how many at once, and within which limits."""
    config = Config()
    parser.add_argument(
        "--project", default="", metavar="DIR", help="a Lake project that has been built (default: embedded)"
    )
    parser.add_argument(
        "--goals", action="store_true", help="add every tactic with the goals before and after (embedded only)"
    )
    add_workers(parser, "proofs")
    parser.add_argument("--cpu-seconds", type=float, default=config.cpu_s, help="for one stage (default: %(default)s)")
    parser.add_argument("--memory-mb", type=int, default=config.memory_mb, help="for one stage (default: %(default)s)")


def judge(lines: TextIO, name: str, args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Print every row with its verdict, then the counts; 0, or 1 where a row could not be used."""
    if args.workers < 1 or not args.cpu_seconds > 0 or args.memory_mb < 1:
        parser.error("--workers, --cpu-seconds and --memory-mb must be above 0")
    config = Config(project=args.project, cpu_s=args.cpu_seconds, memory_mb=args.memory_mb, workers=args.workers)
    return judge_rows(lines, name, config, states=args.goals)


def judge_rows(lines: TextIO, name: str, config: Config, *, states: bool = False) -> int:
    """Print every row with its verdict, in order, then the counts; 0, or 1 where a row could not be used.

    With `states`, the native kernel also gives `goals`: every tactic with the state before and after it.
    """
    start = time.perf_counter()
    counts: Counter[str] = Counter()
    kernel = Native() if states else None
    try:
        for group in _groups(rows(lines)):
            read = [(number, row, proof_of(row)) for number, row in group]
            verdicts = check_proofs([proof for _, _, proof in read if isinstance(proof, Proof)], config)
            for number, row, proof in read:
                counts["rows"] += 1
                if isinstance(proof, SourceError) or isinstance(row, SourceError):
                    counts["errors"] += 1
                    print(f"error: {name}:{number}: {proof}", file=sys.stderr)
                    continue
                verdict = next(verdicts)
                counts[verdict.verdict] += 1
                shown = row | _judged(verdict)
                if kernel is not None:
                    shown["goals"] = [asdict(one) for one in goals.of_proof(kernel, proof, config.limits)]
                print(written(shown), flush=True)
    finally:
        if kernel is not None:
            kernel.close()
    summary: dict[str, int | float] = {key: counts[key] for key in ("rows", *WORDS, "errors")}
    summary["seconds"] = round(time.perf_counter() - start, 3)
    print(json.dumps(summary))
    return 1 if counts["errors"] else 0


def _groups(
    read: Iterable[tuple[int, Row | SourceError]],
) -> Iterator[list[tuple[int, Row | SourceError]]]:
    waiting = iter(read)
    while group := list(islice(waiting, _AT_ONCE)):
        yield group


def proof_of(row: Row | SourceError) -> Proof | SourceError:
    """Read a row: `name`, `statement`, `proof`, and `header` where there is one."""
    if isinstance(row, SourceError):
        return row
    for key in ("name", "statement", "proof"):
        if not isinstance(row.get(key), str):
            found = ", ".join(map(repr, row)) or "nothing"
            return SourceError(
                f"{key!r} must be a string; the row has {found} and needs 'name', 'statement' and 'proof'"
            )
    header = row.get("header")
    if header is not None and not isinstance(header, str):
        return SourceError("'header' must be a string: imports and definitions")
    return Proof(name=str(row["name"]), statement=str(row["statement"]), proof=str(row["proof"]), header=header or "")


def _judged(verdict: ProofVerdict) -> Row:
    return {
        "verdict": verdict.verdict,
        "reason": verdict.reason,
        "axioms": list(verdict.axioms) if verdict.axioms is not None else None,
        "messages": [asdict(message) for message in verdict.messages[:_SHOWN]],
        "backend": verdict.backend,
        "stages": list(verdict.stages),
    }
