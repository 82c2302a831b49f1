"""The answer verifier against other graders of this environment, in one run of one process on the same inputs.

Speed is right verdicts per second over distinct inputs, everything included that a caller pays: the verdict itself and,
where a check goes there, the worker process. Graders are math-verify in its best mode (input between dollars) and the
normaliser of lm-eval's minerva_math, where they are installed (`pip install '.[bench]'`); what is not there is null.

The last line is JSON. `ratio_*`: ours over math-verify. `accuracy`, `undecided` (shares) and `false_positives`: over the
clear pairs of --pairs, each in both directions, or the near misses without it. `worst_seconds`, `worst_mb`: the longest of
the hostile answers, and the most memory that checking them took in the worker or added to this process.
"""

import argparse
import json
import random
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from jobs.bench import graders, steps
from jobs.bench.answer_pairs import BOMBS, KINDS, Pair, distinct, near_misses
from schemas.problem import Problem
from verifiers.answers import reference_error
from verifiers.math_text.expression import read
from verifiers.workers import Workers

_OURS = {"integer": 40_000, "fraction": 20_000, "symbolic": 2_000, "sets": 2_000}
_THEIRS = {"integer": 400, "fraction": 300, "symbolic": 120, "sets": 100}
"""Pairs of one round: about a second for each grader."""
_DATA_KEYS = ("gold", "pred", "equal")

Grade = Callable[[str, str], bool]


def main(argv: list[str]) -> int:
    """Print a line per measurement, the result as JSON last."""
    parser = argparse.ArgumentParser(prog="python -m jobs.bench answers", description=__doc__)
    parser.add_argument(
        "--pairs", type=Path, help="JSONL of labelled pairs: gold, pred, equal, note ([policy] is left out)"
    )
    parser.add_argument(
        "--solutions", type=Path, help="JSONL of problems with `answer` and `solution`, such as MATH-500"
    )
    parser.add_argument(
        "--worked", type=Path, help="JSONL of worked solutions in `answer`, such as GSM8K, for the steps"
    )
    parser.add_argument("--near-misses", type=int, default=100_000, help="generated pairs (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds of speed (default: %(default)s)")
    arguments = parser.parse_args(argv)
    figures: dict[str, Any] = {}  # Any: JSON
    with Workers() as workers:
        figures |= _speed(workers, arguments.rounds)
        figures |= _near_misses(workers, arguments.near_misses)
        if arguments.pairs:
            figures |= _labelled(workers, arguments.pairs)
        if arguments.solutions:
            figures |= _solutions(workers, arguments.solutions)
        figures |= _bombs(workers)
    figures |= steps.figures(arguments.worked)
    print(json.dumps(figures))
    return 0


def _problem(gold: str) -> Problem:
    return Problem(
        problem_id="", domain="math", family="", statement="", reference=gold, source="", licence="", split=""
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# Speed


def _speed(workers: Workers, rounds: int) -> dict[str, Any]:
    """Interleave ours and theirs, take each one's best round: other work on the machine only ever slows."""
    workers.check_sync(_problem("\\ln(x^2)"), "2\\ln x")  # the worker process has started
    theirs = graders.installed()
    figures: dict[str, Any] = {}
    for kind in KINDS:
        rates: dict[str, list[float]] = {name: [] for name in ("stepmill", *theirs)}
        for index in range(rounds):
            rates["stepmill"].append(_our_rate(workers, distinct(kind, _OURS[kind], index)))
            pairs = distinct(kind, _THEIRS[kind], 1_000 + index)
            for name, grade in theirs.items():
                rates[name].append(_rate(grade, pairs))
        best = {name: max(values) for name, values in rates.items()}
        _say(f"{kind}: right verdicts per second: " + ", ".join(f"{n} {rate:,.0f}" for n, rate in best.items()))
        peer = best.get("math-verify")
        figures[f"ratio_{kind}"] = round(best["stepmill"] / peer, 1) if peer else None
        figures[f"per_second_{kind}"] = round(best["stepmill"])
    return figures


def _our_rate(workers: Workers, pairs: Sequence[Pair]) -> float:
    problems = [_problem(pair.gold) for pair in pairs]
    read.cache_clear()
    check, right = workers.check_sync, 0
    start = time.perf_counter()
    for problem, pair in zip(problems, pairs, strict=True):
        right += check(problem, pair.pred).outcome == ("accepted" if pair.equal else "rejected")
    return right / (time.perf_counter() - start)


def _rate(grade: Grade, pairs: Sequence[Pair]) -> float:
    right = 0
    start = time.perf_counter()
    for pair in pairs:
        right += grade(pair.gold, pair.pred) is pair.equal
    return right / (time.perf_counter() - start)


# Verdicts


def _near_misses(workers: Workers, count: int) -> dict[str, Any]:
    accepted = undecided = twins = 0
    for miss, twin in near_misses(count, seed=4):
        found = workers.check_sync(_problem(miss.gold), miss.pred).outcome
        if found == "accepted":
            _say(f"false positive: {miss}")
        accepted += found == "accepted"
        undecided += found == "undecided"
        equal = workers.check_sync(_problem(twin.gold), twin.pred).outcome == "accepted"
        if not equal and twins < 5:
            _say(f"twin refused: {twin}")
        twins += equal
    _say(f"near misses: {accepted} of {count} accepted, {undecided} undecided; {twins} of {count} twins accepted")
    return {
        "near_miss_false_positives": accepted,
        "near_miss_undecided": round(undecided / max(1, count), 5),
        "near_miss_twins": round(twins / max(1, count), 5),
        "accuracy": round((count - accepted - undecided + twins) / max(1, 2 * count), 5),
        "false_positives": accepted,
        "undecided": round(undecided / max(1, count), 5),
    }


def _labelled(workers: Workers, path: Path) -> dict[str, Any]:
    """Judge labelled pairs, policies left out, in both directions: a verdict that changes with the order is wrong."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    pairs = [Pair(*(row[key] for key in _DATA_KEYS)) for row in rows if "[policy]" not in row.get("note", "")]
    right = false = undecided = 0
    for pair in pairs:
        found = [
            workers.check_sync(_problem(gold), pred).outcome
            for gold, pred in ((pair.gold, pair.pred), (pair.pred, pair.gold))
        ]
        right += all(outcome == ("accepted" if pair.equal else "rejected") for outcome in found)
        false += not pair.equal and "accepted" in found
        undecided += "undecided" in found
    _say(f"labelled pairs: {right} of {len(pairs)} right, {undecided} undecided, {false} false positives")
    for name, grade in graders.installed().items():
        verdicts = [(pair.equal, grade(pair.gold, pair.pred)) for pair in pairs]
        good = sum(equal is found for equal, found in verdicts)
        accepted = sum(found and not equal for equal, found in verdicts)
        _say(f"  {name}: {good} of {len(pairs)} right, {accepted} false positives")
    return {
        "accuracy": round(right / len(pairs), 4),
        "false_positives": false,
        "undecided": round(undecided / len(pairs), 4),
    }


def _solutions(workers: Workers, path: Path) -> dict[str, Any]:
    """Find every gold answer again in its own solution; one that cannot be read is named."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    parsed = equal = 0
    for row in rows:
        error = reference_error(_problem(row["answer"]))
        if error:
            _say(f"not parsed: {error}")
        parsed += error is None
        equal += workers.check_sync(_problem(row["answer"]), row["solution"]).outcome == "accepted"
    return {"solutions_parsed": round(parsed / len(rows), 4), "solutions_equal": round(equal / len(rows), 4)}


# Hostile answers


def _bombs(workers: Workers) -> dict[str, Any]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    worst, worst_mb, accepted = 0.0, 0.0, 0
    for bomb in random.Random(0).sample(BOMBS, len(BOMBS)):
        for gold, pred in (("5", bomb), (bomb, "5"), (bomb, f"{bomb}+1")):
            start = time.perf_counter()
            found = workers.check_sync(_problem(gold), pred)
            seconds = time.perf_counter() - start
            accepted += found.outcome == "accepted" and not bomb.startswith("1_")
            if seconds > worst:
                _say(f"bomb: {seconds:.3f} s, {found.status}, {pred[:40]!r} against {gold[:40]!r}")
            worst = max(worst, seconds)
            worst_mb = max([worst_mb, *map(_peak_mb, workers.pids)])
    own = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    healthy = workers.check_sync(_problem("\\sin^2 x+\\cos^2 x"), "1").outcome == "accepted"
    _say(f"bombs: worst {worst:.3f} s, worker {worst_mb:.0f} MB, this process grew by {own:.0f} MB, healthy: {healthy}")
    return {
        "worst_seconds": round(worst, 3), "worst_mb": round(max(worst_mb, own), 1), "bombs_accepted": accepted,
        "healthy_after": healthy,
    }  # fmt: skip


def _peak_mb(pid: int) -> float:
    """Return the largest resident size that a process has had, in MB; 0 where it has just ended or this is not Linux."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    peak = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(peak[0].split()[1]) / 1024 if peak else 0.0
