"""Measures on pools made by hand, whose figures are known by counting."""

import asyncio

import numpy as np
import pytest

from generators.strategies import Rule
from jobs.bench.labels import measures
from jobs.bench.labels.pool import Solution
from jobs.bench.labels.replay import replay
from tests.jobs.bench.labels.pools import a_solution

ONE = Rule(rollouts=1)
SOLUTIONS = [
    a_solution("a", "a", "r", outcome="accepted"),  # three good prefixes, one missed
    a_solution("a", "r", "a", first_error=1),  # one good found, two bad, one found; located
    a_solution("a", "a", "a", first_error=3),  # three good found; the last step is the error, located
    a_solution("a", "r", "r", first_error=2),  # two good, one missed, one bad found; located too early
    a_solution("a", "r", "r", first_error=None),  # nothing is known of it
]


def sums(solutions: list[Solution], weights: measures.Array | None = None) -> measures.Sums:
    found = [asyncio.run(replay(ONE, solution)) for solution in solutions]
    table = measures.counts(solutions, found)
    return measures.sums(table, np.ones((1, len(solutions))) if weights is None else weights)


def test_balanced_accuracy_is_the_mean_of_both_recalls() -> None:
    found = sums(SOLUTIONS)
    assert (found["good"][0], found["good_found"][0]) == (9, 7)
    assert (found["bad"][0], found["bad_found"][0]) == (3, 2)
    assert found.balanced_accuracy()[0] == pytest.approx((7 / 9 + 2 / 3) / 2)


def test_first_errors_are_looked_for_in_wrong_solutions_with_known_ones() -> None:
    found = sums(SOLUTIONS)
    assert (found["wrong"][0], found["located"][0]) == (3, 2)
    assert sums(SOLUTIONS[:1]).first_error_accuracy()[0] == 0


def test_a_wrong_solution_without_a_wrong_step_has_no_first_error() -> None:
    assert sums([a_solution("a", first_error=-1)])["wrong"][0] == 0


def test_a_prefix_called_neither_is_missed() -> None:
    found = sums([a_solution("uu", first_error=0), a_solution("uu", outcome="accepted")])
    assert (found["good"][0], found["bad"][0], found.balanced_accuracy()[0]) == (1, 1, 0)


def test_resamplings_keep_as_many_of_each_kind() -> None:
    weights = measures.resampled(["accepted", "rejected", "rejected"], 1, rounds=50)
    assert (weights[0] == 1).all()
    assert (weights[:, 0] == 1).all()
    assert (weights[:, 1:].sum(axis=1) == 2).all()
    assert len(set(weights[1:, 1])) == 3


def test_the_interval_is_that_of_the_mean() -> None:
    values = np.random.default_rng(0).normal(5, 2, size=400)
    weights = measures.resampled(["rejected"] * 400, 1)
    low, high = measures.interval((weights @ values) / 400)
    error = values.std() / 20
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=error / 4)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=error / 4)


def test_the_estimate_is_no_part_of_its_interval() -> None:
    assert measures.interval(np.array([9.0, 1.0, 1.0, 1.0])) == (1.0, 1.0)


def test_natural_weights_say_how_often_each_kind_is_written() -> None:
    weights = measures.natural(["accepted", "rejected", "rejected", "rejected"], 0.8)
    assert weights.tolist() == pytest.approx([4 * 0.8, *[4 * 0.2 / 3] * 3])


@pytest.mark.parametrize(("half_width", "said"), [(0.005, True), (0.02, False)])
def test_equivalence_needs_the_whole_interval_within_the_margin(half_width: float, said: bool) -> None:
    spread = np.linspace(-half_width, half_width, 1001)
    assert measures.equivalent(np.concatenate(([0.0], spread)), 0.01) is said
    assert not measures.equivalent(np.concatenate(([0.0], spread + 0.01)), 0.01)


def test_a_geometric_mean_of_savings() -> None:
    assert measures.geometric_mean([np.array([2.0, 1.0]), np.array([8.0, 1.0])]).tolist() == pytest.approx([4.0, 1.0])


def test_brier_is_the_mean_squared_distance() -> None:
    assert measures.brier([(0.5, 1.0), (0.1, 0.1)]) == pytest.approx(0.125)
    assert measures.brier([]) is None


def test_calibration_compares_means_within_bins() -> None:
    # Errors of opposite sign cancel within a bin of ten, and not between bins.
    assert measures.calibration_error([(0.51, 0.41), (0.59, 0.69)]) == pytest.approx(0)
    assert measures.calibration_error([(0.41, 0.31), (0.59, 0.69)]) == pytest.approx(0.1)
    assert measures.calibration_error([(1.0, 1.0), (0.0, 0.4)]) == pytest.approx(0.2)
    assert measures.calibration_error([]) is None
