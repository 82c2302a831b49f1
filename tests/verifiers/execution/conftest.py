"""One sandbox for all recordings of a module."""

from collections.abc import Iterator

import pytest

from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Config


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Config(unconfined=True)) as sandbox:
        yield sandbox
