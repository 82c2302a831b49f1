"""What every engine promises by `schemas.model.Model`, asked of each of them; the embedded one with the real policy."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest

from generators.steps import token_ends
from pipeline.models import catalog, policy
from pipeline.models.catalog import ENGINES
from schemas.model import Completion, Model, SamplingParams
from tests.doubles import collect

PROMPT = "Evaluate (3 + 4) * 5 - 6 * 2\n"
PARAMS = SamplingParams(max_tokens=120)
EXACT = {"openvino": {"prefix_caching": False}}
"""With prefix caching the last bit of a logprob, and now and then a token, depends on what ran before."""


class Driven:
    """A model and the event loop that it lives in."""

    def __init__(self, model: Model, runner: asyncio.Runner) -> None:
        self.model = model
        self._run = runner.run

    def __call__(self, work: Callable[[Model], Awaitable[list[Completion]]]) -> list[Completion]:
        async def whole() -> list[Completion]:
            return await work(self.model)

        return self._run(whole())

    def sample(
        self,
        prompt: str | tuple[int, ...] = PROMPT,
        n: int = 1,
        params: SamplingParams = PARAMS,
        seed: int = 3,
        skip: tuple[int, ...] = (),
    ) -> list[Completion]:
        """Return what the model draws, in index order."""
        drawn = self(lambda model: collect(model.sample(prompt, n, params, seed, skip=skip)))
        return sorted(drawn, key=lambda one: one.index)


@pytest.fixture(scope="module", params=list(ENGINES))
def driven(request: pytest.FixtureRequest) -> Iterator[Driven]:
    if request.param == "openvino" and not (policy.POLICIES / "math").is_dir():
        pytest.skip("there is no embedded policy")
    module, weights = catalog.find(request.param, "math")
    model = module.load(weights, module.Config(**EXACT.get(request.param, {})))
    with asyncio.Runner() as runner:
        yield Driven(model, runner)
        close = getattr(model, "close", None)
        if close is not None:
            close()


def texts(completions: list[Completion]) -> list[str]:
    return [one.text for one in completions]


def test_the_description_is_the_models_own(driven: Driven) -> None:
    info = driven.model.info
    module, weights = catalog.find(info.engine, "math")
    assert module.describe(weights, module.Config()) == info
    assert "{problem}" in info.template and info.context_length > 100


def test_n_samples_are_all_there_named_and_not_all_alike(driven: Driven) -> None:
    drawn = driven.sample(n=16, params=SamplingParams(max_tokens=120, temperature=1.5))
    assert [(one.seed, one.index) for one in drawn] == [(3, index) for index in range(16)]
    assert len(set(texts(drawn))) > 1


def test_the_same_request_draws_the_same_samples(driven: Driven) -> None:
    first, again = driven.sample(n=8), driven.sample(n=8)
    assert [(one.text, one.tokens, one.finish_reason) for one in first] == [
        (one.text, one.tokens, one.finish_reason) for one in again
    ]


def test_a_sample_does_not_depend_on_how_many_are_asked_or_what_else_runs(driven: Driven) -> None:
    alone = texts(driven.sample(n=4))

    async def crowded(model: Model) -> list[Completion]:
        others = [collect(model.sample(f"Evaluate {i} + {i + 3} * 2\n", 5, PARAMS, 100 + i)) for i in range(6)]
        mine = collect(model.sample(PROMPT, 9, PARAMS, 3))
        *_, found = await asyncio.gather(*others, mine)
        return sorted(found, key=lambda one: one.index)

    assert texts(driven(crowded))[:4] == alone


def test_another_seed_draws_other_samples(driven: Driven) -> None:
    params = SamplingParams(max_tokens=120, temperature=1.5)
    one, other, neighbour = (texts(driven.sample(n=8, params=params, seed=seed)) for seed in (3, 2**62 + 11, 4))
    assert one != other
    # Not shifted by one either, as it would be if index i had the seed s + i.
    assert one[1:] != neighbour[:-1]


def test_skipped_samples_are_left_out_and_the_others_are_what_they_were(driven: Driven) -> None:
    every, some = driven.sample(n=6), driven.sample(n=6, skip=(0, 4))
    assert [one.index for one in some] == [1, 2, 3, 5]
    assert texts(some) == [every[index].text for index in (1, 2, 3, 5)]
    assert driven.sample(n=2, skip=(0, 1)) == []


def test_a_prompt_may_be_text_or_tokens(driven: Driven) -> None:
    tokens = driven.model.tokenizer.encode(PROMPT)
    assert texts(driven.sample(tokens, n=3)) == texts(driven.sample(PROMPT, n=3))


def test_a_prefix_is_continued_exactly(driven: Driven) -> None:
    (whole,) = driven.sample(params=SamplingParams(max_tokens=120, temperature=0))
    (count,) = token_ends([whole.text.partition("\n")[0] + "\n"], whole.tokens, driven.model.tokenizer)
    prompt = driven.model.tokenizer.encode(PROMPT) + whole.tokens[:count]
    (continued,) = driven.sample(prompt, params=SamplingParams(max_tokens=120 - count, temperature=0))
    assert 0 < count < len(whole.tokens)
    assert continued.tokens == whole.tokens[count:]


def test_greedy_does_not_depend_on_the_seed(driven: Driven) -> None:
    greedy = SamplingParams(max_tokens=120, temperature=0)
    assert len({one.text for seed in (1, 2, 3) for one in driven.sample(n=3, params=greedy, seed=seed)}) == 1


def test_text_tokens_and_logprobs_belong_together(driven: Driven) -> None:
    for one in driven.sample(n=8):
        assert one.text == driven.model.tokenizer.decode(one.tokens)
        assert len(one.logprobs) == len(one.tokens) > 0
        assert all(logprob <= 1e-6 for logprob in one.logprobs)
        assert one.logprob == sum(one.logprobs)
        assert one.generated_tokens in (len(one.tokens), len(one.tokens) + 1)  # with the end token
        assert one.prompt_tokens == len(driven.model.tokenizer.encode(PROMPT))
        assert 0 <= one.cached_tokens <= one.prompt_tokens
        assert one.engine_s >= 0


def test_a_sample_stops_at_its_length(driven: Driven) -> None:
    for one in driven.sample(n=4, params=SamplingParams(max_tokens=4)):
        assert (one.finish_reason, one.generated_tokens, len(one.tokens)) == ("length", 4, 4)


def test_a_sample_stops_before_its_stop_string(driven: Driven) -> None:
    whole = driven.sample(n=6)
    stopped = driven.sample(n=6, params=SamplingParams(max_tokens=120, stop=("\n", "zzz")))
    for one, longer in zip(stopped, whole, strict=True):
        assert "\n" not in one.text
        assert one.text == longer.text.split("\n")[0]
        assert one.finish_reason == "stop"
        assert len(one.logprobs) == len(one.tokens) <= len(longer.tokens)


def test_prompts_that_no_engine_can_take_raise(driven: Driven) -> None:
    model = driven.model
    length = model.info.context_length
    fitting = model.tokenizer.encode("1" * length)[: length - 4]
    for prompt in ("", (), (-1,), (2**31 - 1,), fitting):
        with pytest.raises(ValueError):
            driven.sample(prompt, params=SamplingParams(max_tokens=5))


def test_a_prompt_that_just_fits_is_taken(driven: Driven) -> None:
    length = driven.model.info.context_length
    prompt = driven.model.tokenizer.encode("1 + " * length)[: length - 4]
    (one,) = driven.sample(prompt, params=SamplingParams(max_tokens=4))
    assert one.prompt_tokens == length - 4


def test_one_bad_request_leaves_the_others_alone(driven: Driven) -> None:
    async def mixed(model: Model) -> list[Completion]:
        good, bad = collect(model.sample(PROMPT, 2, PARAMS, 3)), collect(model.sample("", 2, PARAMS, 3))
        found, error = await asyncio.gather(good, bad, return_exceptions=True)
        assert isinstance(error, ValueError) and isinstance(found, list)
        return found

    assert len(driven(mixed)) == 2


def test_a_request_that_is_closed_early_takes_nothing_with_it(driven: Driven) -> None:
    async def closed(model: Model) -> list[Completion]:
        stream = model.sample(PROMPT, 32, PARAMS, 9)
        first = await anext(stream)
        await stream.aclose()
        assert first.seed == 9
        return await collect(model.sample(PROMPT, 3, PARAMS, 3))

    assert sorted(texts(driven(closed))) == sorted(texts(driven.sample(n=3)))
