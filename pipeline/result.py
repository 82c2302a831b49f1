"""What travels between stages: a row per problem, its record, its traces and its trees, so that a problem is committed whole."""

from dataclasses import dataclass

import pyarrow as pa

from schemas.problem import PROBLEMS, ProblemRecord
from schemas.table import field, table_schema
from schemas.trace import TRACES, Trace
from schemas.tree import TREES, Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One problem, ground."""

    record: ProblemRecord
    traces: tuple[Trace, ...]
    trees: tuple[Tree, ...] = ()


RESULTS = table_schema(
    "results",
    field("record", pa.struct(list(PROBLEMS)), "how the problem ended"),
    field("traces", pa.list_(pa.field("trace", pa.struct(list(TRACES)), nullable=False)), "its traces"),
    field("trees", pa.list_(pa.field("tree", pa.struct(list(TREES)), nullable=False)), "its searches"),
)


def traces_of(results: pa.Table) -> pa.Table:
    """Return the traces of a table of results as a table of `TRACES`, without a copy through Python."""
    return _unpacked(results.column("traces").combine_chunks().flatten(), TRACES)


def trees_of(results: pa.Table) -> pa.Table:
    """Return the trees of a table of results as a table of `TREES`."""
    return _unpacked(results.column("trees").combine_chunks().flatten(), TREES)


def records_of(results: pa.Table) -> pa.Table:
    """Return the records of a table of results as a table of `PROBLEMS`."""
    return _unpacked(results.column("record").combine_chunks(), PROBLEMS)


def _unpacked(structs: pa.StructArray, schema: pa.Schema) -> pa.Table:
    if isinstance(structs, pa.ChunkedArray):
        structs = pa.concat_arrays(structs.chunks) if structs.num_chunks else pa.array([], structs.type)
    return pa.Table.from_arrays(structs.flatten(), schema=schema)
