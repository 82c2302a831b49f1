"""The scripted model: a solver of one family that is right or wrong as often as it is told."""

import asyncio
from random import Random

import pytest

from pipeline.models import scripted
from pipeline.models.scripted import CodePoints, Config, continuation
from schemas.errors import EngineError
from schemas.model import Completion, SamplingParams
from tests.doubles import collect

PROMPT = "Evaluate (3 + 4) * 5 - 6 * 2\n"
PARAMS = SamplingParams(max_tokens=200)


def sampled(n: int, *, config: Config, prompt: str = PROMPT, seed: int = 3) -> list[Completion]:
    return asyncio.run(collect(scripted.load("", "auto", config).sample(prompt, n, PARAMS, seed)))


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Evaluate 2 * 3 + 1\n", "6 + 1\n7\nAnswer: 7"),
        ("Evaluate 2 * 3 + 1", "\n6 + 1\n7\nAnswer: 7"),
        ("Evaluate 2 * 3 + 1\n6 + 1\n", "7\nAnswer: 7"),
        ("Evaluate 2 * 3 + 1\n5 + 1\n", "6\nAnswer: 6"),
        ("Evaluate 2 * 3 + 1\n6 + 1\n7\n\n", "Answer: 7"),
        ("Evaluate 2 * 3 + 1\n6 + 1\n7\nAnswer: 7", ""),
    ],
)
def test_it_goes_on_from_the_last_line_written(text: str, rest: str) -> None:
    assert continuation(text, Random(0), 0.0) == rest


@pytest.mark.parametrize("text", ["How many apples?", "Evaluate 3 +", "Evaluate x + 1", "Evaluate 2 ** 9", "(" * 300])
def test_it_says_so_where_it_does_not_know(text: str) -> None:
    assert continuation(text, Random(0), 0.0) == "I do not know how to solve this."


def test_it_slips_about_as_often_as_it_is_told() -> None:
    answers = [one.text.rpartition("Answer: ")[2] for one in sampled(300, config=Config(slip_rate=0.1))]
    # Four operations: right with 0.9 ** 4 = 0.66, and a little more because two slips may cancel.
    assert 0.56 <= answers.count("23") / 300 <= 0.78
    exact = "7 * 5 - 6 * 2\n35 - 6 * 2\n35 - 12\n23\nAnswer: 23"
    assert {one.text for one in sampled(20, config=Config(slip_rate=0.0))} == {exact}


def test_another_slip_rate_is_another_revision() -> None:
    revisions = {scripted.describe("", "auto", Config(slip_rate=rate)).revision for rate in (0.0, 0.1, 0.2)}
    assert len(revisions) == 3
    assert scripted.describe("", "auto", Config(delay_s=1.0)) == scripted.describe("", "auto", Config())


def test_the_share_of_requests_that_fail_is_as_told_and_named_by_the_seed() -> None:
    def fails(seed: int) -> bool:
        try:
            sampled(1, config=Config(fail_share=0.3), seed=seed)
        except EngineError:
            return True
        return False

    failed = [fails(seed) for seed in range(200)]
    assert 35 <= sum(failed) <= 85
    assert failed == [fails(seed) for seed in range(200)]


def test_code_points_are_exact() -> None:
    text = "a\x00\n€\U0001f600"
    assert CodePoints().decode(CodePoints().encode(text)) == text
