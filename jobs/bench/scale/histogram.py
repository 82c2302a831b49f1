"""How long an analyst waits for the label histogram of a run with many traces.

The rows are those of a small run under other ids, written by the flow's own writer and committed shard by shard. Asked in a
process of its own, so that nothing is loaded: first with the shards' pages dropped from memory (cold), then again (warm), always
from the folder to the answer: manifests read, views made, the canned query run.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from jobs.bench.scale import rows
from pipeline import manifest
from pipeline.code import ROOT
from pipeline.query import QUERIES, catalog
from pipeline.result import RESULTS
from pipeline.storage.folder import folder
from pipeline.write import write_results
from schemas.table import to_table

_RUN = "0123456789abcdef"
_PER_SHARD = 48
_WARM = 5


def measured(place: Path, traces: int) -> dict[str, Any]:  # Any: JSON
    """Write the rows and ask."""
    began, out = time.monotonic(), place / "out"
    written = write(out, rows.ground(place, _PER_SHARD), traces)
    taken = time.monotonic() - began
    command = [sys.executable, "-m", "jobs.bench", "scale", "--ask", str(out)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return {
        **json.loads(done.stdout.splitlines()[-1]),
        "histogram_traces": written,
        "histogram_written_s": round(taken),
    }


def write(out: Path, results: list[Any], traces: int) -> int:  # Any: Result
    """Write a run of so many traces; how many there are in the end."""
    where, written = folder(out / f"run={_RUN}"), 0
    where.make()
    log = manifest.open_log(where, _RUN)
    for shard in rows.copies(results, _RUN, traces):
        log.commit(write_results(to_table(shard, RESULTS), where))
        written += sum(len(result.traces) for result in shard)
    log.close()
    return written


def ask(out: Path) -> dict[str, Any]:  # Any: JSON
    """Return how long the histogram takes, cold and warm."""
    for path in out.rglob("*.parquet"):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)
    cold, steps = _histogram(out)
    warm = [_histogram(out)[0] for _ in range(_WARM)]
    return {
        "histogram_s": round(statistics.median(warm), 3),
        "histogram_cold_s": round(cold, 3),
        "histogram_steps": steps,
    }


def _histogram(out: Path) -> tuple[float, int]:
    """Return the seconds it takes, and how many steps are in it."""
    began = time.perf_counter()
    with catalog(out) as connection:
        found = connection.execute((QUERIES / "label_histogram.sql").read_text()).fetchall()
    return time.perf_counter() - began, sum(row[1] for row in found)
