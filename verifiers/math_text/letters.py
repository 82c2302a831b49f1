r"""Letters: a constant, a function's name, a variable with its subscript, a product of variables, or a number word."""

from fractions import Fraction

from verifiers.math_text.cursor import POWER, Cursor
from verifiers.math_text.functions import function
from verifiers.math_text.number_words import COUNTS, leading_number
from verifiers.math_text.tokens import Token, Unreadable, tokenise
from verifiers.math_text.tree import Add, Answer, Constant, Expression, Mul, Number, Symbol, product
from verifiers.math_text.vocabulary import ALIASES, CALLABLE, NAMED, ROMAN, SHORT_WORDS, UNARY

_APPLIED = frozenset("fgFG")
"""Letters that name a function where a bracket follows at once; others (`P(1 + r)`) are factors."""


def word(cursor: Cursor, token: Token) -> Expression:
    """Read the letters of `token`, just taken."""
    name = ALIASES.get(token.text, token.text)
    if name in NAMED:
        return constant(NAMED[name])
    if name in CALLABLE:
        return function(cursor, name)
    if len(name) == 1:
        name += _primes(cursor)
        return _applied(cursor, name) or symbol(cursor, name)
    if name in ROMAN and cursor.stands_alone():
        return Symbol(name)
    for length in range(min(6, len(name) - 1), 1, -1):
        if name[:length] in UNARY:
            # `sinx`: give the rest back as a word of its own
            cursor.put_back(Token("word", name[length:], False))
            return function(cursor, name[:length])
    found = leading_number([name.lower()])
    if found is not None and cursor.peek().kind != "sign":
        return Number(found[0])
    if len(name) > 3 or name in COUNTS or (name.lower() in SHORT_WORDS and not _between_signs(cursor)):
        raise Unreadable(f"the word {name[:20]!r}")
    *head, last = list(name)
    return product(*(_letter(letter) for letter in head), cursor.powers(symbol(cursor, last)))


def _primes(cursor: Cursor) -> str:
    r"""Take the primes of `f'(x)` or `f^{\prime}(x)`."""
    primes = ""
    while cursor.peek().text == "'" and not cursor.peek().space:
        cursor.at += 1
        primes += "'"
    texts = [cursor.peek(ahead).text for ahead in range(4)]
    if texts[:2] == ["^", "\\prime"]:
        cursor.at += 2
        return "'"
    if texts == ["^", "{", "\\prime", "}"]:
        cursor.at += 4
        return "'"
    return primes


def _applied(cursor: Cursor, name: str) -> Symbol | None:
    """Read `f(x + 1)` as one unknown number; None, and nothing taken, where it is no application.

    Taken for a product, f(x) + f(1) would be f(x + 1). Terms of the argument are sorted, so that f(1 + x) is the same.
    """
    if name.rstrip("'") not in _APPLIED or cursor.peek().text != "(" or cursor.peek().space:
        return None
    cursor.at += 1
    argument = _affine(cursor.value(0))
    cursor.expect(")")
    shown = [f"{'' if factor == 1 else factor}{variable}" for variable, factor in sorted(argument.items()) if factor]
    return Symbol(f"{name}({'+'.join(shown) or 0})")


def _affine(node: Expression) -> dict[str, Fraction]:
    """Return the coefficient of every variable, and of "*1", the constant. Raises Unreadable on anything else."""
    match node:
        case Symbol(name):
            return {name: Fraction(1)}
        case Number(value):
            return {"*1": value}
        case Mul((Number(value), rest)):
            return {name: value * factor for name, factor in _affine(rest).items()}
        case Add(terms):
            total: dict[str, Fraction] = {}
            for term in terms:
                for name, factor in _affine(term).items():
                    total[name] = total.get(name, Fraction(0)) + factor
            return total
    raise Unreadable("a function of something that is not of first degree")


def _between_signs(cursor: Cursor) -> bool:
    """Whether two letters that are also a word stand in a formula: `ax + by = c`."""
    before = cursor.tokens[cursor.at - 2].text if cursor.at > 1 else ""
    return before in ("", "+", "-", "=") and cursor.peek().text in ("+", "-", "=", "^", "")


def symbol(cursor: Cursor, name: str) -> Expression:
    """Read the subscript of a variable whose name was just taken."""
    if cursor.peek().text != "_":
        return _letter(name)
    cursor.at += 1
    if cursor.peek().text != "{":
        return Symbol(f"{name}_{cursor.next().text}")
    cursor.at += 1
    pieces: list[str] = []
    while (token := cursor.next()).text != "}":
        if token.kind == "end" or token.text == "{":
            raise Unreadable("a subscript that does not close")
        pieces.append(token.text)
    return Symbol(f"{name}_{''.join(pieces)}")


def text_command(cursor: Cursor, token: Token) -> Answer:
    r"""Read `\text{13}` or `\mathrm{e}`, just taken, as what it contains."""
    content = token.text.strip()
    if not content or token.kind != "text" or len(content) > 40:
        raise Unreadable("words where a value is needed")
    name = ALIASES.get(content, content)
    if name in CALLABLE:
        return function(cursor, name)
    found = leading_number(content.lower().replace("-", " ").split())
    if found is not None:
        return Number(found[0])
    if len(content) == 1 or not any(letter.isalpha() for letter in content):
        cursor.put_back(*tokenise(content)[:-1])
        return cursor.operand(POWER)
    raise Unreadable(f"the words {content[:20]!r} where a value is needed")


def constant(name: str) -> Constant:
    """Return the constant of this name."""
    match name:
        case "pi" | "e" | "i" | "inf":
            return Constant(name)
    raise Unreadable(f"no constant {name!r}")


def _letter(name: str) -> Expression:
    return constant(name) if name in ("i", "e") else Symbol(name)
