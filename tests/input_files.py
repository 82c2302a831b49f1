"""Input files for tests, and what a source makes of them."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.config import SourceConfig
from pipeline.sources import Loaded, Refused, load
from schemas.problem import Problem

ALL = 10**6

Row = dict[str, object]
GOOD: Row = {"statement": "What is 6 * 7?", "reference": "42"}
OTHER: Row = {"statement": "What is 1 + 1?", "reference": "2"}
ASK: Row = {"question": "What is 6 * 7?", "answer": "42"}


def write_lines(path: Path, *rows: Row | str | bytes) -> Path:
    """Write rows as JSON lines; text and bytes go in as they are."""
    lines = [row if isinstance(row, str | bytes) else json.dumps(row) for row in rows]
    path.write_bytes(b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines))
    return path


def write_parquet(path: Path, *rows: Row) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows)), path)
    return path


def read(path: Path | str, count: int = ALL, split: str = "test") -> Loaded:
    return load(SourceConfig(path=str(path), split=split), count, seed=0)


def the_problem(loaded: Loaded) -> Problem:
    assert loaded.refused == ()
    (problem,) = loaded.problems
    return problem


def the_refusal(loaded: Loaded) -> Refused:
    (refused,) = loaded.refused
    return refused
