"""How far the tests of published problems can be trusted: do references pass, and how many planted faults are noticed.

Problems are rows with `prompt`, `canonical_solution`, `entry_point` and `test`, such as HumanEval's. Every reference is judged as
`python -m jobs.check python` would judge it, once with its prompt and once without. Then its single mutants are run on extra
inputs; of those that differ from the reference, the ones that the tests pass are survivors (`verifiers/programs/gate.py`).

A table goes to standard error, --out takes a JSONL file with every survivor, the last line is JSON: `passed` and
`passed_without_prompt` of `problems`, the counts over all of them, `score` (killed over killed and survivors), `may_judge`.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue

from jobs.check.python import submission
from schemas.errors import SourceError, StepmillError
from verifiers.programs.gate import Report, may_judge, measure
from verifiers.programs.judgement import CodeVerdict, Submission, check
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Limits

_NEEDED = ("prompt", "canonical_solution", "entry_point", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    name: str
    bare: CodeVerdict
    """Without the prompt."""
    report: Report
    seconds: float


def main(argv: list[str]) -> int:
    """Print a line per problem, the sums as JSON last; 0, or 2 where it could not run."""
    parser = argparse.ArgumentParser(prog="python -m jobs.bench mutation", description=__doc__)
    parser.add_argument("--problems", type=Path, required=True, help="JSONL of problems with references and tests")
    parser.add_argument("--limit", type=int, help="only so many problems")
    parser.add_argument("--workers", type=int, default=2, help="problems at once (default: %(default)s)")
    parser.add_argument("--inputs", type=int, default=80, help="extra inputs of a problem (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the extra inputs (default: %(default)s)")
    parser.add_argument("--out", type=Path, help="write a row per problem with its survivors here")
    arguments = parser.parse_args(argv)
    start = time.perf_counter()
    try:
        measured = list(_reported(_measured(arguments), arguments.out))
    except (OSError, ValueError, StepmillError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(json.dumps(_sums(measured) | {"seconds": round(time.perf_counter() - start, 1)}))
    return 0


def _measured(arguments: argparse.Namespace) -> Iterator[_Measured]:
    """Yield the problems in order; a sandbox and a thread for each of the workers."""
    rows = _rows(arguments.problems)[: arguments.limit]
    sandboxes: SimpleQueue[Sandbox] = SimpleQueue()
    for _ in range(arguments.workers):
        sandboxes.put(Sandbox())

    def one(row: dict[str, str]) -> _Measured:
        sandbox = sandboxes.get()
        try:
            return _measure(sandbox, row, arguments.inputs, arguments.seed)
        finally:
            sandboxes.put(sandbox)

    try:
        with ThreadPoolExecutor(arguments.workers) as threads:
            yield from threads.map(one, rows)
    finally:
        while not sandboxes.empty():
            sandboxes.get().close()


def _rows(path: Path) -> list[dict[str, str]]:
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        row = json.loads(line)
        missing = [key for key in _NEEDED if not isinstance(row.get(key), str)]
        if missing:
            raise SourceError(f"{path}:{number}: no text in {', '.join(missing)}")
        rows.append(row)
    return rows


def _measure(sandbox: Sandbox, row: dict[str, str], count: int, seed: int) -> _Measured:
    start = time.perf_counter()
    asked = {key: row[key] for key in ("entry_point", "test")} | {"code": row["prompt"] + row["canonical_solution"]}
    bare = check(sandbox, _submission(asked))
    full = _submission(asked | {"prompt": row["prompt"]})
    return _Measured(
        name=str(row.get("task_id", row["entry_point"])),
        bare=bare,
        report=measure(sandbox, full.program, full.by, full.limits, count=count, seed=seed),
        seconds=time.perf_counter() - start,
    )


def _submission(row: dict[str, str]) -> Submission:
    read = submission(row, Limits())
    if isinstance(read, SourceError):
        raise read
    return read


def _reported(measured: Iterator[_Measured], out: Path | None) -> Iterator[_Measured]:
    """Pass on what is measured; write a line of the table, and of the file, for each."""
    _say(
        f"{'problem':<18}{'reference':>10}{'inputs':>8}{'mutants':>9}{'differ':>8}{'killed':>8}{'alive':>7}{'score':>7}{'s':>7}"
    )
    lines: list[str] = []
    for one in measured:
        report = one.report
        score = "-" if report.score is None else f"{report.score:.2f}"
        _say(
            f"{one.name:<18}{report.reference.status:>10}{report.inputs:>8}{report.mutants:>9}{report.different:>8}"
            f"{report.killed:>8}{len(report.survivors):>7}{score:>7}{one.seconds:>7.1f}"
        )
        for verdict in (one.bare, report.reference):
            if verdict.status != "pass":
                _say(f"  {verdict.status}: {verdict.reason}")
        for alive in report.survivors:
            _say(f"  line {alive.line}, {alive.description}: {alive.call} gives {alive.mutant}, not {alive.reference}")
        row = {"problem": one.name, "score": report.score, "may_judge": may_judge(report), **asdict(report)}
        lines.append(json.dumps(row | {"without_prompt": one.bare.status}) + "\n")
        yield one
    if out is not None:
        out.write_text("".join(lines), encoding="utf-8")


def _sums(measured: list[_Measured]) -> dict[str, object]:
    reports = [one.report for one in measured]

    def total(of: Callable[[Report], int]) -> int:
        return sum(map(of, reports))

    killed, alive = total(lambda report: report.killed), total(lambda report: len(report.survivors))
    return {
        "problems": len(reports),
        "passed": sum(report.reference.status == "pass" for report in reports),
        "passed_without_prompt": sum(one.bare.status == "pass" for one in measured),
        "mutants": total(lambda report: report.mutants),
        "different": total(lambda report: report.different),
        "killed": killed,
        "survivors": alive,
        "undecided": total(lambda report: report.undecided),
        "score": round(killed / (killed + alive), 4) if killed + alive else None,
        "may_judge": sum(may_judge(report) for report in reports),
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
