"""One sandbox for the tests of a file, or the reason why there is none here."""

from collections.abc import Iterator

import pytest

from verifiers.sandbox import layers
from verifiers.sandbox.pool import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    found = layers.probe()
    if not found.confined:
        pytest.skip(f"nothing confines a program here: {found.missing}")
    with Sandbox() as made:
        yield made
