"""What step labels cost and how right they are.

One pool of rollouts is recorded for each cell (a family at a difficulty, with a policy at a temperature), and every strategy of
`generators/strategies.py` is replayed over it. Written to --docs: labels.md, labels.svg and labels.png. The last line is JSON,
with 95% intervals over problems: `first_success_saving` (decoded tokens of `fixed` over those of `first_success`) and
`best_saving_at_equal_accuracy`, both by mix of solutions (half of them wrong; as frequent as the policy writes them; these with
`share`) and by pass@1, `first_error_gain`, `ece`, `prefill_over_suffix`, `omegaprm`.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jobs.bench.labels import cells, chart, headline, pool, prefill, record, table, trees
from jobs.bench.labels.arms import Arms, replayed
from jobs.bench.labels.cells import AS_THEY_COME, GRID, Cell
from jobs.bench.labels.pool import Size
from pipeline.models import openvino
from pipeline.models.model_families import AUTO
from schemas import ids
from schemas.errors import StepmillError
from verifiers import judge as judges
from verifiers import workers
from verifiers.judge import LocalJudge

DOCS = Path(__file__).parents[1]
_ABOUT = 0.6
"""Prompts read again and searches are measured where pass@1 is about this,"""
_STEPS = 8
"""and of cells of that kind on those with this many steps, where there are any: a search is the slowest thing here."""


def main(argv: list[str]) -> int:
    """Write the page and the charts, print the figures as JSON; 0, or 2 where it could not run."""
    parser = argparse.ArgumentParser(prog="python -m jobs.bench labels", description=__doc__)
    parser.add_argument(
        "--pool", type=Path, help="folder that keeps what is recorded; what is there is not drawn again"
    )
    parser.add_argument(
        "--docs", type=Path, default=DOCS, help="folder of the page and the charts (default: this bench's)"
    )
    parser.add_argument(
        "--cells", nargs="+", metavar="CELL", help="only these: a name, or FAMILY/DIFFICULTY:POLICY:TEMPERATURE"
    )
    parser.add_argument(
        "--solutions",
        type=int,
        default=1_000,
        help="right ones of a cell, and wrong ones, at most (default: what cells.py says)",
    )
    parser.add_argument(
        "--fresh", type=int, default=Size().fresh, help="prefixes whose share is measured (default: %(default)s)"
    )
    parser.add_argument("--problems", type=int, default=12, help="of a search, and read again (default: %(default)s)")
    arguments = parser.parse_args(argv)
    try:
        chosen = [cells.cell(text) for text in arguments.cells] if arguments.cells else [*GRID, *AS_THEY_COME]
        with TemporaryDirectory() as scratch:
            folder = arguments.pool or Path(scratch)
            folder.mkdir(parents=True, exist_ok=True)
            arguments.docs.mkdir(parents=True, exist_ok=True)
            figures = asyncio.run(_measured(chosen, folder, arguments))
    except (OSError, ValueError, KeyError, StepmillError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(json.dumps(figures))
    return 0


async def _measured(chosen: Sequence[Cell], folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return all figures, with the page and the charts written. Any: JSON."""
    sizes = [
        Size(solutions=min(cell.solutions, arguments.solutions), samples=cell.samples, fresh=arguments.fresh)
        for cell in chosen
    ]
    found = await _replayed(chosen, sizes, folder)
    figures: dict[str, Any] = {}
    grid = [arms for arms in found if arms.recorded.cell.target is not None]
    if grid:
        figures = headline.headline(grid)
        about = [arms.recorded.cell for arms in grid if arms.recorded.cell.target == _ABOUT]
        few = [cell for cell in about if cell.difficulty == _STEPS]
        others = [arms.recorded.cell for arms in found if arms.recorded.cell.target is None]
        figures |= await _besides(few or about, others, folder, arguments.problems)
    (arguments.docs / "labels.md").write_text(table.page(found, figures))
    _charted(found, arguments.docs)
    return figures


def _charted(found: Sequence[Arms], docs: Path) -> None:
    try:
        chart.draw(found, docs)
    except ImportError:
        print("no charts: matplotlib is not installed: pip install '.[bench]'", file=sys.stderr)


async def _replayed(chosen: Sequence[Cell], sizes: Sequence[Size], folder: Path) -> list[Arms]:
    """Return every strategy on the cells with solutions; pools that are in the folder are taken as they are, and may grow."""
    found = []
    async with _judge() as judge:
        for cell, size in zip(chosen, sizes, strict=True):
            async with record.opened(cell) as sampler:
                recorded = pool.read(folder, cell)
                if recorded is None or (recorded.cell, recorded.size, recorded.revision) != (
                    cell,
                    size,
                    _revision(cell),
                ):
                    recorded = await record.record(cell, size, await sampler(), judge)
                    pool.write(folder, recorded)
                if not recorded.solutions:
                    continue
                arms = await replayed(recorded, record.more_of(recorded, sampler, judge))
            if arms.recorded != recorded:
                pool.write(folder, arms.recorded)
            found.append(arms)
    return found


async def _besides(
    about: Sequence[Cell], others: Sequence[Cell], folder: Path, problems: int
) -> dict[str, Any]:  # Any: JSON
    """Return what is not replayed: prompts read again, of the `others` too, and the search."""
    read: dict[str, Any] = {}
    searched: dict[str, Any] = {}
    async with AsyncExitStack() as stack:
        judge = await stack.enter_async_context(_judge())
        for cell in (*about, *others):
            path = folder / f"{pool.path_of(folder, cell).stem}-besides.json"
            key = [asdict(cell), _revision(cell), problems]
            kept = json.loads(path.read_text()) if path.exists() else {}
            if kept.get("key") != key:
                async with record.policy(cell) as sampler:
                    kept = {"key": key, "read": prefill.measured(cell, sampler, problems)}
                    if cell in about:
                        both = await trees.measure(cell, sampler, judge, problems)
                        kept["search"] = trees.compared(*both, ids.seed("trees", cell.name))
                path.write_text(json.dumps(kept))
            read[cell.name] = kept["read"]
            if cell in about:
                searched[cell.name] = kept["search"]
    grid = [read[cell.name] for cell in about]
    new = sum(one["new_tokens"] for one in grid)
    computed = sum(one["written_here"] * one["new_tokens"] for one in grid)
    return {
        "prefill_over_suffix": round(computed / max(1, new), 3),
        "prefill": read,
        "omegaprm": searched,
    }


def _judge() -> LocalJudge:
    # The engine keeps every core busy: a worker may have to wait for its processor.
    return LocalJudge(judges.Config(workers=workers.Config(wall_s=30)))


def _revision(cell: Cell) -> str:
    return openvino.describe(cell.policy, AUTO, openvino.Config()).revision
