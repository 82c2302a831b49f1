"""Workers: verdicts with a deadline from processes that can be killed."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
import ray

from pipeline import config as configuration
from pipeline.cluster import connect
from schemas.errors import ConfigError
from schemas.problem import Problem
from schemas.verdict import Verdict
from verifiers.equality.rules import Policies
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
    async with Workers(Config(deadline_s=1.5, wall_s=5)) as workers:
        await workers.check(problem(HARD[0]), HARD[1])
        (first,) = workers.pids
        start = time.monotonic()
        verdict = await workers.check(problem(SLOW_GOLD), SLOW_PRED)
        assert (verdict.outcome, verdict.status) == ("undecided", "deadline")
        assert time.monotonic() - start < 30
        assert not alive(first)
        assert (await workers.check(problem(HARD[0]), HARD[1])).status == "unsure"


@in_a_loop
async def test_a_worker_that_dies_gives_an_undecided_verdict() -> None:
    async with Workers(Config(deadline_s=30, wall_s=60)) as workers:
        await workers.check(problem(HARD[0]), HARD[1])
        (pid,) = workers.pids
        task = asyncio.create_task(workers.check(problem(SLOW_GOLD), SLOW_PRED))
        await asyncio.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
        verdict = await task
        assert (verdict.outcome, verdict.status) == ("undecided", "crash")


@in_a_loop
async def test_closing_ends_a_running_check() -> None:
    workers = Workers(Config(deadline_s=60, wall_s=60))
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
    with Workers(Config(workers=2, deadline_s=30, wall_s=60)) as workers, ThreadPoolExecutor(4) as threads:

        def one(_: int) -> str:
            return asyncio.run(workers.check(problem("n!"), "n(n-1)!")).status

        def hard(_: int) -> str:
            return asyncio.run(workers.check(problem(HARD[0]), HARD[1])).status

        # Often enough that threads meet inside one calculation: precision must not leak from one to another.
        assert set(threads.map(one, range(200))) == {"equal"}
        assert set(threads.map(hard, range(8))) == {"unsure"}
        assert 1 <= len(workers.pids) <= 2


EVERYWHERE = (
    ("18", "so it is \\boxed{18.0}"), ("18", "19"), (r"\frac{\sqrt{2}}{2}", r"\frac{1}{\sqrt{2}}"), ("[2,5)", r"2 \le x < 5"),
    (r"\int x", "5"), HARD, (r"\sin^2 x", r"\frac{1-\cos 2x}{2}"), ("5 cm", "5 m"), ("9^{9^{9^{9}}}", "5"),
)  # fmt: skip
"""Every tier, and every outcome."""


@pytest.mark.ray
def test_the_same_verdict_from_the_main_thread_threads_loops_and_ray_actors() -> None:
    def told(verdicts: Iterable[Verdict]) -> list[Verdict]:
        return [replace(verdict, seconds=0.0) for verdict in verdicts]

    async def together(workers: Workers) -> list[Verdict]:
        return list(await asyncio.gather(*(workers.check(problem(gold), pred) for gold, pred in EVERYWHERE)))

    # Nothing here may take longer than its limit, whatever else the machine does.
    limits = Config(workers=2, deadline_s=30, wall_s=120)
    with Workers(limits) as workers, ThreadPoolExecutor(4) as threads:
        here = told(workers.check_sync(problem(gold), pred) for gold, pred in EVERYWHERE)
        assert {verdict.outcome for verdict in here} == {"accepted", "rejected", "undecided"}
        assert told(threads.map(lambda pair: workers.check_sync(problem(pair[0]), pair[1]), EVERYWHERE)) == here
        assert told(asyncio.run(together(workers))) == here
        assert told(threads.submit(lambda: asyncio.run(together(workers))).result()) == here
    assert told(in_an_actor(EVERYWHERE, limits)) == here


def in_an_actor(pairs: Sequence[tuple[str, str]], limits: Config) -> list[Verdict]:
    """Judge in a Ray actor, whose methods run in an event loop outside of the main thread."""
    with connect.connected(configuration.parse({}, "test")):
        actor: Any = ray.remote(num_cpus=0)(Workers).remote(limits)  # Any: Ray has no types for the methods of an actor
        verdicts: list[Verdict] = ray.get([actor.check.remote(problem(gold), pred) for gold, pred in pairs])
        ray.get(actor.aclose.remote())
    return verdicts


def test_a_verifiers_config_decides_in_the_worker_too() -> None:
    strict = Workers(
        Config(verifiers={"answers": Policies(units_dropped=False, names_dropped=False)}, deadline_s=30, wall_s=60)
    )
    hard_gold, hard_pred = rf"y = {HARD[0]}", HARD[1]
    with strict, Workers(Config(deadline_s=30, wall_s=60)) as school:
        assert school.check_sync(problem("5 cm"), "5").outcome == "accepted"
        assert strict.check_sync(problem("5 cm"), "5").outcome == "rejected"
        assert school.check_sync(problem(hard_gold), hard_pred).status == "unsure"
        assert strict.check_sync(problem(hard_gold), hard_pred).status == "different"


@in_a_loop
async def test_a_worker_that_gets_no_processor_is_given_up_on_the_clock() -> None:
    async with Workers(Config(deadline_s=60, wall_s=2)) as workers:
        await workers.check(problem(HARD[0]), HARD[1])
        (pid,) = workers.pids
        os.kill(pid, signal.SIGSTOP)
        verdict = await workers.check(problem(HARD[0]), HARD[1])
        assert verdict.status == "deadline"
        assert not alive(pid)


PARENT = """
import sys, time
from schemas.problem import Problem
from verifiers.workers import Config, Workers

workers = Workers(Config(deadline_s=60, wall_s=60))
given = dict(problem_id="p", domain="math", family="", statement="", source="", licence="", split="")
workers._submit_check(Problem(reference=sys.argv[1], **given), sys.argv[2])
while not workers.pids:
    time.sleep(0.01)
print(workers.pids[0], flush=True)
time.sleep(60)
"""


def test_workers_die_with_a_killed_parent() -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, SLOW_GOLD, SLOW_PRED], cwd=root, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.3)
        parent.kill()
    end = time.monotonic() + 5
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not alive(pid)


def test_settings_that_cannot_work_are_refused() -> None:
    for config in (Config(deadline_s=0), Config(wall_s=0), Config(workers=0)):
        with pytest.raises(ConfigError, match="deadline_s"):
            Workers(config)


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
