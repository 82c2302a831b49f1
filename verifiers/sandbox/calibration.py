"""How slow is this core? Limits on time are meant for a reference core and scaled by it, so that verdicts do not move with the
machine.
"""

import time
from functools import cache

_REFERENCE_S = 0.0095
"""Processor seconds of `_spin` on the reference: CPython 3.11 on a server core of 2024 at about 3 GHz."""
_ROUNDS = 5
_LEAST, _MOST = 0.5, 8.0
"""Bounds of the scale: beyond them the measurement is doubted, not the machine."""


@cache
def scale() -> float:
    """Return how many times longer than the reference this core takes, measured once per process in a tenth of a second."""
    return min(_MOST, max(_LEAST, min(_spin() for _ in range(_ROUNDS)) / _REFERENCE_S))


def _spin() -> float:
    """Return the processor time of a fixed piece of plain Python: arithmetic, calls, lists and dicts."""
    began = time.thread_time()
    seen: dict[int, int] = {}
    total = 0
    for number in range(60_000):
        total = (total * 31 + number) % 1_000_003
        seen[total & 1023] = seen.get(total & 1023, 0) + 1
        if not number & 15:
            total += len(sorted((total, number, 7)))
    return time.thread_time() - began
