"""Does it stay as it is when there is more of everything? Engines, problems, rows to write, rows to ask.

The last line is JSON with four figures and what is behind them: `two_over_bare_two` (flow with two engines over flow with one, as
a share of what two bare engine processes reach over one, in the same rounds), `memory_growth` (of driver, engine actor and
writer, from few problems to many), `writer_over_pyarrow` (speed of the writer, rows to committed files, over `from_pylist`,
`write_table` and a sync) and `histogram_s` (the label histogram over many traces, from folder to answer). Null: not asked for.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobs.bench.scale import engines, histogram, memory, writer

_PARTS = ("engines", "memory", "writer", "histogram")
_FIGURES = ("two_over_bare_two", "memory_growth", "writer_over_pyarrow", "histogram_s")


def main(argv: list[str]) -> int:
    """Print the figures; 0, or 2 where something could not run."""
    parser = argparse.ArgumentParser(prog="python -m jobs.bench scale", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=_PARTS, help="these parts (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="of the engines' four arms (default: %(default)s)")
    parser.add_argument("--engine-problems", type=int, default=160, help="of each flow arm (default: %(default)s)")
    parser.add_argument("--few", type=int, default=1_000, help="problems of the small run (default: %(default)s)")
    parser.add_argument("--problems", type=int, default=100_000, help="of the large one (default: %(default)s)")
    parser.add_argument("--traces", type=int, default=100_000, help="of the histogram (default: %(default)s)")
    parser.add_argument("--shard", type=int, default=48, help="problems of a shard written (default: %(default)s)")
    parser.add_argument("--writes", type=int, default=15, help="shards written each way (default: %(default)s)")
    parser.add_argument("--raw", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--config", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--part", type=int, nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.raw:
        print(json.dumps(engines.drain(arguments.raw, arguments.config, *arguments.part)))
        return 0
    if arguments.ask:
        print(json.dumps(histogram.ask(arguments.ask)))
        return 0
    figures: dict[str, Any] = dict.fromkeys(_FIGURES)  # Any: JSON
    for part in arguments.only:
        with tempfile.TemporaryDirectory(prefix="stepmill-scale-") as place:
            try:
                figures |= _parts(arguments)[part](Path(place))
            except (OSError, subprocess.CalledProcessError) as error:
                print(f"error: {part}: {error}", file=sys.stderr)
                return 2
    print(json.dumps(figures))
    return 0


def _parts(arguments: argparse.Namespace) -> dict[str, Callable[[Path], dict[str, Any]]]:  # Any: JSON
    return {
        "engines": lambda place: engines.measured(place, arguments.engine_problems, arguments.rounds),
        "memory": lambda place: memory.measured(place, arguments.few, arguments.problems),
        "writer": lambda place: writer.measured(place, arguments.shard, arguments.writes),
        "histogram": lambda place: histogram.measured(place, arguments.traces),
    }
