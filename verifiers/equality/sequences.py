"""Compare lists, sets, tuples, intervals, matrices, ratios and choices, item by item."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

from verifiers.equality import numeric
from verifiers.equality.exact import Opinion, TooLarge, rational
from verifiers.equality.rules import Rules, all_of
from verifiers.math_text.tree import (
    DOTS,
    Answer,
    Constant,
    Expression,
    Mul,
    Number,
    Quantity,
    Relation,
    Sequence,
    Symbol,
    inverse,
    is_expression,
    symbols,
)

Compare = Callable[[Answer, Answer, Rules], Opinion]
MAX_ITEMS = 64
_UNORDERED = frozenset({"list", "{}", "or", "and"})
_BRACKETS = frozenset({"()", "[]", "[)", "(]"})


def compare(a: Answer, b: Answer, rules: Rules, items: Compare) -> Opinion:
    """Compare two answers of which one at least is a sequence; `items` compares their items."""
    if not (isinstance(a, Sequence) and isinstance(b, Sequence)):
        sequence, single = (a, b) if isinstance(a, Sequence) else (b, a)
        assert isinstance(sequence, Sequence)
        return _single(sequence, single, rules, items)
    if not a.kind == b.kind == "matrix":
        a, b = _vector(a, rules), _vector(b, rules)
    if a.kind == b.kind and a.kind in (":", "mod"):
        return _ratios(a.items, b.items, rules, items) if a.kind == ":" else _residues(a, b, rules)
    if DOTS in a.items or DOTS in b.items:
        return _with_dots(a, b, rules, items)
    if a.kind in _UNORDERED and b.kind in _UNORDERED:
        if not rules.policies.lists_unordered and "{}" not in (a.kind, b.kind):
            return _in_order(a, b, rules, items)
        return _same_members(a, b, rules, items)
    if a.kind == b.kind:
        return _in_order(a, b, rules, items) if len(a.items) == len(b.items) else "different"
    kinds = {a.kind, b.kind}
    if kinds <= _BRACKETS:
        return _other_brackets(a, b, rules, items)
    if "()" in kinds and kinds & {"list", "and"}:
        return _unbracketed(a, b, rules, items)
    for one, other in ((a, b), (b, a)):
        if one.kind == "{}" and len(one.items) == 1 and other.kind not in _UNORDERED:
            return items(one.items[0], other, rules)
    of_another_length = len(a.items) != len(b.items) and kinds <= _UNORDERED | _BRACKETS
    two_named_sets = all(kind.startswith("set ") for kind in kinds)
    return "different" if of_another_length or two_named_sets or kinds == {"()", "{}"} else "unsure"


def _single(sequence: Sequence, single: Answer, rules: Rules, items: Compare) -> Opinion:
    if sequence.kind == "choice":
        letter, content = sequence.items
        return items(letter if isinstance(single, Symbol) and single.name.isupper() else content, single, rules)
    if sequence.kind == "mod":
        return _residue(sequence, single, rules)
    if sequence.kind == "{}" and len(sequence.items) == 1:
        return items(sequence.items[0], single, rules)
    if sequence.kind == ":" and len(sequence.items) == 2 and is_expression(single):
        top, bottom = sequence.items
        assert is_expression(top) and is_expression(bottom)
        share = rules(Mul((top, inverse(bottom))), single)
        return "unsure" if share == "equal" and _like_a_clock(sequence.items) else share
    if sequence.kind == "matrix" and len(sequence.items) == 1:
        row = sequence.items[0]
        if isinstance(row, Sequence) and len(row.items) == 1:
            return items(row.items[0], single, rules)
    return "different"


def _residue(node: Sequence, single: Answer, rules: Rules) -> Opinion:
    """`17 mod 5` is 2, its least residue; 7, of the same class, may or may not be meant."""
    if not is_expression(single):
        return "unsure"
    result = _residues(node, Sequence("mod", (single, node.items[1])), rules)
    if result != "equal":
        return result
    try:
        modulus = node.items[1]
        return "equal" if is_expression(modulus) and 0 <= rational(single) < rational(modulus) else "unsure"
    except ArithmeticError:
        return "unsure"


def _residues(a: Sequence, b: Sequence, rules: Rules) -> Opinion:
    """3 (mod 7) is 10 (mod 7), not 3 (mod 5)."""
    (one, modulus), (other, other_modulus) = a.items, b.items
    if not all(is_expression(part) for part in (*a.items, *b.items)):
        return "unsure"
    assert is_expression(one) and is_expression(other) and is_expression(modulus) and is_expression(other_modulus)
    same = rules(modulus, other_modulus)
    if same != "equal":
        return same
    try:
        gap, size = rational(one) - rational(other), rational(modulus)
    except ArithmeticError:
        return "equal" if rules(one, other) == "equal" else "unsure"
    if size <= 0 or size.denominator != 1:
        return "unsure"
    return "equal" if gap.denominator == 1 and gap % size == 0 else "different"


def _vector(node: Sequence, rules: Rules) -> Sequence:
    """Return a matrix of one column or one row as the tuple of its entries."""
    if node.kind == "matrix" and rules.policies.brackets_dropped:
        columns = [row.items for row in node.items if isinstance(row, Sequence)]
        if len(columns) > 1 and all(len(cells) == 1 for cells in columns):
            return Sequence("()", tuple(cells[0] for cells in columns))
        if len(columns) == 1 and len(columns[0]) > 1:
            return Sequence("()", columns[0])
    return node


def _in_order(a: Sequence, b: Sequence, rules: Rules, items: Compare) -> Opinion:
    if len(a.items) != len(b.items):
        return "different"
    opinions: list[Opinion] = []
    for left, right in zip(a.items, b.items, strict=True):
        opinions.append(items(left, right, rules))
        if opinions[-1] == "different":
            return "different"
    return all_of(opinions)


def _other_brackets(a: Sequence, b: Sequence, rules: Rules, items: Compare) -> Opinion:
    """(2,5) and [2,5]: two intervals differ, but brackets around a vector are a matter of taste."""
    if len(a.items) != len(b.items) or (len(a.items) == 2 and _increasing(a.items)):
        return "different"
    return "different" if _in_order(a, b, rules, items) == "different" else "unsure"


def _unbracketed(a: Sequence, b: Sequence, rules: Rules, items: Compare) -> Opinion:
    """`1, 2` or `x = 1, y = 2` against `(1, 2)`: equal in this order, and where another order is meant nobody knows."""
    pair, bare = (a, b) if a.kind == "()" else (b, a)
    if len(pair.items) != len(bare.items):
        return "different"
    names = [_assigned(item) for item in bare.items]
    if all(names):
        if not rules.policies.names_dropped:
            return "unsure"
        order = sorted(range(len(names)), key=lambda index: str(names[index]))
        bare = Sequence("list", tuple(bare.items[index] for index in order))
    elif not rules.policies.brackets_dropped:
        return "unsure"
    result = _in_order(pair, bare, rules, items)
    if result != "different" or all(names):
        return result
    return "unsure" if _same_members(pair, bare, rules, items) != "different" else "different"


def _assigned(item: Answer) -> str | None:
    if isinstance(item, Relation) and item.signs == ("=",) and isinstance(item.sides[0], Symbol):
        return item.sides[0].name
    return None


def _increasing(items: tuple[Answer, ...]) -> bool:
    first, last = items
    if Constant("inf") in (first, last):
        return True
    if not (is_expression(first) and is_expression(last)) or symbols(first) | symbols(last):
        return False
    try:
        return rational(first) < rational(last)
    except TooLarge:
        pass
    except ArithmeticError:
        return False
    try:
        return bool(numeric.value(first) < numeric.value(last))
    except (ArithmeticError, ValueError, TypeError):
        return False


def _same_members(a: Sequence, b: Sequence, rules: Rules, items: Compare) -> Opinion:
    """Compare without order: every item finds a partner of its own. In braces an item that is repeated counts once."""
    if len(a.items) > MAX_ITEMS or len(b.items) > MAX_ITEMS:
        return "unsure"
    if a.kind == b.kind == "{}":
        a, b = _once(a, rules, items), _once(b, rules, items)
    if len(a.items) != len(b.items):
        return "different"
    rest = list(b.items)
    doubt = False
    for item in a.items:
        # The same place first: most lists come in the same order.
        opinions: list[Opinion] = []
        for place, other in enumerate(rest):
            opinions.append(items(item, other, rules))
            if opinions[-1] == "equal":
                rest.pop(place)
                break
        else:
            if "unsure" not in opinions:
                return "different"
            doubt = True
    return "unsure" if doubt else "equal"


def _once(node: Sequence, rules: Rules, items: Compare) -> Sequence:
    if len(set(node.items)) == len(node.items) and all(isinstance(item, Number) for item in node.items):
        return node
    kept: list[Answer] = []
    for item in node.items:
        if not any(items(item, other, rules) == "equal" for other in kept):
            kept.append(item)
    return Sequence(node.kind, tuple(kept))


def _with_dots(a: Sequence, b: Sequence, rules: Rules, items: Compare) -> Opinion:
    """`1, 2, ..., n`: what stands before and after the dots must agree as far as both sides write it."""
    if not (DOTS in a.items and DOTS in b.items):
        return "unsure"
    cuts = [side.items.index(DOTS) for side in (a, b)]
    heads = a.items[: cuts[0]], b.items[: cuts[1]]
    tails = a.items[cuts[0] + 1 :][::-1], b.items[cuts[1] + 1 :][::-1]
    opinions = [items(left, right, rules) for one, two in (heads, tails) for left, right in zip(one, two, strict=False)]
    result = all_of(opinions)
    if result == "different":
        # `n, ..., 2, 1` may be meant as the same list.
        return "unsure" if a.kind in _UNORDERED and heads[0][:1] == tails[1][:1] else "different"
    if cuts[0] == cuts[1] and len(a.items) == len(b.items):
        return result
    return result if result == "equal" and tails[0][:1] and tails[1][:1] and _same_steps(*heads) else "unsure"


def _same_steps(one: tuple[Answer, ...], other: tuple[Answer, ...]) -> bool:
    """Whether two beginnings of unequal length go on by one step: `1, 2` and `1, 2, 3`."""
    values = [[item.value for item in head if isinstance(item, Number)] for head in (one, other)]
    if any(len(found) < max(2, len(head)) for found, head in zip(values, (one, other), strict=True)):
        return False
    return len({after - before for found in values for before, after in pairwise(found)}) == 1


def _ratios(a: tuple[Answer, ...], b: tuple[Answer, ...], rules: Rules, items: Compare) -> Opinion:
    """2 : 4 is 1 : 2; 2:40 and 1:20 may be two times of the day."""
    if DOTS in a or DOTS in b:
        return _with_dots(Sequence(":", a), Sequence(":", b), rules, items)
    if len(a) != len(b):
        return "different"
    if all_of([items(left, right, rules) for left, right in zip(a, b, strict=True)]) == "equal":
        return "equal"
    expressions = [item for item in (*a, *b) if is_expression(item)]
    if len(expressions) != len(a) + len(b):
        return "different" if all(isinstance(item, Quantity) for item in (*a, *b)) else "unsure"
    left, right = expressions[: len(a)], expressions[len(a) :]
    crossed = [rules(_times(left[0], y), _times(right[0], x)) for x, y in zip(left[1:], right[1:], strict=True)]
    result = all_of(crossed)
    return "unsure" if result == "equal" and _like_a_clock(a) and _like_a_clock(b) else result


def _times(a: Expression, b: Expression) -> Expression:
    return Mul((a, b))


def _like_a_clock(items: tuple[Answer, ...]) -> bool:
    values = [item.value for item in items if isinstance(item, Number)]
    return len(values) == len(items) == 2 and values[0] <= 24 and Fraction(10) <= values[1] < 60
