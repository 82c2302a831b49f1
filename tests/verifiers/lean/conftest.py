"""The real kernel, once for all tests of a session. Skipped only where the wheel cannot be loaded."""

from collections.abc import Iterator

import pytest

from verifiers.lean import native


@pytest.fixture(scope="session")
def lean() -> Iterator[native.Native]:
    missing = native.missing()
    if missing is not None:
        pytest.skip(missing)
    with native.Native() as backend:
        yield backend
