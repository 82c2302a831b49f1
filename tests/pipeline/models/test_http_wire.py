"""What the http engine sends to a real server on loopback, and what it makes of the answers; completions and chat."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from generators.steps import token_ends
from pipeline.models import http
from pipeline.models.http_model import HttpModel
from pipeline.models.http_server import reduced
from pipeline.models.http_wire import read
from pipeline.models.pieces import Pieces
from schemas import ids
from schemas.errors import ConfigError
from schemas.model import Completion, SamplingParams
from tests.doubles import collect
from tests.http_engine import PROMPT, run, scripted_model
from tests.openai_server import END, Server, code_point_files, serving


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


def test_what_is_cut_at_a_stop_string_has_stopped() -> None:
    answer = {"choices": [{"text": "one\ntwo", "finish_reason": "length"}]}
    found = read(answer, Pieces(), ("\n",), None, own_ids=False)
    assert (found.text, found.finish_reason) == ("one", "stop")


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
