"""What runs beside a recorded program: the functions that its notes call.

`recorder.py` sends this file and `describe.py`, compiled, into the sandbox and calls `install`; nothing imports it.
Nothing that a note does runs the program's code or changes what the program does.
"""

import sys
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType, TracebackType
from typing import Any, Literal, NoReturn

Place = tuple[tuple[str, ...], tuple[str, ...], tuple[int, int, int, int]]
"""Variables told, variables watched, and where an exception belongs to it."""
Asked = tuple[str, list[Place], int, int]
"""The entry point, the places of the notes, the most events, the most characters of a value."""

_NO_DATA = (ModuleType, FunctionType, BuiltinFunctionType, MethodType, type)
_MISSING = object()

Change = tuple[str, str]
Told = tuple[str, int, list[Change], str, int]
"""Kind, number of the place, changes, value, number of the call that it happened in, from 1."""


class Describing:
    """What the recorder uses of `describe.py`."""

    __slots__ = ("described", "raised", "Overlong")

    def __init__(self, names: dict[str, Any]) -> None:  # Any here and below: whatever a program holds
        self.described: Callable[[Any, int], str] = names["described"]
        self.raised: Callable[[BaseException, int], str] = names["raised"]
        self.Overlong: type[Exception] = names["Overlong"]


class Stopped(BaseException):
    """Ends a run that cannot be recorded; no `except Exception` of the program's hides it."""


class Frame:
    """One call of a function: its number, and the variables as they were told last."""

    __slots__ = ("number", "known", "watched")

    def __init__(self, number: int, watched: tuple[str, ...]) -> None:
        self.number, self.watched = number, watched
        self.known: dict[str, str] = {}


class Recorder:
    """Writes down what happens between the call of the entry point and its end."""

    def __init__(self, module: dict[str, Any], asked: Asked, describing: Describing) -> None:
        self.module, self.describing = module, describing
        self.entry_point, self.places, self.most, self.room = asked
        self.told: list[Told] = []
        self.frames: dict[int, Frame] = {}
        self.calls = 0
        self.on = False
        self.stopped: str | None = None
        self.seen: list[tuple[BaseException, TracebackType | None, int]] = []
        """Exceptions told of, held so that no other gets their identity."""

    def stop(self, reason: str) -> NoReturn:
        """Give up: every note from now on ends the program."""
        self.stopped = self.stopped or reason
        raise Stopped

    def tell(self, kind: str, place: int, frame: Frame, changes: list[Change] | None = None, value: str = "") -> None:
        """Write an event down. Raises Stopped where there are too many."""
        if len(self.told) >= self.most:
            self.stop(f"more than {self.most} events")
        self.told.append((kind, place, changes or [], value, frame.number))

    def text(self, name: str, value: Any) -> str:
        """Return a value as text. Raises Stopped where it is too long."""
        try:
            return self.describing.described(value, self.room)
        except self.describing.Overlong:
            self.stop(f"{f'`{name}`' if name else 'a value'} takes more than {self.room} characters")

    def frame(self, running: Any) -> Frame:
        """Return the record of a running call; one that began before the recording has none yet."""
        found = self.frames.get(id(running))
        if found is None:
            self.calls += 1
            found = self.frames[id(running)] = Frame(self.calls, ())
        return found

    def variables(self, running: Any, frame: Frame) -> dict[str, Any]:
        """Return what a call can see and may have changed: its own variables, then those of the module that it names."""
        found = {
            name: one for name, one in running.f_locals.items() if not (name[:2] == "__" or type(one) is ModuleType)
        }
        for name in frame.watched:
            if name not in found and name in self.module and not isinstance(self.module[name], _NO_DATA):
                found[name] = self.module[name]
        return found

    def changes(self, running: Any, frame: Frame, names: tuple[str, ...] = ()) -> list[Change]:
        """Return the values of `names` and of every variable that is not as it was told last."""
        values = self.variables(running, frame)
        for name in names:  # of the module, declared global
            if name not in values and name in self.module:
                values[name] = self.module[name]
        now = {name: self.text(name, one) for name, one in values.items()}
        before, frame.known = frame.known, now
        told = [(name, now[name]) for name in names if name in now]
        return told + [(name, text) for name, text in now.items() if before.get(name) != text and name not in names]

    def call(self, place: int) -> None:
        """Note that a function was entered."""
        if not self.on:
            return
        running = sys._getframe(2)
        self.calls += 1
        names, watched, _ = self.places[place]
        frame = self.frames[id(running)] = Frame(self.calls, ())
        arguments = self.changes(running, frame)
        known = dict(arguments)
        frame.watched = tuple(name for name in watched if self._fits(name))
        frame.known |= {
            name: self.text(name, one) for name, one in self.variables(running, frame).items() if name not in known
        }
        self.tell("call", place, frame, [(name, known[name]) for name in names if name in known])

    def _fits(self, name: str) -> bool:
        """Whether a variable of the module is short enough to be looked at after every statement."""
        try:
            self.describing.described(self.module.get(name), self.room)
        except self.describing.Overlong:
            return False
        return True

    def statement(self, kind: str, place: int, value: Any = _MISSING) -> None:
        """Note that a statement ran, or a part of one: what it changed, then what it came to."""
        if not self.on:
            return
        if self.stopped is not None:
            raise Stopped
        running = sys._getframe(2)
        frame = self.frame(running)
        names = self.places[place][0]
        if kind in ("set", "loop"):
            self.tell(kind, place, frame, self.changes(running, frame, names))
        elif kind in ("pass", "done"):
            changes = self.changes(running, frame)
            if kind == "done":
                self._told_with("done", place, frame, changes, "")
        elif kind == "branch":
            changes = self.changes(running, frame, names)
            self.tell("set" if changes else "test", place, frame, changes, "" if changes else "true")
        else:
            changes = self.changes(running, frame, names if kind == "test" else ())
            if value is _MISSING:
                if changes:
                    self.tell("set", place, frame, changes)
                return
            self._told_with(kind, place, frame, changes, value if kind == "test" else self.text("", value))

    def _told_with(self, kind: str, place: int, frame: Frame, changes: list[Change], value: str) -> None:
        """Write down an event whose line has no room for changes, after them."""
        if changes:
            self.tell("set", place, frame, changes)
        self.tell(kind, place, frame, value=value)

    def end(self, place: int) -> None:
        """Note that a function ran past its last line."""
        if self.on:
            if self.stopped is not None:
                raise Stopped
            self.tell("end", place, self.frame(sys._getframe(2)))

    def exception(self, error: BaseException, traceback: TracebackType | None) -> None:
        """Note that a statement raised, once for every call that the exception goes through."""
        if not self.on or self.stopped is not None or isinstance(error, GeneratorExit | Stopped) or traceback is None:
            return
        running = sys._getframe(2)
        if any(one is error and tb is traceback and known == id(running) for one, tb, known in self.seen):
            return
        self.seen.append((error, traceback, id(running)))
        place = self._where(traceback)
        if place is None:
            return
        self.on = False  # str(error) may be the program's
        try:
            said = self.describing.raised(error, self.room)
        except self.describing.Overlong:
            self.stop(f"a message takes more than {self.room} characters")
        finally:
            self.on = True
        frame = self.frame(running)
        self._told_with("raise", place, frame, self.changes(running, frame), said)

    def _where(self, traceback: TracebackType) -> int | None:
        """Return the smallest place that an exception's position lies in."""
        positions = list(traceback.tb_frame.f_code.co_positions())
        line, _, column, _ = positions[traceback.tb_lasti // 2]
        at = (line or traceback.tb_lineno, column or 0)
        spans = [(place, span) for place, (_, _, span) in enumerate(self.places)]
        exact = [(span[2] - span[0], place) for place, span in spans if span[:2] <= at < span[2:]]
        near = [(span[2] - span[0], place) for place, span in spans if span[0] <= at[0] <= span[2]]
        found = min(exact or near, default=None)
        return None if found is None else found[1]

    def run(self, *args: Any) -> Any:
        """Call the entry point and record it."""
        entry = self.module[self.entry_point]
        self.on = True
        try:
            return entry(*args)
        except Stopped:
            return None
        finally:
            self.on = False

    def report(self) -> tuple[str | None, list[Told]]:
        """Return why the recording ended early, and the events."""
        return self.stopped, self.told


class Watch:
    """Stands around bodies of functions and of `try`, and sees exceptions go by."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: TracebackType | None) -> Literal[False]:
        if error is not None:
            self._recorder.exception(error, traceback)
        return False


def install(module: dict[str, Any], prefix: str, asked: Asked, names: dict[str, Any]) -> None:
    """Put the functions that notes call into a module's names; `names` are those of `describe.py`."""
    recorder = Recorder(module, asked, Describing(names))

    def tested(place: int, value: Any) -> bool:
        truth = bool(value)  # the program's own `__bool__`, once, as `if` would
        recorder.statement("test", place, "true" if truth else "false")
        return truth

    def returned(place: int, value: Any) -> Any:
        recorder.statement("return", place, value)
        return value

    def yielded(place: int, value: Any) -> Any:
        recorder.statement("yield", place, value)
        return value

    hooks: dict[str, Callable[..., Any]] = {
        "call": lambda place: recorder.call(place),
        "end": lambda place: recorder.end(place),
        "test": tested,
        "return": returned,
        "yield": yielded,
        "record": recorder.run,
        "report": recorder.report,
    }
    for kind in ("set", "loop", "done", "pass", "branch", "resume"):
        hooks[kind] = lambda place, kind=kind: recorder.statement(kind, place)
    module |= {prefix + name: hook for name, hook in hooks.items()}
    module[f"{prefix}watch"] = Watch(recorder)
