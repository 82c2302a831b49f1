"""The narration of a recorded run as a trace: every step checked, states and source lines beside it, the judge's verdict."""

import asyncio
import json

import pytest

from generators import execution_trace
from jobs.bench.execution import NOBODY, Judge
from schemas.problem import Problem
from schemas.trace import Trace
from tests.doubles import a_problem, collect, text_of

CODE = "def f(a):\n    t = a * 2\n    return g(t) + 4  # twice\n\ndef g(n):\n    return n"
LINES = [
    "Call f: a = 3.",
    "Line 2, `t = a * 2`: t = 6.",
    "Call g: n = 6.",
    "Line 6, `return n`: returns 6.",
    "Line 3, `return g(t) + 4`: returns 10.",
]


def asked(reference: str = "10", **program: object) -> Problem:
    held = {"code": CODE, "entry_point": "f", "args": "(3,)"} | program
    return a_problem(
        f"{CODE}\n\nWhat does f(3) return?",
        reference,
        domain="code",
        task="output",
        family="own",
        program=json.dumps(held),
    )


def traces(problem: Problem) -> list[Trace]:
    return asyncio.run(collect(execution_trace.generate(problem, NOBODY, Judge(), execution_trace.Config(), 0)))


def test_the_trace_tells_the_run_and_ends_in_the_answer() -> None:
    (trace,) = traces(asked(lines=LINES, frames=[1, 1, 2, 2, 1]))
    assert text_of(trace) == "\n".join([*LINES, "Answer: 10"])
    assert (trace.outcome, trace.status, trace.answer, trace.first_error) == ("accepted", "pass", "10", -1)
    assert (trace.role, trace.policy.model, trace.policy.engine) == ("solution", "execution", "execution")
    assert [step.stop_reason for step in trace.steps] == ["not_chosen"] * 5 + ["terminal"]
    assert {claim.verdict for step in trace.steps for claim in step.checks} == {"right"}
    assert all(step.checks and step.exact_prefix and step.exact_local for step in trace.steps)
    assert trace.cost.generated_tokens == 0 and trace.rollouts == () and trace.steps[-1].q == 1.0


def test_each_step_has_its_source_line_and_the_variables_around_it() -> None:
    (trace,) = traces(asked(lines=LINES, frames=[1, 1, 2, 2, 1]))
    assert [step.formal for step in trace.steps] == [
        None, "t = a * 2", None, "return n", "return g(t) + 4  # twice", None,
    ]  # fmt: skip
    assert [(step.state_before, step.state_after) for step in trace.steps] == [
        (None, "a = 3"), ("a = 3", "a = 3, t = 6"), (None, "n = 6"), ("n = 6", "n = 6"), ("a = 3, t = 6", "a = 3, t = 6"),
        (None, None),
    ]  # fmt: skip


def test_a_record_that_says_something_else_is_told_all_the_same() -> None:
    (trace,) = traces(asked(lines=[*LINES[:4], "Line 3, `return g(t) + 4`: returns 11."], frames=[1, 1, 2, 2, 1]))
    assert "returns 11" in text_of(trace) and trace.answer == "10"


@pytest.mark.parametrize("program", [{"unrecorded": "more than 400 events"}, {}, {"lines": "Call f."}])
def test_a_run_that_was_not_recorded_gives_no_trace(program: dict[str, str]) -> None:
    assert traces(asked(**program)) == []


def test_a_record_without_frames_has_no_states() -> None:
    (trace,) = traces(asked(lines=LINES))
    assert {step.state_after for step in trace.steps} == {None}


def test_it_takes_what_a_call_returns_and_needs_no_model() -> None:
    config = execution_trace.Config()
    assert {"output"} == execution_trace.TASKS and execution_trace.PARTS == ()
    assert not execution_trace.needs_continuation(config)
    assert execution_trace.estimate(asked(), config) == (0, 0)
