"""Values as a reader would write them: literals of plain values, short honest descriptions of all others.

`described` never runs the program's own code (no `__repr__`, no `__str__`, no properties) and never shows an address, so it gives
the same text in every process. Sets stand in order. What takes more room than there is raises Overlong: nothing is cut off.

Goes into the sandbox with the recorder: standard library only, and little of it.
"""

import builtins
import re
from collections.abc import Iterable, Iterator
from types import BuiltinFunctionType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

MAX_DEPTH = 20
"""Levels of nesting."""
_BRACKETS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
}
_WRITTEN = {
    *(("builtins", name) for name in ("range", "slice", "bytearray", "complex", "float")),
    *(("datetime", name) for name in ("date", "datetime", "time", "timedelta")),
    *(("fractions", "Fraction"), ("decimal", "Decimal"), ("pathlib", "PosixPath"), ("uuid", "UUID")),
}
"""Types whose own `repr` is a short Python expression."""
_ADDRESS = r" at 0x[0-9a-fA-F]+"  # compiled where it is met: most runs never need it, and all of them would pay


class Overlong(Exception):
    """A value that takes more characters than allowed, or is nested too deep."""


def described(value: Any, room: int) -> str:  # Any here and below: whatever a program holds
    """Return a value as text on one line, of at most `room` characters. Raises Overlong."""
    pieces: list[str] = []
    for piece in _pieces(value, room, ()):
        room -= len(piece)
        if room < 0:
            raise Overlong
        pieces.append(piece)
    return "".join(pieces)


def raised(error: BaseException, room: int) -> str:
    """Return `KeyError: 'a'`, on one line. Raises Overlong."""
    try:
        said = str(error)
    except Exception:  # the program's own __str__
        said = ""
    if len(said) > room:
        raise Overlong
    said = "".join(one if one.isprintable() else repr(one)[1:-1] for one in re.sub(_ADDRESS, "", said))
    text = f"{type(error).__name__}: {said}" if said else type(error).__name__
    if len(text) > room:
        raise Overlong
    return text


def _pieces(value: Any, room: int, path: tuple[int, ...]) -> Iterator[str]:
    kind = type(value)
    if value is None or kind is bool:
        yield repr(value)
    elif kind is int:
        if value.bit_length() > 4 * room:
            raise Overlong
        yield repr(value)
    elif kind is str or kind is bytes:
        if len(value) > room:
            raise Overlong
        yield repr(value)
    elif (kind.__module__, kind.__name__) in _WRITTEN:
        yield repr(value)
    elif len(path) >= MAX_DEPTH:
        raise Overlong
    elif id(value) in path:
        yield "<itself>"
    elif kind in _BRACKETS:
        yield from _members(value, kind, room, (*path, id(value)))
    elif kind is dict:
        yield from _items(value, room, (*path, id(value)))
    else:
        yield from _other(value, kind, room, (*path, id(value)))


def _members(value: Any, kind: type, room: int, path: tuple[int, ...]) -> Iterator[str]:
    opening, closing = _BRACKETS[kind]
    if len(value) > room:
        raise Overlong
    if not value and kind in (set, frozenset):
        yield f"{kind.__name__}()"
        return
    yield opening
    yield from _joined(_in_order(value, room, path) if kind in (set, frozenset) else value, room, path)
    yield ("," if kind is tuple and len(value) == 1 else "") + closing


def _joined(values: Iterable[Any], room: int, path: tuple[int, ...]) -> Iterator[str]:
    for index, one in enumerate(values):
        if index:
            yield ", "
        yield from _pieces(one, room, path)


def _in_order(members: Any, room: int, path: tuple[int, ...]) -> list[Any]:
    kinds = set(map(type, members))
    if kinds <= {int, bool} or kinds == {str}:
        return sorted(members)
    return sorted(members, key=lambda one: "".join(_pieces(one, room, path)))


def _items(value: dict[Any, Any], room: int, path: tuple[int, ...]) -> Iterator[str]:
    if len(value) > room:
        raise Overlong
    yield "{"
    for index, (key, one) in enumerate(dict.items(value)):
        yield ", " if index else ""
        yield from _pieces(key, room, path)
        yield ": "
        yield from _pieces(one, room, path)
    yield "}"


def _other(value: Any, kind: type, room: int, path: tuple[int, ...]) -> Iterator[str]:
    name = kind.__name__
    if issubclass(kind, BaseException):
        yield f"{name}("
        yield from _joined(BaseException.args.__get__(value), room, path)  # type: ignore[attr-defined]
        yield ")"
    elif kind.__module__ == "collections" and name in ("deque", "Counter", "OrderedDict", "defaultdict"):
        yield f"{name}("
        yield from _pieces(list(value), room, path) if name == "deque" else _items(value, room, path)
        yield ")"
    elif kind in (FunctionType, BuiltinFunctionType, MethodType):
        own = value.__name__
        yield own if own == "<lambda>" else f"<function {own}>"
    elif issubclass(kind, type):
        yield f"<class {type.__dict__['__name__'].__get__(value)}>"
    elif kind is ModuleType:
        yield f"<module {value.__name__}>"
    else:
        yield from _instance(value, kind, room, path)


def _instance(value: Any, kind: type, room: int, path: tuple[int, ...]) -> Iterator[str]:
    """Yield `<Point x=1, y=2>`: the class, what it holds as a builtin one, and its fields."""
    module = kind.__module__
    own = module in ("program", "__main__")
    fields = dict(_fields(value, kind))
    if "_name_" in fields and "_value_" in fields:  # a member of an enumeration
        yield f"<{kind.__name__}.{fields['_name_']}>"
        return
    yield f"<{kind.__name__}" if own or module == "builtins" else f"<{module}.{kind.__name__}"
    held: Any = next(
        (one for one in (list, tuple, dict, set, frozenset, str, int, float) if issubclass(kind, one)), None
    )
    names = getattr(kind, "_fields", None) if held is tuple else None
    separator = " "
    if isinstance(names, tuple) and len(names) == tuple.__len__(value):
        fields = dict(zip(map(str, names), tuple.__iter__(value), strict=True))
    elif held is not None and own:
        yield separator
        separator = ", "
        yield from _pieces(held(held.__iter__(value)) if held in _BRACKETS else _plain(held, value), room, path)
    for name, one in fields.items() if own else ():
        yield f"{separator}{name}="
        separator = ", "
        yield from _pieces(one, room, path)
    yield ">"


def _plain(held: type, value: Any) -> Any:
    """Return what an instance of a subclass holds, without its own methods."""
    if held is dict:
        return dict(dict.items(value))
    return str.__str__(value) if held is str else int.__int__(value) if held is int else float.__float__(value)


def _fields(value: Any, kind: type) -> Iterator[tuple[str, Any]]:
    """Yield what an instance holds, without asking its class."""
    for one in reversed(kind.__mro__):
        for name, slot in sorted(one.__dict__.items()) if builtins.__dict__.get(one.__name__) is not one else ():
            if type(slot) is MemberDescriptorType and one.__module__ != "builtins":
                try:
                    yield name, slot.__get__(value, kind)
                except AttributeError:
                    continue
    try:
        held = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return
    if type(held) is dict:
        yield from held.items()
