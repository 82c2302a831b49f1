"""Chains modulo a prime: a step is right when it does the next operation to the result that the trace stated last."""

import json

import pytest

from pipeline.families import residues as family
from schemas.problem import Problem
from tests.doubles import a_problem
from tests.verifiers.families.truths import Truth, local, of_family, prefix
from verifiers.families.residues import Chain, check_steps, read

T, F = True, False


def chain(start: int, *operations: tuple[str, int]) -> Problem:
    program = {"modulus": 59, "start": start, "operations": operations}
    return a_problem("A chain.", "?", family="residues", program=json.dumps(program))


TRIPLED = chain(50, ("+", 25), ("*", 4))  # 16, 5


@pytest.mark.parametrize(
    ("steps", "is_local", "is_prefix"),
    [
        (["a: 50 + 25 = 16", "b: 16 * 4 = 5", "Answer: 5"], [T, T, T], [T, T, T]),
        (["a: 25 + 50 = 16", "b: 4 * 16 = 5", "Answer: 5"], [T, T, T], [T, T, T]),
        # A slip in arithmetic that is carried on: what follows is consistent with it, and wrong.
        (["a: 50 + 25 = 17", "b: 17 * 4 = 9", "Answer: 9"], [F, T, T], [F, F, F]),
        # The sum itself is not its remainder, though what follows from it is the same.
        (["a: 50 + 25 = 75", "b: 75 * 4 = 5", "Answer: 5"], [F, T, T], [F, F, F]),
        # A wrong operand, a wrong operation, a number that does not come from the step before.
        (["a: 50 + 24 = 15", "b: 15 * 4 = 1", "Answer: 1"], [F, T, T], [F, F, F]),
        (["a: 50 - 25 = 25", "b: 25 * 4 = 41", "Answer: 41"], [F, T, T], [F, F, F]),
        (["a: 50 + 25 = 16", "b: 50 * 4 = 23", "Answer: 23"], [T, F, T], [T, F, F]),
        # Truth does not heal: neither the right numbers after a wrong step, nor a second slip that undoes the first.
        (["a: 50 + 25 = 17", "b: 16 * 4 = 5", "Answer: 5"], [F, F, T], [F, F, F]),
        (["a: 50 + 25 = 17", "b: 17 * 4 = 5", "Answer: 5"], [F, F, T], [F, F, F]),
        # Its place says which operation a step must do, whatever it is called.
        (["b: 50 * 4 = 23", "a: 23 + 25 = 48", "Answer: 48"], [F, F, T], [F, F, F]),
        (["b: 50 + 25 = 16", "16 * 4 = 5.", "Answer: 5"], [T, T, T], [T, T, T]),
        # An answer before the work is done, and one that is not what was worked out.
        (["a: 50 + 25 = 16", "Answer: 5"], [T, F], [T, F]),
        (["Answer: 5"], [F], [F]),
        (["a: 50 + 25 = 16", "b: 16 * 4 = 5", "Answer: 64"], [T, T, F], [T, T, F]),
        # Steps that cannot be read: no equation, two of them, one too many.
        (["a: 50 + 25 is 16", "b: 16 * 4 = 5"], [None, F], [None, None]),
        (["50 + 25 = 16 and 16 * 4 = 5"], [None], [None]),
        (["50 + 25 = 16", "16 * 4 = 5", "5 + 1 = 6", "Answer: 5"], [T, T, None, T], [T, T, None, None]),
        (["a: 50 + 25 = 17", "nothing", "Answer: 17"], [F, None, F], [F, F, F]),
    ],
)
def test_steps_of_a_chain(steps: list[str], is_local: list[Truth], is_prefix: list[Truth]) -> None:
    checks = check_steps(TRIPLED, steps)
    assert (local(checks), prefix(checks)) == (is_local, is_prefix)


def test_a_difference_is_not_turned_round_and_has_no_sign() -> None:
    assert local(check_steps(chain(9, ("-", 4)), ["a: 9 - 4 = 5"])) == [True]
    assert local(check_steps(chain(9, ("-", 4)), ["a: 4 - 9 = 54"])) == [False]
    assert local(check_steps(chain(4, ("-", 9)), ["a: 4 - 9 = 54"])) == [True]
    assert local(check_steps(chain(4, ("-", 9)), ["a: 4 - 9 = -5"])) == [None]


def test_a_number_is_read_to_its_end() -> None:
    assert local(check_steps(TRIPLED, ["a: 50 + 25 = 160"])) == [False]
    assert local(check_steps(TRIPLED, ["a: 150 + 25 = 16"])) == [False]
    assert local(check_steps(TRIPLED, ["a: 50 + 25 = 0000000000016"])) == [None]


def test_a_program_is_read_back_as_it_was_written() -> None:
    assert read(TRIPLED.program) == Chain(59, 50, (("+", 25), ("*", 4)))
    assert read(TRIPLED.program).run() == [16, 5]
    assert read(None).run() == []


@pytest.mark.parametrize("difficulty", family.DIFFICULTIES)
def test_the_difficulty_is_the_number_of_steps(difficulty: int) -> None:
    for seed in range(20):
        _, solution = of_family("residues", difficulty, seed)
        assert len(solution(0.0, seed)) == len(solution(0.5, seed)) == difficulty


def test_every_operation_is_a_bijection() -> None:
    """What keeps a wrong prefix wrong."""
    problem, _ = of_family("residues", 400, 1)
    made = read(problem.program)
    assert {name for name, _ in made.operations} == set("+-*")
    for name, operand in set(made.operations):
        assert {made.apply(name, value, operand) for value in range(made.modulus)} == set(range(made.modulus))


def test_no_answer_is_likelier_than_another_and_slips_are_seldom_undone() -> None:
    lucky, answers = 0, [0] * family.MODULUS
    for seed in range(4000):
        problem, solution = of_family("residues", 16, seed)
        answers[int(problem.reference)] += 1
        steps = solution(0.3, seed)
        lucky += steps[-1] == f"Answer: {problem.reference}\n" and check_steps(problem, steps).first_error != -1
    assert max(answers) < 2 * 4000 / family.MODULUS
    assert lucky < 0.04 * 4000


def test_the_first_slip_is_always_another_result() -> None:
    for seed in range(500):
        problem, solution = of_family("residues", 4, seed)
        first = solution(1.0, seed)[0]
        assert int(first.split()[-1]) != read(problem.program).run()[0]


def test_operations_past_the_alphabet_have_names_too() -> None:
    problem, solution = of_family("residues", 60, 2)
    names = [step.split(":")[0] for step in solution(0.0, 2)[:-1]]
    assert len(set(names)) == 59 and names[25:28] == ["z", "aa", "bb"]
    assert f"\n{names[-1]}: " in problem.statement
