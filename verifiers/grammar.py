r"""The grammar of expressions: a Pratt parser from tokens to `tree` nodes, with budgets on nesting.

Binding, loosest first: sums, products (written or not), powers, postfix signs. What could mean two things is refused.
"""

from abc import ABC, abstractmethod
from fractions import Fraction

from verifiers.tokens import Token, Unreadable, tokenise
from verifiers.tree import (
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
    Symbol,
    inverse,
    is_expression,
    negated,
)
from verifiers.units import LETTERS, is_unit
from verifiers.words import COUNTS, leading_number

MAX_DEPTH = 60
"""Levels of nesting; an answer has fewer than ten. Keeps every recursion over a tree below Python's limit."""

_SUM, _PRODUCT, _ARGUMENT, _POWER = 10, 20, 30, 40
_BINDING = {"sum": _SUM, "times": _PRODUCT, "over": _PRODUCT, "factor": _PRODUCT, "power": _POWER, "degree": 100}
_OPERATORS = {
    "+": "sum", "-": "sum", "\\pm": "sum", "\\mp": "sum", "*": "times", "\\times": "times", "\\cdot": "times",
    "\\ast": "times", "/": "over", "\\div": "over", "^": "power", "**": "power", "!": "power",
}  # fmt: skip
_ENDS = (")", "}", "]")
NAMED = {"pi": "pi", "infty": "inf", "infinity": "inf", "inf": "inf", "oo": "inf"}
_GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "varepsilon",
        "zeta",
        "eta",
        "theta",
        "vartheta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "rho",
        "sigma",
        "tau",
        "phi",
        "varphi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Sigma",
        "Phi",
        "Psi",
        "Omega",
        "ell",
    ]
)
_ALIASES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "lg": "log"}
_UNARY = FUNCTIONS - {"root", "factorial", "binomial", "min", "max", "gcd", "lcm", "pm", "mp", "sqrt"}
_FRACTIONS = frozenset({"\\frac", "\\dfrac", "\\tfrac", "\\cfrac"})
_BINOMIALS = frozenset({"\\binom", "\\dbinom", "\\tbinom"})
_OPENING = {"(": "(", "[": "[", "\\{": "{", "\\lbrace": "{", "\\langle": "<"}
_CLOSING = {")": ")", "]": "]", "\\}": "}", "\\rbrace": "}", "\\rangle": ">"}
_BARS = {"|": "|", "\\lvert": "\\rvert", "\\vert": "\\vert"}
AND = frozenset({"and", "or"})
SHORT_WORDS = frozenset(
    [
        "no",
        "yes",
        "ok",
        "am",
        "pm",
        "is",
        "it",
        "to",
        "of",
        "on",
        "in",
        "at",
        "as",
        "by",
        "if",
        "so",
        "we",
        "he",
        "do",
        "go",
        "up",
        "us",
        "an",
        "my",
        "or",
    ]
)


class ExpressionParser(ABC):
    """One pass over tokens. Raises Unreadable on anything it is not sure of."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._bars = 0
        self._in_function = 0

    @abstractmethod
    def _items(self) -> Answer:
        """Read a list of answers, as it stands inside brackets."""

    # Expressions

    def _peek(self, ahead: int = 0) -> Token:
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def _next(self) -> Token:
        token = self._peek()
        self._at += 1
        return token

    def _expect(self, text: str) -> None:
        if self._next().text != text:
            raise Unreadable(f"{text!r} is missing")

    def _expression(self, binding: int) -> Answer:
        """Read operators that bind tighter than `binding`."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Unreadable(f"nested deeper than {MAX_DEPTH}")
        left = self._prefix(binding)
        divided = False
        while (operator := self._operator()) is not None and binding < _BINDING[operator]:
            if operator == "degree":
                self._at += 1
                left = _product(scalar(left), Number(Fraction(1, 180)), Constant("pi"))
            elif operator == "sum":
                left = self._sum(scalar(left))
            elif operator == "power":
                left = self._raised(scalar(left))
            else:
                token = self._peek()
                if (
                    operator == "factor"
                    and divided
                    and not token.space
                    and self._tokens[self._at - 1].text not in _ENDS
                ):
                    raise Unreadable("a/bc can mean two things")
                self._at += operator != "factor"
                right = scalar(self._expression(_PRODUCT))
                divided = operator == "over"
                left = _product(scalar(left), inverse(right) if divided else right)
        self._depth -= 1
        return left

    def _operator(self) -> str | None:
        """Say which operator comes next, a name from `_BINDING`; None where the expression ends."""
        token = self._peek()
        if token.text in _OPERATORS:
            return _OPERATORS[token.text]
        if token.text == "\\degree":
            return "degree" if self._in_function else None
        return "factor" if self._starts_factor() else None

    def _sum(self, left: Expression) -> Expression:
        sign = self._next().text
        right = scalar(self._expression(_SUM))
        if sign in ("\\pm", "\\mp"):
            right = Call(sign[1:], (right,))
        elif sign == "-":
            right = negated(right)
        # One flat sum instead of a chain as deep as it is long.
        return Add((*left.terms, right)) if isinstance(left, Add) else Add((left, right))

    def _raised(self, left: Expression) -> Expression:
        if self._next().text == "!":
            return Call("factorial", (left,))
        exponent = self._group() if self._peek().text == "{" else scalar(self._expression(_POWER - 1))
        return Power(left, exponent)

    def _starts_factor(self) -> bool:
        """Whether a product goes on without a sign."""
        token, before = self._peek(), self._tokens[self._at - 1]
        if token.kind == "number":
            if before.kind == "number" or before.kind == "word":
                raise Unreadable("a number directly after a number or a letter")
            return True
        if token.kind == "word":
            return not self._is_unit_here(token, before)
        if token.kind == "command":
            name = token.text[1:]
            return (
                token.text in _FRACTIONS | _BINOMIALS
                or name in NAMED
                or name in _GREEK
                or name in FUNCTIONS - {"pm", "mp"}
            )
        return token.text in ("(", "[", "{") or (token.text == "|" and not self._bars)

    def _is_unit_here(self, token: Token, before: Token) -> bool:
        word = token.text
        if word.lower() in AND or word in COUNTS:
            return True
        if word in FUNCTIONS or word in _ALIASES or word in NAMED:
            return False
        if len(word) == 1:
            alone = self._peek(1).kind == "end" and token.space and before.kind == "number"
            return word in LETTERS and alone
        # "of", "in", "is": words, not products of letters
        return len(word) > 3 or is_unit(word) or word.lower() in SHORT_WORDS or (token.space and len(word) > 2)

    def _prefix(self, binding: int) -> Answer:
        token = self._next()
        if token.kind == "number":
            return self._number(token)
        if token.kind == "word":
            return self._word(token)
        if token.kind == "text":
            return self._spliced(token)
        if token.text in _OPENING or token.text == "{":
            return self._bracketed(token.text) if token.text != "{" else self._braces()
        if token.text in ("-", "+"):
            operand = scalar(self._expression(max(_PRODUCT, binding)))
            return negated(operand) if token.text == "-" else operand
        if token.text in ("\\pm", "\\mp"):
            return Call(token.text[1:], (scalar(self._expression(_PRODUCT)),))
        if token.text in _BARS:
            return self._absolute(token.text)
        if token.kind == "command":
            return self._command(token.text)
        raise Unreadable(f"cannot read {token.text[:20]!r} here" if token.text else "it ends too early")

    def _number(self, token: Token) -> Expression:
        """Read what a number begins: a mixed number, a number in another base, or just itself."""
        value = token.value
        if value is None:
            raise Unreadable("a number without value")
        nxt = self._peek()
        if nxt.text == "_":
            return self._in_base(token)
        if value.denominator == 1:
            part = self._mixed_part()
            if part is not None:
                return Number(value + part)
        return Number(value)

    def _mixed_part(self) -> Fraction | None:
        r"""Read the fraction of a mixed number: `7 3/4`, `7\frac{3}{4}`."""
        first, slash, last, after = (self._peek(ahead) for ahead in range(4))
        if first.text in _FRACTIONS:
            # Looked at, not parsed: parsing twice would cost 2^depth on nested fractions.
            found = self._plain_fraction()
        elif first.space and slash.text == "/" and first.text.isdigit() and last.text.isdigit() and after.text != "^":
            found = int(first.text), int(last.text), 3
        else:
            return None
        if found is None or not 0 < found[0] < found[1]:
            return None
        self._at += found[2]
        return Fraction(found[0], found[1])

    def _plain_fraction(self) -> tuple[int, int, int] | None:
        r"""Return numerator, denominator and length in tokens of a `\frac` of two integers."""
        both = self._peek(1).text
        if both.isdigit() and len(both) == 2:
            return int(both[0]), int(both[1]), 2
        parts: list[int] = []
        ahead = 1
        for _ in range(2):
            braced = self._peek(ahead).text == "{"
            digits = self._peek(ahead + braced).text
            if not digits.isdigit() or (self._peek(ahead + 2).text != "}" if braced else len(digits) > 1):
                return None
            parts.append(int(digits))
            ahead += 3 if braced else 1
        return parts[0], parts[1], ahead

    def _in_base(self, token: Token) -> Expression:
        self._at += 1
        braced = self._peek().text == "{"
        self._at += braced
        base = self._next()
        if braced:
            self._expect("}")
        if not (
            base.kind == "number" and base.text.isdigit() and 2 <= int(base.text[:3]) <= 36 and token.text.isdigit()
        ):
            raise Unreadable("a subscript that is no base")
        try:
            return Number(Fraction(int(token.text, int(base.text))))
        except ValueError:
            raise Unreadable(f"not a number in base {base.text}") from None

    def _word(self, token: Token) -> Expression:
        """Read letters: a constant, a function, a symbol, or a product of symbols."""
        name = _ALIASES.get(token.text, token.text)
        if name in NAMED:
            return _constant(NAMED[name])
        if name in FUNCTIONS and name not in ("pm", "mp"):
            return self._function(name)
        if len(name) == 1:
            return self._symbol(name)
        for length in range(min(6, len(name) - 1), 1, -1):
            if name[:length] in _UNARY:
                # `sinx`: give the rest back as a word of its own
                self._at -= 1
                self._tokens[self._at] = Token("word", name[length:], False)
                return self._function(name[:length])
        found = leading_number([name.lower()])
        if found is not None and self._peek().kind != "sign":
            return Number(found[0])
        if len(name) > 3 or name.lower() in SHORT_WORDS or name in COUNTS:
            raise Unreadable(f"the word {name[:20]!r}")
        *head, last = list(name)
        return _product(*(_letter(letter) for letter in head), self._symbol(last))

    def _symbol(self, name: str) -> Expression:
        if self._peek().text != "_":
            return _letter(name)
        self._at += 1
        if self._peek().text != "{":
            return Symbol(f"{name}_{self._next().text}")
        self._at += 1
        pieces: list[str] = []
        while (token := self._next()).text != "}":
            if token.kind == "end" or token.text == "{":
                raise Unreadable("a subscript that does not close")
            pieces.append(token.text)
        return Symbol(f"{name}_{''.join(pieces)}")

    def _spliced(self, token: Token) -> Answer:
        r"""Read `\text{13}` or `\mathrm{e}` as what it contains."""
        content = token.text.strip()
        if not content or token.kind != "text" or len(content) > 40:
            raise Unreadable("words where a value is needed")
        name = _ALIASES.get(content, content)
        if name in _UNARY:
            return self._function(name)
        found = leading_number(content.lower().replace("-", " ").split())
        if found is not None:
            return Number(found[0])
        if len(content) == 1 or not any(letter.isalpha() for letter in content):
            self._at -= 1
            self._tokens[self._at : self._at + 1] = tokenise(content)[:-1]
            return self._prefix(_POWER)
        raise Unreadable(f"the words {content[:20]!r} where a value is needed")

    def _group(self) -> Expression:
        self._expect("{")
        node = scalar(self._expression(0))
        self._expect("}")
        return node

    def _braces(self) -> Answer:
        """Read a group of LaTeX, or a set whose braces lost their backslashes."""
        node = self._items()
        self._expect("}")
        if isinstance(node, Sequence) and node.kind == "list":
            return Sequence("{}", node.items)
        return scalar(node)

    def _fraction_argument(self) -> Expression:
        r"""Read one argument of a fraction: a group, or a single digit or sign, as in `\frac12`."""
        token = self._peek()
        if token.text == "{":
            return self._group()
        if token.kind == "number" and len(token.text) > 1:
            if not token.text.isdigit():
                raise Unreadable("a fraction without braces")
            self._tokens[self._at : self._at + 1] = [
                Token("number", digits, False, Fraction(int(digits))) for digits in (token.text[0], token.text[1:])
            ]
        return scalar(self._prefix(_POWER))

    def _command(self, command: str) -> Answer:
        name = command[1:]
        if command in _FRACTIONS:
            top, bottom = self._fraction_argument(), self._fraction_argument()
            return _product(top, inverse(bottom))
        if command in _BINOMIALS:
            return Call("binomial", (self._fraction_argument(), self._fraction_argument()))
        if name in NAMED:
            return _constant(NAMED[name])
        if name in FUNCTIONS and name not in ("pm", "mp"):
            return self._function(name)
        if name in _GREEK:
            return self._symbol(name)
        if command in ("\\lfloor", "\\lceil"):
            node = scalar(self._expression(0))
            self._expect("\\r" + command[2:])
            return Call("floor" if command == "\\lfloor" else "ceil", (node,))
        if command == "\\begin":
            return self._matrix()
        raise Unreadable(f"{command} is not supported")

    def _function(self, name: str) -> Expression:
        if name == "sqrt":
            return self._root()
        exponent: Expression | None = None
        if self._peek().text == "^":
            self._at += 1
            exponent = self._group() if self._peek().text == "{" else scalar(self._prefix(_POWER))
        base: Expression | None = None
        if name == "log" and self._peek().text == "_":
            self._at += 1
            base = self._fraction_argument()
        args = self._arguments(name)
        if exponent == Number(Fraction(-1)) and name in ("sin", "cos", "tan"):
            return Call("arc" + name, args)
        node: Expression = Call(name, args)
        if base is not None:
            node = _product(Call("ln", args), inverse(Call("ln", (base,))))
        return node if exponent is None else Power(node, exponent)

    def _arguments(self, name: str) -> tuple[Expression, ...]:
        self._in_function += 1
        if self._peek().text in ("(", "["):
            self._at += 1
            inside = self._bracketed(self._tokens[self._at - 1].text)
            args = inside.items if isinstance(inside, Sequence) else (inside,)
        elif self._peek().text == "{":
            args = (self._group(),)
        else:
            # `\sin 2x` takes the product, `\sin x \cos x` stops at the next function.
            factors = [scalar(self._expression(_ARGUMENT))]
            while (
                self._starts_factor()
                and self._peek().text not in ("(", "[")
                and self._peek().text.lstrip("\\") not in FUNCTIONS
            ):
                factors.append(scalar(self._expression(_ARGUMENT)))
            args = (_product(*factors),)
        self._in_function -= 1
        if name in _UNARY and len(args) != 1:
            raise Unreadable(f"{name} of several arguments")
        return tuple(scalar(arg) for arg in args)

    def _root(self) -> Expression:
        index: Expression | None = None
        if self._peek().text == "[":
            self._at += 1
            index = scalar(self._expression(0))
            self._expect("]")
        if self._peek().text in ("{", "("):
            opening = self._peek().text
            self._at += 1
            arg = scalar(self._expression(0))
            self._expect("}" if opening == "{" else ")")
        else:
            arg = scalar(self._prefix(_POWER))
        return Call("sqrt", (arg,)) if index is None else Call("root", (arg, index))

    def _absolute(self, opening: str) -> Expression:
        self._bars += 1
        node = scalar(self._expression(0))
        self._expect(_BARS[opening])
        self._bars -= 1
        return Call("abs", (node,))

    def _bracketed(self, opening: str) -> Answer:
        """Read what stands in brackets: a group, a tuple, an interval or a set."""
        bars, self._bars = self._bars, 0
        node = self._items()
        self._bars = bars
        closing = self._next().text
        if closing not in _CLOSING:
            raise Unreadable("a bracket that does not close")
        kind = _OPENING[opening] + _CLOSING[closing]
        items = node.items if isinstance(node, Sequence) and node.kind == "list" else (node,)
        if kind == "{}":
            return Sequence("{}", items)
        if len(items) == 1:
            if kind not in ("()", "[]") or not is_expression(node):
                raise Unreadable("brackets around something that is no value")
            return node
        if kind not in ("()", "[]", "[)", "(]", "<>"):
            raise Unreadable("brackets that do not match")
        return Sequence("()" if kind == "<>" else kind, items)

    def _matrix(self) -> Answer:
        name = self._matrix_name()
        rows: list[tuple[Answer, ...]] = []
        cells: list[Answer] = []
        while True:
            cells.append(scalar(self._expression(0)))
            token = self._next()
            if token.text == "&":
                continue
            if token.text == "\\\\" and self._peek().text != "\\end":
                rows.append(tuple(cells))
                cells = []
                continue
            if token.text == "\\\\":
                token = self._next()
            if token.text != "\\end" or self._matrix_name() != name:
                raise Unreadable("a matrix that does not close")
            rows.append(tuple(cells))
            return Sequence("matrix", tuple(Sequence("row", row) for row in rows))

    def _matrix_name(self) -> str:
        self._expect("{")
        name = self._next().text
        self._expect("}")
        if name not in ("pmatrix", "bmatrix", "matrix"):
            raise Unreadable(f"the environment {name[:20]!r}")
        return name


def scalar(node: Answer) -> Expression:
    """Return `node` where it has one value. Raises Unreadable on lists, relations and words inside arithmetic."""
    if isinstance(node, Number | Constant | Symbol | Call | Add | Mul | Power):
        return node
    raise Unreadable("arithmetic with something that is no value")


def _product(*factors: Expression) -> Expression:
    flat: list[Expression] = []
    for factor in factors:
        flat.extend(factor.factors if isinstance(factor, Mul) else (factor,))
    return flat[0] if len(flat) == 1 else Mul(tuple(flat))


def _letter(name: str) -> Expression:
    return _constant(name) if name in ("i", "e") else Symbol(name)


def _constant(name: str) -> Constant:
    match name:
        case "pi" | "e" | "i" | "inf":
            return Constant(name)
    raise Unreadable(f"no constant {name!r}")
