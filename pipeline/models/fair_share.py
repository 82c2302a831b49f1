"""Whose the engine's time was: each moment is split among the samples then under way."""

import time


class FairShare:
    """A clock that runs at 1/(samples under way) of wall time; a sample's share is what it moves on meanwhile."""

    def __init__(self) -> None:
        self.span_s = 0.0
        """From the first sample handed to the engine to the last one back."""
        self._clock = 0.0
        self._read_at = time.monotonic()
        self._first_at: float | None = None

    def read(self, under_way: int) -> float:
        """Return the clock, in seconds, where so many samples were under way since it was last read."""
        now = time.monotonic()
        if under_way:
            self._clock += (now - self._read_at) / under_way
            if self._first_at is None:
                self._first_at = self._read_at
            self.span_s = now - self._first_at
        self._read_at = now
        return self._clock
