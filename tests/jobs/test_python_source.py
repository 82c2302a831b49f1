"""`--source` with Python files: a run from functions to rows, several files at once, what was skipped named."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jobs import shards
from schemas.errors import ConfigError

MODULES = Path(__file__).parents[1] / "data" / "modules"
CONFIG = """
problems = 12
[source]
questions = ["output"]
inputs_per_program = 1
[models.one]
engine = "scripted"
[[generators]]
name = "execution_trace"
"""


def test_functions_of_files_become_verified_traces(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "code.toml").write_text(CONFIG)
    bad = tmp_path / "bad.py"
    bad.write_text("def g(x):\n    '''\n    >>> g(2)\n    5\n    '''\n    return x\n")
    sources = ["--source", str(bad), str(MODULES / "ratios.py"), str(MODULES / "averages.py")]
    run = [*sources, "--config", str(tmp_path / "code.toml"), "--out", str(tmp_path / "out"), "--local", "--json"]
    assert shards.main(run) == 1  # complete, and one function was skipped
    said = capsys.readouterr()
    assert "bad.py:1: g: its doctest says that g(2) is 5, and it is 2" in said.err
    traces = json.loads(said.out)["traces"]
    assert traces == {"traces": 11, "accepted": 11, "rejected": 0, "undecided": 0, "duplicates": 0}
    rows = [row for file in (tmp_path / "out").rglob("traces/*.parquet") for row in pq.read_table(file).to_pylist()]
    assert {row["problem"]["source"].partition(":")[0] for row in rows} == {"ratios.py", "averages.py"}
    assert {(row["generator"], row["first_error"], row["problem"]["task"]) for row in rows} == {
        ("execution_trace", -1, "output")
    }
    assert {claim["verdict"] for row in rows for step in row["steps"] for claim in step["checks"]} == {"right"}


def test_only_python_files_are_read_together() -> None:
    assert shards.resolved_sources(["a.py", "b.py"]) == f"{Path('a.py').resolve()}\n{Path('b.py').resolve()}"
    assert shards.resolved_sources(["owner/name"]) == "owner/name"
    with pytest.raises(ConfigError, match=r"rows\.jsonl cannot be read together"):
        shards.resolved_sources(["a.py", "rows.jsonl"])
