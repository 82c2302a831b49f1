"""What every engine promises by `schemas.model.Model`, asked of each of them; vLLM where it is installed.

The embedded engine and vLLM draw from the embedded policy, the http engine from a server in front of the scripted model.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from generators.steps import token_ends
from pipeline.models import http, openvino, policy, scripted, vllm
from pipeline.models.catalog import ENGINES
from pipeline.models.supervised_model import SupervisedModel
from schemas import ids
from schemas.model import Completion, Model, SamplingParams
from tests.doubles import collect
from tests.openai_server import code_point_files, serving
from tests.processes import session

PROMPT = "Evaluate (3 + 4) * 5 - 6 * 2\n"
PARAMS = SamplingParams(max_tokens=120)
SCRIPTED = scripted.Config(slip_rate=0.4)


class Case(NamedTuple):
    """An engine and what it is loaded with."""

    engine: str
    policy: str
    family: str
    config: Any  # Any: the engine's own Config
    caches: bool
    """Whether a prompt that was seen before costs less."""


def case_of(engine: str, folder: Path, stack: ExitStack) -> Case:
    """Return an engine's case; the server that it needs runs until the stack is closed."""
    if engine in (openvino.NAME, vllm.NAME) and not (policy.POLICIES / "math").is_dir():
        pytest.skip("there is no embedded policy")
    reason = ENGINES[engine].missing()
    if reason is not None:
        pytest.skip(reason)
    if engine == openvino.NAME:
        # With prefix caching the last bit of a logprob, and now and then a token, depends on what ran before.
        return Case(engine, "math", "auto", openvino.Config(prefix_caching=False), False)
    if engine == vllm.NAME:
        return Case(engine, "math", "auto", vllm.Config(max_num_seqs=64), True)
    if engine == http.NAME:
        server = stack.enter_context(serving(scripted.load("", "auto", SCRIPTED)))
        files = code_point_files(folder)
        return Case(engine, "it", "bare", http.Config(url=server.url, tokenizer=str(files)), False)
    return Case(engine, "", "auto", SCRIPTED, False)


class Driven:
    """A model and the event loop that it lives in."""

    def __init__(self, case: Case, model: Model, runner: asyncio.Runner) -> None:
        self.case = case
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
def driven(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driven]:
    with ExitStack() as stack, asyncio.Runner() as runner:
        case = case_of(request.param, tmp_path_factory.mktemp("files"), stack)
        model = ENGINES[case.engine].load(case.policy, case.family, case.config)
        yield Driven(case, model, runner)
        close = getattr(model, "close", None)
        if close is not None:
            close()


def texts(completions: list[Completion]) -> list[str]:
    return [one.text for one in completions]


def test_the_description_is_the_models_own(driven: Driven) -> None:
    info, case = driven.model.info, driven.case
    assert ENGINES[case.engine].describe(case.policy, case.family, case.config) == info
    assert info.engine == case.engine
    assert "{prompt}" in info.family.template and info.context_length > 100


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


def test_two_prefixes_never_share_a_sample(driven: Driven) -> None:
    """Seeds of prefixes are hashes, but even neighbouring ones have nothing in common: s + i would give 42 different texts."""
    params, prompt = SamplingParams(max_tokens=200, temperature=2.0), "Evaluate 3 + 4 * 5 - 6 + 7 * 8 - 9 * 2\n"

    async def drawn(model: Model) -> list[Completion]:
        requests = [collect(model.sample(prompt, 3, params, seed)) for seed in range(40)]
        return [one for request in await asyncio.gather(*requests) for one in request]

    # The scripted model has few ways to slip and draws some texts twice.
    assert len(set(texts(driven(drawn)))) > 100
    assert len({ids.seed(seed, index) for seed in range(1000) for index in range(10)}) == 10_000


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
        assert one.logprobs is not None
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
        assert len(one.logprobs or ()) == len(one.tokens) <= len(longer.tokens)


def test_a_stop_string_may_lie_across_tokens_and_anywhere(driven: Driven) -> None:
    greedy = SamplingParams(max_tokens=120, temperature=0)
    (whole,) = driven.sample(params=greedy)
    for start in range(1, len(whole.text) - 3, 5):
        stop = whole.text[start : start + 3]
        (one,) = driven.sample(params=replace(greedy, stop=(stop,)))
        assert one.text == whole.text.partition(stop)[0]
        assert one.finish_reason == "stop"
        assert one.tokens == whole.tokens[: len(one.tokens)] and len(one.logprobs or ()) == len(one.tokens)
        assert driven.model.tokenizer.decode(one.tokens).startswith(one.text)


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


def test_a_prompt_seen_before_is_cached_where_the_engine_caches(driven: Driven) -> None:
    prompt = driven.model.tokenizer.encode("Evaluate 1 + 2 * 3 - 4 + 5 * 6 - 7 + 8 * 9 - " * 5)
    params = SamplingParams(max_tokens=1)
    (first,) = driven.sample(prompt, params=params)
    (again,) = driven.sample(prompt, params=params)
    (other,) = driven.sample(prompt[1:], params=params)
    assert first.cached_tokens == other.cached_tokens == 0
    assert (len(prompt) // 2 < again.cached_tokens < len(prompt)) == driven.case.caches
    assert first.prompt_tokens == again.prompt_tokens == len(prompt)


FAULTS = {"killed": (signal.SIGKILL, 60.0, "EngineCor"), "hung": (signal.SIGSTOP, 2.0, "Worker")}
"""Signal, patience, and which of vLLM's processes gets it; the kernel cuts names. OpenVINO has one only."""


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("engine", [openvino.NAME, vllm.NAME])
def test_an_engine_that_is_lost_is_replaced_and_nothing_with_it(engine: str, fault: str, tmp_path: Path) -> None:
    """Few sequences at once, so that most samples wait when it happens."""
    number, stall_s, name = FAULTS[fault]
    params = SamplingParams(max_tokens=120, temperature=1.3)

    async def work(model: SupervisedModel) -> None:
        undisturbed = await collect(model.sample(PROMPT, 40, params, 3))
        assert model.pid is not None
        stream = model.sample(PROMPT, 40, params, 3)
        found = [await anext(stream)]
        os.kill(session(model.pid).get(name, model.pid), number)
        found += await collect(stream)
        assert sorted((one.index, one.text) for one in found) == sorted((o.index, o.text) for o in undisturbed)
        assert model.restarted > 0

    with ExitStack() as stack:
        case = case_of(engine, tmp_path, stack)
        model = ENGINES[engine].load(case.policy, case.family, replace(case.config, max_num_seqs=4, stall_s=stall_s))
        assert isinstance(model, SupervisedModel)
        stack.callback(model.close)
        asyncio.run(work(model))
