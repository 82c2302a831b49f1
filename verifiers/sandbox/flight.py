"""One program in one zygote, as the parent sees it: what is still to be sent, what has come back, how it ended."""

import fcntl
import marshal
import os
import select
import sys
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from verifiers.sandbox import wire
from verifiers.sandbox.process import ZygoteProcess
from verifiers.sandbox.rows import Call, Limits, Program, Returned
from verifiers.sandbox.values import decode

_FIRST_LOOK_MS = 2
"""As long as this only the end of the run wakes the parent, not each answer."""
_LOOK_MS = 100
_GRACE_S = 2.0
"""What a zygote may be late with its report before it is given up."""
_PIECE = 1 << 16
_HEAD = 13
"""Bytes before the text of a frame: nonce, kind, length."""


class Flight:
    """The state of one run."""

    __slots__ = (
        "process", "limits", "nonce", "out", "sent", "inbox", "frames", "answered", "printed", "stopped", "report",
        "began", "ended", "deadline",
    )  # fmt: skip

    def __init__(
        self, process: ZygoteProcess, program: Program, calls: Sequence[bytes], limits: Limits,
        *, live: bool = False, tests: bool = False,
    ) -> None:  # fmt: skip
        """`calls` are packed. `live`: more of them will follow; `tests`: the program may call another."""
        self.process, self.limits = process, limits
        self.nonce = os.urandom(8)
        self.out = framed(marshal.dumps((self.nonce, program.code, program.entry_point, tuple(calls), live, tests), 2))
        self.inbox = bytearray()
        self.frames: list[tuple[str, bytes]] = []
        """Kind and text: V a value, R what was raised, U what is unplain, C a call of the tests, E why the program ended."""
        self.answered = self.printed = self.sent = 0
        self.stopped = ""
        """Why the parent had it killed."""
        self.report: wire.Report | None = None
        self.began = self.ended = time.monotonic()
        self.deadline = 0.0

    def start(self, order: wire.Order) -> None:
        """Send it off. Raises OSError where the zygote is gone."""
        self.deadline = self.began + order.wall_s + _GRACE_S
        self.write()
        self.process.control.send(wire.pack_order(order))

    def write(self) -> None:
        """Send what the pipe takes."""
        with suppress(BlockingIOError):
            sent = os.write(self.process.request, self.out)
            self.sent += sent
            self.out = self.out[sent:]

    def tell(self, data: bytes) -> None:
        """Send one more frame, now or as soon as the pipe takes it."""
        self.out += framed(data)
        self.write()

    def stop(self, why: str) -> None:
        """Have it killed; the zygote's report follows."""
        if not self.stopped and self.report is None:
            self.stopped = why
            self.process.control.send(wire.KILL)

    def receive(self) -> bool:
        """Take the zygote's report; False where there is none yet. Raises OSError where the zygote is gone."""
        try:
            packet = self.process.control.recv(4096)
        except BlockingIOError:
            return False
        if not packet:
            raise ConnectionResetError("the zygote has ended")
        self.report = wire.unpack_report(packet)
        self.ended = time.monotonic()
        self.collect()
        return True

    def untouched(self) -> bool:
        """Whether nothing of the request was read, which is the first thing that a child does behind its walls."""
        unread = bytearray(4)
        fcntl.ioctl(self.process.request, termios.FIONREAD, unread)
        return int.from_bytes(unread, sys.byteorder) == self.sent

    def collect(self) -> None:
        """Read what there is of output and answers."""
        while piece := _read(self.process.output):
            self.printed += len(piece)
            if self.printed > self.limits.output_bytes:
                self.stop("output")
                break
        while piece := _read(self.process.answer):
            self.answered += len(piece)
            if self.answered > self.limits.answer_bytes:
                self.stop("output")
                break
            self.inbox += piece
        self._parse()

    def discard(self) -> None:
        """Empty the pipes: nothing of this run may be read as the next one's. Its processes are gone."""
        for descriptor in (self.process.output, self.process.answer):
            while _read(descriptor):
                pass

    def _parse(self) -> None:
        inbox, at = self.inbox, 0
        while len(inbox) - at >= _HEAD:
            length = int.from_bytes(inbox[at + 9 : at + _HEAD], "little")
            if inbox[at : at + 8] != self.nonce:
                self.stop("unreadable")
                break
            if length > self.limits.answer_bytes:
                self.stop("output")
                break
            end = at + _HEAD + length
            if len(inbox) < end:
                break
            self.frames.append((chr(inbox[at + 8]), bytes(inbox[at + _HEAD : end])))
            at = end
        del inbox[:at]


def fly(flights: Sequence[Flight], progress: Callable[[], None] | None = None) -> None:
    """Drive flights that have started until all have reported. Raises OSError or TimeoutError where a zygote does not.

    `progress` is called whenever something came in.
    """
    first = flights[0]
    if progress is None and not first.out and first.process.look.poll(_FIRST_LOOK_MS):
        first.receive()
    waiting, writing = select.poll(), set[int]()
    for flight in flights:
        for descriptor in flight.process.readable if flight.report is None else ():
            waiting.register(descriptor, select.POLLIN)
    while any(flight.report is None for flight in flights):
        for flight in flights:
            _watch_writing(waiting, writing, flight)
        ready = {descriptor for descriptor, _ in waiting.poll(_LOOK_MS)}
        for flight in flights:
            if flight.report is None:
                _advance(flight, ready)
                if flight.report is not None:
                    for descriptor in flight.process.readable:
                        waiting.unregister(descriptor)
        if progress is not None:
            progress()


def _watch_writing(waiting: "select.poll", writing: set[int], flight: Flight) -> None:
    """Wait for room in the pipe just as long as there is something to send."""
    request = flight.process.request
    wanted = bool(flight.out) and flight.report is None
    if wanted and request not in writing:
        waiting.register(request, select.POLLOUT)
        writing.add(request)
    elif not wanted and request in writing:
        waiting.unregister(request)
        writing.remove(request)


def _advance(flight: Flight, ready: set[int]) -> None:
    """Do what there is to do for one flight. Raises OSError or TimeoutError where its zygote failed."""
    control, answer, output = flight.process.readable
    if control in ready:
        flight.receive()
    elif answer in ready or output in ready:
        flight.collect()
    if flight.process.request in ready:
        flight.write()
    if flight.report is None and time.monotonic() > flight.deadline:
        raise TimeoutError("the zygote does not report")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _PIECE)
    except BlockingIOError:
        return b""


def framed(data: bytes) -> bytes:
    """Return one frame of a request."""
    return len(data).to_bytes(4, "little") + data


def packed(call: Call) -> bytes:
    """Return a call as the child reads it. Raises ValueError where an argument is no plain value.

    marshal, because the child may believe its parent; version 2, which never makes two equal arguments one object.
    """
    return marshal.dumps((call.name, tuple(call.args), dict(call.kwargs)), 2)


def returned(kind: str, text: bytes) -> Returned:
    """Read the frame of an answer. Raises ValueError for text that no `encode` wrote."""
    value = decode(text)
    if kind == "V":
        return Returned(kind="value", value=value)
    if not isinstance(value, str):
        raise ValueError("an error is a string")
    return Returned(kind="raised" if kind == "R" else "unplain", error=value)
