"""Finished runs as DuckDB views: `traces`, `steps`, `rollouts`, `trees`, `nodes`, `problems`, `runs`.

The views are derived and hold no rows. They read exactly the Parquet files that the runs' manifests list: a file that
no manifest names does not exist, whatever folder it lies in, so nothing is globbed.

A stored catalog has to name its files absolutely: DuckDB resolves relative paths against the reader's working
directory, not against the catalog, and a view cannot ask where its own database lies. So that a moved folder can still
be read, every path in it is `coalesce(getvariable('shards'), '<where it was written>') || '/run=.../x.parquet'`: in its
place it just works; after a move either write it again, or say `SET VARIABLE shards = '/new/place'` first.
"""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

from pipeline.runs import Run, read_runs
from pipeline.storage.folder import Folder, folder
from schemas.errors import StorageError
from schemas.problem import PROBLEMS
from schemas.table import SCHEMA_VERSION
from schemas.trace import TRACES
from schemas.tree import TREES

CATALOG = "catalog.duckdb"

# DuckDB 1.4 cannot open what 2.x writes by default; this storage version is read by both.
_STORAGE = "v1.2.0"

_RAW = (("traces", TRACES), ("trees", TREES), ("problems", PROBLEMS))

# The hard label (Math-Shepherd's): some decided continuation was accepted, seen or implied; none where the verifier failed on too
# many, and where nobody looked. A reason that says it comes before the counts: `changepoint` outvotes some. The last step takes
# the trace's verdict. `generators/strategies.py` says the same of a prefix.
_HARD = """CASE
    WHEN step.stop_reason = 'terminal' THEN
        CASE trace_outcome WHEN 'accepted' THEN true WHEN 'rejected' THEN false END
    WHEN step.stop_reason = 'implied_positive' THEN true
    WHEN step.stop_reason = 'after_first_error' THEN false
    WHEN step.stop_reason = 'undecided' THEN NULL
    WHEN step.n_rollouts - step.n_undecided > 0 THEN step.n_correct > 0
END"""

# Nodes with what their tree says; a node's own problem is found by `tree_id`.
_NODES = """SELECT tree_id, problem_id, run_id, search, domain, family, unnest(node)
FROM (SELECT * EXCLUDE (nodes), unnest(nodes) AS node FROM trees)"""

# What a row of `steps` and of `rollouts` says about its trace; view column -> expression over `traces`.
_OF_TRACE = {
    "trace_id": "trace_id",
    "problem_id": "problem_id",
    "run_id": "run_id",
    "generator": "generator",
    "domain": "domain",
    "task": "problem.task",
    "family": "family",
    "role": "role",
    "difficulty": "problem.difficulty",
    "trace_outcome": "outcome",
}

# Names that would clash with a column of the trace, or that SQL reserves.
_RENAMED = {"step": "step_index", "index": "rollout_index"}

_RUN_COLUMNS = {
    "run_id": "VARCHAR",
    "folder": "VARCHAR",
    "code_version": "VARCHAR",
    "created_at": "TIMESTAMP",
    "n_problems": "BIGINT",
    "n_traces": "BIGINT",
    "n_shards": "BIGINT",
    "n_bytes": "BIGINT",
    "config": "VARCHAR",
}


QUERIES = Path(__file__).parent / "queries"
"""Canned analyst questions, one `.sql` file each; the first line asks it in words."""


def catalog(out: Folder | Path | str, *, persist: bool = False, run_id: str | None = None) -> duckdb.DuckDBPyConnection:
    """Return an in-memory connection with the views over every run in `out`, or over one; the caller closes it.

    With `persist`, the same views are also written to `<out>/catalog.duckdb`, in one rename. Raises StorageError where
    there is no run, or where a manifest cannot be read or names a file that is not there. Times in the views are UTC
    without a zone, because Python's DuckDB needs one more package to return zoned ones.
    """
    place = out if isinstance(out, Folder) else folder(out)
    if persist and place.local is None:
        raise StorageError(f"{place}: a stored catalog can name files of a disk only; copy the runs to one first")
    runs = tuple(run for run in read_runs(place) if run_id in (None, run.run_id))
    connection = duckdb.connect()
    connection.execute("SET autoinstall_known_extensions = false")  # a query never downloads anything
    try:
        for view in _views(place, runs, connection, movable=False):
            connection.execute(view)
        if persist and place.local is not None:
            _write_catalog(place.local / CATALOG, _views(place, runs, connection, movable=True))
    except (duckdb.Error, OSError) as error:
        connection.close()
        raise StorageError(f"{place}: no catalog can be made: {error}") from error
    return connection


def _views(out: Folder, runs: Sequence[Run], connection: duckdb.DuckDBPyConnection, *, movable: bool) -> list[str]:
    selects = {table: _raw(out, runs, table, schema, connection, movable=movable) for table, schema in _RAW}
    step = [f.name for f in TRACES.field("steps").type.value_type]
    selects["steps"] = _per_item(
        "steps",
        "step",
        {
            "step_index": "step_index",
            "is_terminal": "step.stop_reason = 'terminal'",
            **{name: f"step.{name}" for name in step},
            "hard": _HARD,
            "soft": "step.q",
        },
    )
    rollout = [f.name for f in TRACES.field("rollouts").type.value_type]
    selects["rollouts"] = _per_item(
        "rollouts", "rollout", {_RENAMED.get(name, name): f'rollout."{name}"' for name in rollout}
    )
    selects["nodes"] = _NODES
    selects["runs"] = _runs(runs)
    return [f"CREATE VIEW {name} AS {select}" for name, select in selects.items()]


def _raw(
    out: Folder,
    runs: Sequence[Run],
    table: str,
    schema: pa.Schema,
    connection: duckdb.DuckDBPyConnection,
    *,
    movable: bool,
) -> str:
    """Select all rows of one raw table; typed even where there is no file to take the types from."""
    files = [f"{run.folder.name}/{shard.file}" for run in runs for shard in run.shards if shard.table == table]
    older = any(run.schema_version < SCHEMA_VERSION for run in runs)
    if not files:
        source = f"({_no_rows(schema, connection)})"
    elif out.local is not None:
        source = _on_disk(out.local, files, movable=movable, older=older)
    else:
        source = _on_store(out, files, f"{table}_on_store", schema, connection)
    if files and older:
        # Columns, and fields of structs, that an older shard does not have are null in its rows.
        source = f"({_no_rows(schema, connection)} UNION ALL BY NAME SELECT * FROM {source})"
        source = f"(SELECT * REPLACE ({_solved(schema)}) FROM {source})"
    return f"SELECT * REPLACE (make_timestamp(epoch_us(created_at)) AS created_at) FROM {source}"


def _on_disk(out: Path, files: Sequence[str], *, movable: bool, older: bool) -> str:
    root = quoted(_literal(out.resolve().as_posix()))
    if movable:
        root = f"coalesce(getvariable('shards'), {root})"
    paths = ", ".join(quoted("/" + _literal(file)) for file in files)
    # Files of one schema are not opened one by one before a query begins. Without hive_partitioning = false the folder `run=...`
    # would become a column of its own.
    return (
        f"read_parquet(list_transform([{paths}], lambda file: {root} || file), "
        f"union_by_name = {str(older).lower()}, hive_partitioning = false)"
    )


def _on_store(
    out: Folder, files: Sequence[str], name: str, schema: pa.Schema, connection: duckdb.DuckDBPyConnection
) -> str:
    """Register what pyarrow reads from a store; the columns and filters of a query are handed down to it.

    DuckDB's own reader of stores is an extension, which would have to be downloaded.
    """
    system, path = out.filesystem()
    paths = [f"{path}/{file}" for file in files]
    lenient = pa.schema([_nullable(field_) for field_ in schema])  # older files lack some
    connection.register(name, ds.dataset(paths, schema=lenient, filesystem=system, format="parquet"))
    return name


def _nullable(field_: pa.Field) -> pa.Field:
    """Return a field in which anything may be null."""
    kind = field_.type
    if pa.types.is_struct(kind):
        kind = pa.struct([_nullable(child) for child in kind])
    elif pa.types.is_list(kind):
        kind = pa.list_(_nullable(kind.value_field))
    return pa.field(field_.name, kind)


def _solved(schema: pa.Schema) -> str:
    """Return the column with `task` in it, `solve` where it is null: there was no other before schema 3."""
    if "task" in schema.names:
        return "coalesce(task, 'solve') AS task"
    names = [f.name for f in schema.field("problem").type]
    values = {name: f"problem.{name}" for name in names} | {"task": "coalesce(problem.task, 'solve')"}
    return f"struct_pack({', '.join(f'{name} := {value}' for name, value in values.items())}) AS problem"


def _no_rows(schema: pa.Schema, connection: duckdb.DuckDBPyConnection) -> str:
    empty = connection.from_arrow(schema.empty_table())
    columns = zip(empty.columns, empty.types, strict=True)
    casts = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in columns)
    return f"SELECT * FROM (SELECT {casts} LIMIT 0)"


def _per_item(column: str, item: str, fields: Mapping[str, str]) -> str:
    """Select one row per item of a list column of `traces`, counted from 0 in `<item>_index`."""
    of_trace = ", ".join(f"{expression} AS {name}" for name, expression in _OF_TRACE.items())
    of_item = ", ".join(f'{expression} AS "{name}"' for name, expression in fields.items())
    return (
        f"SELECT {', '.join(_OF_TRACE)}, {of_item} FROM (SELECT {of_trace}, "
        f"unnest({column}) AS {item}, generate_subscripts({column}, 1) - 1 AS {item}_index FROM traces)"
    )


def _runs(runs: Sequence[Run]) -> str:
    """Select one row per run, spelled out in the view: there is no file to read them from."""
    rows = []
    for run in runs:
        config = run.record.get("config", run.record.get("fingerprint_of"))
        values = {
            "run_id": run.run_id,
            "folder": run.folder.name,
            "code_version": run.record.get("code_version"),
            "created_at": _utc(run.record.get("created_at")),
            "n_problems": run.rows("problems"),
            "n_traces": run.rows("traces"),
            "n_shards": len(run.shards),
            "n_bytes": sum(shard.bytes for shard in run.shards),
            "config": None if config is None else json.dumps(config, ensure_ascii=False),
        }
        cells = (
            f"CAST({'NULL' if values[name] is None else quoted(str(values[name]))} AS {kind})"
            for name, kind in _RUN_COLUMNS.items()
        )
        rows.append(f"({', '.join(cells)})")
    return f"SELECT * FROM (VALUES {', '.join(rows)}) AS run ({', '.join(_RUN_COLUMNS)})"


def _utc(created_at: object) -> str | None:
    """Return a time in UTC without zone, from ISO text or from microseconds since 1970; None where it is neither."""
    try:
        if isinstance(created_at, int):
            moment = datetime.fromtimestamp(created_at / 1_000_000, tz=UTC)
        else:
            moment = datetime.fromisoformat(str(created_at))
    except (ValueError, OverflowError, OSError):
        return None
    return (moment.astimezone(UTC) if moment.tzinfo else moment).replace(tzinfo=None).isoformat(sep=" ")


def _write_catalog(path: Path, views: Sequence[str]) -> None:
    """Write the views as a database, beside the old one and then over it, so that a reader never sees half of one."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".catalog-") as scratch:
        fresh = Path(scratch) / path.name
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH {quoted(str(fresh))} AS catalog (STORAGE_VERSION '{_STORAGE}')")
            connection.execute("USE catalog")
            for view in views:
                connection.execute(view)
            connection.execute("USE memory")
            connection.execute("DETACH catalog")
        os.replace(fresh, path)


def _literal(path: str) -> str:
    """Return a path in which DuckDB sees no pattern: it reads *, ? and [ as such even in a list of files."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)


def quoted(text: str) -> str:
    """Return `text` as a string in SQL."""
    return "'" + text.replace("'", "''") + "'"
