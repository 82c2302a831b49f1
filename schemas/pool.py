"""Who writes and who continues: the policies of a run as a generator gets them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas import ids
from schemas.model import Model, SamplingParams, Tokens
from schemas.problem import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a model is asked; a file in `generators/prompts/`."""

    name: str
    text: str
    """`{problem}` stands for the statement; the prompts of other parts have more fields."""

    def filled(self, **fields: str) -> str:
        """Return the text with every field in its place, in one pass: what a field holds is never filled again.

        A line that is one field alone is left out where that field is empty.
        """
        empty = {f"{{{name}}}" for name, value in fields.items() if not value}
        lines = "\n".join(line for line in self.text.split("\n") if line not in empty)
        return re.sub(r"\{(\w+)\}", lambda place: fields.get(place[1], place[0]), lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampler:
    """A policy: a model, what it is asked and how its answers are drawn."""

    model: Model
    prompt: Prompt
    """The question of every task that has none of its own in `prompts`."""
    params: SamplingParams
    """`max_tokens` is the budget of a whole solution; a prefix has used part of it."""
    prompts: Mapping[str, Prompt] = field(default_factory=dict, hash=False)
    """By task, the question; by part (`explain`, `write`, ...), what a generator asks besides."""

    def ask(self, statement: str, task: Task = "solve") -> Tokens:
        """Return the prompt's tokens for the question of a problem; a completion follows them directly."""
        return self._tokens(self.question(task).filled(problem=statement))

    def ask_part(self, part: str, **fields: str) -> Tokens:
        """Return the tokens of a part's prompt with its fields filled. Raises KeyError for a part that the run has not loaded."""
        return self._tokens(self.prompts[part].filled(**fields))

    def question(self, task: Task) -> Prompt:
        """Return the prompt of a task's question."""
        return self.prompts.get(task, self.prompt)

    def prompt_hash(self, prompt: Prompt | None = None) -> str:
        """Name everything the model reads before, between and after the fields of a prompt, `self.prompt` unless given."""
        return ids.text_hash(self.model.info.family.template.replace("{prompt}", (prompt or self.prompt).text))

    def _tokens(self, message: str) -> Tokens:
        return self.model.tokenizer.prompt(self.model.info.family.template, message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The policies of a run."""

    writers: tuple[Sampler, ...]
    """They write whole solutions; sample i of a problem is written by `writers[i % len(writers)]`."""
    completer: Sampler
    """It continues prefixes, which labels steps; it may be one of the writers or another (Math-Shepherd, section 3.2)."""
