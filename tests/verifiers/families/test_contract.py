"""What every family's exact check promises; a new family is picked up by its catalog line."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.families.catalog import FAMILIES
from tests.doubles import a_problem
from tests.verifiers.families.truths import HOSTILE, accepted, assert_sane, at_most, local, of_family, prefix
from verifiers.families.catalog import STEP_CHECKS, check_steps

every_family = pytest.mark.parametrize("family", STEP_CHECKS)
a_seed = st.integers(0, 2**32)


def difficulties(family: str) -> st.SearchStrategy[int]:
    return st.sampled_from(FAMILIES[family].DIFFICULTIES)


def test_every_family_that_makes_problems_has_an_exact_check() -> None:
    """But for those that ask for a program or a proof: its tests say what it is worth, or the kernel."""
    tasks = {name: family.problem(Random(1), 3).task for name, family in FAMILIES.items()}
    assert set(STEP_CHECKS) == {name for name, task in tasks.items() if task not in ("program", "prove")}


@every_family
@settings(max_examples=60, deadline=None)
@given(seed=a_seed, data=st.data())
def test_a_solution_without_slips_is_right_at_every_step(family: str, seed: int, data: st.DataObject) -> None:
    problem, solution = of_family(family, data.draw(difficulties(family)), seed)
    steps = solution(0.0, seed)
    checks = check_steps(problem, steps)
    assert_sane(steps, checks)
    assert local(checks) == prefix(checks) == [True] * len(steps), (problem.statement, steps)
    assert checks.first_error == -1
    assert accepted(problem, "".join(steps))


@every_family
@settings(max_examples=120, deadline=None)
@given(seed=a_seed, data=st.data(), slip_rate=st.sampled_from([0.1, 0.3, 1.0]))
def test_a_wrong_answer_has_a_first_error(family: str, seed: int, data: st.DataObject, slip_rate: float) -> None:
    problem, solution = of_family(family, data.draw(difficulties(family)), seed)
    steps = solution(slip_rate, seed + 1)
    checks = check_steps(problem, steps)
    assert_sane(steps, checks)
    assert None not in local(checks), (problem.statement, steps)
    if not accepted(problem, "".join(steps)):
        assert checks.first_error is not None and checks.first_error >= 0
    elif checks.first_error == -1:
        assert all(local(checks))


@every_family
@settings(max_examples=60, deadline=None)
@given(seed=a_seed, slip_rate=st.sampled_from([0.0, 0.4]))
def test_the_first_error_does_not_depend_on_what_follows(family: str, seed: int, slip_rate: float) -> None:
    """What is said of a step is a function of the problem and the steps up to it."""
    problem, solution = of_family(family, 4, seed)
    steps = solution(slip_rate, seed)
    whole = check_steps(problem, steps)
    for count in range(len(steps)):
        assert check_steps(problem, steps[:count]).steps == whole.steps[:count]


@every_family
@given(steps=st.lists(st.text(max_size=30) | st.sampled_from(HOSTILE[:6]), max_size=5))
def test_any_steps_get_an_entry_each(family: str, steps: list[str]) -> None:
    problem, _ = of_family(family, 3, 1)
    assert_sane(steps, check_steps(problem, steps))


@pytest.mark.parametrize("family", [name for name in STEP_CHECKS if name != "outputs"])
def test_garbage_is_unknown_and_so_is_all_that_follows(family: str) -> None:
    """A run forwards is the exception: what comes next is known, and this is not it."""
    problem, solution = of_family(family, 3, 1)
    steps = solution(0.0, 1)
    checks = check_steps(problem, [steps[0], "Let me think.\n", *steps[1:]])
    assert local(checks)[1] is None
    assert prefix(checks) == [True, *[None] * len(steps)]
    assert checks.first_error is None


@every_family
@pytest.mark.parametrize("step", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_done_with_at_once(family: str, step: str) -> None:
    problem, solution = of_family(family, 3, 1)
    with at_most(10):
        checks = check_steps(problem, [step, *solution(0.0, 1)])
    assert len(checks.steps) == 1 + len(solution(0.0, 1))
    assert checks.steps[0].exact_prefix is not True or (family == "outputs" and not step.strip())


@every_family
@pytest.mark.parametrize(
    "statement",
    [
        "",
        "Evaluate",
        "Evaluate 1" + " " * 200_000 + "1",
        "Evaluate " * 50_000,
        "Solve for x: ",
        "Solve for x: 1 = 1 = 1",
        "Solve for x: x" + " " * 200_000 + "= 1",
        "\ud800",
        *HOSTILE[7:12],
    ],
    ids=range(13),
)
def test_a_statement_that_cannot_be_read_gives_no_truth(family: str, statement: str) -> None:
    with at_most(10):
        checks = check_steps(a_problem(statement, "1", family=family), ["1 + 1 = 2\n", "Answer: 1\n"])
    assert True not in prefix(checks)


def test_a_family_that_nobody_knows_has_no_truth() -> None:
    checks = check_steps(a_problem(family="gsm8k"), ["3 + 8\n", "Answer: 11\n"])
    assert local(checks) == prefix(checks) == [None, None]
    assert checks.first_error is None


def test_no_steps_have_no_first_error() -> None:
    assert check_steps(a_problem(), []).first_error is None
