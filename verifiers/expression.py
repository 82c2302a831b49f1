r"""Text -> typed tree: a Pratt parser over LaTeX and plain mathematics, with budgets; never evaluates, never calls
`eval`.

`read(text)` is total: a tree, or `Unreadable` with the reason. What it cannot be sure of it refuses (`1/2x`, `x2`,
`\int`): a refused text is undecided, a misread one would be a wrong label. Conventions: `2\frac{1}{2}` and `7 3/4`
are mixed numbers, `1011_2` is a number in base 2, `i` and `e` are the constants, commas with exactly three digits
after them group thousands except inside brackets, a word after a number is its unit.
"""

import re
from fractions import Fraction
from functools import lru_cache

from verifiers.grammar import AND, NAMED, SHORT_WORDS, ExpressionParser, scalar
from verifiers.tokens import Unreadable, clean, tokenise
from verifiers.tree import (
    FUNCTIONS,
    Add,
    Answer,
    Mul,
    Number,
    Quantity,
    Relation,
    RelationSign,
    Sequence,
    Symbol,
    Text,
    negated,
    symbols,
)
from verifiers.units import CURRENCY, DEGREE, PERCENT, read_unit
from verifiers.words import COUNTS, leading_number

_SIGNS: dict[str, RelationSign] = {
    "=": "=", "==": "=", ":=": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "!=": "!=", "\\le": "<=", "\\leq": "<=",
    "\\leqslant": "<=", "\\ge": ">=", "\\geq": ">=", "\\geqslant": ">=", "\\lt": "<", "\\gt": ">", "\\ne": "!=",
    "\\neq": "!=",
}  # fmt: skip
_COUNTS = frozenset(COUNTS)
_PLAIN = re.compile(r"[A-Za-z]+(?:(?: +|(?<=[A-Za-z]{3})-(?=[A-Za-z]{3})|')[A-Za-z]+)*[?]?")
_ONE_TEXT = re.compile(r"\\(?:text|textrm|textbf|textit|textnormal|mbox|mathrm|operatorname)\s?\{([^{}]*)\}\.?")
_CHOICE = re.compile(r"\(?([A-Za-z])[).]?")
_AND_A_HALF = re.compile(r"([0-9]{1,12}) and (?:a|one) half(\s[^0-9]*)?")
_WORD = re.compile(r"[A-Za-z]{3,}")


@lru_cache(maxsize=8192)
def read(text: str) -> Answer | Unreadable:
    """Return the tree of one answer, or why there is none. Never raises; linear in the length of `text`."""
    try:
        cleaned = clean(text)
        if not cleaned:
            raise Unreadable("nothing to read")
        while match := _ONE_TEXT.fullmatch(cleaned):
            cleaned = match[1].strip()
        if (match := _CHOICE.fullmatch(cleaned)) and match[1] not in "ei":
            return Symbol(match[1])
        if match := _AND_A_HALF.fullmatch(cleaned):
            cleaned = f"{match[1]}.5{match[2] or ''}"
        if _PLAIN.fullmatch(cleaned) and _is_words(cleaned):
            return _read_words(cleaned)
        try:
            return Parser(tokenise(cleaned)).answer()
        except Unreadable:
            # Prose that mentions numbers is words; a formula this parser does not know stays unreadable.
            if is_prose(cleaned):
                return Text(" ".join(cleaned.lower().split()))
            raise
    except Unreadable as error:
        return error
    except RecursionError:
        return Unreadable("nested too deep")


def is_prose(text: str) -> bool:
    """Whether words make up most of `text`."""
    if "\\" in re.sub(r"\\(?:text|mbox|\$)", "", text) or "^" in text:
        return False
    return 2 * sum(len(word) for word in _WORD.findall(text)) > len(text.replace(" ", ""))


def _is_words(text: str) -> bool:
    """Whether letters and spaces are words, not variables and functions (`x y`, `sin x`, `x and y`)."""
    runs = re.findall(r"[A-Za-z]+", text)
    if any(run in FUNCTIONS or run in NAMED for run in runs):
        return False
    return any(len(run) >= 3 or run.lower() in SHORT_WORDS for run in runs if run.lower() not in AND)


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


class Parser(ExpressionParser):
    """One pass over the tokens of one answer. Raises Unreadable on anything it is not sure of."""

    def answer(self) -> Answer:
        """Return the whole answer; every token is used."""
        node = self._items()
        if self._peek().kind != "end":
            raise Unreadable(f"cannot read {self._peek().text[:20]!r} here")
        return node

    # Lists and relations

    def _items(self) -> Answer:
        items = [self._relation()]
        # `3 hours 20 minutes` has no sign between its parts.
        while (implied := isinstance(items[-1], Quantity) and self._peek().kind == "number") or self._separator():
            items.append(self._relation())
            if implied and _compound(items) is None:
                raise Unreadable("several quantities without a sign between them")
        if len(items) == 1:
            return items[0]
        return _compound(items) or Sequence("list", tuple(items))

    def _separator(self) -> bool:
        """Skip a comma, semicolon, `and` or `or`, or a comma with such a word after it."""
        start = self._at
        if self._peek().text in (",", ";"):
            self._at += 1
        token = self._peek()
        word = token.text.strip().lower().strip(",")
        if (token.kind in ("word", "text") and word in AND) or token.text in ("\\lor", "\\vee"):
            self._at += 1
        return self._at > start

    def _relation(self) -> Answer:
        sides: list[Answer] = [self._label() or self._measured()]
        signs: list[RelationSign] = []
        while (sign := _SIGNS.get(self._peek().text)) is not None and self._peek().kind in ("sign", "command"):
            self._at += 1
            signs.append(sign)
            sides.append(self._measured())
        return Relation(tuple(signs), tuple(sides)) if signs else sides[0]

    def _label(self) -> Symbol | None:
        """Read `f(x)` before `=` as one name."""
        texts = [token.text for token in self._tokens[self._at : self._at + 5]]
        if texts[1:2] + texts[3:] != ["(", ")", "="] or not (texts[0].isalpha() and texts[2].isalpha()):
            return None
        if len(texts[0]) + len(texts[2]) > 2:
            return None
        self._at += 4
        return Symbol("".join(texts[:4]))

    def _measured(self) -> Answer:
        """Read an expression with the unit before or after it."""
        minus = self._peek().text == "-" and self._peek(1).text in CURRENCY
        self._at += minus
        currency = self._peek().text if self._peek().text in CURRENCY else ""
        self._at += bool(currency)
        node = self._expression(0)
        if minus:
            node = negated(scalar(node))
        while self._peek().kind in ("word", "text") and self._peek().text.strip().lower() in _COUNTS:
            node = Mul((scalar(node), Number(Fraction(COUNTS[self._next().text.strip().lower()]))))
        token = self._peek()
        if token.text in ("%", "\\%"):
            self._at += 1
            if self._peek().kind in ("word", "text") and self._peek().text.strip() not in AND:
                self._phrase()
            return Quantity(scalar(node), PERCENT)
        if token.text == "\\degree":
            self._at += 1
            self._phrase()
            return Quantity(scalar(node), DEGREE)
        phrase = " ".join(part for part in (currency, self._phrase()) if part)
        unit = read_unit(phrase)
        if unit is None:
            return node
        if not unit.known and symbols(scalar(node)):
            raise Unreadable("words after a formula")
        return Quantity(scalar(node), unit)

    def _phrase(self) -> str:
        """Take the words after a number, up to a comma, `and`, a relation or the end."""
        pieces: list[str] = []
        while True:
            token = self._peek()
            lowered = token.text.strip().lower()
            if token.kind in ("word", "text"):
                if lowered in AND:
                    break
                pieces.append(token.text)
            elif token.text in CURRENCY or (pieces and token.text in ("/", "'", "-", ".", "(", ")")):
                pieces.append(token.text)
            elif pieces and token.text == "^":
                pieces.append(self._exponent_text())
            else:
                break
            self._at += 1
        return " ".join(pieces)

    def _exponent_text(self) -> str:
        """Read `^2` or `^{2}` after a unit; leaves its last token to be skipped."""
        braced = self._peek(1).text == "{"
        digit = self._peek(2 if braced else 1).text
        if len(digit) != 1 or not digit.isdigit() or digit == "0" or (braced and self._peek(3).text != "}"):
            raise Unreadable("an exponent of a unit that is no digit")
        self._at += 3 if braced else 1
        return "^" + digit


def _compound(items: list[Answer]) -> Answer | None:
    """Return `3 hours and 20 minutes` as one quantity, None where the items are several answers."""
    first = items[0]
    if not isinstance(first, Quantity) or not first.unit.known:
        return None
    total: list[Answer] = []
    last = None
    for item in items:
        if not isinstance(item, Quantity) or item.unit.dimension != first.unit.dimension:
            return None
        if last is not None and item.unit.factor >= last:
            return None
        last = item.unit.factor
        total.append(Mul((item.value, Number(item.unit.factor / first.unit.factor))))
    return Quantity(Add(tuple(scalar(part) for part in total)), first.unit)
