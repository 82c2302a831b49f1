"""Compare two answers: lists, tuples, relations and quantities by their parts, expressions by a judge that is passed in.

Every function is symmetric in its two sides. `different` is said only where it is sure; the rest is `unsure`.
"""

import re
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

from verifiers.exact import Opinion, rational
from verifiers.math_text.tree import (
    Add,
    Answer,
    Call,
    Constant,
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
    symbols,
    walk,
)
from verifiers.math_text.units import Unit

Judge = Callable[[Expression, Expression], Opinion]

MAX_ITEMS = 64
_NUMERAL = re.compile(r"[0-9]+(?:[.,][0-9]+){0,8}")
_TURNED: dict[RelationSign, RelationSign] = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


def compare(a: Answer, b: Answer, judge: Judge) -> Opinion:
    """Say whether two answers mean the same."""
    if a == b:
        return "equal"
    a, b = _signs_expanded(a), _signs_expanded(b)
    if isinstance(a, Text) or isinstance(b, Text):
        return _texts(a, b)
    if isinstance(a, Relation) or isinstance(b, Relation):
        return _relations(a, b, judge)
    if isinstance(a, Sequence) or isinstance(b, Sequence):
        return _sequences(a, b, judge)
    if isinstance(a, Quantity) or isinstance(b, Quantity):
        return _quantities(a, b, judge)
    return judge(a, b)


def all_of(opinions: list[Opinion]) -> Opinion:
    """Return equal where all are, different where any is."""
    if "different" in opinions:
        return "different"
    return "unsure" if "unsure" in opinions else "equal"


def _texts(a: Answer, b: Answer) -> Opinion:
    if isinstance(a, Text) and isinstance(b, Text):
        left, right = (sorted(side.words.replace(" ", "")) for side in (a, b))
        # `abc` and `cba` may be products that were taken for words.
        return "unsure" if left == right and len(left) <= 4 else "different"
    text, other = (a, b) if isinstance(a, Text) else (b, a)
    if not isinstance(text, Text):
        return "unsure"
    return "unsure" if _mentions(text.words, other) else "different"


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


# Quantities


def _quantities(a: Answer, b: Answer, judge: Judge) -> Opinion:
    """A unit on one side only is dropped; two units must be of one dimension, and values are converted."""
    if isinstance(a, Quantity) and isinstance(b, Quantity):
        return _two_units(a, b, judge)
    quantity, bare = (a, b) if isinstance(a, Quantity) else (b, a)
    if not isinstance(quantity, Quantity) or not is_expression(bare):
        return "different"
    value, unit = quantity.value, quantity.unit
    if unit.dimension == "percent":
        return _percent(value, bare, judge)
    plain = judge(value, bare)
    if plain == "equal":
        return plain
    if unit.dimension == "angle":
        radians = judge(_scaled(value, Fraction(1, 180), Constant("pi")), bare)
        return radians if radians != "different" else plain
    # `5m` against `5 meters`: the letter may be the unit.
    if symbols(bare) and not symbols(value):
        return "unsure"
    return plain


def _percent(value: Expression, bare: Expression, judge: Judge) -> Opinion:
    """50% is 0.5; a sign that was merely dropped (50% against 50) is accepted above 1, where no share is meant."""
    share = judge(_scaled(value, Fraction(1, 100)), bare)
    if share == "equal":
        return share
    dropped = judge(value, bare)
    if dropped == "equal":
        try:
            return "equal" if abs(rational(bare)) > 1 else "different"
        except ArithmeticError:
            return "unsure"
    return all_of([share, dropped]) if "unsure" not in (share, dropped) else "unsure"


def _two_units(a: Quantity, b: Quantity, judge: Judge) -> Opinion:
    if a.unit.dimension == b.unit.dimension:
        return judge(_scaled(a.value, a.unit.factor), _scaled(b.value, b.unit.factor))
    same = judge(a.value, b.value)
    if same == "different" and not _convertible(a.unit, b.unit):
        return "different"
    if a.unit.known and b.unit.known and not _one_says_more(a.unit, b.unit):
        return "unsure" if _convertible(a.unit, b.unit) else "different"
    # `3 apples` and `3 pieces of fruit`, `5 dollars` and `5 dollars a day`: only a reader can tell.
    return "unsure"


def _one_says_more(a: Unit, b: Unit) -> bool:
    """Whether one is a rate of the other: `dollars` and `dollars per day`."""
    return a.dimension.split("/")[0] == b.dimension.split("/")[0]


def _convertible(a: Unit, b: Unit) -> bool:
    """Whether the dimensions are one in two systems, such as metres and feet, or months and days."""
    kinds = [unit.dimension.replace("months", "time").split("/") for unit in (a, b)]
    left, right = ([(part.split()[0], part.partition("^")[2]) for part in parts] for parts in kinds)
    return left == right and "money" not in a.dimension


def _scaled(value: Expression, factor: Fraction, constant: Expression | None = None) -> Expression:
    factors: tuple[Expression, ...] = (value, Number(factor))
    return Mul(factors if constant is None else (*factors, constant))


# Lists


def _sequences(a: Answer, b: Answer, judge: Judge) -> Opinion:
    if not (isinstance(a, Sequence) and isinstance(b, Sequence)):
        sequence, single = (a, b) if isinstance(a, Sequence) else (b, a)
        if isinstance(sequence, Sequence) and sequence.kind == "{}" and len(sequence.items) == 1:
            return compare(sequence.items[0], single, judge)
        return "different"
    unordered = ("list", "{}")
    if a.kind in unordered and b.kind in unordered:
        return _same_members(a.items, b.items, judge)
    if len(a.items) != len(b.items):
        return "different" if a.kind == b.kind else "unsure"
    pairs = [compare(left, right, judge) for left, right in zip(a.items, b.items, strict=True)]
    result = all_of(pairs)
    if a.kind == b.kind:
        return result
    # (2,5) and [2,5]: two intervals differ, but brackets around a vector are a matter of taste.
    if {a.kind, b.kind} <= {"()", "[]", "[)", "(]"}:
        return (
            "different" if len(a.items) == 2 and _increasing(a.items) else result if result == "different" else "unsure"
        )
    return "unsure"


def _increasing(items: tuple[Answer, ...]) -> bool:
    first, last = items
    if Constant("inf") in (first, last):
        return True
    try:
        return (
            isinstance(first, Number | Mul | Add)
            and isinstance(last, Number | Mul | Add)
            and (rational(first) < rational(last))
        )
    except ArithmeticError:
        return False


def _same_members(a: tuple[Answer, ...], b: tuple[Answer, ...], judge: Judge) -> Opinion:
    """Compare without order: every item finds a partner of its own."""
    if len(a) > MAX_ITEMS or len(b) > MAX_ITEMS:
        return "unsure"
    if len(a) != len(b):
        return "different"
    rest = list(b)
    doubt = False
    for item in a:
        opinions = [compare(item, other, judge) for other in rest]
        if "equal" in opinions:
            rest.pop(opinions.index("equal"))
        elif "unsure" in opinions:
            doubt = True
        else:
            return "different"
    return "unsure" if doubt else "equal"


# Relations


def _relations(a: Answer, b: Answer, judge: Judge) -> Opinion:
    if isinstance(a, Relation) and isinstance(b, Relation):
        if a.signs == b.signs == ("=",):
            return _equations(a, b, judge)
        return _chains(a, b, judge)
    relation, other = (a, b) if isinstance(a, Relation) else (b, a)
    assert isinstance(relation, Relation)
    if set(relation.signs) != {"="}:
        # An inequality may be an interval; it is never a single value.
        return "different" if is_expression(other) or isinstance(other, Quantity) else "unsure"
    first, last = relation.sides[0], relation.sides[-1]
    if isinstance(last, Symbol) and not isinstance(first, Symbol):
        first, last = last, first
    if isinstance(first, Symbol) and first.name not in _names(last):
        # `x = 5` answers with 5; so does `f(x) = x^2` with x^2.
        return compare(last, other, judge)
    if all(is_expression(side) and not _names(side) for side in relation.sides[:-1]):
        # `2 + 3 = 5` answers with 5 if it is true.
        true = all_of([compare(left, right, judge) for left, right in pairwise(relation.sides)])
        return all_of([true, compare(last, other, judge)])
    return "unsure"


def _names(node: Answer) -> frozenset[str]:
    return symbols(node) if is_expression(node) else frozenset()


def _equations(a: Relation, b: Relation, judge: Judge) -> Opinion:
    (a_left, a_right), (b_left, b_right) = a.sides, b.sides
    if isinstance(a_left, Symbol) and isinstance(b_left, Symbol) and not (_names(a_right) or _names(b_right)):
        # Two assignments: same variable, same value.
        return "different" if a_left != b_left else compare(a_right, b_right, judge)
    if isinstance(a_left, Symbol) and a_left == b_left and a_left.name not in _names(a_right) | _names(b_right):
        return compare(a_right, b_right, judge)
    if not (is_expression(a_left) and is_expression(a_right) and is_expression(b_left) and is_expression(b_right)):
        return "unsure"
    if not (_names(a_left) | _names(a_right)) or not (_names(b_left) | _names(b_right)):
        return "unsure"
    return _proportional(_gap(a_left, a_right), _gap(b_left, b_right), judge)


def _gap(left: Expression, right: Expression) -> Expression:
    return Add((left, negated(right)))


def _proportional(a: Expression, b: Expression, judge: Judge) -> Opinion:
    """Two equations are the same if one is a constant times the other; of two lines that is the only way."""
    place = {name: Number(Fraction(index * 7 + 3, 5)) for index, name in enumerate(sorted(symbols(a) | symbols(b)))}
    at_a, at_b = _substituted(a, place), _substituted(b, place)
    if judge(at_a, Number(Fraction(0))) != "different" or judge(at_b, Number(Fraction(0))) != "different":
        return "unsure"
    if judge(Mul((a, at_b)), Mul((b, at_a))) == "equal":
        return "equal"
    return (
        "different"
        if _is_affine(a) and _is_affine(b) and judge(Mul((a, at_b)), Mul((b, at_a))) == "different"
        else "unsure"
    )


def _substituted(node: Expression, place: dict[str, Number]) -> Expression:
    match node:
        case Symbol(name):
            return place[name]
        case Call(name, args):
            return Call(name, tuple(_substituted(arg, place) for arg in args))
        case Add(parts):
            return Add(tuple(_substituted(part, place) for part in parts))
        case Mul(parts):
            return Mul(tuple(_substituted(part, place) for part in parts))
        case Power(base, exponent):
            return Power(_substituted(base, place), _substituted(exponent, place))
    return node


def _is_affine(node: Expression) -> bool:
    """Whether `node` is of first degree in all its variables together, as it is written."""
    match node:
        case Add(parts):
            return all(_is_affine(part) for part in parts)
        case Mul(parts):
            return sum(1 for part in parts if symbols(part)) <= 1 and all(_is_affine(part) for part in parts)
        case Power() | Call():
            return not symbols(node)
    return True


def _chains(a: Relation, b: Relation, judge: Judge) -> Opinion:
    """Inequalities and longer chains: the same signs between the same sides, read in one direction."""
    a, b = _forward(a), _forward(b)
    if len(a.signs) != len(b.signs):
        return "unsure"
    sides = all_of([compare(left, right, judge) for left, right in zip(a.sides, b.sides, strict=True)])
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


# Plus and minus


def _signs_expanded(node: Answer) -> Answer:
    r"""Return `1 \pm x` as the list of its two values."""
    if not is_expression(node):
        return node
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
