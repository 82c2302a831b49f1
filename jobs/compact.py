"""Small files into large ones: `python -m jobs.compact DIR`, the folder of runs or of one run.

Rows, their order and their values stay; a kill at any moment leaves every run whole, and the same command goes on. A run that is
being written is left alone. A compacted run goes on, and is compacted again, as any other.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from pipeline.checks.run import runs_in
from pipeline.compaction import Compacted, compact, expected
from pipeline.storage.folder import Folder, folder
from schemas.errors import StepmillError, StorageError


def main(argv: list[str] | None = None) -> int:
    """Compact; 0 where all is done, 1 where something was left as it is, 2 with a message where nothing could be done."""
    parser = argparse.ArgumentParser(
        prog="python -m jobs.compact", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("shards", metavar="DIR", help="folder with the runs, or the folder of one; a URL too")
    parser.add_argument(
        "--target-mb", type=float, default=256, help="size that files are merged up to (default: %(default)s)"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be merged; change nothing")
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON line, last")
    arguments = parser.parse_args(argv)
    if not arguments.target_mb > 0:
        parser.error("--target-mb: more than 0")
    try:
        return _main(arguments)
    except StepmillError as error:
        print(f"error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted; every run is whole, and the same command goes on from here", file=sys.stderr)
    return 2


def _main(arguments: argparse.Namespace) -> int:
    began = time.monotonic()
    target = int(arguments.target_mb * 2**20)
    done: dict[str, Any] = {}  # Any: JSON
    refused: dict[str, str] = {}
    for run in runs_in(folder(arguments.shards)):
        try:
            done[run.name] = asdict(one := _compacted(run, target, dry=arguments.dry_run))
        except StorageError as error:
            print(f"error: {error}", file=sys.stderr)
            refused[run.name] = str(error)
            continue
        for line in one.damaged:
            print(f"left as it is: {run.name}/{line}")
        if not arguments.json:
            print(_line(run.name, one, "would be" if arguments.dry_run else "are now"))
    if arguments.json:
        seconds = round(time.monotonic() - began, 2)
        print(json.dumps({"runs": done, "refused": refused, "dry_run": arguments.dry_run, "seconds": seconds}))
    if refused and not done:
        return 2
    return 1 if refused or any(one["damaged"] for one in done.values()) else 0


def _compacted(run: Folder, target: int, *, dry: bool) -> Compacted:
    return expected(run, target) if dry else compact(run, target, _said(run.name))


def _said(name: str) -> Callable[[str], None]:
    return lambda what: print(f"{name}: {what}", file=sys.stderr, flush=True)


def _line(name: str, one: Compacted, word: str) -> str:
    removed = f", {one.removed} left by a killed call removed" if one.removed else ""
    if one.before == one.after:
        return f"{name}: {one.before} files, nothing to merge{removed}"
    size = f"{one.bytes_before / 2**20:,.1f} MB" + f", {one.bytes_after / 2**20:,.1f} now" * (word == "are now")
    return f"{name}: {one.before} files ({size}) {word} {one.after}{removed}"


if __name__ == "__main__":
    sys.exit(main())
