"""A recorded pool says to each strategy what it would have drawn, and what that would have cost."""

import asyncio
from dataclasses import replace as changed
from pathlib import Path

import pytest

from generators.strategies import Rule, Strategy
from jobs.bench.labels import pool
from jobs.bench.labels.replay import Memo, Replayed, first_error, replay
from tests.jobs.bench.labels.pools import a_pool, a_prefix, a_solution

WRONG = a_solution("rraarrrr", "rrrrrrrr", "arrrrrrr", first_error=1)
"""The prefix behind the first dead one was continued to a right answer by luck."""


def replayed(
    strategy: Strategy, solution: pool.Solution = WRONG, *, share: bool = False, begin: int = 0, n: int = 8
) -> Replayed:
    return asyncio.run(replay(Rule(strategy=strategy, rollouts=n), solution, share=share, begin=begin))


def hard(found: Replayed) -> list[bool | None]:
    return [one.hard for one in found.probed]


@pytest.mark.parametrize(
    ("strategy", "labels", "samples"),
    [
        ("fixed", [True, False, True], [8, 8, 8]),
        ("first_success", [True, False, True], [3, 8, 1]),
        ("truncated", [True, False, False], [3, 8, 0]),
        ("waves", [True, False, False], [4, 8, 0]),  # the second wave of two is paid whole
        ("binary", [True, False, False], [3, 8, 0]),  # the middle one first
    ],
)
def test_each_strategy_pays_for_what_it_asks(strategy: Strategy, labels: list[bool], samples: list[int]) -> None:
    found = replayed(strategy)
    assert hard(found) == labels
    assert found.spent.decoded == sum(10 * n + sum(range(n)) for n in samples)


def test_the_second_half_is_other_samples() -> None:
    solution = a_solution("rrrrrrrr" + "arrrrrrr", first_error=1)
    assert hard(replayed("first_success", solution)) == [False]
    assert hard(replayed("first_success", solution, begin=8)) == [True]


def test_a_shared_outcome_is_one_more_rollout() -> None:
    right = a_solution("rrrrrrrr", outcome="accepted")
    found = replayed("fixed", right, share=True)
    assert (hard(found), found.spent.decoded, found.q) == ([True], 0, (0.75,))
    found = replayed("fixed", a_solution("rrrrrrra", first_error=0), share=True)
    assert hard(found) == [False]  # the seven that are drawn besides are wrong


def test_what_was_not_recorded_is_drawn_once_and_is_there_for_the_next_strategy() -> None:
    solution, asked = a_solution("r", "ra", first_error=1), []

    async def more(_solution: pool.Solution, step: int, indices: range) -> pool.Prefix:
        asked.append((step, indices))
        return a_prefix("r" * len(indices), tokens=100)

    memo = Memo(more=more)
    for strategy in ("fixed", "first_success", "changepoint"):
        asyncio.run(replay(Rule(strategy=strategy, rollouts=4), solution, memo=memo))
    assert asked[:2] == [(0, range(1, 4)), (1, range(2, 4))]
    assert all(step in (0, 1) and len(indices) == 1 for step, indices in asked[2:]), (
        "only changepoint goes on, one by one"
    )
    grown = memo.within(a_pool(solution)).solutions[0]
    drawn = [sum(len(indices) for step, indices in asked if step == place) for place in (0, 1)]
    assert [len(prefix.outcomes) for prefix in grown.prefixes] == [1 + drawn[0], 2 + drawn[1]]
    assert grown.prefixes[1].tokens[:4] == (10, 11, 100, 101)
    asked.clear()
    again = asyncio.run(replay(Rule(strategy="changepoint", rollouts=4), grown))
    assert again == asyncio.run(replay(Rule(strategy="changepoint", rollouts=4), solution, memo=memo))
    assert not asked


def test_without_room_nothing_is_drawn_and_nothing_grows() -> None:
    async def more(_solution: pool.Solution, _step: int, _indices: range) -> pool.Prefix:
        return a_prefix("")

    memo = Memo(more=more)
    found = asyncio.run(replay(Rule(strategy="changepoint"), a_solution("", ""), memo=memo))
    assert [one.stop for one in found.probed] == ["over_length"] * 2
    assert not memo.grown


def test_q_is_the_posterior_mean_of_what_was_looked_at() -> None:
    assert replayed("fixed").q == (2.5 / 9, 0.5 / 9, 1.5 / 9)
    assert replayed("truncated").q == (1.5 / 4, 0.5 / 9, None)


def test_undecided_samples_are_replaced_by_recorded_ones() -> None:
    found = replayed("fixed", a_solution("ur" + "a" * 8, first_error=-1), n=2)
    assert [one.outcomes for one in found.probed] == [("undecided", "rejected", "accepted")]


def test_prompts_are_cached_by_blocks_of_what_was_asked_before() -> None:
    # The question has 40 tokens, the prefixes 50, 60 and 70: one block of 32 is there, then still one, for the last but one too.
    found = replayed("fixed", n=2)
    assert (found.spent.prompt, found.spent.cached) == (2 * (50 + 60 + 70), 2 * (32 + 32 + 32))
    # One by one: the second sample of the last prefix finds the blocks of the first, two of them.
    found = replayed("first_success", a_solution("a", "a", "ra"), n=2)
    assert (found.spent.prompt, found.spent.cached) == (50 + 60 + 70 + 70, 32 + 32 + 32 + 64)


@pytest.mark.parametrize(("prefixes", "expected"), [(("a", "r", "r"), 1), (("r", "a", "a"), 0), (("a", "a", "a"), 3)])
def test_the_first_dead_prefix_is_the_first_error_and_else_the_last_step_is(
    prefixes: tuple[str, ...], expected: int
) -> None:
    found = replayed("fixed", a_solution(*prefixes, first_error=0), n=1)
    assert first_error(found.probed) == expected


def test_a_pool_is_read_as_it_was_written(tmp_path: Path) -> None:
    unknown = a_solution("ur", first_error=None)
    solutions = (WRONG, unknown, changed(WRONG, prefixes=(a_prefix("ar", share=0.5), *WRONG.prefixes[1:])))
    recorded = a_pool(*solutions)
    assert pool.read(tmp_path, recorded.cell) is None
    pool.write(tmp_path, recorded)
    assert pool.read(tmp_path, recorded.cell) == recorded
