"""One worker: two zygotes with different hash seeds in one cgroup. For one thread at a time."""

import marshal
import time
from collections.abc import Sequence

from verifiers.sandbox import calibration, cgroups, ending, wire
from verifiers.sandbox.flight import Flight, fly, packed, returned
from verifiers.sandbox.process import LayerError, ZygoteProcess
from verifiers.sandbox.rows import Call, Limits, Program, Returned, Run, Status
from verifiers.sandbox.values import decode

_ZYGOTE_PROCESSES = 6
"""Two per zygote, the one that serves and the one that watches it; three in bubblewrap."""
_ZYGOTE_BYTES = 96 << 20
_SLOW_S = 0.0018
"""Runs that took longer may have reached a limit that only the cgroup knows of."""
_TESTS_GRACE_S = 1.0
"""So that of two clocks that started together, the program's rings first."""


class Worker:
    """Runs one program at a time, or one and its tests."""

    def __init__(self, layers: Sequence[str], path: Sequence[str]) -> None:
        """Start both zygotes. Raises LayerError."""
        self.layers, self._path = tuple(layers), tuple(path)
        self._cgroup: cgroups.Cgroup | None = None
        if "cgroup" in layers:
            try:
                self._cgroup = cgroups.create()
            except OSError as error:
                raise LayerError("cgroup", str(error)) from None
        self._processes: list[ZygoteProcess | None] = [None, None]
        self._counts = (0, 0)
        try:
            self._prepare()
        except LayerError:
            self.close()
            raise

    @property
    def pids(self) -> list[int]:
        """Ids of the processes that watch over the zygotes."""
        return [process.pid for process in self._processes if process is not None]

    @property
    def cgroup(self) -> cgroups.Cgroup | None:
        """The group that both are in, where there is one."""
        return self._cgroup

    def close(self) -> None:
        """End both zygotes and remove the cgroup."""
        for seed in range(2):
            self._drop(seed)
        if self._cgroup is not None:
            end = time.monotonic() + 2
            while not self._cgroup.remove() and time.monotonic() < end:
                time.sleep(0.01)  # the last processes are on their way out

    def run(self, program: Program, calls: Sequence[Call], limits: Limits, seed: int) -> Run:
        """Make the calls of a program. Total."""
        refused = self._refused(program, limits)
        if refused is not None:
            return refused
        try:
            blobs = [packed(call) for call in calls]
        except ValueError as error:
            return Run(status="infra", reason=f"arguments that cannot be sent: {error}", layers=self.layers)
        order = _order(limits)
        try:
            processes = self._prepare()
            self._limit(limits, 1)
            flight = Flight(processes[seed], program, blobs, limits)
        except (LayerError, OSError) as error:
            return Run(status="infra", reason=str(error)[:300], layers=self.layers)
        broken = self._fly([(flight, order)], seed)
        found, said = ending.answers(flight)
        return self._settle(flight, order, found, said, len(blobs), broken, seed)

    def converse(self, program: Program, tests: Program, limits: Limits, seed: int) -> tuple[Run, Run]:
        """Run tests that call a program. Total."""
        refused = self._refused(program, limits) or self._refused(tests, limits)
        if refused is not None:
            return refused, refused
        order = _order(limits)
        patient = order._replace(wall_s=order.wall_s + _TESTS_GRACE_S)
        try:
            processes = self._prepare()
            self._limit(limits, 2)
            one = Flight(processes[seed], program, (), limits, live=True)
            other = Flight(processes[1 - seed], tests, (packed(Call(args=())),), limits, tests=True)
        except (LayerError, OSError) as error:
            failed = Run(status="infra", reason=str(error)[:300], layers=self.layers)
            return failed, failed
        relay = _Relay(one, other)
        broken = self._fly([(one, order), (other, patient)], seed, relay)
        first = self._settle(one, order, relay.answers, relay.said, None, broken, seed)
        other.frames[:] = [(kind, text) for kind, text in other.frames if kind != "C"]
        found, said = ending.answers(other)
        if other.stopped == "partner":
            said = ("error", "the program ended")
        return first, self._settle(other, patient, found, said, 1, broken, 1 - seed)

    def _refused(self, program: Program, limits: Limits) -> Run | None:
        # A character is at least a byte; encoding a long text only to count it would cost more than it saves.
        size = len(program.code)
        if size > limits.source_bytes or len(program.code.encode("utf-8", "surrogatepass")) > limits.source_bytes:
            return Run(status="limit", reason="source", layers=self.layers)
        return None

    def _prepare(self) -> tuple[ZygoteProcess, ZygoteProcess]:
        """Return both zygotes, started anew where one is gone. Raises LayerError."""
        began = [seed for seed in range(2) if self._processes[seed] is None]
        for seed in began:
            try:
                self._processes[seed] = ZygoteProcess(self.layers, self._path, seed, self._cgroup)
            except OSError as error:
                raise LayerError("zygote", str(error)) from None
        one, other = self._processes
        assert one is not None and other is not None
        for seed, process in enumerate((one, other)):
            if seed in began:
                try:
                    process.wait()
                except LayerError:
                    self._drop(seed)
                    raise
        return one, other

    def _limit(self, limits: Limits, programs: int) -> None:
        if self._cgroup is not None:
            memory = (limits.memory_bytes + limits.disk_bytes) * programs + _ZYGOTE_BYTES
            self._cgroup.limit(processes=_ZYGOTE_PROCESSES + limits.processes * programs, memory_bytes=memory)

    def _fly(self, flights: Sequence[tuple[Flight, wire.Order]], seed: int, relay: "_Relay | None" = None) -> bool:
        """Start and drive flights; whether a zygote failed. What has not reported by then has no report."""
        try:
            for flight, order in flights:
                flight.start(order)
            fly([flight for flight, _ in flights], relay)
        except (OSError, TimeoutError):
            return True
        return False

    def _settle(
        self, flight: Flight, order: wire.Order, found: list[Returned], said: tuple[Status, str] | None,
        expected: int | None, broken: bool, seed: int,
    ) -> Run:  # fmt: skip
        """Judge a flight, and leave its zygote as it was before."""
        end = flight.ended if flight.report is not None else time.monotonic()
        forks = killed = False
        if self._cgroup is not None and (end - flight.began > _SLOW_S or broken):
            counts = self._cgroup.refused_forks, self._cgroup.out_of_memory
            forks, killed = (now > before for now, before in zip(counts, self._counts, strict=True))
            self._counts = counts
        status, reason = ending.judge(
            flight, order, expected, len(found), said, refused_forks=forks, out_of_memory=killed
        )
        if broken:
            self._drop(seed)
        elif status != "done" or expected is None:
            self._clean(flight, seed)
        return Run(
            status=status, reason=reason, returned=tuple(found if expected is None else found[:expected]),
            cpu_s=flight.report.cpu_s if flight.report is not None else 0.0,
            wall_s=end - flight.began, layers=self.layers, printed=flight.printed,
        )  # fmt: skip

    def _clean(self, flight: Flight, seed: int) -> None:
        try:
            flight.process.drain()
            flight.discard()
        except (OSError, TimeoutError):
            self._drop(seed)

    def _drop(self, seed: int) -> None:
        process, self._processes[seed] = self._processes[seed], None
        if process is not None:
            process.close()
            if not {"pid", "bwrap"} & set(self.layers) and self._cgroup is not None:
                # Nothing else ends what a zygote had started when it was killed itself.
                self._cgroup.kill(keep=self.pids)


class _Relay:
    """Carries calls from the tests to the program and answers back; everything is read as values on the way."""

    def __init__(self, program: Flight, tests: Flight) -> None:
        self._program, self._tests = program, tests
        self._read = [0, 0]
        self._asked = False
        self.answers: list[Returned] = []
        self.said: tuple[Status, str] | None = None

    def __call__(self) -> None:
        for kind, text in self._new(0, self._program):
            self._answered(kind, text)
        for kind, text in self._new(1, self._tests):
            if kind == "C":
                self._called(text)
        if self._program.report is not None:
            self._tests.stop("partner")
        if self._tests.report is not None:
            self._program.stop("finished")

    def _new(self, which: int, flight: Flight) -> list[tuple[str, bytes]]:
        fresh = flight.frames[self._read[which] :]
        self._read[which] = len(flight.frames)
        return fresh

    def _answered(self, kind: str, text: bytes) -> None:
        if self.said is not None:
            return
        try:
            if kind == "E":
                self.said = ending.read_end(text)
                return
            if kind not in ("V", "R", "U") or not self._asked:
                raise ValueError("an answer that nobody asked for")
            answer = returned(kind, text)
        except ValueError as error:
            self.said = ("error", f"unreadable answer: {str(error)[:100]}")
            self._program.stop("unreadable")
            return
        self._asked = False
        self.answers.append(answer)
        self._tests.tell(marshal.dumps((answer.kind, answer.value, answer.error), 2))

    def _called(self, text: bytes) -> None:
        try:
            name, args, kwargs = decode(text)
            blob = packed(Call(args=args, kwargs=kwargs, name=name))
        except (
            ValueError,
            TypeError,
        ):  # the tests are trusted; still, they share a process with what the program returned
            self._tests.stop("unreadable")
            return
        self._asked = True
        self._program.tell(blob)


def _order(limits: Limits) -> wire.Order:
    scale = calibration.scale()
    wall_s = limits.wall_s if limits.wall_s is not None else 2 * limits.cpu_s + 1
    return wire.Order(
        limits.cpu_s * scale, wall_s * scale, limits.memory_bytes, limits.disk_bytes, limits.files, limits.processes
    )
