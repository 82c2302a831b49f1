r"""Read one answer: text -> typed tree, or why there is none. Never evaluates, never calls `eval`.

`read(text)` is total: a tree, or `Unreadable` with the reason. What it cannot be sure of it refuses (`1/2x`, `x2`,
`\int`): a refused text is undecided, a misread one would be a wrong label. Conventions: `2\frac{1}{2}` and `7 3/4`
are mixed numbers, `1011_2` is a number in base 2, `i` and `e` are the constants, commas with exactly three digits
after them group thousands except inside brackets, a word after a number is its unit.
"""

import re
from functools import lru_cache

from verifiers.math_text.grammar import Parser
from verifiers.math_text.matrices import of_unit_vectors
from verifiers.math_text.notations import choice, date, option, rewritten, time_of_day
from verifiers.math_text.number_words import leading_number
from verifiers.math_text.tokens import Unreadable, clean, tokenise
from verifiers.math_text.tree import FUNCTIONS, Answer, Number, Quantity, Sequence, Text
from verifiers.math_text.units import is_unit, read_unit
from verifiers.math_text.vocabulary import AND, NAMED, ROMAN, SHORT_WORDS

_PLAIN = re.compile(r"[A-Za-z]+(?:(?: +|(?<=[A-Za-z]{3})-(?=[A-Za-z]{3})|')[A-Za-z]+)*[?]?")
_ONE_TEXT = re.compile(r"\\(?:text|textrm|textbf|textit|textnormal|mbox|mathrm|operatorname)\s?\{([^{}]*)\}\.?")
_ONE_GROUP = re.compile(r"\{(\\[a-z]{2,12}\s?\{[^{}]*\})\}")
_TEXT = re.compile(r"\\(?:text|textrm|mathrm|mbox)\s?\{([^{}]*)\}")
_BEGINS_A_TIME = frozenset("0123456789nNmM")
MAX_WHOLE = 200
"""Longest option of a multiple choice that is read with its letter."""
MAX_DATE = 24
_AND_A_HALF = re.compile(r"([0-9]{1,12}) and (?:a|one) half(\s[^0-9]*)?")
_WORD = re.compile(r"[A-Za-z]{3,}")
_VOWEL = re.compile("[aeiouyAEIOUY]")


@lru_cache(maxsize=8192)
def read(text: str) -> Answer | Unreadable:
    """Return the tree of one answer, or why there is none. Never raises; linear in the length of `text`."""
    try:
        cleaned = rewritten(clean(text))
        if not cleaned:
            raise Unreadable("nothing to read")
        while match := _ONE_TEXT.fullmatch(cleaned) or _ONE_GROUP.fullmatch(cleaned):
            cleaned = match[1].strip()
        if (whole := _as_a_whole(cleaned)) is not None:
            return whole
        if match := _AND_A_HALF.fullmatch(cleaned):
            cleaned = f"{match[1]}.5{match[2] or ''}"
        if _PLAIN.fullmatch(cleaned) and _is_words(cleaned):
            return _read_words(cleaned)
        try:
            node = Parser(tokenise(cleaned)).answer()
            return of_unit_vectors(node) if "vector" in cleaned else node
        except Unreadable:
            # Prose that mentions numbers is words; a formula this parser does not know stays unreadable.
            if _is_prose(cleaned):
                return Text(" ".join(cleaned.lower().split()))
            raise
    except Unreadable as error:
        return error
    except RecursionError:
        return Unreadable("nested too deep")


def _as_a_whole(cleaned: str) -> Answer | None:
    """Return a choice, an option with its content, or a time of day."""
    if len(cleaned) > MAX_WHOLE:
        return None
    letter = choice(cleaned)
    if letter is not None:
        return letter
    found = option(cleaned)
    if found is not None:
        content = read(found[1])
        return None if isinstance(content, Unreadable) else Sequence("choice", (found[0], content))
    spoken = _TEXT.sub(r"\1", cleaned)
    if len(spoken) <= MAX_DATE and (found_date := date(spoken)) is not None:
        return found_date
    return time_of_day(spoken) if cleaned[:1] in _BEGINS_A_TIME else None


def _is_prose(text: str) -> bool:
    """Whether words make up most of `text`."""
    if "\\" in re.sub(r"\\(?:text|mbox|\$)", "", text) or "^" in text:
        return False
    words = [word for word in _WORD.findall(text) if _VOWEL.search(word)]
    return 2 * sum(map(len, words)) > len(text.replace(" ", ""))


def _is_words(text: str) -> bool:
    """Whether letters and spaces are words, not variables and functions (`x y`, `sin x`, `x and y`)."""
    runs = re.findall(r"[A-Za-z]+", text)
    if any(run in FUNCTIONS or run in NAMED for run in runs) or (
        len(runs) == 1 and (runs[0] in ROMAN or _is_product(runs[0]))
    ):
        return False
    return any(len(run) >= 3 or run.lower() in SHORT_WORDS for run in runs if run.lower() not in AND)


def _is_product(word: str) -> bool:
    """Whether three small letters can be no word but a product: `mgh`, `xyz`, `abc`."""
    if len(word) != 3 or not word.islower() or is_unit(word):
        return False
    return not set(word) & set("aeiouy") or set(word) in ({"x", "y", "z"}, {"a", "b", "c"})


def _read_words(text: str) -> Answer:
    words = re.findall(r"[a-z']+", text.lower())
    found = leading_number(words)
    if found is not None:
        value, used = found
        rest = words[used:]
        if not rest:
            return Number(value)
        unit = read_unit(" ".join(rest))
        if unit is not None and (unit.known or len(rest) <= 2):
            return Quantity(Number(value), unit)
    return Text(" ".join(text.lower().rstrip(".!?").split()))
