"""From how a flight ended to a status and a reason. What the child says of itself is believed only to its disadvantage."""

import signal

from verifiers.sandbox import wire
from verifiers.sandbox.flight import Flight, returned
from verifiers.sandbox.rows import Returned, Status
from verifiers.sandbox.values import decode


def answers(flight: Flight) -> tuple[list[Returned], tuple[Status, str] | None]:
    """Return the answers that came in, and what the child said of its end or is to be said of its answers, where anything."""
    found: list[Returned] = []
    for kind, text in flight.frames:
        try:
            if kind == "E":
                return found, read_end(text)
            if kind not in ("V", "R", "U"):
                raise ValueError("no such frame")
            found.append(returned(kind, text))
        except ValueError as error:
            return found, ("error", f"unreadable answer: {str(error)[:100]}")
    return found, None


def read_end(text: bytes) -> tuple[Status, str]:
    """Read what a child says of its own end. Raises ValueError."""
    said = decode(text)
    if not isinstance(said, list) or len(said) != 3 or not all(isinstance(one, str) for one in said):
        raise ValueError("an end is three strings")
    error, where, cause = said
    if cause == "blocked":
        return "blocked", error
    if cause in ("memory", "disk", "processes", "files"):
        return "limit", cause
    return "error", f"{error} {where}"


def judge(
    flight: Flight, order: wire.Order, expected: int | None, answered: int, said: tuple[Status, str] | None,
    *, refused_forks: bool, out_of_memory: bool,
) -> tuple[Status, str]:  # fmt: skip
    """Return status and reason. `expected`: answers of a complete run, None where the parent ended it."""
    report = flight.report
    if report is None:
        return ("limit", "memory") if out_of_memory else ("infra", "the zygote ended or did not report")
    if not report.started:
        return "infra", "the zygote could not fork"
    if report.blocked:
        return "blocked", " ".join(report.blocked)
    if flight.stopped in ("output", "unreadable"):
        return ("limit", "output") if flight.stopped == "output" else ("error", "unreadable answer")
    if said is not None:
        return said
    complete = answered >= expected if expected is not None else bool(flight.stopped)
    if complete and report.killed in (wire.NOT_KILLED, wire.ASKED):
        return ("done", "") if expected in (None, answered) else ("error", "more answers than calls")
    return _cut_short(flight, report, order, refused_forks=refused_forks, out_of_memory=out_of_memory)


def _cut_short(
    flight: Flight, report: wire.Report, order: wire.Order, *, refused_forks: bool, out_of_memory: bool
) -> tuple[Status, str]:
    number = report.status & 0x7F
    if out_of_memory and number == signal.SIGKILL:
        return "limit", "memory"
    if refused_forks and (report.killed or number):
        return "limit", "processes"
    if report.killed == wire.WALL:
        return "timeout", "wall"
    # The kernel's own limit counts whole seconds, and may be the first where a program has threads.
    if report.killed == wire.CPU or (number in (signal.SIGKILL, signal.SIGXCPU) and report.cpu_s >= order.cpu_s):
        return "timeout", "cpu"
    if number:
        return "error", f"signal {number}"
    if flight.untouched():
        return "infra", "a wall could not be put up"
    return "error", f"exit {report.status >> 8} before the last answer"
