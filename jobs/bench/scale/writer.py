"""The writer's speed, over that of the shortest code that could write the same rows.

Ours: rows (frozen dataclasses, validated) to Arrow by attribute with nulls checked, traces and problems as Parquet files, each
hashed, synced and renamed, and the commit of both in the manifest. Theirs: rows as dictionaries, ready-made, through
`pyarrow.Table.from_pylist` and `write_table` with the same compression, and a sync of each file.
"""

import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.bench.scale import rows
from pipeline import manifest
from pipeline.result import RESULTS, Result, records_of, traces_of
from pipeline.storage.folder import Folder, folder
from pipeline.write import write_results
from schemas.problem import PROBLEMS
from schemas.table import to_table
from schemas.trace import TRACES

_SCHEMAS = {"traces": TRACES, "problems": PROBLEMS}


class Taken(NamedTuple):
    """What one shard took."""

    seconds: float
    processor_s: float
    """Of this process's threads; unlike the clock, nothing else on the machine is in it."""


def measured(place: Path, problems: int, rounds: int) -> dict[str, Any]:  # Any: JSON
    """Return the figures of shards of so many problems, both ways in turn."""
    results = rows.ground(place, problems)
    table = to_table(results, RESULTS)
    dictionaries = {"traces": traces_of(table).to_pylist(), "problems": records_of(table).to_pylist()}
    arrow: list[Taken] = []
    ours: list[Taken] = []
    theirs: list[Taken] = []
    where = folder(place / "ours")
    where.make()
    log = manifest.open_log(where, "bench")
    for round_ in range(rounds):
        arrow.append(_arrow(results))
        ours.append(_ours(results, where, log))
        theirs.append(_theirs(dictionaries, place / f"theirs-{round_}"))
    log.close()
    traces = len(dictionaries["traces"])
    ratios = [other.seconds / own.seconds for own, other in zip(ours, theirs, strict=True)]
    return {
        "writer_over_pyarrow": round(statistics.median(ratios), 3),
        "writer_over_pyarrow_processor": round(_median(theirs, "processor_s") / _median(ours, "processor_s"), 3),
        "writer_to_arrow_ms": round(_median(arrow, "seconds") * 1e3, 1),
        "writer_ms": round(_median(ours, "seconds") * 1e3, 1),
        "pyarrow_ms": round(_median(theirs, "seconds") * 1e3, 1),
        "writer_traces": traces,
        "writer_traces_per_s": round(traces / _median(ours, "seconds")),
        "writer_ratios": [round(ratio, 3) for ratio in ratios],
    }


def _median(taken: Sequence[Taken], what: str) -> float:
    return float(statistics.median(getattr(one, what) for one in taken))


def _arrow(results: Sequence[Result]) -> Taken:
    """Return what the first part of ours takes, for itself: engine actors do it, and the writer gets the table."""
    began = _now()
    to_table(results, RESULTS)
    return _since(began)


def _ours(results: Sequence[Result], where: Folder, log: manifest.Log) -> Taken:
    began = _now()
    log.commit(write_results(to_table(results, RESULTS), where))
    return _since(began)


def _theirs(dictionaries: dict[str, list[dict[str, Any]]], place: Path) -> Taken:
    place.mkdir(parents=True)
    began = _now()
    for name, found in dictionaries.items():
        path = place / f"{name}.parquet"
        pq.write_table(pa.Table.from_pylist(found, schema=_SCHEMAS[name]), path, compression="zstd")
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    return _since(began)


def _now() -> Taken:
    return Taken(time.perf_counter(), time.process_time())


def _since(began: Taken) -> Taken:
    return Taken(*(now - then for now, then in zip(_now(), began, strict=True)))
