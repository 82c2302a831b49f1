"""Where the final answer is, in whole solutions and bare answers."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifiers.final_answer import find, strip_annotations

FOUND = [
    ("18", "18"),
    ("  x = 5 ", "x = 5"),
    ("She has 16 - 3 = <<16-3=13>>13 eggs.\nThat makes 13 * 2 = $<<13*2=26>>26\nA: 26", "26"),
    ("work\n#### 1,234", "1,234"),
    ("The answer is 42.", "42"),
    ("The answer is 4.5. I hope it is correct.", "4.5"),
    ("Therefore, the final answer is: $\\boxed{\\frac{1}{2}}$. I hope it is correct.", "\\frac{1}{2}"),
    ("so \\boxed{\\left\\{ x : x > \\frac{1}{2} \\right\\}} is it", "\\left\\{ x : x > \\frac{1}{2} \\right\\}"),
    ("\\boxed{1}, \\boxed{2}", "1, 2"),
    ("either \\boxed{1} or \\boxed{2}", "1, 2"),
    ("**Answer:** 7", "7"),
    ("Final answer: 7 apples", "7 apples"),
    ("Answer:\n\n7", "7"),
    ("first line\nSo the total is 2 + 3 = 5 apples.", "5 apples"),
    ("So the total is 2 + 3 = 5 apples.", "5 apples"),
    ("She makes 9 * 2 = $<<9*2=18>>18 every day.", "$18 every day"),
    ("y=2x+3", "y=2x+3"),
    ("\\fbox{3}", "3"),
    ("\\text{The answer is Friday}", "Friday"),
    ("### Final Answer\n\n7", "7"),
    ("<think>so 5</think><answer>12</answer>", "12"),
    ("The correct option is (D) 7.", "(D) 7"),
    ("The answer is **12** because 3*4=12.", "12"),
    ("Thus, x equals 12.", "12"),
    ("PV = nRT", "PV = nRT"),
]


@pytest.mark.parametrize(("text", "answer"), FOUND)
def test_finds_the_answer(text: str, answer: str) -> None:
    found = find(text)
    assert found is not None
    assert found.text == answer


LAST = [
    ("The answer is 5. No, wait. The answer is 6.", "6"),
    ("\\boxed{5} is wrong, so \\boxed{6}", "6"),
    ("\\boxed{5} was my guess.\nThe answer is 6.", "6"),
    ("The answer is 5, or is it?\n\\boxed{6}", "6"),
    ("#### 5\nA: 6", "6"),
    ("A: 5\n#### 6", "6"),
    ("A: 5\nA: 6", "6"),
    ("\\boxed{5}, but the choice is yours.", "5"),
    ("<answer>5</answer> or rather <answer>6</answer>", "6"),
]


@pytest.mark.parametrize(("text", "answer"), LAST)
def test_the_last_answer_wins(text: str, answer: str) -> None:
    found = find(text)
    assert found is not None
    assert found.text == answer


@pytest.mark.parametrize(
    "text",
    ["", " \n ", "\\boxed{}", "\\boxed{5} or rather \\boxed{", "The answer is 5.\nA:", "#### 5\n####", "word " * 200],
)
def test_an_empty_end_means_no_answer(text: str) -> None:
    assert find(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "\\boxed{" * 20_000,
        "answer" * 20_000,
        "answer to " * 9_000,
        "\n" * 100_000 + "x",
        "<<" * 50_000,
        "A:" * 30_000,
        "{" * 90_000,
    ],
    ids=lambda text: text[:10],
)
def test_hostile_texts_take_linear_time(text: str) -> None:
    start = time.process_time()
    find(text)
    assert time.process_time() - start < 10  # not a speed: unbounded work would take minutes


def test_annotations_end_with_their_line() -> None:
    assert strip_annotations("a <<1+1=2>>2 b") == "a 2 b"
    assert strip_annotations("a << b\nc >> d") == "a  b\nc >> d"


@given(st.text())
def test_total(text: str) -> None:
    find(text)


@given(st.text(max_size=200), st.integers(0, 10**9))
def test_a_box_at_the_end_is_always_found(prose: str, value: int) -> None:
    prose = prose.replace("\\", "").replace("boxed", "")
    found = find(f"{prose}\nand so \\boxed{{{value}}}")
    assert found is not None
    assert found.text == str(value)
