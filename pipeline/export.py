"""Trainer formats, derived from shards by SQL: one file per format, one folder of Parquet per export."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.query import catalog, quoted
from pipeline.storage.disk import reason, sync
from pipeline.storage.folder import Folder
from schemas.errors import StorageError

# A part is closed at the first row group that takes it past this. Loaders read parts in parallel; larger ones only cost
# memory.
_PART_BYTES = "256MB"

COMPLETE = "_SUCCESS"
"""On a store, the object that is written last, as Spark does; readers of Parquet pass over names with an underscore."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What was written."""

    folder: Folder
    files: tuple[str, ...]
    """Within the folder."""
    rows: int


def export(shards: Folder, select: str, folder: Folder, *, force: bool = False) -> Export:
    """Write the rows of `select`, one statement over the views of `shards`, as `<folder>/part-*.parquet`.

    On a disk the folder appears whole or not at all: parts are written beside it and renamed. On a store parts appear one by
    one, and `_SUCCESS` when all are there. A folder that exists and is not empty is replaced with `force` only. Raises
    StorageError where it may not be replaced, where `shards` cannot be read, and where no row qualifies: a trainer can do
    nothing with an empty file.
    """
    if folder.local is not None and folder.local.exists() and not folder.local.is_dir():
        raise StorageError(f"{folder}: a file is in the way; remove it or choose another --out")
    if folder.names() and not force:
        raise StorageError(f"{folder}: not empty; --force replaces it")
    with catalog(shards) as connection, _scratch(folder) as scratch:
        fresh = scratch / "fresh"
        rows = _copy(connection, select, fresh, shards)
        files = tuple(sorted(path.name for path in fresh.iterdir()))
        if folder.local is not None:
            _replace(folder.local, fresh, scratch / "old")
        else:
            _upload(folder, fresh, files)
    return Export(folder=folder, files=files, rows=rows)


@contextmanager
def _scratch(folder: Folder) -> Iterator[Path]:
    """Give a folder that is removed at the end: beside an export on a disk, where a rename reaches it, else anywhere."""
    beside = None
    try:
        if folder.local is not None:
            beside = folder.local.parent
            beside.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=beside, prefix=f".{folder.name}-") as scratch:
            yield Path(scratch)
    except OSError as error:
        raise StorageError(f"{folder}: {reason(error)}; make room or choose another --out") from error


def _copy(connection: duckdb.DuckDBPyConnection, select: str, fresh: Path, shards: Folder) -> int:
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


def _upload(folder: Folder, fresh: Path, files: tuple[str, ...]) -> None:
    """Put the parts on a store in the place of what is there."""
    before = folder.names()
    folder.remove([COMPLETE])
    for file in files:
        with folder.whole(file) as path:
            os.rename(fresh / file, path)
    folder.remove([name for name in before if name not in files])
    folder.write(COMPLETE, b"")
