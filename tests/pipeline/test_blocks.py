"""Problems read ahead of the flow."""

import threading
import time
from collections.abc import Iterator

import pyarrow as pa
import pytest

from pipeline.blocks import Blocks

TABLES = [pa.table({"n": [number]}) for number in range(7)]


def taken(blocks: Blocks) -> list[int]:
    found = []
    while (table := blocks.take(None)) is not None:
        found.append(table["n"][0].as_py())
    return found


def test_every_block_comes_once_in_order_and_then_none() -> None:
    with Blocks(iter(TABLES), ahead=2) as blocks:
        assert blocks.any() and not blocks.ended
        assert taken(blocks) == list(range(7))
        assert blocks.ended and blocks.take(None) is None


def test_no_block_at_all() -> None:
    with Blocks(iter([]), ahead=2) as blocks:
        assert not blocks.any()
        assert blocks.ended


def test_it_reads_no_further_ahead_than_told() -> None:
    drawn = []

    def tables() -> Iterator[pa.Table]:
        for table in TABLES:
            drawn.append(table)
            yield table

    with Blocks(tables(), ahead=2) as blocks:
        blocks.take(None)
        time.sleep(0.3)
        assert len(drawn) <= 4  # one taken, two waiting, one in the reader's hand


def test_an_error_of_the_source_reaches_the_taker_after_what_was_read() -> None:
    def tables() -> Iterator[pa.Table]:
        yield TABLES[0]
        raise ValueError("torn")

    with Blocks(tables(), ahead=2) as blocks:
        assert blocks.take(None) is TABLES[0]
        with pytest.raises(ValueError, match="torn"):
            blocks.take(None)
        assert blocks.ended


def test_a_slow_source_is_not_waited_for_longer_than_asked() -> None:
    go = threading.Event()

    def tables() -> Iterator[pa.Table]:
        go.wait(20)
        yield TABLES[0]

    with Blocks(tables(), ahead=2) as blocks:
        assert blocks.take(0) is None and not blocks.ended
        assert blocks.take(0.01) is None and not blocks.ended
        go.set()
        assert blocks.take(20) is TABLES[0]


def test_leaving_early_closes_the_source() -> None:
    closed = []

    def tables() -> Iterator[pa.Table]:
        try:
            yield from TABLES
        finally:
            closed.append(True)

    with Blocks(tables(), ahead=1) as blocks:
        blocks.take(None)
    assert closed == [True]
