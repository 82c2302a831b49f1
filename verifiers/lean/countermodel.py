"""Values for which a statement is false, where there are some that are easily found: propositions, and orders of numbers.

Of propositions all are tried, as one truth table in the bits of a number. Of inequalities between numbers the smallest values
that keep the hypotheses and turn the goal around are computed. Whatever is found here is checked by the kernel; total, bounded.
"""

from collections.abc import Mapping, Sequence
from itertools import product

from verifiers.lean.goal_text import normal, tokens
from verifiers.lean.telescope import Telescope

_MAX_PROPOSITIONS = 16
"""A table of 2**16 bits for each formula: some milliseconds."""
_MAX_NUMBERS = 40
_MAX_DEPTH = 60
_MAX_TRIES = 60
_STRENGTH = {"↔": 20, "→": 25, "∨": 30, "∧": 35, "≤": 50, "<": 50, "≥": 50, ">": 50, "=": 50, "≠": 50, "+": 65, "*": 70}
_RIGHT = ("→", "∨", "∧")


class _Unread(ValueError):
    """A formula of another kind."""


Formula = tuple[str, tuple["Formula", ...]]


def countermodel(statement: Telescope) -> dict[str, str] | None:
    """Return a value for each variable, as Lean writes it, under which all hypotheses hold and the goal does not; or None."""
    kinds = {normal(entry.type) for entry in statement.variables}
    names = [entry.name for entry in statement.variables]
    if len(set(names)) != len(names):
        return None
    try:
        hypotheses = [_parsed(entry.type) for entry in statement.hypotheses]
        goal = _parsed(statement.target)
        if kinds <= {("Prop",)} and len(names) <= _MAX_PROPOSITIONS:
            return _propositions(names, hypotheses, goal)
        if kinds <= {("Nat",), ("ℕ",)} and len(names) <= _MAX_NUMBERS:
            return _numbers(names, hypotheses, goal)
    except _Unread:
        pass
    return None


def _parsed(text: str) -> Formula:
    found = tokens(text)
    formula, at = _operators(found, 0, 0, 0)
    if at != len(found):
        raise _Unread
    return formula


def _operators(found: Sequence[str], at: int, least: int, depth: int) -> tuple[Formula, int]:
    """Read operators that bind at least as strongly as `least`."""
    if depth > _MAX_DEPTH or at >= len(found):
        raise _Unread
    if found[at] == "(":
        left, at = _operators(found, at + 1, 0, depth + 1)
        if at >= len(found) or found[at] != ")":
            raise _Unread
        at += 1
    elif found[at] == "¬":
        body, at = _operators(found, at + 1, 40, depth + 1)
        left = ("¬", (body,))
    elif found[at].isidentifier() or found[at].isdigit():
        left, at = (found[at], ()), at + 1
    else:
        raise _Unread
    while at < len(found) and (strength := _STRENGTH.get(found[at], -1)) >= least:
        sign = found[at]
        right, at = _operators(found, at + 1, strength + (sign not in _RIGHT), depth + 1)
        left = (sign, (left, right))
    return left, at


def _propositions(names: Sequence[str], hypotheses: Sequence[Formula], goal: Formula) -> dict[str, str] | None:
    rows = 1 << len(names)
    every = (1 << rows) - 1
    tables = {"True": every, "False": 0}
    for index, name in enumerate(names):
        # Bit r of a table is the value in row r, in which variable i has bit i of r.
        half = 1 << index
        block = ((1 << half) - 1) << half
        tables[name] = block * (every // ((1 << 2 * half) - 1))
    false = every ^ _table(goal, tables, every)
    for formula in hypotheses:
        false &= _table(formula, tables, every)
        if not false:
            return None
    if not false:
        return None
    row = (false & -false).bit_length() - 1
    return {name: "True" if row >> index & 1 else "False" for index, name in enumerate(names)}


def _table(formula: Formula, tables: Mapping[str, int], every: int) -> int:
    sign, parts = formula
    values = [_table(part, tables, every) for part in parts]
    match sign:
        case "∧":
            return values[0] & values[1]
        case "∨":
            return values[0] | values[1]
        case "→":
            return (every ^ values[0]) | values[1]
        case "↔" | "=":
            return every ^ values[0] ^ values[1]
        case "¬":
            return every ^ values[0]
    if parts or sign not in tables:
        raise _Unread
    return tables[sign]


_Edge = tuple[str, str, int]
"""(a, b, d): a + d ≤ b."""


def _numbers(names: Sequence[str], hypotheses: Sequence[Formula], goal: Formula) -> dict[str, str] | None:
    edges = [edge for formula in hypotheses for edge in _edges(formula, names)]
    for turned, least in product(_turned(goal, names)[:_MAX_TRIES], (0, 1)):
        values = _least(names, [*edges, *turned], least)
        if values is not None and all(_holds(one, values) for one in hypotheses) and not _holds(goal, values):
            return {name: str(value) for name, value in values.items()}
    return None


def _edges(formula: Formula, names: Sequence[str]) -> list[_Edge]:
    sign, parts = formula
    if len(parts) != 2 or any(part[1] or part[0] not in names for part in parts):
        raise _Unread
    left, right = parts[0][0], parts[1][0]
    ways: dict[str, list[_Edge]] = {
        "≤": [(left, right, 0)],
        "<": [(left, right, 1)],
        "≥": [(right, left, 0)],
        ">": [(right, left, 1)],
        "=": [(left, right, 0), (right, left, 0)],
    }
    if sign not in ways:
        raise _Unread
    return ways[sign]


def _turned(goal: Formula, names: Sequence[str]) -> list[list[_Edge]]:
    """Return sets of inequalities any of which may make the goal false."""
    sign, sides = goal
    if len(sides) != 2 or sign not in ("≤", "<", "≥", ">", "="):
        return [[]]
    low, high = (sides[1], sides[0]) if sign in ("≤", "<", "=") else sides
    least, most = _leaves(low, names), _leaves(high, names)
    one = [[(a, b, 1)] for a, b in product(least, most) if a != b]
    crossed = [[(a, b, 1) for a, b in zip(least, most, strict=False) if a != b]]
    even = [[(a, b, 0) for a, b in zip(least, most, strict=False)]]
    other = [[(b, a, 1)] for a, b in product(least, most) if a != b] if sign == "=" else []
    return [*crossed, *one, *even, *other, []]


def _leaves(formula: Formula, names: Sequence[str]) -> list[str]:
    sign, parts = formula
    return [leaf for part in parts for leaf in _leaves(part, names)] if parts else [sign] if sign in names else []


def _least(names: Sequence[str], edges: Sequence[_Edge], least: int) -> dict[str, int] | None:
    """Return the smallest values from `least` on that keep all inequalities; None where there are none."""
    values = dict.fromkeys(names, least)
    for _ in range(len(names) + 1):
        changed = False
        for low, high, by in edges:
            if values[low] + by > values[high]:
                values[high] = values[low] + by
                changed = True
        if not changed:
            return values
    return None


def _holds(formula: Formula, values: Mapping[str, int]) -> bool:
    sign, parts = formula
    if len(parts) != 2:
        raise _Unread
    left, right = (_value(part, values) for part in parts)
    match sign:
        case "≤":
            return left <= right
        case "<":
            return left < right
        case "≥":
            return left >= right
        case ">":
            return left > right
        case "=":
            return left == right
    raise _Unread


def _value(formula: Formula, values: Mapping[str, int]) -> int:
    sign, parts = formula
    if not parts:
        if sign.isdecimal() and len(sign) < 6:
            return int(sign)
        if sign not in values:
            raise _Unread
        return values[sign]
    if sign not in ("+", "*") or len(parts) != 2:
        raise _Unread
    left, right = (_value(part, values) for part in parts)
    if max(left, right) > 1 << 40:
        raise _Unread
    return left + right if sign == "+" else left * right
