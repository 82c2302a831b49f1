"""Sources: where problems come from, one by one. Every gold answer is run through its own verifier before anything is sampled.

A row that cannot be used becomes a `Refused` with file, line and remedy, and the rest goes on; SourceError is for a
source that gives nothing at all. Asking for more continues: the first `count` of a source are always the same ones.

Whatever it is, a source is read as far as it is drawn, and nothing of it is kept but 16 to 20 bytes an id (`seen.py`); of Python
files, their paths. `load_given` keeps everything: the solutions of a problem may stand anywhere in the file.
"""

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline import columns, reading, rows_in, theorem_source
from pipeline.columns import Defaults, Fault
from pipeline.config import SourceConfig
from pipeline.families import catalog
from pipeline.programs import source as programs
from pipeline.programs.questions import QUESTIONS, Asking
from pipeline.reading import Golds, Made, Opened, Piece, Refused
from pipeline.rows_in import Input, Row
from pipeline.seen import IdSet
from pipeline.theorem_files import is_list, listed
from schemas import ids
from schemas.errors import SourceError
from schemas.problem import Problem, Solution

__all__ = ["MAX_REPEATS", "Loaded", "Refused", "Stream", "load", "load_given", "stream"]

MAX_REPEATS = 10_000
"""Draws of nothing new in a row after which the families count as used up."""


@dataclass(slots=True, kw_only=True)
class Stream:
    """A source that has been opened, and what it gives while it is drawn."""

    rows: Generator[Problem | Refused, None, None]
    """In the order of the source, each problem once, refused rows where they are met. Not for two threads at once. At its end, or
    when it is closed, everything that was started for it ends."""
    identity: str
    """Goes into the fingerprint: changes with the content of a file or folder; empty for the families."""
    at_most: int
    """Rows that were asked for; duplicates come on top."""
    _notes: list[str]

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth knowing of problems that were drawn and are not refused."""
        return tuple(self._notes)

    def close(self) -> None:
        """Close `rows`. Twice does no harm."""
        self.rows.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Problems in the order of the source, what was refused on the way, and what the source is."""

    problems: tuple[Problem, ...]
    refused: tuple[Refused, ...]
    identity: str
    """As in `Stream`."""
    notes: tuple[str, ...] = ()
    """What is worth knowing of problems that are not refused."""


def stream(config: SourceConfig, count: int, seed: int, verifiers: Mapping[str, Any] | None = None) -> Stream:
    """Open a source for its first `count` problems; refused rows count, duplicates do not. Nothing is parsed beyond them.

    `verifiers` are the Configs of verifiers by NAME. The first row is read at once. Raises ConfigError where this machine cannot
    judge it, or a family; SourceError where the source cannot be read or has no row. `rows` raises the same at a later one, and
    SourceError where no row was usable or the families have no `count` problems. Close it, or draw it to its end.
    """
    golds = Golds(verifiers or {})
    if config.path is None:
        for problem in islice(_drawn(config, seed), len(config.families)):
            golds.require(problem)
        rows = reading.begun(_from_families(config, count, seed, golds))
        return Stream(rows=rows, identity="", at_most=count, _notes=[])
    source = _opened(config, config.path)
    rows = reading.begun(reading.problems(source, count, golds))
    return Stream(rows=rows, identity=source.identity, at_most=count, _notes=source.notes)


def load(config: SourceConfig, count: int, seed: int, verifiers: Mapping[str, Any] | None = None) -> Loaded:
    """Return a stream drawn to its end, for those who need all of it at once. Raises what `stream` and its rows do."""
    found = stream(config, count, seed, verifiers)
    problems: list[Problem] = []
    refused: list[Refused] = []
    with closing(found):
        for row in found.rows:
            if isinstance(row, Problem):
                problems.append(row)
            else:
                refused.append(row)
    return Loaded(problems=tuple(problems), refused=tuple(refused), identity=found.identity, notes=found.notes)


# Families


def _drawn(config: SourceConfig, seed: int) -> Iterator[Problem]:
    return catalog.problems(config.families, config.difficulties, config.split, seed)


def _from_families(
    config: SourceConfig, count: int, seed: int, golds: Golds
) -> Generator[Problem | Refused, None, None]:
    """Yield `count` distinct problems. Their gold answers are exact by construction and need no verification."""
    met = IdSet()
    repeats = 0
    draws = _drawn(config, seed)
    while len(met) < count:
        problem = next(draws)
        if met.add(problem.problem_id):
            golds.require(problem)
            repeats = 0
            yield problem
        elif (repeats := repeats + 1) >= MAX_REPEATS:
            raise SourceError(
                f"the families {', '.join(config.families)} have only {len(met)} problems of split {config.split!r} "
                f"at difficulties {', '.join(map(str, config.difficulties))}; ask for fewer, or add difficulties"
            )


# Files and data sets


def _opened(config: SourceConfig, path: str) -> Opened:
    """Open what `path` names, as what its first rows are."""
    asking = Asking(
        questions=tuple(name for name in QUESTIONS if name in config.questions),
        inputs=config.inputs_per_program,
        licence=config.licence,
        split=config.split,
    )
    if programs.names_python(path):
        return programs.of_python(path, asking)
    theorems = partial(theorem_source.opened, licence=config.licence, split=config.split)
    place = Path(path).expanduser()
    if is_list(place):
        first, rows = rows_in.looked_at(listed(place))
        if theorem_source.holds_theorems(first):
            return theorems(rows_in.of_file(place, path, rows))
    source = rows_in.open_input(path, config.split)
    if place.is_file():
        first, rows = rows_in.looked_at(source.rows)
        source = replace(source, rows=rows)
        if theorem_source.holds_theorems(first):
            return theorems(source)
        if programs.holds_code(first):
            return programs.of_rows(source, asking)
    pieces = _pieces(source, _defaults(source, "math", config.licence, config.split))
    return Opened(pieces=pieces, identity=source.identity, shown=source.shown)


def _defaults(source: Input, domain: str, licence: str, split: str) -> Defaults:
    # A file that happens to be called linear.jsonl must not be taken for the procedural family, which has step truth.
    family = f"{source.stem} (file)" if source.stem in catalog.FAMILIES else source.stem
    return Defaults(domain=domain, family=family, licence=licence, split=split)


def _pieces(source: Input, defaults: Defaults) -> Iterator[Piece]:
    for row in source.rows:
        made = _made(row, source, defaults, with_solutions=False)
        yield Piece(partial(_verified, made), reading.is_quick(made.problem))


def _made(row: Row, source: Input, defaults: Defaults, *, with_solutions: bool) -> Made:
    """Return what a row says, unverified."""
    if row.fault is None:
        name = f"{source.name}:{row.number}"
        problem = columns.problem(row.values, name, defaults, with_solutions=with_solutions)
    else:
        problem = Fault(kind="unreadable", message=row.fault)
    if isinstance(problem, Problem):
        return Made(shown=source.shown, number=row.number, name=problem.problem_id, problem=problem)
    return Made(shown=source.shown, number=row.number, name=row.content_id(), problem=problem, what="row")


def _verified(made: Made, golds: Golds) -> tuple[Made]:
    error = golds.error(made.problem) if isinstance(made.problem, Problem) else None
    if error is None:
        return (made,)
    message = f"{error}; correct the reference or remove the row"
    return (replace(made, problem=Fault(kind="bad_reference", message=message, statement=made.problem.statement)),)


# Problems with solutions


def load_given(
    path: Path,
    *,
    domain: str = "math",
    licence: str = "unknown",
    split: str = "test",
    count: int | None = None,
    verifiers: Mapping[str, Any] | None = None,
) -> Loaded:
    """Return the problems of a file that brings solutions, each with all of its own, from wherever in the file.

    Solutions keep their order; the same text twice stays twice. `count` keeps the first problems only. Raises
    SourceError where the file cannot be read or has no usable row.
    """
    source = rows_in.open_input(str(path), split)
    defaults = _defaults(source, domain, licence, split)
    first: dict[str, int] = {}  # the line where each id was met first, usable or not
    given: dict[str, list[Solution]] = {}  # of those that are usable
    problems: dict[str, Problem] = {}
    refused: list[Refused] = []
    with closing(Golds(verifiers or {})) as golds:
        for row in source.rows:
            made = _made(row, source, defaults, with_solutions=True)
            if made.name not in given:
                if made.name in first:
                    refused.append(made.refused(reading.duplicate(made, first[made.name])))
                    continue
                if count is not None and len(first) >= count:
                    continue
                first[made.name] = row.number
                (made,) = _verified(made, golds)
            if isinstance(made.problem, Fault):
                refused.append(made.refused(made.problem))
                continue
            usable, faults = _solutions(row, made)
            refused += faults
            given.setdefault(made.name, []).extend(usable)
            if usable:
                problems.setdefault(made.name, made.problem)
    if not problems:
        raise reading.nothing_of(source.shown, refused[0] if refused else None)
    kept = tuple(replace(problems[name], given=tuple(given[name])) for name in first if name in problems)
    return Loaded(problems=kept, refused=tuple(refused), identity=source.identity)


def _solutions(row: Row, made: Made) -> tuple[list[Solution], list[Refused]]:
    """Return the usable solutions of a row; the others are refused one by one."""
    usable: list[Solution] = []
    refused: list[Refused] = []
    for index, solution in enumerate(columns.solutions(row.values)):
        if isinstance(solution, Solution):
            usable.append(solution)
        else:
            fault = Fault(kind="unreadable", message=solution, statement=made.problem.statement)
            name = ids.digest("solution", row.content_id(), row.number, index)
            refused.append(replace(made, name=name).refused(fault))
    return usable, refused
