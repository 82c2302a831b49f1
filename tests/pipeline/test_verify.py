"""Verify: an audit that leaves good rows alone and lets no verdict pass that does not come out again."""

from dataclasses import replace

import pyarrow as pa
import pytest

from pipeline.result import RESULTS, Result
from pipeline.verify import audit
from schemas.table import from_table, to_table
from schemas.trace import Trace
from tests.rows import a_last_step, a_problem_record, a_rollout, a_step, a_trace

RIGHT = a_trace("right")
WRONG = a_trace("wrong", steps=(a_step(), a_last_step("Answer: 3")), outcome="rejected", answer="3")
EMPTY = a_trace("empty", steps=(), outcome="rejected", status="no_answer", answer=None)
CUT = a_trace("cut", steps=(a_last_step("Answer: 2 and then"),), outcome="rejected", status="truncated")
GOOD = (RIGHT, WRONG, EMPTY, CUT)


def results(*traces: Trace) -> pa.Table:
    """Return one problem with these traces, between a problem without any and one with a good one."""
    rows = [
        Result(record=a_problem_record("p0", ended="error", n_traces=0), traces=()),
        Result(record=a_problem_record("p1", n_traces=len(traces)), traces=traces),
        Result(record=a_problem_record("p2"), traces=(a_trace("last", "p2", rollouts=(a_rollout(),)),)),
    ]
    return to_table(rows, RESULTS)


def audited(*traces: Trace) -> list[Trace]:
    """Return what the audit made of the middle problem's traces; the other rows must be as they were."""
    table = results(*traces)
    before, after = from_table(table, Result), from_table(audit(table, {}), Result)
    assert len(after) == 3 and after[0] == before[0] and after[2] == before[2]
    assert after[1].record == before[1].record
    return list(after[1].traces)


def test_good_rows_are_left_alone() -> None:
    table = results(*GOOD)
    assert audit(table, {}).equals(table, check_metadata=True)


@pytest.mark.parametrize("place", range(len(GOOD) + 1))
@pytest.mark.parametrize(
    ("tampered", "first", "then"),
    [
        (replace(WRONG, trace_id="x", outcome="accepted", status="equal"), "equal", "different"),
        (replace(RIGHT, trace_id="x", outcome="rejected", status="different"), "different", "equal"),
        (replace(EMPTY, trace_id="x", outcome="accepted", status="equal"), "equal", "no_answer"),
        (replace(RIGHT, trace_id="x", steps=(a_last_step("Answer: 12"),)), "equal", "different"),
        (replace(RIGHT, trace_id="x", problem=replace(RIGHT.problem, reference="3")), "equal", "different"),
    ],
)
def test_a_verdict_that_does_not_come_out_again_is_undecided(
    tampered: Trace, first: str, then: str, place: int
) -> None:
    rows = [*GOOD[:place], tampered, *GOOD[place:]]
    found = audited(*rows)
    expected = replace(tampered, outcome="undecided", status="disagree", reason=f"first {first}, when audited {then}")
    assert found == [*rows[:place], expected, *rows[place + 1 :]]


def test_an_outcome_that_its_status_does_not_mean_is_undecided() -> None:
    (found,) = audited(replace(WRONG, outcome="accepted"))
    assert (found.outcome, found.status) == ("undecided", "disagree")


def test_what_only_the_slow_tier_can_tell_is_not_judged_again() -> None:
    problem = replace(RIGHT.problem, reference=r"\ln(x^2)")
    slow = a_trace("slow", problem=problem, steps=(a_last_step(r"\boxed{2\ln x}"),), answer=r"2\ln x")
    assert audited(slow) == [slow]


def test_no_results_are_no_results() -> None:
    empty = to_table([], RESULTS)
    assert audit(empty, {}).equals(empty)
    assert audit(results(*GOOD).slice(0, 1), {}).num_rows == 1


def test_a_slice_and_several_chunks_are_audited_as_what_they_hold() -> None:
    bad = replace(WRONG, trace_id="x", outcome="accepted", status="equal")
    table = results(RIGHT, bad)
    for part in (table.slice(1, 1), pa.concat_tables([table.slice(0, 1), table.slice(1)])):
        outcomes = [t.outcome for row in from_table(audit(part, {}), Result) for t in row.traces]
        assert outcomes[:2] == ["accepted", "undecided"]
    good = pa.concat_tables([results(*GOOD).slice(2), results(*GOOD).slice(0, 2)])
    assert audit(good, {}).equals(good)


def test_the_audit_reads_the_answer_and_not_the_thought() -> None:
    thought = (a_step("So it is \\boxed{3}, or not.\n"), a_last_step("It goes on and on."))
    for family in ("deepseek-r1", "qwen3-thinking"):
        policy = replace(RIGHT.policy, model_family=family)
        unclosed = a_trace("t", policy=policy, steps=thought, outcome="rejected", status="no_answer", answer=None)
        assert audited(unclosed) == [unclosed]
    told = (a_step("<think>So it is \\boxed{3}.</think>\n"), a_last_step("Answer: 2"))
    closed = a_trace("t", policy=replace(RIGHT.policy, model_family=""), steps=told)
    assert audited(closed) == [closed]


CODE = a_trace(
    "code",
    domain="code",
    problem=replace(RIGHT.problem, task="output", reference="10"),
    steps=(a_step("Call f: a = 3.\n"), a_last_step("Answer: 10")),
    status="pass",
    verifier="python",
    answer="10",
)


def test_what_a_program_returns_is_audited_and_nothing_runs_for_the_rest() -> None:
    wrong = replace(CODE, steps=(a_last_step("Answer: 11"),))
    asked = replace(
        CODE.problem, task="input", reference='{"code": "def f(a): ...", "entry_point": "f", "returns": "10"}'
    )
    arguments = replace(CODE, problem=asked, steps=(a_last_step("Answer: f(3)"),))
    (found,) = audited(wrong)
    assert audited(CODE) == [CODE] and audited(arguments) == [arguments]
    assert (found.status, found.reason) == ("disagree", "first pass, when audited fail")


@pytest.mark.parametrize(
    "overrides", [{"role": "plan"}, {"verifier": "critique"}, {"domain": "poetry", "verifier": "none"}]
)
def test_what_no_verifier_of_the_domain_judged_is_passed_over(overrides: dict[str, str]) -> None:
    trace = a_trace("other", steps=(a_last_step("Answer: 3"),), **overrides)
    assert audited(trace) == [trace]
