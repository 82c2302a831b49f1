"""Is what a program returned what was expected? Python's `==` over plain values, with what JSON and floats cannot say.

Numbers: 1 == 1.0 == True, as Python has it. Where one side is a float or complex, they are the same within `relative` or
`absolute`; NaN equals NaN. Two integers are never rounded.
Where the expected value came from JSON: a list stands for a list or a tuple of these members, or for a set of them in any
order; an object's keys stand for the keys that are written so (`"1"` for 1, `"true"` for True, `"(1, 2)"` for a tuple).
Otherwise a list is no tuple, and a set equals a frozenset, as in Python.

Total: time and depth go with the expected value, which `unfit` limits to `MAX_DEPTH`.
"""

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

MAX_DEPTH = 100
"""Levels of nesting of an expected value."""
_MAX_PAIRS = 40_000
"""Comparisons of members that no hash could match, which only tolerance can; beyond it they count as different."""
_MAX_BITS = 13_000
"""Python refuses to write integers of more than 4,300 digits."""

_NUMBERS = (bool, int, float, complex)
_SCALARS = (type(None), *_NUMBERS, str, bytes)
_REAL = (bool, int, float)
_SETS = (set, frozenset)
_BRACKETS = {list: ("[", "]"), tuple: ("(", ")")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """When two values count as the same."""

    from_json: bool = True
    """The expected value was read from JSON, which has neither tuples nor sets nor keys that are no strings."""
    typed: bool = False
    """What Python prints differently is different: 1, True and 1.0; a set and a frozenset."""
    relative: float = 1e-9
    absolute: float = 1e-12


JSON = Rules()
PYTHON = Rules(from_json=False)
PRINTED = Rules(from_json=False, typed=True)
"""For answers to "what does it return?". Floats are the same within the tolerances all the same."""


def same(expected: object, got: object, rules: Rules = JSON) -> bool:
    """Whether `got` is what was expected."""
    return difference(expected, got, rules) is None


def difference(expected: object, got: object, rules: Rules = JSON) -> str | None:
    """Say where and how `got` is not what was expected, in one line; None where it is. Never raises on plain values."""
    return _differ(expected, got, rules, "", 0)


def unfit(value: object) -> str | None:
    """Say why nothing can be compared with `value`: it is no plain value or too deep; None where it is fit."""
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        for one in level:
            if type(one) not in (*_SCALARS, *_SETS, list, tuple, dict):
                return f"a {type(one).__name__} is no plain value"
        level = [inner for one in level for inner in _inner(one)]
        if not level:
            return None
    return f"it is nested more than {MAX_DEPTH} deep"


def shown(value: object, width: int = 60) -> str:
    """Return `repr(value)` cut to about `width` characters, without ever building a long one."""
    text = _written(value, width, 0)
    return text if len(text) <= width else text[: width - 3] + "..."


def _inner(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return (*value.keys(), *value.values())
    return value if isinstance(value, list | tuple | set | frozenset) else ()


def _differ(expected: object, got: object, rules: Rules, path: str, depth: int) -> str | None:
    if depth >= MAX_DEPTH:
        return f"{_at(path)}nested more than {MAX_DEPTH} deep"
    if rules.typed and type(expected) is not type(got):
        return _said(expected, got, path)
    if type(expected) in _NUMBERS and type(got) in _NUMBERS:
        same_number = _close(expected, got, rules)
        return None if same_number else _said(expected, got, path)
    if isinstance(expected, list | tuple):
        if isinstance(got, list | tuple) and (rules.from_json or type(expected) is type(got)):
            return _differ_in_order(expected, got, rules, path, depth)
        if rules.from_json and isinstance(got, _SETS):
            return _differ_as_members(expected, tuple(got), rules, path, depth)
    if isinstance(expected, _SETS) and isinstance(got, _SETS):
        return _differ_as_members(tuple(expected), tuple(got), rules, path, depth)
    if isinstance(expected, dict) and isinstance(got, dict):
        return _differ_by_key(expected, got, rules, path, depth)
    if type(expected) is type(got) and type(expected) in _SCALARS and expected == got:
        return None
    return _said(expected, got, path)


def _differ_in_order(
    expected: Sequence[object], got: Sequence[object], rules: Rules, path: str, depth: int
) -> str | None:
    for index, (one, other) in enumerate(zip(expected, got, strict=False)):
        said = _differ(one, other, rules, f"{path}[{index}]", depth + 1)
        if said is not None:
            return said
    if len(expected) != len(got):
        return f"{_at(path)}expected {len(expected)} items, got {len(got)}"
    return None


def _differ_as_members(
    expected: Sequence[object], got: Sequence[object], rules: Rules, path: str, depth: int
) -> str | None:
    if len(expected) != len(got):
        return f"{_at(path)}expected {len(expected)} members, got {len(got)}"
    key: Callable[[object], Hashable] = _typed_key if rules.typed else _key
    wanted, found = Counter(map(key, expected)), Counter(map(key, got))
    missing = _left(expected, wanted - found, key)
    spare = _left(got, found - wanted, key)
    if all(type(one) in ((float,) if rules.typed else _REAL) for one in (*missing, *spare)):
        # Numbers that are the same but for rounding stand in the same places once they are sorted.
        missing, spare = sorted(missing), sorted(spare)  # type: ignore[type-var]
        for one, other in zip(missing, spare, strict=True):
            if not _close(one, other, rules):
                return f"{_at(path)}{shown(one)} is missing"
        return None
    if len(missing) * len(spare) > _MAX_PAIRS:
        return f"{_at(path)}{len(missing)} members differ"
    for one in missing:
        match = next((i for i, other in enumerate(spare) if _differ(one, other, rules, "", depth + 1) is None), None)
        if match is None:
            return f"{_at(path)}{shown(one)} is missing"
        del spare[match]
    return None


def _left(members: Sequence[object], counts: "Counter[Hashable]", key: Callable[[object], Hashable]) -> list[object]:
    left = []
    for member in members:
        name = key(member)
        if counts[name] > 0:
            counts[name] -= 1
            left.append(member)
    return left


def _differ_by_key(
    expected: dict[object, object], got: dict[object, object], rules: Rules, path: str, depth: int
) -> str | None:
    if len(expected) != len(got):
        return f"{_at(path)}expected {len(expected)} keys, got {len(got)}"
    name: Callable[[object], Hashable] = _json_key if rules.from_json else _typed_key if rules.typed else _key
    there = {name(key): value for key, value in got.items()}
    for key, value in expected.items():
        written = name(key)
        if written not in there:
            return f"{_at(path)}the key {shown(key)} is missing"
        said = _differ(value, there[written], rules, f"{path}[{shown(key, 20)}]", depth + 1)
        if said is not None:
            return said
    return None


def _json_key(key: object) -> str:
    """Return how JSON, or for what it cannot write Python, writes a key."""
    if isinstance(key, str):
        return key
    if isinstance(key, bool) or key is None:
        return {True: "true", False: "false", None: "null"}[key]
    return shown(key, 10_000)


def _key(value: object, depth: int = 0) -> Hashable:
    """Return something equal and of equal hash for values that are surely the same; NaN is one value here."""
    if depth >= MAX_DEPTH:
        return id(value)
    if isinstance(value, float) and value != value:
        return ("NaN",)
    if isinstance(value, complex) and value != value:
        return ("complex", _key(value.real), _key(value.imag))
    if isinstance(value, list | tuple):
        return ("sequence", *(_key(one, depth + 1) for one in value))
    if isinstance(value, _SETS):
        return ("set", frozenset(_key(one, depth + 1) for one in value))
    if isinstance(value, dict):
        return ("dict", frozenset((_key(key, depth + 1), _key(one, depth + 1)) for key, one in value.items()))
    return value


def _typed_key(value: object, depth: int = 0) -> Hashable:
    """`_key` for members and keys, which are hashable, where 1, True and 1.0 are three values."""
    if isinstance(value, tuple | frozenset) and depth < MAX_DEPTH:
        members = [_typed_key(one, depth + 1) for one in value]
        return (type(value).__name__, tuple(members) if isinstance(value, tuple) else frozenset(members))
    return (type(value).__name__, _key(value, depth))


def _close(expected: object, got: object, rules: Rules) -> bool:
    assert isinstance(expected, complex | float | int) and isinstance(got, complex | float | int)
    if expected == got:
        return True
    if isinstance(expected, complex) or isinstance(got, complex):
        try:
            one, other = complex(expected), complex(got)
        except OverflowError:  # an integer beyond the floats
            return False
        return _floats_close(one.real, other.real, rules) and _floats_close(one.imag, other.imag, rules)
    if (
        not (isinstance(expected, float) or isinstance(got, float))
        or isinstance(expected, bool)
        or isinstance(got, bool)
    ):
        return False
    try:
        if (isinstance(expected, int) or isinstance(got, int)) and not -0.5 < expected - got < 0.5:
            return False  # a whole number and its neighbour are not close, however large they are
        return _floats_close(float(expected), float(got), rules)
    except OverflowError:
        return False


def _floats_close(one: float, other: float, rules: Rules) -> bool:
    if one != one or other != other:
        return one != one and other != other
    return math.isclose(one, other, rel_tol=rules.relative, abs_tol=rules.absolute)


def _at(path: str) -> str:
    return f"at {path[:60]}: " if path else ""


def _said(expected: object, got: object, path: str) -> str:
    return f"{_at(path)}expected {shown(expected)}, got {shown(got)}"


def _written(value: object, room: int, depth: int) -> str:
    if type(value) is int and value.bit_length() > _MAX_BITS:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, str | bytes):
        return repr(value[: room + 1])
    if not isinstance(value, list | tuple | set | frozenset | dict):
        return repr(value) if type(value) in _SCALARS else f"a {type(value).__name__}"
    opening, closing = _BRACKETS.get(type(value), ("{", "}"))
    if depth > 8:
        return f"{opening}...{closing}"
    pieces: list[str] = []
    for one in islice(_pairs(value), room):
        pieces.append(": ".join(_written(part, room, depth + 1) for part in one))
        room -= len(pieces[-1]) + 2
        if room <= 0:
            break
    text = ", ".join(pieces) + ("," if type(value) is tuple and len(value) == 1 else "")
    if not value and isinstance(value, set | frozenset):
        return f"{type(value).__name__}()"
    text = f"{opening}{text}{', ...' if len(pieces) < len(value) else ''}{closing}"
    return f"frozenset({text})" if isinstance(value, frozenset) else text


def _pairs(value: Iterable[object]) -> Iterable[tuple[object, ...]]:
    """Return the parts of each item of a container: two of a dict, one of the others; sets in a stable order."""
    if isinstance(value, dict):
        return value.items()
    # Hash seeds differ between processes, reasons should not. Only a few members are ever shown.
    if isinstance(value, set | frozenset) and len(value) <= 1_000:
        value = sorted(value, key=lambda one: _written(one, 20, 9))
    return ((one,) for one in value)
