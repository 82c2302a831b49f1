"""What a grid of cells says in one line: savings, gains and calibration, with intervals over problems."""

from collections.abc import Sequence
from typing import get_args

import numpy as np

from jobs.bench.labels import measures
from jobs.bench.labels.arms import FIRST, FIXED, OTHERS, Arms, Mix
from jobs.bench.labels.measures import Array, Figure, figure

MARGIN = 0.01
"""Balanced accuracies within a point of each other are equivalent."""


def headline(cells: Sequence[Arms]) -> Figure:
    """Return the figures over cells, which must be some; those of the grid are meant."""
    return {
        "first_success_saving": first_success_saving(cells),
        "first_success_equivalent": first_success_equivalent(cells),
        "best_saving_at_equal_accuracy": best_saving(cells),
        "best_single_strategy": best_single(cells),
        "first_error_gain": first_error_gain(cells),
        "ece": {name: round(calibration(cells, name)["ece"] or 0.0, 4) for name in (FIXED, *OTHERS)},
    }


def first_success_saving(cells: Sequence[Arms]) -> Figure:
    """Return how many fewer tokens `first_success` decodes, by mix of solutions and pass@1: geometric means over the cells."""
    return {mix: _by_target(cells, [arms.saving(FIRST, mix) for arms in cells]) for mix in get_args(Mix)}


def _by_target(cells: Sequence[Arms], savings: Sequence[Array]) -> Figure:
    """Return the geometric means of savings: those of cells with the same pass@1, and `all`."""
    targets = [arms.recorded.cell.target or 0.0 for arms in cells]
    found = {
        f"{target:g}": [saving for saving, each in zip(savings, targets, strict=True) if each == target]
        for target in sorted(set(targets))
    }
    return {name: figure(measures.geometric_mean(those), 2) for name, those in (found | {"all": [*savings]}).items()}


def first_success_equivalent(cells: Sequence[Arms]) -> Figure:
    """Return whether hard labels of `first_success` are as right as those of `fixed`: same samples, and other samples."""
    differences = [
        arms.again.balanced_accuracy() - arms[FIXED].half.balanced_accuracy()
        for arms in cells
        if arms.again is not None
    ]
    found: Figure = {
        "labels_that_differ": sum(arms.differing for arms in cells),
        "labels": sum(int(arms[FIXED].half["labelled"][0]) for arms in cells),
    }
    if differences:
        difference = mean(differences)
        found["other_samples"] = figure(difference, 4)
        found["within_a_point"] = measures.equivalent(difference, MARGIN)
    return found


def at_least_as_right(arms: Arms, mix: Mix = "half_wrong") -> list[str]:
    """Return the strategies whose balanced accuracy on a cell is not below that of `fixed`."""
    return [name for name in OTHERS if arms.accuracy_gain(name, mix)[0] >= 0]


def best_saving(cells: Sequence[Arms]) -> Figure:
    """Return, by mix and pass@1, the largest saving among the strategies that are at least as right as `fixed` on the cell.

    Which one that is, is decided once, on the estimates. `first_success` always qualifies, but by chance with `share`, where its
    samples are not quite those of `fixed`: it stands where none does.
    """
    found = {}
    for mix in get_args(Mix):
        best = [_thriftiest(arms, at_least_as_right(arms, mix) or [FIRST], mix) for arms in cells]
        savings = [arms.saving(name, mix) for arms, name in zip(cells, best, strict=True)]
        chosen = {arms.recorded.cell.name: name for arms, name in zip(cells, best, strict=True)}
        found[mix] = _by_target(cells, savings) | {"strategies": chosen}
    return found


def _thriftiest(arms: Arms, names: Sequence[str], mix: Mix) -> str:
    return max(names, key=lambda name: float(arms.saving(name, mix)[0]))


def best_single(cells: Sequence[Arms]) -> Figure:
    """Return the one strategy that saves most among those whose mean balanced accuracy over the cells is not below `fixed`."""
    gains = {name: mean([arms.accuracy_gain(name) for arms in cells]) for name in OTHERS}
    savings = {name: measures.geometric_mean([arms.saving(name) for arms in cells]) for name in OTHERS}
    name = max((name for name in OTHERS if gains[name][0] >= 0), key=lambda name: savings[name][0])
    return {
        "strategy": name,
        "saving": figure(savings[name], 2),
        "accuracy_gain": figure(gains[name], 4),
        "cells_at_least_as_right": sum(name in at_least_as_right(arms) for arms in cells),
        "cells": len(cells),
    }


def first_error_gain(cells: Sequence[Arms]) -> Figure:
    """Return the largest mean gain in first-error accuracy over `fixed`, and which strategy has it."""
    gains = {name: mean([arms.gain(name) for arms in cells]) for name in OTHERS}
    name = max(OTHERS, key=lambda name: gains[name][0])
    return {"strategy": name, **figure(gains[name], 4)}


def calibration(cells: Sequence[Arms], name: str) -> dict[str, float | None]:
    """Return Brier score and ECE of a strategy's q over the prefixes of all cells, and the share of them that have one."""
    pairs = [pair for arms in cells for pair in arms[name].calibration]
    measured = sum(arms[name].measured for arms in cells)
    return {
        "brier": measures.brier(pairs),
        "ece": measures.calibration_error(pairs),
        "covered": len(pairs) / measured if measured else None,
    }


def mean(arrays: Sequence[Array]) -> Array:
    """Return the mean of arrays, place by place."""
    found: Array = np.mean(np.stack(list(arrays)), axis=0)
    return found
