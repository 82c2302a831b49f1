"""Statements in words: what is written from the words alone is held against the original by the real kernel."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from generators import statements
from generators.prose import verbaliser
from schemas.problem import Problem
from schemas.trace import Trace
from tests.doubles import TellingModel, a_pool, collect, text_of
from tests.proofs import Tell, a_proof_problem, a_theorem
from verifiers.judge import LocalJudge
from verifiers.lean import native

THEOREM = a_theorem(seed=3)
PROBLEM = a_proof_problem(THEOREM)
OTHER = a_theorem(seed=4)


@pytest.fixture(scope="module")
def judge() -> Iterator[LocalJudge]:
    if native.missing() is not None:
        pytest.skip(str(native.missing()))
    with LocalJudge() as one:
        yield one


def a_reader(words: str = "", known: str = THEOREM.statement, *, right: int = 4) -> Tell:
    """Return a teller that says `words`, and knows the statement behind the verbaliser's: `right` of 4 times."""

    def tell(prompt: str, seed: int, index: int) -> str:
        if prompt.rstrip("\n").endswith("In words:"):
            return words or verbaliser.statement(prompt.split("\n", 1)[0])
        assert "theorem" not in prompt, "the formal statement is out of sight"
        return known if index < right else "theorem t : x"

    return tell


def rows(judge: LocalJudge, tell: Tell, problem: Problem = PROBLEM, samples: int = 1) -> list[Trace]:
    config = statements.Config(samples=samples)
    pool = a_pool(TellingModel(tell), max_tokens=1000)
    return asyncio.run(collect(statements.generate(problem, pool, judge, config, 7)))


def test_a_wording_has_the_statements_written_from_it(judge: LocalJudge) -> None:
    ours, theirs = rows(judge, a_reader(right=3))
    assert (ours.policy.engine, theirs.policy.engine) == ("verbaliser", "telling")
    assert ours.role == theirs.role == "translation" and ours.completer is not None
    for row in (ours, theirs):
        assert text_of(row) == f"{verbaliser.statement(PROBLEM.statement)}\n"
        assert row.steps[-1].formal == PROBLEM.statement
        assert [one.status for one in row.rollouts] == ["equivalent"] * 3 + ["ill_formed"]
        assert (row.steps[-1].n_rollouts, row.steps[-1].n_correct) == (4, 3)
        assert (row.status, row.outcome) == ("equivalent", "accepted")
    assert {one.seed for one in ours.rollouts}.isdisjoint(one.seed for one in theirs.rollouts)


def test_the_words_of_another_theorem_are_never_equivalent(judge: LocalJudge) -> None:
    for row in rows(judge, a_reader(verbaliser.statement(OTHER.statement), OTHER.statement)):
        assert row.steps[-1].n_correct == 0 and row.outcome != "accepted"
        assert all(one.status in ("undecided", "different") for one in row.rollouts)


def test_words_of_many_lines_are_as_many_steps_and_the_last_is_labelled(judge: LocalJudge) -> None:
    (_, row) = rows(judge, a_reader("Take some things.\n\nThen one follows."))
    assert [step.text for step in row.steps] == ["Take some things.\n", "Then one follows.\n"]
    assert [step.n_rollouts for step in row.steps] == [0, 4] and row.steps[0].stop_reason == "not_chosen"


def test_from_words_that_hold_the_statement_nothing_is_written(judge: LocalJudge) -> None:
    _, quoting, empty = rows(judge, a_reader(THEOREM.statement), samples=2)
    assert (quoting.status, quoting.rollouts, quoting.steps[-1].stop_reason) == ("quotes", (), "refused")
    assert empty.status == "quotes"
    _, nothing = rows(judge, a_reader(" "))
    assert (nothing.status, nothing.outcome, nothing.rollouts) == ("empty", "rejected", ())


def test_what_cannot_be_taken_apart_has_no_row(judge: LocalJudge) -> None:
    assert rows(judge, a_reader(), replace(PROBLEM, reference="{}")) == []
