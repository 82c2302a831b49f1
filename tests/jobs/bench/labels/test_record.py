"""A pool holds what the generator would draw, of as many right solutions as wrong ones."""

import asyncio
from collections.abc import Sequence

import pytest

from generators import math_shepherd
from jobs.bench.labels import record
from jobs.bench.labels.cells import GRID, cell
from jobs.bench.labels.pool import Prefix, Recorded, Size, Solution, halves, longer
from schemas import ids
from schemas.pool import Pool, Sampler
from schemas.problem import Problem
from schemas.trace import Trace
from schemas.verdict import StepCheck, StepChecks
from tests.doubles import TellingJudge, TellingModel, a_sampler, collect
from tests.jobs.bench.labels.pools import a_cell

SIZE = Size(solutions=3, samples=8, fresh=4, fresh_samples=32)


class StepJudge(TellingJudge):
    """Says that every step is right up to the first that says so."""

    async def check_steps(self, problem: Problem, steps: Sequence[str]) -> StepChecks:
        wrong = next((place for place, step in enumerate(steps) if "wrong" in step), len(steps))
        return StepChecks(
            steps=tuple(
                StepCheck(exact_local=place != wrong, exact_prefix=place < wrong) for place in range(len(steps))
            )
        )


def tell(prompt: str, seed: int, index: int) -> str:
    drawn = ids.seed(seed, index)
    start = "" if "one" in prompt else "one\nwrong\n" if drawn % 4 == 0 else "one\ntwo\n"
    wrong = "wrong" in prompt + start or drawn % 3 == 0
    return f"{start}{'more' * (drawn % 5)}Answer: {'no' if wrong else 'yes'}"


def a_judge() -> StepJudge:
    return StepJudge(lambda text: "accepted" if text.endswith("yes") else "rejected")


def recorded(size: Size = SIZE) -> Recorded:
    return asyncio.run(record.record(a_cell(), size, a_sampler(TellingModel(tell), parts={}), a_judge()))


def generated(problem: Problem, sampler: Sampler) -> Trace:
    config = math_shepherd.Config(samples=1, labelled=1)
    pool = Pool(writers=(sampler,), completer=sampler)
    (trace,) = asyncio.run(collect(math_shepherd.generate(problem, pool, a_judge(), config, record.SEED)))
    return trace


def test_there_are_as_many_right_solutions_as_wrong_ones_each_of_another_problem() -> None:
    found = recorded()
    assert halves(found.solutions) == (3, 3)
    assert len({solution.problem_id for solution in found.solutions}) == 6
    assert found.draws == 128  # one for each problem of the first lot
    assert 0.3 < found.pass_at_1 < 0.7


def test_truth_of_steps_is_kept() -> None:
    for solution in recorded(Size(solutions=20, samples=1, fresh=0)).solutions:
        assert len(solution.exact) == len(solution.ends) == len(solution.prefixes) + 1 == 3
        assert solution.exact[0] is True
        assert (solution.first_error == 1) == (solution.exact[1] is False)


def test_the_samples_are_those_of_the_generator() -> None:
    sampler = a_sampler(TellingModel(tell), parts={})
    kept: dict[str, Solution] = {solution.problem_id: solution for solution in recorded().solutions}
    problems = [problem for problem, _ in zip(record.held_out(a_cell()), range(128), strict=False)]
    compared = 0
    for problem in problems:
        solution = kept.get(problem.problem_id)
        if solution is None or solution.outcome != "accepted":
            continue  # where the bare question was not solved the generator labels nothing
        trace = generated(problem, sampler)
        drawn = [(each.step, each.outcome, each.generated_tokens) for each in trace.rollouts]
        pairs = [
            (step, outcome, tokens)
            for step, prefix in enumerate(solution.prefixes)
            for outcome, tokens in zip(prefix.outcomes, prefix.tokens, strict=True)
        ]
        assert pairs == drawn
        assert trace.outcome == solution.outcome
        compared += 1
    assert compared == 3


def test_samples_drawn_later_are_those_that_would_have_been_recorded() -> None:
    few, many = recorded(Size(solutions=3, samples=2, fresh=0)), recorded(Size(solutions=3, samples=8, fresh=0))

    async def sampler() -> Sampler:
        return a_sampler(TellingModel(tell), parts={})

    async def all_drawn() -> list[Prefix]:
        more = record.more_of(few, sampler, a_judge())
        return [
            longer(prefix, await more(solution, step, range(2, 8)))
            for solution in few.solutions
            for step, prefix in enumerate(solution.prefixes)
        ]

    assert asyncio.run(all_drawn()) == [prefix for solution in many.solutions for prefix in solution.prefixes]


def test_fresh_shares_are_of_right_and_wrong_prefixes_and_of_other_samples() -> None:
    found = recorded(Size(solutions=20, samples=1, fresh=4, fresh_samples=32))
    shares = [
        (exact, prefix.share)
        for solution in found.solutions
        for exact, prefix in zip(solution.exact, solution.prefixes, strict=False)
        if prefix.share is not None
    ]
    assert [exact for exact, _ in shares].count(True) == 2 and len(shares) == 4
    assert all(share == 0 for exact, share in shares if not exact)
    assert all(0.4 < share < 0.95 for exact, share in shares if exact)


def test_undecided_rollouts_are_replaced() -> None:
    judge = StepJudge(
        lambda text: "undecided" if "moremore" in text else "accepted" if text.endswith("yes") else "rejected"
    )
    size = Size(solutions=3, samples=4, fresh=0)
    found = asyncio.run(record.record(a_cell(), size, a_sampler(TellingModel(tell), parts={}), judge))
    drawn = [prefix.outcomes for solution in found.solutions for prefix in solution.prefixes]
    assert {len(outcomes) for outcomes in drawn if "undecided" in outcomes[:4]} == {8}
    assert {len(outcomes) for outcomes in drawn if "undecided" not in outcomes[:4]} <= {4}


def test_a_policy_that_is_never_right_gives_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "_MOST", 128)
    judge = StepJudge(lambda text: "rejected")
    found = asyncio.run(record.record(a_cell(), SIZE, a_sampler(TellingModel(tell), parts={}), judge))
    assert (halves(found.solutions), found.accepted) == ((0, 3), 0)


def test_cells_are_named_or_described() -> None:
    assert cell(GRID[0].name) == GRID[0]
    described = cell("words/3:math:0.5")
    assert (described.family, described.difficulty, described.policy, described.temperature) == (
        "words",
        3,
        "math",
        0.5,
    )
    for text in ("words", "words/x:math:1", "words/3:math"):
        with pytest.raises(ValueError, match="no cell"):
            cell(text)
