"""What a grid says in one line, and the page and charts made of it, on pools made by hand."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.bench.labels import arms, chart, headline, table
from jobs.bench.labels.arms import Arms
from jobs.bench.labels.pool import Recorded, Size, Solution
from tests.jobs.bench.labels.pools import a_cell, a_pool, a_solution

EARLY, DEAD = "a" * 16, "r" * 16
RIGHT = [a_solution(EARLY, EARLY, outcome="accepted", name=f"right {i}") for i in range(6)]
WRONG = [a_solution(EARLY, DEAD, first_error=1, name=f"wrong {i}") for i in range(6)]


def replayed(recorded: Recorded) -> Arms:
    return asyncio.run(arms.replayed(recorded))


def grid(*solutions: Solution) -> list[Arms]:
    cells = [a_cell(target, steps) for steps in (4, 8) for target in (0.3, 0.85)]
    return [replayed(a_pool(*solutions, cell=cell)) for cell in cells]


def test_first_success_saves_what_is_drawn_behind_it() -> None:
    found = headline.headline(grid(*RIGHT, *WRONG))
    all_eight, first = 8 * 10 + 28, 10
    saving = 4 * all_eight / (3 * first + all_eight)
    mixes = found["first_success_saving"]
    assert mixes["half_wrong"]["0.3"]["value"] == pytest.approx(saving, abs=0.01)
    assert mixes["half_wrong"]["all"] == mixes["half_wrong"]["0.85"], "the same solutions in every cell"
    assert set(mixes) == {"half_wrong", "natural", "natural_shared"}
    assert all(set(mix) == {"0.3", "0.85", "all"} for mix in mixes.values())
    # Six of ten are right as they come; told so, nothing is drawn of those.
    told = 2 * all_eight / (0.4 * (first + 7 * 10 + 21))
    assert mixes["natural_shared"]["all"]["value"] == pytest.approx(told, abs=0.01)
    assert found["first_success_equivalent"]["labels_that_differ"] == 0
    assert found["first_success_equivalent"]["within_a_point"] is True
    # Of a right solution, bisection looks at the later prefix alone; the other one needs no eight failures besides.
    best = found["best_saving_at_equal_accuracy"]["half_wrong"]
    assert set(best["strategies"].values()) == {"changepoint, .8"}
    assert best["all"]["value"] > 4 * all_eight / (2 * first + all_eight)


def test_other_samples_that_say_otherwise_are_not_equivalent() -> None:
    lucky = [a_solution(EARLY, "r" * 8 + "a" * 8, first_error=1, name=f"wrong {i}") for i in range(6)]
    found = headline.first_success_equivalent(grid(*RIGHT, *lucky))
    assert found["labels_that_differ"] == 0
    assert found["other_samples"]["value"] == -0.5
    assert found["within_a_point"] is False


def test_without_other_samples_nothing_is_said_of_them() -> None:
    recorded = a_pool(*RIGHT, *WRONG)
    found = headline.headline([replayed(replace(recorded, size=Size(samples=8)))])
    assert set(found["first_success_equivalent"]) == {"labels_that_differ", "labels"}
    assert "two one-sided" not in table.page([replayed(replace(recorded, size=Size(samples=8)))], found)


def test_a_strategy_that_is_less_right_saves_nothing() -> None:
    # The prefix before the error is dead by bad luck: what is not looked at behind it is called bad, and is good.
    unlucky = [a_solution(DEAD, EARLY, EARLY, first_error=3, name=f"wrong {i}") for i in range(6)]
    cells = grid(*RIGHT, *unlucky)
    assert "truncated" not in headline.at_least_as_right(cells[0])
    assert "binary" in headline.at_least_as_right(cells[0])
    best = headline.best_saving(cells)["half_wrong"]
    assert set(best["strategies"].values()) == {"changepoint"}
    assert headline.best_single(cells)["strategy"] == "changepoint"
    gain = headline.first_error_gain(cells)
    assert (gain["strategy"], gain["value"], gain["interval"]) == ("binary", 1.0, [1.0, 1.0])


def test_always_good_finds_no_bad_step() -> None:
    always = replayed(a_pool(*RIGHT, *WRONG))[arms.ALWAYS]
    assert (always.half.balanced_accuracy()[0], always.half.bad_recall()[0], always.half["decoded"][0]) == (0.5, 0, 0)


def test_natural_figures_weigh_right_solutions_by_the_measured_share() -> None:
    found = replayed(a_pool(*RIGHT, *WRONG, draws=100, accepted=90))
    eight, first = 2 * (8 * 10 + 28), 10
    assert found["fixed"].natural["decoded"][0] == pytest.approx(12 * eight)
    # Nothing is drawn of a right one; a wrong one takes a rollout less of each dead prefix.
    assert found["first_success"].shared["decoded"][0] == pytest.approx(12 * 0.1 * (first + 7 * 10 + 21))


def test_the_page_has_every_strategy_on_every_cell_and_is_no_trap_for_a_cell_without_truth(tmp_path: Path) -> None:
    cells = [*grid(*RIGHT, *WRONG), replayed(a_pool(a_solution(DEAD, first_error=None), cell=a_cell(None)))]
    figures = headline.headline(cells[:4])
    json.dumps(figures)
    page = table.page(cells, figures)
    assert page.count("`truncated` |") == len(cells) + 2
    assert "nan" not in page


def test_charts_are_the_same_twice(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    cells = grid(*RIGHT, *WRONG)
    first = [path.read_bytes() for path in chart.draw(cells, tmp_path)]
    assert [path.read_bytes() for path in chart.draw(cells, tmp_path)] == first
    assert len(first) == 2
