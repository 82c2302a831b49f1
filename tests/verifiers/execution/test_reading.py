"""Narrated lines read back: what is written is read, whatever the values; hostile text takes no time to speak of."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifiers.execution.describe import Overlong, described
from verifiers.execution.events import Event, Kind, written
from verifiers.execution.reading import Line, read, state

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
names = st.from_regex(r"[a-z_]\w{0,6}", fullmatch=True)
sources = st.text(
    st.characters(blacklist_characters="`", blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=80
)


def literal(value: object) -> str:
    return described(value, 10**6)


def the(step: str) -> Line:
    line = read(step)
    assert line is not None, step
    return line


@given(names, st.lists(st.tuples(names, values), min_size=1, max_size=4), st.integers(1, 10**6), sources)
def test_what_changed_is_read_as_it_was_written(
    name: str, changes: list[tuple[str, object]], line: int, source: str
) -> None:
    told = tuple((one, literal(value)) for one, value in changes)
    kinds: tuple[Kind, ...] = ("set", "loop")
    for kind in kinds:
        step = written(Event(kind=kind, line=line, source=source, changes=told))
        found = the(step + "\n")
        assert (found.kind, found.line, found.source.split()) == ("set", line, _shown(source))
        assert [(part.name, part.value) for part in found.parts] == list(told)
        assert [step[part.start : part.end] for part in found.parts] == [f"{one} = {value}" for one, value in told]
    call = the(written(Event(kind="call", name=name, changes=told)))
    assert (call.kind, call.name, [(part.name, part.value) for part in call.parts]) == ("call", name, list(told))


def _shown(source: str) -> list[str]:
    return written(Event(kind="done", line=1, source=source))[len("Line 1, `") : -len("`: done.")].split()


@given(values, sources, st.sampled_from(["return", "yield", "raise"]))
def test_what_is_returned_yielded_or_raised_is_read_as_it_was_written(value: object, source: str, kind: Kind) -> None:
    found = the(written(Event(kind=kind, line=3, source=source, value=literal(value))))
    assert (found.kind, [part.value for part in found.parts]) == (kind, [literal(value)])


@pytest.mark.parametrize(
    ("step", "kind", "name", "parts"),
    [
        ("Call f.", "call", "f", []),
        (" Call P.at: self = <P x=1, y=2>, by = 2.\n", "call", "P.at", [("self", "<P x=1, y=2>"), ("by", "2")]),
        ("Line 4, `if x > a`: true.", "test", "", [("", "true")]),
        ("Line 3, `for x in xs`: done.", "done", "", [("", "done")]),
        ("Line 5, `print(x)`: no change.", "set", "", []),
        ("Line 5, `s = ', '`: s = ', t = '.", "set", "", [("s", "', t = '")]),
        ("Line 5, `s`: s = 'it\\'s', t = \"a'b\".", "set", "", [("s", "'it\\'s'"), ("t", "\"a'b\"")]),
        ("Line 5, `s = \"`: \"`: s = '`: '.", "set", "", [("s", "'`: '")]),
        ("End of g: returns None.", "end", "g", [("", "None")]),
        ("f returns 12.", "given", "f", [("", "12")]),
        ("Before line 4, `n = n * 2`: n = 6.", "before", "", [("n", "6")]),
        ("Answer: [1, 2]\n", "answer", "", [("", "[1, 2]")]),
        ("Answer:", "answer", "", [("", "")]),
        ("Line 2, `x`: raises KeyError: 'a'.", "raise", "", [("", "KeyError: 'a'")]),
        ("Line 2, `return 1.5`: returns 1.5.", "return", "", [("", "1.5")]),
    ],
)  # fmt: skip
def test_every_kind_of_line_is_read(step: str, kind: str, name: str, parts: list[tuple[str, str]]) -> None:
    found = the(step)
    assert (found.kind, found.name, [(part.name, part.value) for part in found.parts]) == (kind, name, parts)


@pytest.mark.parametrize(
    "step",
    [
        "", "\n", "Line 4, `x = 1`: x = 1", "Line 4, `x = 1: x = 1.", "Line x, `x = 1`: x = 1.", "line 4, `x = 1`: x = 1.",
        "Line 4, `x = 1`: x is 1.", "Line 4, `x = 1`: .", "Line 4, `x = 1`: x = .", "Call f: .", "Call f with 3.", "Call 3.",
        "Then x is 5.", "returns 5.", "Before line 4, `x`: true.", "Line 4, `x = 1`: x = 1.\nLine 5, `y = 1`: y = 1.",
        "End of f: returns 3.", "Line 4, `x`: returns .", "So Line 4, `x = 1`: x = 1.",
    ],
)  # fmt: skip
def test_what_says_something_else_is_no_narration(step: str) -> None:
    assert read(step) is None


@given(st.text(max_size=300) | st.text("Line 3,`:=xs'\"\\()[]{}<>. \n", max_size=300))
def test_any_text_is_survived_and_every_place_lies_within_it(text: str) -> None:
    for step in (text, f"Line 3, `x = 1`: x = {text}.", f"Call f: {text}."):
        line = read(step)
        for part in line.parts if line is not None else ():
            assert 0 <= part.start <= part.end <= len(step)
            assert part.value in step[part.start : part.end]


@pytest.mark.parametrize("piece", ["'\\", "`: ", ", a", ", a = ", "'", "([{<", "\\'", "Line 3, `", ", a = '"])
def test_hostile_text_takes_time_that_goes_with_its_length(piece: str) -> None:
    # Quadratic time would take a hundred times as long on ten times the text; minutes are for a busy machine, not for that.
    began = time.process_time()
    for count in (200, 2_000, 6_600):
        text = piece * (count // len(piece))
        for step in (f"Line 3, `x`: x = {text}.", f"Call f: x = {text}.", f"{text}.", f"Line 3, `{text}"):
            read(step)
    assert time.process_time() - began < 60


def test_the_variables_of_each_call_are_kept_apart() -> None:
    steps = [
        "Call f: n = 1.",
        "Line 2, `m = 2`: m = 2.",
        "Call g: n = 7.",
        "Line 9, `return n`: returns 7.",
        "Line 3, `m = g(7)`: m = 7.",
    ]
    states = state([read(step) for step in (*steps, "Answer: 7")], [1, 1, 2, 2, 1])
    assert states == [
        ("", "n = 1"), ("n = 1", "n = 1, m = 2"), ("", "n = 7"), ("n = 7", "n = 7"), ("n = 1, m = 2", "n = 1, m = 7"), ("", ""),
    ]  # fmt: skip


@given(values)
def test_a_description_is_one_line_and_never_longer_than_allowed(value: object) -> None:
    for room in (0, 5, 40):
        try:
            text = described(value, room)
        except Overlong:
            continue
        assert len(text) <= room and len(text.splitlines()) <= 1
