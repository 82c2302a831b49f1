"""Rows of a source -> its problems, whatever kind of source it is: in order, each once, their gold answers verified first.

Verifying runs a little ahead of whoever draws the problems: what has to run something does so in threads, `ahead` pieces of the
source at a time, and comes out in order. What takes microseconds is done when it is asked for, and no row is read before. The
memory that this takes does not grow with the rows but for their ids (`seen.py`).
"""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, Literal

from pipeline.columns import Fault, Kind
from pipeline.seen import FirstPlaces
from schemas.errors import SourceError
from schemas.problem import Problem
from verifiers import python
from verifiers.catalog import VERIFIERS, config_of
from verifiers.judge import Config as JudgeConfig
from verifiers.judge import LocalJudge, require
from verifiers.sandbox.pool import Sandbox

AHEAD = 32
"""Rows whose gold answers are verified at a time: the judge makes batches of what waits."""
MAX_NOTES = 1_000
"""What is kept of them; a source of code may have one for every function."""
EMPTY, USELESS = "no rows; write one problem per row", "no usable row"
_READ_ONLY = frozenset({"math"})
"""Domains whose gold answers are read and not run: in microseconds, for which a thread costs more than the reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """One input row (or one solution of it) that cannot be used."""

    where: str
    """FILE:LINE, with the file as the user named it; of tables and data sets, the row from 1."""
    message: str
    """What is wrong and the remedy, in one sentence."""
    statement: str
    """What could be read of it; may be empty."""
    problem_id: str
    """Of the problem where one could be built, else of the row's content. Only a duplicate shares it with another."""
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What became of a row, or of one question about a function."""

    shown: str
    """The file as the user named it."""
    number: int
    """Line or row, from 1."""
    name: str
    """The id that it goes by: two of the same are duplicates."""
    problem: Problem | Fault
    """Verified, or why there is none."""
    what: Literal["problem", "row"] = "problem"
    """What `name` names."""
    note: str = ""
    """What is worth knowing of a problem that can be used."""

    def refused(self, fault: Fault) -> Refused:
        """Return it as refused for `fault`."""
        where = f"{self.shown}:{self.number}"
        return Refused(
            where=where, message=fault.message, statement=fault.statement, problem_id=self.name, kind=fault.kind
        )


class Golds:
    """What gold answers are verified with; for any number of threads. Nothing starts before it is needed."""

    def __init__(self, verifiers: Mapping[str, Any]) -> None:  # Any: each verifier module's own Config
        self.judge = LocalJudge(JudgeConfig(verifiers=verifiers))
        self._verifiers = verifiers
        self._judged: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._sandbox: Sandbox | None = None
        self._closed = False

    def require(self, problem: Problem) -> None:
        """Raise ConfigError where this machine cannot judge a problem; tried once for each domain and task."""
        kind = problem.domain, problem.task
        if kind in self._judged:
            return
        with self._lock:
            if kind not in self._judged:
                require((problem,), self._verifiers)
                self._judged.add(kind)

    def error(self, problem: Problem) -> str | None:
        """Say why the reference does not verify against itself, None where it does. Raises ConfigError as `require` does."""
        self.require(problem)
        return VERIFIERS[problem.domain].reference_error(problem, self.judge.check_sync)

    def sandbox(self) -> Sandbox:
        """Return a sandbox to look at programs with. Raises ConfigError where nothing confines one."""
        with self._lock:
            if self._closed:
                raise RuntimeError("the golds are closed")
            if self._sandbox is None:
                self._sandbox = Sandbox(config_of(python, self._verifiers).sandbox)
            return self._sandbox

    def close(self) -> None:
        """End what was started, after what runs now; checks that have not ended are undecided."""
        with self._lock:
            self._closed = True
        self.judge.close()
        if self._sandbox is not None:
            self._sandbox.close()


@dataclass(frozen=True, slots=True)
class Piece:
    """A row of a source, or a function, that has been read and not verified yet."""

    make: Callable[[Golds], Sequence[Made]]
    here: bool
    """Whether that is so quick that no thread is worth it."""


def is_quick(problem: Problem | Fault) -> bool:
    """Whether nothing has to run to verify a gold answer."""
    return isinstance(problem, Fault) or problem.domain in _READ_ONLY


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A source that exists. Its pieces can be read once, and may raise SourceError while they are."""

    pieces: Iterator[Piece]
    identity: str
    shown: str
    empty: str = EMPTY
    """What is said of one that has none."""
    useless: str = USELESS
    """What is said of one of which nothing can be used; the first refusal follows."""
    ahead: int = AHEAD
    """Pieces that are verified at a time."""
    repeats: bool = False
    """Whether the same problem may come of it again without anybody's fault; it is then passed over."""
    notes: list[str] = field(default_factory=list)
    """Filled while the problems are drawn."""


def problems(source: Opened, count: int, golds: Golds) -> Generator[Problem | Refused, None, None]:
    """Yield the first `count` problems with what is refused on the way, which counts; duplicates are refused and do not.

    `golds` is closed at the end, however that comes. Raises ConfigError at a problem that this machine cannot judge, and
    SourceError where the source cannot be read on, or has come to its end without a usable row.
    """
    met = FirstPlaces()
    first: Refused | None = None
    counted = used = 0
    with ThreadPoolExecutor(source.ahead, thread_name_prefix="golds") as threads, closing(golds):
        verified = _in_order(source, golds, threads, lambda: count - counted)
        while counted < count and (made := next(verified, None)) is not None:
            before = met.put(made.name, made.number)
            if before is not None:
                if not source.repeats:
                    yield made.refused(duplicate(made, before))
                continue
            counted += 1
            if isinstance(made.problem, Problem):
                used += 1
                _note(source.notes, made.note)
                yield made.problem
            else:
                refused = made.refused(made.problem)
                first = first or refused
                yield refused
        if not used and next(source.pieces, None) is None:
            raise nothing_of(source.shown, first, source.useless, source.empty)


def begun(rows: Generator[Problem | Refused, None, None]) -> Generator[Problem | Refused, None, None]:
    """Return the same rows with the first one drawn: what is wrong with all of a source is raised here, before a run begins."""
    started = _begun(rows)
    next(started, None)
    return started


def _begun(rows: Generator[Problem | Refused, None, None]) -> Generator[Problem | Refused, None, None]:
    with closing(rows):
        for first in islice(rows, 1):
            yield first  # to `begun`: a generator that has started closes what it holds
            yield first
        yield from rows


def nothing_of(shown: str, first: Refused | None, useless: str = USELESS, empty: str = EMPTY) -> SourceError:
    """Return the error for a source that has been read to its end and gives nothing; `first` is what was refused first."""
    why = f"{useless}; the first one, {first.where}: {first.message}" if first is not None else empty
    return SourceError(f"{shown}: {why}")


def _in_order(source: Opened, golds: Golds, threads: ThreadPoolExecutor, room: Callable[[], int]) -> Iterator[Made]:
    """Yield what becomes of the pieces, in their order; never more of them under way than `room` says are wanted."""
    waiting: deque[Future[Sequence[Made]] | Sequence[Made]] = deque()
    running = 0
    while True:
        while (running or not waiting) and len(waiting) < min(source.ahead, room()):
            piece = _next(source.pieces)
            if piece is None:
                break
            waiting.append(piece.make(golds) if piece.here else threads.submit(piece.make, golds))
            running += not piece.here
        if not waiting:
            return
        done = waiting.popleft()
        if isinstance(done, Future):
            running -= 1
            done = done.result()
        yield from done


def _next(pieces: Iterator[Piece]) -> Piece | None:
    try:
        return next(pieces, None)
    except SourceError as error:
        return Piece(partial(_raised, error), here=False)  # in its turn: what was read before it is still good


def _raised(error: SourceError, golds: Golds) -> Sequence[Made]:
    raise error


def duplicate(made: Made, before: int) -> Fault:
    """Say that something was met before, and on which line."""
    message = f"the same {made.what} as {made.shown}:{before}; remove one of the two"
    return Fault(kind="duplicate", message=message, statement=made.problem.statement)


def _note(notes: list[str], note: str) -> None:
    if note and len(notes) < MAX_NOTES:
        notes.append(note)
    elif note and len(notes) == MAX_NOTES:
        notes.append(f"and more like these, after the first {MAX_NOTES}")
