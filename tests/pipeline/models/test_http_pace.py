"""Rate limits by counting, the fair share of time by adding up; none of it by how fast this machine is."""

import asyncio

import pytest

from pipeline.models.http_pace import Allowance, Pace


def test_a_minute_has_what_it_allows_and_one() -> None:
    allowance = Allowance(600)
    leaving = [allowance.book(1, now=0.0) for _ in range(2000)]
    assert leaving == sorted(leaving)  # who comes first goes first
    for start in range(0, 120, 7):
        assert sum(start <= at < start + 60 for at in leaving) <= 601
    assert leaving[600] == pytest.approx(60.0)


def test_what_is_not_used_does_not_pile_up() -> None:
    allowance = Allowance(60)
    assert allowance.book(1, now=1000.0) == 0
    assert allowance.book(1, now=1000.0) == pytest.approx(1.0)


def test_large_requests_take_more_and_give_back() -> None:
    allowance = Allowance(6000)
    assert allowance.book(300, now=0.0) == 0
    assert allowance.book(300, now=0.0) == pytest.approx(3.0)
    allowance.give_back(500)
    assert allowance.book(1, now=0.0) == pytest.approx(1.0)


def test_no_limit_never_waits() -> None:
    allowance = Allowance(0)
    assert {allowance.book(1000, now=5.0) for _ in range(100)} == {0.0}


def test_a_turn_that_is_given_up_is_given_back() -> None:
    async def given_up() -> float:
        pace = Pace(60, 0)
        await pace.turn(10)
        waiting = [asyncio.create_task(pace.turn(10)) for _ in range(20)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return pace._requests.book(1, now=asyncio.get_running_loop().time())

    assert asyncio.run(given_up()) <= 1.0
