"""Small files of a run into large ones: the same rows in the same order, under a manifest that never names half of it.

Group by group: the merged file is written whole, the manifest names it instead of its parts in one step, the parts are removed.
What a kill leaves, place by place:
- before the commit: the old files, and at most one new one that nobody names; the next call removes it and begins again;
- after it: the new file, and parts that nobody names any more; the next call of this or of the run removes them.
A call that is repeated goes on with what is left, and one with nothing left changes nothing.

Consecutive files of a table are merged while their bytes together stay below the target, so tables keep the order of their rows.
Files of different schemas are kept apart: a row says the same before and after, nulls included, and upgrading columns would be
another run's business. A part whose bytes are not the manifest's stays as it is, with its neighbours around it merged apart:
nothing damaged is given a new hash. Memory holds one row group that is read and one that is written.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import manifest
from pipeline.checks.shard import BROKEN, RESTORE, sha256_of, source
from pipeline.manifest import TABLES, ShardEntry
from pipeline.storage.folder import Folder
from pipeline.write import ROW_GROUP_BYTES
from schemas import ids
from schemas.errors import StorageError

_BATCH_ROWS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """What became of a run's files."""

    before: int
    after: int
    bytes_before: int
    bytes_after: int
    removed: int = 0
    """Files that nobody named: what a killed call left."""
    damaged: tuple[str, ...] = ()
    """What was left as it is, and why."""


def groups(
    entries: Sequence[ShardEntry], target: int, footers: Mapping[str, int] = MappingProxyType({})
) -> list[list[ShardEntry]]:
    """Return the files to be merged: in the manifest's order, two or more of a table, of `target` bytes together at most.

    `footers` are the bytes at the end of a table's files that describe them: 27 kB of a shard of traces, which may be most of it.
    A merged file has them once.
    """
    found: list[list[ShardEntry]] = []
    for table in TABLES:
        group: list[ShardEntry] = []
        size = 0
        for entry in (entry for entry in entries if entry.table == table):
            rows = max(0, entry.bytes - footers.get(table, 0))
            if size + rows > target:
                found.append(group)
                group, size = [], 0
            group.append(entry)
            size += rows
        found.append(group)
    return [group for group in found if len(group) > 1]


def _footers(folder: Folder, entries: Sequence[ShardEntry]) -> dict[str, int]:
    """Return the footer of the first file of each table; its length stands before the last four bytes of a Parquet file."""
    found: dict[str, int] = {}
    for entry in entries:
        if entry.table not in found:
            found[entry.table] = 0
            with suppress(*BROKEN), source(folder, entry.file) as stream:
                stream.seek(entry.bytes - 8)
                found[entry.table] = min(int.from_bytes(stream.read(4), "little"), entry.bytes)
    return found


def expected(folder: Folder, target: int) -> Compacted:
    """Return what `compact` would come to, as far as the manifest tells: the bytes are those of now. Raises StorageError."""
    entries = manifest.read(folder)
    merged = groups(entries, target, _footers(folder, entries))
    size = sum(entry.bytes for entry in entries)
    after = len(entries) - sum(len(group) - 1 for group in merged)
    return Compacted(before=len(entries), after=after, bytes_before=size, bytes_after=size)


def compact(folder: Folder, target: int, say: Callable[[str], None]) -> Compacted:
    """Merge the small files of the run in `folder`. Raises StorageError, also where another process writes the run."""
    with folder.locked():
        entries = manifest.read(folder)
        removed = manifest.remove_uncommitted(folder, entries)
        before, size = len(entries), sum(entry.bytes for entry in entries)
        damaged: list[str] = []
        for group in groups(entries, target, _footers(folder, entries)):
            for part in _alike(folder, group, damaged):
                merged = _merged(folder, part)
                entries = _replaced(folder, entries, part, merged)
                say(f"{len(part)} files are {merged.file} now, {merged.rows:,} rows")
        return Compacted(
            before=before,
            after=len(entries),
            bytes_before=size,
            bytes_after=sum(entry.bytes for entry in entries),
            removed=removed,
            damaged=tuple(damaged),
        )


def _alike(folder: Folder, group: Sequence[ShardEntry], damaged: list[str]) -> Iterator[list[ShardEntry]]:
    """Yield the runs of consecutive files that can be read and have one schema, two or more at a time."""
    schemas = [_schema(folder, entry, damaged) for entry in group]
    place = 0
    for schema, same in groupby(schemas, key=_Key):
        length = len(list(same))
        part = list(group[place : place + length])
        place += length
        if schema.schema is not None and len(part) > 1:
            yield part


class _Key:
    """A schema by all that it says, its metadata too."""

    def __init__(self, schema: pa.Schema | None) -> None:
        self.schema = schema

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Key) or self.schema is None or other.schema is None:
            return False
        return bool(self.schema.equals(other.schema, check_metadata=True))

    __hash__ = None  # type: ignore[assignment]  # compared only


def _schema(folder: Folder, entry: ShardEntry, damaged: list[str]) -> pa.Schema | None:
    """Return a file's schema; None, and why in `damaged`, where it is not what the manifest names."""
    try:
        if sha256_of(folder, entry.file) != entry.sha256:
            damaged.append(f"{entry.file}: its sha256 is not the manifest's; {RESTORE}")
            return None
        with source(folder, entry.file) as stream, pq.ParquetFile(stream) as file:
            if file.metadata.num_rows != entry.rows:
                damaged.append(
                    f"{entry.file}: {file.metadata.num_rows} rows where the manifest says {entry.rows}; {RESTORE}"
                )
                return None
            return file.schema_arrow
    except BROKEN as error:
        damaged.append(f"{entry.file}: it cannot be read ({' '.join(str(error).split())[:200]}); {RESTORE}")
        return None


def _name(group: Sequence[ShardEntry]) -> str:
    """Return a file for what these hold, named as `write.py` does: by what is inside, through their own names, and by who writes.

    A process that was taken for dead and comes back cannot replace what another one has committed since.
    """
    names = sorted(entry.file.rpartition("/")[2] for entry in group)
    return f"{group[0].table}/{ids.digest('compacted', names, size=8)}-{os.urandom(4).hex()}.parquet"


def _merged(folder: Folder, group: Sequence[ShardEntry]) -> ShardEntry:
    """Write the rows of these files, in order, into one; nobody names it yet. Raises StorageError."""
    name = _name(group)
    try:
        with folder.whole(name) as temporary:
            with source(folder, group[0].file) as stream:
                schema = pq.read_schema(stream)
            with pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
                for rows in _row_groups(folder, group):
                    writer.write_table(rows, row_group_size=len(rows))
            number, wanted = pq.read_metadata(temporary).num_rows, sum(entry.rows for entry in group)
            if number != wanted:
                raise StorageError(f"{folder}/{name}: {number} rows came of {wanted}; nothing is lost, try again")
            entry = ShardEntry(
                table=group[0].table,
                file=name,
                sha256=manifest.sha256_of(temporary),
                rows=number,
                bytes=temporary.stat().st_size,
                problem_ids=tuple(one for entry in group for one in entry.problem_ids),
            )
    except (pa.ArrowException, ValueError) as error:
        raise StorageError(f"{folder}/{name}: cannot be made: {error}; nothing is lost") from error
    return entry


def _row_groups(folder: Folder, group: Sequence[ShardEntry]) -> Iterator[pa.Table]:
    """Yield the rows of these files, in order, in tables of `ROW_GROUP_BYTES` or a little less."""
    waiting: list[pa.Table] = []
    size = 0
    for entry in group:
        with source(folder, entry.file) as stream, pq.ParquetFile(stream) as file:
            for batch in file.iter_batches(_BATCH_ROWS, use_threads=False):
                if waiting and size + batch.nbytes > ROW_GROUP_BYTES:
                    yield pa.concat_tables(waiting)
                    waiting, size = [], 0
                waiting.append(pa.Table.from_batches([batch]))
                size += batch.nbytes
    if waiting:
        yield pa.concat_tables(waiting)


def _replaced(
    folder: Folder, entries: Sequence[ShardEntry], group: Sequence[ShardEntry], merged: ShardEntry
) -> list[ShardEntry]:
    """Commit `merged` in the place of its parts, then remove these. Raises StorageError."""
    parts = {entry.file for entry in group}
    changed = [merged if entry.file == group[0].file else entry for entry in entries]
    changed = [entry for entry in changed if entry.file not in parts]
    manifest.rewrite(folder, changed)
    folder.remove(parts)
    return changed
