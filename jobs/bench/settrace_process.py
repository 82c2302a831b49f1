"""What runs beside a program that is followed by `sys.settrace`: a record that shares nothing with the recorder's notes.

`second_record.py` sends this file, compiled, into the sandbox and calls `install`; nothing imports it. A row is an event of the
interpreter: its kind, the number of the call, the line, the variables at that moment, and what is returned or raised.
"""

import sys
from types import FrameType
from typing import Any

_OPTIMISED, _GENERATOR = 0x1, 0x20
_MOST = 20_000
_ATOMS = (type(None), bool, int, float, complex, str, bytes)


def plain(value: Any, room: int = 30) -> Any:  # Any here and below: whatever a program holds
    """Return a copy of a value, with `("?", type)` in the place of everything that is not plain."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind in (list, tuple, set, frozenset) and room:
        items = [plain(one, room - 1) for one in value]
        try:
            return kind(items)
        except TypeError:
            return ("?", kind.__name__)
    if kind is dict and room:
        return {plain(key, room - 1): plain(one, room - 1) for key, one in value.items()}
    return ("?", kind.__name__)


class Tracer:
    """Follows the functions of one file."""

    def __init__(self, module: dict[str, Any], entry_point: str, file: str) -> None:
        self.module, self.entry_point, self.file = module, entry_point, file
        self.rows: list[tuple[str, int, int, dict[str, Any], Any]] = []
        self.calls: dict[FrameType, int] = {}

    def follow(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Note an event; for `sys.settrace`."""
        code = frame.f_code
        if code.co_filename != self.file or code.co_name.startswith("<") or not code.co_flags & _OPTIMISED:
            return None
        if frame not in self.calls:
            self.calls[frame] = len(self.calls) + 1
        if len(self.rows) < _MOST:
            said = plain(argument) if event == "return" else argument[0].__name__ if event == "exception" else None
            self.rows.append((event, self.calls[frame], frame.f_lineno, self._variables(frame), said))
        return self.follow

    def _variables(self, frame: FrameType) -> dict[str, Any]:
        data = (*_ATOMS, list, dict, set)
        held = {name: one for name, one in self.module.items() if not name.startswith("__") and type(one) in data}
        return {name: plain(one) for name, one in (held | frame.f_locals).items()}

    def run(self, *args: Any) -> Any:
        """Call the entry point and follow it."""
        sys.settrace(self.follow)
        try:
            return self.module[self.entry_point](*args)
        finally:
            sys.settrace(None)

    def report(self) -> list[tuple[str, int, int, dict[str, Any], Any]]:
        """Return the rows."""
        return self.rows


def install(module: dict[str, Any], prefix: str, entry_point: str, file: str) -> None:
    """Put `run` and `report` into a module's names."""
    tracer = Tracer(module, entry_point, file)
    module |= {f"{prefix}run": tracer.run, f"{prefix}report": tracer.report}
