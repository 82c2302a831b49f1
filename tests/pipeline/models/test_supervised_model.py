"""A model whose engine is a process of its own: what becomes of samples when that process is killed, hangs or cannot start.

Runs the real engine on the embedded policy and asserts nothing about how good the policy is.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TypeVar

import pytest

from pipeline.code import ROOT
from pipeline.models import openvino, policy
from pipeline.models.supervised_model import BLOCK, Launch, SupervisedModel
from schemas.errors import EngineError
from schemas.model import Completion, SamplingParams
from tests.doubles import collect
from tests.processes import gone

pytestmark = pytest.mark.skipif(not (policy.POLICIES / "math").is_dir(), reason="there is no embedded policy")

PROMPT = "Evaluate (3 + 4) * 5 - 6 * 2\n"
PARAMS = SamplingParams(max_tokens=120, temperature=1.3)
SAMPLES = 40
FEW_AT_ONCE = openvino.Config(max_num_seqs=6, prefix_caching=False)
"""So that most of the samples still wait when something happens to the first."""

Value = TypeVar("Value")


def driving(
    work: Callable[[SupervisedModel], Coroutine[None, None, Value]], config: openvino.Config = FEW_AT_ONCE
) -> Value:
    """Run `work` on an engine of its own and close it."""

    async def whole() -> Value:
        engine = openvino.load("math", "auto", config)
        try:
            return await work(engine)
        finally:
            engine.close()

    return asyncio.run(whole())


def the_pid(engine: SupervisedModel) -> int:
    assert engine.pid is not None
    return engine.pid


def in_order(completions: list[Completion]) -> list[tuple[int, str]]:
    return sorted((one.index, one.text) for one in completions)


@pytest.fixture(scope="module")
def undisturbed() -> list[tuple[int, str]]:
    async def work(engine: SupervisedModel) -> list[Completion]:
        return await collect(engine.sample(PROMPT, SAMPLES, PARAMS, 3))

    return in_order(driving(work, openvino.Config(prefix_caching=False)))


def test_the_child_never_has_more_than_its_share(undisturbed: list[tuple[int, str]]) -> None:
    async def work(engine: SupervisedModel) -> list[Completion]:
        found = []
        async for completion in engine.sample(PROMPT, SAMPLES, PARAMS, 3):
            assert engine.in_flight <= FEW_AT_ONCE.max_num_seqs * 5 // 4  # a quarter waits in the child
            found.append(completion)
        assert engine.in_flight == 0
        return found

    assert in_order(driving(work)) == undisturbed


def disturbed(signals: tuple[int, ...], stall_s: float) -> tuple[list[Completion], int]:
    """Send signals to the engine after its first samples; return all samples and how often it was replaced."""

    async def work(engine: SupervisedModel) -> tuple[list[Completion], int]:
        stream = engine.sample(PROMPT, SAMPLES, PARAMS, 3)
        found = [await anext(stream)]
        for number in signals:
            os.kill(the_pid(engine), number)
            found.append(await anext(stream))
        return found + await collect(stream), engine.restarted

    return driving(work, replace(FEW_AT_ONCE, stall_s=stall_s))


def test_a_killed_engine_is_replaced_and_no_sample_is_lost_or_changed(undisturbed: list[tuple[int, str]]) -> None:
    found, restarted = disturbed((signal.SIGKILL, signal.SIGKILL), 20)
    assert in_order(found) == undisturbed
    # Samples that were already on their way may arrive before the loss is noticed: two kills can be one replacement.
    assert restarted >= 1


def test_a_hung_engine_is_replaced_and_no_sample_is_lost_or_changed(undisturbed: list[tuple[int, str]]) -> None:
    found, restarted = disturbed((signal.SIGSTOP,), 1.5)
    assert in_order(found) == undisturbed
    assert restarted >= 1


def test_an_engine_that_hangs_with_more_to_read_than_a_pipe_holds_does_not_hang_its_parent() -> None:
    """300 prompts of 500 different tokens each are half a megabyte, twice what a socket holds."""

    async def work(engine: SupervisedModel) -> int:
        await collect(engine.sample(PROMPT, 1, PARAMS, 8))
        gaps, last = [], time.monotonic()
        os.kill(the_pid(engine), signal.SIGSTOP)
        prompts = [tuple((i + k) % 250 + 256 for k in range(500)) for i in range(300)]
        one_token = SamplingParams(max_tokens=1)
        drawing = asyncio.gather(*(collect(engine.sample(prompt, 1, one_token, 1)) for prompt in prompts))
        while not drawing.done():
            await asyncio.sleep(0.05)
            gaps.append(time.monotonic() - last)
            last = time.monotonic()
        assert engine.restarted == 1
        assert max(gaps) < 15  # for ever, if sending waited for the child
        return sum(len(one) for one in await drawing)

    assert driving(work, openvino.Config(max_num_seqs=300, stall_s=2)) == 300


def test_an_idle_engine_that_dies_is_there_for_the_next_request(undisturbed: list[tuple[int, str]]) -> None:
    async def work(engine: SupervisedModel) -> list[Completion]:
        await collect(engine.sample(PROMPT, 1, PARAMS, 8))
        os.kill(the_pid(engine), signal.SIGKILL)
        found = await collect(engine.sample(PROMPT, SAMPLES, PARAMS, 3))
        assert engine.restarted == 1
        return found

    assert in_order(driving(work)) == undisturbed


def test_an_engine_that_cannot_start_is_an_error_for_all_that_wait() -> None:
    async def whole() -> None:
        embedded = policy.find("math")
        launch = Launch(module="tests.no_such_module", settings=None, max_in_flight=4, restarts=1)
        info = embedded.info("none", "auto")
        engine = SupervisedModel(info, embedded.tokenizer, launch, vocabulary=512, end_tokens=(1,))
        try:
            requests = [collect(engine.sample(PROMPT, 3, PARAMS, seed)) for seed in range(3)]
            errors = await asyncio.gather(*requests, return_exceptions=True)
            assert [type(error) for error in errors] == [EngineError] * 3
            assert "exit code 1" in str(errors[0])
        finally:
            engine.close()

    asyncio.run(whole())


def test_closing_a_request_frees_the_engine_at_once(undisturbed: list[tuple[int, str]]) -> None:
    async def work(engine: SupervisedModel) -> list[Completion]:
        stream = engine.sample(PROMPT, 500, SamplingParams(max_tokens=900, temperature=2.0), 9)
        await anext(stream)
        assert engine.in_flight > 0
        await stream.aclose()
        assert engine.in_flight == 0
        return await collect(engine.sample(PROMPT, SAMPLES, PARAMS, 3))

    assert in_order(driving(work)) == undisturbed


def test_close_ends_the_child_and_fails_what_waits() -> None:
    async def work(engine: SupervisedModel) -> int:
        stream = engine.sample(PROMPT, SAMPLES, PARAMS, 3)
        await anext(stream)
        pid = the_pid(engine)
        engine.close()
        with pytest.raises(EngineError, match="closed"):
            await collect(stream)
        assert engine.pid is None and engine.in_flight == 0
        engine.close()
        return pid

    assert gone(driving(work))


def test_the_child_dies_with_a_killed_parent() -> None:
    """Even one that hangs and would never notice that nobody listens."""
    script = (
        "import asyncio, os, signal\n"
        "from pipeline.models import openvino\n"
        "from schemas.model import SamplingParams\n"
        "async def main():\n"
        "    engine = openvino.load('math', 'auto', openvino.Config())\n"
        f"    await anext(engine.sample({PROMPT!r}, 1, SamplingParams(max_tokens=5), 1))\n"
        "    os.kill(engine.pid, signal.SIGSTOP)\n"
        "    print(engine.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    assert gone(pid)


def test_tokens_of_blocks_seen_before_count_as_cached() -> None:
    async def work(engine: SupervisedModel) -> None:
        tokens = engine.tokenizer.encode("1 + 2 * 3 - 4 + 5 * 6 - 7 + 8 * 9 - " * 20)
        short = SamplingParams(max_tokens=1)

        async def cached(prompt: tuple[int, ...]) -> tuple[int, int]:
            first, second = await collect(engine.sample(prompt, 2, short, 1))
            assert first.prompt_tokens == len(prompt)
            return first.cached_tokens, second.cached_tokens

        whole = tokens[: 2 * BLOCK + 5]
        assert await cached(whole) == (0, 0)
        assert await cached(whole) == (2 * BLOCK, 2 * BLOCK)
        assert await cached(whole[: BLOCK + 3]) == (BLOCK, BLOCK)
        assert await cached(whole[:BLOCK]) == (BLOCK - 1, BLOCK - 1)  # the last token is always computed
        assert await cached(tokens[1 : 2 * BLOCK]) == (0, 0)

    driving(work, openvino.Config())


def test_without_prefix_caching_nothing_is_cached() -> None:
    async def work(engine: SupervisedModel) -> None:
        for _ in range(2):
            (one,) = await collect(
                engine.sample("1 + 2 * 3 - 4 + 5 * 6 - 7 + " * 9, 1, SamplingParams(max_tokens=1), 1)
            )
            assert (one.cached_tokens, one.prompt_tokens > 2 * BLOCK) == (0, True)

    driving(work, openvino.Config(prefix_caching=False))


def test_engine_time_is_shared_out_and_no_more_than_there_was() -> None:
    async def work(engine: SupervisedModel) -> None:
        await collect(engine.sample(PROMPT, 1, PARAMS, 1))
        began = time.monotonic()
        found = await collect(engine.sample(PROMPT, SAMPLES, PARAMS, 3))
        assert 0 < sum(one.engine_s for one in found) <= time.monotonic() - began + 0.01
        assert engine.steps <= engine.sequence_steps <= FEW_AT_ONCE.max_num_seqs * engine.steps

    driving(work)
