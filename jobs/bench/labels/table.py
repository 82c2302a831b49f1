"""The page that a run leaves: figures over the grid, then every strategy on every cell."""

from collections.abc import Sequence
from typing import Any, get_args

from jobs.bench.labels import headline, measures
from jobs.bench.labels.arms import ALWAYS, FEWER, FIXED, OTHERS, RULES, Arms, Mix
from jobs.bench.labels.measures import Array, Sums

_TOP = """# What step labels cost, and how right they are

Made by `python -m jobs.bench labels`, which records one pool of rollouts for each cell and replays every strategy of
`generators/strategies.py` over it: sample j of a prefix is the same one for all of them. A cell is a family at a difficulty
with a policy at a temperature. Hard labels are held against exact truth about the prefix, for all steps but the last. Up to
{solutions} solutions a cell, half of them wrong where the policy writes enough, each the first one of its problem; intervals
are 95%, by {rounds:,} resamplings of the problems. No strategy is told how a solution ended, but in the section on `share`.

![balanced accuracy against decoded tokens](labels.svg)
"""

_CELLS = """
## Cells

Tokens are means for one solution: decoded; read, which is what the prompts of all samples have beyond the cached ones; cached,
in blocks that an earlier prompt had. Bad steps found: the share of wrong prefixes that are called so. First error: the share of
wrong solutions whose first error is the first step that is called wrong.

| cell | pass@1 | strategy | decoded | read | cached | saving | balanced accuracy | bad steps found | first error |
|---|---|---|---|---|---|---|---|---|---|
"""

_SHARE = """
## With `share`, solutions as frequent as the policy writes them

There a solution's own outcome is one more rollout of each of its prefixes, which is exact where solutions were not chosen by how
they ended: right and wrong ones are weighted by the measured pass@1. Decoded tokens of `fixed` without `share` over those of the
strategy with it, and the balanced accuracy.

| cell | `fixed` without | {names} |
|---|---|{lines}|
"""


def page(cells: Sequence[Arms], figures: dict[str, Any]) -> str:  # Any: JSON
    """Return the page in Markdown."""
    most = max(len(arms.recorded.solutions) for arms in cells)
    grid = [arms for arms in cells if arms.recorded.cell.target is not None]
    return "".join(
        (
            _TOP.format(solutions=most, rounds=measures.ROUNDS),
            _grid(grid) + _said(figures) if grid else "",
            _CELLS,
            *(line for arms in cells for line in _rows(arms)),
            _SHARE.format(
                names=" | ".join(f"`{name}`" for name in (FIXED, *OTHERS)), lines="---|" * len(OTHERS) + "---"
            ),
            *map(_shared, cells),
            _prefill(figures.get("prefill", {})),
            _search(figures.get("omegaprm", {})),
        )
    )


def _grid(cells: Sequence[Arms]) -> str:
    lines = [
        f"""
## Over the grid

Means over the {len(cells)} cells of the grid, geometric for the saving: decoded tokens of `fixed` with 8 rollouts over those of
the strategy. Brier score and ECE (10 bins) of q against the share of right ones among fresh rollouts, where a strategy gives a q.

| strategy | saving | balanced accuracy beyond `fixed` | first-error accuracy beyond `fixed` | Brier | ECE | has a q |
|---|---|---|---|---|---|---|
"""
    ]
    for name in RULES:
        found = headline.calibration(cells, name)
        saving = measures.geometric_mean([arms.saving(name) for arms in cells])
        accuracy = headline.mean([arms.accuracy_gain(name) for arms in cells])
        located = headline.mean([arms.gain(name) for arms in cells])
        lines.append(
            f"| {_name(name)} | {_between(saving, 2)} | {_between(accuracy, 3, sign=True)} | {_between(located, 3, sign=True)} "
            f"| {_number(found['brier'], 4)} | {_number(found['ece'], 3)} | {_number(found['covered'], 2)} |\n"
        )
    return "".join(lines)


def _said(figures: dict[str, Any]) -> str:  # Any: JSON
    """Return the headlines in words."""
    savings = figures["first_success_saving"]
    half, natural, shared = (
        ", ".join(f"{_of(one)} at {target}" for target, one in savings[mix].items() if target != "all")
        for mix in get_args(Mix)
    )
    same, thriftiest = figures["first_success_equivalent"], figures["best_saving_at_equal_accuracy"]
    best = [_of(thriftiest[mix]["all"]) for mix in get_args(Mix)]
    single, gain = figures["best_single_strategy"], figures["first_error_gain"]
    again = ""
    if "other_samples" in same:
        within = "yes" if same["within_a_point"] else "no"
        again = f""" On eight other samples its balanced
  accuracy is {_of(same["other_samples"])} beyond that of `fixed`; within a point, by two one-sided tests: {within}."""
    differ = f"{same['labels_that_differ']} of {same['labels']:,} prefixes"
    where = f"at least as right in {single['cells_at_least_as_right']} of {single['cells']} cells"
    return f"""
- `first_success` saves, by pass@1, {half} with half of the solutions wrong;
  {natural} where they are as frequent as the policy writes them;
  {shared} with `share` besides.
- Its hard labels differ from those of `fixed` in {differ}.{again}
- The thriftiest strategy that is at least as right as `fixed`, cell by cell, saves {best[0]} with half of the solutions wrong,
  {best[1]} where they are as frequent as written, {best[2]} with `share` besides.
  One for all of them, at least as right in the mean: `{single["strategy"]}`, {_of(single["saving"])}, {where}.
- The best at first errors: `{gain["strategy"]}`, {_of(gain)} beyond `fixed`.
"""


def _rows(arms: Arms) -> list[str]:
    """Return the lines of a cell."""
    solutions, recorded = len(arms.recorded.solutions), arms.recorded
    lines = []
    for name in (ALWAYS, *FEWER, FIXED, *OTHERS):
        half = arms[name].half
        each = [half["decoded"][0], half["prompt"][0] - half["cached"][0], half["cached"][0]]
        tokens = " | ".join(f"{value / solutions:,.0f}" for value in each)
        saving = "" if name == ALWAYS else f"{arms.saving(name)[0]:.2f}"
        lines.append(
            f"| {recorded.cell.name} | {recorded.pass_at_1:.3f} | {_name(name)} | {tokens} | {saving} | {_accuracies(half)} |\n"
        )
    return lines


def _accuracies(half: Sums) -> str:
    found = (half.balanced_accuracy(), half.bad_recall(), half.first_error_accuracy())
    return " | ".join(f"{values[0]:.3f}" for values in found)


def _shared(arms: Arms) -> str:
    paid = arms[FIXED].natural["decoded"][0]
    cells = [
        f"{paid / max(1.0, arms[name].shared['decoded'][0]):.2f}x {arms[name].shared.balanced_accuracy()[0]:.3f}"
        for name in (FIXED, *OTHERS)
    ]
    alone = f"{arms[FIXED].natural.balanced_accuracy()[0]:.3f}"
    return f"| {arms.recorded.cell.name} | {alone} | {' | '.join(cells)} |\n"


def _prefill(found: dict[str, Any]) -> str:  # Any: JSON
    if not found:
        return ""
    rows = "".join(
        f"| {name} | {one['written_here']:.2f} | {one['written_elsewhere']:.2f} | {one['by_blocks']:.2f} |\n"
        for name, one in found.items()
    )
    return f"""
## What prefixes are read again

Tokens that the engine computed of the prefixes of a solution, each asked for once and in order, over those of them that no prompt
before had. Counted by the engine's own steps where it takes one token a step (`jobs/bench/labels/prefill.py`). By blocks: what
the flow's rows would say, which count a block of 32 as cached only where a whole one was seen in a prompt.

| cell | the engine wrote the solution | another did | by blocks |
|---|---|---|---|
{rows}"""


def _search(found: dict[str, Any]) -> str:  # Any: JSON
    if not found:
        return ""
    rows = "".join(
        f"| {name} | {' and '.join(map(str, one['labels_per_1000']))} | {_of(one['labels_ratio'])} "
        f"| {' and '.join(map(str, one['prefixes_per_1000']))} | {_of(one['prefixes_ratio'])} "
        f"| {' and '.join(map(str, one['first_error_accuracy']))} | {_of(one['first_error_difference'])} |\n"
        for name, one in found.items()
    )
    return f"""
## `omegaprm` against every prefix of every solution

The generators `omegaprm` and `math_shepherd` (`fixed`, 8 rollouts, every solution labelled) on the same problems, in this order.
Labels are steps with a hard label for 1,000 tokens decoded, in all rows; prefixes are the different ones among them.

| cell | labels | ratio | prefixes | ratio | first-error accuracy | difference |
|---|---|---|---|---|---|---|
{rows}"""


def _name(name: str) -> str:
    return name if name in FEWER or name == ALWAYS else f"`{name}`"


def _between(values: Array, digits: int, *, sign: bool = False) -> str:
    low, high = measures.interval(values)
    plus = "+" if sign else ""
    return f"{values[0]:{plus}.{digits}f} ({low:{plus}.{digits}f} to {high:{plus}.{digits}f})"


def _of(figure: measures.Figure) -> str:
    low, high = figure["interval"]
    return f"{figure['value']} ({low} to {high})"


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
