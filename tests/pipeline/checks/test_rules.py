"""Every rule of rows says what is wrong with a row that breaks it, and nothing of one that does not."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from pipeline.checks import rules as row_rules
from pipeline.checks.rules import Rules
from schemas.problem import PROBLEMS
from schemas.table import to_table
from schemas.trace import TRACES
from schemas.tree import TREES
from schemas.verdict import Claim
from tests.rows import RUN_ID, a_last_step, a_node, a_problem_record, a_rollout, a_step, a_trace, a_tree

SCHEMAS = {"traces": TRACES, "trees": TREES, "problems": PROBLEMS}


@pytest.fixture(scope="module")
def rules() -> Iterator[Rules]:
    rules = Rules(RUN_ID, prompts=["prompt"])
    yield rules
    rules.close()


def broken(rules: Rules, table: str, *rows: object) -> list[tuple[int, str]]:
    """Return what is wrong with some rows."""
    return list(rules.broken(table, to_table(rows, SCHEMAS[table])))


def of(row: Any, **values: Any) -> Any:
    """Return a row with values that its types do not allow."""
    return replace(row, **values)


STEP = a_step(n_rollouts=2, n_correct=1, q=0.5, q_low=0.1, q_high=0.9)
LAST = a_last_step(q=1.0)
DRAWN = (a_rollout(0, 0), a_rollout(0, 1, outcome="rejected", status="different"))
TRACE = a_trace(steps=(STEP, LAST), rollouts=DRAWN, verifier_version=row_rules.VERSIONS["answers"])
CLAIM = Claim(text="1", verdict="right", reason="so", start=0, end=1)


def with_step(**values: Any) -> Any:
    """Return the trace with another first step."""
    return replace(TRACE, steps=(replace(STEP, **values), LAST))


def with_drawn(*rollouts: Any) -> Any:
    """Return the trace with other rollouts."""
    return replace(TRACE, rollouts=rollouts)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (replace(TRACE, run_id="x"), "run_id x"),
        (of(TRACE, role="poem"), "poem is no role"),
        (replace(TRACE, problem=of(TRACE.problem, task="sing")), "sing is no task"),
        (replace(TRACE, outcome="rejected", steps=(STEP, replace(LAST, q=0.0))), "answers says equal"),
        (replace(TRACE, status="great"), "answers says great"),
        (replace(TRACE, verifier="nobody"), "nobody is no verifier"),
        (replace(TRACE, sample_index=-1), "sample_index -1"),
        (replace(TRACE, prompt_hash="x"), "its prompt is none"),
        (replace(TRACE, completer=of(TRACE.completer, prompt_hash="x")), "its completer's prompt is none"),
        (replace(TRACE, root_n=1, root_correct=2), "2 right of 1"),
        (replace(TRACE, first_error=2), "first_error 2 of 2 steps"),
        (replace(TRACE, first_error=-2), "first_error -2"),
        (replace(TRACE, first_error=0, steps=(replace(STEP, exact_prefix=True), LAST)), "is not the first step"),
        (replace(TRACE, first_error=1, steps=(replace(STEP, exact_prefix=False), LAST)), "is not the first step"),
        (replace(TRACE, first_error=-1, steps=(replace(STEP, exact_prefix=False), LAST)), "says that all is right"),
        (replace(TRACE, tree_path="0/1"), "a path in no tree"),
        (replace(TRACE, parent_trace_id="t1"), "its own parent"),
        (replace(TRACE, duplicate_of="t1"), "its own parent or duplicate"),
        (replace(TRACE, cost=replace(TRACE.cost, gpu_s=-1.0)), "a cost below 0"),
        (replace(TRACE, cost=replace(TRACE.cost, cached_tokens=101)), "more tokens from the cache"),
        (with_step(n_correct=3), "step 1: 2 rollouts, 3 correct"),
        (with_step(q=1.5, q_high=None), "no probability"),
        (with_step(q_low=0.6), "no probability"),
        (with_step(q_high=0.4), "no probability"),
        (with_step(stop_reason="bored"), "stop_reason bored"),
        (with_step(stop_reason="unprobed"), "2 rollouts of a step that is unprobed"),
        (replace(TRACE, steps=(replace(LAST, q=None), LAST), rollouts=()), "terminal, and others follow"),
        (replace(TRACE, steps=(STEP, replace(LAST, q=0.0))), "the last step's q is 0"),
        (replace(TRACE, steps=(STEP, replace(LAST, q=None))), "the last step's q is"),
        (with_step(q=None, q_low=None, q_high=None), "decided rollouts and no q"),
        (with_step(token_start=5), "tokens 5 to 4"),
        (with_step(checks=(replace(CLAIM, end=99),)), "a claim that is not in its step"),
        (with_step(checks=(of(CLAIM, verdict="maybe"),)), "or has no verdict"),
        (with_drawn(*DRAWN, a_rollout(2, 0)), "a rollout of step 2 of 2"),
        (with_drawn(DRAWN[0], replace(DRAWN[1], status="equal")), "a rollout is equal"),
        (with_drawn(DRAWN[0], replace(DRAWN[1], finish_reason="tired")), "finish_reason tired"),
        (with_drawn(DRAWN[0], replace(DRAWN[1], generated_tokens=-1)), "below 0"),
        (with_drawn(DRAWN[0]), "its rollouts are 1, 1 and 0"),
        (with_drawn(), "its rollouts are 0"),
        (with_drawn(DRAWN[0], replace(DRAWN[1], outcome="accepted", status="equal")), "its rollouts are 2, 2 and 0"),
        (with_drawn(DRAWN[0], replace(DRAWN[1], index=0)), "one of them twice"),
    ],
)  # fmt: skip
def test_a_trace_that_breaks_a_rule(rules: Rules, row: object, said: str) -> None:
    found = broken(rules, "traces", TRACE, row, TRACE)
    assert {place for place, _ in found} == {1}
    assert any(said in what for _, what in found), found


def test_traces_that_break_none(rules: Rules) -> None:
    undecided = replace(TRACE, outcome="undecided", status="disagree", steps=(STEP, replace(LAST, q=None)))
    rejected = replace(TRACE, outcome="rejected", status="no_answer", steps=(STEP, replace(LAST, q=0.0)))
    plan = {"verifier": "plans", "verifier_version": row_rules.VERSIONS["plans"]}
    control = of(TRACE, outcome="rejected", status="decoy", steps=(STEP, replace(LAST, q=None)), **plan)
    old = replace(TRACE, status="said otherwise once", verifier_version=1)
    empty = replace(TRACE, outcome="rejected", status="truncated", steps=(), rollouts=())
    wrong = replace(TRACE, first_error=1, steps=(replace(STEP, exact_prefix=True), replace(LAST, exact_prefix=False)))
    assert broken(rules, "traces", TRACE, undecided, rejected, control, old, empty, wrong) == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (a_tree(run_id="x"), "run_id x"),
        (a_tree(prompt_hash="x"), "its prompt is none"),
        (a_tree(nodes=()), "no nodes"),
        (a_tree(tree_index=-1), "below 0"),
        (a_tree(nodes=(a_node(), a_node(1, 0, n_correct=9))), "9 correct"),
        (a_tree(nodes=(a_node(), a_node(2, 0))), "node 2 stands at place 1"),
        (a_tree(nodes=(a_node(), a_node(1, None))), "has no parent"),
        (a_tree(nodes=(a_node(), a_node(1, 5))), "is no child of node 5"),
        (a_tree(nodes=(a_node(), a_node(1, 1))), "is no child of node 1"),
        (a_tree(nodes=(a_node(), a_node(1, 0, depth=2))), "at depth 2"),
        (a_tree(nodes=(a_node(), a_node(1, 0, terminal=True))), "has an outcome"),
        (a_tree(nodes=(a_node(), a_node(1, 0, terminal=True, outcome="fine"))), "outcome fine"),
        (a_tree(nodes=(a_node(), a_node(1, 0, prior=2.0))), "no share"),
        (a_tree(nodes=(a_node(), a_node(1, 0, value=0.75))), "value 0.75"),
        (a_tree(nodes=(a_node(), a_node(1, 0, value=None))), "value"),
    ],
)
def test_a_tree_that_breaks_a_rule(rules: Rules, row: object, said: str) -> None:
    found = broken(rules, "trees", a_tree(), row)
    assert {place for place, _ in found} == {1}
    assert any(said in what for _, what in found), found


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"run_id": "x"}, "run_id x"),
        ({"ended": "tomorrow"}, "ended tomorrow"),
        ({"task": "sing"}, "sing is no task"),
        ({"root_correct": 5}, "5 right of 4"),
        ({"ended": "skipped", "stage": "source"}, "does not say why"),
        ({"stage": "generate"}, "names a failed stage"),
        ({"ended": "uninformative"}, "was solved"),
        ({"n_traces": -1}, "below 0"),
    ],
)
def test_a_problem_that_breaks_a_rule(rules: Rules, values: dict[str, Any], said: str) -> None:
    found = broken(rules, "problems", a_problem_record(), a_problem_record(**values))
    assert {place for place, _ in found} == {1}
    assert any(said in what for _, what in found), found


def test_prompts_that_are_not_known_are_nobodys() -> None:
    unknowing = Rules(RUN_ID)
    assert broken(unknowing, "traces", replace(TRACE, prompt_hash="x", completer=None)) == []
    unknowing.close()


def test_words_are_those_of_the_verifiers() -> None:
    assert {"answers", "python", "lean", "plans", "critique", "translations", "equivalence"} <= row_rules.WORDS.keys()
    assert row_rules.WORDS["answers"]["disagree"] == "undecided"


def test_no_rows_break_nothing(rules: Rules) -> None:
    assert list(rules.broken("traces", pa.Table.from_batches([], schema=TRACES))) == []
