"""Plain values on their way out of a child: `encode` there, `decode` in the parent.

JSON text. None, booleans, integers, floats, strings and lists are what they are in JSON; anything else is an object of one key:
    {"t": [...]} tuple   {"s": [...]} set   {"f": [...]} frozenset   {"d": [[key, value], ...]} dict   {"c": [re, im]} complex
    {"b": hex} bytes   {"i": hex} an integer that Python would not write in digits   {"u": hex} a string with lone surrogates

Only exact builtins, and the dicts of `collections` as dicts: another subclass may compare as it likes. `decode` trusts nothing:
text of any origin gives a value or ValueError, in time that goes with its length.
"""

import json
import json.encoder
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

MAX_DEPTH = 200
"""Levels of nesting. What is deeper is no plain value, so that whoever walks a value may recurse."""
_BOUND = 1 << 12_000
"""Integers below it are written in digits; Python stops at 4,300 digits, which is 14,284 bits."""
_MAX_EQUAL_HASHES = 64
"""Members of one set with one hash. More of them are made on purpose: building the set would take quadratic time."""
_ATOMS = frozenset((int, bool, type(None), float))
_LEAVES = _ATOMS | {str}
_SEQUENCES: dict[type, str] = {list: "", tuple: "t", set: "s", frozenset: "f"}
_DICTS = frozenset((dict, defaultdict, OrderedDict, Counter))
"""Only what they hold leaves, and it arrives as a dict."""
_TOO_DEEP = f"a value nested more than {MAX_DEPTH} deep"

_loads = json.loads


def _writer() -> Callable[[object], str]:
    """Return `json.dumps` without spaces, made once: that builds an encoder per call, which costs a fresh process 30 pages."""
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:  # no C accelerator
        return json.JSONEncoder(check_circular=False, separators=(",", ":")).encode
    pieces = make(None, None, json.encoder.encode_basestring_ascii, None, ":", ",", False, False, True)
    return lambda value: "".join(pieces(value, 0))


_dumps = _writer()


class Unplain(Exception):
    """Not a plain value; the message names its type."""


def encode(value: Any) -> str:  # Any here and below: what a program returned
    """Return a plain value as ASCII text. Raises Unplain for anything else."""
    if type(value) is int and -_BOUND < value < _BOUND:
        return str(value)
    return _dumps(_tagged(value, MAX_DEPTH))


def _tagged(value: Any, room: int) -> object:
    kind = type(value)
    if kind is int:
        return value if -_BOUND < value < _BOUND else {"i": format(value, "x")}
    if kind is str:
        return value if value.isascii() else _text(value)
    if kind in _ATOMS:
        return value
    tag = _SEQUENCES.get(kind)
    if tag is None:
        return _other(value, kind, room)
    if room == 0:
        raise Unplain(_TOO_DEEP)
    members = list(value)
    kinds = set(map(type, members))
    numbers = kinds <= _ATOMS and (kinds != {int} or (min(members) > -_BOUND and max(members) < _BOUND))
    if not numbers or (int in kinds and len(kinds) > 1):
        members = [_tagged(one, room - 1) for one in members]
    return {tag: members} if tag else members


def _other(value: Any, kind: type, room: int) -> object:
    if kind in _DICTS:
        if room == 0:
            raise Unplain(_TOO_DEEP)
        return {"d": [[_tagged(key, room - 1), _tagged(one, room - 1)] for key, one in dict.items(value)]}
    if kind is complex:
        return {"c": [value.real, value.imag]}
    if kind is bytes:
        return {"b": value.hex()}
    raise Unplain(str(kind.__name__)[:200])


def _text(value: str) -> object:
    try:
        value.encode()
    except UnicodeEncodeError:  # JSON would join a pair of surrogates that stand side by side
        return {"u": value.encode("utf-32-be", "surrogatepass").hex()}
    return value


def decode(text: str | bytes) -> Any:
    """Return the value that `encode` wrote. Raises ValueError for any text that it cannot have written."""
    try:
        return _untagged(_loads(text), MAX_DEPTH)
    except (RecursionError, TypeError, KeyError, OverflowError) as error:
        raise ValueError(f"no plain value: {type(error).__name__}") from None


def _untagged(value: Any, room: int) -> Any:
    kind = type(value)
    if kind in _LEAVES:
        return value
    if room == 0:
        raise ValueError(_TOO_DEEP)
    if kind is list:
        return value if set(map(type, value)) <= _LEAVES else [_untagged(one, room - 1) for one in value]
    ((tag, held),) = value.items()
    return _READ[tag](held, room)


def _members(held: Any, room: int) -> list[Any]:
    if type(held) is not list:
        raise ValueError("members are a list")
    members: list[Any] = _untagged(held, room)
    return members


def _hashed(held: Any, room: int) -> list[Any]:
    members = _members(held, room)
    _spread(members)
    return members


def _spread(members: list[Any]) -> None:
    """Raise ValueError where too many members have one hash."""
    if len(members) <= _MAX_EQUAL_HASHES:
        return
    seen: dict[int, int] = {}
    for one in map(hash, members):
        seen[one] = seen.get(one, 0) + 1
    if max(seen.values()) > _MAX_EQUAL_HASHES:
        raise ValueError("too many members with one hash")


def _complex(real: Any, imaginary: Any) -> complex:
    if type(real) is not float or type(imaginary) is not float:
        raise ValueError("parts are floats")
    return complex(real, imaginary)


def _dict(held: Any, room: int) -> dict[Any, Any]:
    if type(held) is not list:
        raise ValueError("pairs are a list")
    keys, values = [], []
    for key, one in held:
        keys.append(_untagged(key, room - 1))
        values.append(_untagged(one, room - 1))
    _spread(keys)
    return dict(zip(keys, values, strict=True))


_READ: dict[str, Any] = {  # functions of (what the tag holds, levels left)
    "t": lambda held, room: tuple(_members(held, room)),
    "s": lambda held, room: set(_hashed(held, room)),
    "f": lambda held, room: frozenset(_hashed(held, room)),
    "d": _dict,
    "c": lambda held, _: _complex(*held),
    "b": lambda held, _: bytes.fromhex(held),
    "i": lambda held, _: int(held, 16),
    "u": lambda held, _: bytes.fromhex(held).decode("utf-32-be", "surrogatepass"),
}
