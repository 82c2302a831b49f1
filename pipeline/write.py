"""Write: results in, up to three committed-ready Parquet files out; nothing is visible until the manifest names them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.manifest import TABLES, ShardEntry, sha256_of, whole
from pipeline.result import records_of, traces_of, trees_of
from schemas import ids

ROW_GROUP_BYTES = 96 * 2**20
"""Uncompressed. Readers hold a row group at a time; 64 to 128 MB keeps both scans and memory reasonable."""


def write_results(results: pa.Table, folder: Path) -> list[ShardEntry]:
    """Write `<name>.parquet` in `traces`, `trees` and `problems`, each whole or not at all. Raises StorageError.

    The name comes from the problem ids inside, so doing the same work twice replaces the files with their like. No results
    write nothing, and a table without rows has no file.
    """
    if not len(results):
        return []
    tables = {"traces": traces_of(results), "trees": trees_of(results), "problems": records_of(results)}
    problem_ids = tuple(tables["problems"].column("problem_id").to_pylist())
    name = f"{ids.digest(sorted(problem_ids), size=8)}.parquet"
    return [_write(tables[table], table, name, problem_ids, folder) for table in TABLES if len(tables[table])]


def _write(rows: pa.Table, table: str, name: str, problem_ids: tuple[str, ...], folder: Path) -> ShardEntry:
    path = folder / table / name
    with whole(path) as temporary:
        path.parent.mkdir(parents=True, exist_ok=True)
        per_group = max(1, ROW_GROUP_BYTES * len(rows) // max(rows.nbytes, 1))
        pq.write_table(rows, temporary, compression="zstd", row_group_size=per_group)
        return ShardEntry(
            table=table,
            file=f"{table}/{name}",
            sha256=sha256_of(temporary),
            rows=len(rows),
            bytes=temporary.stat().st_size,
            problem_ids=problem_ids,
        )
