r"""Notations that are rewritten before there are tokens: `0.(3)`, `1_000`, `1.5 x 10^3`, `0x1A`, `{5 \choose 2}`, and
answers that are one notation as a whole: a time of day, an option of a multiple choice.
"""

import re
from fractions import Fraction

from verifiers.math_text.tokens import Unreadable
from verifiers.math_text.tree import Number, Quantity, Symbol, Text
from verifiers.math_text.units import CLOCK

_BASES = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
          "eleven": 11, "twelve": 12, "sixteen": 16}  # fmt: skip
_LETTERS_OF_DOTS = re.compile(r"(?<![0-9A-Za-z.])([0-9]{0,40}\.[0-9]{3,60})\s?(?:\.\.\.|\\(?:l|c)?dots(?![a-z]))")
_REWRITES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (r"(?<![0-9A-Za-z_.'])([0-9]{1,3})_([0-9]{3})(?:_([0-9]{3}))?(?:_([0-9]{3}))?(?![0-9_])", r"\1\2\3\4"),
        (r"(?<![0-9A-Za-z_.'])([0-9]{1,3})'([0-9]{3})(?:'([0-9]{3}))?(?![0-9'])", r"\1\2\3"),
        (r"(?<=[0-9]) ?[xX] ?(?=10\s?(?:\^|\*\*))|(?<=[0-9]) [xX] (?=[0-9])", r"\\times "),
        (r"(?<=[0-9])?\.([0-9]{0,40})\(([0-9]{1,40})\)(?![0-9])", r".\1\\overline{\2}"),
        (r"\\dot\s?\{?([0-9])\}?([0-9]{0,20})\\dot\s?\{?([0-9])\}?", r"\\overline{\1\2\3}"),
        (r"(?<=[0-9.])\\dot\s?\{?([0-9])\}?", r"\\overline{\1}"),
        (r"\\(overline|bar)\s?([0-9])", r"\\\1{\2}"),
        (r"\\not\s?=", r"\\ne "),
        (r"\\neq?(?![a-z])", r"\\ne "),
        (r"\{([^{}]{1,60})\\choose(?![a-z])([^{}]{1,60})\}", r"\\binom{\1}{\2}"),
        (r"\{([^{}]{1,60})\\over(?![a-z])([^{}]{1,60})\}", r"\\frac{\1}{\2}"),
        (r"^([^{}]{1,60})\\over(?![a-z])([^{}]{1,60})$", r"\\frac{\1}{\2}"),
        (r"\\[dt]?frac\s?\{\s?d([a-z])\s?\}\s?\{\s?d[a-z]\s?\}", r"\1'"),
        (r"\\[dt]?frac\s?\{\s?d\s?\}\s?\{\s?d[a-z]\s?\}", r"\\derivative "),
        (r"(?<![A-Za-z])d([a-z])/d[a-z](?![A-Za-z])", r"\1'"),
        (r"(?<![A-Za-z])m ?\\angle(?![a-z])", r"\\angle"),
        (r"\\lg(?![a-z])", r"\\log_{10}"),
        (r"(?<=[0-9])\\colon(?![a-z])", ":"),
        (r"(?<=[0-9]) to (?=[0-9])", ":"),
        (r"\(([0-9A-F]{1,60})\)_(?=\{?\(?[0-9])", r"\1_"),
        (r"_\{\(([0-9]{1,2})\)\}", r"_{\1}"),
        (r"(?<=[0-9]) ?per cent", " percent"),
        (r"^(?:USD|US\$)\s?(?=[0-9])", "$"),
        (r"^both (?=.* and )", ""),
        (r"^([0-9]{1,3}) ?: ?([0-5][0-9]) ?(?:hours|hrs|h)$", r"\1 hours \2 minutes"),
        (r"^([0-9.]{1,9}) ?h(?:rs?|ours?)?,? ?([0-9.]{1,9}) ?m(?:ins?|inutes?)?$", r"\1 hours \2 minutes"),
        (
            r"^([0-9.]{1,9}) ?h(?:rs?|ours?)?,? ?([0-9.]{1,9}) ?m(?:ins?)?,? ?([0-9.]{1,9}) ?s(?:ecs?)?$",
            r"\1 hours \2 minutes \3 seconds",
        ),
        (r"^([0-9.]{1,9}) ?m(?:ins?|inutes?)?,? ?([0-9.]{1,9}) ?s(?:ecs?|econds?)?$", r"\1 minutes \2 seconds"),
        (r"^([0-9]{1,3}) ?' ?([0-9]{1,2})(?:''|\"|)$", r"\1 feet \2 inches"),
        (r"^([0-9.]{1,9}) ?''$", r"\1 inches"),
        (r"^([0-9A-F]{1,60}) (?:in )?base[- ]?([0-9]{1,2})$", r"\1_{\2}"),
        (r"^\](.{1,100}),(.{1,100})\[$", r"(\1,\2)"),
        (
            r"\(\s?(?:\\(?:text|mathrm|operatorname)\s?\{\s?mod\s?\}|\\b?mod(?![a-z])|mod\s)\s?([0-9A-Za-z]{1,12})\s?\)",
            r"\\pmod{\1}",
        ),
        (r"\\(?:text|mathrm|operatorname)\s?\{\s?mod\s?\}|(?<=[0-9A-Za-z)}])\s+mod\s+(?=[0-9A-Za-z(])", r"\\bmod "),
        (r"(?<![A-Za-z0-9}])(?:\{\})?[\^_]\{?([0-9]{1,3})\}?P_\{?([0-9]{1,3})\}?", r"\\frac{\1!}{(\1-\2)!}"),
        (r"\\(?:operatorname|text|textrm|mathrm)\s?\{\s?cis\s?\}", r"\\cis "),
        (r"\\begin\{array\}\s?\{[lcr| ]{0,20}\}", r"\\begin{matrix}"),
        (r"\\end\{array\}", r"\\end{matrix}"),
        (r"\.\.\.", r"\\ldots "),
        (r"(?<![A-Za-z0-9}\\])C\(([0-9]{1,6}), ?([0-9]{1,6})\)", r"\\binom{\1}{\2}"),
        (r"(?<![A-Za-z0-9}])(?:\{\})?[\^_]\{?([0-9]{1,6})\}?C_\{?([0-9]{1,6})\}?", r"\\binom{\1}{\2}"),
    )
)
_MAY_NEED = re.compile(
    r"[_'\]]|C\(|[0-9] ?[xX] ?[0-9]|\.\.|\.[0-9]*(?:\(|\\)|0[xbo]|[0-9] ?[hm]|d[a-z]/d|frac ?\{ ?d|: ?[0-9]{2} ?h"
    r"|mod|base| to |cent|USD|both|[CP]_"
    r"|\\(?:dot|overline|bar|not|ne|choose|operatorname|begin|text|mathrm|over|lg|colon|angle)"
)
"""What every rewrite below needs; most answers have none of it."""
_BASED = re.compile(
    r"(?<![0-9A-Za-z_])([0-9][0-9A-Fa-f]{0,60}|[0-9A-F]{2,60})_\{?(?:(1[1-6])|\\?(?:text|mathrm)?\{?([a-z]{3,7})\}?)\}?$"
)
_PREFIXED = re.compile(r"0(?:x([0-9A-Fa-f]{1,40})|b([01]{1,120})|o([0-7]{1,60}))")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip
_MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})\.? ([0-9]{1,2})(?:st|nd|rd|th)?(?:,? ([0-9]{4}))?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?(?: of)? ([A-Za-z]{3,9})\.?(?:,? ([0-9]{4}))?")
_CLOCK = re.compile(r"([0-9]{1,2})(?::([0-9]{2}))?\s{0,3}([ap])\.?\s?m\.?", re.IGNORECASE)
_CHOICE = re.compile(r"(?:(?:option|choice|answer)\s{0,3})?\(?([A-Za-z])[).]?", re.IGNORECASE)
_OPTION = re.compile(r"\(?([A-H])[).:]\s{0,3}(?=\S)")
_OPEN_OPTION = re.compile(r"\\(?:text|textbf|mathrm|textrm|mathbf|bf)\s?\{\s?\(?([A-H])\)?[.:)]?\s{0,3}\}\s{0,3}(?=\S)")


def rewritten(text: str) -> str:
    """Return a cleaned text in the notations that `tokens` knows. Raises Unreadable on dots after no period."""
    if not _MAY_NEED.search(text):
        return text
    text = _LETTERS_OF_DOTS.sub(_periodic, text)
    for pattern, new in _REWRITES:
        text = pattern.sub(new, text)
    if match := _PREFIXED.fullmatch(text):
        hexadecimal, binary, octal = match.groups()
        return str(int(hexadecimal, 16) if hexadecimal else int(binary, 2) if binary else int(octal, 8))
    if match := _BASED.search(text):
        base = int(match[2]) if match[2] else _BASES.get(match[3], 0)
        try:
            return text[: match.start()] + str(int(match[1], base)) if base else text
        except ValueError:
            raise Unreadable(f"not a number in base {base}") from None
    return text


def _periodic(match: re.Match[str]) -> str:
    """Write `0.1666...` with its period; the period is the shortest that fills the end at least twice."""
    digits = match[1]
    whole, _, part = digits.partition(".")
    for length in range(1, len(part) // 2 + 1):
        period = part[-length:]
        repeats = 1
        while part[: len(part) - repeats * length].endswith(period):
            repeats += 1
        if repeats >= 3 or (repeats >= 2 and length >= 2):
            return f"{whole}.{part[: len(part) - repeats * length]}\\overline{{{period}}}"
    raise Unreadable("digits that go on without a period")


def date(text: str) -> Text | None:
    """Return `Jan. 5, 2021` and `5th January 2021` as the same words; None where `text` is no date."""
    if match := _MONTH_FIRST.fullmatch(text):
        month, day, year = match.groups()
    elif match := _DAY_FIRST.fullmatch(text):
        day, month, year = match.groups()
    else:
        return None
    name = next((full for full in _MONTHS if full.startswith(month[:3].lower())), "")
    short = month.lower() in (name, name[:3], name[:4])
    return Text(" ".join(filter(None, (name, str(int(day)), year)))) if name and short else None


def time_of_day(text: str) -> Quantity | None:
    """Return `3:30 PM` in minutes since midnight; None where `text` is no time."""
    words = text.lower().removeprefix("12 ")
    if words in ("noon", "midnight"):
        return Quantity(Number(Fraction(720 if words == "noon" else 0)), CLOCK)
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hours, minutes = int(match[1]), int(match[2] or 0)
    if not (1 <= hours <= 12 and minutes < 60):
        return None
    half = 720 if match[3] in "pP" else 0
    return Quantity(Number(Fraction(hours % 12 * 60 + minutes + half)), CLOCK)


def choice(text: str) -> Symbol | None:
    """Return the letter of `(B)`, `B.` or `Option B`; None where there is more or less."""
    match = _CHOICE.fullmatch(text)
    if match is None or match[1] in "ei":
        return None
    return Symbol(match[1].upper() if len(text) > 4 else match[1])


def option(text: str) -> tuple[Symbol, str] | None:
    """Return letter and content of `(B) 42` or `\\textbf{(B)} 42`; None where there is no letter before a content."""
    match = _OPEN_OPTION.match(text) or _OPTION.match(text)
    return (Symbol(match[1]), text[match.end() :]) if match else None
