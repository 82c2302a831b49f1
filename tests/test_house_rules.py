"""The house rules that a linter does not check. An exception is named here, with its reason, or it is none."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from pipeline.code import PACKAGES, ROOT

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 80
LONGER_FILES: dict[str, str] = {}
LONGER_FUNCTIONS: dict[str, str] = {}

VAGUE_PARTS = ("Manager", "Helper", "Util", "Base", "Handler", "Common")
VAGUE_FILES = ("utils", "helpers", "common", "base", "misc", "core")

# Parts are joined here so that this file does not break its own rule.
MACHINE_PATHS = re.compile(
    "|".join(("/" + "home/", "/" + "root/", "/" + "Users/", "/work" + "/main", "/work" + "/shared"))
)
PACKAGE_INDEX = re.compile(
    r"--(?:extra-)?index-" + "url|" + r"pypi\." + "org/simple|files\\.python" + "hosted|/simple" + "/ "
)
BINARY = {".safetensors", ".bin", ".parquet", ".png"}


@cache
def tracked() -> tuple[Path, ...]:
    """Return what git knows or would take, so that a rule is broken before it is committed."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return tuple(ROOT / name for name in sorted(set(listed.split("\0"))) if name and (ROOT / name).is_file())


def python_files() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py"]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def test_there_is_something_to_check() -> None:
    assert {name_of(path).split("/")[0] for path in python_files()} >= {*PACKAGES, "tests"}


def test_no_file_is_long() -> None:
    long = {name_of(path): len(path.read_text().splitlines()) for path in python_files()}
    assert {name: lines for name, lines in long.items() if lines > MAX_FILE_LINES and name not in LONGER_FILES} == {}


def test_no_function_is_long() -> None:
    long = {
        f"{name_of(path)}:{node.name}": node.end_lineno - node.lineno + 1
        for path in python_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None
    }
    assert {k: lines for k, lines in long.items() if lines > MAX_FUNCTION_LINES and k not in LONGER_FUNCTIONS} == {}


def test_no_name_is_vague() -> None:
    classes = [
        f"{name_of(path)}:{node.name}"
        for path in python_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and any(part in node.name for part in VAGUE_PARTS)
    ]
    assert classes == []
    assert [name_of(path) for path in python_files() if path.stem in VAGUE_FILES] == []


def test_every_module_says_what_it_is() -> None:
    silent = [name_of(path) for path in python_files() if not ast.get_docstring(tree(path)) and tree(path).body]
    assert silent == []


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name_of(path)}:{number}: {line.strip()[:100]}"
        for path in tracked()
        if path.suffix not in BINARY and b"\0" not in (content := path.read_bytes())
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_holds_a_path_of_somebodys_machine() -> None:
    assert lines_with(MACHINE_PATHS) == []


def test_no_file_holds_the_address_of_a_package_index() -> None:
    assert lines_with(PACKAGE_INDEX) == []


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_what_is_installed_comes_from_the_users_own_index(name: str) -> None:
    assert "https://" not in re.sub(r"#.*", "", (ROOT / name).read_text())


def test_ray_is_imported_in_one_folder() -> None:
    importing = {
        name_of(path)
        for path in python_files()
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "ray" for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "ray")
    }
    assert [name for name in importing if not name.startswith(("tests/", "pipeline/cluster/"))] == []


def test_no_file_is_heavy() -> None:
    """A clone stays small: no policy's file is above 10 MB, nothing else above 1 MB."""
    heavy = {
        name_of(path): path.stat().st_size
        for path in tracked()
        if path.stat().st_size > (10_000_000 if "policies" in path.parts else 1_000_000)
    }
    assert heavy == {}
