"""A bare HTTP client against the server of the configuration: the same bodies, no retries, no accounts, no rows."""

import asyncio
import time

import httpx2

from pipeline.config import ModelConfig
from pipeline.models.engine_process import Job

FEEDS = ("window",)


def drain(model: ModelConfig, jobs: list[Job], warm_up: list[Job], feed: str) -> tuple[int, float]:
    """Draw all jobs; return (tokens, seconds), the warm-up not counted."""
    return asyncio.run(_measured(model, jobs, warm_up))


async def _measured(model: ModelConfig, jobs: list[Job], warm_up: list[Job]) -> tuple[int, float]:
    config = model.engine_config
    limit = httpx2.Limits(max_connections=config.max_in_flight)
    async with httpx2.AsyncClient(base_url=config.url, timeout=config.timeout_s, limits=limit) as client:
        places = asyncio.Semaphore(config.max_in_flight)

        async def draw(job: Job) -> int:
            body = {
                "model": model.policy,
                "prompt": list(job.prompt),
                "seed": job.seed,
                "temperature": job.params.temperature,
                "top_p": job.params.top_p,
                "max_tokens": job.params.max_tokens,
                "logprobs": 0,
                "return_token_ids": True,
                "top_k": 0,
            }
            async with places:
                answer = await client.post("completions", json=body)
            answer.raise_for_status()
            return int(answer.json()["usage"]["completion_tokens"])

        await asyncio.gather(*map(draw, warm_up))
        began = time.monotonic()
        tokens = sum(await asyncio.gather(*map(draw, jobs)))
        return tokens, time.monotonic() - began
