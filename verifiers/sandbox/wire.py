"""What parent and zygote say to each other, on one socket of packets. Both ends are ours."""

import struct
from collections.abc import Iterable
from typing import NamedTuple

GO, RUN, KILL, DRAIN = b"g", b"r", b"k", b"d"
"""First byte of the parent's packets: begin to set up; run a program; end it now; forget what it did not read."""


class Order(NamedTuple):
    """The limits of one run."""

    cpu_s: float
    wall_s: float
    memory_bytes: int
    disk_bytes: int
    files: int
    processes: int


class Report(NamedTuple):
    """How one run ended."""

    started: bool
    """There was a child."""
    status: int
    """As wait(2) has it."""
    killed: int
    """Why the zygote killed it: one of the constants below."""
    cpu_s: float
    blocked: tuple[str, ...]
    """Forbidden system calls that were tried, in order, without repetition."""


NOT_KILLED, CPU, WALL, ASKED = 0, 1, 2, 3

_ORDER = struct.Struct("=cddqqqq")
_REPORT = struct.Struct("=?iBd")


def pack_order(order: Order) -> bytes:
    """Return the packet that starts a run."""
    return _ORDER.pack(RUN, *order)


def unpack_order(packet: bytes) -> Order:
    """Read a packet that starts a run."""
    return Order(*_ORDER.unpack(packet)[1:])


def pack_report(started: bool, status: int, killed: int, cpu_s: float, blocked: Iterable[str]) -> bytes:
    """Return the packet that ends a run."""
    return _REPORT.pack(started, status, killed, cpu_s) + " ".join(blocked).encode()


def unpack_report(packet: bytes) -> Report:
    """Read a packet that ends a run."""
    started, status, killed, cpu_s = _REPORT.unpack_from(packet)
    return Report(started, status, killed, cpu_s, tuple(packet[_REPORT.size :].decode().split()))
