"""Compare two answers: lists, tuples, relations and quantities by their parts, expressions by a rules that is passed in.

Every function is symmetric in its two sides. `different` is said only where it is sure; the rest is `unsure`.
"""

import re
from fractions import Fraction
from itertools import pairwise

from verifiers import quantities, rational_function, real_sets, sequences
from verifiers.exact import Opinion
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
    RelationSign,
    Sequence,
    Symbol,
    Text,
    is_expression,
    negated,
    substituted,
    symbols,
    walk,
)
from verifiers.real_sets import is_affine
from verifiers.rules import Rules, all_of

_NUMERAL = re.compile(r"[0-9]+(?:[.,][0-9]+){0,8}")
_SHORT_FORMS = {"dne": "does not exist"}
_TURNED: dict[RelationSign, RelationSign] = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


def compare(a: Answer, b: Answer, rules: Rules) -> Opinion:
    """Say whether two answers mean the same."""
    if a == b:
        return "equal"
    if is_expression(a) and is_expression(b) and not (_unfinished(a) or _unfinished(b)):
        return rules(a, b)
    a, b = _prepared(a), _prepared(b)
    if real_sets.is_set(a) or real_sets.is_set(b) or _may_be_roots(a, b):
        result = real_sets.compare(a, b, rules)
        if result is not None:
            return result
    if isinstance(a, Text) or isinstance(b, Text):
        return _texts(a, b)
    if isinstance(a, Relation) or isinstance(b, Relation):
        return _relations(a, b, rules)
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
        left, right = (sorted(side.words.replace(" ", "")) for side in (a, b))
        # `abc` and `cba` may be products that were taken for words.
        return "unsure" if left == right and len(left) <= 4 else "different"
    text, other = (a, b) if isinstance(a, Text) else (b, a)
    if not isinstance(text, Text):
        return "unsure"
    return "unsure" if _mentions(text.words, other) else "different"


def _plain_words(text: Text) -> str:
    """Return the words without an article before them, short forms written out."""
    words = text.words.rstrip(".!?")
    for article in ("the ", "a ", "an "):
        words = words.removeprefix(article)
    return _SHORT_FORMS.get(words, words)


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


# Relations


def _relations(a: Answer, b: Answer, rules: Rules) -> Opinion:
    if isinstance(a, Relation) and isinstance(b, Relation):
        if a.signs == b.signs == ("=",):
            return _equations(a, b, rules)
        return _chains(a, b, rules)
    relation, other = (a, b) if isinstance(a, Relation) else (b, a)
    assert isinstance(relation, Relation)
    if set(relation.signs) != {"="}:
        # An inequality may be an interval; it is never a single value.
        return "different" if is_expression(other) or isinstance(other, Quantity) else "unsure"
    first, last = relation.sides[0], relation.sides[-1]
    if isinstance(last, Symbol) and not isinstance(first, Symbol):
        first, last = last, first
    if isinstance(first, Sequence) and all(isinstance(item, Symbol) for item in first.items):
        # `(x, y) = (1, 2)` answers with the pair.
        return compare(last, other, rules)
    if isinstance(first, Symbol) and first.name not in _names(last):
        if not rules.policies.names_dropped:
            return "different"
        # `x = 5` answers with 5; so does `f(x) = x^2` with x^2.
        return compare(last, other, rules)
    if all(is_expression(side) and not _names(side) for side in relation.sides[:-1]):
        # `2 + 3 = 5` answers with 5 if it is true.
        true = all_of([compare(left, right, rules) for left, right in pairwise(relation.sides)])
        return all_of([true, compare(last, other, rules)])
    return "unsure"


def _names(node: Answer) -> frozenset[str]:
    return symbols(node) if is_expression(node) else frozenset()


def _equations(a: Relation, b: Relation, rules: Rules) -> Opinion:
    (a_left, a_right), (b_left, b_right) = a.sides, b.sides
    if isinstance(a_left, Sequence) and a_left == b_left:
        return compare(a_right, b_right, rules)
    if isinstance(a_left, Symbol) and isinstance(b_left, Symbol) and not (_names(a_right) or _names(b_right)):
        # Two assignments: same variable, same value.
        return "different" if a_left != b_left else compare(a_right, b_right, rules)
    if isinstance(a_left, Symbol) and a_left == b_left and a_left.name not in _names(a_right) | _names(b_right):
        return compare(a_right, b_right, rules)
    if not (is_expression(a_left) and is_expression(a_right) and is_expression(b_left) and is_expression(b_right)):
        return "unsure"
    names = [_names(a_left) | _names(a_right), _names(b_left) | _names(b_right)]
    if not names[0] and not names[1]:
        return all_of([rules(a_left, a_right), rules(b_left, b_right)]) if _both_true(a, b, rules) else "unsure"
    if not names[0] or not names[1]:
        return "unsure"
    if names[0] == names[1] and len(names[0]) == 1:
        solved = real_sets.compare(a, b, rules)
        if solved in ("equal", "different"):
            return solved
    return _proportional(_gap(a_left, a_right), _gap(b_left, b_right), rules)


def _both_true(a: Relation, b: Relation, rules: Rules) -> bool:
    """Whether two statements without variables both hold: `0 = 0` and `1 = 1` say the same, nothing."""
    return all(
        is_expression(left) and is_expression(right) and rules(left, right) == "equal"
        for left, right in (a.sides, b.sides)
    )


def _gap(left: Expression, right: Expression) -> Expression:
    return Add((left, negated(right)))


def _proportional(a: Expression, b: Expression, rules: Rules) -> Opinion:
    """Two equations are the same if one is a constant times the other; of two lines that is the only way."""
    place = {name: Number(Fraction(index * 7 + 3, 5)) for index, name in enumerate(sorted(symbols(a) | symbols(b)))}
    at_a, at_b = substituted(a, place), substituted(b, place)
    if rules(at_a, Number(Fraction(0))) != "different" or rules(at_b, Number(Fraction(0))) != "different":
        return "unsure"
    if rules(Mul((a, at_b)), Mul((b, at_a))) == "equal":
        return "equal"
    if is_affine(a) and is_affine(b):
        return (
            rules(Mul((a, at_b)), Mul((b, at_a))) if rules(Mul((a, at_b)), Mul((b, at_a))) == "different" else "unsure"
        )
    return "different" if _leaves(a, b, rules) or _leaves(b, a, rules) else "unsure"


def _leaves(a: Expression, b: Expression, rules: Rules) -> bool:
    """Whether some point is on the curve `a = 0` and certainly not on `b = 0`."""
    *fixed, last = sorted(symbols(a) | symbols(b))
    for value in (Fraction(1, 2), Fraction(0), Fraction(2), Fraction(-1)):
        place: dict[str, Expression] = {name: Number(value + index) for index, name in enumerate(fixed)}
        try:
            top, bottom = rational_function.quotient(substituted(a, place), last)
            roots = rational_function.real_roots(top)
            for root in roots or ():
                at_root = {last: root}
                below = rational_function.quotient(substituted(b, place), last)[1]
                if (
                    len(bottom) == len(below) == 1
                    and rules(substituted(substituted(b, place), at_root), Number(Fraction(0))) == "different"
                ):
                    return True
        except ArithmeticError:
            continue
    return False


def _chains(a: Relation, b: Relation, rules: Rules) -> Opinion:
    """Inequalities and longer chains: the same signs between the same sides, read in one direction."""
    a, b = _forward(a), _forward(b)
    if len(a.signs) != len(b.signs):
        return "unsure"
    sides = all_of([compare(left, right, rules) for left, right in zip(a.sides, b.sides, strict=True)])
    if sides == "equal":
        return "equal" if a.signs == b.signs else "different"
    if sides == "different" and _isolates(a) and _isolates(b):
        return "different"
    return "unsure"


def _forward(relation: Relation) -> Relation:
    if any(sign in (">", ">=") for sign in relation.signs) and not any(sign in ("<", "<=") for sign in relation.signs):
        return Relation(tuple(_TURNED[sign] for sign in reversed(relation.signs)), tuple(reversed(relation.sides)))
    return relation


def _isolates(relation: Relation) -> bool:
    """Whether the chain has one bare variable and numbers around it."""
    named = [side for side in relation.sides if _names(side) or not is_expression(side)]
    return len(named) == 1 and isinstance(named[0], Symbol) and not {"=", "!="} & set(relation.signs)


# Plus and minus, integrals


def _unfinished(node: Expression) -> bool:
    return any(isinstance(part, Call) and part.name in ("pm", "mp", "integral") for part in walk(node))


def _prepared(node: Answer) -> Answer:
    r"""Return `1 \pm x` as the set of its two values and integrals of polynomials worked out."""
    if isinstance(node, Relation) and node.signs == ("=",) and isinstance(node.sides[0], Symbol):
        values = _prepared(node.sides[1])
        if isinstance(values, Sequence) and is_expression(node.sides[1]):
            return Sequence("list", tuple(Relation(("=",), (node.sides[0], value)) for value in values.items))
    if not is_expression(node) or not _unfinished(node):
        return node
    node = rational_function.integrated(node)
    if not any(isinstance(part, Call) and part.name in ("pm", "mp") for part in walk(node)):
        return node
    return Sequence("{}", (_with_sign(node, 1), _with_sign(node, -1)))


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
