"""Reviews are read as they are written, and as models write them; any text is survived."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifiers.programs import reviews
from verifiers.programs.bugs import planted
from verifiers.programs.reviews import MAX_TEXT, Failing, Review, mended, read, written

RIGHT = "def f(a, xs):\n    t = 0\n    for x in xs:\n        if x > a:  # above\n            t += x\n    return t\n"
CODE = RIGHT.replace("x > a", "x >= a")
LINE = "if x >= a"


def named(text: str, code: str = CODE) -> list[tuple[int, str]]:
    return [(one.line, code[one.start : one.end]) for one in read(code, text).named]


def test_what_is_written_is_read_back_for_every_bug() -> None:
    found = list(planted(RIGHT, 0))
    assert len(found) >= 10
    for bug in found:
        text = written(bug, RIGHT, Failing(call="f(3, [3, 'on `it`'])", came_to="returns [1]", expected="{'a': 5}"))
        review = read(bug.code, text)
        (one,) = review.named
        assert one.line == bug.line and one.overlaps(bug.start, bug.end)
        assert review.shown is not None and review.clean is None
        assert (review.shown.name, review.shown.arguments.args) == ("f", (3, [3, "on `it`"]))
        assert (review.shown.came_to, review.shown.got, review.shown.expected) == ("returns", [1], {"a": 5})
        assert mended(bug.code, review) == (RIGHT,)


@pytest.mark.parametrize("came_to", ["raises KeyError", "does not end", "returns None"])
def test_whatever_a_call_comes_to_is_read_back(came_to: str) -> None:
    shown = read(CODE, f"On f(a=3, xs=[]) it {came_to}, and 5 is expected.").shown
    assert shown is not None and shown.expected == 5 and shown.arguments.kwargs == {"a": 3, "xs": []}
    said = f"{shown.came_to} {shown.got!s}" if shown.came_to != "does not end" else shown.came_to
    assert said == came_to


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**Line 4**: `x >= a` is wrong", [(4, "x >= a")]),
        ("- line 4: the comparison", [(4, LINE)]),
        ("1. The bug is on line 4, `>=`.", [(4, ">=")]),
        ("> Line 4 (`if x >= a:`)", [(4, LINE)]),
        ("Line 4, `if x>=a`", [(4, LINE)]),
        ("Line 4, `        if x >= a:  # above`", [(4, LINE)]),
        ("Lines 4-5 are wrong", [(4, LINE), (5, "t += x")]),
        ("Line 4, `x`", [(4, "x")]),
        ("Line 3, `x`", [(3, "for x in xs")]),  # which of the two?
        ("Line 2, `t += x`: it adds too much", [(5, "t += x")]),
        ("Line 2, `nowhere`", [(2, "t = 0")]),
        ("Line 4, `>=`\nLine 4, `>=` once more\nLine 5", [(4, ">="), (5, "t += x")]),
        ("Hm. I believe line 4 is wrong, not line 5.", [(4, LINE)]),
        ("It should not be `x >= a`, but `x > a`.", [(4, "x >= a")]),
        ("Outline 4 things", []),
        ("Line 70", [(70, "")]),
        ("Line 0", [(0, "")]),
        ("`x` is `t`", []),
        ("", []),
    ],
)
def test_places_are_found_as_models_name_them(text: str, expected: list[tuple[int, str]]) -> None:
    assert named(text) == expected


@pytest.mark.parametrize(
    "text",
    ["No bug found.", "**No bug found.**", "no bugs", "There are no errors.", "The code is correct.", "- No bug found"],
)
def test_that_there_is_no_bug_is_read(text: str) -> None:
    assert read(CODE, text).clean is not None and not named(text)


@pytest.mark.parametrize("text", ["Nobody found it", "I see no bug-free line", "Line 4", "Known bug", "No"])
def test_that_is_not_read_into_other_words(text: str) -> None:
    assert read(CODE, text).clean is None


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("Line 4.\nFix: `if x > a`.", "if x > a"),
        ("Line 4.\n**Fix:** `if x > a:`", "if x > a:"),
        ("Line 4, `>=`\nfix: >", ">"),
        ("Line 4, `x >= a`\nFix: x > a.", "x > a"),
        ("Line 4, `x >= a`\nFix: `if x > a`", "if x > a"),
        ("Line 4.\nFix:\n```python\n        if x > a:\n```\n", "if x > a:"),
    ],
)
def test_a_fix_stands_in_the_place_that_is_named_or_for_its_line(text: str, fix: str) -> None:
    review = read(CODE, text)
    assert review.fix == fix and RIGHT in mended(CODE, review)


@pytest.mark.parametrize(
    "text",
    ["Fix: `if x > a`", "Line 40\nFix: `if x > a`", "Line 4\nFix: `if x >`", f"Line 4\nFix: `{LINE}`", "Line 4\nFix: `"]
    + ["Line 4\nFix: " + "(" * 10_000, "Line 4\nFix: `x = " + "-" * 390 + "`", "Line 4\nFix:", "Line 4\nFix: \x00"],
)
def test_a_fix_that_gives_no_other_program_gives_none(text: str) -> None:
    assert mended(CODE, read(CODE, text)) == ()


PIECES = ["Line 4, `if x >= a`", "Line ", "lines 1-999999", "`", "Fix: `", "On f(", "On f(3, [", "it returns "]
PIECES += [
    "1e9",
    "No bug found.",
    "\n",
    "**",
    "((((",
    "'",
    '"""',
    "\\",
    "\u2013",
    "\ud800",
    "\x00",
    "é",
    " is expected",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=60).map("".join))
def test_any_text_is_read(text: str) -> None:
    review = read(CODE, text)
    assert isinstance(review, Review) and mended(CODE, review) is not None
    for one in review.named:
        assert 0 <= one.start <= one.end <= len(CODE)
        assert 0 <= one.said[0] < one.said[1] <= len(text)


@pytest.mark.parametrize(
    "piece", [*PIECES, "line 1 to 999999 `x`\n", "Line 1, `x` ", "- " * 9, "On f([1,\n", "fix:\n\n"]
)
def test_hostile_lengths_take_no_time_to_speak_of(piece: str) -> None:
    long = "x = 1\n" * 15_000
    start = time.process_time()
    read(long, piece * (2 * MAX_TEXT // len(piece)))
    assert time.process_time() - start < 60
    assert len(read(long, "lines 1-999999").named) == reviews._MAX_NAMED
