"""vLLM's AsyncLLM in this process, given all requests at once, which is how its own benchmarks feed it, or through a window."""

import asyncio
import time

from pipeline.config import ModelConfig
from pipeline.models import vllm
from pipeline.models.engine_process import Job

FEEDS = ("at_once", "window")


def drain(model: ModelConfig, jobs: list[Job], warm_up: list[Job], feed: str) -> tuple[int, float]:
    """Draw all jobs; return (tokens, seconds), the start and the warm-up not counted."""
    return asyncio.run(_measured(model, jobs, warm_up, feed))


async def _measured(model: ModelConfig, jobs: list[Job], warm_up: list[Job], feed: str) -> tuple[int, float]:
    from vllm.inputs import tokens_input

    from pipeline.models import vllm_process

    config = model.engine_config
    settings = vllm.settings(model.policy, model.family, config)
    vllm_process.set_environment(settings)
    engine = vllm_process.start(settings)
    limit = asyncio.Semaphore(config.max_num_seqs * 5 // 4 if feed == "window" else len(jobs))

    async def draw(job: Job) -> int:
        async with limit:
            params = vllm_process.sampling_params(job, settings.end_tokens)
            if feed == "unseeded":
                params.seed = None
            async for output in engine.generate(tokens_input(list(job.prompt)), params, str(job.id)):
                last = output
        return len(last.outputs[0].token_ids)

    await asyncio.gather(*map(draw, warm_up))
    began = time.monotonic()
    tokens = sum(await asyncio.gather(*map(draw, jobs)))
    seconds = time.monotonic() - began
    engine.shutdown()
    return tokens, seconds
