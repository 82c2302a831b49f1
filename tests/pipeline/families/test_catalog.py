"""What every problem family promises; a new one is picked up by its catalog line."""

import asyncio
import json
from collections.abc import Sequence
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
from schemas.verdict import Verdict
from verifiers.catalog import VERIFIERS
from verifiers.families.catalog import STEP_CHECKS, check_steps
from verifiers.families.truth import number
from verifiers.judge import Config, LocalJudge
from verifiers.python import Config as PythonConfig

every_family = pytest.mark.parametrize("family", FAMILIES)
with_step_truth = pytest.mark.parametrize("family", STEP_CHECKS)
ALL = tuple(FAMILIES)
MATH = tuple(name for name, family in FAMILIES.items() if family.DOMAIN == "math")
CODE = tuple(name for name, family in FAMILIES.items() if family.DOMAIN == "code")


def first(count: int, *, names: tuple[str, ...] = ALL, difficulties: tuple[int, ...] = (2, 3), split: str = "test",
          seed: int = 0) -> list[Problem]:  # fmt: skip
    return list(islice(problems(names, difficulties, split, seed), count))


def draft_of(problem: Problem) -> Draft:
    """Return the draft that what a row holds is enough for."""
    return Draft(
        statement=problem.statement,
        reference=problem.reference,
        program=problem.program,
        domain=problem.domain,
        task=problem.task,
    )


def program_of(problem: Problem) -> str:
    code: str = json.loads(problem.program or "{}")["code"]
    return code


def known(problem: Problem) -> str:
    """Return a text that is right: the reference, or for tasks that name no answer what came with the problem."""
    if problem.task == "program":
        return program_of(problem)
    if problem.task == "prove":
        return "\n".join(json.loads(problem.program or "{}")["proof"])
    answer = json.loads(problem.program or "{}")["args"] if problem.task == "input" else problem.reference
    return f"Answer: {answer}"


def judged(texts: Sequence[tuple[Problem, str]]) -> list[Verdict]:
    async def ask() -> list[Verdict]:
        async with LocalJudge(Config(verifiers={"python": PythonConfig(unconfined=True)})) as judge:
            return await asyncio.gather(*(judge.check(problem, text) for problem, text in texts))

    return asyncio.run(ask())


def test_problem_i_is_the_same_however_many_are_asked_for() -> None:
    assert first(18) == first(36)[:18]


def test_problem_i_never_changes() -> None:
    """Shards on disk hold these; a family that draws otherwise raises its VERSION."""
    assert {family.NAME: family.VERSION for family in FAMILIES.values()} == dict.fromkeys(ALL, 1)
    assert [(problem.family, problem.statement, problem.reference) for problem in first(len(ALL))] == GOLDEN


def locked(statement: str) -> str:
    return json.dumps({"name": "t", "statement": statement, "header": ""}, ensure_ascii=False)


IMPLICATION = (
    "theorem t (g k n p t v w x z : Prop) (h25 : w → z) (h16 : p → n) (h21 : t → w) (h13 : w → n → z) (h7 : x) "
    "(h19 : g → p → t) (h8 : v → x → g ∧ w) (h6 : k → w) : v → z"
)
ORDER = "theorem t (a b e j m n : Nat) (h14 : e ≤ a) (h4 : e < j) (h27 : j ≤ n) (h9 : b ≤ n) (h10 : j < m) : e < m"
GOLDEN = [
    (
        "words",
        "Ida has 43 beads. Jon has 40 more beads than Ida. Max has 19 fewer beads than Jon. How many beads does Max have?",
        "64",
    ),
    ("linear", "Solve for x: 5x - 11 = -46", "-7"),
    ("expressions", "Evaluate 21 + 20 + 24", "65"),
    (
        "outputs",
        "def f(s):\n    s = s[1:]\n    r = s[::-1]\n    return r\n\nWhat does f('BBC') return?",
        "'CB'",
    ),
    (
        "inputs",
        "def f(xs):\n    xs = [x * 5 for x in xs]\n    xs = xs[::-1]\n    return xs\n\n"
        "Find arguments for which f returns [110, 15, 105, 75].",
        '{"code": "def f(xs):\\n    xs = [x * 5 for x in xs]\\n    xs = xs[::-1]\\n    return xs", "entry_point": "f", '
        '"returns": "[110, 15, 105, 75]"}',
    ),
    (
        "programs",
        "Write f(s).\nf('EBABB') == 5\nf('BE') == 1\nf('DEACA') == 5",
        """{"entry_point": "f", "cases": [["('EBABB',)", "5"], ["('BE',)", "1"], ["('DEACA',)", "5"], ["('CBBBA',)", "5"], """
        """["('AEC',)", "3"], ["('CCEBB',)", "5"], ["('BBB',)", "3"], ["('CAD',)", "3"]]}""",
    ),
    ("residues", "Count modulo 59. Start with 32.\na: subtract 13\nWhat remains?", "19"),
    ("implications", IMPLICATION, locked(IMPLICATION)),
    ("orders", ORDER, locked(ORDER)),
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
    found = [(problem.family, problem.difficulty) for problem in first(2 * len(ALL) + 1)]
    assert found[:-1] == [(name, difficulty) for difficulty in (2.0, 3.0) for name in ALL]
    assert found[-1] == found[0]


def test_another_seed_draws_other_problems() -> None:
    one, other = ({problem.problem_id for problem in first(36, seed=seed)} for seed in (0, 1))
    assert len(one & other) < 4


@every_family
def test_no_problem_of_one_split_is_in_the_other(family: str) -> None:
    count = 250 if family in MATH else 30  # to draw a program takes a few milliseconds
    test, train = (
        {problem.problem_id for seed in (0, 1) for problem in first(count, names=(family,), split=split, seed=seed)}
        for split in ("test", "train")
    )
    assert test and train and not test & train


def test_a_split_is_decided_by_the_statement_or_by_the_program_alone() -> None:
    for split in ("test", "train"):
        for problem in first(36, split=split):
            asked = program_of(problem) if problem.family in CODE else problem.statement
            assert problem.split == split == catalog.side_of(asked)


@pytest.mark.parametrize("family", CODE)
def test_a_program_is_on_the_same_side_in_whatever_question(family: str) -> None:
    for seed in range(30):
        draft = FAMILIES[family].problem(Random(seed), 1 + seed % 5)
        assert draft.held_out_by == json.loads(draft.program or "{}")["code"]
        assert catalog.split_of(draft) == catalog.side_of(draft.held_out_by or "")


def test_about_one_in_eight_is_held_out() -> None:
    drafts = [family.problem(Random(i), 3) for i in range(60) for family in FAMILIES.values()]
    drafts += [FAMILIES[name].problem(Random(i), 3) for i in range(60, 600) for name in MATH]
    held_out = sum(catalog.split_of(draft) == "test" for draft in drafts) / len(drafts)
    assert abs(held_out - 1 / HELD_OUT_SHARE) < 0.04


@every_family
def test_problems_of_every_difficulty_are_complete_and_verify(family: str) -> None:
    made = [
        problem
        for difficulty in FAMILIES[family].DIFFICULTIES
        for problem in first(6, names=(family,), difficulties=(difficulty,))
    ]
    for problem in made:
        assert problem.problem_id == ids.problem_id(problem.domain, problem.statement, problem.reference)
        assert (problem.family, problem.licence) == (family, "Apache-2.0")
        assert problem.difficulty in FAMILIES[family].DIFFICULTIES
        assert problem.source.startswith(f"family:{family}/")
        assert VERIFIERS[problem.domain].reference_error(problem) is None
    verdicts = judged([(problem, known(problem)) for problem in made])
    assert [verdict.outcome for verdict in verdicts] == ["accepted"] * len(made)


@every_family
def test_the_statement_can_be_solved_again_from_what_a_row_holds(family: str) -> None:
    """The solver and the exact check read the problem back from the row, not from the draft in memory."""
    made = first(24, names=(family,), difficulties=(2, 3, 4, 5))
    texts = []
    for problem in made:
        lines = FAMILIES[family].solution(draft_of(problem), Random(1), 0.0)
        texts.append((problem, "\n".join(lines)))
        if family in STEP_CHECKS:
            assert check_steps(problem, lines).first_error == -1
    assert {verdict.outcome for verdict in judged(texts)} == {"accepted"}


def slips_a_step(made: Sequence[Problem], rate: float) -> float:
    """Return how many steps before the last are slips."""
    wrong = steps = 0
    for index, problem in enumerate(made):
        lines = FAMILIES[problem.family].solution(draft_of(problem), Random(index), rate)
        checks = check_steps(problem, lines).steps[:-1]
        wrong += sum(check.exact_local is False for check in checks)
        steps += len(checks)
    return wrong / steps


@pytest.mark.parametrize("family", MATH)
@pytest.mark.parametrize("rate", [0.05, 0.2, 0.5])
def test_slips_are_about_as_frequent_as_asked(family: str, rate: float) -> None:
    made = first(300, names=(family,), difficulties=(2, 3, 4, 5))
    assert 0.6 * rate < slips_a_step(made, rate) < 1.5 * rate


@pytest.mark.parametrize("family", [name for name in CODE if name in STEP_CHECKS])
def test_slips_in_runs_are_at_most_as_frequent_as_asked_and_grow_with_it(family: str) -> None:
    """A line that only copies slips less than one that computes."""
    made = first(60, names=(family,), difficulties=(2, 3, 4, 5))
    few, some, many = (slips_a_step(made, rate) for rate in (0.0, 0.07, 0.3))
    assert few == 0.0
    assert 0.2 * 0.07 < some < 1.2 * 0.07 and 0.2 * 0.3 < many < 1.2 * 0.3


def test_a_program_with_slips_is_sometimes_wrong() -> None:
    made = first(20, names=("programs",))
    texts = [
        (problem, "\n".join(FAMILIES["programs"].solution(draft_of(problem), Random(index), 0.2)))
        for index, problem in enumerate(made)
    ]
    rejected = sum(verdict.outcome == "rejected" for verdict in judged(texts))
    assert 3 < rejected < 20


@every_family
def test_a_solution_is_a_function_of_its_random_numbers(family: str) -> None:
    draft = FAMILIES[family].problem(Random(5), 4)
    assert draft == FAMILIES[family].problem(Random(5), 4)
    one, again, other = (FAMILIES[family].solution(draft, Random(seed), 0.5) for seed in (1, 1, 2))
    assert one == again
    assert (one == other) == (FAMILIES[family].DOMAIN == "proof"), "slips are drawn, but of proofs there are none"


def test_the_decoy_is_another_program_and_the_examples_say_something() -> None:
    for problem in first(15, names=("programs",), difficulties=(1, 3, 5)):
        program, reference = json.loads(problem.program or "{}"), json.loads(problem.reference)
        assert program["decoy"] != program["code"]
        assert [call for call, _ in reference["cases"]] == program["calls"]
        assert len(set(program["calls"])) == len(program["calls"]) > problem.statement.count("==") == 3
        assert len(program["plan"]) - 1 == problem.difficulty


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
