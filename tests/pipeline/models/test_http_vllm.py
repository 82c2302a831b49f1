"""The http engine against a real `vllm serve` of the embedded policy.

Skipped where vLLM is not installed, as in the default environment; `make test-vllm` runs it.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterator

import httpx2
import pytest

from generators.steps import token_ends
from jobs.bench.server import serving
from pipeline.models import http, policy, vllm
from pipeline.models.http_model import HttpModel
from schemas.model import Completion, SamplingParams
from tests.doubles import collect

pytestmark = pytest.mark.skipif(vllm.missing() is not None, reason="vLLM is not installed")

PROMPT = "Evaluate (3 + 4) * 5 - 6 * 2\n"
PARAMS = SamplingParams(max_tokens=120)
GREEDY = SamplingParams(max_tokens=120, temperature=0)
FOLDER = policy.POLICIES / "math"
CHAT_TEMPLATE = "{% for turn in messages %}{{ turn.content + ('\\n' if turn.role == 'user' else '') }}{% endfor %}"
"""The policy knows no turns: a question, a line feed, an answer."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    template = tmp_path_factory.mktemp("vllm") / "chat.jinja"
    template.write_text(CHAT_TEMPLATE)
    with serving(str(FOLDER), "math", "--chat-template", str(template), max_num_seqs=64) as address:
        yield address


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
    params = SamplingParams(max_tokens=200)
    prompt = "Evaluate " + " + ".join(map(str, range(10, 30))) + "\n"  # twenty lines to write

    async def closed(model: HttpModel) -> list[Completion]:
        stream = model.sample(prompt, 32, params, 9)
        starting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.2)  # of about two seconds
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await stream.aclose()
        return []

    before = _metric(url, "generation_tokens_total")
    assert run(url, closed) == []
    until = time.monotonic() + 20
    while (running := _metric(url, "num_requests_running")) and time.monotonic() < until:
        time.sleep(0.2)
    assert running == 0
    drawn = _metric(url, "generation_tokens_total") - before
    assert drawn < 0.5 * sum(one.generated_tokens for one in run(url, sampling(32, params, 9, prompt)))


def _metric(url: str, name: str) -> float:
    """Return what vLLM counts under a name."""
    lines = httpx2.get(f"{url.removesuffix('/v1')}/metrics", trust_env=False).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(f"vllm:{name}"))
