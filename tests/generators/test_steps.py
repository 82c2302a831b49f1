"""Steps: a text is cut without losing a character, and every token belongs to one step."""

from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generators.steps import split, token_ends
from pipeline.models import policy
from pipeline.models.file_tokenizer import FileTokenizer
from pipeline.models.scripted import CodePoints
from schemas.model import Tokenizer
from tests.pipeline.models.small_tokenizers import QWEN, build

THINK = ("<think>", "</think>")
By = Literal["line", "paragraph"]

lines = st.lists(st.sampled_from([*"ab 1=+\n\n\n\r\t\u2028\x85é€😀", "<think>", "</think>", "\n\n"]), max_size=40).map(
    "".join
)
every_cut = pytest.mark.parametrize(
    ("by", "thinking"), [("line", None), ("paragraph", None), ("line", THINK), ("paragraph", THINK)]
)


def tokenizers() -> list[Tokenizer]:
    embedded = [policy.find("math").tokenizer] if (policy.POLICIES / "math" / "tokenizer.json").exists() else []
    return [CodePoints(), *embedded]


every_tokenizer = pytest.mark.parametrize("tokenizer", tokenizers(), ids=lambda one: type(one).__name__)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\nb", ["a\n", "b"]),
        ("a\nb\n", ["a\n", "b\n"]),
        ("a\n\n\nb", ["a\n\n\n", "b"]),
        ("\n\na\nb", ["\n\na\n", "b"]),
        ("a\r\nb", ["a\r\n", "b"]),
        (" \n \n", [" \n \n"]),
    ],
)
def test_a_step_is_a_line_with_the_blank_ones_after_it(text: str, steps: list[str]) -> None:
    assert split(text, "line") == steps


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("", []),
        ("a\nb", ["a\nb"]),
        ("a\nb\n\nc", ["a\nb\n\n", "c"]),
        ("a\n \n\n  b\n", ["a\n \n\n", "  b\n"]),
        ("\n\na\nb", ["\n\na\nb"]),
        ("a\r\n\r\nb", ["a\r\n\r\n", "b"]),
        ("a\n\n", ["a\n\n"]),
        ("\n\n", ["\n\n"]),
        ("a</think>\nb", ["a</think>\nb"]),
    ],
)
def test_a_step_is_a_paragraph_with_the_blank_lines_after_it(text: str, steps: list[str]) -> None:
    assert split(text, "paragraph") == steps


@pytest.mark.parametrize(
    ("text", "by", "steps"),
    [
        ("<think>\na\n\nb\n</think>\n\nc\nd", "paragraph", ["<think>\na\n\n", "b\n</think>\n\n", "c\nd"]),
        ("a</think>b\nc", "paragraph", ["a</think>", "b\nc"]),
        ("a\n\n</think>\n\nb", "paragraph", ["a\n\n</think>\n\n", "b"]),
        ("a\n\n</think>b", "paragraph", ["a\n\n</think>", "b"]),
        ("<think>\n\n</think>\n\na\n\nb", "paragraph", ["<think>\n\n</think>\n\na\n\n", "b"]),
        ("</think>\na", "paragraph", ["</think>\na"]),
        ("a</think> </think>b", "paragraph", ["a</think> </think>", "b"]),
        ("<think>\na\nb</think>c\n", "line", ["<think>\na\n", "b</think>", "c\n"]),
        ("a\n</think>\n", "line", ["a\n</think>\n"]),
    ],
)
def test_the_end_of_a_thought_ends_a_step(text: str, by: By, steps: list[str]) -> None:
    assert split(text, by, THINK) == steps


@every_cut
@given(text=lines | st.text())
def test_the_steps_joined_are_the_text(by: By, thinking: tuple[str, str] | None, text: str) -> None:
    assert "".join(split(text, by, thinking)) == text


@every_cut
@given(text=lines)
def test_no_step_is_blank_unless_the_text_is(by: By, thinking: tuple[str, str] | None, text: str) -> None:
    assert all(step.strip() for step in split(text, by, thinking)) or not text.strip()


@given(text=lines)
def test_a_paragraph_is_whole_lines(text: str) -> None:
    inner = {sum(map(len, split(text, "line")[:count])) for count in range(len(text) + 1)}
    outer = split(text, "paragraph")
    assert {sum(map(len, outer[:count])) for count in range(len(outer) + 1)} <= inner


@every_tokenizer
@every_cut
@settings(deadline=None)
@given(text=lines | st.text(max_size=30))
@example(text="3 + 4 = 7.\nAnswer: 7 €")
@example(text="a😀")
@example(text="one\u2028two\u2028three")
def test_token_spans_tile_the_completion(
    tokenizer: Tokenizer, by: By, thinking: tuple[str, str] | None, text: str
) -> None:
    tokens = tokenizer.encode(text)
    text = tokenizer.decode(tokens)  # what an engine would call the completion's text
    steps = split(text, by, thinking)
    ends = token_ends(steps, tokens, tokenizer)
    assert len(ends) == len(steps)
    assert all(a <= b for a, b in pairwise([0, *ends]))
    if steps:
        assert ends[-1] == len(tokens)
    seen = ""
    for step, end in zip(steps, ends, strict=True):
        seen += step
        assert tokenizer.decode(tokens[:end]).startswith(seen)


@every_tokenizer
def test_a_prefix_of_whole_lines_decodes_to_exactly_those_lines(tokenizer: Tokenizer) -> None:
    text = "First 5 + 3 = 8.\nThat makes 8 * 2 = 16.\n\nAnswer: 16"
    tokens = tokenizer.encode(text)
    steps = split(text, "line")
    for count, end in enumerate(token_ends(steps, tokens, tokenizer), 1):
        assert tokenizer.decode(tokens[:end]) == "".join(steps[:count])


@pytest.mark.parametrize("by", ["line", "paragraph"])
def test_tokens_of_several_newlines_end_their_step(tmp_path: Path, by: By) -> None:
    build((*QWEN, (".\n\n", False), ("\n\n\n", False))).save(str(tmp_path / "tokenizer.json"))
    tokenizer = FileTokenizer(tmp_path / "tokenizer.json")
    text = "<think>\nWhat is 1.\n\nSo 2.\n\n\n</think>\n\nWhat is 2.\n\n\n\nAnswer: 2"
    tokens = tokenizer.prompt(text, "")  # every added token is read
    assert tokenizer.added_tokens[".\n\n"] in tokens and 256 in tokens
    steps = split(text, by, THINK)
    assert len(steps) == 4
    for count, end in enumerate(token_ends(steps, tokens, tokenizer), 1):
        assert tokenizer.decode(tokens[:end]) == "".join(steps[:count])


def test_a_token_across_the_end_of_a_step_belongs_to_the_step() -> None:
    class Pairs:
        """Two characters a token."""

        def encode(self, text: str) -> tuple[int, ...]:
            return tuple(range(len(text) // 2))

        def decode(self, tokens: object) -> str:
            return "a\nb\ncd"[: 2 * len(tuple(tokens))]  # type: ignore[arg-type]  # any sequence of ids

        def prompt(self, template: str, message: str) -> tuple[int, ...]:
            return self.encode(template.replace("{prompt}", message))

    assert token_ends(["a\n", "b\n", "cd"], (0, 1, 2), Pairs()) == [1, 2, 3]
    assert token_ends(["a\nb", "\ncd"], (0, 1, 2), Pairs()) == [2, 3]


def test_tokens_after_a_stop_string_belong_to_no_step() -> None:
    tokens = CodePoints().encode("a\nb###c")
    assert token_ends(["a\n", "b"], tokens, CodePoints()) == [2, 3]
