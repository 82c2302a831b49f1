"""The schema of what is on disk changes on purpose or not at all.

After a deliberate change: raise SCHEMA_VERSION in schemas/table.py, say in the commit how old shards are read, and write
the golden file anew with `python -m tests.schemas.test_schema_golden`.
"""

from pathlib import Path

import pyarrow as pa

from schemas.problem import PROBLEMS
from schemas.table import SCHEMA_VERSION
from schemas.trace import TRACES
from schemas.tree import TREES

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "schema.txt"


def rendered() -> str:
    """Return the tables' columns, one a line: path, type, `?` where null is allowed."""
    lines = [f"schema version {SCHEMA_VERSION}"]
    for name, schema in (("traces", TRACES), ("trees", TREES), ("problems", PROBLEMS)):
        lines += ["", name, *(line for field in schema for line in _lines(field, ""))]
    return "\n".join(lines) + "\n"


def _lines(field: pa.Field, path: str) -> list[str]:
    mark = "?" if field.nullable else ""
    kind, name = field.type, path + field.name
    if pa.types.is_list(kind):
        name, kind, mark = name + "[]", kind.value_type, mark + ("?" if kind.value_field.nullable else "")
    if pa.types.is_struct(kind):
        return [f"  {name}{mark}", *(line for child in kind for line in _lines(child, f"{name}."))]
    return [f"  {name} {kind}{mark}"]


def test_the_schema_is_the_recorded_one() -> None:
    assert rendered() == GOLDEN.read_text(), __doc__


if __name__ == "__main__":
    GOLDEN.write_text(rendered())
