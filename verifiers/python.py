"""Questions about Python programs: what does it return, for which arguments, and does a program do what is asked?

By the problem's task:

- `output`: the value that the text gives as its answer, against the recorded one. Types as Python prints them: 1, True and
  1.0 are three answers, a list is no tuple; floats within tolerance. Nothing runs.
- `input`: the arguments that the text gives as its answer; the problem's own program is called with them, and must return what is
  wanted. Values only, no expressions.
- `program`: the text's program, against cases or assert-style tests. Code that the problem gives stands before it.

What a program does is found out in the sandbox (`programs/judgement.py`). `check` opens one for a single verdict; runs ask the
`judge.py`, which keeps some open and has canaries among what it runs.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from schemas.errors import ConfigError
from schemas.problem import Problem
from schemas.verdict import Outcome, Verdict
from verifiers.programs import compare, judgement, questions
from verifiers.programs.batch import Judge
from verifiers.programs.judgement import Cases, CodeVerdict, Submission, one_line
from verifiers.programs.literals import Arguments, Found, Unreadable
from verifiers.programs.questions import Fault
from verifiers.programs.reading import Said, call_in, program_in, value_in
from verifiers.sandbox import rows
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Call, Limits, Program

NAME = "python"
VERSION = 2

Status = judgement.Status | Literal["no_answer", "truncated"]
Failure = Literal["deadline", "crash"]
STATUSES: dict[str, Outcome] = {**judgement.STATUSES, "no_answer": "rejected", "truncated": "rejected"}

MAX_ANSWER = 10_000
"""Characters of a program that a verdict repeats as the answer; of a longer one it repeats nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the verifier leaves open: the limits of one run of a program, and what confines it."""

    cpu_s: float = 2.0
    """Processor time on the reference core of `sandbox/calibration.py`. Programs that do not end cost all of it."""
    memory_mb: int = 256
    rerun: bool = True
    """What passes runs again under another hash seed, its calls in the other order; what differs then is `flaky`."""
    unconfined: bool = False
    """Run programs even where nothing on this machine confines them."""

    @property
    def limits(self) -> Limits:
        """The limits of one run."""
        # An engine keeps every core busy: a program may have to wait for its processor.
        return Limits(cpu_s=self.cpu_s, wall_s=5 * self.cpu_s + 1, memory_bytes=self.memory_mb << 20)

    @property
    def sandbox(self) -> rows.Config:
        """A sandbox for one program at a time."""
        return rows.Config(workers=1, unconfined=self.unconfined)


DEFAULTS = Config()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What has to run for a verdict, and the answer that it is about."""

    submission: Submission
    answer: str | None


def check(problem: Problem, text: str, config: Config = DEFAULTS) -> Verdict:
    """Judge a whole text in a sandbox of its own. Total; takes as long as its program may."""
    start = time.perf_counter()
    asked = job(problem, text, config)
    if isinstance(asked, Verdict):
        return asked
    try:
        with Judge(config.sandbox) as judge:
            (found,) = judge.judge([asked.submission])
    except (ConfigError, OSError) as error:
        return _verdict("infra", str(error), asked.answer, time.perf_counter() - start)
    return judged(found, asked.answer, time.perf_counter() - start)


def quick(problem: Problem, text: str, config: Config = DEFAULTS) -> Verdict | None:
    """Return the verdict where nothing has to run for it: all of task `output`, and texts without a usable answer."""
    start = time.perf_counter()
    if problem.task == "output":
        return _output(problem, text, start)
    if problem.task == "input":
        asked = _input(problem, text, config, start)
        return asked if isinstance(asked, Verdict) else None
    return _no_program(problem, text) if problem.task == "program" else None


def job(problem: Problem, text: str, config: Config) -> Job | Verdict:
    """Return what has to run for a verdict on `text`, or the verdict where nothing has to. Total."""
    start = time.perf_counter()
    match problem.task:
        case "output":
            return _output(problem, text, start)
        case "input":
            return _input(problem, text, config, start)
        case "program":
            return _no_program(problem, text) or _program(problem, text, config)
    return _verdict("infra", _no_task(problem), None, 0.0)


def judged(found: CodeVerdict, answer: str | None, seconds: float) -> Verdict:
    """Return the verdict of a job that ran."""
    return _verdict(found.status, found.reason, answer, seconds)


def truncated(text: str) -> Verdict:
    """Judge a completion that was cut at its token limit: rejected."""
    return _verdict("truncated", "cut off before it ended", None, 0.0)


def failed(status: Failure, reason: str, seconds: float) -> Verdict:
    """Return the undecided verdict for a check that was not finished."""
    return _verdict("infra", reason, None, seconds)


def missing(problem: Problem, config: Config = DEFAULTS) -> str | None:
    """Say what this machine lacks to judge `problem`, with the remedy; None where nothing. Starts a sandbox to see."""
    if problem.task == "output":
        return None
    try:
        Sandbox(config.sandbox).close()
    except (ConfigError, OSError) as error:
        return str(error)
    return None


def reference_error(problem: Problem, check: Callable[[Problem, str], Verdict] | None = None) -> str | None:
    """Say why the reference does not verify against itself, None where it does.

    With `check`, what is known to be right is judged: the arguments of the question, or the problem's own program.
    """
    read = _REFERENCES.get(problem.task)
    if read is None:
        return _no_task(problem)
    fault = read(problem.reference)
    if isinstance(fault, Fault):
        return fault.why
    return None if check is None else _self_error(problem, questions.known(problem), check)


_REFERENCES: dict[str, Callable[[str], object]] = {
    "output": questions.output,
    "input": questions.wanted,
    "program": questions.asked,
}


def _self_error(problem: Problem, known: Mapping[str, str], check: Callable[[Problem, str], Verdict]) -> str | None:
    """Say what is wrong where the reference does not accept what is known to be right."""
    code, args = known.get("code"), known.get("args")
    if problem.task == "program":
        right, text = "its own program", code
    elif problem.task == "input":
        right, text = "the arguments that came with it", f"Answer: {args}" if args else None
    else:
        # Does the program return it? That is the question for arguments, whose answer is there.
        right, text = "a run of its program", f"Answer: {args}" if code and args and known.get("entry_point") else None
        reference = {"code": code, "entry_point": known.get("entry_point"), "returns": problem.reference}
        problem = replace(problem, task="input", reference=json.dumps(reference))
    if text is None:
        return None
    verdict = check(problem, text)
    if verdict.outcome == "accepted":
        return None
    word = "could not be held against" if verdict.outcome == "undecided" else "does not agree with"
    return f"the reference {word} {right}: {verdict.status}, {verdict.reason}"


def _output(problem: Problem, text: str, start: float) -> Verdict:
    said = value_in(text)
    if said is None:
        return _verdict("no_answer", "no final answer found", None, time.perf_counter() - start)
    status, reason = _compared(problem.reference, said)
    return _verdict(status, reason, said.written, time.perf_counter() - start)


def _compared(reference: str, said: Said) -> tuple[Status, str]:
    expected = questions.output(reference)
    if isinstance(expected, Fault):
        return "infra", expected.why
    if not isinstance(said.meaning, Found):
        return "fail", f"{said.written[:60]!r} is no Python value: {_why(said)}"
    wrong = compare.difference(expected.value, said.meaning.value, compare.PRINTED)
    return ("pass", f"it is {compare.shown(expected.value)}") if wrong is None else ("fail", wrong)


def _input(problem: Problem, text: str, config: Config, start: float) -> Job | Verdict:
    said = call_in(text)
    if said is None:
        return _verdict("no_answer", "no final answer found", None, time.perf_counter() - start)
    wanted = questions.wanted(problem.reference)
    if isinstance(wanted, Fault):
        return _verdict("infra", wanted.why, said.written, time.perf_counter() - start)
    name = wanted.program.entry_point.rpartition(".")[2]
    if not isinstance(said.meaning, Arguments):
        reason = f"{said.written[:60]!r} is no call with plain values: {_why(said)}"
        return _verdict("fail", reason, said.written, time.perf_counter() - start)
    if said.name not in ("", name):
        reason = f"it calls {said.name[:40]}, and {name} is asked for"
        return _verdict("fail", reason, said.written, time.perf_counter() - start)
    calls = (Call(args=said.meaning.args, kwargs=said.meaning.kwargs),)
    by = Cases(calls=calls, expected=(wanted.returns,), rules=compare.PRINTED)
    submission = Submission(program=wanted.program, by=by, limits=config.limits, rerun=config.rerun)
    return Job(submission=submission, answer=said.written)


def _no_program(problem: Problem, text: str) -> Verdict | None:
    """Reject a text that cannot define what is asked for; None where it may."""
    first = questions.entry_point(problem).partition(".")[0]
    if re.search(rf"\b{re.escape(first)}\b", text) is not None:
        return None
    return _verdict("no_answer", f"no program found that defines {first}", None, 0.0)


def _program(problem: Problem, text: str, config: Config) -> Job | Verdict:
    asked = questions.asked(problem.reference)
    if isinstance(asked, Fault):
        return _verdict("infra", asked.why, None, 0.0)
    code = program_in(text, asked.entry_point)
    # Imports from __future__ must come first, and bring what they need.
    before = "" if "from __future__" in code or asked.before.rstrip() in code else asked.before
    program = Program(code=before + code, entry_point=asked.entry_point)
    submission = Submission(program=program, by=asked.by, limits=config.limits, rerun=config.rerun)
    return Job(submission=submission, answer=code if len(code) <= MAX_ANSWER else None)


def _why(said: Said) -> str:
    return said.meaning.why if isinstance(said.meaning, Unreadable) else "it is another kind of answer"


def _no_task(problem: Problem) -> str:
    return f"the task {problem.task!r} asks nothing about a program; say one of: {', '.join(_REFERENCES)}"


def _verdict(status: Status, reason: str, answer: str | None, seconds: float) -> Verdict:
    return Verdict(
        outcome=STATUSES[status],
        status=status,
        reason=one_line(reason),
        verifier=NAME,
        version=VERSION,
        answer=answer,
        seconds=seconds,
    )
