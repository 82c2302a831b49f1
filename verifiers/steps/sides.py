r"""One side of an equation, read from where it begins to where it ends, exactly and within budgets.

    sum := product (("+" | "-") product)*
    product := signed (("*" | "/" | "times" | "of") signed | group | letter)*
    signed := ("+" | "-")* power        power := atom ("^" exponent)?
    atom := number | group | \frac{sum}{sum} | letter | command

What may stand around a number: its unit (`3 posts/member`, `\text{ cm}`, `$`), a scale (`1.5 million`), `%`. What has
letters or functions in it has no value here and is `symbolic`: `math_text` reads it again as a formula.
"""

from verifiers.steps.description import measured
from verifiers.steps.numbers import read_number
from verifiers.steps.reading import Reading, Side, Text, Unreadable, Value
from verifiers.steps.words import BY, DETERMINERS, FUNCTION_WORDS, OPERATORS

MAX_DEPTH = 16
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def read(text: Text, at: int, *, plain: bool = False) -> Side | None:
    """Return the longest side that begins with the piece `at`, None where none does.

    `plain` takes percent signs and scales for units: 100% is 100, 3 dozen is 3.
    """
    pieces = text.pieces
    reader = _Reader(text, at, plain)
    try:
        value = reader.sum(0)
    except Unreadable:
        return None
    lone = reader.operations == 0 and reader.numbers == 1 and not reader.symbolic
    first = at
    while pieces[first].kind == "delimiter":
        first += 1
    return Side(
        first=first,
        after=reader.at,
        start=pieces[first].start,
        end=pieces[reader.at - 1].end,
        value=None if reader.symbolic else value,
        operations=reader.operations,
        decimals=reader.decimals if lone else None,
        zeros=reader.zeros if lone else 0,
        symbolic=reader.symbolic,
        soft=reader.soft,
        doubt=reader.doubt,
        mixed=reader.mixed,
        inexact=reader.inexact,
        undefined=reader.undefined,
        described=reader.described,
        worded=reader.worded,
        phrased=reader.phrased,
    )


_ENDS = frozenset({"equals", "line", "mark", "end"})
"""Nothing of a side goes on after one of these."""


class _Reader(Reading):
    """The grammar of one side."""

    def sum(self, depth: int) -> Value | None:
        """Read products and the signs between them."""
        total = self.product(depth)
        if self.pieces[self.at].kind in _ENDS:
            return total
        share = self.share
        while (operator := self._operator("+-")) is not None:
            before, self.at = self.at, operator[1]
            try:
                right = self.product(depth)
            except Unreadable:
                self._stop(before, operator[0])
                break
            if self.share != share:
                self.mixed = True
            self.worded = self.worded or self.pieces[self.skip(before)].kind == "word"
            self.count()
            if total is not None and right is not None:
                total = self.bounded(total + right if operator[0] == "+" else total - right)
            else:
                total = None
        return total

    def product(self, depth: int) -> Value | None:
        """Read factors with or without a sign between them."""
        self.share = False
        value = self.signed(depth)
        share = self.share
        divided = False
        while self.pieces[self.at].kind not in _ENDS:
            operator = self._operator("*/of" if self.share or divided else "*/")
            before = self.at
            if operator is not None:
                self.at = operator[1]
            elif self._factor_follows():
                if divided:
                    self.doubt = self.doubt or "a/b(c) can mean two things"
            else:
                break
            self.share = False
            try:
                right = self.signed(depth)
            except Unreadable:
                self._stop(before, operator[0] if operator else "")
                break
            self.count()
            self.worded = self.worded or (operator is not None and self.pieces[self.skip(before)].kind == "word")
            divided = operator is not None and operator[0] == "/"
            if divided and self._is_loose_quotient(before):
                self.doubt = self.doubt or "a / b/c can mean two things"
            if divided and self.share and share:
                share = self.share = False  # a share of a share is a number
            share = share or self.share
            if value is None or right is None:
                value = None
            elif divided:
                value = self.quotient(value, right)
            else:
                value = self.bounded(value * right)
        self.share = share
        return value

    def _is_loose_quotient(self, sign: int) -> bool:
        """Whether a spaced `/` at `sign` is followed by a tight one, as in `6 / 1/2`."""
        pieces = self.pieces
        sign = self.skip(sign)
        after, following = self.skip(self.at), pieces[self.skip(sign + 1)]
        tight = pieces[after].text == "/" and pieces[after].start == pieces[after - 1].end
        return tight and following.kind == "number" and pieces[sign].end < following.start

    def signed(self, depth: int) -> Value | None:
        """Read a power with signs before it."""
        if self.pieces[self.at].kind == "number":
            return self.power(depth)
        negative = signed = False
        for _ in range(4):
            piece = self.pieces[self.skip(self.at)]
            if piece.kind != "sign" or piece.text not in "+-":
                break
            negative ^= piece.text == "-"
            signed = True
            self.at = self.skip(self.at) + 1
        operations = self.operations
        value = self.power(depth)
        if signed and self.operations > operations:
            self.doubt = self.doubt or "a sign before a power can mean two things"
        return -value if negative and value is not None else value

    def power(self, depth: int) -> Value | None:
        """Read an atom, what it is raised to, and its unit."""
        piece = self.pieces[self.at]
        if piece.kind == "number":
            self.at += 1
            value = read_number(self, piece)
        else:
            value = self.atom(depth)
        piece = self.pieces[self.at]
        if piece.kind in _ENDS:
            return value
        if piece.kind == "bang" and self._is_factorial():
            self.at += 1
            self.symbolic = True
            value = None
            piece = self.pieces[self.at]
        if piece.kind == "raised":
            self.at += 1
            self.count()
            digits = piece.text.translate(RAISED)
            value = self.raised(value, int(digits)) if digits.lstrip("-").isdigit() and len(digits) < 6 else None
        elif piece.kind == "sign" and piece.text == "^":
            before, self.at = self.at, self.at + 1
            try:
                exponent = self._exponent(depth)
            except Unreadable:
                self.at = before  # bold type: `**5 + 3 = 8**`
            else:
                self.count()
                value = self.raised(value, exponent)
        return measured(self, value)

    def _exponent(self, depth: int) -> Value | None:
        negative = self.pieces[self.at].text == "-"
        self.at += negative
        value = self.atom(depth + 1)
        return -value if negative and value is not None else value

    def atom(self, depth: int) -> Value | None:
        self.at = self.skip(self.at)
        piece = self.pieces[self.at]
        match piece.kind:
            case "number":
                self.at += 1
                return read_number(self, piece)
            case "open":
                return self.group(depth)
            case "fraction":
                self.at += 1
                self.count()
                top, bottom = self.argument(depth), self.argument(depth)
                return None if top is None or bottom is None else self.quotient(top, bottom)
            case "letter":
                self.at += 1
                self._name()
                return None
            case "command":
                self.at += 1
                self._function(depth)
                return None
            case "word" if piece.text in FUNCTION_WORDS:
                self.at += 1
                self._function(depth)
                return None
        raise Unreadable

    def group(self, depth: int) -> Value | None:
        opening, close = self.at, self.text.partner[self.at]
        if close < 0 or depth >= MAX_DEPTH or self.text.relates(opening):
            raise Unreadable
        self.at += 1
        try:
            value = self.sum(depth + 1)
        except Unreadable:
            self.at = -1
        if self.at != close:
            if self.text.between(opening, "word") and not self.symbolic:
                raise Unreadable
            # A tuple or an interval: for the reader of formulas.
            self.symbolic = True
            value = None
        self.at = close + 1
        return value

    def argument(self, depth: int) -> Value | None:
        r"""Read `{..}`, or one digit or letter as in `\frac12`."""
        piece = self.pieces[self.at]
        if piece.kind == "open" and piece.text == "{":
            return self.group(depth)
        if piece.kind == "number" and piece.text.isdigit() and len(piece.text) <= 2:
            if len(piece.text) == 1:
                self.at += 1
                self.numbers += 1
                return int(piece.text)
            self.symbolic = True
            self.at += 1
            return None
        if piece.kind in ("letter", "command", "number"):
            self.symbolic = True
            self.at += 1
            return None
        if piece.kind == "open" or piece.kind == "end":
            raise Unreadable
        self.symbolic = True
        return None

    def _name(self) -> None:
        """Take what belongs to a variable: its subscript, a prime, an argument."""
        self.symbolic = True
        piece = self.pieces[self.at]
        if piece.kind == "below":
            self.at += 1
            if self.pieces[self.at].kind == "open":
                self.at = max(self.text.partner[self.at], self.at) + 1
            elif self.pieces[self.at].kind != "end":
                self.at += 1

    def _function(self, depth: int) -> None:
        self.symbolic = True
        self.count()
        for _ in range(4):
            piece = self.pieces[self.at]
            if piece.kind == "below" or (piece.kind == "sign" and piece.text == "^"):
                self.at += 1
                piece = self.pieces[self.at]
                if piece.kind in ("number", "letter", "command"):
                    self.at += 1
                    continue
                if piece.text == "-":
                    self.at += 1
                    continue
            if piece.kind != "open" or self.text.partner[self.at] < 0:
                break
            self.at = self.text.partner[self.at] + 1
        else:
            return
        if self.pieces[self.at].kind in ("number", "letter", "fraction", "command") and depth < MAX_DEPTH:
            self.atom(depth + 1)

    def _is_factorial(self) -> bool:
        """Whether `!` belongs to the number: at the end of a sentence it is a cry."""
        following = self.pieces[self.at + 1]
        return following.kind in ("sign", "equals", "close", "open", "delimiter", "row", "cell")

    def _operator(self, signs: str) -> tuple[str, int] | None:
        """Return the operator that comes next, if it is one of `signs`, and the index after it."""
        at = self.skip(self.at)
        piece = self.pieces[at]
        if piece.kind == "sign":
            return (piece.text, self.over_line(at + 1)) if piece.text in signs else None
        if piece.kind == "letter" and piece.text in "xX" and "*" in signs:
            following = self.pieces[self.skip(at + 1)]
            apart = at and piece.start > self.pieces[at - 1].end and following.start > piece.end
            if following.kind in ("number", "money") or (apart and following.kind in ("open", "fraction")):
                return "*", at + 1
            return None
        if piece.kind == "word":
            return self._operator_word(at, piece.text.lower(), signs)
        return None

    def _operator_word(self, at: int, word: str, signs: str) -> tuple[str, int] | None:
        if word in OPERATORS:
            return (OPERATORS[word], at + 1) if OPERATORS[word] in signs else None
        following = self.pieces[at + 1]
        if word in BY and following.text == "by":
            return (BY[word], at + 2) if BY[word] in signs else None
        if word == "of" and "of" in signs:
            after = at + 1 + (following.text.lower() in DETERMINERS)
            if self.pieces[self.skip(after)].kind in ("number", "money", "open"):
                return "of", after
        return None

    def _factor_follows(self) -> bool:
        """Whether a factor without a sign before it comes next: `4(7)`, `2x`, `3\\sqrt 2`."""
        piece, before = self.pieces[self.at], self.pieces[self.at - 1]
        if piece.kind == "open":
            if self.text.partner[self.at] < 0 or self.text.relates(self.at):
                return False
            return not self.text.between(self.at, "word") or self.symbolic
        if piece.kind in ("command", "fraction"):
            return True
        if piece.kind == "number":
            # `(3)4` is not written; `x 2` is a letter and a number side by side.
            return False
        if piece.kind == "letter" and before.kind not in ("word", "text", "percent"):
            glued = piece.start == before.end
            following = self.pieces[self.at + 1]
            if glued:
                return True
            if following.kind == "below":
                return True
            if piece.text in "aAI" or following.kind == "word":
                return False
            if piece.text in "mgshlLcxX" and before.kind == "number" and not self.symbolic:
                if self.goes_on(self.at + 1):
                    self.doubt = self.doubt or "a letter that may be a unit"
                return False
            return self.goes_on(self.at + 1) or self.symbolic
        return False

    def _stop(self, at: int, operator: str) -> None:
        """End the side before an operator whose right side cannot be read."""
        self.at = at
        piece = self.pieces[self.skip(at)]
        if piece.kind == "word" or (operator == "/" and self.pieces[at - 1].kind in ("word", "text")):
            return  # `3 times as many`, and `flowers / vase` is a unit
        self.doubt = self.doubt or f"what follows `{operator}` cannot be read"
