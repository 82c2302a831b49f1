"""Is a shard what the manifest says, and is every row of it what its columns mean? Nothing is changed, nothing is believed.

A file is read batch by batch; what stays in memory of a row are the 64-bit keys of the ids in it. Whatever is wrong is a
`Finding`, also a file that cannot be read. `run.py` goes through the files of a run, `verdicts.py` asks verifiers.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.checks.ids import Places, keys_of, renamed
from pipeline.checks.rules import Rules
from pipeline.checks.schema import SCHEMAS, aligned, differs
from pipeline.manifest import TABLES, ShardEntry
from pipeline.storage.folder import Folder
from schemas.errors import StorageError
from schemas.table import SCHEMA_VERSION

ID: Mapping[str, str] = {"traces": "trace_id", "trees": "tree_id", "problems": "problem_id"}
LINKS: Mapping[str, str] = {"parent_trace_id": "traces", "duplicate_of": "traces", "tree_id": "trees"}
"""Columns of `traces` that name rows of a table."""
RUN = "run="
BATCH_ROWS = 1024
_CHUNK = 8 * 2**20

Kind = Literal["manifest", "file", "schema", "id", "link", "row", "verdict", "step"]
RESTORE = "restore it from a copy, or remove the run's folder and run again"
BROKEN = (pa.ArrowException, duckdb.Error, OSError, ValueError, TypeError, KeyError, MemoryError)
"""What reading a damaged Parquet file may raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it should be."""

    kind: Kind
    file: str
    """With the run's folder before it."""
    row: int | None = None
    """From 0, in the file; None where it is about the file."""
    what: str
    remedy: str = RESTORE


Found = Callable[[Finding], None]


@dataclass(slots=True, kw_only=True)
class Seen:
    """What was looked at."""

    runs: int = 0
    files: int = 0
    bytes: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    """By table."""
    notes: list[str] = field(default_factory=list)
    """What could not be looked at, and what is odd but no fault."""


@dataclass(slots=True, kw_only=True)
class Run:
    """One run while it is looked at."""

    folder: Folder
    run_id: str
    entries: Sequence[ShardEntry] = ()
    version: int = SCHEMA_VERSION
    record: Mapping[str, Any] = field(default_factory=dict)  # Any: JSON
    ids: dict[str, Places] = field(default_factory=lambda: {table: Places() for table in TABLES})
    problems_of: dict[str, Places] = field(default_factory=lambda: {table: Places() for table in TABLES})
    """The problem of each row."""
    named: dict[str, Places] = field(default_factory=lambda: {column: Places() for column in LINKS})
    n_traces: list[pa.Array] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    """Tables of which a file could not be read to its end: what others say of them is not held against them."""

    def path(self, file: str) -> str:
        """Return what a person may be shown."""
        return f"{RUN}{self.run_id}/{file}"


def check_shard(run: Run, entry: ShardEntry, rules: Rules, traces: Places, seen: Seen, found: Found) -> None:
    """Tell `found` what is wrong with a file, and take the keys of its rows. Total."""
    path = run.path(entry.file)
    seen.files += 1
    seen.bytes += entry.bytes
    run.ids[entry.table].open(path)
    run.problems_of[entry.table].open(path)
    if entry.table == "traces":
        traces.open(path)
        for places in run.named.values():
            places.open(path)
    try:
        _whole(run, entry, found)
        with source(run.folder, entry.file) as stream, pq.ParquetFile(stream) as file:
            same = _same_schema(run, entry, file, found)
            if file.metadata.num_rows != entry.rows:
                what = f"{file.metadata.num_rows:,} rows; the manifest says {entry.rows:,}"
                found(Finding(kind="file", file=path, what=what))
            if same is None:
                run.unread.add(entry.table)
                return
            rows = 0
            for batch in file.iter_batches(BATCH_ROWS, use_threads=False):
                table = pa.Table.from_batches([batch])
                _rows(run, entry, table if same else aligned(table, SCHEMAS[entry.table]), rows, rules, traces, found)
                rows += len(batch)
            seen.rows[entry.table] += rows
    except (*BROKEN, StorageError) as error:
        found(Finding(kind="file", file=path, what=f"it cannot be read: {_one_line(error)}"))
        run.unread.add(entry.table)
        return
    _named_problems(run, entry, rows, found)


def _whole(run: Run, entry: ShardEntry, found: Found) -> None:
    size = run.folder.size(entry.file)
    if size != entry.bytes:
        found(
            Finding(kind="file", file=run.path(entry.file), what=f"{size:,} bytes; the manifest says {entry.bytes:,}")
        )
    elif sha256_of(run.folder, entry.file) != entry.sha256:
        what = "its sha256 is not the manifest's: some of its bytes were changed"
        found(Finding(kind="file", file=run.path(entry.file), what=what))


def source(folder: Folder, file: str) -> pa.NativeFile:
    """Open a file of a run for reading. Raises OSError, StorageError."""
    system, base = folder.filesystem()
    return system.open_input_file(f"{base}/{file}")


def sha256_of(folder: Folder, file: str) -> str:
    """Return the hash of a file's bytes, read a few at a time. Raises OSError."""
    digest = hashlib.sha256()
    with source(folder, file) as stream:
        while part := stream.read(_CHUNK):
            digest.update(part)
    return digest.hexdigest()


def _same_schema(run: Run, entry: ShardEntry, file: pq.ParquetFile, found: Found) -> bool | None:
    """Say whether a file has this code's schema, or an older one that can be read as it; None where it has neither."""
    schema, expected = file.schema_arrow, SCHEMAS[entry.table]
    said = schema.metadata or {}
    table, version = said.get(b"stepmill.table", b"").decode(), said.get(b"stepmill.schema_version", b"").decode()
    if table != entry.table or not version.isdigit() or not 1 <= int(version) <= SCHEMA_VERSION:
        what = f"it says that it holds {table or 'nothing known'}, of schema version {version or 'none'}"
        found(Finding(kind="schema", file=run.path(entry.file), what=what))
        return None
    if int(version) > run.version:
        what = f"schema version {version} in a run of version {run.version}"
        found(Finding(kind="schema", file=run.path(entry.file), what=what))
    other = differs(schema, expected, older=int(version) < SCHEMA_VERSION)
    if other is not None:
        what = f"not the schema of version {version}: {other}"
        found(Finding(kind="schema", file=run.path(entry.file), what=what))
        return None
    return int(version) == SCHEMA_VERSION


def _rows(run: Run, entry: ShardEntry, batch: pa.Table, first: int, rules: Rules, traces: Places, found: Found) -> None:
    """Look at the rows of a batch, the first of which is row `first` of its file."""
    path, table = run.path(entry.file), entry.table
    own = keys_of(batch.column(ID[table]))
    run.ids[table].add(own)
    run.problems_of[table].add(own if table == "problems" else keys_of(batch.column("problem_id")))
    if table == "traces":
        traces.add(own)
        for column, places in run.named.items():
            places.add(keys_of(batch.column(column)))
    if table == "problems":
        run.n_traces.append(batch.column("n_traces").combine_chunks())
    for place, what in renamed(table, batch):
        found(Finding(kind="id", file=path, row=first + place, what=what))
    for place, what in rules.broken(table, batch):
        found(Finding(kind="row", file=path, row=first + place, what=what))


def _named_problems(run: Run, entry: ShardEntry, rows: int, found: Found) -> None:
    """Compare the problems of a file with those that its entry names; other tables than `problems` may name none."""
    if not entry.problem_ids and entry.table != "problems":
        return
    named = keys_of(pa.chunked_array([entry.problem_ids], pa.string()))
    places = run.problems_of[entry.table]
    inside = places.keys[len(places) - rows :]
    missing = np.setdiff1d(named, inside) if entry.table == "problems" else ()
    extra = np.setdiff1d(inside, named)
    if len(missing) or len(extra) or len(entry.problem_ids) != len(set(entry.problem_ids)):
        what = f"{len(missing)} of the problems that the manifest names for it are not in it, {len(extra)} others are"
        found(Finding(kind="manifest", file=run.path(entry.file), what=what))


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
