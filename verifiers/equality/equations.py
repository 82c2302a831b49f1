"""Compare relations: equations with equations, chains of inequalities, and `x = 5` with 5."""

import re
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

from verifiers.equality import rational_function, real_sets
from verifiers.equality.exact import Opinion
from verifiers.equality.real_sets import is_affine
from verifiers.equality.rules import Rules, all_of
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
    is_expression,
    negated,
    product,
    substituted,
    symbols,
)

Compare = Callable[[Answer, Answer, Rules], Opinion]
_TURNED: dict[RelationSign, RelationSign] = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
_OF_A_VARIABLE = re.compile(r"([A-Za-z]+(?:_[A-Za-z0-9]+)?'*)\(([A-Za-z])\)")


def compare(a: Answer, b: Answer, rules: Rules, items: Compare) -> Opinion:
    """Compare two answers of which one at least is a relation; `items` compares their sides."""
    if isinstance(a, Relation) and isinstance(b, Relation):
        if a.signs == b.signs == ("=",):
            return _equations(a, b, rules, items)
        return _chains(a, b, rules, items)
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
        return items(last, other, rules)
    if isinstance(first, Symbol) and first.name not in _names(last):
        if not rules.policies.names_dropped:
            return "different"
        # `x = 5` answers with 5; so does `f(x) = x^2` with x^2.
        return items(last, other, rules)
    if all(is_expression(side) and not _names(side) for side in relation.sides[:-1]):
        # `2 + 3 = 5` answers with 5 if it is true.
        true = all_of([items(left, right, rules) for left, right in pairwise(relation.sides)])
        return all_of([true, items(last, other, rules)])
    if rules.policies.names_dropped and len(relation.sides) == 2 and _is_segment(first):
        return items(last, other, rules)
    if len(_names(first)) > 1 and all(is_expression(side) and not symbols(side) for side in (last, other)):
        # `m + n = 25` answers 25 where m + n was asked for, and 24 nowhere.
        return "different" if items(last, other, rules) == "different" else "unsure"
    return "unsure"


def _is_segment(node: Answer) -> bool:
    """Whether `node` is the length AB of a segment: capitals in one product, perhaps between bars."""
    if isinstance(node, Call) and node.name == "abs":
        node = node.args[0]
    points = node.factors if isinstance(node, Mul) else ()
    return len(points) == 2 and all(isinstance(point, Symbol) and point.name.isupper() for point in points)


def _names(node: Answer) -> frozenset[str]:
    return symbols(node) if is_expression(node) else frozenset()


def _equations(a: Relation, b: Relation, rules: Rules, items: Compare) -> Opinion:
    (a_left, a_right), (b_left, b_right) = a.sides, b.sides
    if isinstance(a_left, Sequence) and a_left == b_left:
        return items(a_right, b_right, rules)
    if isinstance(a_left, Symbol) and isinstance(b_left, Symbol) and not (_names(a_right) or _names(b_right)):
        # Two assignments: same variable, same value.
        return "different" if a_left != b_left else items(a_right, b_right, rules)
    if isinstance(a_left, Symbol) and a_left == b_left and a_left.name not in _names(a_right) | _names(b_right):
        return items(a_right, b_right, rules)
    if not (is_expression(a_left) and is_expression(a_right) and is_expression(b_left) and is_expression(b_right)):
        return "unsure"
    if isinstance(a_left, Symbol) and isinstance(b_left, Symbol):
        defined = _one_definition(a_left, a_right, b_left, b_right)
        if defined is not None:
            return items(*defined, rules)
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


def _one_definition(
    a_left: Symbol, a_right: Expression, b_left: Symbol, b_right: Expression
) -> tuple[Expression, Expression] | None:
    """Return the right sides of `f(x) = ..` and `f(t) = ..` or `y = ..` in one variable; None for other equations."""
    a, b = (_OF_A_VARIABLE.fullmatch(left.name) for left in (a_left, b_left))
    if a and b and a[1] == b[1]:
        return a_right, substituted(b_right, {b[2]: Symbol(a[2])}) if a[2] not in symbols(b_right) - {b[2]} else b_right
    if (a is None) == (b is None):
        return None
    function, plain = (a or b), (b_left if a else a_left)
    if function and plain.name == "y" and symbols(a_right) == symbols(b_right) == {function[2]}:
        return a_right, b_right
    return None


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
    ratio = _ratio_constant(a, b, rules)
    if ratio == "equal" or (is_affine(a) and is_affine(b)):
        return ratio
    one, other = _cleared(a, rules), _cleared(b, rules)
    if one is not None and other is not None and _ratio_constant(one, other, rules) == "equal":
        return "equal"
    return "different" if _leaves(a, b, rules) or _leaves(b, a, rules) else "unsure"


def _ratio_constant(a: Expression, b: Expression, rules: Rules) -> Opinion:
    """Whether a/b is the same everywhere: compared with its value at a point that is on neither curve."""
    names = sorted(symbols(a) | symbols(b))
    for slope, offset, divisor in ((7, 3, 5), (11, 2, 7), (-13, 4, 3)):
        place = {name: Number(Fraction(index * slope + offset, divisor)) for index, name in enumerate(names)}
        at_a, at_b = substituted(a, place), substituted(b, place)
        if all(rules(value, Number(Fraction(0))) == "different" for value in (at_a, at_b)):
            return rules(Mul((a, at_b)), Mul((b, at_a)))
    return "unsure"


def _cleared(node: Expression, rules: Rules) -> Expression | None:
    """Return a sum times its denominators (`y - 1/x` -> `xy - 1`), None where that adds points to its curve.

    No point is added where the product is a number other than 0 wherever a denominator, of first degree, is 0.
    """
    terms = [_over(term) for term in (node.terms if isinstance(node, Add) else (node,))]
    below: dict[Expression, Fraction] = {}
    for _, divisors in terms:
        for base, power in divisors.items():
            below[base] = max(power, below.get(base, Fraction(0)))
    pieces: list[Expression] = []
    for factors, divisors in terms:
        rest = [Power(base, Number(power - divisors.get(base, Fraction(0)))) for base, power in below.items()]
        pieces.append(product(*factors, *(part for part in rest if part.exponent != Number(Fraction(0)))))
    cleared = Add(tuple(pieces)) if len(pieces) > 1 else pieces[0]
    return cleared if all(_never_zero_with(base, cleared, rules) for base in below) else None


def _over(term: Expression) -> tuple[list[Expression], dict[Expression, Fraction]]:
    """Return the factors of a term and the powers of what it is divided by."""
    factors: list[Expression] = []
    divisors: dict[Expression, Fraction] = {}
    todo = [term]
    while todo:
        match todo.pop():
            case Mul(parts):
                todo.extend(parts)
            case Power(Power(base, Number(inner)), Number(power)) if power < 0 and inner > 0 and symbols(base):
                todo.append(Power(base, Number(inner * power)))
            case Power(base, Number(power)) if power < 0 and power.denominator == 1 and symbols(base):
                divisors[base] = divisors.get(base, Fraction(0)) - power
            case part:
                factors.append(part)
    return factors or [Number(Fraction(1))], divisors


def _never_zero_with(base: Expression, cleared: Expression, rules: Rules) -> bool:
    """Whether `cleared` is one number, not 0, wherever `base` is 0."""
    names = symbols(base)
    if len(names) != 1:
        return False
    name = min(names)
    try:
        top, bottom = rational_function.quotient(base, name)
    except ArithmeticError:
        return False
    if len(top) != 2 or len(bottom) != 1:
        return False
    there = substituted(cleared, {name: Number(-top[0] / top[1])})
    place = {other: Number(Fraction(index * 7 + 3, 5)) for index, other in enumerate(sorted(symbols(there)))}
    value = substituted(there, place)
    return rules(there, value) == "equal" and rules(value, Number(Fraction(0))) == "different"


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


def _chains(a: Relation, b: Relation, rules: Rules, items: Compare) -> Opinion:
    """Inequalities and longer chains: the same signs between the same sides, read in one direction."""
    a, b = _forward(a), _forward(b)
    if len(a.signs) != len(b.signs):
        return "unsure"
    sides = all_of([items(left, right, rules) for left, right in zip(a.sides, b.sides, strict=True)])
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
