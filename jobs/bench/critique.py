"""Are the reference reviews of planted bugs right, and do those of right programs name nothing?

Functions come from --problems (rows as HumanEval has them) and from --files (.py files with doctests or tests). Bugs are planted
into each and reviewed as a run would (`generators/critique.py`, no model asked). What a review says is held against the two
programs themselves: the characters in which they differ, and what they return here for the call that it shows.

A line per function goes to standard error; the last line is JSON: `bugs` kept in `problems` functions, by `operators`;
`overlap`, the share of reviews whose span overlaps the difference; `shown`, the share whose call comes to what they say; `claims`
of them and those `verified` by the generator; `fixes` that the tests accept; `controls`, and the `false_spans` in their reviews.
"""

import argparse
import asyncio
import json
import os.path
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from generators import critique
from jobs.bench.execution import NOBODY, files, rows
from pipeline.programs import questions
from pipeline.programs.functions import Function, Unusable
from schemas.errors import StepmillError
from schemas.problem import Problem
from schemas.trace import Trace
from verifiers.judge import Config, LocalJudge
from verifiers.programs import compare, reviews
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Call, Program, Run


@dataclass(slots=True, kw_only=True)
class Sums:
    """What was found over all functions."""

    problems: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    operators: Counter[str] = field(default_factory=Counter)

    def share(self, of: str) -> float | None:
        """Return the share of the bugs, None where there are none."""
        return round(self.counts[of] / self.counts["bugs"], 4) if self.counts["bugs"] else None


def main(argv: list[str]) -> int:
    """Print a line per function and the sums as JSON; 0, or 2 where it could not run."""
    parser = argparse.ArgumentParser(prog="python -m jobs.bench critique", description=__doc__)
    parser.add_argument("--problems", type=Path, help="JSONL of problems with code and tests")
    parser.add_argument("--files", type=Path, nargs="+", default=[], help="Python files")
    parser.add_argument("--bugs", type=int, default=4, help="of each function (default: %(default)s)")
    parser.add_argument("--limit", type=int, help="only so many functions")
    parser.add_argument("--seed", type=int, default=0, help="of the order of bugs (default: %(default)s)")
    arguments = parser.parse_args(argv)
    start = time.perf_counter()
    try:
        functions = [*rows(arguments.problems), *files(arguments.files)][: arguments.limit]
        sums = asyncio.run(_measured(functions, arguments.bugs, arguments.seed))
    except (OSError, ValueError, StepmillError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    counts = {key: sums.counts[key] for key in ("bugs", "claims", "verified", "fixes", "controls", "false_spans")}
    shares = {key: sums.share(key) for key in ("overlap", "shown")}
    operators = dict(sums.operators.most_common())
    seconds = round(time.perf_counter() - start, 1)
    print(json.dumps({"problems": sums.problems, **counts, **shares, "operators": operators, "seconds": seconds}))
    return 0


async def _measured(functions: Sequence[tuple[str, Function | Unusable]], bugs: int, seed: int) -> Sums:
    sums = Sums()
    config = critique.Config(bugs=bugs, controls=1, critiques=0)
    with Sandbox() as sandbox, LocalJudge(Config()) as judge:
        for name, function in functions:
            made = _asked(sandbox, name, function)
            if not isinstance(made, Problem):
                _say(f"{name:<18} {made}")
                continue
            traces = [trace async for trace in critique.generate(made, NOBODY, judge, config, seed)]
            before = sums.counts.copy()
            _count(sums, sandbox, made, traces)
            found = sums.counts - before
            if not found and traces:
                _say(f"{name:<18} its own tests: {traces[0].status}, {traces[0].reason}")
                continue
            _say(f"{name:<18} " + ", ".join(f"{key} {number}" for key, number in sorted(found.items())))
    return sums


def _asked(sandbox: Sandbox, name: str, function: Function | Unusable) -> Problem | str:
    if isinstance(function, Unusable):
        return function.message
    asking = questions.Asking(questions=("program",), inputs=1, family="bench", licence="", split="test", source=name)
    made = questions.problems(function, "", asking, sandbox)
    return made if isinstance(made, str) else next(iter(made), "no question could be made")


def _count(sums: Sums, sandbox: Sandbox, problem: Problem, traces: Sequence[Trace]) -> None:
    sums.problems += 1
    right = str(json.loads(problem.program or "{}")["code"])
    by_index = {trace.sample_index: trace for trace in traces}
    for trace in traces:
        parent = by_index.get(int((trace.parent_trace_id or "#-1").removeprefix("#")))
        if trace.role == "revision":
            sums.counts["fixes"] += trace.outcome == "accepted"
        if trace.role != "critique" or parent is None:
            continue
        code, text = _text(parent), _text(trace)
        claims = [claim for step in trace.steps for claim in step.checks]
        sums.counts["claims"] += len(claims)
        sums.counts["verified"] += sum(claim.verdict == "right" for claim in claims)
        review = reviews.read(code, text)
        if parent.policy.engine == critique.REFERENCE:
            sums.counts["controls"] += 1
            sums.counts["false_spans"] += len(review.named)
            continue
        sums.counts["bugs"] += 1
        sums.operators[parent.policy.model] += 1
        place = difference(right, code)
        overlap = len(review.named) == 1 and review.named[0].overlaps(*place)
        shown = _comes_to(sandbox, right, code, review)
        sums.counts["overlap"] += overlap
        sums.counts["shown"] += shown
        if not (overlap and shown):
            _say(f"  not so: {text}")


def difference(right: str, code: str) -> tuple[int, int]:
    """Return the characters of `code` in which it differs: what is left between a common beginning and a common end.

    Where something is missing, the characters on either side of the gap.
    """
    start = len(os.path.commonprefix([right, code]))
    end = len(code) - len(os.path.commonprefix([right[start:][::-1], code[start:][::-1]]))
    return (start, end) if start < end else (start - 1, start + 1)


def _comes_to(sandbox: Sandbox, right: str, code: str, review: reviews.Review) -> bool:
    """Whether the call of a review comes to what it says, with either program."""
    shown = review.shown
    if shown is None:
        return False
    call = Call(args=shown.arguments.args, kwargs=shown.arguments.kwargs)
    expected, got = (_run(sandbox, one, shown.name, call) for one in (right, code))
    if expected.status != "done" or not compare.same(shown.expected, expected.returned[0].value, compare.PYTHON):
        return False
    if shown.came_to == reviews.NO_END:
        return got.status == "timeout"
    if got.status != "done":
        return False
    returned = got.returned[0]
    if shown.came_to == "raises":
        return returned.kind == "raised" and (returned.error or "").startswith(str(shown.got))
    return returned.kind == "value" and compare.same(shown.got, returned.value, compare.PYTHON)


def _run(sandbox: Sandbox, code: str, name: str, call: Call) -> Run:
    return sandbox.run(Program(code=code, entry_point=name), (call,), seed=1)


def _text(trace: Trace) -> str:
    return "".join(step.text for step in trace.steps)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
