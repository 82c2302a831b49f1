"""A tokenizer.json: the ids are those of the library, special tokens come from templates only, and nothing is added twice."""

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer

from pipeline.models.file_tokenizer import FileTokenizer
from pipeline.models.model_families import FAMILIES
from tests.pipeline.models.small_tokenizers import DEEPSEEK, LLAMA, QWEN, build

KINDS = {
    "qwen3-no-think": (QWEN, None),
    "deepseek-r1": (DEEPSEEK, "<｜begin▁of▁sentence｜>"),
    "llama-3": (LLAMA, "<|begin_of_text|>"),
    "plain": ((), None),
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[FileTokenizer, Tokenizer]]:
    """Ours and the library's, by family."""
    found = {}
    for family, (added, beginning) in KINDS.items():
        path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
        build(added, beginning=beginning).save(str(path))
        found[family] = FileTokenizer(path), Tokenizer.from_file(str(path))
    return found


# Newlines and spaces at the ends melt into tokens of the template; the tags are harmless nowhere, so they are left out.
messages = st.text(alphabet="What is1+?\n :<|think>é€😀e\u0301", max_size=30).filter(lambda text: "think>" not in text)


@pytest.mark.parametrize("family", KINDS)
@given(message=messages | st.text(max_size=20))
def test_a_prompt_is_the_whole_text_encoded_at_once(
    loaded: dict[str, tuple[FileTokenizer, Tokenizer]], family: str, message: str
) -> None:
    ours, library = loaded[family]
    assume(not any(token in message for token in ours.added_tokens))
    template = FAMILIES[family].template
    whole = library.encode(template.replace("{prompt}", message), add_special_tokens=False)
    assert list(ours.prompt(template, message)) == whole.ids


@pytest.mark.parametrize("family", KINDS)
@given(text=st.text(max_size=30))
def test_text_comes_back_as_it_was(loaded: dict[str, tuple[FileTokenizer, Tokenizer]], family: str, text: str) -> None:
    ours, library = loaded[family]
    assert ours.decode(ours.encode(text)) == library.normalizer.normalize_str(text)


def test_nothing_is_put_in_front(loaded: dict[str, tuple[FileTokenizer, Tokenizer]]) -> None:
    ours, library = loaded["llama-3"]
    assert library.encode("What").ids == [282, 260]
    assert ours.encode("What") == (260,)
    assert ours.prompt("{prompt}", "What") == (260,)
    assert ours.beginning == "<|begin_of_text|>"
    assert ours.prompt(ours.beginning + "{prompt}", "What") == (282, 260)


def test_a_tokenizer_without_a_beginning_has_none(loaded: dict[str, tuple[FileTokenizer, Tokenizer]]) -> None:
    assert loaded["qwen3-no-think"][0].beginning == ""


def test_names_in_a_text_are_text_but_tags_are_tokens(loaded: dict[str, tuple[FileTokenizer, Tokenizer]]) -> None:
    ours, _ = loaded["deepseek-r1"]
    text = "<think>\n<｜User｜><｜end▁of▁sentence｜>\n</think>\n"
    ids = ours.encode(text)
    assert ours.decode(ids) == text
    added = ours.added_tokens
    assert [id_ for id_ in ids if id_ in added.values()] == [added["<think>"], added["</think>"]]


def test_special_tokens_give_no_text_and_tags_do(loaded: dict[str, tuple[FileTokenizer, Tokenizer]]) -> None:
    ours, _ = loaded["qwen3-no-think"]
    added = ours.added_tokens
    assert ours.decode([added["<|im_start|>"], 260, added["</think>"], added["<|im_end|>"]]) == "What</think>"


def test_a_tag_that_is_flagged_as_special_is_shown_all_the_same(tmp_path: Path) -> None:
    build((("<think>", True), ("</think>", True))).save(str(tmp_path / "tokenizer.json"))
    ours = FileTokenizer(tmp_path / "tokenizer.json")
    assert ours.decode(ours.encode("a</think>b")) == "a</think>b"


def test_limits_and_padding_of_the_file_are_not_ours(tmp_path: Path) -> None:
    tokenizer = build(QWEN)
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=16)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    assert FileTokenizer(tmp_path / "tokenizer.json").encode("What is 1 + 1?") == (260, 261, 220, 16, 262, 220, 16, 30)


def test_the_longest_name_wins(tmp_path: Path) -> None:
    tokenizer = build(())
    tokenizer.add_tokens([AddedToken("<a>", normalized=False), AddedToken("<a><b>", normalized=False)])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    ours = FileTokenizer(tmp_path / "tokenizer.json")
    assert ours.prompt("<a><b><a>{prompt}", "") == tuple(tokenizer.encode("<a><b><a>").ids)
