"""Programs judged while a run goes on: many at once, each once, canaries among them, whoever asks from wherever."""

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from schemas.errors import ConfigError
from schemas.verdict import Verdict
from tests.programs import SUM, arguments, by_cases, by_tests, output
from verifiers import python
from verifiers.programs import batch, route
from verifiers.programs.judgement import Submission
from verifiers.programs.route import Programs
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Run

CONFIG = python.Config(unconfined=True, cpu_s=0.5)
HANGS = "def f(a, xs):\n    while True: pass\n"


@pytest.fixture(scope="module")
def programs() -> Iterator[Programs]:
    with Programs(CONFIG) as programs:
        yield programs


def test_nothing_starts_for_what_needs_no_run() -> None:
    before = threading.active_count()
    with Programs(CONFIG) as programs:
        assert programs.check_sync(output(), "Answer: 10").status == "pass"
        assert programs.check_sync(by_cases(), "nothing").status == "no_answer"
        assert programs.ran == 0 and threading.active_count() == before


def test_many_at_once_each_with_its_own_verdict(programs: Programs) -> None:
    def text(i: int) -> str:
        return SUM.replace("* 2", f"* {i % 3}") + f"# {i}\n"

    async def burst() -> list[Verdict]:
        return list(await asyncio.gather(*(programs.check(by_cases(), text(i)) for i in range(60))))

    assert [one.status for one in asyncio.run(burst())] == ["pass" if i % 3 == 2 else "fail" for i in range(60)]


def test_from_threads_with_loops_of_their_own(programs: Programs) -> None:
    def one(i: int) -> str:
        problem, text = (by_tests(), SUM) if i % 2 else (arguments(), f"Answer: f({i}, [5])")
        return asyncio.run(programs.check(problem, f"{text}\n# {i}" if i % 2 else text)).status

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(one, range(16)))
    assert found == ["pass" if i % 2 or i < 5 else "fail" for i in range(16)]


def test_the_event_loop_stays_free(programs: Programs) -> None:
    async def whole() -> int:
        task = asyncio.create_task(programs.check(by_cases(), HANGS))
        ticks = 0
        while not task.done():
            await asyncio.sleep(0.01)
            ticks += 1
        assert (await task).status == "timeout"
        return ticks

    assert asyncio.run(whole()) > 10


def test_the_same_text_is_run_once() -> None:
    with Programs(CONFIG) as programs:

        async def together() -> list[Verdict]:
            return list(await asyncio.gather(*(programs.check(by_cases(), SUM) for _ in range(20))))

        first = asyncio.run(together())
        assert {one.status for one in first} == {"pass"} and programs.ran == 1
        again = programs.check_sync(replace(by_cases(), problem_id="another"), SUM)
        assert again == replace(first[0], seconds=0.0) and programs.ran == 1
        assert programs.check_sync(by_cases(("(3, [5, 2])", "11")), SUM).status == "fail"
        assert programs.check_sync(by_cases(), SUM + "\n").status == "pass"
        assert programs.ran == 3


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "KEPT", 2)
    with Programs(CONFIG) as programs:
        for i in (0, 1, 2, 0):
            programs.check_sync(by_cases(), f"{SUM}# {i}\n")
        assert programs.ran == 4
        programs.check_sync(by_cases(), f"{SUM}# 2\n")
        assert programs.ran == 4


def test_who_is_cancelled_leaves_the_others_waiting(programs: Programs) -> None:
    async def whole() -> list[Any]:
        text = SUM + "# cancelled\n"
        tasks = [asyncio.create_task(programs.check(by_cases(), text)) for _ in range(3)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    first, *others = asyncio.run(whole())
    assert isinstance(first, asyncio.CancelledError) and {one.status for one in others} == {"pass"}


def test_what_nobody_waits_for_is_not_run() -> None:
    with Programs(CONFIG, at_once=1) as programs:

        async def whole() -> None:
            running = asyncio.create_task(programs.check(by_cases(), HANGS))
            await asyncio.sleep(0.2)
            for task in [asyncio.create_task(programs.check(by_cases(), f"{SUM}# {i}\n")) for i in range(5)]:
                await asyncio.sleep(0)
                task.cancel()
            assert (await running).status == "timeout"

        asyncio.run(whole())
        assert programs.check_sync(by_cases(), SUM).status == "pass"
        assert programs.ran == 2


@pytest.mark.parametrize(
    ("text", "statuses"),
    [
        (HANGS, {"timeout"}),
        ("import os\ndef f(a, xs):\n    while True: os.fork()\n", {"limit", "blocked", "timeout"}),
        ("def f(a, xs):\n    while True: print('x' * 10**6)\n", {"limit", "timeout"}),
        ("def f(a, xs):\n    return [xs] * 10**10\n", {"limit", "error"}),
        ("import os\ndef f(a, xs):\n    os.kill(os.getppid(), 9)\n", {"blocked", "error", "fail"}),
        ("f = 1\n" + "x = [\n" * 5_000, {"error"}),
    ],
)
def test_hostile_programs_are_rejected_and_the_next_one_is_judged(
    programs: Programs, text: str, statuses: set[str]
) -> None:
    for problem in (by_cases(), by_tests()):
        verdict = programs.check_sync(problem, text)
        assert verdict.status in statuses and verdict.outcome == "rejected", verdict
    assert programs.check_sync(by_cases(), f"{SUM}# after {len(text)} {text[:9]!r}\n").status == "pass"


def test_arguments_that_never_end_are_rejected(programs: Programs) -> None:
    counts = "def f(n):\n    while n > 0:\n        n -= 1\n    return n\n"
    problem = replace(arguments(), reference=json.dumps({"code": counts, "entry_point": "f", "returns": "0"}))
    assert programs.check_sync(problem, f"Answer: f({10**18})").status == "timeout"
    assert programs.check_sync(problem, "Answer: f(9)").status == "pass"


def test_a_closed_judge_says_so_and_closing_ends_what_waits() -> None:
    programs = Programs(CONFIG, at_once=1)

    async def whole() -> list[Verdict]:
        tasks = [asyncio.create_task(programs.check(by_cases(), f"{HANGS}# {i}\n")) for i in range(4)]
        await asyncio.sleep(0.3)
        await programs.aclose()
        return list(await asyncio.gather(*tasks))

    found = asyncio.run(whole())
    assert {one.status for one in found} <= {"infra", "timeout"} and found[-1].status == "infra"
    assert programs.check_sync(by_cases(), SUM).reason == "the judge is closed"
    assert programs.check_sync(output(), "Answer: 10").status == "pass"  # nothing runs for it
    programs.close()


class Liar(Sandbox):
    """Says of whatever runs that it returned 10."""

    def run(self, *args: Any, **kwargs: Any) -> Run:
        run = super().run(*args, **kwargs)
        return replace(run, returned=tuple(replace(one, kind="value", value=10, error=None) for one in run.returned))


def test_where_a_canary_flips_there_are_no_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = by_cases(("(3, [5, 2])", "10"))
    monkeypatch.setattr(batch, "Sandbox", Liar)
    with Programs(CONFIG) as programs:
        verdict = programs.check_sync(wrong, SUM.replace("* 2", "* 3"))
        assert (verdict.status, verdict.outcome) == ("infra", "undecided") and "canary" in verdict.reason
        monkeypatch.undo()
        assert programs.check_sync(wrong, SUM.replace("* 2", "* 3")).status == "fail"  # asked again: not kept


def test_a_sandbox_that_breaks_is_undecided_and_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: batch.Judge, batch: Iterator[Submission]) -> list[Any]:
        raise RuntimeError("lost")

    with Programs(CONFIG) as programs:
        monkeypatch.setattr(batch.Judge, "judge", broken)
        assert "RuntimeError: lost" in programs.check_sync(by_cases(), SUM).reason
        monkeypatch.undo()
        assert programs.check_sync(by_cases(), SUM).status == "pass"


def test_where_nothing_confines_programs_the_verdict_says_what_would(monkeypatch: pytest.MonkeyPatch) -> None:
    def unconfined(*args: Any, **kwargs: Any) -> None:
        raise ConfigError("nothing here confines a program; set unconfined = true\n  run as root")

    monkeypatch.setattr(batch, "Sandbox", unconfined)
    with Programs(CONFIG) as programs:
        for _ in range(2):
            verdict = programs.check_sync(by_cases(), SUM)
            assert (verdict.status, verdict.outcome) == ("infra", "undecided")
            assert "set unconfined = true run as root" in verdict.reason
        assert programs.check_sync(output(), "Answer: 10").status == "pass"


def test_settings_that_cannot_work_are_refused() -> None:
    for config in (python.Config(cpu_s=0), python.Config(memory_mb=0)):
        with pytest.raises(ConfigError, match="cpu_s"):
            Programs(config)
    with pytest.raises(ConfigError, match="programs"):
        Programs(at_once=0)
