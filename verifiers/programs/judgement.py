"""Python programs: do they return what is expected, or pass the tests that came with the problem?

A program runs in the sandbox and is believed nothing: it gets arguments and gives values, and both the expected values and the
comparison stay here (`programs/compare.py`); assert-style tests run in a process of their own (`programs/examine.py`).

What passes runs again under another hash seed with its calls in the other order: whatever comes of that but another pass is
`flaky`. What fails is not asked twice. A call that raises where a value was expected is an `error`, as is a program that does
not load or ends early; `fail` is a wrong value, or one that is no plain value. Undecided: `flaky`, and `infra`, which is our own
failure or that of the tests.

Not promised: a change that a program makes to its arguments is not looked at, and `if __name__ == "__main__":` does not run.
"""

from dataclasses import dataclass, field
from typing import Literal

from schemas.verdict import Outcome
from verifiers.programs import compare
from verifiers.programs.compare import shown
from verifiers.programs.examine import examine
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Call, Limits, Program, Returned, Run, Value

Status = Literal["pass", "fail", "error", "timeout", "limit", "blocked", "flaky", "infra"]
STATUSES: dict[str, Outcome] = {
    "pass": "accepted",
    "fail": "rejected",
    "error": "rejected",
    "timeout": "rejected",
    "limit": "rejected",
    "blocked": "rejected",
    "flaky": "undecided",
    "infra": "undecided",
}

DEFAULT_LIMITS = Limits()
_MAX_REASON = 400
"""Characters; error messages are the program's own and may be of any length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeVerdict:
    """What became of one program."""

    status: Status
    reason: str
    """One line: the first call that went wrong and what was expected, or which limit was reached."""
    layers: tuple[str, ...]
    """The walls of the sandbox that were up."""
    cpu_s: float
    """Processor time of the program, all runs together."""

    @property
    def outcome(self) -> Outcome:
        """What the status counts as."""
        return STATUSES[self.status]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """Calls of the entry point and what they should return, pairwise."""

    calls: tuple[Call, ...]
    expected: tuple[Value, ...]
    rules: compare.Rules = compare.JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertTests:
    """Assert-style tests; `prompt` is the code that the problem gives, trusted, empty where it gives none."""

    code: str
    prompt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A program and what it is judged by."""

    program: Program
    by: Cases | AssertTests
    limits: Limits = field(default=DEFAULT_LIMITS)
    rerun: bool = True
    """What passes runs again; without, half the price and nothing is `flaky`."""


def check(sandbox: Sandbox, submission: Submission) -> CodeVerdict:
    """Judge one program. Total: whatever goes wrong is in the verdict."""
    if not submission.rerun:
        return once(sandbox, submission.program, submission.by, submission.limits)
    if isinstance(submission.by, Cases):
        return check_cases(sandbox, submission.program, submission.by, submission.limits)
    return check_tests(sandbox, submission.program, submission.by, submission.limits)


def check_cases(sandbox: Sandbox, program: Program, cases: Cases, limits: Limits = DEFAULT_LIMITS) -> CodeVerdict:
    """Judge a program by what its calls return: all in one process, then backwards in another."""
    turned = Cases(calls=cases.calls[::-1], expected=cases.expected[::-1], rules=cases.rules)
    first = once(sandbox, program, cases, limits)
    return first if first.status != "pass" else _twice(first, once(sandbox, program, turned, limits, seed=1))


def check_tests(sandbox: Sandbox, program: Program, tests: AssertTests, limits: Limits = DEFAULT_LIMITS) -> CodeVerdict:
    """Judge a program by assert-style tests (`programs/examine.py` says which), then again with another seed."""
    first = once(sandbox, program, tests, limits)
    return first if first.status != "pass" else _twice(first, once(sandbox, program, tests, limits, seed=1))


def once(
    sandbox: Sandbox, program: Program, by: Cases | AssertTests, limits: Limits = DEFAULT_LIMITS, *, seed: int = 0
) -> CodeVerdict:
    """Judge a program by one run: half the price, and never `flaky`."""
    if isinstance(by, Cases):
        return _by_cases(sandbox, program, by, limits, seed)
    return _by_tests(sandbox, program, by, limits, seed)


def _by_tests(sandbox: Sandbox, program: Program, tests: AssertTests, limits: Limits, seed: int) -> CodeVerdict:
    run, tests_run, found = examine(sandbox, program, tests.code, prompt=tests.prompt, limits=limits, seed=seed)
    if run.status != "done":
        return _stopped(run)
    if tests_run.status != "done":
        return _verdict("infra", f"the tests themselves: {_why(tests_run)}", run)
    if found is None:
        said = tests_run.returned[0].error if tests_run.returned else None
        return _verdict("infra", f"the tests gave no finding: {said or 'nothing came back'}", run)
    if found.outcome == "passed" and any(one.kind == "unplain" for one in run.returned):
        # The tests were given a TypeError in its place, and took it for the program's.
        return _verdict("fail", "returned no plain value, which the tests took for an exception", run)
    if found.outcome == "passed":
        said = f"; taken from the program: {', '.join(found.borrowed)}" if found.borrowed else ""
        return _verdict("pass", f"the tests passed, {_counted(found.calls)}{said}", run)
    if found.outcome == "raised" and run.returned and run.returned[-1].kind == "unplain":
        return _verdict("fail", found.reason, run)  # a wrong value, which the tests could not be given
    status: dict[str, Status] = {"failed": "fail", "raised": "error", "broken": "infra"}
    return _verdict(status[found.outcome], found.reason, run)


def _by_cases(sandbox: Sandbox, program: Program, cases: Cases, limits: Limits, seed: int) -> CodeVerdict:
    if not cases.calls or len(cases.calls) != len(cases.expected):
        reason = f"{len(cases.calls)} calls and {len(cases.expected)} expected values: nothing to judge by"
        return CodeVerdict(status="infra", reason=reason, layers=sandbox.layers, cpu_s=0.0)
    run = sandbox.run(program, cases.calls, limits, seed=seed)
    if run.status != "done":
        return _stopped(run)
    if len(run.returned) != len(cases.calls):
        return _verdict("infra", f"{len(run.returned)} answers to {len(cases.calls)} calls", run)
    for call, expected, returned in zip(cases.calls, cases.expected, run.returned, strict=True):
        wrong = _wrong(expected, returned, cases.rules)
        if wrong is not None:
            status, reason = wrong
            return _verdict(status, f"{_called(program, call)} {reason}", run)
    return _verdict("pass", f"{_counted(len(cases.calls))} returned what was expected", run)


def _twice(first: CodeVerdict, second: CodeVerdict) -> CodeVerdict:
    """Put two runs together, of which the first passed."""
    cpu_s = first.cpu_s + second.cpu_s
    if second.status in ("pass", "infra"):
        return CodeVerdict(status=second.status, reason=second.reason, layers=second.layers, cpu_s=cpu_s)
    reason = f"passed, but not under another hash seed and order: {second.status}, {second.reason}"
    return CodeVerdict(status="flaky", reason=reason[:_MAX_REASON], layers=second.layers, cpu_s=cpu_s)


def _wrong(expected: Value, returned: Returned, rules: compare.Rules) -> tuple[Status, str] | None:
    if returned.kind == "raised":
        return "error", f"raised {returned.error}"
    if returned.kind == "unplain":
        return "fail", f"returned no plain value: {returned.error}"
    said = compare.difference(expected, returned.value, rules)
    return None if said is None else ("fail", f"is wrong: {said}")


def _stopped(run: Run) -> CodeVerdict:
    assert run.status != "done"
    return _verdict(run.status, _why(run), run)


_WORDS = {"timeout": "out of time: {}", "limit": "over a limit: {}", "blocked": "tried what is forbidden: {}"}


def _why(run: Run) -> str:
    return _WORDS.get(run.status, "{}").format(run.reason)


def _verdict(status: Status, reason: str, run: Run) -> CodeVerdict:
    return CodeVerdict(status=status, reason=one_line(reason), layers=run.layers, cpu_s=run.cpu_s)


def one_line(text: str) -> str:
    """Return a text of the program's as one line that any stream can print: lone surrogates written out."""
    short = text if len(text) <= _MAX_REASON else text[: _MAX_REASON - 3] + "..."
    return " ".join(short.encode("utf-8", "backslashreplace").decode().split())


def _called(program: Program, call: Call) -> str:
    written = [shown(arg) for arg in call.args] + [f"{name}={shown(value)}" for name, value in call.kwargs.items()]
    text = ", ".join(written)
    return f"{call.name or program.entry_point}({text if len(text) <= 120 else text[:117] + '...'})"


def _counted(calls: int) -> str:
    return f"{calls} call{'' if calls == 1 else 's'}"
