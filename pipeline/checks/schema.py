"""Which schema a shard has: exactly this code's, or an older one, whose rows are read with nulls in place of what they lack.

The schema of an older version is not written down anywhere but in its files: it must be this code's without some of the fields.
"""

from collections.abc import Mapping

import pyarrow as pa

from schemas.problem import PROBLEMS
from schemas.trace import TRACES
from schemas.tree import TREES

SCHEMAS: Mapping[str, pa.Schema] = {"traces": TRACES, "trees": TREES, "problems": PROBLEMS}


def differs(schema: pa.Schema | pa.StructType, expected: pa.Schema | pa.StructType, *, older: bool) -> str | None:
    """Say what of a schema is not as expected, None where nothing is. Of an older one, fields may be missing."""
    names = [f.name for f in schema]
    wanted = [f.name for f in expected]
    if extra := [name for name in names if name not in wanted]:
        return f"{extra[0]} is no column of it"
    if names != (kept := [name for name in wanted if name in names]) or (len(kept) < len(wanted) and not older):
        missing = [name for name in wanted if name not in names]
        return (
            f"{missing[0]} is missing"
            if missing and not older
            else f"its columns stand in another order: {', '.join(names)}"
        )
    for name in names:
        one, other = schema.field(name), expected.field(name)
        if one.nullable != other.nullable:
            return f"{name} {'may' if one.nullable else 'may not'} be null"
        said = _differs(one.type, other.type, older=older)
        if said is not None:
            return f"{name}: {said}"
    return None


def _differs(kind: pa.DataType, expected: pa.DataType, *, older: bool) -> str | None:
    if pa.types.is_list(kind) and pa.types.is_list(expected):
        return _differs(kind.value_type, expected.value_type, older=older)
    if pa.types.is_struct(kind) and pa.types.is_struct(expected):
        return differs(kind, expected, older=older)
    return None if kind == expected else f"{kind} where {expected} stands"


def aligned(batch: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return rows of an older schema as those of `schema`, with nulls in place of what they do not have."""
    columns = [
        batch.column(f.name).cast(_loose(f.type))
        if f.name in batch.column_names
        else pa.nulls(len(batch), _loose(f.type))
        for f in schema
    ]
    return pa.table(columns, names=schema.names)


def _loose(kind: pa.DataType) -> pa.DataType:
    """Return a type in which everything may be null."""
    if pa.types.is_struct(kind):
        return pa.struct([f.with_type(_loose(f.type)).with_nullable(True) for f in kind])
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_loose(kind.value_type)).with_nullable(True))
    return kind
