"""Are recorded runs narrated, and is every claim of the narration true?

Functions come from --problems (rows as HumanEval has them) and from --files (.py files with doctests or tests). Of each, calls
are recorded and narrated as a run would (`generators/execution_trace.py`); every claim is checked against the record by the step
check, and held against a second record that `sys.settrace` makes of the plain program (`second_record.py`).

A line per function goes to standard error, with the reason where there is no trace; the last line is JSON: `traced` of `problems`
(functions), `traces`, `claims`, `verified` (right by the step check and seen by the second record too), `steps`, `accepted`.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from generators import execution_trace
from jobs.bench.second_record import disagreements, follow
from pipeline.programs import code_rows, python_files, questions
from pipeline.programs.functions import Function, Unusable
from schemas.errors import StepmillError
from schemas.judge import CameTo, Ran
from schemas.pool import Pool
from schemas.problem import Problem
from schemas.trace import Trace
from schemas.verdict import StepChecks, Verdict
from verifiers import python
from verifiers.execution import check
from verifiers.execution.recorder import Recording, record
from verifiers.programs import literals
from verifiers.sandbox.pool import Sandbox

NOBODY = Pool(writers=(), completer=None)  # type: ignore[arg-type]  # no model is asked
"""A pool for generators that need none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What became of one function."""

    name: str
    traces: int = 0
    steps: int = 0
    accepted: int = 0
    claims: int = 0
    verified: int = 0
    problems: tuple[str, ...] = ()
    """Why there is no trace, or claims that are not true."""


class Judge:
    """Verdicts of task `output`, for which nothing runs."""

    async def check(self, problem: Problem, text: str) -> Verdict:
        """Say whether the value is right."""
        verdict = python.quick(problem, text)
        assert verdict is not None  # `output` is always quick
        return verdict

    async def check_steps(self, problem: Problem, steps: Sequence[str]) -> StepChecks:
        """Return exact truth about each step."""
        return check.check_steps(problem, steps)

    async def run(self, problem: Problem, code: str, entry_point: str, calls: Sequence[str]) -> Sequence[CameTo]:
        """Return nothing: no claim of a narration needs a call."""
        return ()

    async def states(self, problem: Problem, scripts: Sequence[Sequence[str]]) -> Sequence[Ran]:
        """Return nothing: what is narrated are programs."""
        return ()


def main(argv: list[str]) -> int:
    """Print a line per function and the sums as JSON; 0, or 2 where it could not run."""
    parser = argparse.ArgumentParser(prog="python -m jobs.bench execution", description=__doc__)
    parser.add_argument("--problems", type=Path, help="JSONL of problems with code and tests")
    parser.add_argument("--files", type=Path, nargs="+", default=[], help="Python files")
    parser.add_argument("--inputs", type=int, default=2, help="calls of each function (default: %(default)s)")
    parser.add_argument("--limit", type=int, help="only so many functions")
    arguments = parser.parse_args(argv)
    start = time.perf_counter()
    try:
        functions = [*rows(arguments.problems), *files(arguments.files)][: arguments.limit]
        with Sandbox() as sandbox:
            measured = [_reported(measure(sandbox, name, one, arguments.inputs)) for name, one in functions]
    except (OSError, ValueError, StepmillError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    sums = {
        key: sum(getattr(one, key) for one in measured) for key in ("traces", "steps", "accepted", "claims", "verified")
    }
    traced = sum(one.traces > 0 for one in measured)
    seconds = round(time.perf_counter() - start, 1)
    print(json.dumps({"problems": len(measured), "traced": traced, **sums, "seconds": seconds}))
    return 0


def rows(path: Path | None) -> Iterator[tuple[str, Function | Unusable]]:
    """Yield the functions of a file of rows by their task's name."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path is not None else (), 1):
        row = json.loads(line)
        yield str(row.get("task_id", f"{path}:{number}")), code_rows.read(row, number)


def files(paths: Sequence[Path]) -> Iterator[tuple[str, Function | Unusable]]:
    """Yield the functions of Python files by file, line and name."""
    for path in paths:
        beside = python_files.test_file(path)
        tests = beside.read_text(encoding="utf-8") if beside.is_file() else ""
        for one in python_files.read(path.read_text(encoding="utf-8"), tests, path.stem):
            yield f"{path.name}:{one.number} {one.name}", one


def measure(sandbox: Sandbox, name: str, function: Function | Unusable, count: int) -> Measured:
    """Narrate up to `count` calls of a function and check all that is said."""
    if isinstance(function, Unusable):
        return Measured(name=name, problems=(function.message,))
    asking = questions.Asking(
        questions=("output",), inputs=count, licence="", split="test", family="bench", source=name
    )
    made = questions.problems(function, "", asking, sandbox)
    if isinstance(made, str):
        return Measured(name=name, problems=(made,))
    found = [(problem, trace) for problem in made for trace in _traces(problem)]
    wrong = [said for problem, trace in found for said in _wrong(sandbox, problem, trace)]
    reasons = [f"not recorded: {reason}" for _, reason in questions.unrecorded(made)]
    claims = sum(len(step.checks) for _, trace in found for step in trace.steps)
    return Measured(
        name=name,
        traces=len(found),
        steps=sum(len(trace.steps) for _, trace in found),
        accepted=sum(trace.outcome == "accepted" for _, trace in found),
        claims=claims,
        verified=max(claims - len(wrong), 0),
        problems=(*reasons, *wrong),
    )


def _traces(problem: Problem) -> list[Trace]:
    async def collected() -> list[Trace]:
        config = execution_trace.Config()
        return [trace async for trace in execution_trace.generate(problem, NOBODY, Judge(), config, 0)]

    return asyncio.run(collected())


def _wrong(sandbox: Sandbox, problem: Problem, trace: Trace) -> Iterator[str]:
    """Yield the claims of a trace that either check calls wrong."""
    for step in trace.steps:
        yield from (f"{claim.text}: {claim.reason}" for claim in step.checks if claim.verdict != "right")
    program = check.program_of(problem)
    code, name = str(program["code"]), str(program["entry_point"])
    args = literals.read_arguments(str(program["args"]))
    assert isinstance(args, literals.Arguments)  # written by the source, as a literal
    again = record(sandbox, code, name, args.args)
    rows = follow(sandbox, code, name, args.args)
    if rows is None or not isinstance(again, Recording):
        yield "no second record"
    else:
        yield from disagreements(code, again.events, again.frames, rows)


def _reported(one: Measured) -> Measured:
    said = f"{one.traces} traces, {one.steps} steps, {one.verified} of {one.claims} claims verified"
    print(
        f"{one.name:<40} {said}", *(f"\n    {problem}" for problem in one.problems), sep="", file=sys.stderr, flush=True
    )
    return one
