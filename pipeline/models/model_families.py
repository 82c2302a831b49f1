"""How each family of models is spoken to and read: one table, and how a model's family is found out.

A template is written down here, not rendered from the chat template that comes with a model: that one is a program that may
print today's date, and rows must say exactly what the model read. Every row names the template it was taken from.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from pipeline.from_toml import nearest
from schemas.errors import ConfigError, PolicyError
from schemas.model import ModelFamily

AUTO = "auto"
"""Stands for the family that `detect` finds."""

USER, ASSISTANT = "\ue000", "\ue001"
"""Where a turn begins, in the template of `chat`. Private-use characters: the http engine turns them into messages."""

_THINK = ("<think>", "</think>")

_ALL = (
    # The embedded policies, which `pipeline/training/` trains on exactly this.
    ModelFamily(name="bare", template="{prompt}\n", prompt="solve_bare.v1"),
    # Models without a chat: the frame is in the prompt, so that a prompt file may show worked examples first. The tokenizer's
    # own beginning-of-text token is put in front where it has one (`policy.Policy.family`).
    ModelFamily(name="plain", template="{prompt}", prompt="solve_plain.v1", stop=("\nProblem",)),
    # tokenizer_config.json of Qwen/Qwen2.5-Math-7B-Instruct: without a system message it puts this one, which is the
    # instruction for solving. generation_config.json ends at both tokens.
    ModelFamily(
        name="qwen2.5-math",
        template="<|im_start|>system\nPlease reason step by step, and put your final answer within \\boxed{}.<|im_end|>\n"
        "<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n",
        prompt="solve_bare.v1",
        end=("<|im_end|>", "<|endoftext|>"),
        steps="paragraph",
    ),
    # tokenizer_config.json of Qwen/Qwen3-0.6B to 235B-A22B: no system message of its own, and the model opens its thought
    # itself. The Instruct models of July 2025 have the same template and do not think.
    ModelFamily(
        name="qwen3",
        template="<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n",
        prompt="solve_boxed.v1",
        end=("<|im_end|>", "<|endoftext|>"),
        thinking=_THINK,
        steps="paragraph",
    ),
    # The same template with enable_thinking=False.
    ModelFamily(
        name="qwen3-no-think",
        template="<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
        prompt="solve_boxed.v1",
        end=("<|im_end|>", "<|endoftext|>"),
        thinking=_THINK,
        steps="paragraph",
    ),
    # tokenizer_config.json of Qwen/Qwen3-4B-Thinking-2507 and its larger siblings: the thought is opened for the model.
    ModelFamily(
        name="qwen3-thinking",
        template="<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n<think>\n",
        prompt="solve_boxed.v1",
        end=("<|im_end|>", "<|endoftext|>"),
        thinking=_THINK,
        thought_open=True,
        steps="paragraph",
    ),
    # tokenizer_config.json of deepseek-ai/DeepSeek-R1-Distill-*, in llama.cpp as
    # models/templates/deepseek-ai-DeepSeek-R1-Distill-Qwen-32B.jinja. The model card asks for no system message, for the
    # instruction in the question, and for the opened thought, without which the model sometimes does not think.
    ModelFamily(
        name="deepseek-r1",
        template="<｜begin▁of▁sentence｜><｜User｜>{prompt}<｜Assistant｜><think>\n",
        prompt="solve_boxed.v1",
        end=("<｜end▁of▁sentence｜>",),
        thinking=_THINK,
        thought_open=True,
        steps="paragraph",
    ),
    # tokenizer_config.json of meta-llama/Meta-Llama-3-8B-Instruct. From 3.1 on the template adds a system turn of its own
    # with "Cutting Knowledge Date: December 2023" and "Today Date: 26 Jul 2024", from 3.2 on today's date instead. It is
    # left out here: the same run would read another prompt every day, and 3.1 and later take the format of 3.0 too.
    ModelFamily(
        name="llama-3",
        template="<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n{prompt}<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
        prompt="solve_boxed.v1",
        end=("<|eot_id|>", "<|end_of_text|>"),
        steps="paragraph",
    ),
    # A server that takes messages applies the model's own template.
    ModelFamily(
        name="chat",
        template=f"{USER}{{prompt}}{ASSISTANT}",
        prompt="solve_boxed.v1",
        thinking=_THINK,
        steps="paragraph",
    ),
)

FAMILIES: dict[str, ModelFamily] = {family.name: family for family in _ALL}

_TOKEN = re.compile(r"<[^<>\s]+>")
_TURN = re.compile(r"im_start|header_id|user|turn|inst\]|role", re.IGNORECASE)
"""What tokens that open a turn are called. Base models have them too: their tokenizers are those of the chat models."""

_NAMES: tuple[tuple[str, str], ...] = (
    (r"deepseek-?r1", "deepseek-r1"),
    (r"qwen-?2\.5-math-.*instruct", "qwen2.5-math"),
    (r"qwen-?3-.*thinking", "qwen3-thinking"),
    (r"qwen-?3-(?!.*(base|coder|vl|omni|embedding|rerank|next))", "qwen3"),
    (r"llama-?3.*instruct", "llama-3"),
    (r"[-_.]base\b|qwen-?2(\.5)?(-math)?-[\d.]+b$|llama-?3[\d.]*-\d+b$", "plain"),
)
"""What a model's name says of its family, first match first; base models of Qwen 2.5 and Llama 3 bear no word for it."""


def find(name: str) -> ModelFamily:
    """Return the family of that name. Raises ConfigError with the nearest known name."""
    if name not in FAMILIES:
        raise ConfigError(f"family = {name!r} is not known{nearest(name, FAMILIES)}")
    return FAMILIES[name]


def tokens(family: ModelFamily) -> tuple[str, ...]:
    """Return the names of the special tokens that the family's models read or end with."""
    return tuple(dict.fromkeys((*_TOKEN.findall(family.template), *family.end)))


def check(family: ModelFamily, model: str, special_tokens: Collection[str]) -> None:
    """Raise PolicyError if the tokenizer of `model` lacks a token of the family.

    Cut into pieces of plain text, a template is read as prose, and nothing but worse answers would show it.
    """
    missing = [token for token in tokens(family) if token not in special_tokens]
    if missing:
        raise PolicyError(
            f"the tokenizer of {model} has no token {', '.join(missing)}, which models of the family {family.name!r} read; "
            f"set `family` to what the model is: {', '.join(FAMILIES)}"
        )


def detect(name: str, config: Mapping[str, Any], special_tokens: Collection[str]) -> ModelFamily:
    """Return the family of a model by its name (folder or hub name), its `config.json` and its tokenizer's special tokens.

    A model whose tokenizer knows no turns is `plain`. One that knows turns is told by its name, or by the name it was
    trained from as far as `config.json` has it. Raises PolicyError where neither says enough: a chat model asked as a base
    model, or the other way round, answers, but badly.
    """
    if not any(_TURN.search(token) for token in special_tokens):
        return FAMILIES["plain"]
    for known_as in (name, str(config.get("_name_or_path", ""))):
        last = known_as.rstrip("/").rpartition("/")[2].lower()
        for pattern, family in _NAMES:
            if re.search(pattern, last):
                return FAMILIES[family]
    raise PolicyError(
        f"the family of {name} (model_type {config.get('model_type')!r}) cannot be told from its files; set `family` beside "
        f"`policy` to one of {', '.join(FAMILIES)} (`plain` for a base model)"
    )
