"""What every problem family promises; a new one is picked up by its catalog line."""

from fractions import Fraction
from itertools import islice
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.families import catalog
from pipeline.families.catalog import FAMILIES, HELD_OUT_SHARE, problems
from pipeline.families.draft import Draft, slipped, written
from schemas import ids
from schemas.problem import Problem
from verifiers import answers
from verifiers.families.catalog import check_steps
from verifiers.families.truth import number

every_family = pytest.mark.parametrize("family", FAMILIES)
ALL = tuple(FAMILIES)


def first(count: int, *, names: tuple[str, ...] = ALL, difficulties: tuple[int, ...] = (2, 3), split: str = "test",
          seed: int = 0) -> list[Problem]:  # fmt: skip
    return list(islice(problems(names, difficulties, split, seed), count))


def test_problem_i_is_the_same_however_many_are_asked_for() -> None:
    assert first(30) == first(90)[:30]


def test_problem_i_never_changes() -> None:
    """Shards on disk hold these; a family that draws otherwise raises its VERSION."""
    assert {family.NAME: family.VERSION for family in FAMILIES.values()} == {"words": 1, "linear": 1, "expressions": 1}
    assert [(problem.family, problem.statement, problem.reference) for problem in first(3)] == GOLDEN


GOLDEN = [
    (
        "words",
        "Ida has 43 beads. Jon has 40 more beads than Ida. Max has 19 fewer beads than Jon. How many beads does Max have?",
        "64",
    ),
    ("linear", "Solve for x: 5x - 11 = -46", "-7"),
    ("expressions", "Evaluate 21 + 20 + 24", "65"),
]


@every_family
def test_every_draft_is_of_the_familys_domain(family: str) -> None:
    module = FAMILIES[family]
    for difficulty in module.DIFFICULTIES:
        assert module.problem(Random(3), difficulty).domain == module.DOMAIN


def test_a_draft_says_what_is_asked_and_of_which_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    def problem(rng: Random, difficulty: int) -> Draft:
        number = rng.randint(0, 10**6)
        return Draft(statement=f"f({number})", reference="1", program="{}", domain="code", task="output")

    monkeypatch.setattr(FAMILIES["words"], "problem", problem)
    (made,) = first(1, names=("words",))
    assert (made.domain, made.task, made.program) == ("code", "output", "{}")
    assert made.problem_id == ids.problem_id("code", made.statement, "1")


def test_a_run_that_names_no_families_draws_from_those_there_have_always_been() -> None:
    assert catalog.DEFAULT_FAMILIES == ("words", "linear", "expressions")
    assert set(catalog.DEFAULT_FAMILIES) <= set(FAMILIES)


def test_families_take_turns_then_difficulties() -> None:
    found = [(problem.family, problem.difficulty) for problem in first(7)]
    assert found[:6] == [(name, difficulty) for difficulty in (2.0, 3.0) for name in ALL]
    assert found[6] == found[0]


def test_another_seed_draws_other_problems() -> None:
    one, other = ({problem.problem_id for problem in first(60, seed=seed)} for seed in (0, 1))
    assert len(one & other) < 6


@every_family
def test_no_problem_of_one_split_is_in_the_other(family: str) -> None:
    test, train = (
        {problem.problem_id for seed in (0, 1) for problem in first(250, names=(family,), split=split, seed=seed)}
        for split in ("test", "train")
    )
    assert test and train and not test & train


def test_a_split_is_decided_by_the_statement_alone() -> None:
    for split in ("test", "train"):
        for problem in first(60, split=split):
            assert problem.split == split
            assert catalog.split_of(Draft(statement=problem.statement, reference="?", program=None)) == split


def test_about_one_in_eight_is_held_out() -> None:
    drafts = [family.problem(Random(i), 3) for i in range(600) for family in FAMILIES.values()]
    held_out = sum(catalog.split_of(draft) == "test" for draft in drafts) / len(drafts)
    assert abs(held_out - 1 / HELD_OUT_SHARE) < 0.04


@every_family
@pytest.mark.parametrize("difficulty", range(2, 9))
def test_problems_of_every_difficulty_are_complete_and_verify(family: str, difficulty: int) -> None:
    for problem in first(15, names=(family,), difficulties=(difficulty,)):
        assert problem.problem_id == ids.problem_id("math", problem.statement, problem.reference)
        assert (problem.family, problem.difficulty, problem.licence) == (family, float(difficulty), "Apache-2.0")
        assert problem.source.startswith(f"family:{family}/")
        assert answers.reference_error(problem) is None
        assert answers.check(problem, f"Answer: {problem.reference}").outcome == "accepted"


@every_family
def test_the_statement_can_be_solved_again_from_its_text_alone(family: str) -> None:
    """The solver and the exact check read the problem back from what a row holds, not from the draft in memory."""
    for problem in first(60, names=(family,), difficulties=(2, 3, 4, 5)):
        draft = Draft(statement=problem.statement, reference=problem.reference, program=problem.program)
        lines = FAMILIES[family].solution(draft, Random(1), 0.0)
        assert lines[-1] == f"Answer: {problem.reference}"
        assert check_steps(problem, lines).first_error == -1


@every_family
@pytest.mark.parametrize("rate", [0.05, 0.2, 0.5])
def test_slips_are_about_as_frequent_as_asked(family: str, rate: float) -> None:
    wrong = steps = 0
    for index, problem in enumerate(first(300, names=(family,), difficulties=(2, 3, 4, 5))):
        draft = Draft(statement=problem.statement, reference=problem.reference, program=problem.program)
        lines = FAMILIES[family].solution(draft, Random(index), rate)
        checks = check_steps(problem, lines).steps[:-1]
        wrong += sum(check.exact_local is False for check in checks)
        steps += len(checks)
    assert 0.6 * rate < wrong / steps < 1.5 * rate


@every_family
def test_a_solution_is_a_function_of_its_random_numbers(family: str) -> None:
    draft = FAMILIES[family].problem(Random(5), 4)
    assert draft == FAMILIES[family].problem(Random(5), 4)
    one, again, other = (FAMILIES[family].solution(draft, Random(seed), 0.5) for seed in (1, 1, 2))
    assert one == again != other


@given(st.integers(-9999, 9999), st.integers())
def test_a_slip_is_another_number(value: int, seed: int) -> None:
    assert slipped(value, Random(seed)) != value
    assert value < 0 or slipped(value, Random(seed)) >= 0


@given(st.fractions())
def test_a_rational_is_written_as_it_is_read(value: Fraction) -> None:
    text = written(value)
    assert Fraction(text) == value
    if len(text) < 12:
        assert number(text) == value
