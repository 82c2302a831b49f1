"""A source of programs: Python files, or rows that bring code, read function by function and made into questions.

Several files are one source: one path per line, each a file or a pattern (`src/**/*.py`). A function of which nothing can be
asked is told with file, line, name and remedy, and the rest goes on. SourceError is for a source that gives nothing at all.

Files are read twice, once to name the source by the content of all of them and once when their turn comes: what is held are the
paths, and one file, which is parsed whole.
"""

import glob
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pipeline.columns import Fault
from pipeline.programs import code_rows, python_files, questions
from pipeline.programs.functions import Function, Unusable
from pipeline.programs.questions import Asking
from pipeline.reading import Golds, Made, Opened, Piece
from pipeline.rows_in import Input
from schemas import ids
from schemas.errors import SourceError
from schemas.problem import Problem

AHEAD = 4
"""Functions that are asked about at a time: each is run some twenty times and gives some five problems."""
_MAX_CONTENT = 2_000
"""Characters that are kept of a function that is refused."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A function and where it stands."""

    shown: str
    name: str
    """The file's own name."""
    stem: str
    function: Function | Unusable


def names_python(path: str) -> bool:
    """Whether a path names Python files."""
    return any(one.endswith(python_files.SUFFIX) for one in path.splitlines())


def holds_code(first: Sequence[Mapping[str, object]]) -> bool:
    """Whether the first rows of a file bring code."""
    return bool(first) and all(map(code_rows.holds_code, first))


def of_python(path: str, asking: Asking) -> Opened:
    """Open Python files, in the order of their names. Raises SourceError where there are none, or one cannot be read.

    `family` and `source` of `asking` are left to the files' names where they are empty.
    """
    files = tuple(dict.fromkeys(file for line in path.splitlines() if line.strip() for file in _matching(line.strip())))
    return _opened(_functions(files), _identity(files), path.splitlines()[0], asking)


def of_rows(source: Input, asking: Asking) -> Opened:
    """Open an input of rows that bring code; `asking` as in `of_python`."""
    return _opened(_rows(source), source.identity, source.shown, asking)


def _opened(read: Iterator[_Read], identity: str, shown: str, asking: Asking) -> Opened:
    useless = "no function of which anything can be asked"
    empty = f"{useless}; give functions doctests or tests"
    pieces = (Piece(partial(_made, one, decoy, asking), here=False) for one, decoy in _with_decoys(read))
    return Opened(
        pieces=pieces, identity=identity, shown=shown, empty=empty, useless=useless, ahead=AHEAD, repeats=True
    )


def _made(one: _Read, decoy: str, asking: Asking, golds: Golds) -> list[Made]:
    """Return the questions about a function, each verified; or what is wrong with it."""
    own = replace(asking, family=asking.family or one.stem, source=asking.source or one.name)
    function = one.function
    if isinstance(function, Unusable):
        return [_unusable(one, function.message)]
    asked = questions.problems(function, decoy, own, golds.sandbox())
    if isinstance(asked, str):
        return [_unusable(one, asked)]
    why = {problem.problem_id: reason for problem, reason in questions.unrecorded(asked)}
    return [_verified(one, problem, why.get(problem.problem_id, ""), golds) for problem in asked]


def _verified(one: _Read, problem: Problem, unrecorded: str, golds: Golds) -> Made:
    error = golds.error(problem)
    number = one.function.number
    if error is None:
        # No execution trace comes of it, other generators take it all the same.
        note = f"{one.shown}:{number}: {one.function.name}: not recorded: {unrecorded}" if unrecorded else ""
        return Made(shown=one.shown, number=number, name=problem.problem_id, problem=problem, note=note)
    message = f"{error}; correct the function or its tests"
    fault = Fault(kind="bad_reference", message=message, statement=problem.statement)
    return Made(shown=one.shown, number=number, name=problem.problem_id, problem=fault)


def _unusable(one: _Read, message: str) -> Made:
    function = one.function
    content = function.content if isinstance(function, Unusable) else function.code
    named = f"{function.name}: {message}" if function.name else message
    return Made(
        shown=one.shown,
        number=function.number,
        name=ids.digest("function", f"{one.shown}:{function.number}", content),
        problem=Fault(kind="unreadable", message=named, statement=content[:_MAX_CONTENT]),
        what="row",
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


def _identity(files: Sequence[Path]) -> str:
    """Return `ids.digest("python", [(name, text, text of its tests), ..])`, with one file at a time in memory."""
    digest = hashlib.blake2b(b'["python",[', digest_size=16)
    for number, file in enumerate(files):
        named = json.dumps([file.name, *_texts(file)], separators=(",", ":"), ensure_ascii=False)
        digest.update(("," * (number > 0) + named).encode("utf-8", "surrogatepass"))
    digest.update(b"]]")
    return digest.hexdigest()


def _functions(files: Sequence[Path]) -> Iterator[_Read]:
    for file in files:
        for function in python_files.read(*_texts(file), file.stem):
            yield _Read(str(file), file.name, file.stem, function)


def _texts(file: Path) -> tuple[str, str]:
    """Return a file's text and that of its tests."""
    beside = python_files.test_file(file)
    return _text(file), _text(beside) if beside.is_file() else ""


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


def _rows(source: Input) -> Iterator[_Read]:
    for row in source.rows:
        if row.fault is not None:
            made: Function | Unusable = Unusable(number=row.number, name="", message=row.fault, content=row.raw or "")
        else:
            made = code_rows.read(row.values, row.number)
        yield _Read(source.shown, source.name, source.stem, made)
