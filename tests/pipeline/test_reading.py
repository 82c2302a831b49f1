"""Reading a source: verified ahead and in order, no further than asked, and nothing left behind however it ends."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import count as numbers
from itertools import islice

import pytest

from pipeline import reading
from pipeline.columns import Fault
from pipeline.reading import Golds, Made, Opened, Piece, Refused
from schemas import ids
from schemas.errors import ConfigError, SourceError
from schemas.problem import Problem
from verifiers import python

WAIT_S = 10.0


def problem(number: int, domain: str = "math") -> Problem:
    return Problem(
        problem_id=ids.digest(number), domain=domain, family="f", statement=f"s{number}", reference="1",
        source=f"a:{number}", licence="CC0-1.0", split="test",
    )  # fmt: skip


def made(number: int, what: Problem | Fault | None = None, note: str = "") -> Made:
    found = what or problem(number)
    return Made(shown="dir/a", number=number, name=ids.digest(number), problem=found, note=note)


def piece(number: int, before: Callable[[], object] = lambda: None, *, here: bool = False) -> Piece:
    def make(golds: Golds) -> Sequence[Made]:
        before()
        return (made(number),)

    return Piece(make, here=here)


def opened(pieces: Iterator[Piece], ahead: int = 4, **more: bool) -> Opened:
    return Opened(pieces=pieces, identity="i", shown="dir/a", ahead=ahead, repeats=more.get("repeats", False))


def drawn(source: Opened, count: int = 1_000) -> list[str]:
    return [row.statement for row in reading.problems(source, count, Golds({}))]


def in_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("golds")]


def test_what_is_verified_first_still_waits_for_its_turn() -> None:
    last = threading.Event()

    def ready() -> None:
        assert last.wait(WAIT_S), "nothing runs ahead"

    pieces = [piece(0, ready), piece(1), piece(2, here=True), piece(3, last.set), *(piece(n) for n in range(4, 20))]
    assert drawn(opened(iter(pieces))) == [f"s{n}" for n in range(20)]


@pytest.mark.parametrize(("ahead", "count", "most"), [(4, 100, 4), (4, 3, 3), (1, 5, 1)])
def test_no_more_is_read_than_may_be_under_way_or_is_asked_for(ahead: int, count: int, most: int) -> None:
    read = 0

    def pieces() -> Iterator[Piece]:
        nonlocal read
        for number in numbers():
            read += 1
            yield piece(number)

    rows = reading.problems(opened(pieces(), ahead), count, Golds({}))
    for taken in range(1, 4):
        next(rows)
        assert read <= min(most + taken - 1, count)
    rows.close()


def test_what_is_quick_is_read_when_it_is_asked_for() -> None:
    read: list[int] = []
    rows = reading.problems(opened(piece(n, partial(read.append, n), here=True) for n in numbers()), 9, Golds({}))
    assert [row.statement for row in islice(rows, 3)] == ["s0", "s1", "s2"] and read == [0, 1, 2]
    rows.close()


def test_an_unreadable_rest_ends_it_after_what_was_read_before() -> None:
    def pieces() -> Iterator[Piece]:
        yield from (piece(n) for n in range(3))
        raise SourceError("the disk")

    rows = reading.problems(opened(pieces()), 9, Golds({}))
    assert [row.statement for row in islice(rows, 3)] == ["s0", "s1", "s2"]
    with pytest.raises(SourceError, match="the disk"):
        next(rows)


def test_refused_rows_count_and_duplicates_do_not() -> None:
    bad = Fault(kind="unreadable", message="bad", statement="x")
    found = [made(1), made(2, bad), made(1), made(3), made(2, bad), made(4), made(5)]
    pieces = [Piece(lambda _, one=one: (one,), here=True) for one in found]  # type: ignore[misc]  # mypy: no default there
    rows = list(reading.problems(opened(iter(pieces)), 4, Golds({})))
    assert [row.kind if isinstance(row, Refused) else row.statement for row in rows] == [
        "s1", "unreadable", "duplicate", "s3", "duplicate", "s4",
    ]  # fmt: skip
    (again,) = (row for row in rows if isinstance(row, Refused) and row.statement == "s1")
    assert (again.where, again.problem_id) == ("dir/a:1", ids.digest(1))
    assert again.message == "the same problem as dir/a:1; remove one of the two"
    assert drawn(opened(iter(pieces), repeats=True), 4) == ["s1", "x", "s3", "s4"]


def test_a_source_of_refusals_alone_raises_at_its_end_only() -> None:
    def bad(number: int) -> Piece:
        return Piece(lambda _: (made(number, Fault(kind="unreadable", message="bad")),), here=True)

    rows = reading.problems(opened(iter([bad(7), bad(8)])), 9, Golds({}))
    assert [row.statement for row in islice(rows, 2)] == ["", ""]
    with pytest.raises(SourceError, match=r"^dir/a: no usable row; the first one, dir/a:7: bad$"):
        next(rows)
    assert drawn(opened(iter([bad(7), bad(8)])), 1) == [""], "there is a row more, which nobody has seen"
    with pytest.raises(SourceError, match="no rows; write one problem per row"):
        drawn(opened(iter([])))


@pytest.mark.parametrize("end", ["drawn", "closed", "error", "lost"])
def test_nothing_is_left_behind(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    close = Golds.close

    def noted(golds: Golds) -> None:
        close(golds)
        closed.append(True)

    def made_of(number: int) -> None:
        if end == "error" and number == 5:
            raise ZeroDivisionError

    monkeypatch.setattr(Golds, "close", noted)
    rows = reading.begun(reading.problems(opened(piece(n, partial(made_of, n)) for n in range(9)), 9, Golds({})))
    assert in_threads() and not closed
    if end == "closed":
        rows.close()
    elif end == "error":
        with pytest.raises(ZeroDivisionError):
            list(rows)
    elif end == "drawn":
        assert len(list(rows)) == 9
    del rows
    assert closed == [True] and not in_threads()


def test_what_is_wrong_with_the_first_row_is_raised_at_the_opening() -> None:
    def lost() -> Iterator[Piece]:
        raise SourceError("gone")
        yield

    with pytest.raises(SourceError, match="gone"):
        reading.begun(reading.problems(opened(lost()), 9, Golds({})))
    begun = reading.begun(reading.problems(opened(piece(n) for n in range(3)), 9, Golds({})))
    assert [row.statement for row in begun] == ["s0", "s1", "s2"], "the first one is not lost"


def test_each_kind_of_problem_is_asked_about_once_before_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def missing(problem: Problem, config: object) -> str | None:
        asked.append(problem.task)
        return "no walls" if problem.task == "solve" else None

    monkeypatch.setattr(python, "missing", missing)
    golds = Golds({})

    def make(number: int, golds: Golds) -> Sequence[Made]:
        golds.require(problem(number, "code" if number > 2 else "math"))
        return (made(number),)

    rows = reading.problems(opened(Piece(partial(make, n), here=False) for n in range(5)), 9, golds)
    assert [row.statement for row in islice(rows, 3)] == ["s0", "s1", "s2"]
    with pytest.raises(ConfigError, match="'code' cannot be judged here: no walls"):
        next(rows)
    fine = Golds({})
    asked.clear()
    for number in range(3):
        fine.require(replace(problem(number, "code"), task="output"))
        fine.require(replace(problem(number, "code"), task="input"))
    assert asked == ["output", "input"]


def test_notes_are_of_what_was_given_and_end_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_NOTES", 2)
    source = opened(Piece(partial(lambda n, _: (made(n, note=f"note {n}"),), n), here=False) for n in range(9))
    rows = reading.problems(source, 9, Golds({}))
    next(rows)
    assert source.notes == ["note 0"]
    assert len(list(rows)) == 8 and source.notes == ["note 0", "note 1", "and more like these, after the first 2"]
