"""Prices: each token is paid for once, at its own price."""

import asyncio

import pytest

from pipeline.counts import Counts
from pipeline.meter import MeteredModel, Price
from schemas.model import Completion, SamplingParams
from tests.doubles import TellingModel, collect


def drawn(price: Price | None) -> tuple[list[Completion], Counts]:
    counts = Counts()
    model = MeteredModel(TellingModel(lambda *_: "x" * 10), counts, price)
    return asyncio.run(collect(model.sample("q" * 8, 3, SamplingParams(max_tokens=50), 1))), counts


@pytest.mark.parametrize(
    ("price", "dollars"),
    [
        # The model says of each: 8 prompt tokens, 4 of them cached, 10 generated, a quarter of a second.
        (Price(), 0.0),
        (Price(prompt=1e6), 4.0),
        (Price(cached=1e6), 4.0),
        (Price(generated=1e6), 10.0),
        (Price(hour=3600.0), 0.25),
        (Price(prompt=2.5, cached=1.25, generated=10, hour=2), (4 * 2.5 + 4 * 1.25 + 100) / 1e6 + 0.5 / 3600),
    ],
)
def test_what_a_completion_costs(price: Price, dollars: float) -> None:
    found, counts = drawn(price)
    assert [one.dollars for one in found] == pytest.approx([dollars] * 3)
    assert counts.dollars == pytest.approx(3 * dollars)


def test_without_a_price_table_completions_go_through_as_they_are() -> None:
    found, counts = drawn(None)
    assert {one.dollars for one in found} == {0.0}
    assert (counts.rollouts, counts.prompt_tokens, counts.cached_tokens, counts.generated_tokens) == (3, 24, 12, 30)
    assert counts.sample_s == 0.75
