r"""What a model's text says: its last `Answer:` with a value or a call in it, or the program that it holds.

An answer is what follows the last line that begins with `Answer:`, in whatever emphasis; without one, the last `\boxed{..}`.
Values are read by `literals.py`. Total, linear in the length of the text but for a program without a fence, of which
`_MAX_BARE` characters are parsed a few times.
"""

import ast
import re
import warnings
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from verifiers.programs.literals import Arguments, Found, Unreadable, arguments_at, value_at

MAX_ANSWER = 20_000
"""Characters of an answer's value: to read them takes 30 ms at worst."""
_MAX_BARE = 16_000
_MAX_PARSES = 8
_MAX_SHOWN = 200

_MARKER = re.compile(r"^[ \t>#*_-]{0,8}(?:final )?answer[*_ \t]{0,4}:", re.IGNORECASE | re.MULTILINE)
_EMPHASIS = re.compile(r"(?:[\s*$]+|```[a-zA-Z0-9]*[ \t]*\n|`+)*")
_AFTER = re.compile(r"[ \t.,;*$`]*(?:\n|\Z)")
_CALLED = re.compile(r"(?:[^\W\d]\w{0,99}(?:\(\))?\.){0,4}(?P<name>[^\W\d]\w{0,99})[ \t]{0,9}(?=\()")
_LATEX_ESCAPE = re.compile(r"\\([{}_#%$&])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer as it is written and what it means."""

    written: str
    meaning: Found | Arguments | Unreadable
    name: str = ""
    """Of a call: the function that is called, without what stands before its last dot; empty where bare arguments are given."""


def value_in(text: str) -> Said | None:
    """Return the value that a text gives as its answer, None where it gives none."""
    answer, start = _answer(text)
    if start >= len(answer):
        return None
    return _said(answer, start, value_at(answer, start, MAX_ANSWER))


def call_in(text: str) -> Said | None:
    """Return the arguments that a text gives as its answer: `f(3, [5, 2])` or `(3, [5, 2])`; None where it gives none."""
    answer, start = _answer(text)
    if start >= len(answer):
        return None
    called = _CALLED.match(answer, start)
    if called is None:
        return _said(answer, start, arguments_at(answer, start, MAX_ANSWER))
    return _said(answer, start, arguments_at(answer, called.end(), MAX_ANSWER), called["name"])


def _answer(text: str) -> tuple[str, int]:
    """Return the text that holds the answer and where in it the answer starts, at its end where there is none."""
    last = next(iter(deque(_MARKER.finditer(text), maxlen=1)), None)
    if last is None:
        boxed = text.rfind(r"\boxed{")
        return (_unboxed(text, boxed), 0) if boxed >= 0 else ("", 0)
    opening = _EMPHASIS.match(text, last.end())
    start = opening.end() if opening is not None else last.end()
    return (_unboxed(text, start), 0) if text.startswith(r"\boxed{", start) else (text, start)


def _unboxed(text: str, start: int) -> str:
    """Return what a box holds, to the brace that closes it or to the end."""
    begin = start + len(r"\boxed{")
    depth = 1
    for brace in re.finditer(r"\\.|[{}]", text[begin : begin + 2 * MAX_ANSWER]):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0:
            return _LATEX_ESCAPE.sub(r"\1", text[begin : begin + brace.start()]).strip()
    return text[begin : begin + 2 * MAX_ANSWER].strip()


def _said(answer: str, start: int, meaning: Found | Arguments | Unreadable, name: str = "") -> Said:
    if isinstance(meaning, Unreadable):
        return Said(written=_line_at(answer, start), meaning=meaning, name=name)
    if _AFTER.match(answer, meaning.end) is None:
        rest = _line_at(answer, meaning.end).strip()
        return Said(written=_line_at(answer, start), meaning=Unreadable(f"{rest[:20]!r} follows it"), name=name)
    return Said(written=answer[start : meaning.end], meaning=meaning, name=name)


def _line_at(text: str, start: int) -> str:
    return text[start : start + _MAX_SHOWN].partition("\n")[0].rstrip()


_FENCE = re.compile(r"^[ ]{0,3}(?P<ticks>`{3,}|~{3,})[ \t]*(?P<tag>[^\s`]*)[^\n`]*$", re.MULTILINE)
_QUOTES = re.compile(r'"{3}|\'{3}')
_PYTHON = ("python", "py", "python3")
_BEGINS = re.compile(r"^(?:async def |def |class |import |from |@|[^\W\d]\w*[ \t]*(?::[^=\n]*)?=[^=])", re.MULTILINE)
_FILE = "<answer>"

# Of what a model writes nobody wants to be warned; the filter is for this file name alone.
warnings.filterwarnings("ignore", module=re.escape(_FILE))


def program_in(text: str, entry_point: str = "") -> str:
    """Return the program in a model's answer: its last ```python block, or the text itself where no block is fenced.

    Of several the last one that defines `entry_point` is taken, where one does: examples of use often follow. Blocks without a
    language count where none is marked as Python. A block that is never closed goes to the end. Of a text without a block what
    stands before the program is left out: it begins with the first line from which on all of it is Python.
    """
    blocks = _blocks(text)
    marked = [code for tag, code in blocks if tag.lower() in _PYTHON] or [code for tag, code in blocks if not tag]
    first = re.escape(entry_point.partition(".")[0])
    defines = re.compile(rf"^(?:(?:async def|def|class) +{first}\b|{first} *=)", re.MULTILINE)
    if not marked:
        return _unfenced(text, defines) if entry_point else text
    defining = [code for code in marked if entry_point and defines.search(code)]
    return (defining or marked)[-1]


def _unfenced(text: str, defines: "re.Pattern[str]") -> str:
    if len(text) > _MAX_BARE or _is_python(text):
        return text
    starts = [line.start() for line in islice(_BEGINS.finditer(text), _MAX_PARSES)]
    start = next((start for start in starts if _is_python(text[start:])), None)
    if start is None:
        # Nothing of it runs; the reason should be the program's mistake, not the words before it.
        defined = defines.search(text)
        start = defined.start() if defined is not None else 0
    return text[start:]


def _is_python(text: str) -> bool:
    try:
        ast.parse(text, _FILE)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _blocks(text: str) -> Sequence[tuple[str, str]]:
    """Return (language, content) of the fenced blocks, in one pass over the fences."""
    blocks: list[tuple[str, str]] = []
    opened: re.Match[str] | None = None
    end, quotes = 0, 0
    for fence in _FENCE.finditer(text):
        if opened is None:
            quotes += len(_QUOTES.findall(text, end, fence.start()))
            end = fence.end()
            # A fence in a docstring is part of the program.
            opened = fence if quotes % 2 == 0 else None
        elif fence["ticks"].startswith(opened["ticks"]) and not fence["tag"]:
            blocks.append((opened["tag"], text[opened.end() + 1 : fence.start()]))
            opened, end = None, fence.end()
    if opened is not None:
        blocks.append((opened["tag"], text[opened.end() + 1 :]))
    return blocks
