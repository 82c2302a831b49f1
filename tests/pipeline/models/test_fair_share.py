"""Shares of samples under way at the same time add up to the time that passed."""

import time

import pytest

from pipeline.models.fair_share import FairShare


def test_shares_add_up_to_the_time_that_passed() -> None:
    share = FairShare()
    time.sleep(0.01)
    idle = share.read(0)
    assert (idle, share.span_s) == (0.0, 0.0)
    first = share.read(0)
    time.sleep(0.02)
    second = share.read(1)
    time.sleep(0.02)
    first_end = share.read(2)
    time.sleep(0.02)
    second_end = share.read(1)
    assert (first_end - first) + (second_end - second) == pytest.approx(share.span_s, rel=1e-6)
    assert second_end > first_end > second > first
