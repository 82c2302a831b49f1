"""All that can go wrong between the http engine and a real server on loopback, and that nothing is lost by it."""

import asyncio
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from pipeline.models.http_client import retry_after
from pipeline.models.http_model import HttpModel
from schemas.errors import EngineError
from schemas.model import Completion, SamplingParams
from tests.doubles import collect
from tests.http_engine import PARAMS, PROMPT, run, scripted_model
from tests.openai_server import Faults, Server, serving


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.models.http_client.BACKOFF_S", 0.002)


def texts(completions: list[Completion]) -> list[str]:
    return [one.text for one in completions]


@pytest.mark.parametrize(
    "faults",
    [
        Faults(statuses=[500, 502, 429, 408, 503]),
        Faults(resets=4),
        Faults(halves=3),
        Faults(pages=3),
        Faults(aborts=3),
        Faults(statuses=[429] * 3, headers={"retry-after": "0.01"}),
    ],
    ids=["statuses", "resets", "halves", "pages", "aborts", "retry-after"],
)
def test_failures_that_pass_lose_nothing(faults: Faults) -> None:
    with serving(scripted_model()) as server:
        alone = texts(run(server, n=6))
        server.faults = faults
        models: list[HttpModel] = []

        def work(model: HttpModel) -> Awaitable[list[Completion]]:
            models.append(model)
            return collect(model.sample(PROMPT, 6, PARAMS, 3))

        assert texts(run(server, work)) == alone
        assert models[0].retried >= 3
        assert models[0].span_s > 0


def test_a_server_that_says_how_long_to_wait_is_left_alone_by_every_request(server: Server) -> None:
    server.faults = Faults(statuses=[429], headers={"retry-after": "0.4"})
    run(server, n=6, max_in_flight=2)
    assert len(server.arrived) == 7
    # Two were under way; the one that was answered makes room for a third, which has to wait as well.
    assert all(later - server.arrived[0] >= 0.4 for later in server.arrived[2:])


def test_retry_after_is_read_in_each_of_its_forms() -> None:
    assert retry_after({"retry-after": "7"}, 0) == 7
    assert retry_after({"retry-after-ms": "250"}, 0) == 0.25
    assert retry_after({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}, 20) == 40
    assert retry_after({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}, 90) == 0
    assert [retry_after(headers, 0) for headers in ({}, {"retry-after": "soon"}, {"retry-after": "-3"})] == [0, 0, 0]


def test_a_wait_longer_than_a_whole_answer_may_take_ends_the_run(server: Server) -> None:
    server.faults = Faults(statuses=[429], headers={"retry-after": "3600"})
    with pytest.raises(EngineError, match="left alone for 3600 s"):
        run(server)


def test_a_request_without_an_answer_is_sent_again(server: Server) -> None:
    server.faults = Faults(hangs=2)
    assert len(run(server, n=3, timeout_s=0.3)) == 3
    assert server.abandoned == 2


def test_a_server_that_fails_on_everybody_is_given_up_after_the_attempts(server: Server) -> None:
    server.faults = Faults(statuses=[500] * 100)
    with pytest.raises(
        EngineError, match=r"answered nobody while a request was sent 4 times.*status 500: told to fail"
    ):
        run(server, n=1, attempts=4)
    assert len(server.requests) == 4


def test_a_server_that_is_busy_or_gone_is_asked_for_as_long_as_patience_lasts(server: Server) -> None:
    server.faults = Faults(statuses=[503, 429] * 1000)
    with pytest.raises(EngineError, match="answered nobody"):
        run(server, n=1, attempts=1, patience_s=0.1)
    assert len(server.requests) > 3  # more than it has attempts

    async def gone(model: HttpModel) -> list[Completion]:
        await asyncio.to_thread(server.stop)
        with pytest.raises(EngineError, match="cannot be reached"):
            await collect(model.sample(PROMPT, 1, PARAMS, 3))
        return []

    run(server, gone, patience_s=0.1)


def test_a_busy_server_that_answers_others_is_waited_for() -> None:
    with serving(scripted_model(delay_s=0.02)) as server:

        async def work(model: HttpModel) -> list[Completion]:
            found = []
            for round_ in range(6):  # each round is answered in the end, and one request of it is told to wait
                server.faults = Faults(statuses=[429] * 3)
                found += await collect(model.sample(PROMPT, 3, PARAMS, round_))
            return found

        assert len(run(server, work, attempts=1, patience_s=10)) == 18


def test_a_request_that_the_server_fails_on_is_refused_and_the_others_are_answered(server: Server) -> None:
    server.faults = Faults(poison="99999")

    async def mixed(model: HttpModel) -> list[Completion]:
        bad = asyncio.create_task(collect(model.sample("Evaluate 99999 + 1\n", 1, PARAMS, 3)))
        good = await collect(model.sample(PROMPT, 5, PARAMS, 3))
        with pytest.raises(ValueError, match="failed 4 times on this request: status 500: this one kills me"):
            await bad
        return good

    assert len(run(server, mixed, attempts=4)) == 5


def test_a_request_that_the_server_refuses_is_refused_once_and_leaves_the_others_alone(server: Server) -> None:
    server.faults = Faults(refuse="99999")

    async def mixed(model: HttpModel) -> list[Completion]:
        bad, good = (
            collect(model.sample("Evaluate 99999 + 1\n", 1, PARAMS, 3)),
            collect(model.sample(PROMPT, 5, PARAMS, 3)),
        )
        error, found = await asyncio.gather(bad, good, return_exceptions=True)
        assert isinstance(error, ValueError) and "(status 400: this one is refused)" in str(error)
        assert isinstance(found, list)
        return found

    assert len(run(server, mixed)) == 5
    assert len(server.requests) == 6


@pytest.mark.parametrize("status", [401, 403, 404, 405, 301, 501])
def test_what_will_not_pass_is_not_sent_again(status: int, server: Server) -> None:
    async def work(model: HttpModel) -> list[Completion]:
        server.faults = Faults(only=status)
        with pytest.raises(EngineError, match=f"status {status}"):
            await collect(model.sample(PROMPT, 1, PARAMS, 3))
        return []

    run(server, work)
    assert len(server.requests) == 1


def test_an_empty_account_is_not_sent_again() -> None:
    with serving(scripted_model(), kind="openai") as server:
        server.faults = Faults(statuses=[429])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tests.openai_server._error", lambda message: '{"error": {"code": "insufficient_quota"}}')
            with pytest.raises(EngineError, match="has nothing for model 'it'.*the account"):
                run(server, n=1)
        assert len(server.requests) == 1


@pytest.mark.parametrize("prompt", ["", (), (-1,), (5, 2**31 - 1)])
def test_prompts_that_cannot_be_sent_are_refused_here(prompt: Any, server: Server, files: Path) -> None:
    for tokenizer in ("", str(files)):
        with pytest.raises(ValueError):
            run(server, lambda model: collect(model.sample(prompt, 1, PARAMS, 3)), tokenizer=tokenizer)
    assert server.requests == []


def test_a_prompt_over_the_context_is_refused_here_or_there(server: Server) -> None:
    for length, here in ((20_000, True), (5_000, False)):  # of four characters to a piece; the server's have one
        with pytest.raises(ValueError, match="about" if here else "status 400"):
            run(server, lambda model, length=length: collect(model.sample("1" * length, 1, PARAMS, 3)))  # type: ignore[misc]
        assert bool(server.requests) != here


def test_a_server_that_dies_and_comes_back_loses_nothing() -> None:
    with serving(scripted_model(delay_s=0.02)) as server:
        alone = texts(run(server, n=24))

        async def work(model: HttpModel) -> list[Completion]:
            drawing = asyncio.create_task(collect(model.sample(PROMPT, 24, PARAMS, 3)))
            while len(server.requests) < 24 + 12:
                await asyncio.sleep(0.005)
            await asyncio.to_thread(server.stop)
            await asyncio.sleep(0.1)
            server.start()
            found = await drawing
            assert model.retried > 0
            return found

        assert texts(run(server, work, max_in_flight=4)) == alone


def test_closing_a_request_early_closes_its_connections_and_nobody_elses() -> None:
    with serving(scripted_model(delay_s=0.3)) as server:

        async def work(model: HttpModel) -> list[Completion]:
            other = asyncio.create_task(collect(model.sample(PROMPT, 2, PARAMS, 4)))
            stream = model.sample(PROMPT, 8, PARAMS, 9)
            starting = asyncio.ensure_future(anext(stream))
            while server.under_way < 10:
                await asyncio.sleep(0.005)
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            await stream.aclose()
            found = await other
            while server.abandoned < 8:
                await asyncio.sleep(0.005)
            return found

        assert len(run(server, work)) == 2
        assert server.abandoned == 8


def test_closing_the_engine_ends_what_is_under_way(server: Server) -> None:
    server.faults = Faults(hangs=100)

    async def work(model: HttpModel) -> list[Completion]:
        drawing = asyncio.create_task(collect(model.sample(PROMPT, 4, PARAMS, 3)))
        while server.under_way < 4:
            await asyncio.sleep(0.005)
        model.close()
        with pytest.raises(EngineError, match="closed"):
            await drawing
        with pytest.raises(EngineError, match="closed"):
            await collect(model.sample(PROMPT, 4, PARAMS, 3))
        return []

    run(server, work)


def test_no_more_is_under_way_than_allowed() -> None:
    with serving(scripted_model(delay_s=0.01)) as server:
        run(server, n=20, max_in_flight=3)
        assert server.most_under_way == 3


def test_requests_leave_no_faster_than_the_limit(server: Server) -> None:
    began = time.monotonic()
    run(server, n=6, requests_per_minute=1200)
    assert time.monotonic() - began >= 5 * 60 / 1200


def test_tokens_leave_no_faster_than_the_limit_and_unused_ones_are_given_back(server: Server) -> None:
    began = time.monotonic()

    async def work(model: HttpModel) -> list[Completion]:
        found = await collect(model.sample(PROMPT, 2, SamplingParams(max_tokens=3000, temperature=0), 3))
        passed, used = time.monotonic() - began, sum(one.prompt_tokens + one.generated_tokens for one in found)
        waiting = model._client._pace._tokens.book(0, now=began)
        assert used / 100_000 <= waiting <= used / 100_000 + passed
        return found

    # 3,029 tokens are allowed for each, at 100,000 a second: the second leaves after 0.03 s, or it was not held.
    run(server, work, tokens_per_minute=100_000 * 60)
    assert server.arrived[1] - began >= 3000 / 100_000
