"""What a review of a program claims, held against the program: for the generator `critique`.

A review makes up to three kinds of claims: a place is wrong, a call comes to this where that is expected, and this should stand
there. Each is checked: the place against the span of the planted bug, the call by making it, with the faulty program and with the
right one, the fix by the problem's tests.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from schemas.judge import CameTo, Judge, Ran
from schemas.model import ModelFamily
from schemas.problem import Problem
from schemas.verdict import Claim, ClaimVerdict, StepCheck, StepChecks, Verdict
from verifiers import critique
from verifiers.execution.describe import Overlong, described
from verifiers.programs import compare, inputs, questions, reviews
from verifiers.programs.judgement import Cases
from verifiers.programs.literals import Arguments, Found, read, read_arguments
from verifiers.programs.reviews import NO_END, Failing, Review, Shown
from verifiers.sandbox.rows import Value

MAX_CALLS = 60
EXTRA_CALLS = 40
"""Inputs made from the problem's own, for bugs that these do not bring out."""
MAX_SHOWN = 300
"""Characters of a call and of what it comes to: longer ones nobody would follow."""
_MAX_ARGUMENT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a problem of task `program`."""

    code: str
    """A program that does what is asked."""
    entry_point: str
    calls: tuple[str, ...]
    """Arguments that it can be called with, as `(3, [5, 2])`."""
    plan: str
    """In words, a sentence a line; empty where there is none."""


def known(problem: Problem) -> Known | None:
    """Read what is known of a problem; None where there is no program."""
    try:
        body = json.loads(problem.program or "")
    except (ValueError, RecursionError):
        return None
    code = body.get("code") if isinstance(body, dict) else None
    entry_point = questions.entry_point(problem)
    if not isinstance(code, str) or not code.strip() or not entry_point:
        return None
    asked = questions.asked(problem.reference)
    by = asked.by if isinstance(asked, questions.Asked) else None
    cases = [_arguments(call.args, call.kwargs) for call in by.calls] if isinstance(by, Cases) else []
    calls = [one for one in [*cases, *_texts(body.get("calls"))] if isinstance(read_arguments(one), Arguments)]
    plan = "\n".join(_texts(body.get("plan")))
    return Known(code=code, entry_point=entry_point, calls=tuple(dict.fromkeys(calls))[:MAX_CALLS], plan=plan)


def _texts(rows: object) -> list[str]:
    return [one for one in rows if isinstance(one, str)] if isinstance(rows, list) else []


async def failing(judge: Judge, problem: Problem, right: Known, code: str) -> Failing | None:
    """Return the first call that tells a faulty program from the right one, None where none does."""
    for calls in (right.calls, _extra(right.calls)):
        expected = await judge.run(problem, right.code, right.entry_point, calls)
        got = await judge.run(problem, code, right.entry_point, calls)
        for call, one, other in zip(calls, expected, got, strict=False):
            found = _failing(right.entry_point, call, one, other)
            if found is not None:
                return found
    return None


def _failing(entry_point: str, call: str, expected: CameTo, got: CameTo) -> Failing | None:
    if expected.kind != "value" or (got.kind == "value" and _same(expected.text, got.text)):
        return None
    arguments = read_arguments(call)
    came_to = _came_to(got)
    if not isinstance(arguments, Arguments) or came_to is None:
        return None
    written = entry_point + _arguments(arguments.args, arguments.kwargs)
    found = Failing(call=written, came_to=came_to, expected=expected.text)
    return found if len(written) + len(came_to) + len(expected.text) <= MAX_SHOWN else None


def _came_to(got: CameTo) -> str | None:
    """Return how a review says what a call came to, None for what it cannot say."""
    if got.kind == "value":
        return f"returns {got.text}"
    name = got.text.partition(":")[0]
    if got.kind == "raised" and name.isidentifier():
        return f"raises {name}"
    return NO_END if got == CameTo(kind="stopped", text="timeout") else None


def _same(one: str, other: str) -> bool:
    first, second = read(one), read(other)
    if not isinstance(first, Found) or not isinstance(second, Found):
        return one == other
    return compare.same(first.value, second.value, compare.PYTHON)


def _extra(calls: Sequence[str]) -> list[str]:
    found = [read_arguments(one) for one in calls]
    given = [one.args for one in found if isinstance(one, Arguments) and not one.kwargs]
    made = (_arguments(args, {}) for args in inputs.extra(given, count=EXTRA_CALLS)[len(given) :])
    return [one for one in made if one]


def _arguments(args: Sequence[Value], kwargs: Mapping[str, Value]) -> str:
    """Return arguments as they are written in a call: `(3, [5, 2])`, `(3)`, `(a=3)`; nothing where they are too long."""
    try:
        written = [described(one, _MAX_ARGUMENT) for one in args]
        written += [f"{name}={described(one, _MAX_ARGUMENT)}" for name, one in kwargs.items()]
    except Overlong:
        return ""
    return f"({', '.join(written)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewing:
    """A `schemas.judge.Judge` of reviews of one program, so that they are drawn and cut as all texts are."""

    judge: Judge
    right: Known
    code: str
    """What is reviewed."""
    planted: tuple[int, int] | None
    """The characters of it that are the bug, None where it is right."""
    family: ModelFamily
    """Of the model that reviews: what it thinks aloud is no claim."""

    async def check(self, problem: Problem, text: str) -> Verdict:
        """Say whether a review names the bug and nothing else."""
        return critique.check(self.code, self.planted, text)

    async def run(self, problem: Problem, code: str, entry_point: str, calls: Sequence[str]) -> Sequence[CameTo]:
        """Return what calls come to."""
        return await self.judge.run(problem, code, entry_point, calls)

    async def states(self, problem: Problem, scripts: Sequence[Sequence[str]]) -> Sequence[Ran]:
        """Return what scripts of tactics do to the goals."""
        return await self.judge.states(problem, scripts)

    async def check_steps(self, problem: Problem, steps: Sequence[str]) -> StepChecks:
        """Return the claims of a review. A step is right where all of its claims are, and not known where it makes none."""
        text = "".join(steps)
        answer = self.family.answer_part(text)
        offset = len(text) - len(answer)
        claims = [claim async for claim in self._claims(problem, answer)]
        checks, prefix = [], True if steps else None
        for start, end in pairwise(accumulate(map(len, steps), initial=0)):
            own = tuple(
                Claim(
                    text=one.text,
                    verdict=one.verdict,
                    reason=one.reason,
                    start=one.start + offset - start,
                    end=min(one.end + offset, end) - start,
                )
                for one in claims
                if start <= one.start + offset < end
            )
            local = _all({one.verdict for one in own})
            prefix = False if local is False or prefix is False else True if prefix and local else None
            checks.append(StepCheck(exact_local=local, exact_prefix=prefix, claims=own))
        return StepChecks(steps=tuple(checks))

    async def _claims(self, problem: Problem, text: str) -> AsyncIterator[Claim]:
        """Yield the claims of a review in the order of its kinds; their places are those of the whole text."""
        review = reviews.read(self.code, text)
        if review.clean is not None:
            right = self.planted is None
            yield _claim(text, review.clean, "right" if right else "wrong", "" if right else "a bug was planted")
        for named in review.named:
            right = self.planted is not None and named.overlaps(*self.planted)
            reason = (
                "the bug was planted there" if right else "the bug is elsewhere" if self.planted else "there is no bug"
            )
            yield _claim(text, named.said, "right" if right else "wrong", reason)
        if review.shown is not None:
            yield _claim(text, review.shown.said, *await self._shown(problem, review.shown))
        if review.fix is not None:
            yield _claim(text, review.fix_said, *await self._fixed(problem, review))

    async def _shown(self, problem: Problem, shown: Shown) -> tuple[ClaimVerdict, str]:
        """Make the call that a review shows, with the program that it reviews and with the right one."""
        if shown.name.rpartition(".")[2] != self.right.entry_point.rpartition(".")[2]:
            return "wrong", f"the program is {self.right.entry_point}"
        call = _arguments(shown.arguments.args, shown.arguments.kwargs)
        expected = await self.judge.run(problem, self.right.code, self.right.entry_point, (call,))
        got = await self.judge.run(problem, self.code, self.right.entry_point, (call,))
        if not expected or not got or expected[0].kind != "value":
            return "unsure", "the call has no value to compare with"
        if not _is(expected[0].text, shown.expected):
            return "wrong", f"{expected[0].text[:MAX_SHOWN]} is expected"
        said = _came_to(got[0])
        if said is None:
            return "unsure", f"it comes to {got[0].kind}: {got[0].text[:MAX_SHOWN]}"
        if got[0].kind == "value":
            same = shown.came_to == "returns" and _is(got[0].text, shown.got)
        else:
            same = said == (f"raises {shown.got!s}" if shown.came_to == "raises" else shown.came_to)
        return ("right", "") if same else ("wrong", f"it {said[:MAX_SHOWN]}")

    async def _fixed(self, problem: Problem, review: Review) -> tuple[ClaimVerdict, str]:
        """Run the tests on what a fix makes of the program."""
        if self.planted is None:
            return "wrong", "there is no bug to mend"
        verdicts = [await self.judge.check(problem, one) for one in reviews.mended(self.code, review)]
        if any(one.outcome == "accepted" for one in verdicts):
            return "right", "the tests pass"
        if any(one.outcome == "undecided" for one in verdicts):
            return "unsure", verdicts[0].reason
        return "wrong", verdicts[0].reason if verdicts else "it gives no program"


def _is(text: str, value: Value) -> bool:
    found = read(text)
    return isinstance(found, Found) and compare.same(found.value, value, compare.PYTHON)


def _all(verdicts: set[ClaimVerdict]) -> bool | None:
    return False if "wrong" in verdicts else True if verdicts == {"right"} else None


def _claim(text: str, said: tuple[int, int], verdict: ClaimVerdict, reason: str) -> Claim:
    start, end = said
    return Claim(text=text[start:end], verdict=verdict, reason=reason, start=start, end=end)
