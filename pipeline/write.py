"""Write: results in, up to three committed-ready Parquet files out; nothing is visible until the manifest names them."""

import os

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.manifest import TABLES, ShardEntry, sha256_of
from pipeline.result import records_of, traces_of, trees_of
from pipeline.storage.folder import Folder
from schemas import ids

ROW_GROUP_BYTES = 96 * 2**20
"""Uncompressed. Readers hold a row group at a time; 64 to 128 MB keeps both scans and memory reasonable."""


def write_results(results: pa.Table, folder: Folder) -> list[ShardEntry]:
    """Write `<name>.parquet` in `traces`, `trees` and `problems`, each whole or not at all. Raises StorageError.

    The name says which problems are inside, and which writing of them: a process that was taken for dead and comes back writes
    other files, and cannot replace those that the manifest names. No results write nothing, a table without rows has no file.
    """
    if not len(results):
        return []
    tables = {"traces": traces_of(results), "trees": trees_of(results), "problems": records_of(results)}
    problem_ids = tuple(tables["problems"].column("problem_id").to_pylist())
    name = f"{ids.digest(sorted(problem_ids), size=8)}-{os.urandom(4).hex()}.parquet"
    of_table = {table: problem_ids if table == "problems" else () for table in TABLES}
    return [_write(tables[table], table, name, of_table[table], folder) for table in TABLES if len(tables[table])]


def _write(rows: pa.Table, table: str, name: str, problem_ids: tuple[str, ...], folder: Folder) -> ShardEntry:
    with folder.whole(f"{table}/{name}") as path:
        per_group = max(1, ROW_GROUP_BYTES * len(rows) // max(rows.nbytes, 1))
        pq.write_table(rows, path, compression="zstd", row_group_size=per_group)
        return ShardEntry(
            table=table,
            file=f"{table}/{name}",
            sha256=sha256_of(path),
            rows=len(rows),
            bytes=path.stat().st_size,
            problem_ids=problem_ids,
        )
