"""The one place that catches: errors of a problem become values, errors of the run go through."""

import asyncio

import pytest

from pipeline.attempt import Failure, attempt
from schemas.errors import ContinuationError, EngineError, StorageError


async def work(error: BaseException | None) -> int:
    if error is not None:
        raise error
    return 7


def test_what_works_is_returned() -> None:
    assert asyncio.run(attempt("generate", work(None))) == 7


@pytest.mark.parametrize(
    ("error", "name", "message"),
    [
        (ValueError("empty prompt"), "ValueError", "empty prompt"),
        (KeyError("x"), "KeyError", "'x'"),
        (RecursionError(), "RecursionError", "RecursionError()"),
        (ContinuationError("cannot"), "ContinuationError", "cannot"),
        (MemoryError(), "MemoryError", "MemoryError()"),
    ],
)
def test_an_error_of_one_problem_is_a_value(error: Exception, name: str, message: str) -> None:
    expected = Failure(stage="generate", error_type=name, message=message)
    assert asyncio.run(attempt("generate", work(error))) == expected


@pytest.mark.parametrize("error", [EngineError("lost"), StorageError("full"), asyncio.CancelledError(), SystemExit(3)])
def test_an_error_of_the_run_goes_through(error: BaseException) -> None:
    with pytest.raises(type(error)):
        asyncio.run(attempt("generate", work(error)))
