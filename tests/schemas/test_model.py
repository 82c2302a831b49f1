"""What a family says of a completion."""

from dataclasses import replace

import pytest

from schemas.model import ModelFamily

CLOSED = ModelFamily(name="t", template="Q {prompt}\nA ", prompt="p", thinking=("<think>", "</think>"))
OPEN = replace(CLOSED, template="Q {prompt}\nA <think>\n", thought_open=True)
SKIPPED = ModelFamily(
    name="t", template="Q {prompt}\n<think>\n\n</think>\n", prompt="p", thinking=("<think>", "</think>")
)
PLAIN = ModelFamily(name="t", template="{prompt}", prompt="p")


@pytest.mark.parametrize(
    ("family", "text", "answers"),
    [
        (PLAIN, "<think>5</think>6", "<think>5</think>6"),
        (CLOSED, "<think>5</think>6", "6"),
        (CLOSED, "<think>5</think>6</think>7", "7"),
        (CLOSED, "<think>the answer is 5", ""),
        (CLOSED, "the answer is 5", "the answer is 5"),
        (OPEN, "5</think>\n6", "\n6"),
        (OPEN, "the answer is 5", ""),
        (SKIPPED, "the answer is 5", "the answer is 5"),
        (CLOSED, "", ""),
    ],
)
def test_thought_is_no_answer(family: ModelFamily, text: str, answers: str) -> None:
    assert family.answer_part(text) == answers
