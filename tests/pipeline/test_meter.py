"""Prices and GPU time: each token and second is counted once, for what it is."""

import asyncio

import pytest

from pipeline.counts import Counts
from pipeline.meter import MeteredModel, Price
from schemas.model import Completion, SamplingParams
from tests.doubles import TellingModel, collect


def drawn(price: Price | None, gpus: float = 0.0) -> tuple[list[Completion], Counts]:
    counts = Counts()
    model = MeteredModel(TellingModel(lambda *_: "x" * 10), counts, price, gpus)
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


@pytest.mark.parametrize("gpus", [0.0, 0.5, 1.0, 8.0])
def test_gpu_time_is_the_share_of_the_engine_times_its_gpus(gpus: float) -> None:
    found, counts = drawn(None, gpus)
    assert [one.gpu_s for one in found] == pytest.approx([0.25 * gpus] * 3)
    assert counts.gpu_s == pytest.approx(0.75 * gpus)


def test_what_was_metered_is_only_added_up_again() -> None:
    inner, outer = Counts(), Counts()
    model = MeteredModel(TellingModel(lambda *_: "x" * 10), inner, Price(generated=1e6), gpus=4)
    again = asyncio.run(collect(MeteredModel(model, outer).sample("q", 3, SamplingParams(), 1)))
    assert [(one.gpu_s, one.dollars) for one in again] == [(1.0, 10.0)] * 3
    assert outer == inner
    assert (outer.gpu_s, outer.dollars) == (3.0, 30.0)


def test_without_a_price_table_completions_go_through_as_they_are() -> None:
    found, counts = drawn(None)
    assert {(one.dollars, one.gpu_s) for one in found} == {(0.0, 0.0)}
    assert (counts.rollouts, counts.prompt_tokens, counts.cached_tokens, counts.generated_tokens) == (3, 24, 12, 30)
    assert counts.sample_s == 0.75
