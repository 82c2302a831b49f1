"""Families: what a model reads is the very sequence of ids it was trained on, and `auto` never guesses."""

import re
from pathlib import Path

import pytest

from generators.prompts import catalog
from pipeline.models import model_families
from pipeline.models.file_tokenizer import FileTokenizer
from pipeline.models.model_families import FAMILIES
from schemas.errors import ConfigError, PolicyError
from tests.pipeline.models.small_tokenizers import DEEPSEEK, LLAMA, QWEN, build

ADDED = {
    "bare": QWEN,
    "plain": QWEN,
    "qwen2.5-math": QWEN,
    "qwen3": QWEN,
    "qwen3-no-think": QWEN,
    "qwen3-thinking": QWEN,
    "deepseek-r1": DEEPSEEK,
    "llama-3": LLAMA,
    "chat": QWEN,
}
BEGINNING = {"deepseek-r1": "<｜begin▁of▁sentence｜>", "llama-3": "<|begin_of_text|>"}

QUESTION = [260, 261, 220, 16, 262, 220, 16, 30]
"""`What`, ` is`, ` `, `1`, ` +`, ` `, `1`, `?`"""
IM_START, IM_END, THINK, THINK_END = 283, 284, 285, 286
USER, ASSISTANT, NEWLINE, NEWLINES = 257, 258, 198, 256

GOLDEN = {
    "bare": [*QUESTION, NEWLINE],
    "plain": QUESTION,
    # fmt: off
    "qwen2.5-math": [
        IM_START,
        259,
        NEWLINE,
        263,
        264,
        265,
        266,
        265,
        11,
        267,
        268,
        269,
        270,
        271,
        272,
        273,
        274,
        275,
        IM_END,
        NEWLINE,
        IM_START,
        USER,
        NEWLINE,
        *QUESTION,
        IM_END,
        NEWLINE,
        IM_START,
        ASSISTANT,
        NEWLINE,
    ],
    "qwen3": [IM_START, USER, NEWLINE, *QUESTION, IM_END, NEWLINE, IM_START, ASSISTANT, NEWLINE],
    "qwen3-no-think": [
        IM_START,
        USER,
        NEWLINE,
        *QUESTION,
        IM_END,
        NEWLINE,
        IM_START,
        ASSISTANT,
        NEWLINE,
        THINK,
        NEWLINES,
        THINK_END,
        NEWLINES,
    ],
    "qwen3-thinking": [
        IM_START,
        USER,
        NEWLINE,
        *QUESTION,
        IM_END,
        NEWLINE,
        IM_START,
        ASSISTANT,
        NEWLINE,
        THINK,
        NEWLINE,
    ],
    # beginning of sentence, user, .., assistant, <think>
    "deepseek-r1": [285, 283, *QUESTION, 284, 286, NEWLINE],
    # beginning of text, start header, user, end header, .., end of turn, start header, assistant, end header
    "llama-3": [282, 284, USER, 285, NEWLINES, *QUESTION, 286, 284, ASSISTANT, 285, NEWLINES],
    # fmt: on
}

every_family = pytest.mark.parametrize("family", FAMILIES)
of_tokens = pytest.mark.parametrize("family", [name for name in FAMILIES if name != "chat"])
"""Those whose models read ids that we make."""


def tokenizer_of(family: str, folder: Path) -> FileTokenizer:
    build(ADDED[family], beginning=BEGINNING.get(family)).save(str(folder / "tokenizer.json"))
    return FileTokenizer(folder / "tokenizer.json")


@of_tokens
def test_a_prompt_is_the_recorded_sequence_of_ids(family: str, tmp_path: Path) -> None:
    tokenizer = tokenizer_of(family, tmp_path)
    assert list(tokenizer.prompt(FAMILIES[family].template, "What is 1 + 1?")) == GOLDEN[family]


@of_tokens
def test_names_of_special_tokens_in_a_statement_are_text(family: str, tmp_path: Path) -> None:
    tokenizer = tokenizer_of(family, tmp_path)
    hostile = "What is 1 + 1?" + "".join(tokenizer.added_tokens) + "{prompt}"
    ids = tokenizer.prompt(FAMILIES[family].template, hostile)
    added = set(tokenizer.added_tokens.values())
    assert [id_ for id_ in ids if id_ in added] == [id_ for id_ in GOLDEN[family] if id_ in added]
    assert hostile in tokenizer.decode(ids)


def test_turns_of_chat_can_be_read_back_from_the_ids(tmp_path: Path) -> None:
    tokenizer = tokenizer_of("chat", tmp_path)
    ids = tokenizer.prompt(FAMILIES["chat"].template, "What is 1 + 1?")
    assert tokenizer.decode(ids) == model_families.USER + "What is 1 + 1?" + model_families.ASSISTANT


@every_family
def test_its_prompt_exists_and_its_template_has_one_place_for_it(family: str) -> None:
    assert catalog.find(FAMILIES[family].prompt).text
    assert FAMILIES[family].template.count("{prompt}") == 1


@every_family
def test_a_tokenizer_without_a_token_of_the_family_is_refused(family: str, tmp_path: Path) -> None:
    known = tokenizer_of(family, tmp_path).added_tokens
    model_families.check(FAMILIES[family], "M", known)
    for token in model_families.tokens(FAMILIES[family]):
        with pytest.raises(PolicyError, match=f"tokenizer of M has no token {re.escape(token)}, .*`family`"):
            model_families.check(FAMILIES[family], "M", [name for name in known if name != token])


def test_what_ends_a_turn_must_be_in_the_tokenizer_too() -> None:
    assert set(model_families.tokens(FAMILIES["qwen3"])) == {"<|im_start|>", "<|im_end|>", "<|endoftext|>"}


@pytest.mark.parametrize(
    ("name", "added", "family"),
    [
        ("Qwen/Qwen2.5-Math-7B-Instruct", QWEN, "qwen2.5-math"),
        ("qwen2.5-math-1.5b-instruct-awq", QWEN, "qwen2.5-math"),
        ("Qwen/Qwen2.5-Math-7B", QWEN, "plain"),
        ("Qwen/Qwen2.5-7B", QWEN, "plain"),
        ("Qwen/Qwen3-0.6B", QWEN, "qwen3"),
        ("Qwen/Qwen3-30B-A3B-Instruct-2507-FP8", QWEN, "qwen3"),
        ("Qwen/Qwen3-4B-Thinking-2507", QWEN, "qwen3-thinking"),
        ("Qwen/Qwen3-8B-Base", QWEN, "plain"),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", DEEPSEEK, "deepseek-r1"),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", DEEPSEEK, "deepseek-r1"),
        ("deepseek-ai/DeepSeek-R1-0528-Qwen3-8B", DEEPSEEK, "deepseek-r1"),
        ("meta-llama/Meta-Llama-3-8B-Instruct", LLAMA, "llama-3"),
        ("meta-llama/Llama-3.3-70B-Instruct", LLAMA, "llama-3"),
        ("meta-llama/Llama-3.1-8B", LLAMA, "plain"),
        ("EleutherAI/pythia-70m", (("<|endoftext|>", True),), "plain"),
    ],
)
def test_auto_knows_a_model_by_its_name(name: str, added: tuple[tuple[str, bool], ...], family: str) -> None:
    assert model_families.detect(name, {"model_type": "any"}, [token for token, _ in added]).name == family


def test_auto_knows_a_fine_tuned_model_by_the_one_it_was_trained_from() -> None:
    config = {"_name_or_path": "/models/Qwen2.5-Math-7B-Instruct/"}
    assert model_families.detect("run-17", config, [token for token, _ in QWEN]).name == "qwen2.5-math"


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("run-17", "<|im_start|>"),
        ("Qwen/Qwen2.5-7B-Instruct", "<|im_start|>"),
        ("Qwen/Qwen3-Coder-30B-A3B-Instruct", "<|im_start|>"),
        ("google/gemma-3-4b-it", "<start_of_turn>"),
        ("mistralai/Mistral-7B-Instruct-v0.3", "[INST]"),
        ("microsoft/Phi-4-mini-instruct", "<|user|>"),
    ],
)
def test_auto_asks_where_a_chat_model_is_not_known(name: str, token: str) -> None:
    with pytest.raises(PolicyError, match=f"family of {name} .*set `family`.* qwen3, .*`plain`"):
        model_families.detect(name, {"model_type": "x"}, ["<|endoftext|>", token])


def test_an_unknown_family_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="family = 'qwen-3'.*did you mean 'qwen3'"):
        model_families.find("qwen-3")


@pytest.mark.parametrize(
    ("family", "text", "answer"),
    [
        ("qwen3", "<think>\n1 + 1 = 3?\n</think>\n\n2", "\n\n2"),
        ("qwen3", "<think>\nSo 3", ""),
        ("qwen3", "2", "2"),
        ("qwen3-no-think", "2", "2"),
        ("qwen3-thinking", "So 3", ""),
        ("deepseek-r1", "So 3", ""),
        ("deepseek-r1", "3?\n</think>\n2", "\n2"),
        ("chat", "2", "2"),
        ("chat", "<think>3</think>2", "2"),
        ("qwen2.5-math", "<think>", "<think>"),
    ],
)
def test_thought_is_no_part_of_the_answer(family: str, text: str, answer: str) -> None:
    assert FAMILIES[family].answer_part(text) == answer
