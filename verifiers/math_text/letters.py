r"""Letters: a constant, a function's name, a variable with its subscript, a product of variables, or a number word."""

from verifiers.math_text.cursor import POWER, Cursor
from verifiers.math_text.functions import function
from verifiers.math_text.number_words import COUNTS, leading_number
from verifiers.math_text.tokens import Token, Unreadable, tokenise
from verifiers.math_text.tree import Answer, Constant, Expression, Number, Symbol, product
from verifiers.math_text.vocabulary import ALIASES, CALLABLE, NAMED, SHORT_WORDS, UNARY


def word(cursor: Cursor, token: Token) -> Expression:
    """Read the letters of `token`, just taken."""
    name = ALIASES.get(token.text, token.text)
    if name in NAMED:
        return constant(NAMED[name])
    if name in CALLABLE:
        return function(cursor, name)
    if len(name) == 1:
        return symbol(cursor, name)
    for length in range(min(6, len(name) - 1), 1, -1):
        if name[:length] in UNARY:
            # `sinx`: give the rest back as a word of its own
            cursor.put_back(Token("word", name[length:], False))
            return function(cursor, name[:length])
    found = leading_number([name.lower()])
    if found is not None and cursor.peek().kind != "sign":
        return Number(found[0])
    if len(name) > 3 or name.lower() in SHORT_WORDS or name in COUNTS:
        raise Unreadable(f"the word {name[:20]!r}")
    *head, last = list(name)
    return product(*(_letter(letter) for letter in head), symbol(cursor, last))


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
    if name in UNARY:
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
