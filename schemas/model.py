"""The protocol of a model: continue a prompt n times, stream each completion as it ends."""

from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Tokens = tuple[int, ...]
FinishReason = Literal["stop", "length"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingParams:
    """How to draw a completion; the seed is not here because it belongs to the request."""

    temperature: float = 1.0
    """0 is greedy."""
    top_p: float = 1.0
    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    """Strings that end a completion; they are not part of its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One finished sample, named by (seed, index)."""

    seed: int
    index: int
    text: str
    """Without the end-of-sequence token and without the stop string."""
    tokens: Tokens
    """What was generated, the end-of-sequence token left out."""
    logprobs: tuple[float, ...] | None
    """Natural logarithm of each generated token's probability as the model gave it; same length as `tokens`, None where
    the engine does not say (some servers)."""
    finish_reason: FinishReason
    prompt_tokens: int
    cached_tokens: int
    """Prompt tokens whose attention state was reused; at most `prompt_tokens`."""
    generated_tokens: int
    """Tokens that were decoded, the end-of-sequence token included."""
    engine_s: float
    """Its fair share of the engine's wall time: each moment is split among the samples then in flight."""
    gpu_s: float = 0.0
    """That times the GPUs of the engine; the flow fills it in, engines leave it."""
    dollars: float = 0.0
    """What it cost by the price table of the run; the flow fills it in, engines leave it."""

    @property
    def logprob(self) -> float | None:
        """Sum over the tokens."""
        return None if self.logprobs is None else sum(self.logprobs)


class Tokenizer(Protocol):
    """Exact text <-> token ids."""

    def encode(self, text: str) -> Tokens:
        """Return the ids of `text`, without special tokens."""
        ...

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of `tokens`; special tokens give nothing."""
        ...

    def prompt(self, template: str, message: str) -> Tokens:
        """Return the ids of `template` with `message` in place of `{prompt}`.

        Special tokens are read in the template only: in the message their names are plain text.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFamily:
    """How the models of a family are spoken to, and how what they write is read; see `pipeline/models/model_families.py`."""

    name: str
    template: str
    """What stands around a prompt, special tokens included; `{prompt}` is its place. A completion follows it directly."""
    prompt: str
    """Name of the prompt for solving, in `generators/prompts/`, that these models were trained for."""
    end: tuple[str, ...] = ()
    """Names of the special tokens that end a completion, besides those in the model's own configuration."""
    stop: tuple[str, ...] = ()
    """Strings that end a completion."""
    thinking: tuple[str, str] | None = None
    """Tags around thought that is not part of the answer."""
    thought_open: bool = False
    """Whether a completion begins inside the thought, because the template opens it."""
    steps: Literal["line", "paragraph"] = "line"
    """What a step is: a line, or what stands between blank lines."""

    def answer_part(self, text: str) -> str:
        """Return the part of a completion that answers: what follows the thought, nothing while the thought goes on."""
        if self.thinking is None:
            return text
        opening, closing = self.thinking
        _, closed, answer = text.rpartition(closing)
        if closed:
            return answer
        return "" if opening in text or self.thought_open else text


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """What a row records of a model, and what a generator must know before it asks."""

    name: str
    revision: str
    """Hash of the weights, or the hub revision."""
    engine: str
    context_length: int
    """Tokens of prompt and completion together."""
    can_continue: bool
    """Whether an exact prefix can be continued; step labels need it."""
    family: ModelFamily


class Model(Protocol):
    """Any policy behind any engine."""

    @property
    def info(self) -> ModelInfo:
        """What it is."""
        ...

    @property
    def tokenizer(self) -> Tokenizer:
        """Its tokenizer."""
        ...

    def sample(
        self, prompt: Tokens | str, n: int, params: SamplingParams, seed: int, *, skip: Collection[int] = ()
    ) -> AsyncGenerator[Completion, None]:
        """Yield n independent completions as each ends, in any order, their `index` saying which of the n they are.

        Indices in `skip` are left out (they were paid for before).

        Reproducible for (prompt, params, seed, index). Closing the generator cancels what has not ended. Raises
        ValueError on a prompt the engine cannot take (empty, too long, ids out of range) and EngineError when the engine
        is lost for good.
        """
        ...
