"""A shard has this code's schema, or an older one that is part of it."""

import pyarrow as pa
import pytest

from pipeline.checks.schema import SCHEMAS, aligned, differs
from schemas.table import to_table
from schemas.trace import TRACES
from tests.rows import a_trace

TABLE = to_table([a_trace(), a_trace("t2")], TRACES)


def without(schema: pa.Schema, column: str, name: str) -> pa.Schema:
    """Return a schema without one field of a struct."""
    at = schema.get_field_index(column)
    found = schema.field(at)
    return schema.set(at, found.with_type(pa.struct([f for f in found.type if f.name != name])))


@pytest.mark.parametrize("table", SCHEMAS)
def test_a_schema_is_itself(table: str) -> None:
    assert differs(SCHEMAS[table], SCHEMAS[table], older=False) is None


@pytest.mark.parametrize(
    ("schema", "said", "older"),
    [
        (TRACES.remove(TRACES.get_field_index("duplicate_of")), "duplicate_of is missing", None),
        (without(TRACES, "cost", "gpu_s"), "cost: gpu_s is missing", None),
        (TRACES.append(pa.field("x", pa.int32())), "x is no column of it", "x is no column of it"),
        (pa.schema([TRACES.field(1), TRACES.field(0), *list(TRACES)[2:]]), "another order", "another order"),
        (TRACES.set(0, TRACES.field(0).with_type(pa.int32())), "trace_id: int32 where string", "trace_id: int32 where string"),
        (TRACES.set(0, TRACES.field(0).with_nullable(True)), "trace_id may be null", "trace_id may be null"),
    ],
)  # fmt: skip
def test_what_is_other_is_named(schema: pa.Schema, said: str, older: str | None) -> None:
    assert said in (differs(schema, TRACES, older=False) or "")
    assert (older or "") in (differs(schema, TRACES, older=True) or "")
    assert (differs(schema, TRACES, older=True) is None) == (older is None)


def test_older_rows_have_nulls_where_they_have_nothing() -> None:
    old = TABLE.select([name for name in TRACES.names if name != "duplicate_of"])
    cost = TABLE.column("cost").combine_chunks()
    kept = [f for f in cost.type if f.name != "gpu_s"]
    fewer = pa.StructArray.from_arrays([cost.field(f.name) for f in kept], fields=kept)
    old = old.set_column(old.schema.get_field_index("cost"), "cost", fewer)
    rows = aligned(old, TRACES).to_pylist()
    assert aligned(old, TRACES).schema.names == TRACES.names
    assert rows == [
        row | {"duplicate_of": None, "cost": row["cost"] | {"gpu_s": None}} for row in TABLE.to_pylist()
    ]  # fmt: skip
