"""A server on loopback for the http engine, and a model folder that fits what it serves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.http_engine import scripted_model
from tests.openai_server import Server, code_point_files, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(scripted_model()) as running:
        yield running


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return code_point_files(tmp_path / "files")
