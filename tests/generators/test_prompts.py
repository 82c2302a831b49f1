"""Prompts: found by name or path, and never changed once released."""

from hashlib import sha256
from pathlib import Path

import pytest

from generators.prompts import catalog
from schemas.errors import ConfigError

RELEASED = {
    "solve_bare.v1": "8b23772b1c4690f04b1948a20249b94995582445dbd8cd8d76b55bc674973819",
    "solve_boxed.v1": "1fe83bb37db7308ceaccd1fc407f3eefc7038fef511fb8c96b9b1f30266a27c4",
    "solve_plain.v1": "40630a377acb99d923e8fb9d53387d911983b6a36ecef1955f655f40d90f08be",
}


@pytest.mark.parametrize("name", RELEASED)
def test_a_released_prompt_is_what_it_was(name: str) -> None:
    digest = sha256((catalog.PROMPTS / f"{name}.txt").read_bytes()).hexdigest()
    assert digest == RELEASED[name], f"{name} was changed; rows name it, so add a new version beside it instead"


def test_every_prompt_is_recorded_here() -> None:
    assert catalog.names() == sorted(RELEASED)


def test_the_newline_at_the_end_of_the_file_is_no_part_of_it() -> None:
    assert catalog.find("solve_bare.v1").text == "{problem}"
    assert catalog.find("solve_boxed.v1").text.endswith("within \\boxed{}.")


def test_a_file_of_the_users_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.v3.txt"
    path.write_text("Sum: {problem}\n\n")
    found = catalog.find(str(path))
    assert (found.name, found.text) == ("mine.v3", "Sum: {problem}\n")


@pytest.mark.parametrize("text", ["no place", "{problem} and {problem}", ""])
def test_a_prompt_has_one_place_for_the_statement(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.txt").write_text(text)
    with pytest.raises(ConfigError, match=r"mine\.txt must hold \{problem\} exactly once.* it does [02] times"):
        catalog.find(str(tmp_path / "mine.txt"))


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.txt' cannot be read"):
        catalog.find(str(tmp_path / "none.txt"))
    (tmp_path / "latin.txt").write_bytes(b"\xe9{problem}")
    with pytest.raises(ConfigError, match=r"latin\.txt' cannot be read"):
        catalog.find(str(tmp_path / "latin.txt"))


@pytest.mark.parametrize("name", ["solve_boxd", "solve_boxed.v2", "solve_boxed"])
def test_an_unknown_name_tells_the_nearest(name: str) -> None:
    with pytest.raises(ConfigError, match="did you mean 'solve_boxed.v1'"):
        catalog.find(name)


@pytest.mark.parametrize("name", ["", "zzz", "../prompts/solve_bare.v1"])
def test_an_unknown_name_tells_what_there_is(name: str) -> None:
    with pytest.raises(ConfigError, match="prompt = .* is not known"):
        catalog.find(name)
