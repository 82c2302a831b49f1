"""What a fresh child does: put up the walls, read the program, make the calls, answer.

Runs after a bare `clone`, so every page that it touches is copied first (2.6 us each, a third of a run): little code, few
objects, nothing imported. The walls are system calls that the zygote has made ready (`walls.py`).

The program runs as a module named `program`, so `if __name__ == "__main__":` blocks do not run. All that is believed of what
it leaves behind is what comes out of the answer pipe, and that only as values.
"""

import builtins
import errno
import gc
import marshal
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, NoReturn

from verifiers.sandbox.values import Unplain, encode

REQUEST, ANSWER = 3, 4
"""Descriptors: requests come from the first, answers go to the second."""

MODULE = ModuleType("program")
"""Made by the zygote for all; each child has its own copy."""
sys.modules["program"] = MODULE  # where dataclasses and typing look names up
_READ = 4000
"""Bytes of the first read: most programs fit, and a larger buffer would be fresh pages."""

_CAUSES = {
    errno.ENOSPC: "disk",
    errno.EFBIG: "disk",
    errno.EDQUOT: "disk",
    errno.EAGAIN: "processes",
    errno.EMFILE: "files",
    errno.EPERM: "blocked",
}


class Channel:
    """The two pipes, and what has been read beyond the last frame."""

    __slots__ = ("nonce", "rest", "answer", "owner")

    def __init__(self) -> None:
        self.nonce, self.rest, self.answer, self.owner = b"", b"", 0, 0

    def frame(self) -> bytes:
        """Return the next frame of the parent's: four bytes of length before each. Exits where there is none."""
        data = self.rest
        need = 4
        while True:
            if need == 4 and len(data) >= 4:
                need = 4 + int.from_bytes(data[:4], "little")
            if len(data) >= need > 4:
                self.rest = data[need:]
                return data[4:need]
            more = os.read(REQUEST, max(_READ, min(need - len(data), 1 << 20)))
            if not more:
                os._exit(0)
            data = data + more if data else more

    def send(self, kind: bytes, text: str) -> None:
        """Write one frame: nonce, kind, length, ASCII text."""
        data = self.nonce + kind + len(text).to_bytes(4, "little") + text.encode()
        while data:
            data = data[os.write(ANSWER, data) :]


def serve(steps: tuple[Callable[[], int], ...], channel: Channel) -> NoReturn:
    """Put up the walls, load the program, make its calls, and end the process."""
    try:
        for step in steps:
            if step() < 0:
                os._exit(1)
        gc.enable()
        _serve(channel)
    except BaseException as error:
        # Not the program's code; but it may have changed what this code uses, or left it no memory.
        _stop(channel, error, "outside the program")
    finally:
        os._exit(1)


def _serve(channel: Channel) -> None:
    module = MODULE
    channel.nonce, code, entry_point, calls, live, tests = marshal.loads(channel.frame())
    channel.owner = os.getpid()
    if tests:
        module.__dict__["call"] = _Caller(channel)
    try:
        exec(compile(code, "<program>", "exec", 0, True), module.__dict__)
        _find(module, entry_point)
    except BaseException as error:
        _stop(channel, error, "at import")
    _check(channel)
    for blob in calls:
        _answer(channel, module, entry_point, blob)
    while live:
        _answer(channel, module, entry_point, channel.frame())
    os._exit(0)


def _answer(channel: Channel, module: ModuleType, entry_point: str, blob: bytes) -> None:
    name, args, kwargs = marshal.loads(blob)
    try:
        value = _find(module, name or entry_point)(*args, **kwargs)
    except BaseException as error:
        _check(channel)
        if _cause(error) or isinstance(error, SystemExit | KeyboardInterrupt | GeneratorExit):
            _stop(channel, error, "in a call")
        channel.send(b"R", encode(_described(error)))
        return
    _check(channel)
    try:
        channel.send(b"V", encode(value))
    except Unplain as error:
        channel.send(b"U", encode(str(error)))
    except BaseException as error:
        _stop(channel, error, "in what was returned")


def _find(module: ModuleType, name: str) -> Any:
    """Return the function of that name. Raises NameError."""
    found: Any = module.__dict__
    for part in name.split("."):
        try:
            found = (
                found[part]
                if found is module.__dict__
                else getattr(found() if isinstance(found, type) else found, part)
            )
        except (KeyError, AttributeError):
            raise NameError(f"the program has no {name!r}") from None
    return found


def _check(channel: Channel) -> None:
    """End a process that the program forked and that came back out of it: only the first one answers."""
    if os.getpid() != channel.owner:
        os._exit(0)


def _stop(channel: Channel, error: BaseException, where: str) -> NoReturn:
    """Say why the program cannot go on, and end the process."""
    _check(channel)
    channel.send(b"E", encode([_described(error), where, _cause(error)]))
    os._exit(1)


def _described(error: BaseException) -> str:
    """Return `ValueError: text`, or `Own < ValueError: text` for a class that is not builtin and the nearest one that is."""
    kind = type(error)
    nearest = next(one for one in kind.__mro__ if builtins.__dict__.get(one.__name__) is one)
    name = str(kind.__name__) if nearest is kind else f"{kind.__name__} < {nearest.__name__}"
    try:
        text = str(error)
    except BaseException:  # the program's own __str__
        text = ""
    return f"{name}: {text}"[:1000] if text else name


def _cause(error: BaseException) -> str:
    """Return which limit an uncaught exception stands for; empty where it is the program's own affair."""
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, OSError):
        return _CAUSES.get(error.errno or 0, "")
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return "processes"
    return ""


class Unsendable(BaseException):
    """The tests passed an argument that is no plain value: their affair, which no `except Exception` of theirs may hide."""


def _rebuilt(said: str) -> Exception:
    """Return the exception that `_described` told of: of its name, under the nearest builtin class that takes a text."""
    first, _, text = said.partition(": ")
    name, _, nearest = first.partition(" < ")
    known = getattr(builtins, nearest or name, None)
    for kind in known.__mro__ if isinstance(known, type) and issubclass(known, Exception) else ():
        try:
            rebuilt = (kind if kind.__name__ == name else type(name, (kind,), {}))(text)
        except (TypeError, ValueError):  # a few take more than a text
            continue
        return rebuilt if isinstance(rebuilt, Exception) else Exception(said)
    return Exception(said)


class _Caller:
    """What tests call the program with: `call(name, args, kwargs)`. Raises what the program raised, by the same name."""

    __slots__ = ("channel",)

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    def __call__(self, name: str, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> Any:
        try:
            asked = encode((name, tuple(args), dict(kwargs or {})))
        except Unplain as error:
            raise Unsendable(f"cannot call {name!r} with a {error}") from None
        self.channel.send(b"C", asked)
        kind, value, said = marshal.loads(self.channel.frame())
        if kind == "value":
            return value
        if kind == "unplain":
            raise TypeError(f"{name} returned no plain value: {said}")
        raise _rebuilt(said)
