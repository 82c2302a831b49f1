r"""Find the final answer in a whole solution, or take a bare answer as it is.

Markers, the last one in the text wins whatever its kind: `\boxed{..}` (balanced; neighbours `\boxed{1}, \boxed{2}`
belong together), `#### N`, a line that begins `A:` or `Answer:`, `the answer is ..`. A last marker with nothing after
it, such as an unclosed `\boxed{`, means that there is no answer: an earlier one is never taken instead. Without any
marker: what stands behind the last `=` of the last line, or the text itself where it is short. Linear in the length
of the text; never raises.
"""

import re
from typing import Literal, NamedTuple

MAX_BARE_CHARS = 300
"""A longer text without any marker is not an answer."""

MAX_WORDS_BEFORE = 30
MAX_BOXES = 4
"""Boxes in each other that are opened."""

How = Literal["boxed", "hashes", "marker", "sentence", "equation", "bare"]


class FinalAnswer(NamedTuple):
    """The answer as written, how it was found, and where it begins in the text without calculator annotations."""

    text: str
    how: How
    start: int


_BOX = re.compile(r"\\(?:boxed|fbox)\s{0,5}\{|\\.|[{}]", re.DOTALL)
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_BETWEEN_BOXES = re.compile(r"[\s,;$.]{0,20}(?:and|or)?[\s,;$]{0,20}")
_DENIED = re.compile(
    r"\b(?:not|never|cannot|if|when|suppose|assume|least|most|unless|or|think|guess|maybe|perhaps|probably|believe|would"
    r"|could|might)\b|n't|\?",
    re.IGNORECASE,
)
_HEADING = re.compile(r"[ \t]{0,3}(?:#{1,5} ?|\*\*|__)[*_]{0,2}(?:the )?(?:final )?answer[*_ \t]{0,4}", re.IGNORECASE)
_REASON = re.compile(r"(?:,? |\s?\()(?:because|since)[ ,]")
_OPTION = re.compile(r"(?:option|choice) is:? ?(?=[$*(]{0,4}(?:\\text(?:bf)?\{\(?)?[A-H](?![A-Za-z]))")
_LINE_MARKER = re.compile(
    r"[ \t>*_#\-]{0,8}(?:(?:the )?(?:final )?(?:answer|ans\.?)|a)[*_ \t]{0,4}:[*_ \t]{0,4}", re.IGNORECASE
)
_SENTENCE = re.compile(
    r"answer[*_]{0,2}(?: to [^.\n:=]{1,80}?)?[ \t]{0,4}"
    r"(?::|=|is(?: equal to| therefore| thus| simply| just)?[ \t]{0,4}:?)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?](?=\s+[A-Z\"(\\$]|\s*$)")
_WORD = re.compile(r"(?<![\\A-Za-z])(?:[A-Za-z]{3,}|(?:[Ss]o|[Ii]t|[Ww]e|[Hh]e|[Ii]s)(?![A-Za-z]))")
_VOWELS = frozenset("aeiou")
_STATED = re.compile(r"(?:is|are|equals)(?: equal to| exactly)? (?=[-+$\\(]{0,4}[0-9])")
"""The verb before a number that a sentence ends with."""
_FUNCTIONS = frozenset({
    "sin", "cos", "tan", "cot", "sec", "csc", "log", "exp", "sqrt", "abs", "arcsin", "arccos", "arctan", "sinh", "cosh",
    "tanh", "inf", "and",
})  # fmt: skip


def find(text: str) -> FinalAnswer | None:
    """Return the final answer of `text`, None where there is none."""
    text = strip_annotations(text)
    if "\n" not in text and len(text) <= 40 and not _may_have_marker(text):
        bare = tidy(text)
        return _unless_prose_equation(bare, 0)
    best: FinalAnswer | None = None
    for search in (_last_box, _last_tag, _last_option, _last_hashes, _last_line_marker, _last_sentence):
        found = search(text)
        if found is not None and (best is None or found.start > best.start):
            best = found
    if best is not None:
        return best if best.text else None
    return _unmarked(text)


def _may_have_marker(text: str) -> bool:
    return (
        ":" in text
        or "<answer>" in text
        or "option is" in text
        or "choice is" in text
        or "\\" in text
        or "#" in text
        or "nswer" in text.lower()
    )


def strip_annotations(text: str) -> str:
    """Drop calculator annotations: `<<48/2=24>>24` -> `24`."""
    if "<<" not in text:
        return text
    pieces: list[str] = []
    at = 0
    while (start := text.find("<<", at)) >= 0:
        end = text.find(">>", start)
        line_end = text.find("\n", start)
        pieces.append(text[at:start])
        if end < 0:
            at = start + 2
            pieces.append(text[at:])
            return "".join(pieces)
        # An annotation never crosses a line; `<<` without its end is dropped alone.
        at = end + 2 if line_end < 0 or end < line_end else start + 2
    pieces.append(text[at:])
    return "".join(pieces)


def tidy(text: str) -> str:
    """Strip white space, emphasis and sentence punctuation around an answer."""
    text = text.strip()
    while len(text) > 4 and text[:2] == text[-2:] and text[:2] in ("**", "__"):
        text = text[2:-2].strip()
    if text.endswith("**") and "**" not in text[:-2]:
        text = text[:-2].rstrip()
    stripped = text.rstrip(" \t.,;:").strip()
    # Dots that go on belong to the answer: `0.333...`, `1, 2, 3, ...`.
    return stripped + "..." if text.endswith("...") and stripped else stripped


def _last_box(text: str) -> FinalAnswer | None:
    last = max(text.rfind("\\boxed"), text.rfind("\\fbox"))
    if last < 0:
        return None
    spans = _box_spans(text)
    if not spans or spans[-1][2] < last:
        after = text[last + (6 if text.startswith("\\boxed", last) else 5) : last + 200].split()
        bare = after[0] if after and not after[0].startswith("{") else ""
        return FinalAnswer(tidy(bare.rstrip("$")), "boxed", last)
    contents = [_unboxed(text[spans[-1][1] : spans[-1][2]])]
    first = spans[-1][0]
    for start, inner, end in reversed(spans[:-1]):
        if not _BETWEEN_BOXES.fullmatch(text, end + 1, first):
            break
        contents.append(text[inner:end])
        first = start
    return FinalAnswer(tidy(", ".join(reversed(contents))), "boxed", spans[-1][0])


def _unboxed(text: str) -> str:
    r"""Return what a box within the box holds: `\boxed{\boxed{12}}`."""
    for _ in range(MAX_BOXES):
        if not (text.startswith(("\\boxed{", "\\fbox{")) and text.endswith("}")):
            break
        text = text[text.index("{") + 1 : -1].strip()
    return text


def _box_spans(text: str) -> list[tuple[int, int, int]]:
    """Return (start, first character inside, closing brace) of every outermost box that closes, in order."""
    spans: list[tuple[int, int, int]] = []
    stack: list[tuple[int, int] | None] = []
    for match in _BOX.finditer(text):
        piece = match[0]
        if piece == "{":
            stack.append(None)
        elif piece == "}":
            opened = stack.pop() if stack else None
            if opened is not None:
                while spans and spans[-1][0] > opened[0]:
                    spans.pop()
                spans.append((*opened, match.start()))
        elif piece.endswith("{") and len(piece) > 2:
            stack.append((match.start(), match.end()))
    return spans


def _last_tag(text: str) -> FinalAnswer | None:
    at = text.rfind("<answer>")
    if at < 0:
        return None
    inside = at + len("<answer>")
    end = text.find("</answer>", inside)
    # A marker inside the tags, such as a box, comes later and wins.
    return FinalAnswer(tidy(text[inside : len(text) if end < 0 else end]), "marker", at)


def _last_option(text: str) -> FinalAnswer | None:
    """`The correct option is (D)`; only a letter counts, `the choice is yours` is no answer."""
    at = max(text.rfind("option is"), text.rfind("choice is"))
    match = _OPTION.match(text, at) if at >= 0 else None
    return FinalAnswer(_sentence(_first_line(text, match.end())), "sentence", at) if match else None


def _last_hashes(text: str) -> FinalAnswer | None:
    at = text.rfind("####")
    if at < 0:
        return None
    return FinalAnswer(tidy(_first_line(text, at + 4)), "hashes", at + 4)


def _last_line_marker(text: str) -> FinalAnswer | None:
    end = len(text)
    while end >= 0:
        start = text.rfind("\n", 0, end) + 1
        match = _LINE_MARKER.match(text, start, end) or _HEADING.fullmatch(text, start, end)
        if match:
            return FinalAnswer(_sentence(_first_line(text, match.end())), "marker", match.end())
        end = start - 1
    return None


def _last_sentence(text: str) -> FinalAnswer | None:
    lowered = text.lower()
    # Some characters change their length in lower case; then places would not match.
    end = len(lowered) if len(lowered) == len(text) else 0
    while (at := lowered.rfind("answer", 0, end)) >= 0:
        match = _SENTENCE.match(text, at)
        if match:
            return FinalAnswer(_sentence(_first_line(text, match.end())), "sentence", match.end())
        end = at
    return None


def _first_line(text: str, at: int) -> str:
    """Return the first line from `at` on that is not empty."""
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end].strip(" \t*_")
        if line:
            # Displayed mathematics goes on until its own end.
            for opening, closing in (("\\[", "\\]"), ("$$", "$$"), ("\\begin", "\\end")):
                if line.startswith(opening):
                    closed = text.find(closing, text.find(opening, at) + 2)
                    if closed >= 0:
                        stop = text.find("\n", closed)
                        return text[at : len(text) if stop < 0 else stop]
            return line
        at = end + 1
    return ""


def _sentence(line: str) -> str:
    """Return `line` up to the end of its first sentence."""
    line = _inside(line)
    if (reason := _REASON.search(line)) and reason.start() > 0:
        line = line[: reason.start()]
    end = _SENTENCE_END.search(line)
    return tidy(line[: end.start()] if end and end.start() > 0 else line)


def _inside(line: str) -> str:
    r"""Return `line` up to a brace that closes what opened before it: `\text{The answer is Friday}`."""
    depth = 0
    for match in _BRACE.finditer(line):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth < 0:
            return line[: match.start()]
    return line


def _unmarked(text: str) -> FinalAnswer | None:
    stripped = text.strip()
    if len(stripped) <= MAX_BARE_CHARS and ("\n" not in stripped or "\\begin" in stripped):
        return _unless_prose_equation(tidy(stripped), text.find(stripped[:1]))
    line_start = stripped.rfind("\n") + 1
    return _equation(stripped[line_start:], line_start)


def _unless_prose_equation(bare: str, start: int) -> FinalAnswer | None:
    """Take a bare answer whole (`y = 2x + 3`), but of `so the total is 2 + 3 = 5 apples` only what follows the `=`."""
    if not bare:
        return None
    before, sign, _ = bare.rpartition("=")
    if not sign and (stated := _stated(bare)) is not None:
        return FinalAnswer(stated, "sentence", start + len(bare) - len(stated))
    if sign and "{" not in before and any(map(_is_word, _WORD.findall(before))):
        return _equation(bare, start)
    return FinalAnswer(bare, "bare", start)


def _stated(line: str) -> str | None:
    """Return the one number that `So the area is 12 square units` states; None where others or a `not` come before."""
    match = _STATED.search(line) if " " in line else None
    if match is None or line[: match.start()].count(" ") > MAX_WORDS_BEFORE:
        return None
    before, after = line[: match.start()], line[match.end() :]
    if any(c.isdigit() or c == "\\" for c in before) or _DENIED.search(line) or not before.endswith(" "):
        return None
    return _sentence(after) or None


def _is_word(word: str) -> bool:
    """Whether letters are no name of a function and no product (`nRT`, `mgh`)."""
    return word.lower() not in _FUNCTIONS and (
        len(word) < 3 or (word[1:].islower() and bool(set(word.lower()) & _VOWELS))
    )


def _equation(line: str, start: int) -> FinalAnswer | None:
    before, sign, after = line.rpartition("=")
    answer = _sentence(after)
    if not sign or not answer or not before.strip():
        return None
    return FinalAnswer(answer, "equation", start + len(before) + 1)
