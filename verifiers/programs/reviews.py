"""A review of a program: how one is written down, and what one says.

    Line 4, `if x >= a`: the comparison is wrong.
    On f(3, [3, 5]) it returns 16, and 10 is expected.
    Fix: `if x > a`.

Of a program without a bug: `No bug found.` Lines are counted from 1, as in `lines.py`; what is quoted is the source of the line
or a part of it, and the fix stands in its place.

Reviews by models are read more freely. A line of the text that begins with `Line N` names a place, and so does `The bug is on
line N`; emphasis, list marks and cases do not matter. A quotation that stands on the line is the place, else the whole line is.
One that stands elsewhere in the program, and once only, is believed before the number: models quote better than they count.
Where no line of the text begins so, the first `line N` in it counts, and without any the first quotation that stands in the
program once.

Total on any text, in time that goes with its length and with the number of the program's lines.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from verifiers.programs import lines, literals
from verifiers.programs.bugs import MAX_LINE, Bug
from verifiers.programs.literals import Arguments, Unreadable
from verifiers.sandbox.rows import Value

CLEAN = "No bug found."
NO_END = "does not end"
MAX_TEXT = 20_000
"""Characters of a review that are read."""
_MAX_NAMED = 100
"""Places; of `Lines 3 to 70` each is one. Whoever names more has long been wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A place that a review calls wrong."""

    line: int
    """Its number in the program, or the one that was written where the program has no such line."""
    start: int
    end: int
    """Of the program, in characters; both 0 where it is not there."""
    said: tuple[int, int]
    """Where the review says so: first character, and one past the last."""

    def overlaps(self, start: int, end: int) -> bool:
        """Whether a place of the program has a character in common with it."""
        return max(start, self.start) < min(end, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A call that a review says to go wrong."""

    name: str
    arguments: Arguments
    came_to: str
    """`returns`, `raises` or NO_END."""
    got: Value
    """What it returned; the name of what it raised."""
    expected: Value
    said: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a text says about a program."""

    named: tuple[Named, ...]
    """In the order of the text, no place twice."""
    clean: tuple[int, int] | None
    """Where it says that there is no bug."""
    shown: Shown | None
    fix: str | None
    """What should stand in the place named first: one line of at most `bugs.MAX_LINE` characters."""
    fix_said: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A call on which a program goes wrong, as a review writes it."""

    call: str
    came_to: str
    """`returns 16`, `raises KeyError`, or NO_END."""
    expected: str


def written(bug: Bug, correct: str, failing: Failing) -> str:
    """Return the review of a planted bug; `correct` is the program that it was planted into."""
    now, was = lines.one(bug.code, bug.line), lines.one(correct, bug.line)
    assert now is not None and was is not None  # a planted bug is on a line that both have
    return (
        f"Line {bug.line}, `{now.source}`: {bug.what}.\n"
        f"On {failing.call} it {failing.came_to}, and {failing.expected} is expected.\n"
        f"Fix: `{was.source}`."
    )


_MARKS = r"[^\w\n`]{0,8}(?:\d{1,2}[.)][ \t]{0,4})?[^\w\n`]{0,8}"
_LINE = r"\blines?[ \t]{1,4}(?P<first>\d{1,6})(?:[ \t]{0,4}(?:-|\u2013|to|and)[ \t]{0,4}(?P<last>\d{1,6}))?\b"
_FAULT = (
    r"(?:the[ \t]{1,4})?(?:bug|error|fault|mistake|problem|issue)[ \t]{0,4}"
    r"(?:(?:is|lies)[ \t]{1,4})?(?:on|in|at|:)?[^\w\n`]{0,8}"
)
_NAMES = re.compile(rf"{_MARKS}(?:{_FAULT})?{_LINE}", re.IGNORECASE)
_MENTION = re.compile(_LINE, re.IGNORECASE)
_QUOTED = re.compile(r"[\s,:;*_(\u2013-]{0,6}`(?P<quote>[^`\n]{1,400})`")
_ANY_QUOTE = re.compile(r"`([^`\n]{1,400})`")
_NO_BUG = re.compile(
    rf"{_MARKS}(?:(?:there[ \t]{{1,4}}(?:is|are)[ \t]{{1,4}})?no[ \t]{{1,4}}(?:bugs?|errors?|faults?)\b"
    r"|(?:the|this)[ \t]{1,4}(?:program|code|function)[ \t]{1,4}is[ \t]{1,4}(?:correct|right)\b)",
    re.IGNORECASE,
)
_ON = re.compile(rf"{_MARKS}On[ \t`]{{1,4}}(?P<name>[^\W\d][\w.]{{0,100}})(?=\()", re.IGNORECASE)
_CAME_TO = re.compile(
    r"[\s,`]{0,4}it[\s`]{1,4}"
    r"(?:(?P<returns>returns|gives)[\s`]{1,4}|raises[\s`]{1,4}(?P<raises>[^\W\d]\w*)|does[ ]not[ ]end)"
)
_AND = re.compile(r"[\s`]{0,4},?[\s`]{0,4}(?:and|but|where|while)[\s`]{1,4}")
_EXPECTED = re.compile(r"[\s`]{1,4}(?:is|was)[\s`]{1,4}expected")
_FIX = re.compile(rf"{_MARKS}(?:the[ \t]{{1,4}})?fix(?:ed)?\b[*_ \t]{{0,4}}[:\u2013-]?[*_ \t]{{0,8}}", re.IGNORECASE)


def read(code: str, text: str) -> Review:
    """Read a review of `code`."""
    text = text[:MAX_TEXT]
    starts = list(_line_starts(text))
    begun = (one for start in starts for one in _named(code, text, _NAMES.match(text, start)))
    named = list(islice(begun, _MAX_NAMED))
    clean = next((said.span() for start in starts if (said := _NO_BUG.match(text, start))), None)
    if not named and clean is None:
        mentioned = _named(code, text, _MENTION.search(text))
        named = list(islice(mentioned, _MAX_NAMED)) or _quoted(code, text)
    fix, fix_said = _fix(text, starts)
    fix = fix if fix is not None and len(fix) <= MAX_LINE else None
    places = {(one.line, one.start, one.end): one for one in reversed(named)}
    return Review(
        named=tuple(one for one in named if places[one.line, one.start, one.end] is one),
        clean=clean,
        shown=next((one for start in starts if (one := _shown(text, start)) is not None), None),
        fix=fix,
        fix_said=fix_said,
    )


def mended(code: str, review: Review) -> tuple[str, ...]:
    """Return the programs that the fix of a review may mean, likeliest first: in the place it names, or for the whole line.

    Those that Python can read; none where the review has no fix, or names no place of the program.
    """
    place = review.named[0] if review.named else None
    line = lines.one(code, place.line) if place is not None else None
    if review.fix is None or place is None or line is None or place.start == place.end:
        return ()
    spans = dict.fromkeys([(place.start, place.end), (line.start, line.end)])
    found = (lines.put(code, start, end, review.fix) for start, end in spans)
    return tuple(one for one in found if one != code and _readable(one))


def _readable(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _line_starts(text: str) -> Iterator[int]:
    start = 0
    while 0 <= start < len(text):
        yield start
        start = text.find("\n", start) + 1 or len(text)


def _named(code: str, text: str, found: "re.Match[str] | None") -> Iterator[Named]:
    if found is None:
        return
    first, last = int(found["first"]), int(found["last"] or found["first"])
    quote = _QUOTED.match(text, found.end()) if found["last"] is None else None
    said = (found.start(), quote.end() if quote else found.end())
    for number in range(first, max(first, last) + 1):
        line, start, end = _place(code, number, quote["quote"] if quote else "")
        yield Named(line=line, start=start, end=end, said=said)


def _place(code: str, number: int, quote: str) -> tuple[int, int, int]:
    """Return the line and the characters that are meant; the number and no characters where the program has none such."""
    line = lines.one(code, number)
    bare = quote.strip().removesuffix(":").rstrip()
    if line is not None and (not bare or _is_whole(bare, line.source)):
        return number, line.start, line.end
    if line is not None and bare in line.source:
        start = line.start + line.source.index(bare)
        # Of a part that stands there twice nobody can say which one is meant.
        whole = line.source.count(bare) > 1
        return (number, line.start, line.end) if whole else (number, start, start + len(bare))
    place = _alone(code, bare)
    if place is not None:
        return lines.line_at(code, place[0]), *place
    return (number, line.start, line.end) if line is not None else (number, 0, 0)


def _is_whole(quote: str, source: str) -> bool:
    """Whether a line is quoted as a whole, if with other blanks, or with the comment behind it."""
    return bool(source) and (source in quote or "".join(quote.split()) == "".join(source.split()))


def _alone(code: str, quote: str) -> tuple[int, int] | None:
    """Return where a quotation stands in the program, None where nowhere or more than once."""
    start = code.find(quote) if quote else -1
    return None if start < 0 or code.find(quote, start + 1) >= 0 else (start, start + len(quote))


def _quoted(code: str, text: str) -> list[Named]:
    for quote in _ANY_QUOTE.finditer(text):
        place = _alone(code, quote[1].strip().removesuffix(":").rstrip())
        if place is not None:
            return [Named(line=lines.line_at(code, place[0]), start=place[0], end=place[1], said=quote.span())]
    return []


def _shown(text: str, start: int) -> Shown | None:
    """Read `On f(3, [3, 5]) it returns 16, and 10 is expected.`, with or without backquotes around the pieces."""
    on = _ON.match(text, start)
    arguments = literals.arguments_at(text, on.end()) if on else None
    if on is None or arguments is None or isinstance(arguments, Unreadable):
        return None
    came_to = _CAME_TO.match(text, arguments.end)
    if came_to is None:
        return None
    got: Value = came_to["raises"]
    end = came_to.end()
    if came_to["returns"]:
        value = literals.value_at(text, end)
        if isinstance(value, Unreadable):
            return None
        got, end = value.value, value.end
    joined = _AND.match(text, end)
    expected = literals.value_at(text, joined.end()) if joined else None
    if expected is None or isinstance(expected, Unreadable):
        return None
    last = _EXPECTED.match(text, expected.end)
    word = "returns" if came_to["returns"] else "raises" if came_to["raises"] else NO_END
    if last is None:
        return None
    return Shown(
        name=on["name"],
        arguments=arguments,
        came_to=word,
        got=got,
        expected=expected.value,
        said=(on.start(), last.end()),
    )


def _fix(text: str, starts: Sequence[int]) -> tuple[str | None, tuple[int, int]]:
    """Return the fix and where it stands: quoted behind `Fix:`, bare up to the line's end, or one line of a block below it."""
    for start in starts:
        found = _FIX.match(text, start)
        if found is None:
            continue
        quote = _ANY_QUOTE.match(text, found.end())
        if quote is not None:
            return quote[1].strip() or None, (start, quote.end())
        end = text.find("\n", found.end())
        end = len(text) if end < 0 else end
        bare = text[found.end() : end].strip().removesuffix(".").strip()
        if bare:
            return bare, (start, end)
        block = _BLOCK.match(text, end)
        return (block[1].strip(), (start, block.end())) if block else (None, (start, end))
    return None, (0, 0)


_BLOCK = re.compile(r"\n{1,2}[ ]{0,3}```[\w ]{0,20}\n([^\n`]{1,400})\n[ ]{0,3}```")
