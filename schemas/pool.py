"""Who writes and who continues: the policies of a run as a generator gets them."""

from dataclasses import dataclass

from schemas import ids
from schemas.model import Model, SamplingParams, Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a model is asked; a file in `generators/prompts/`."""

    name: str
    text: str
    """`{problem}` stands for the statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampler:
    """A policy: a model, what it is asked and how its answers are drawn."""

    model: Model
    prompt: Prompt
    params: SamplingParams
    """`max_tokens` is the budget of a whole solution; a prefix has used part of it."""

    def ask(self, statement: str) -> Tokens:
        """Return the prompt's tokens for a problem; a completion follows them directly."""
        message = self.prompt.text.replace("{problem}", statement)
        return self.model.tokenizer.prompt(self.model.info.family.template, message)

    @property
    def prompt_hash(self) -> str:
        """Name everything the model reads before and after the statement."""
        return ids.text_hash(self.model.info.family.template.replace("{prompt}", self.prompt.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The policies of a run."""

    writers: tuple[Sampler, ...]
    """They write whole solutions; sample i of a problem is written by `writers[i % len(writers)]`."""
    completer: Sampler
    """It continues prefixes, which labels steps; it may be one of the writers or another (Math-Shepherd, section 3.2)."""
