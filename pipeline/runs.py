"""The runs that lie in a folder, finished or not: what their manifests and `run.json` say."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline import manifest
from pipeline.manifest import MANIFEST, Head, ShardEntry
from pipeline.storage.folder import Folder
from schemas.errors import StorageError
from schemas.table import SCHEMA_VERSION

RECORD = "run.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run with at least a manifest, finished or not."""

    run_id: str
    folder: Folder
    schema_version: int
    shards: tuple[ShardEntry, ...]
    record: Mapping[str, Any]  # Any: whatever it holds
    """What `run.json` says; empty where there is none."""

    def rows(self, table: str) -> int:
        """Return how many committed rows `table` has."""
        return sum(shard.rows for shard in self.shards if shard.table == table)


def read_runs(out: Folder) -> tuple[Run, ...]:
    """Return the runs in `out` by folder name. Raises StorageError, naming the path and what to do."""
    if manifest.head(out) is not None:
        raise StorageError(f"{out}: this is the folder of one run; pass the folder it lies in, {out.parent}")
    names = [name for name in out.folders() if name.startswith("run=")]
    heads = ((out / name, manifest.head(out / name)) for name in names)
    runs = tuple(_read_run(folder, head) for folder, head in heads if head is not None)
    if not runs:
        found = "none of its runs has a committed shard yet" if names else "no runs here"
        raise StorageError(f"{out}: {found} (looked for run=*/{MANIFEST}); make some with `make shards`")
    return runs


def _read_run(folder: Folder, head: Head) -> Run:
    if not 1 <= head.schema_version <= SCHEMA_VERSION:
        raise StorageError(
            f"{folder}/{MANIFEST}: schema version {head.schema_version}, this code reads 1 to {SCHEMA_VERSION}; "
            "read it with the code version that run.json names"
        )
    shards = tuple(manifest.read(folder))
    there = {name for table in sorted({shard.table for shard in shards}) for name in folder.names(table)}
    for shard in shards:
        if shard.file not in there:
            raise StorageError(
                f"{folder}/{MANIFEST}: lists {shard.file}, which is not there; restore it or remove {folder} and run again"
            )
    return Run(
        run_id=head.run_id, folder=folder, schema_version=head.schema_version, shards=shards, record=_record(folder)
    )


def _record(folder: Folder) -> dict[str, Any]:  # Any: JSON, checked by the caller
    try:
        value = json.loads(folder.read(RECORD))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise StorageError(f"{folder}/{RECORD}: cannot be read as JSON ({error}); restore it or remove it") from error
    if not isinstance(value, dict):
        raise StorageError(f"{folder}/{RECORD}: not a JSON object; restore it or remove it")
    return value
