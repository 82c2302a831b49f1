"""The chart: balanced accuracy against decoded tokens, a panel for each number of steps and pass@1."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jobs.bench.labels.arms import FEWER, FIXED, OTHERS, Arms

_MARKS = ("s", "^", "v", "D", "P", "X", "*")
_COLOURS = ("#0072b2", "#d55e00", "#cc79a7", "#009e73", "#e69f00", "#56b4e9", "#000000")
"""Okabe and Ito's: told apart by everybody."""


def draw(cells: Sequence[Arms], folder: Path) -> list[Path]:
    """Write labels.svg and labels.png and return their paths; nothing without cells of the grid. Raises ImportError."""
    import matplotlib

    matplotlib.use("agg")
    matplotlib.rcParams.update({"svg.hashsalt": "labels", "svg.fonttype": "path", "font.size": 8})
    from matplotlib import pyplot

    grid = [arms for arms in cells if arms.recorded.cell.target is not None]
    if not grid:
        return []
    rows = sorted({arms.recorded.cell.difficulty for arms in grid})
    columns = sorted({arms.recorded.cell.target or 0.0 for arms in grid})
    chart, axes = pyplot.subplots(
        len(rows), len(columns), figsize=(9, 2.4 * len(rows) + 0.8), sharey=True, sharex="row", squeeze=False
    )
    for arms in grid:
        cell = arms.recorded.cell
        panel = axes[rows.index(cell.difficulty)][columns.index(cell.target or 0.0)]
        _panel(panel, arms)
        panel.set_title(f"{cell.difficulty} steps, pass@1 {arms.recorded.pass_at_1:.2f}", fontsize=8)
    for row in axes:
        row[0].set_ylabel("balanced accuracy")
    for panel in axes[-1]:
        panel.set_xlabel("tokens decoded for one solution")
    handles, names = axes[0][0].get_legend_handles_labels()
    chart.legend(handles, names, loc="lower center", ncols=len(names), frameon=False)
    chart.tight_layout(rect=(0, 0.05, 1, 1))
    paths = [folder / "labels.svg", folder / "labels.png"]
    for path in paths:
        # Without a date the same figures make the same file.
        metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
        chart.savefig(path, dpi=100, metadata=metadata)
    pyplot.close(chart)
    return paths


def _panel(panel: Any, arms: Arms) -> None:  # Any: matplotlib's Axes, which is not installed everywhere
    from matplotlib import ticker

    solutions = len(arms.recorded.solutions)

    def point(name: str) -> tuple[float, float]:
        half = arms[name].half
        return float(half["decoded"][0]) / solutions, float(half.balanced_accuracy()[0])

    tokens, accuracies = zip(*(point(name) for name in (*FEWER, FIXED)), strict=True)
    panel.plot(tokens, accuracies, "o-", color="#999999", markersize=4, label="fixed, N = 1, 2, 4, 8")
    for place, name in enumerate(OTHERS):
        panel.plot(*point(name), _MARKS[place], color=_COLOURS[place], markersize=7, label=name)
    panel.set_xscale("log")
    panel.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    panel.xaxis.set_major_formatter(ticker.StrMethodFormatter("{x:,.0f}"))
    panel.xaxis.set_minor_locator(ticker.NullLocator())
    panel.grid(alpha=0.3, linewidth=0.4)
