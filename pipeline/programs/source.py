"""A source of programs: Python files, or rows that bring code, read function by function and made into questions.

Several files are one source: one path per line, each a file or a pattern (`src/**/*.py`). A function of which nothing can be
asked is told with file, line, name and remedy, and the rest goes on. SourceError is for a source that gives nothing at all.
"""

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from pipeline import rows_in
from pipeline.programs import code_rows, python_files, questions
from pipeline.programs.functions import Function, Unusable
from pipeline.programs.questions import Asking
from schemas import ids
from schemas.errors import SourceError
from schemas.problem import Problem
from verifiers.sandbox.pool import Sandbox

LOOKED_AT = 5
"""Rows of a file that are looked at to see whether they bring code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A function of which nothing can be asked."""

    where: str
    """FILE:LINE, the file as the user named it."""
    message: str
    """The function, what is wrong, and what to do."""
    content: str
    content_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was made of a source, as far as it was read."""

    problems: tuple[Problem, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...]
    """Runs that could not be recorded: no execution trace comes of them, other generators take them all the same."""
    identity: str
    """Changes with the content of what was named."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A function and where it stands."""

    shown: str
    name: str
    """The file's own name."""
    stem: str
    function: Function | Unusable


def holds_programs(path: str, split: str) -> bool:
    """Whether a path names Python files, or a file of rows that bring code."""
    if any(one.endswith(python_files.SUFFIX) for one in path.splitlines()):
        return True
    if Path(path).suffix.lower() not in (*rows_in.LINES, rows_in.PARQUET) or not Path(path).is_file():
        return False
    first = [row.values for row in islice(rows_in.open_input(path, split).rows, LOOKED_AT) if row.fault is None]
    return bool(first) and all(map(code_rows.holds_code, first))


def load(path: str, count: int, asking: Asking, sandbox: Sandbox) -> Asked:
    """Return the first `count` questions about a source's functions; what is skipped counts.

    `family` and `source` of `asking` are left to the files' names where they are empty. Raises SourceError where the source
    cannot be read, or has no function of which anything can be asked.
    """
    read, identity = _python(path) if _is_python(path) else _rows(path, asking.split)
    problems: dict[str, Problem] = {}
    skipped: list[Skipped] = []
    notes: list[str] = []
    for one, decoy in _with_decoys(read):
        if len(problems) + len(skipped) >= count:
            break
        where = f"{one.shown}:{one.function.number}"
        own = replace(asking, family=asking.family or one.stem, source=asking.source or one.name)
        made = (
            one.function.message
            if isinstance(one.function, Unusable)
            else questions.problems(one.function, decoy, own, sandbox)
        )
        if isinstance(made, str):
            skipped.append(_skipped(where, one, made))
            continue
        notes += [f"{where}: {one.function.name}: not recorded: {why}" for _, why in questions.unrecorded(made)]
        problems.update({problem.problem_id: problem for problem in made if problem.problem_id not in problems})
    if not problems:
        why = (
            f"the first one, {skipped[0].where}: {skipped[0].message}"
            if skipped
            else "give functions doctests or tests"
        )
        raise SourceError(f"{path.splitlines()[0]}: no function of which anything can be asked; {why}")
    first = tuple(islice(problems.values(), max(count - len(skipped), 0)))
    return Asked(problems=first, skipped=tuple(skipped), notes=tuple(notes), identity=identity)


def _is_python(path: str) -> bool:
    return any(one.endswith(python_files.SUFFIX) for one in path.splitlines())


def _skipped(where: str, one: _Read, message: str) -> Skipped:
    content = one.function.content if isinstance(one.function, Unusable) else one.function.code
    named = f"{one.function.name}: {message}" if one.function.name else message
    return Skipped(
        where=where, message=named, content=content[:2000], content_id=ids.digest("function", where, content)
    )


def _with_decoys(read: Iterator[_Read]) -> Iterator[tuple[_Read, str]]:
    """Yield every function with the code of another one: the one before it; the first with that of the second."""
    waiting: list[_Read] = []
    previous = ""
    for one in read:
        if previous or isinstance(one.function, Unusable):
            yield one, previous
        elif not waiting:
            waiting.append(one)
            continue
        else:
            first = waiting.pop()
            assert isinstance(first.function, Function)  # only functions wait
            yield first, one.function.code
            yield one, first.function.code
        previous = one.function.code if isinstance(one.function, Function) else previous
    yield from ((one, "") for one in waiting)


def _python(path: str) -> tuple[Iterator[_Read], str]:
    """Return the functions of Python files in the order of their names, and the identity of the files."""
    files = [file for line in path.splitlines() if line.strip() for file in _matching(line.strip())]
    contents = []
    for file in dict.fromkeys(files):
        beside = python_files.test_file(file)
        contents.append((file, _text(file), _text(beside) if beside.is_file() else ""))
    identity = ids.digest("python", [(file.name, text, tests) for file, text, tests in contents])
    return _functions(contents), identity


def _functions(contents: Sequence[tuple[Path, str, str]]) -> Iterator[_Read]:
    for file, text, tests in contents:
        for function in python_files.read(text, tests, file.stem):
            yield _Read(str(file), file.name, file.stem, function)


def _matching(pattern: str) -> list[Path]:
    """Return the files that a path names; test files of a pattern belong to the files that they test."""
    if not glob.has_magic(pattern) or Path(pattern).exists():
        if not Path(pattern).is_file():
            raise SourceError(f"{pattern}: no such file; check the path")
        return [Path(pattern)]
    place = Path(pattern).expanduser()
    found = sorted(Path(place.anchor or ".").glob(str(place.relative_to(place.anchor))))
    kept = [
        one for one in found if one.is_file() and one.suffix == python_files.SUFFIX and not one.name.startswith("test_")
    ]
    if not kept:
        raise SourceError(f"{pattern}: no Python file matches; check the pattern")
    return kept


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SourceError(f"{file}: cannot be read: {error.strerror}; check the file and its permissions") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{file}: not UTF-8 from byte {error.start + 1} on; save it as UTF-8") from error


def _rows(path: str, split: str) -> tuple[Iterator[_Read], str]:
    source = rows_in.open_input(path, split)

    def read() -> Iterator[_Read]:
        for row in source.rows:
            if row.fault is not None:
                made: Function | Unusable = Unusable(
                    number=row.number, name="", message=row.fault, content=row.raw or ""
                )
            else:
                made = code_rows.read(row.values, row.number)
            yield _Read(source.shown, source.name, source.stem, made)

    return read(), source.identity
