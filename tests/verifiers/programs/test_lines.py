"""Lines of a program: places in characters, sources as a person quotes them, and one line put differently."""

import pytest

from verifiers.programs import lines

CODE = 'def f(s):\n    t = "#é"  # a comment: with a colon\n\tif s:   # 日本\n        return t\n'


def test_a_line_is_quoted_without_indent_comment_and_colon() -> None:
    sources = [one.source for one in lines.lines(CODE)]
    assert sources == ["def f(s)", 't = "#é"', "if s", "return t", ""]
    for one in lines.lines(CODE):
        assert CODE[one.start : one.end] == one.source
        assert CODE[one.end :].startswith(one.rest)
        assert lines.line_at(CODE, one.start) == one.number


def test_lines_end_at_newlines_only() -> None:
    assert [one.source for one in lines.lines("a = '\x0c\u2028'\r\nb = 1\r\n")] == ["a = '\x0c\u2028'", "b = 1", ""]


@pytest.mark.parametrize("code", ["", "x = '", "def f(:\n  (", "\x00", "if x:\n\t y\n  z", "\ud800", "(" * 5_000])
def test_what_python_cannot_read_has_lines_all_the_same(code: str) -> None:
    assert [one.number for one in lines.lines(code)] == list(range(1, code.count("\n") + 2))


def test_a_colon_is_not_written_twice() -> None:
    line = lines.one(CODE, 3)
    assert line is not None
    for fix in ("if not s", "if not s:"):
        assert lines.put(CODE, line.start, line.end, fix) == CODE.replace("if s", "if not s")
    assert lines.put("x = 1", 4, 5, "y[:]") == "x = y[:]"
    assert lines.put("x = d[1:2]", 6, 7, "a") == "x = d[a:2]"


def test_a_line_that_is_not_there_is_none() -> None:
    assert lines.one(CODE, 0) is None and lines.one(CODE, 6) is None
    assert lines.lines("x" * (lines.MAX_CODE + 1)) == ()
