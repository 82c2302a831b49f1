"""A model behind a server: samples in, one request each, completions out."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass

from pipeline.models import http_wire
from pipeline.models.http_client import Client
from pipeline.models.http_wire import Style
from schemas import ids
from schemas.errors import EngineError
from schemas.model import Completion, ModelInfo, SamplingParams, Tokenizer, Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a server's model before the first sample."""

    info: ModelInfo
    tokenizer: Tokenizer
    vocabulary: int
    """The tokenizer's ids are below it; 0 where it is a stand-in whose ids mean nothing to the server."""
    style: Style


class HttpModel:
    """A model behind a server. Bound to the event loop of its first use; `close()` ends what is under way."""

    def __init__(self, known: Known, client: Client, *, chat: bool) -> None:
        self.info = known.info
        self.tokenizer = known.tokenizer
        self._vocabulary = known.vocabulary
        self._style = known.style
        self._client = client
        self._chat = chat
        self._tasks: set[asyncio.Task[Completion]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    @property
    def span_s(self) -> float:
        """From the first request to the last answer."""
        return self._client.share.span_s

    @property
    def retried(self) -> int:
        """Requests that were sent again."""
        return self._client.retried

    async def sample(
        self, prompt: Tokens | str, n: int, params: SamplingParams, seed: int, *, skip: Collection[int] = ()
    ) -> AsyncGenerator[Completion, None]:
        """See `schemas.model.Model.sample`."""
        tokens = self._checked(prompt, params)
        self._loop = asyncio.get_running_loop()
        mine = [asyncio.create_task(self._draw(tokens, params, seed, i)) for i in range(n) if i not in skip]
        self._tasks.update(mine)
        try:
            for ended in asyncio.as_completed(mine):
                yield await ended
        finally:
            for task in mine:
                task.cancel()
            await asyncio.gather(*mine, return_exceptions=True)  # until the connections are closed
            self._tasks.difference_update(mine)

    def close(self) -> None:
        """End what is under way, with EngineError, and close the connections."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        if self._loop is None or self._loop.is_closed():
            return
        if self._loop.is_running():
            self._closing = self._loop.create_task(self._client.aclose())  # kept: the loop holds tasks weakly
        else:
            self._loop.run_until_complete(self._client.aclose())

    def _checked(self, prompt: Tokens | str, params: SamplingParams) -> Tokens:
        """Return the prompt's tokens. Some servers take what is refused here, and cut a long prompt's beginning off."""
        if self._closed:
            raise EngineError("the engine was closed")
        tokens = self.tokenizer.encode(prompt) if isinstance(prompt, str) else prompt
        if not tokens:
            raise ValueError("empty prompt")
        if self._vocabulary and (min(tokens) < 0 or max(tokens) >= self._vocabulary):
            raise ValueError(f"token ids must be in 0..{self._vocabulary - 1}, got {min(tokens)}..{max(tokens)}")
        if len(tokens) + params.max_tokens > self.info.context_length:
            raise ValueError(
                f"prompt of {'' if self._vocabulary else 'about '}{len(tokens)} tokens and max_tokens "
                f"{params.max_tokens} exceed the context of {self.info.context_length}"
            )
        return tokens

    async def _draw(self, tokens: Tokens, params: SamplingParams, seed: int, index: int) -> Completion:
        own = ids.seed(seed, index)
        if self._chat:
            path, body = (
                "/chat/completions",
                http_wire.chat_request(self._style, self.tokenizer.decode(tokens), params, own),
            )
        else:
            sent = tokens if self._vocabulary else self.tokenizer.decode(tokens)
            path, body = "/completions", http_wire.completion_request(self._style, sent, params, own)
        try:
            answer, engine_s = await self._client.post(path, body, len(tokens) + params.max_tokens)
        except asyncio.CancelledError:
            if self._closed:
                raise EngineError("the engine was closed") from None
            raise
        read = http_wire.read(
            answer, self.tokenizer, params.stop, self.info.family.thinking, own_ids=bool(self._vocabulary)
        )
        prompt_tokens = len(tokens) if read.prompt_tokens is None else read.prompt_tokens
        return Completion(
            seed=seed,
            index=index,
            text=read.text,
            tokens=read.tokens,
            logprobs=read.logprobs,
            finish_reason=read.finish_reason,
            prompt_tokens=prompt_tokens,
            cached_tokens=min(read.cached_tokens, prompt_tokens),
            generated_tokens=len(read.tokens) if read.generated_tokens is None else read.generated_tokens,
            engine_s=engine_s,
        )
