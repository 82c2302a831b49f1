r"""Plain values as Python prints them, read by hand: nothing is evaluated, nothing is imported, no recursion beyond `MAX_DEPTH`.

None, True, False, numbers (complex ones too, and `inf` and `nan`, which have no literal), strings and bytes in every notation but
f-strings, lists, tuples, dicts, sets, `set()`, `frozenset({1, 2})`, `float('inf')`. Arguments of a call are such values between
brackets, some of them with names.

Total: text of any origin gives a value or an `Unreadable`, in time that goes with its length.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verifiers.programs import strings
from verifiers.sandbox.rows import Value

MAX_CHARS = 100_000
"""Of one value as it is written, if not said otherwise."""
MAX_DEPTH = 60
"""Levels of nesting."""
MAX_DIGITS = 4_000
"""Of one number. Python itself refuses to read or write integers of more than 4,300."""
_MAX_EQUAL_HASHES = 64
"""Members of one set with one hash. More of them are written on purpose: building the set would take quadratic time."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a text is no value."""

    why: str


@dataclass(frozen=True, slots=True)
class Found:
    """A value and where its text ends."""

    value: Value
    end: int


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a call and where the text of them ends, its closing bracket included."""

    args: tuple[Value, ...]
    kwargs: Mapping[str, Value]
    end: int


def value_at(text: str, start: int = 0, most: int = MAX_CHARS) -> Found | Unreadable:
    """Read the value that begins at `start` and has at most `most` characters; what follows it is not looked at."""
    reader = _Reader(text, start, most)
    try:
        return Found(reader.value(MAX_DEPTH), reader.at)
    except _Stop as stop:
        return Unreadable(str(stop))


def arguments_at(text: str, start: int = 0, most: int = MAX_CHARS) -> Arguments | Unreadable:
    """Read the arguments whose opening bracket stands at `start`: `(3, [5, 2])`, `(3)`, `(a=3, xs=[5, 2])`, `()`."""
    reader = _Reader(text, start, most)
    try:
        args, kwargs = reader.arguments()
    except _Stop as stop:
        return Unreadable(str(stop))
    return Arguments(args, kwargs, reader.at)


def read(text: str) -> Found | Unreadable:
    """Read a text that is one value and nothing else but white space around it."""
    start = len(text) - len(text.lstrip())
    found = value_at(text, start)
    return _alone(found, text, found.end) if isinstance(found, Found) else found


def read_arguments(text: str) -> Arguments | Unreadable:
    """Read a text that is the arguments of one call and nothing else but white space around them."""
    start = len(text) - len(text.lstrip())
    found = arguments_at(text, start)
    return _alone(found, text, found.end) if isinstance(found, Arguments) else found


def _alone(found: Any, text: str, end: int) -> Any:  # Any: what was found, as it came
    rest = text[end : end + 20].strip() or text[end:].strip()[:20]
    return Unreadable(f"{rest!r} follows it") if rest else found


class _Stop(Exception):
    """No value; the message says why."""


_SPACE = re.compile(r"[ \t\r\n\f]*")
_DIGITS = r"[0-9](?:_?[0-9])*"
_NUMBER = re.compile(
    rf"0[xX](?P<hex>[0-9a-fA-F]+)|0[oO](?P<oct>[0-7]+)|0[bB](?P<bin>[01]+)"
    rf"|(?P<float>(?:{_DIGITS}\.(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?|{_DIGITS}[eE][+-]?{_DIGITS}|{_DIGITS}(?=[jJ]))"
    rf"|(?P<int>{_DIGITS})"
)
_BASES = {"hex": 16, "oct": 8, "bin": 2}
_NAME = re.compile(r"[^\W\d]\w*")
_KEYWORD = re.compile(r"([^\W\d]\w*)[ \t\r\n\f]*=(?!=)[ \t\r\n\f]*")
_IMAGINARY = re.compile(
    rf"[ ]*([+-])[ ]*((?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?|inf|nan)[jJ]"
)
_SPECIAL = re.compile(r"(inf|nan)(j?)\b")
_NAMED: dict[str, Value] = {
    "None": None,
    "True": True,
    "False": False,
}
_FLOATS = re.compile(
    r"""[ ]*\([ ]*(?P<quote>['"])[ ]*(?P<value>[+-]?(?:inf|infinity|nan))[ ]*(?P=quote)[ ]*\)""", re.IGNORECASE
)


class _Reader:
    """Reads on from `at`; every method leaves it behind what was read, or raises _Stop."""

    def __init__(self, text: str, start: int, most: int) -> None:
        self.text, self.at = text, start
        self._most, self._end = most, start + most

    def value(self, room: int) -> Value:
        """Read one value that may be nested `room` levels deep."""
        if room == 0:
            raise _Stop(f"it is nested more than {MAX_DEPTH} deep")
        if self.at >= self._end:
            raise _Stop(f"it is longer than {self._most} characters")
        char = self.text[self.at : self.at + 1]
        if char == "[":
            return self._items("[", "]", room)[0]
        if char == "(":
            items, commas = self._items("(", ")", room)
            return tuple(items) if commas or not items else items[0]
        if char == "{":
            return self._braces(room)
        if strings.begins(self.text, self.at):
            return self._strings()
        if char and (char in "+-.0123456789" or _SPECIAL.match(self.text, self.at) is not None):
            return self._number()
        return self._named(room)

    def arguments(self) -> tuple[tuple[Value, ...], dict[str, Value]]:
        """Read what stands between the brackets of a call."""
        args: list[Value] = []
        kwargs: dict[str, Value] = {}
        self._expect("(")
        while not self._closes(")"):
            keyword = _KEYWORD.match(self.text, self.at)
            if keyword is None and kwargs:
                raise _Stop("an argument without a name follows one that has a name")
            if keyword is None:
                args.append(self.value(MAX_DEPTH - 1))
            else:
                if keyword[1] in kwargs:
                    raise _Stop(f"the argument {keyword[1][:40]} is given twice")
                self.at = keyword.end()
                kwargs[keyword[1]] = self.value(MAX_DEPTH - 1)
            self._comma(")")
        return tuple(args), kwargs

    def _items(self, opening: str, closing: str, room: int) -> tuple[list[Value], int]:
        """Return the items between brackets and how many commas there were."""
        items: list[Value] = []
        commas = 0
        self._expect(opening)
        while not self._closes(closing):
            items.append(self.value(room - 1))
            commas += self._comma(closing)
        return items, commas

    def _braces(self, room: int) -> Value:
        self._expect("{")
        if self._closes("}"):
            return {}
        keys: list[Value] = []
        values: list[Value] = []
        colons = None
        while not (keys and self._closes("}")):
            keys.append(self.value(room - 1))
            self._space()
            colon = self.text.startswith(":", self.at)
            if colons not in (None, colon):
                raise _Stop("it is half a dict and half a set")
            colons = colon
            if colon:
                self._expect(":")
                self._space()
                values.append(self.value(room - 1))
            self._comma("}")
        _hashable(keys)
        return dict(zip(keys, values, strict=True)) if colons else set(keys)

    def _named(self, room: int) -> Value:
        name = _NAME.match(self.text, self.at)
        if name is None:
            raise _Stop(
                f"no value begins with {self.text[self.at : self.at + 10]!r}" if self._more() else "it ends early"
            )
        word, self.at = name[0], name.end()
        if word in _NAMED:
            return _NAMED[word]
        if word == "float":
            return self._float()
        if word in ("set", "frozenset") and self.text.startswith("(", self.at):
            items, _ = self._items("(", ")", room)
            members = items[0] if items else set()
            if len(items) > 1 or not isinstance(members, list | tuple | set | frozenset):
                raise _Stop(f"{word} is written with one set, list or tuple")
            _hashable(list(members))
            return set(members) if word == "set" else frozenset(members)
        raise _Stop(f"{word[:40]!r} is no value")

    def _float(self) -> float:
        special = _FLOATS.match(self.text, self.at)
        if special is None:
            raise _Stop("a call of float is read for 'inf' and 'nan' only")
        self.at = special.end()
        return float(special["value"])

    def _number(self) -> Value:
        sign = self.text[self.at] if self.text[self.at] in "+-" else ""
        self.at += len(sign)
        special = _SPECIAL.match(self.text, self.at)
        if special is not None:
            self.at = special.end()
            part = float(sign + special[1])
            number: int | float | complex = complex(0.0, part) if special[2] else part
        else:
            number = self._digits(sign)
        imaginary = _IMAGINARY.match(self.text, self.at) if not isinstance(number, complex) else None
        if imaginary is not None and imaginary.end() - imaginary.start() <= MAX_DIGITS:
            self.at = imaginary.end()
            number = complex(number, float(imaginary[1] + imaginary[2].replace("_", "")))
        following = self.text[self.at : self.at + 1]
        if following.isalnum() or following == "_":
            raise _Stop(f"{following!r} follows a number")
        return number

    def _digits(self, sign: str) -> int | float | complex:
        # One digit more than there may be: a longer number shows without being read to its end.
        found = _NUMBER.match(self.text, self.at, min(len(self.text), self.at + MAX_DIGITS + 1))
        if found is None:
            raise _Stop("a sign without a number" if sign else "it is no number")
        if found.end() - self.at > MAX_DIGITS:
            raise _Stop(f"a number of more than {MAX_DIGITS} digits")
        self.at = found.end()
        kind = str(found.lastgroup)
        digits = found[kind].replace("_", "")
        if kind == "int":
            if digits[0] == "0" and digits.strip("0"):
                raise _Stop("a whole number does not begin with 0")
            return int(sign + digits)
        if kind in _BASES:
            if len(digits) * _BASES[kind].bit_length() > 3 * MAX_DIGITS:  # at most as long in digits
                raise _Stop(f"a number of more than {MAX_DIGITS} digits")
            return int(sign + digits, _BASES[kind])
        if self.text[self.at : self.at + 1] in ("j", "J"):
            self.at += 1
            return complex(0.0, float(sign + digits))
        return float(sign + digits)

    def _strings(self) -> Value:
        try:
            value, self.at = strings.read(self.text, self.at, self._end)
        except ValueError as error:
            raise _Stop(str(error)) from None
        return value

    def _expect(self, char: str) -> None:
        if not self.text.startswith(char, self.at):
            raise _Stop(f"{char!r} is missing")
        self.at += 1

    def _closes(self, closing: str) -> bool:
        self._space()
        closes = self.text.startswith(closing, self.at)
        self.at += closes
        return closes

    def _comma(self, closing: str) -> bool:
        """Read the comma behind an item; False where the closing bracket follows instead."""
        self._space()
        if self.text.startswith(",", self.at):
            self.at += 1
            return True
        if not self.text.startswith(closing, self.at):
            raise _Stop(f"a comma or {closing!r} is missing")
        return False

    def _space(self) -> None:
        space = _SPACE.match(self.text, self.at)
        self.at = space.end() if space is not None else self.at

    def _more(self) -> bool:
        return self.at < len(self.text)


def _hashable(members: list[Value]) -> None:
    try:
        hashes = Counter(map(hash, members))
    except TypeError:
        raise _Stop("a member or key that is no constant") from None
    if hashes and max(hashes.values()) > _MAX_EQUAL_HASHES:
        raise _Stop("too many members with one hash")
