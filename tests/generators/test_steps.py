"""Steps: a text is cut without losing a character, and every token belongs to one step."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generators.steps import split, token_ends
from pipeline.models import policy
from pipeline.models.scripted import CodePoints
from schemas.model import Tokenizer

lines = st.text(alphabet="ab 1=+\n\n\r\t\u2028\x85é€😀", max_size=40)


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
    assert split(text) == steps


@given(lines | st.text())
def test_the_steps_joined_are_the_text(text: str) -> None:
    assert "".join(split(text)) == text


@given(lines)
def test_no_step_is_blank_unless_the_text_is(text: str) -> None:
    assert all(step.strip() for step in split(text)) or not text.strip()


@every_tokenizer
@settings(deadline=None)
@given(text=lines | st.text(max_size=30))
@example(text="3 + 4 = 7.\nAnswer: 7 €")
@example(text="a😀")
@example(text="one\u2028two\u2028three")
def test_token_spans_tile_the_completion(tokenizer: Tokenizer, text: str) -> None:
    tokens = tokenizer.encode(text)
    text = tokenizer.decode(tokens)  # what an engine would call the completion's text
    steps = split(text)
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
    steps = split(text)
    for count, end in enumerate(token_ends(steps, tokens, tokenizer), 1):
        assert tokenizer.decode(tokens[:end]) == "".join(steps[:count])


def test_a_token_across_the_end_of_a_step_belongs_to_the_step() -> None:
    class Pairs:
        """Two characters a token."""

        def encode(self, text: str) -> tuple[int, ...]:
            return tuple(range(len(text) // 2))

        def decode(self, tokens: object) -> str:
            return "a\nb\ncd"[: 2 * len(tuple(tokens))]  # type: ignore[arg-type]  # any sequence of ids

    assert token_ends(["a\n", "b\n", "cd"], (0, 1, 2), Pairs()) == [1, 2, 3]
    assert token_ends(["a\nb", "\ncd"], (0, 1, 2), Pairs()) == [2, 3]


def test_tokens_after_a_stop_string_belong_to_no_step() -> None:
    tokens = CodePoints().encode("a\nb###c")
    assert token_ends(["a\n", "b"], tokens, CodePoints()) == [2, 3]
