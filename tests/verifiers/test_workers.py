"""Workers: verdicts with a deadline from processes that can be killed."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from pathlib import Path

import pytest

from schemas.errors import ConfigError
from schemas.problem import Problem
from verifiers.workers import Config, Workers

# Values cannot decide these two (ln leaves the reals); sympy then needs about a minute.
SLOW_GOLD = r"\boxed{" + "+".join(rf"\sqrt{{x^{{{k}}}+{k}}}\ln(x^2)" for k in range(2, 75)) + "}"
SLOW_PRED = r"\boxed{" + "+".join(rf"2\sqrt{{x^{{{k}}}+{k}}}\ln x" for k in range(2, 75)) + "}"
HARD = (r"\ln(x^2)", r"2\ln x")
"""Needs sympy, which is done with it in a moment."""


def in_a_loop(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """Run a coroutine test in an event loop of its own."""

    @wraps(test)
    def run() -> None:
        async def whole() -> None:
            await test()

        asyncio.run(whole())

    return run


def problem(reference: str, domain: str = "math", family: str = "none") -> Problem:
    return Problem(
        problem_id="p", domain=domain, family=family, statement="", reference=reference, source="", licence="", split=""
    )


@in_a_loop
async def test_easy_checks_need_no_process() -> None:
    async with Workers() as workers:
        verdict = await workers.check(problem("18"), "A: 18")
        assert verdict.status == "equal"
        assert workers.pids == ()


@in_a_loop
async def test_a_hard_check_runs_in_one_process_and_leaves_the_loop_free() -> None:
    async with Workers() as workers:
        task = asyncio.create_task(workers.check(problem(HARD[0]), HARD[1]))
        ticks = 0
        while not task.done():
            await asyncio.sleep(0.01)
            ticks += 1
        assert (await task).outcome == "undecided"
        assert ticks > 5  # loading sympy takes longer than that
        assert len(workers.pids) == 1


@in_a_loop
async def test_a_check_over_its_deadline_is_killed_and_the_next_one_works() -> None:
    async with Workers(Config(deadline_s=1.5)) as workers:
        await workers.check(problem(HARD[0]), HARD[1])
        (first,) = workers.pids
        start = time.monotonic()
        verdict = await workers.check(problem(SLOW_GOLD), SLOW_PRED)
        assert (verdict.outcome, verdict.status) == ("undecided", "deadline")
        assert time.monotonic() - start < 6
        assert not alive(first)
        assert (await workers.check(problem(HARD[0]), HARD[1])).status == "disagree"


@in_a_loop
async def test_a_worker_that_dies_gives_an_undecided_verdict() -> None:
    async with Workers(Config(deadline_s=30)) as workers:
        await workers.check(problem(HARD[0]), HARD[1])
        (pid,) = workers.pids
        task = asyncio.create_task(workers.check(problem(SLOW_GOLD), SLOW_PRED))
        await asyncio.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
        verdict = await task
        assert (verdict.outcome, verdict.status) == ("undecided", "crash")


@in_a_loop
async def test_closing_ends_a_running_check() -> None:
    workers = Workers(Config(deadline_s=60))
    task = asyncio.create_task(workers.check(problem(SLOW_GOLD), SLOW_PRED))
    await asyncio.sleep(0.5)
    pids = workers.pids
    await workers.aclose()
    assert (await task).status == "crash"
    assert not any(alive(pid) for pid in pids)
    assert (await workers.check(problem(HARD[0]), HARD[1])).status == "crash"


@in_a_loop
async def test_steps_of_no_known_family_are_unknown() -> None:
    async with Workers() as workers:
        checks = await workers.check_steps(problem("5"), ["a\n", "b\n"])
    assert [step.exact_prefix for step in checks.steps] == [None, None]


@in_a_loop
async def test_what_steps_claim_comes_from_a_worker() -> None:
    async with Workers() as workers:
        checks = await workers.check_steps(problem("5"), ["a\n", "2 + 2 = 5\n"])
        assert len(workers.pids) == 1
    assert [(step.exact_prefix, len(step.claims)) for step in checks.steps] == [(None, 0), (None, 1)]
    assert checks.steps[1].claims[0].verdict == "wrong"


@in_a_loop
async def test_an_unknown_domain_is_undecided() -> None:
    async with Workers() as workers:
        verdict = await workers.check(problem("5", domain="poetry"), "5")
    assert (verdict.outcome, verdict.status) == ("undecided", "unavailable")


def test_from_threads_with_loops_of_their_own() -> None:
    with Workers(Config(workers=2, deadline_s=30)) as workers, ThreadPoolExecutor(4) as threads:

        def one(_: int) -> str:
            return asyncio.run(workers.check(problem("n!"), "n(n-1)!")).status

        def hard(_: int) -> str:
            return asyncio.run(workers.check(problem(HARD[0]), HARD[1])).status

        assert set(threads.map(one, range(8))) == {"equal"}
        assert set(threads.map(hard, range(8))) == {"disagree"}
        assert 1 <= len(workers.pids) <= 2


def test_workers_die_with_a_killed_parent(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    child = os.fork() if threading.active_count() == 1 else None
    if child is None:
        os.close(read_end)
        os.close(write_end)
        pytest.skip("other threads are running: a fork here would be unsafe")
    if child == 0:
        workers = Workers(Config(deadline_s=60))
        workers._submit_check(problem(SLOW_GOLD), SLOW_PRED)
        while not workers.pids:
            time.sleep(0.01)
        os.write(write_end, str(workers.pids[0]).encode())
        time.sleep(60)
        os._exit(0)
    pid = int(os.read(read_end, 20))
    time.sleep(0.3)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    end = time.monotonic() + 5
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not alive(pid)


def test_settings_that_cannot_work_are_refused() -> None:
    with pytest.raises(ConfigError, match="deadline_s"):
        Workers(Config(deadline_s=0))


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
