"""What the tests of every family's exact check say the same way."""

import ast
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any

from pipeline.families.catalog import FAMILIES
from schemas.problem import Problem
from schemas.verdict import StepChecks
from tests.doubles import a_problem
from verifiers import answers, python

Check = Callable[[Problem, Sequence[str]], StepChecks]
Truth = bool | None

HOSTILE = [
    "",
    "\n",
    "hello",
    "Answer:",
    "Answer: ",
    "Answer: \x00",
    "Answer: 1/0",
    "Answer: " + "9" * 100_000,
    "Answer: " + "(" * 100_000,
    "Answer: " + "-" * 100_000 + "1",
    "Answer: " + "1+" * 100_000 + "1",
    "Answer: 1" + " " * 100_000 + "1",
    "Answer:" + " " * 100_000 + "\nx",
    "Answer: x" + " " * 100_000 + "=",
    " " * 100_000 + "Answer 1",
    "\n" * 100_000,
    "(" * 100_000,
    "9" * 100_000 + " * " + "9" * 100_000,
    "9*" * 99 + "9",
    "=" * 100_000,
    "x" * 100_000 + "=" + "x" * 100_000,
    "x = " * 50_000,
    "1 + 1 = " * 50_000,
    "((((((((((1 + 1)))))))))) = 2",
    "1e999999999",
    "٣ + ٤ = ٧",
    "²",
    "\ud800",
    "\U0001d7d8 + 1",
]


def of_family(family: str, difficulty: int, seed: int) -> tuple[Problem, Callable[[float, int], list[str]]]:
    """Return a problem of a family and the function (slip rate, seed) -> its solution's steps, each with its newline."""
    draft = FAMILIES[family].problem(Random(seed), difficulty)
    problem = a_problem(
        draft.statement, draft.reference, family=family, program=draft.program, domain=draft.domain, task=draft.task
    )

    def solution(slip_rate: float, seed: int) -> list[str]:
        return [line + "\n" for line in FAMILIES[family].solution(draft, Random(seed), slip_rate)]

    return problem, solution


def accepted(problem: Problem, text: str) -> bool:
    """Whether the answer is right, by the domain's own verdict; arguments are tried on the program, which is ours."""
    if problem.domain == "math":
        return answers.check(problem, text).outcome == "accepted"
    if problem.task == "output":
        return python.check(problem, text).outcome == "accepted"
    wanted = json.loads(problem.reference)
    call = text.rpartition("Answer: f")[2].strip().removesuffix(")") + ",)"
    names: dict[str, Any] = {}
    exec(wanted["code"], names)
    try:
        return repr(names["f"](*ast.literal_eval(call))) == str(wanted["returns"])
    except (IndexError, TypeError, ValueError):
        return False


def local(checks: StepChecks) -> list[Truth]:
    return [step.exact_local for step in checks.steps]


def prefix(checks: StepChecks) -> list[Truth]:
    return [step.exact_prefix for step in checks.steps]


def assert_sane(steps: Sequence[str], checks: StepChecks) -> None:
    """One entry a step; truth that never heals; claims that lie where they say."""
    assert len(checks.steps) == len(steps)
    order = {True: 0, None: 1, False: 2}
    for one, after in zip(checks.steps, checks.steps[1:], strict=False):
        assert after.exact_prefix is not True or one.exact_prefix is True
        assert one.exact_prefix is not False or after.exact_prefix is False
        assert order[one.exact_prefix] <= order[after.exact_prefix] or one.exact_prefix is None
    for text, step in zip(steps, checks.steps, strict=True):
        if step.exact_prefix:
            assert step.exact_local
        for claim in step.claims:
            assert text[claim.start : claim.end] == claim.text
            assert claim.verdict == {True: "right", False: "wrong", None: "unsure"}[step.exact_local]


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fail when what is inside takes longer, in processor time: no speed, but unbounded work would take minutes."""
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds
