"""Lean's runtime objects through ctypes, as far as modules and constants need it.

Layout (lean.h, the same since Lean 4.0): a word with the lowest bit set is a number; anything else points to a header of 8 bytes
(int32 reference count, uint16 size, uint8 number of fields, uint8 tag) and then the fields, 8 bytes each. Objects are never
released: this runs in a process that lives for one check. Functions are those that Lean's own checker calls; which arguments
they take belongs to one version of Lean, so `native.py` pins it.
"""

import ctypes
import re
from collections.abc import Iterator, Sequence

Address = int
"""Of an object, or a boxed number."""

_ARRAY = 246
_PLAIN = re.compile(r"[^\W\d][\w'!?]*")
_MANY = 1 << 20
"""Added to a reference count: no call may release what Python still reads."""


class LeanError(Exception):
    """Something that Lean refused; the message is Lean's where it has one."""


class Size(int):
    """A number that a function takes as it is: no object, never kept."""


def box(number: int) -> Address:
    """Return a number as a field holds it."""
    return 2 * number + 1


def is_box(value: Address) -> bool:
    """Whether this is a number and no object."""
    return value & 1 == 1


def tag(value: Address) -> int:
    """Return which constructor made an object, or the number that a constant constructor is."""
    return value >> 1 if is_box(value) else ctypes.c_uint8.from_address(value + 7).value


def field(value: Address, index: int) -> Address:
    """Return a field of an object."""
    return ctypes.c_uint64.from_address(value + 8 + 8 * index).value


def flag(value: Address, fields: int, index: int = 0) -> bool:
    """Return a Bool of an object that has so many fields before its plain bytes."""
    return ctypes.c_uint8.from_address(value + 8 + 8 * fields + index).value != 0


def text(value: Address) -> str:
    """Return a String."""
    size: int = ctypes.c_uint64.from_address(value + 8).value
    return ctypes.string_at(value + 32, size - 1).decode("utf-8", "replace")


def array(value: Address) -> list[Address]:
    """Return the elements of an Array."""
    count: int = ctypes.c_uint64.from_address(value + 8).value
    return [ctypes.c_uint64.from_address(value + 24 + 8 * index).value for index in range(count)]


def items(value: Address) -> Iterator[Address]:
    """Yield the elements of a List."""
    while not is_box(value):
        yield field(value, 0)
        value = field(value, 1)


def name(value: Address) -> str:
    """Return a Name as Lean writes it, parts that are no plain identifiers in «». Two names never give the same text."""
    parts: list[str] = []
    while not is_box(value):
        last = field(value, 1)
        parts.append(part(text(last)) if tag(value) == 1 else str(last >> 1))
        value = field(value, 0)
    return ".".join(reversed(parts))


def part(written: str) -> str:
    """Return one part of a name: as it is, or in «» where it is no identifier."""
    if _PLAIN.fullmatch(written):
        return written
    if "»" in written or "\\" in written:  # no source can have them, a module written by hand can
        written = written.replace("\\", "\\\\").replace("»", "\\u00bb")
    return f"«{written}»"


def keep(value: Address) -> Address:
    """Return the object, which no call releases from now on."""
    if not is_box(value):
        count = ctypes.c_int32.from_address(value)
        if 0 < count.value < _MANY:
            count.value += _MANY
        elif -_MANY < count.value < 0:  # shared between threads: counted downwards
            count.value -= _MANY
    return value


class Lean:
    """The functions of one loaded `libleanshared`, after `lean_initialize`."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library

    def call(self, function: str, *arguments: Address) -> Address:
        """Call an exported function that takes and returns objects. Whatever is passed is kept."""
        return keep(self._call(function, *arguments))

    def bool(self, function: str, *arguments: Address) -> bool:
        """Call an exported function that returns a Bool."""
        # The upper bytes of the register are not set.
        return self._call(function, *arguments) & 0xFF != 0

    def _call(self, function: str, *arguments: Address) -> int:
        found = getattr(self._library, function)
        found.restype = ctypes.c_uint64
        found.argtypes = [ctypes.c_uint64] * len(arguments)
        for argument in arguments:
            if not isinstance(argument, Size):
                keep(argument)
        result: int = found(*arguments)
        return result

    def constant(self, symbol: str) -> Address:
        """Return an exported object."""
        return keep(ctypes.c_uint64.in_dll(self._library, symbol).value)

    def io(self, function: str, *arguments: Address) -> Address:
        """Call a function of IO and return what it returns. Raises LeanError."""
        result = self.call(function, *arguments)
        if tag(result) == 0:
            return keep(field(result, 0))
        raise LeanError(text(self.call("lean_io_error_to_string", field(result, 0))))

    def string(self, value: str) -> Address:
        """Make a String."""
        make = self._library.lean_mk_string
        make.restype, make.argtypes = ctypes.c_uint64, [ctypes.c_char_p]
        return keep(make(value.encode()))

    def array(self, elements: Sequence[Address]) -> Address:
        """Make an Array."""
        room = max(len(elements), 1)
        made = self._object(24 + 8 * room, 0, _ARRAY, size=0)
        ctypes.c_uint64.from_address(made + 8).value = len(elements)
        ctypes.c_uint64.from_address(made + 16).value = room
        for index, element in enumerate(elements):
            ctypes.c_uint64.from_address(made + 24 + 8 * index).value = keep(element)
        return made

    def constructor(self, number: int, fields: Sequence[Address]) -> Address:
        """Make an object from its constructor's number and fields, none of them plain bytes."""
        size = 8 + 8 * len(fields)
        made = self._object(size, len(fields), number, size=size)
        for index, one in enumerate(fields):
            ctypes.c_uint64.from_address(made + 8 + 8 * index).value = keep(one)
        return made

    def list(self, elements: Sequence[Address]) -> Address:
        """Make a List."""
        made = box(0)
        for element in reversed(elements):
            made = self.constructor(1, [element, made])
        return made

    def _object(self, room: int, fields: int, number: int, *, size: int) -> Address:
        allocate = self._library.lean_alloc_small_object_core if size else self._library.lean_alloc_object
        allocate.restype, allocate.argtypes = ctypes.c_uint64, [ctypes.c_uint64]
        made: int = allocate(room)
        ctypes.c_int32.from_address(made).value = 1 + _MANY
        ctypes.c_uint16.from_address(made + 4).value = size
        ctypes.c_uint8.from_address(made + 6).value = fields
        ctypes.c_uint8.from_address(made + 7).value = number
        return made
