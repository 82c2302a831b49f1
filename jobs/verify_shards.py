"""Is everything in these shards what it says it is? `python -m jobs.verify_shards DIR`, the folder of runs or of one run.

Files against the manifest, schemas, ids, what rows say of each other and of themselves; then the verifiers are asked again about
a sample of the traces, from the rows alone. Nothing is written. A line for each thing that is wrong, with what to do about it.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from pipeline.checks import run as run_checks
from pipeline.checks.ids import Places
from pipeline.checks.shard import Finding, Run, Seen
from pipeline.checks.verdicts import Asked, check_verdicts
from pipeline.storage.folder import folder
from schemas.errors import StepmillError

SHOWN = 20
"""Lines of one kind about one file; the rest is counted."""
_SAY_S = 2.0


def main(argv: list[str] | None = None) -> int:
    """Look; 0 where all is well, 1 where something is not, 2 with one message where nothing could be looked at."""
    parser = argparse.ArgumentParser(
        prog="python -m jobs.verify_shards", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("shards", metavar="DIR", help="folder with the runs, or the folder of one; a URL too")
    parser.add_argument(
        "--sample", type=int, default=200, help="traces to ask the verifiers about (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="which ones; by their ids, wherever they lie")
    parser.add_argument("--all", action="store_true", help="ask about every trace")
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON line, last")
    arguments = parser.parse_args(argv)
    if arguments.sample < 0:
        parser.error("--sample: 0 or more")
    try:
        return _main(arguments)
    except StepmillError as error:
        print(f"error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    return 2


def _main(arguments: argparse.Namespace) -> int:
    began = time.monotonic()
    out = folder(arguments.shards)
    report, seen, asked, traces = Report(), Seen(), Asked(), Places()
    runs = []
    for place in run_checks.runs_in(out):
        runs.append(run_checks.check_run(place, traces, seen, report.found, report.say))
    for finding in run_checks.repeated(traces, runs):
        report.found(finding)
    chosen = traces.smallest(len(traces) if arguments.all else arguments.sample, arguments.seed)
    for run, places in _by_run(runs, traces, chosen):
        report.say(f"{run.path('')}: {sum(map(len, places.values())):,} verdicts")
        check_verdicts(run, places, asked, report.found)
    report.end()
    summary = _summary(seen, asked, report, len(chosen), time.monotonic() - began)
    if arguments.json:
        print(json.dumps(summary, ensure_ascii=False))
    else:
        _show(summary, Console(highlight=False, width=None if sys.stdout.isatty() else 120))
    return 1 if report.total else 0


def _by_run(runs: Sequence[Run], traces: Places, chosen: Sequence[int]) -> list[tuple[Run, dict[str, list[int]]]]:
    """Return for each run that has some the rows to ask about, by file."""
    places: dict[str, dict[str, list[int]]] = {}
    for place in chosen:
        path, row = traces.where(place)
        home, _, file = path.partition("/")
        places.setdefault(home, {}).setdefault(file, []).append(row)
    return [(run, places[home]) for run in runs if (home := run.path("").rstrip("/")) in places]


class Report:
    """What was found, printed as it is found, and how far the command is."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self._shown: Counter[tuple[str, str]] = Counter()
        self._said = time.monotonic()

    @property
    def total(self) -> int:
        """How many things are wrong."""
        return self.kinds.total()

    def found(self, finding: Finding) -> None:
        """Take something that is wrong."""
        self.kinds[finding.kind] += 1
        self._shown[finding.file, finding.kind] += 1
        if self._shown[finding.file, finding.kind] <= SHOWN:
            row = "" if finding.row is None else f" row {finding.row}"
            print(f"{finding.kind} {finding.file}{row}: {finding.what}; {finding.remedy}", flush=True)

    def say(self, what: str) -> None:
        """Say how far the command is, not too often."""
        if time.monotonic() - self._said >= _SAY_S:
            self._said = time.monotonic()
            print(what, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Say what was not shown."""
        for (file, kind), number in self._shown.items():
            if number > SHOWN:
                print(f"{kind} {file}: {number - SHOWN:,} more of the kind")


def _summary(seen: Seen, asked: Asked, report: Report, sampled: int, seconds: float) -> dict[str, Any]:  # Any: JSON
    verifiers = sorted({*asked.same, *asked.different, *asked.unsettled})
    return {
        "runs": seen.runs,
        "files": seen.files,
        "bytes": seen.bytes,
        "rows": dict(seen.rows),
        "sampled": sampled,
        "verdicts": {
            name: {"same": asked.same[name], "different": asked.different[name], "unsettled": asked.unsettled[name]}
            for name in verifiers
        },
        "steps": {"same": asked.steps_same, "different": asked.steps_different},
        "left_out": dict(asked.left_out),
        "notes": seen.notes,
        "findings": dict(report.kinds),
        "clean": not report.total,
        "seconds": round(seconds, 2),
    }


def _show(summary: dict[str, Any], console: Console) -> None:  # Any: JSON
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("looked at", "number", "wrong"):
        table.add_column(name, justify="left" if name == "looked at" else "right")
    kinds = summary["findings"]
    table.add_row("runs, their manifests", f"{summary['runs']:,}", str(kinds.get("manifest", 0)))
    table.add_row(
        "files, their bytes and schemas", f"{summary['files']:,}", str(kinds.get("file", 0) + kinds.get("schema", 0))
    )
    rows = sum(summary["rows"].values())
    table.add_row("rows: ids", f"{rows:,}", str(kinds.get("id", 0)))
    table.add_row("rows: what they say of each other", f"{rows:,}", str(kinds.get("link", 0)))
    table.add_row("rows: counts, words, order", f"{rows:,}", str(kinds.get("row", 0)))
    for name, said in summary["verdicts"].items():
        other = f" ({said['unsettled']} unsettled)" if said["unsettled"] else ""
        table.add_row(f"verdicts asked again: {name}{other}", f"{sum(said.values()):,}", str(said["different"]))
    steps = summary["steps"]
    table.add_row("steps checked again", f"{sum(steps.values()):,}", str(steps["different"]))
    console.print(table)
    for why, number in sorted(summary["left_out"].items()):
        console.print(f"not asked again: {number:,}; {why}", markup=False)
    for note in summary["notes"]:
        console.print(f"note {note}", markup=False)
    wrong = sum(kinds.values())
    console.print(f"{wrong:,} things are wrong" if wrong else "clean", markup=False)


if __name__ == "__main__":
    sys.exit(main())
