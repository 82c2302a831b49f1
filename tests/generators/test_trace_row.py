"""Rows: what a trace is and what it was made from."""

from dataclasses import replace

from generators import labels
from generators.trace_row import PARENT, Origin, trace_row
from schemas.verdict import Verdict
from tests.doubles import a_problem
from tests.rows import a_trace

ORIGIN = Origin(generator="g", version=2, index=4, policy=a_trace().policy, prompt_hash="p", completer=None)
VERDICT = Verdict(outcome="rejected", status="different", reason="r", verifier="v", version=1)
NOTHING = labels.Labelled(steps=(), rollouts=(), first_error=None, cost=labels.NO_COST)


def test_a_trace_is_a_solution_from_nothing_unless_it_says_more() -> None:
    row = trace_row(a_problem(task="program"), ORIGIN, NOTHING, "", VERDICT, (0, 0))
    assert (row.role, row.parent_trace_id, row.sample_index, row.problem.task) == ("solution", None, 4, "program")


def test_a_trace_names_its_parent_by_sample_index_until_it_is_stamped() -> None:
    origin = replace(ORIGIN, role="revision", parent=0)
    row = trace_row(a_problem(), origin, NOTHING, "", VERDICT, (0, 0))
    assert (row.role, row.parent_trace_id) == ("revision", f"{PARENT}0")
