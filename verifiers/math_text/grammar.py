r"""How expressions bind: a Pratt parser from tokens to `tree` nodes, with a budget on nesting.

Binding, loosest first: sums, products (written or not), powers, postfix signs. What could mean two things is refused.
Each construct is read by the module of its name.
"""

import re
from fractions import Fraction

from verifiers.math_text import brackets, commands, letters, lists, matrices, numbers, sets
from verifiers.math_text.cursor import POWER, PRODUCT, SUM, Cursor, scalar
from verifiers.math_text.dots import DOT_COMMANDS, product_with_dots, sum_with_dots
from verifiers.math_text.number_words import COUNTS
from verifiers.math_text.tokens import Token, Unreadable
from verifiers.math_text.tree import (
    FUNCTIONS,
    Add,
    Answer,
    Call,
    Constant,
    Expression,
    Mul,
    Number,
    Power,
    Sequence,
    inverse,
    negated,
    product,
)
from verifiers.math_text.units import CURRENCY, LETTERS, is_unit
from verifiers.math_text.vocabulary import ALIASES, AND, CALLABLE, NAMED, SHORT_WORDS

MAX_DEPTH = 60
"""Levels of nesting; an answer has fewer than ten. Keeps every recursion over a tree below Python's limit."""

_BINDING = {"sum": SUM, "times": PRODUCT, "over": PRODUCT, "factor": PRODUCT, "power": POWER, "degree": 100}
_OPERATORS = {
    "+": "sum", "-": "sum", "\\pm": "sum", "\\mp": "sum", "*": "times", "\\times": "times", "\\cdot": "times",
    "\\ast": "times", "/": "over", "\\div": "over", "^": "power", "**": "power", "!": "power",
}  # fmt: skip
_ENDS = (")", "}", "]")
_TRANSPOSED = frozenset({"T", "\\top", "\\intercal"})
_IN_UNITS = frozenset({"/", "^", "{", "}", "2", "3", "-", "1"})
MAX_UNIT_TOKENS = 12
_NO_UNITS = re.compile(r"^[^{]*\}|(?:^| )[A-Za-z] [A-Za-z](?: |$)")
"""A brace that closes what opened before, or two letters side by side: `\\sqrt{2 g h}` is a product."""


class Parser(Cursor):
    """One pass over the tokens of one answer. Raises Unreadable on anything it is not sure of."""

    def __init__(self, tokens: list[Token]) -> None:
        super().__init__(tokens)
        self._depth = 0

    def answer(self) -> Answer:
        """Return the whole answer; every token is used."""
        node = self.items()
        if self.peek().kind != "end":
            raise Unreadable(f"cannot read {self.peek().text[:20]!r} here")
        return node

    def items(self) -> Answer:
        """Read a list of answers, as it stands inside brackets."""
        return lists.items(self)

    def expression(self, binding: int) -> Answer:
        """Read operators that bind tighter than `binding`."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Unreadable(f"nested deeper than {MAX_DEPTH}")
        left = self.operand(binding)
        divided = False
        while (operator := self._operator()) is not None and binding < _BINDING[operator]:
            if operator == "degree":
                self.at += 1
                left = product(scalar(left), Number(Fraction(1, 180)), Constant("pi"))
            elif operator == "sum":
                if sets.is_named_or_built(left):
                    break  # a difference of sets
                left = matrices.plus(left, self._term()) if matrices.is_matrix(left) else self._sum(scalar(left))
            elif operator == "power":
                left = self._matrix_raised(left) if matrices.is_matrix(left) else self._raised(scalar(left))
            else:
                before = self.tokens[self.at - 1].text
                if operator == "factor" and divided and not self.peek().space and before not in _ENDS:
                    raise Unreadable("a/bc can mean two things")
                self.at += operator != "factor"
                if self.peek().text in DOT_COMMANDS:
                    left = self._product_with_dots(scalar(left))
                    continue
                right = self.expression(PRODUCT)
                divided = operator == "over"
                if matrices.is_matrix(left) or matrices.is_matrix(right):
                    left = matrices.times(left, inverse(scalar(right)) if divided else right)
                    continue
                right = scalar(right)
                left = product(scalar(left), inverse(right) if divided else right)
        self._depth -= 1
        return left

    def _operator(self) -> str | None:
        """Say which operator comes next, a name from `_BINDING`; None where the expression ends."""
        token = self.peek()
        if token.text == "/" and self.peek(1).kind in ("word", "text") and self._is_rate():
            return None
        if token.text in _OPERATORS:
            return _OPERATORS[token.text]
        if token.text == "\\cdots" and self.peek(1).kind not in ("end", "sign"):
            self.tokens.insert(self.at, Token("sign", "*", False))
            return "times"
        if token.text == "\\degree":
            return "degree" if self.in_function else None
        return "factor" if self.starts_factor() else None

    def _term(self) -> Answer:
        """Read a term with its sign."""
        sign = self.next().text
        right = self.expression(SUM)
        return matrices.negative(right) if sign == "-" else right

    def _matrix_raised(self, left: Sequence) -> Answer:
        self.at += 1
        texts = [self.peek(ahead).text for ahead in range(3)]
        braced = texts[0] == "{" and texts[2] == "}"
        if texts[braced] in _TRANSPOSED:
            self.at += 3 if braced else 1
            return matrices.power(left, "T")
        return matrices.power(left, self.argument() if texts[0] == "{" else self.value(POWER - 1))

    def _product_with_dots(self, left: Expression) -> Expression:
        r"""Read the end of `1 \cdot 2 \cdots n`, whose dots come next."""
        self.at += 1
        if self.peek().text in ("\\cdot", "\\times", "*"):
            self.at += 1
        return product_with_dots(list(left.factors) if isinstance(left, Mul) else [left], self.value(PRODUCT))

    def _sum_with_dots(self, left: Expression) -> Expression:
        r"""Read the end of `1 + 2 + \cdots + n`, whose dots come next."""
        self.at += 1
        terms: list[Expression] = list(left.terms) if isinstance(left, Add) else [left]
        if self.peek().text not in ("+", "-"):
            return sum_with_dots(terms, None)
        if self.next().text == "-":
            raise Unreadable("dots before a minus sign")
        return sum_with_dots(terms, self.value(SUM))

    def _is_rate(self) -> bool:
        """Whether a slash stands between money and another unit: `$5/hour`."""
        word = self.peek(1).text.strip()
        return len(word) > 1 and is_unit(word) and self.at > 1 and self.tokens[self.at - 2].text in CURRENCY

    def _sum(self, left: Expression) -> Expression:
        sign = self.next().text
        if self.peek().text in DOT_COMMANDS:
            if sign != "+":
                raise Unreadable("dots after a minus sign")
            return self._sum_with_dots(left)
        right = self.value(SUM)
        if sign in ("\\pm", "\\mp"):
            right = Call(sign[1:], (right,))
        elif sign == "-":
            right = negated(right)
        # One flat sum instead of a chain as deep as it is long.
        return Add((*left.terms, right)) if isinstance(left, Add) else Add((left, right))

    def powers(self, left: Expression) -> Expression:
        """Read the powers and factorials that belong to `left` alone: of `xy^2`, only y is squared."""
        while self._operator() == "power":
            left = self._raised(left)
        return left

    def _raised(self, left: Expression) -> Expression:
        if self.next().text == "!":
            if self.peek().text != "!" or self.peek().space:
                return Call("factorial", (left,))
            self.at += 1
            if self.peek().text == "!":
                raise Unreadable("three factorial signs")
            return Call("double", (left,))
        token = self.peek()
        if token.kind == "word" and len(token.text) > 1 and token.text not in NAMED and token.text not in CALLABLE:
            raise Unreadable("an exponent of several letters without braces")
        exponent = self.group() if token.text == "{" else self.value(POWER - 1)
        if token.text != "{" and self.tokens[self.at - 1].text == "!":
            raise Unreadable("a^n! can mean two things")
        return Power(left, exponent)

    def starts_factor(self) -> bool:
        """Whether a product goes on without a sign."""
        token, before = self.peek(), self.tokens[self.at - 1]
        if token.kind == "number":
            if before.kind == "number" or before.kind == "word":
                raise Unreadable("a number directly after a number or a letter")
            return True
        if token.kind == "word":
            return not self._is_unit_here(token, before)
        if token.kind == "command":
            return commands.is_value(token.text)
        return token.text in ("(", "[", "{") or (token.text == "|" and not self.bars)

    def _is_unit_here(self, token: Token, before: Token) -> bool:
        word = token.text
        if word.lower() in AND or word in COUNTS:
            return True
        if word == "min" and before.kind == "number" and self.peek(1).text not in ("(", "{", "\\{"):
            return True
        if word in FUNCTIONS or word in ALIASES or word in CALLABLE or word in NAMED:
            return False
        if len(word) == 1:
            raised = self.tokens[self.at - 2].text in ("^", "_") if self.at > 1 else False
            after_number = token.space and before.kind == "number" and not raised
            return word in LETTERS and after_number and self._only_units_left()
        # "of", "in", "is": words, not products of letters
        raised = self.at > 1 and self.tokens[self.at - 2].text in ("^", "_")
        unit = is_unit(word) and (len(word) > 2 or token.space or (before.kind == "number" and not raised))
        return len(word) > 3 or unit or word.lower() in SHORT_WORDS or (token.space and len(word) > 2)

    def _only_units_left(self) -> bool:
        """Whether the rest of the answer reads as a unit: `m`, `m / s`, `m ^ 2`."""
        rest = self.tokens[self.at : -1]
        texts = " ".join(token.text for token in rest)
        if _NO_UNITS.search(texts):
            return False
        spelled = all(
            is_unit(token.text)
            if token.kind == "word"
            else token.text in _IN_UNITS or (token.kind == "number" and after.kind == "word")
            for token, after in zip(rest, [*rest[1:], self.tokens[-1]], strict=True)
        )
        return spelled and len(rest) <= MAX_UNIT_TOKENS

    def operand(self, binding: int) -> Answer:
        """Read what an operator stands before or after."""
        token = self.next()
        if token.kind == "number":
            return numbers.number(self, token)
        if token.kind == "word":
            return letters.word(self, token)
        if token.kind == "text":
            return letters.text_command(self, token)
        if token.text == "{":
            return brackets.braces(self)
        if token.text in brackets.OPENING:
            return brackets.bracketed(self, token.text)
        if token.text in ("-", "+"):
            value = self.expression(max(PRODUCT, binding))
            return matrices.negative(value) if token.text == "-" else value
        if token.text in ("\\pm", "\\mp"):
            return Call(token.text[1:], (self.value(PRODUCT),))
        if token.text in brackets.BARS:
            return brackets.absolute(self, token.text)
        if token.kind == "command":
            return commands.command(self, token.text)
        raise Unreadable(f"cannot read {token.text[:20]!r} here" if token.text else "it ends too early")
