"""One pool of verifier workers for all tests of this folder: a worker takes a second to load."""

from collections.abc import Iterator

import pytest

from verifiers.workers import Workers


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    with Workers() as judge:
        yield judge
