"""A deterministic model without weights, for tests and debugging: reduces order-of-operations expressions line by line.

It knows the `expressions` family only and continues any prefix of it exactly, from the last line written, as a real policy
would; each operation slips with a set probability. Tokens are Unicode code points. It can be told to be slow, to fail or
to end its process, which is how the flow's own faults are tested.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from random import Random

from pipeline.families import expressions
from pipeline.families.draft import Draft
from pipeline.models import model_families
from schemas import ids
from schemas.errors import EngineError
from schemas.model import Completion, ModelInfo, SamplingParams, Tokens

NAME = "scripted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How it behaves."""

    slip_rate: float = 0.15
    delay_s: float = 0.0
    """Before each completion."""
    fail_share: float = 0.0
    """Share of requests, by seed, that raise EngineError."""
    die_on: str = ""
    """A prompt with this text in it ends the process, as a crash of the interpreter would."""
    can_continue: bool = True


class CodePoints:
    """Tokenizer whose tokens are code points."""

    def encode(self, text: str) -> Tokens:
        """Return one id per character."""
        return tuple(map(ord, text))

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the characters."""
        return "".join(map(chr, tokens))

    def prompt(self, template: str, message: str) -> Tokens:
        """Return the ids of the template with the message in it; there are no special tokens."""
        return self.encode(template.replace("{prompt}", message))


class ScriptedModel:
    """See the module."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.tokenizer = CodePoints()
        self.info = ModelInfo(
            name=NAME,
            revision=ids.digest("scripted", 1, config.slip_rate, size=8),
            engine=NAME,
            context_length=4096,
            can_continue=config.can_continue,
            family=model_families.find("bare"),
        )

    async def sample(
        self, prompt: Tokens | str, n: int, params: SamplingParams, seed: int, *, skip: Collection[int] = ()
    ) -> AsyncGenerator[Completion, None]:
        """See `schemas.model.Model.sample`."""
        text = prompt if isinstance(prompt, str) else self.tokenizer.decode(prompt)
        if not text:
            raise ValueError("empty prompt")
        if len(text) + params.max_tokens > self.info.context_length:
            raise ValueError(f"prompt of {len(text)} tokens and max_tokens {params.max_tokens} exceed the context")
        if self._config.die_on and self._config.die_on in text:
            os._exit(1)
        if Random(seed).random() < self._config.fail_share:
            raise EngineError("told to fail")
        for index in (i for i in range(n) if i not in skip):
            await asyncio.sleep(self._config.delay_s)
            rng = Random(ids.seed(seed, index))
            whole = continuation(text, rng, self._config.slip_rate if params.temperature else 0.0)
            whole = whole[: min((at for at in map(whole.find, params.stop) if at >= 0), default=len(whole))]
            kept = whole[: params.max_tokens]
            yield Completion(
                seed=seed,
                index=index,
                text=kept,
                tokens=self.tokenizer.encode(kept),
                logprobs=(-0.1,) * len(kept),
                finish_reason="stop" if kept == whole else "length",
                prompt_tokens=len(text),
                cached_tokens=0,
                generated_tokens=len(kept),
                engine_s=self._config.delay_s,
            )


def continuation(text: str, rng: Random, slip_rate: float) -> str:
    """Return what follows `text`: the rest of the solution, or a polite refusal for what it does not know."""
    lines = text.rstrip("\n").split("\n")
    last = lines[-1].removeprefix("Evaluate ")
    if last.startswith("Answer:"):
        return ""
    try:
        rest = expressions.solution(Draft(statement=f"Evaluate {last}", reference=""), rng, slip_rate)
    except (SyntaxError, KeyError, AssertionError):
        return "I do not know how to solve this."
    return ("" if text.endswith("\n") else "\n") + "\n".join(rest)


def describe(policy: str, family: str, config: Config) -> ModelInfo:
    """Say what `load` would return."""
    return ScriptedModel(config).info


def load(policy: str, family: str, config: Config) -> ScriptedModel:
    """Return the model; it has no weights and speaks as one family does, so neither name is looked at."""
    return ScriptedModel(config)


def gpus(config: Config) -> float:
    """Return how many GPUs one replica takes: none."""
    return 0.0


def missing() -> str | None:
    """Say why it cannot be used here: it always can."""
    return None
