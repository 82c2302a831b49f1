r"""A place in the tokens of one answer, and what the reader of one construct may ask of the whole grammar.

The readers are functions of a cursor (`numbers.py`, `functions.py`, ..); `grammar.Parser` is the cursor that knows them
all. Everything raises Unreadable on what it is not sure of.
"""

from abc import ABC, abstractmethod
from fractions import Fraction

from verifiers.math_text.tokens import Token, Unreadable
from verifiers.math_text.tree import Answer, Expression, is_expression
from verifiers.math_text.vocabulary import NAMED

SUM, PRODUCT, ARGUMENT, POWER = 10, 20, 30, 40
"""How tightly operators bind; `expression(binding)` stops at the first that binds no tighter."""
_SEPARATORS = frozenset({",", ";", "and", "or"})


class Cursor(ABC):
    """One pass over tokens whose last is `end`."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.bars = 0
        """Bars `|` that are open: the next one closes."""
        self.in_function = 0
        """Above 0 in the arguments of a function, where a degree sign is a factor and no unit."""

    @abstractmethod
    def expression(self, binding: int) -> Answer:
        """Read operators that bind tighter than `binding`."""

    @abstractmethod
    def operand(self, binding: int) -> Answer:
        """Read what an operator stands before or after."""

    @abstractmethod
    def starts_factor(self) -> bool:
        """Whether a product goes on without a sign."""

    @abstractmethod
    def powers(self, left: Expression) -> Expression:
        """Read the powers and factorials that belong to `left` alone."""

    @abstractmethod
    def items(self) -> Answer:
        """Read a list of answers, as it stands inside brackets."""

    def peek(self, ahead: int = 0) -> Token:
        """Return a token without taking it."""
        try:
            return self.tokens[self.at + ahead]
        except IndexError:
            return self.tokens[-1]

    def next(self) -> Token:
        """Take the next token."""
        token = self.peek()
        self.at += 1
        return token

    def put_back(self, *tokens: Token) -> None:
        """Have `tokens` read next, in the place of the one that was just taken."""
        self.at -= 1
        self.tokens[self.at : self.at + 1] = tokens

    def expect(self, text: str) -> None:
        """Take the next token, which must be `text`."""
        if self.next().text != text:
            raise Unreadable(f"{text!r} is missing")

    def value(self, binding: int) -> Expression:
        """Read an expression that has one value."""
        return scalar(self.expression(binding))

    def group(self) -> Expression:
        """Read a group of LaTeX, braces included."""
        self.expect("{")
        node = self.value(0)
        self.expect("}")
        return node

    def argument(self) -> Expression:
        r"""Read one argument of a LaTeX command: a group, or a single digit or sign, as in `\frac12` and `\frac ab`."""
        token = self.peek()
        if token.text == "{":
            return self.group()
        if token.kind == "number" and len(token.text) > 1:
            if not token.text.isdigit():
                raise Unreadable("a fraction without braces")
            self.at += 1
            parts = (token.text[0], token.text[1:])
            self.put_back(*(Token("number", digits, False, Fraction(int(digits))) for digits in parts))
        if token.kind == "word" and len(token.text) > 1 and token.text not in NAMED:
            self.at += 1
            self.put_back(*(Token("word", letters, False) for letters in (token.text[0], token.text[1:])))
        return scalar(self.operand(POWER))

    def stands_alone(self) -> bool:
        """Whether the token just taken is a whole answer or item of a list."""
        before = self.tokens[self.at - 2].text if self.at > 1 else ","
        after = self.peek()
        return before in _SEPARATORS and (after.kind == "end" or after.text in _SEPARATORS)


def scalar(node: Answer) -> Expression:
    """Return `node` where it has one value. Raises Unreadable on lists, relations and words inside arithmetic."""
    if is_expression(node):
        return node
    raise Unreadable("arithmetic with something that is no value")
