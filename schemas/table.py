"""Frozen rows <-> Arrow tables, strict on names and nulls.

pyarrow's own `from_pylist` drops unknown keys and lets None into non-nullable fields without a word, and `asdict` runs at
about 1,000 of our rows a second; here columns are built straight from attributes.
"""

from collections.abc import Sequence
from itertools import accumulate, chain
from operator import attrgetter
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import pyarrow as pa

Row = TypeVar("Row")

SCHEMA_VERSION = 5
"""2: `completer`, `policy.model_family`, dollars, engine time of problems; older shards are read with nulls in their place.
3: `task` of problems and of traces' problems; older shards are read as `solve`.
4: the table `trees`; more reasons why probing of a step ended.
5: `duplicate_of`; `gpu_s` of traces, trees and problems; older shards are read with nulls in their place."""


def field(name: str, type_: pa.DataType, doc: str, *, nullable: bool = False) -> pa.Field:
    """Return a field whose meaning travels with it into the Parquet file."""
    return pa.field(name, type_, nullable=nullable, metadata={"doc": doc})


def table_schema(table: str, *fields: pa.Field) -> pa.Schema:
    """Return a schema that says which table it is and of which version."""
    return pa.schema(fields, metadata={"stepmill.table": table, "stepmill.schema_version": str(SCHEMA_VERSION)})


def to_table(rows: Sequence[object], schema: pa.Schema) -> pa.Table:
    """Return rows as a table of exactly `schema`. Raises ValueError that names the field where a null is not allowed."""
    arrays = [_array(list(map(attrgetter(f.name), rows)), f, f.name) for f in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(
    values: list[Any], field_: pa.Field, path: str
) -> pa.Array:  # Any: the values of one column, typed by `field_`
    kind = field_.type
    if pa.types.is_struct(kind):
        return _structs(values, field_, path)
    if pa.types.is_list(kind):
        _require(None not in values, field_, path)
        offsets = [0, *accumulate(map(len, values))]
        items = _array(list(chain.from_iterable(values)), kind.value_field, f"{path}[]")
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), items, type=kind)
    column = pa.array(values, kind)
    _require(not column.null_count, field_, path)
    return column


def _structs(values: list[Any], field_: pa.Field, path: str) -> pa.Array:  # Any: rows within rows
    # `None in values` would ask every row whether it is equal to None.
    nulls = [value is None for value in values]
    none = any(nulls)
    _require(not none, field_, path)
    children = []
    for child in field_.type:
        if none:
            blank = _blank(child)
            column = [blank if value is None else getattr(value, child.name) for value in values]
        else:
            column = list(map(attrgetter(child.name), values))
        children.append(_array(column, child, f"{path}.{child.name}"))
    return pa.StructArray.from_arrays(children, fields=list(field_.type), mask=pa.array(nulls) if none else None)


def _require(whole: bool, field_: pa.Field, path: str) -> None:
    if not whole and not field_.nullable:
        raise ValueError(f"{path}: null in a field that does not allow it")


def _blank(child: pa.Field) -> Any:  # Any: a value of the field's own type
    """Return what lies under a null struct: a field that allows no null has none there either, or Arrow refuses the column."""
    if child.nullable:
        return None
    if pa.types.is_string(child.type):
        return ""
    if pa.types.is_list(child.type):
        return ()
    return 0


def from_table(table: pa.Table, row: type[Row]) -> list[Row]:
    """Return the rows of `table` as instances of `row`; columns are matched by name. Inverse of `to_table`."""
    raw = table.cast(pa.schema([f.with_type(_plain(f.type)) for f in table.schema]))
    return [_build(row, values) for values in raw.to_pylist()]


def _plain(kind: pa.DataType) -> pa.DataType:
    """Return the type with every timestamp in it as the integer that rows carry."""
    if pa.types.is_timestamp(kind):
        return pa.int64()
    if pa.types.is_struct(kind):
        return pa.struct([f.with_type(_plain(f.type)) for f in kind])
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_plain(kind.value_type)))
    return kind


def _build(kind: Any, value: Any) -> Any:  # Any: walks type hints, which have no better type
    if value is None:
        return None
    origin = get_origin(kind)
    if origin is tuple:
        return tuple(_build(get_args(kind)[0], item) for item in value)
    if origin in (Union, UnionType):
        return _build(next(arg for arg in get_args(kind) if arg is not type(None)), value)
    if hasattr(kind, "__dataclass_fields__"):
        hints = _hints(kind)
        return kind(**{name: _build(hint, value[name]) for name, hint in hints.items()})
    return value


_HINTS: dict[type, dict[str, Any]] = {}


def _hints(kind: type) -> dict[str, Any]:
    if kind not in _HINTS:
        _HINTS[kind] = get_type_hints(kind)
    return _HINTS[kind]
