"""The README is true: its tree names every file, its commands exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
TREE = README.split("## The tree")[1].split("## Adding")[0]
FILES = [
    path.relative_to(ROOT)
    for package in ("schemas", "verifiers", "generators", "pipeline", "jobs")
    for path in sorted((ROOT / package).rglob("*.py"))
    if path.name not in ("__init__.py", "__main__.py")
]


@pytest.mark.parametrize("path", FILES, ids=str)
def test_the_tree_names_every_file(path: Path) -> None:
    section = TREE.split(f"\n{path.parts[0]}/")[1].split("\n\n")[0]
    if len(path.parts) > 2:
        section = section.split(f"{path.parts[1]}/")[1]
    assert re.search(rf"\b{re.escape(path.name)}\b", section), f"{path} is not in the README's tree"


def test_the_tree_names_no_file_that_is_not_there() -> None:
    names = {path.name for path in FILES} | {"__init__.py"}
    assert set(re.findall(r"\b\w+\.py\b", TREE)) <= names


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:^|`)make ([a-z-]+)", README))))
def test_make_targets_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("module", sorted(set(re.findall(r"python -m (jobs\.\w+)", README))))
def test_commands_exist(module: str) -> None:
    path = ROOT / module.replace(".", "/")
    assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()
