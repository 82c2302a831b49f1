"""The http engine against a real server on loopback: what it sends, what it makes of answers, and all that can go wrong."""

import asyncio
import json
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generators.steps import token_ends
from pipeline.models import http, scripted
from pipeline.models.http_client import retry_after
from pipeline.models.http_model import HttpModel
from pipeline.models.http_server import reduced
from pipeline.models.http_wire import read
from pipeline.models.pieces import Pieces
from schemas import ids
from schemas.errors import ConfigError, EngineError, StepmillError
from schemas.model import Completion, SamplingParams
from tests.doubles import collect
from tests.openai_server import END, Faults, Server, code_point_files, serving

PROMPT = "Evaluate (3 + 4) * 5 - 6 * 2\n"
PARAMS = SamplingParams(max_tokens=120)
KEY = "sk-this-is-the-key"


def scripted_model(**config: Any) -> scripted.ScriptedModel:
    return scripted.load("", "auto", scripted.Config(**config))


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.models.http_client.BACKOFF_S", 0.002)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(scripted_model()) as running:
        yield running


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return code_point_files(tmp_path / "files")


def run(
    server: Server,
    work: Callable[[HttpModel], Awaitable[list[Completion]]] | None = None,
    family: str = "bare",
    n: int = 3,
    **config: Any,
) -> list[Completion]:
    """Return what the engine draws from a server, in index order; n samples for PROMPT unless told otherwise."""

    async def whole() -> list[Completion]:
        model = http.load("it", family, http.Config(url=server.url, **config))
        try:
            drawn = await (work(model) if work else collect(model.sample(PROMPT, n, PARAMS, 3)))
        finally:
            model.close()
        return sorted(drawn, key=lambda one: one.index)

    return asyncio.run(whole())


def texts(completions: list[Completion]) -> list[str]:
    return [one.text for one in completions]


# What is sent and what comes back


@pytest.mark.parametrize("kind", ["vllm", "llama-server", "ollama", "openai"])
def test_every_kind_of_server_is_recognised_and_answers(kind: str) -> None:
    with serving(scripted_model(), kind=kind) as server:
        model = http.load("it", "bare", http.Config(url=server.url))
        assert model._style.server.kind == kind
        drawn = run(server, n=4)
        assert [one.index for one in drawn] == [0, 1, 2, 3]
        assert len(server.requests) == 4
        assert len({request["seed"] for request in server.requests}) == 4
        for one in drawn:
            assert model.tokenizer.decode(one.tokens) == one.text
            assert one.prompt_tokens == len(PROMPT)
            assert one.generated_tokens == len(one.text)


def test_each_sample_has_the_seed_of_its_name_as_the_server_takes_it() -> None:
    with serving(scripted_model(), kind="llama-server") as server:
        run(server, n=3)
        seeds = sorted(request["seed"] for request in server.requests)
        assert seeds == sorted(ids.seed(3, index) % (2**32 - 1) for index in range(3))


@pytest.mark.parametrize("bits", [31, 32, 63])
def test_a_reduced_seed_fits_and_is_never_the_one_that_means_random(bits: int) -> None:
    seeds = [2**63 - 1, 2**32 - 1, 2**31 - 1, 0, *(ids.seed(i) for i in range(100))]
    assert all(0 <= reduced(seed, bits) < 2**bits for seed in seeds)
    assert bits == 63 or all(reduced(seed, bits) != 2**bits - 1 for seed in seeds)
    assert len({reduced(ids.seed(i), bits) for i in range(1000)}) == 1000


def test_with_the_models_files_prompts_are_ids_and_samples_are_the_models_own(files: Path) -> None:
    with serving(scripted_model(), end=END) as server:
        drawn = run(server, n=4, tokenizer=str(files))
        assert {tuple(request["prompt"]) for request in server.requests} == {tuple(map(ord, PROMPT))}
        for one in drawn:
            assert one.tokens == tuple(map(ord, one.text))  # without the end token
            assert one.generated_tokens == len(one.tokens) + 1
            assert one.logprobs == (-0.1,) * len(one.tokens)


def test_a_folder_that_vllm_serves_from_this_machine_is_used_and_names_the_revision(files: Path) -> None:
    with serving(scripted_model(), root=str(files)) as server:
        info = http.describe("it", "bare", http.Config(url=server.url))
        assert info.revision.startswith("no-weights-")
        run(server)
        assert isinstance(server.requests[0]["prompt"], list)


@pytest.mark.parametrize("kind", ["vllm", "llama-server"])
@pytest.mark.parametrize("ids_returned", [True, False])
def test_ids_are_the_same_whether_the_server_returns_them_or_not(kind: str, ids_returned: bool, files: Path) -> None:
    with serving(scripted_model(), kind=kind, ids=ids_returned, end=END) as server:
        for one in run(server, tokenizer=str(files)):
            assert one.tokens == tuple(map(ord, one.text)) and len(one.text) > 10
            assert one.logprobs is not None and math.isclose(sum(one.logprobs), -0.1 * len(one.text))


def test_files_of_another_model_are_found_out(tmp_path: Path, server: Server) -> None:
    content = (code_point_files(tmp_path / "other") / "tokenizer.json").read_text()
    swapped = content.replace('"7": 55', '"7": 1055').replace('"8": 56', '"8": 55').replace('"7": 1055', '"7": 56')
    (tmp_path / "other" / "tokenizer.json").write_text(swapped)
    with pytest.raises(ConfigError, match="not that of the model behind http://127"):
        run(server, tokenizer=str(tmp_path / "other"))


def test_the_sampling_defaults_of_a_server_are_switched_off() -> None:
    for kind, switch in (("vllm", "repetition_penalty"), ("llama-server", "repeat_penalty")):
        with serving(scripted_model(), kind=kind) as server:
            run(server, n=1)
            (request,) = server.requests
            assert (request["top_k"], request["min_p"], request[switch]) == (0, 0.0, 1.0)


def test_logprobs_of_pieces_add_up_to_those_of_the_servers_tokens() -> None:
    with serving(scripted_model(), end=END) as server:
        for one in run(server):
            assert one.logprobs is not None and len(one.logprobs) == len(one.tokens) < len(one.text)
            assert math.isclose(sum(one.logprobs), -0.1 * len(one.text))


def test_without_logprobs_there_are_none() -> None:
    with serving(scripted_model(), logprobs=False) as server:
        assert {one.logprobs for one in run(server)} == {None}
        assert {one.logprob for one in run(server)} == {None}
    with serving(scripted_model(), kind="openai") as server:
        assert {one.logprobs for one in run(server)} == {None}
        assert "logprobs" not in server.requests[0]
        assert all(one.logprobs for one in run(server, logprobs="yes"))


def test_cached_tokens_are_what_the_server_says_but_no_more_than_the_prompt() -> None:
    for cached, counted in ((None, 0), (16, 16), (10_000, len(PROMPT))):
        with serving(scripted_model(), cached=cached) as server:
            assert {one.cached_tokens for one in run(server)} == {counted}


def test_more_stop_strings_than_the_server_takes_are_cut_here() -> None:
    with serving(scripted_model(), kind="openai") as server:
        params = SamplingParams(max_tokens=120, stop=("v", "w", "x", "y", "\n"))
        (one,) = run(server, lambda model: collect(model.sample(PROMPT, 1, params, 3)))
        assert (len(server.requests[0]["stop"]), one.finish_reason) == (4, "stop")
        assert one.text and "\n" not in one.text


@pytest.mark.parametrize("reason", ["content_filter", "tool_calls", None])
def test_a_completion_that_ended_in_another_way_is_refused(reason: str | None) -> None:
    answer = {"choices": [{"text": "1", "finish_reason": reason}]}
    with pytest.raises(ValueError, match=f"finish_reason {reason!r}"):
        read(answer, Pieces(), (), None, own_ids=False)


def test_usage_is_counted_here_where_the_server_does_not() -> None:
    answer = {"choices": [{"text": "1 + 1 = 2", "finish_reason": "length"}]}
    found = read(answer, Pieces(), (), None, own_ids=False)
    assert (found.prompt_tokens, found.generated_tokens, found.cached_tokens) == (None, None, 0)
    assert (found.text, found.finish_reason, found.logprobs) == ("1 + 1 = 2", "length", None)


def test_cached_tokens_are_in_the_timings_of_llama_server() -> None:
    answer = {"choices": [{"text": "1", "finish_reason": "stop"}], "timings": {"cache_n": 7}, "usage": None}
    assert read(answer, Pieces(), (), None, own_ids=False).cached_tokens == 7


def test_a_token_of_half_a_character_counts_for_the_piece_it_begins_in() -> None:
    content = [
        {"token": "ab", "bytes": [97, 98], "logprob": -1.0},
        {"token": "\ufffd", "bytes": [0xE2, 0x88], "logprob": -2.0},
        {"token": "\ufffd", "bytes": [0x9A], "logprob": -4.0},
        {"token": "cd", "bytes": None, "logprob": -8.0},
        {"token": "<end>", "bytes": [60], "logprob": -16.0},
    ]
    answer = {"choices": [{"text": "ab\u221acd", "finish_reason": "stop", "logprobs": {"content": content}}]}
    found = read(answer, Pieces(), (), None, own_ids=False)
    assert found.logprobs == (-15.0, 0.0)  # "ab√c" and "d"


# Chat


def ask_chat(prefix: str = "") -> Callable[[HttpModel], Awaitable[list[Completion]]]:
    """Return work that asks for the greedy end of a solution."""

    def work(model: HttpModel) -> Awaitable[list[Completion]]:
        prompt = model.tokenizer.prompt(model.info.family.template, PROMPT.strip())
        tokens = prompt + model.tokenizer.encode(prefix)
        return collect(model.sample(tokens, 1, SamplingParams(max_tokens=120, temperature=0), 3))

    return work


@pytest.mark.parametrize("kind", ["vllm", "llama-server"])
def test_chat_sends_messages_and_continues_them(kind: str) -> None:
    with serving(scripted_model(), kind=kind) as server:
        assert http.describe("it", "auto", http.Config(url=server.url, api="chat")).can_continue
        (whole,) = run(server, ask_chat(), "auto", api="chat")
        assert server.requests[0]["messages"] == [{"role": "user", "content": PROMPT.strip()}]
        first = whole.text.split("\n")[0] + "\n"
        (rest,) = run(server, ask_chat(first), "auto", api="chat")
        assert server.requests[1]["messages"][1] == {"role": "assistant", "content": first}
        assert first + rest.text == whole.text
        assert whole.logprobs is not None and math.isclose(sum(whole.logprobs), -0.1 * len(whole.text))


def test_steps_of_a_chat_are_cut_exactly() -> None:
    with serving(scripted_model()) as server:
        (whole,) = run(server, ask_chat(), "auto", api="chat")
    lines, pieces = whole.text.splitlines(keepends=True), Pieces()
    ends = token_ends(lines, whole.tokens, pieces)
    assert len(lines) > 2
    assert [pieces.decode(whole.tokens[:end]) for end in ends] == ["".join(lines[: i + 1]) for i in range(len(lines))]


def test_a_chat_that_trims_its_last_message_cannot_be_continued() -> None:
    for kind in ("vllm", "llama-server"):
        with serving(scripted_model(), kind=kind, chat_trims=True) as server:
            assert not http.describe("it", "auto", http.Config(url=server.url, api="chat")).can_continue
            assert http.describe("it", "bare", http.Config(url=server.url)).can_continue


@pytest.mark.parametrize("kind", ["ollama", "openai"])
def test_chats_that_cannot_be_looked_into_count_as_unable_unless_the_user_knows_better(kind: str) -> None:
    with serving(scripted_model(), kind=kind) as server:
        config = http.Config(url=server.url, api="chat")
        assert not http.describe("it", "auto", config).can_continue
        assert http.describe("it", "auto", replace(config, can_continue="yes")).can_continue
        assert not http.describe("it", "bare", http.Config(url=server.url, can_continue="no")).can_continue


def test_a_thought_that_is_kept_apart_is_put_back() -> None:
    with serving(scripted_model(), thinks_apart="hm") as server:
        (one,) = run(server, ask_chat(), "auto", api="chat")
        assert one.text.startswith("<think>hm</think>")
        assert Pieces().decode(one.tokens) == one.text


def test_a_family_says_how_a_chats_answers_are_read_but_not_how_it_is_asked(server: Server) -> None:
    info = http.describe("it", "qwen2.5-math", http.Config(url=server.url, api="chat"))
    auto = http.describe("it", "auto", http.Config(url=server.url, api="chat"))
    assert info.family.template == auto.family.template
    assert (info.family.thinking, info.family.name) == (None, "qwen2.5-math")


# What it says of itself


def test_the_description_is_the_models_own_and_what_the_server_says(server: Server) -> None:
    config = http.Config(url=server.url + "/v1/", revision="r7")
    info = http.describe("it", "bare", config)
    assert info == http.load("it", "bare", config).info
    assert (info.name, info.revision, info.engine, info.context_length) == ("it", "r7", "http", 4096)
    assert http.describe("it", "bare", replace(config, context_length=512)).context_length == 512
    assert server.requests == []  # nothing is drawn before the first sample


def test_ollama_and_llama_server_say_their_revision() -> None:
    with serving(scripted_model(), kind="ollama") as server:
        info = http.describe("it", "bare", http.Config(url=server.url))
        assert (info.revision, info.context_length, info.can_continue) == ("abababababab", 4096, True)
    with serving(scripted_model(), kind="llama-server") as server:
        info = http.describe("it", "bare", http.Config(url=server.url))
        assert info.revision.startswith("gguf-") and info.context_length == 4096


def test_a_model_that_is_not_served_is_named_with_those_that_are(server: Server) -> None:
    with pytest.raises(ConfigError, match="does not serve 'other' but 'it'"):
        http.describe("other", "bare", http.Config(url=server.url))


def test_a_server_that_is_not_there_is_named_with_the_remedy(server: Server) -> None:
    server.stop()
    with pytest.raises(EngineError, match=f"{server.url}/v1 cannot be reached.*start the server"):
        http.describe("it", "bare", http.Config(url=server.url))
    server.start()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"url": ""}, "no address"),
        ({"url": "localhost:8000"}, "no address"),
        ({"url": "http://me:secret@localhost:8000"}, "no name, password"),
        ({"url": "http://localhost", "api": "chats"}, "http.api = 'chats' is not one of completions, chat"),
        ({"url": "http://localhost", "server": "tgi"}, "is not one of auto, vllm"),
        ({"url": "http://localhost", "attempts": 0}, "http.attempts = 0 must be at least 1"),
        ({"url": "http://localhost", "key_env": "NO_SUCH_VARIABLE"}, r"\$NO_SUCH_VARIABLE, which is not set"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        http.describe("it", "bare", http.Config(**config))
    assert "secret" not in str(caught.value)


def test_files_are_refused_where_prompts_are_text(server: Server, files: Path) -> None:
    with pytest.raises(ConfigError, match="http.tokenizer is of use for completions"):
        http.describe("it", "auto", http.Config(url=server.url, api="chat", tokenizer=str(files)))


def test_it_takes_no_gpu_and_is_not_missing() -> None:
    assert http.gpus(http.Config()) == 0
    assert http.missing() is None


# What goes wrong


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


def test_a_server_that_says_how_long_to_wait_is_left_alone_by_every_request() -> None:
    with serving(scripted_model()) as server:
        server.faults = Faults(statuses=[429], headers={"retry-after": "0.4"})
        began = time.monotonic()
        run(server, n=4, max_in_flight=1)
        assert time.monotonic() - began >= 0.4
        assert len(server.requests) == 5


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


def test_a_server_that_answers_nobody_is_given_up_after_the_attempts(server: Server) -> None:
    server.faults = Faults(statuses=[503] * 100)
    with pytest.raises(EngineError, match=r"no answer in 4 attempts.*status 503: told to fail"):
        run(server, n=1, attempts=4)
    assert len(server.requests) == 4


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
    for config in ({}, {"tokenizer": str(files)}):
        with pytest.raises(ValueError):
            run(server, lambda model: collect(model.sample(prompt, 1, PARAMS, 3)), **config)
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

        # 40 attempts: the waits of this test are 2 ms and doubling, so ten would not outlive its server's absence.
        assert texts(run(server, work, max_in_flight=4, attempts=40)) == alone


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
    (one,) = run(server, n=1)
    used = one.prompt_tokens + one.generated_tokens
    began = time.monotonic()
    run(server, n=4, tokens_per_minute=60 * 1000, max_in_flight=1)
    assert time.monotonic() - began >= 2 * used / 1000


# The key


def test_the_key_is_sent_and_shown_nowhere(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THE_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []
    with serving(scripted_model(), kind="openai", key=KEY) as server:

        async def work(model: HttpModel) -> list[Completion]:
            good = await collect(model.sample(PROMPT, 1, PARAMS, 3))
            seen.extend(map(repr, (model, model.info, model._client, vars(model), vars(model._client), good)))
            server.key = "another"
            for faults in (Faults(), Faults(only=404), Faults(only=503), Faults(only=400)):
                server.faults = faults
                with pytest.raises((StepmillError, ValueError)) as caught:
                    await collect(model.sample(PROMPT, 1, PARAMS, 3))
                seen.append(f"{caught.value!r} {caught.value}")
            return good

        (one,) = run(server, work, key_env="THE_KEY", attempts=2)
        assert server.headers[0]["authorization"] == f"Bearer {KEY}"
        assert "check the key in $THE_KEY" in "".join(seen)
        assert KEY not in json.dumps(server.requests)
    printed = capsys.readouterr()
    for text in (*seen, repr(one), caplog.text, printed.out, printed.err):
        assert KEY not in text


def test_a_server_that_wants_a_key_is_told_apart_from_one_that_is_not_there(server: Server) -> None:
    server.key = KEY
    with pytest.raises(EngineError, match="refuses us.*set key_env"):
        http.describe("it", "bare", http.Config(url=server.url))


def test_proxies_of_the_environment_do_not_stand_between_us_and_this_machine(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert len(run(server, n=1)) == 1
