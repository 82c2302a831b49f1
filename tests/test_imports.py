"""The five packages have everyday names, `verifiers` is on PyPI too: what is imported must be ours."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from pipeline.code import PACKAGES, ROOT


@pytest.mark.parametrize("name", PACKAGES)
def test_a_top_level_package_is_the_one_of_this_repository(name: str) -> None:
    module = import_module(name)
    assert module.__file__ is not None
    assert Path(module.__file__).resolve().parent == ROOT / name
    assert "site-packages" not in module.__file__


def test_they_are_ours_in_a_fresh_process_at_the_root() -> None:
    script = f"import {', '.join(PACKAGES)}; print({', '.join(f'{name}.__file__' for name in PACKAGES)}, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(ROOT / name / "__init__.py") for name in PACKAGES]


def test_rows_need_nothing_but_arrow() -> None:
    """The schemas can be read by a tool that has none of the engines."""
    script = "import sys, schemas.trace, schemas.problem, schemas.ids; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "pyarrow" in loaded
    assert not loaded & {"ray", "duckdb", "openvino", "openvino_genai", "torch", "sympy", "verifiers", "pipeline"}
