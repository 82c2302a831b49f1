"""What the tests of the http engine share: a model to serve, and one call that asks a server through the engine."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from pipeline.models import http, scripted
from pipeline.models.http_model import HttpModel
from schemas.model import Completion, SamplingParams
from tests.doubles import collect
from tests.openai_server import Server

PROMPT = "Evaluate (3 + 4) * 5 - 6 * 2\n"
PARAMS = SamplingParams(max_tokens=120)


def scripted_model(**config: Any) -> scripted.ScriptedModel:
    """Return the model behind the server. `config`: fields of its Config."""
    return scripted.load("", "auto", scripted.Config(**config))


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
