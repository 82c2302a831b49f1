"""Compare two answers: lists, tuples, relations and quantities by their parts, expressions by a rules that is passed in.

Every function is symmetric in its two sides. `different` is said only where it is sure; the rest is `unsure`.
"""

import re
from fractions import Fraction

from verifiers.equality import equations, finite_sums, quantities, rational_function, real_sets, sequences
from verifiers.equality.exact import Opinion
from verifiers.equality.rules import Rules
from verifiers.math_text.tree import (
    Add,
    Answer,
    Call,
    Expression,
    Mul,
    Number,
    Power,
    Quantity,
    Relation,
    Sequence,
    Symbol,
    Text,
    is_expression,
    negated,
    symbols,
    walk,
)

_NUMERAL = re.compile(r"[0-9]+(?:[.,][0-9]+){0,8}")
_AND = re.compile(r",? and |, ")
_NAMED_SETS = {
    **dict.fromkeys(("all integers", "integers", "the integers", "any integer", "all the integers"), "set Z"),
    **dict.fromkeys(("all rational numbers", "rational numbers", "the rationals"), "set Q"),
}
_SHORT_FORMS = {"dne": "does not exist"}


def compare(a: Answer, b: Answer, rules: Rules) -> Opinion:
    """Say whether two answers mean the same."""
    if a == b:
        return "equal"
    if is_expression(a) and is_expression(b) and not (_unfinished(a) or _unfinished(b)):
        judged = rules(a, b)
        return finite_sums.opinion(a, b) if judged == "unsure" and finite_sums.applies(a, b) else judged
    a, b = _prepared(a), _prepared(b)
    if any(is_expression(side) and _signs(side) > 1 for side in (a, b)):
        return "unsure"  # of two signs in one value, nobody knows whether they go together
    if real_sets.is_set(a) or real_sets.is_set(b) or _may_be_roots(a, b):
        result = real_sets.compare(a, b, rules)
        if result is not None:
            return result
    a, b = (Sequence(_NAMED_SETS[n.words], ()) if isinstance(n, Text) and n.words in _NAMED_SETS else n for n in (a, b))
    if isinstance(a, Text) or isinstance(b, Text):
        return _texts(a, b)
    if isinstance(a, Relation) or isinstance(b, Relation):
        return equations.compare(a, b, rules, compare)
    if isinstance(a, Quantity) or isinstance(b, Quantity):
        return quantities.compare(a, b, rules)
    if isinstance(a, Sequence) or isinstance(b, Sequence):
        return sequences.compare(a, b, rules, compare)
    return rules(a, b)


def _may_be_roots(a: Answer, b: Answer) -> bool:
    """Whether an equation that has to be solved meets its solutions, such as `x^2 = 4` and `x = 2`."""
    return any(
        isinstance(one, Relation) and one.signs == ("=",) and not _assigns(one) and _all_assign(other)
        for one, other in ((a, b), (b, a))
    )


def _all_assign(node: Answer) -> bool:
    if isinstance(node, Sequence) and node.kind in ("list", "or"):
        return all(_all_assign(item) for item in node.items)
    return isinstance(node, Relation) and _assigns(node)


def _assigns(relation: Relation) -> bool:
    return relation.signs == ("=",) and any(
        isinstance(one, Symbol) and is_expression(other) and not symbols(other)
        for one, other in (relation.sides, relation.sides[::-1])
    )


def _texts(a: Answer, b: Answer) -> Opinion:
    if isinstance(a, Text) and isinstance(b, Text):
        if _plain_words(a) == _plain_words(b):
            return "equal"
        parts = [sorted(_AND.split(_plain_words(side))) for side in (a, b)]
        if parts[0] == parts[1]:
            return "equal"
        left, right = (sorted(side.words.replace(" ", "")) for side in (a, b))
        # `abc` and `cba` may be products that were taken for words.
        return "unsure" if left == right and len(left) <= 4 else "different"
    text, other = (a, b) if isinstance(a, Text) else (b, a)
    if not isinstance(text, Text):
        return "unsure"
    return "unsure" if _mentions(text.words, other) or _spells(text.words, other) else "different"


def _plain_words(text: Text) -> str:
    """Return the words without an article before them, short forms written out."""
    words = text.words.rstrip(".!?")
    for article in ("the ", "a ", "an "):
        words = words.removeprefix(article)
    return _SHORT_FORMS.get(words, words)


def _spells(words: str, other: Answer) -> bool:
    """Whether a word is made of the other side's variables: `khxr` may be their product."""
    names = {name[0].lower() for name in symbols(other)} if is_expression(other) else set()
    letters = set(filter(str.isalpha, words))
    return bool(names) and names <= letters <= names | {"e", "i"}


def _mentions(words: str, other: Answer) -> bool:
    """Whether prose contains the other side's number, or several: then only a reader can tell what it says."""
    value = other.value if isinstance(other, Quantity) else other
    if len(_NUMERAL.findall(words)) > 1:
        return True
    if not isinstance(value, Number):
        return any(letter.isdigit() for letter in words)
    numbers = {piece.strip(".,$%()").replace(",", "") for piece in words.split()}
    return any(_same_number(piece, value.value) for piece in numbers if piece[:1].isdigit() or piece[:1] in "-.")


def _same_number(piece: str, value: Fraction) -> bool:
    try:
        return len(piece) < 40 and "e" not in piece and Fraction(piece) == value
    except (ValueError, ZeroDivisionError):
        return False


# Plus and minus, integrals


def _unfinished(node: Expression) -> bool:
    return any(isinstance(part, Call) and part.name in ("pm", "mp", "integral") for part in walk(node))


def _prepared(node: Answer) -> Answer:
    r"""Return `1 \pm x` as the set of its two values and integrals of polynomials worked out."""
    if isinstance(node, Relation) and node.signs in (("=",), ("!=",)) and isinstance(node.sides[0], Symbol):
        values = _prepared(node.sides[1])
        if isinstance(values, Sequence) and is_expression(node.sides[1]):
            both = tuple(Relation(node.signs, (node.sides[0], value)) for value in values.items)
            return Sequence("list" if node.signs == ("=",) else "and", both)
    if isinstance(node, Sequence) and node.kind in ("list", "{}"):
        return _spread(node)
    if not is_expression(node) or not _unfinished(node):
        return node
    node = rational_function.integrated(node)
    if _signs(node) != 1 and not any(isinstance(part, Call) and part.name == "mp" for part in walk(node)):
        return node
    return Sequence("{}", (_with_sign(node, 1), _with_sign(node, -1)))


def _signs(node: Expression) -> int:
    r"""Return how many `\pm` there are."""
    return sum(1 for part in walk(node) if isinstance(part, Call) and part.name == "pm")


def _spread(node: Sequence) -> Sequence:
    r"""Return `\pm 1, \pm 2` as a list of four."""
    found: list[Answer] = []
    for item in node.items:
        both = _prepared(item) if is_expression(item) or isinstance(item, Relation) else item
        found += both.items if isinstance(both, Sequence) and both is not item and both.kind != "and" else (item,)
    return Sequence(node.kind, tuple(found)) if len(found) > len(node.items) else node


def _with_sign(node: Expression, sign: int) -> Expression:
    match node:
        case Call("pm" | "mp" as name, (arg,)):
            return arg if (sign > 0) == (name == "pm") else negated(arg)
        case Call(name, args):
            return Call(name, tuple(_with_sign(arg, sign) for arg in args))
        case Add(parts):
            return Add(tuple(_with_sign(part, sign) for part in parts))
        case Mul(parts):
            return Mul(tuple(_with_sign(part, sign) for part in parts))
        case Power(base, exponent):
            return Power(_with_sign(base, sign), _with_sign(exponent, sign))
    return node
