"""Blocks: the problems of one shard each, read ahead of the flow by a thread, so that checking gold answers never stalls it."""

import queue
import threading
from collections.abc import Iterator
from typing import Self

import pyarrow as pa


class Blocks:
    """Tables of problems, at most `ahead` of them read and not yet taken. For one taker."""

    def __init__(self, tables: Iterator[pa.Table], ahead: int) -> None:
        self._tables = tables
        self._read: queue.Queue[pa.Table | BaseException | None] = queue.Queue(max(1, ahead))
        self._peeked: pa.Table | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="blocks", daemon=True)
        self.ended = False
        """Whether everything has been taken."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop reading; what was read and not taken is forgotten."""
        self._stop.set()
        while self._thread.is_alive():
            self._drain()
            self._thread.join(timeout=0.05)

    def any(self) -> bool:
        """Wait for the first block; False where there is none. Raises what reading the source raises."""
        self._peeked = self.take(timeout=None)
        return self._peeked is not None

    def take(self, timeout: float | None) -> pa.Table | None:
        """Return the next block, or None where there is none within `timeout` seconds (None waits) or none any more: see `ended`.

        Raises what reading the source raises.
        """
        if self._peeked is not None:
            table, self._peeked = self._peeked, None
            return table
        if self.ended:
            return None
        try:
            found = self._read.get(block=timeout != 0, timeout=timeout)
        except queue.Empty:
            return None
        if found is None or isinstance(found, BaseException):
            self.ended = True
        if isinstance(found, BaseException):
            raise found
        return found

    def _run(self) -> None:
        end: BaseException | None = None
        try:
            for table in self._tables:
                self._put(table)
                if self._stop.is_set():
                    break
        except BaseException as error:  # handed to the taker, who raises it
            end = error
        finally:
            close = getattr(self._tables, "close", None)
            if close is not None:
                close()
        self._put(end)

    def _put(self, item: pa.Table | BaseException | None) -> None:
        while not self._stop.is_set():
            try:
                self._read.put(item, timeout=0.2)
            except queue.Full:
                continue
            return

    def _drain(self) -> None:
        try:
            while True:
                self._read.get_nowait()
        except queue.Empty:
            return
