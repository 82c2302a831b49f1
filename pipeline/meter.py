"""Count and price what is drawn from a model."""

from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass, replace

from pipeline.counts import Counts
from schemas.model import Completion, Model, ModelInfo, SamplingParams, Tokenizer, Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A model's price table: by the token for servers that sell tokens, by the hour for machines of one's own."""

    prompt: float = 0.0
    """Dollars per million prompt tokens that were not in the prefix cache."""
    cached: float = 0.0
    """Dollars per million prompt tokens that were."""
    generated: float = 0.0
    """Dollars per million tokens decoded."""
    hour: float = 0.0
    """Dollars per hour of engine time; a sample pays its fair share of it."""

    def of(self, completion: Completion) -> float:
        """Return what a completion cost, in dollars."""
        fresh = completion.prompt_tokens - completion.cached_tokens
        tokens = self.prompt * fresh + self.cached * completion.cached_tokens
        return (tokens + self.generated * completion.generated_tokens) / 1e6 + self.hour * completion.engine_s / 3600


class MeteredModel:
    """A model that adds up what is drawn from it.

    With a price table or with `gpus`, how many its engine holds, completions leave with `dollars` or `gpu_s` filled in. Without,
    they go through as they are: one that an inner meter has priced, or that was replayed, keeps what it cost when it was drawn.
    """

    def __init__(self, inner: Model, counts: Counts, price: Price | None = None, gpus: float = 0.0) -> None:
        self._inner = inner
        self._counts = counts
        self._price = price
        self._gpus = gpus

    @property
    def info(self) -> ModelInfo:
        """The inner model's."""
        return self._inner.info

    @property
    def tokenizer(self) -> Tokenizer:
        """The inner model's."""
        return self._inner.tokenizer

    async def sample(
        self, prompt: Tokens | str, n: int, params: SamplingParams, seed: int, *, skip: Collection[int] = ()
    ) -> AsyncGenerator[Completion, None]:
        """See `schemas.model.Model.sample`."""
        drawn = self._inner.sample(prompt, n, params, seed, skip=skip)
        ended, asked = 0, sum(index not in skip for index in range(n))
        try:
            async for completion in drawn:
                if self._price:
                    completion = replace(completion, dollars=self._price.of(completion))
                if self._gpus:
                    completion = replace(completion, gpu_s=self._gpus * completion.engine_s)
                ended += 1
                self._counts.rollouts += 1
                self._counts.prompt_tokens += completion.prompt_tokens
                self._counts.cached_tokens += completion.cached_tokens
                self._counts.generated_tokens += completion.generated_tokens
                self._counts.sample_s += completion.engine_s
                self._counts.gpu_s += completion.gpu_s
                self._counts.dollars += completion.dollars
                yield completion
        finally:
            await drawn.aclose()
            self._counts.cancelled += asked - ended
