"""Sources: where problems come from. Every gold answer is run through its own verifier before anything is sampled.

A row that cannot be used becomes a `Refused` with file, line and remedy, and the rest goes on; SourceError is for a
source that gives nothing at all. Asking for more continues: the first `count` of a source are always the same ones.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline import columns, rows_in, theorem_source
from pipeline.columns import Defaults, Fault, Kind
from pipeline.config import SourceConfig
from pipeline.families import catalog
from pipeline.programs import source as programs
from pipeline.programs.questions import QUESTIONS, Asking
from schemas import ids
from schemas.errors import SourceError
from schemas.problem import Problem, Solution
from verifiers import python
from verifiers.catalog import VERIFIERS, config_of
from verifiers.judge import Config as JudgeConfig
from verifiers.judge import LocalJudge, require
from verifiers.sandbox.pool import Sandbox

MAX_REPEATS = 10_000
"""Draws of nothing new in a row after which the families count as used up."""


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
class Loaded:
    """Problems in the order of the source, what was refused on the way, and what the source is."""

    problems: tuple[Problem, ...]
    refused: tuple[Refused, ...]
    identity: str
    """Goes into the fingerprint: changes with the content of a file or folder; empty for the families."""
    notes: tuple[str, ...] = ()
    """What is worth knowing of problems that are not refused."""


def load(config: SourceConfig, count: int, seed: int, verifiers: Mapping[str, Any] | None = None) -> Loaded:
    """Return the first `count` problems; refused rows count, duplicates do not. Nothing is parsed beyond them.

    `verifiers` are the Configs of verifiers by NAME. Raises ConfigError where this machine cannot judge what is
    there, and SourceError where the source cannot be read, has no usable row, or the families have no `count` problems.
    """
    if config.path is None:
        return Loaded(problems=tuple(_from_families(config, count, seed)), refused=(), identity="")
    if theorem_source.holds_theorems(config.path, config.split):
        return _from_theorems(config, config.path, count, verifiers or {})
    if programs.holds_programs(config.path, config.split):
        return _from_programs(config, config.path, count, verifiers or {})
    source = rows_in.open_input(config.path, config.split)
    with LocalJudge(JudgeConfig(verifiers=verifiers or {})) as judge:
        reading = _Reading(source, _defaults(source, "math", config.licence, config.split), judge)
        for row in source.rows:
            if len(reading.first) >= count:
                break
            problem = reading.problem(row, with_solutions=False)
            if problem is not None:
                reading.problems[problem.problem_id] = problem
        else:
            reading.raise_if_unusable()
    return reading.loaded()


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
    given: dict[str, list[Solution]] = {}
    with LocalJudge(JudgeConfig(verifiers=verifiers or {})) as judge:
        reading = _Reading(source, _defaults(source, domain, licence, split), judge)
        for row in source.rows:
            full = count is not None and len(reading.first) >= count
            problem = reading.problem(row, with_solutions=True, known_only=full)
            if problem is None:
                continue
            solutions = reading.solutions(row, problem)
            if solutions and problem.problem_id not in reading.problems:
                reading.problems[problem.problem_id] = problem
            given.setdefault(problem.problem_id, []).extend(solutions)
    reading.raise_if_unusable()
    loaded = reading.loaded()
    return replace(loaded, problems=tuple(replace(p, given=tuple(given[p.problem_id])) for p in loaded.problems))


def _defaults(source: rows_in.Input, domain: str, licence: str, split: str) -> Defaults:
    # A file that happens to be called linear.jsonl must not be taken for the procedural family, which has step truth.
    family = f"{source.stem} (file)" if source.stem in catalog.FAMILIES else source.stem
    return Defaults(domain=domain, family=family, licence=licence, split=split)


def _from_families(config: SourceConfig, count: int, seed: int) -> Iterator[Problem]:
    """Yield `count` distinct problems. Their gold answers are exact by construction and need no verification."""
    seen: set[str] = set()
    repeats = 0
    draws = catalog.problems(config.families, config.difficulties, config.split, seed)
    while len(seen) < count:
        problem = next(draws)
        if problem.problem_id not in seen:
            seen.add(problem.problem_id)
            repeats = 0
            yield problem
        elif (repeats := repeats + 1) >= MAX_REPEATS:
            raise SourceError(
                f"the families {', '.join(config.families)} have only {len(seen)} problems of split {config.split!r} "
                f"at difficulties {', '.join(map(str, config.difficulties))}; ask for fewer, or add difficulties"
            )


def _from_programs(config: SourceConfig, path: str, count: int, verifiers: Mapping[str, Any]) -> Loaded:
    """Return the first questions about the functions of Python files, or of rows that bring code."""
    asking = Asking(
        questions=tuple(name for name in QUESTIONS if name in config.questions),
        inputs=config.inputs_per_program,
        licence=config.licence,
        split=config.split,
    )
    with Sandbox(config_of(python, verifiers).sandbox) as sandbox:
        asked = programs.load(path, count, asking, sandbox)
    refused = [
        Refused(
            where=one.where, message=one.message, statement=one.content, problem_id=one.content_id, kind="unreadable"
        )
        for one in asked.skipped
    ]
    kept = []
    with LocalJudge(JudgeConfig(verifiers=verifiers)) as judge:
        for problem in asked.problems:
            error = VERIFIERS[problem.domain].reference_error(problem, judge.check_sync)
            if error is None:
                kept.append(problem)
                continue
            refused.append(
                Refused(
                    where=problem.source,
                    message=f"{error}; correct the function or its tests",
                    kind="bad_reference",
                    statement=problem.statement,
                    problem_id=problem.problem_id,
                )  # fmt: skip
            )
    return Loaded(problems=tuple(kept), refused=tuple(refused), identity=asked.identity, notes=asked.notes)


def _from_theorems(config: SourceConfig, path: str, count: int, verifiers: Mapping[str, Any]) -> Loaded:
    """Return the first theorems of a file of formal statements."""
    with LocalJudge(JudgeConfig(verifiers=verifiers)) as judge:
        found = theorem_source.load(path, count, config.licence, config.split, judge)
    refused = [
        Refused(
            where=one.where,
            message=one.message,
            statement=one.statement,
            problem_id=one.problem_id,
            kind=one.kind,
        )
        for one in found.skipped
    ]
    return Loaded(problems=found.problems, refused=tuple(refused), identity=found.identity)


class _Reading:
    """What has been read of one source so far."""

    def __init__(self, source: rows_in.Input, defaults: Defaults, judge: LocalJudge) -> None:
        self.source = source
        self.defaults = defaults
        self.judge = judge
        self.problems: dict[str, Problem] = {}
        self.refused: list[Refused] = []
        self.first: dict[str, str] = {}
        """Where each id was met first, usable or not."""
        self._unusable: set[str] = set()
        self._judged: set[tuple[str, str]] = set()
        """Domains and tasks that this machine can judge."""

    def problem(self, row: rows_in.Row, *, with_solutions: bool, known_only: bool = False) -> Problem | None:
        """Return the problem of a row where it can be used; a refusal is noted.

        A problem met before is a duplicate, unless its rows bring solutions. `known_only` passes over what is new.
        """
        made = self._made(row, with_solutions)
        problem_id = made.problem_id if isinstance(made, Problem) else row.content_id()
        if problem_id in self.first:
            if with_solutions and isinstance(made, Problem) and problem_id not in self._unusable:
                return made
            what = "problem" if isinstance(made, Problem) else "row"
            message = f"the same {what} as {self.first[problem_id]}; remove one of the two"
            self._refuse(row, Fault(kind="duplicate", message=message, statement=made.statement), problem_id)
            return None
        if known_only:
            return None
        self.first[problem_id] = self._where(row)
        fault = made if isinstance(made, Fault) else self._reference_fault(made)
        if fault is None and isinstance(made, Problem):
            return made
        assert fault is not None
        self._unusable.add(problem_id)
        self._refuse(row, fault, problem_id)
        return None

    def solutions(self, row: rows_in.Row, problem: Problem) -> list[Solution]:
        """Return the usable solutions of a row; the others are refused one by one."""
        usable: list[Solution] = []
        for index, solution in enumerate(columns.solutions(row.values)):
            if isinstance(solution, Solution):
                usable.append(solution)
            else:
                fault = Fault(kind="unreadable", message=solution, statement=problem.statement)
                self._refuse(row, fault, ids.digest("solution", row.content_id(), row.number, index))
        return usable

    def loaded(self) -> Loaded:
        """Return everything read, problems in the order in which they were met."""
        problems = tuple(self.problems[problem_id] for problem_id in self.first if problem_id in self.problems)
        return Loaded(problems=problems, refused=tuple(self.refused), identity=self.source.identity)

    def raise_if_unusable(self) -> None:
        """Raise SourceError where the whole source has been read and has no usable row."""
        if self.problems:
            return
        if not self.refused:
            raise SourceError(f"{self.source.shown}: no rows; write one problem per row")
        one = self.refused[0]
        raise SourceError(f"{self.source.shown}: no usable row; the first one, {one.where}: {one.message}")

    def _made(self, row: rows_in.Row, with_solutions: bool) -> Problem | Fault:
        if row.fault is not None:
            return Fault(kind="unreadable", message=row.fault)
        name = f"{self.source.name}:{row.number}"
        return columns.problem(row.values, name, self.defaults, with_solutions=with_solutions)

    def _refuse(self, row: rows_in.Row, fault: Fault, problem_id: str) -> None:
        self.refused.append(
            Refused(
                where=self._where(row),
                message=fault.message,
                statement=fault.statement,
                problem_id=problem_id,
                kind=fault.kind,
            )
        )

    def _where(self, row: rows_in.Row) -> str:
        return f"{self.source.shown}:{row.number}"

    def _reference_fault(self, problem: Problem) -> Fault | None:
        if (problem.domain, problem.task) not in self._judged:
            require((problem,), self.judge.config.verifiers)
            self._judged.add((problem.domain, problem.task))
        error = VERIFIERS[problem.domain].reference_error(problem, self.judge.check_sync)
        if error is None:
            return None
        message = f"{error}; correct the reference or remove the row"
        return Fault(kind="bad_reference", message=message, statement=problem.statement)
