"""Formal proofs in Lean: does this proof prove the locked statement, by the kernel, from the allowed axioms only?

`check_proofs` is the way in for rows, `check` for problems of the domain "proof". It fails closed: `verified` is said in one
place (`judgement.by_axioms`), after every stage of the backend agreed; every other way out, known or not, is another word.

`reading` says how a problem and a model's answer make a row.
"""

import atexit
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from typing import Literal, Protocol, TypeVar

from schemas.problem import Problem
from schemas.verdict import Verdict
from verifiers.lean import lake, native
from verifiers.lean.process import Ran
from verifiers.lean.reading import proof_in, reference_fault, row
from verifiers.lean.rows import ALLOWED_AXIOMS, STATUSES, Limits, Proof, ProofVerdict, Word
from verifiers.lean.statement import Refusal, lock

T = TypeVar("T")
NAME = "lean"
VERSION = 2
Failure = Literal["deadline", "crash"]
BATCH = native.BATCH
"""Rows that a worker takes at a time."""
MAX_ANSWER = 10_000
"""Characters of a proof that a verdict repeats as the answer; of a longer one it repeats nothing."""
_QUICK = 10_000
"""Characters of an answer that the event loop may read: 5 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the verifier leaves open."""

    backend: Literal["auto", "native", "lake"] = "auto"
    """auto: lake where `project` is given, native elsewhere."""
    project: str = ""
    """Folder of a Lake project that has been built."""
    axioms: tuple[str, ...] = ALLOWED_AXIOMS
    cpu_s: float = 30.0
    """Processor time of one stage."""
    memory_mb: int = 2048
    workers: int = 1

    @property
    def wants_lake(self) -> bool:
        """Whether proofs are checked in the project."""
        return self.backend == "lake" or (self.backend == "auto" and bool(self.project))

    @property
    def limits(self) -> Limits:
        """The limits of one stage."""
        return Limits(cpu_s=self.cpu_s, wall_s=3 * self.cpu_s, memory_bytes=self.memory_mb << 20)


class Backend(Protocol):
    """Something that can check proofs to the end. Not for two threads at once."""

    @property
    def version(self) -> str:
        """Name and Lean version."""
        ...

    def check(self, rows: Sequence[Proof], limits: Limits, allowed: Sequence[str]) -> Iterator[ProofVerdict]:
        """Yield the verdict on every row, in order. Total."""
        ...

    def elaborate(self, source: str, limits: Limits) -> Ran:
        """Run Lean on a file of which nothing is kept but its messages. Raises ServerDied and OSError."""
        ...

    def close(self) -> None:
        """End its processes. Twice does no harm."""
        ...


class _Missing:
    """A backend that is not there: every verdict says why."""

    version = "none"

    def __init__(self, why: str) -> None:
        self._why = why

    def check(self, rows: Sequence[Proof], limits: Limits, allowed: Sequence[str]) -> Iterator[ProofVerdict]:
        for _ in rows:
            yield ProofVerdict(verdict="unavailable", reason=self._why, backend=self.version)

    def elaborate(self, source: str, limits: Limits) -> Ran:
        raise OSError(self._why)

    def close(self) -> None:
        pass


def backend(config: Config) -> Backend:
    """Return the backend that `config` names. Total: one that cannot run gives `unavailable` verdicts."""
    why = _missing(config)
    if why is not None:
        return _Missing(why)
    return lake.Lake(config.project) if config.wants_lake else native.Native()


def _missing(config: Config) -> str | None:
    return lake.missing(config.project) if config.wants_lake else native.missing()


def check_proof(row: Proof, config: Config | None = None) -> ProofVerdict:
    """Check one proof, in processes of its own. Total."""
    return next(check_proofs([row], config))


def check_proofs(rows: Iterable[Proof], config: Config | None = None) -> Iterator[ProofVerdict]:
    """Yield the verdict on every row, in order; `config.workers` of them run at once. Total.

    Each row has every stage, and its axioms, to itself. Every proof is compiled in a process of its own; what rows of a batch
    share is a file of their trusted statements, and the process in which the kernel replays each proof's constants over what its
    header imports: there is no environment that one row could change for another. What is not cleanly verified is checked alone.
    """
    config = config or Config()
    local = threading.local()
    opened: list[Backend] = []

    def judged(batch: tuple[Proof, ...]) -> list[ProofVerdict]:
        if not hasattr(local, "backend"):
            local.backend = backend(config)
            opened.append(local.backend)
        found: Backend = local.backend
        return list(found.check(batch, config.limits, config.axioms))

    try:
        if config.workers <= 1:
            yield from chain.from_iterable(map(judged, _groups(rows, BATCH)))
            return
        with ThreadPoolExecutor(config.workers, thread_name_prefix="lean") as threads:
            for group in _groups(_groups(rows, BATCH), 4 * config.workers):
                yield from chain.from_iterable(threads.map(judged, group))
    finally:
        for one in opened:
            one.close()


def _groups(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    waiting = iter(items)
    while group := tuple(islice(waiting, size)):
        yield group


_shared: dict[Config, Backend] = {}
_lock = threading.Lock()


def check(problem: Problem, text: str, config: Config | None = None) -> Verdict:
    """Judge a model's answer. Total; starts a Lean server at the first call, which stays for the next."""
    config = config or Config()
    start = time.perf_counter()
    given = row(problem, text)
    if isinstance(given, Refusal):
        return refused(given)
    with _lock:
        if config not in _shared:
            _shared[config] = backend(config)
            atexit.register(_shared[config].close)
        found = next(iter(_shared[config].check([given], config.limits, config.axioms)))
    return judged(found, given.proof, time.perf_counter() - start)


def refused(refusal: Refusal) -> Verdict:
    """Return the verdict on what is not even compiled."""
    return _verdict(refusal.verdict, refusal.reason, 0.0)


def judged(found: ProofVerdict, proof: str, seconds: float) -> Verdict:
    """Return the verdict on a row that was checked."""
    reason = found.reason or f"proved; axioms: {', '.join(found.axioms or ()) or 'none'}"
    return _verdict(found.verdict, reason, seconds, proof)


def quick(problem: Problem, text: str, config: Config | None = None) -> Verdict | None:
    """Return the verdict where no Lean is needed: what is refused before it is compiled; None otherwise."""
    if len(text) + len(problem.reference) > _QUICK:
        return None
    given = row(problem, text)
    found = given if isinstance(given, Refusal) else lock(given, (config or Config()).limits)
    return refused(found) if isinstance(found, Refusal) else None


def truncated(text: str) -> Verdict:
    """Judge a completion that was cut at its token limit: rejected."""
    return _verdict("rejected", "cut off before it ended", 0.0)


def failed(status: Failure, reason: str, seconds: float) -> Verdict:
    """Return the undecided verdict for a check that its worker did not finish."""
    return _verdict("timeout" if status == "deadline" else "crash", reason, seconds)


def missing(problem: Problem, config: Config | None = None) -> str | None:
    """Say what this machine lacks to judge `problem`, with the remedy; None where nothing. Starts nothing."""
    return _missing(config or Config())


def reference_error(problem: Problem, check: Callable[[Problem, str], Verdict] | None = None) -> str | None:
    """Say why the reference cannot be locked, None where it can.

    With `check`, the proof that came with the problem is judged, `proof` in its program: lines of tactics.
    """
    fault = reference_fault(problem.reference)
    known = None if fault is not None or check is None else _known(problem)
    if check is None or known is None:
        return fault
    verdict = check(problem, known)
    return (
        None if verdict.outcome == "accepted" else f"its own proof is not accepted: {verdict.status}, {verdict.reason}"
    )


def _known(problem: Problem) -> str | None:
    try:
        program = json.loads(problem.program or "{}")
    except (ValueError, RecursionError):
        return None
    lines = program.get("proof") if isinstance(program, dict) else None
    if not isinstance(lines, list) or not lines or not all(isinstance(line, str) for line in lines):
        return None
    return "\n".join(lines)


def _verdict(status: Word, reason: str, seconds: float, answer: str | None = None) -> Verdict:
    return Verdict(
        outcome=STATUSES[status],
        status=status,
        reason=reason,
        verifier=NAME,
        version=VERSION,
        answer=answer if answer is not None and len(answer) <= MAX_ANSWER else None,
        seconds=seconds,
    )


__all__ = [
    "NAME",
    "STATUSES",
    "VERSION",
    "Config",
    "check",
    "check_proof",
    "check_proofs",
    "failed",
    "judged",
    "missing",
    "proof_in",
    "quick",
    "reference_error",
    "refused",
    "truncated",
]
