"""Trainer formats, derived from shards by SQL: one file per format, one folder of Parquet per export."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.manifest import sync
from pipeline.query import catalog, quoted
from schemas.errors import StorageError

# A part is closed at the first row group that takes it past this. Loaders read parts in parallel; larger ones only cost
# memory.
_PART_BYTES = "256MB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What was written."""

    folder: Path
    files: tuple[Path, ...]
    rows: int


def export(shards: Path, select: str, folder: Path, *, force: bool = False) -> Export:
    """Write the rows of `select`, one statement over the views of `shards`, as `<folder>/part-*.parquet`.

    The folder appears whole or not at all: parts are written beside it and renamed. One that exists and is not empty is
    replaced with `force` only. Raises StorageError where it may not be replaced, where `shards` cannot be read, and
    where no row qualifies: a trainer can do nothing with an empty file.
    """
    if folder.exists() and not folder.is_dir():
        raise StorageError(f"{folder}: a file is in the way; remove it or choose another --out")
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise StorageError(f"{folder}: not empty; --force replaces it")
    with catalog(shards) as connection:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
            fresh = Path(scratch) / "fresh"
            rows = _copy(connection, select, fresh, shards)
            _replace(folder, fresh, Path(scratch) / "old")
    return Export(folder=folder, files=tuple(sorted(folder.glob("part-*.parquet"))), rows=rows)


def _copy(connection: duckdb.DuckDBPyConnection, select: str, fresh: Path, shards: Path) -> int:
    copy = (
        f"COPY (\n{select}\n) TO {quoted(str(fresh))} "
        f"(FORMAT parquet, COMPRESSION zstd, FILE_SIZE_BYTES '{_PART_BYTES}', FILENAME_PATTERN 'part-{{i}}')"
    )
    try:
        row = connection.execute(copy).fetchone()
    except duckdb.Error as error:
        raise StorageError(f"{shards}: export failed: {error}") from error
    rows = int(row[0]) if row else 0
    if rows == 0:
        raise StorageError(
            f"{shards}: no trace qualifies for this format; make query NAME=stop_reasons shows what is there"
        )
    for path in fresh.iterdir():
        sync(path)
    return rows


def _replace(folder: Path, fresh: Path, old: Path) -> None:
    """Put `fresh` in the place of `folder`; what was there goes to `old`, which the caller removes."""
    if folder.exists():
        os.rename(folder, old)
    try:
        os.rename(fresh, folder)
    except OSError:
        if old.exists():
            os.rename(old, folder)
        raise
