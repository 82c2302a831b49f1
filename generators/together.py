"""Wait for many searches at once."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TypeVar

Value = TypeVar("Value")


async def together(searches: Sequence[Awaitable[Value]]) -> list[Value]:
    """Return what all return, in order. When one fails the others are cancelled, so that they stop costing tokens."""
    tasks = [asyncio.ensure_future(search) for search in searches]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
