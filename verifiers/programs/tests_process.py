"""What runs in the tests process: the tests, with stand-ins that call the program, which lives in another process.

`examine.py` sends this file, compiled, into the sandbox; nothing imports it. In its globals there stand `call`, which calls the
program, and `ASKED`: the tests, the trusted prompt or an empty string, the entry point, the seed. Only the standard
library, and little of it: this is loaded anew for every verdict.
"""

import builtins
from collections.abc import Callable, Iterator
from typing import Any

Call = Callable[[str, tuple[Any, ...], dict[str, Any]], Any]  # Any: plain values, whatever the tests pass

_BROKEN = (NameError, SyntaxError, ImportError, RecursionError, MemoryError)
"""What a call of a right program could not have caused."""
_FILE = "<tests>"


class Calls:
    """What the stand-ins did so far."""

    __slots__ = ("call", "count", "last", "returned", "raised", "borrowed", "stopped")

    def __init__(self, call: Call) -> None:
        self.call = call
        self.count = 0
        self.last: tuple[str, tuple[Any, ...], dict[str, Any]] | None = None
        self.returned: Any = None
        self.raised: BaseException | None = None
        self.borrowed: list[str] = []
        self.stopped = False
        """A StopIteration came by, which ends loops of the tests in silence."""


class StandIn:
    """Calls one function of the program; `Solution.solve` is the method of a fresh instance."""

    def __init__(self, name: str, calls: Calls) -> None:
        self.__name__ = self.__qualname__ = name
        self._calls = calls

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Return what the program returns. Raises what it raises."""
        calls = self._calls
        calls.count += 1
        calls.last = (self.__name__, args, kwargs)
        try:
            calls.returned = calls.call(self.__name__, args, kwargs)
        except Exception as error:
            calls.raised = error
            calls.stopped = calls.stopped or isinstance(error, StopIteration)
            raise
        return calls.returned


class Instance:
    """Stands for an instance of the class that a dotted entry point names."""

    def __init__(self, name: str, calls: Calls) -> None:
        self._name, self._calls = name, calls

    def __getattr__(self, name: str) -> StandIn:
        if name.startswith("_"):
            raise AttributeError(name)
        return StandIn(f"{self._name}.{name}", self._calls)


class Names(dict[str, Any]):
    """The tests' globals. A name that nobody here defines is taken to be a function of the program."""

    def __init__(self, calls: Calls) -> None:
        super().__init__(__name__="tests", __builtins__=builtins)
        self._calls = calls

    def __missing__(self, name: str) -> Any:
        # Names of the language come from the builtins, which are asked after this; `__file__` and its like are not there.
        if name.startswith("__") or hasattr(builtins, name):
            raise KeyError(name)
        self._calls.borrowed.append(name)
        self[name] = StandIn(name, self._calls)
        return self[name]


def examine() -> dict[str, Any]:
    """Run the tests: `outcome` is passed, failed, raised (a call raised) or broken (the tests are at fault), with a reason."""
    import random

    source, prompt, entry_point, seed = globals()["ASKED"]
    random.seed(seed)
    calls = Calls(globals()["call"])
    outcome, reason = "passed", ""
    try:
        _run(_namespace(prompt, entry_point, calls), source, seed)
    except BaseException as error:
        outcome, reason = _blame(error, source, calls)
    if outcome == "passed" and not calls.count:
        outcome, reason = "broken", f"the tests never call {entry_point}"
    if outcome == "passed" and calls.stopped and "StopIteration" not in source:
        outcome, reason = "broken", "a call raised StopIteration, which may have ended a loop of the tests"
    return {"outcome": outcome, "reason": reason, "calls": calls.count, "borrowed": sorted(set(calls.borrowed))}


def _namespace(prompt: str, entry_point: str, calls: Calls) -> Names:
    names = Names(calls)
    for text in (prompt, prompt + "\n    pass\n"):  # a prompt may end with the head of the function
        try:
            compiled = compile(text, "<prompt>", "exec")
        except (SyntaxError, ValueError):
            continue  # a prompt in words defines nothing
        exec(compiled, names)
        break
    first, _, rest = entry_point.partition(".")
    stand_in = StandIn(entry_point, calls)
    names["candidate"] = stand_in
    names[first] = (lambda *_, **__: Instance(first, calls)) if rest else stand_in
    return names


class _Unrunnable(BaseException):
    """A test that this does not know how to run: the tests are at fault, not the program."""


def _run(names: Names, source: str, seed: int) -> None:
    exec(compile(source, _FILE, "exec"), names)
    check = names.get("check")
    if callable(check) and not isinstance(check, StandIn):
        _ended(check(names["candidate"]))
    tests = [one for name, one in list(names.items()) if _is_test(name, one)]
    tests += [one for cls in list(names.values()) if isinstance(cls, type) for one in _methods(cls)]
    for test in reversed(tests) if seed else tests:
        _ended(test(*(names["candidate"],) * getattr(getattr(test, "__code__", None), "co_argcount", 0)))


def _is_test(name: str, one: Any) -> bool:
    """Whether this is a test, and the tests' own: what they imported is not run."""
    if not name.startswith("test") or not callable(one) or isinstance(one, type | StandIn):
        return False
    return not hasattr(one, "__code__") or getattr(one, "__module__", "tests") == "tests"


def _ended(result: Any) -> None:
    """Run what an asynchronous test returned; a generator would end without having run."""
    if hasattr(result, "__await__"):
        import asyncio

        asyncio.run(result)
    elif hasattr(result, "__next__"):
        raise _Unrunnable("a test that is a generator is not run")


def _methods(cls: type) -> Iterator[Callable[[], Any]]:
    """Yield the tests of a class of the tests' own, unittest's or plain `Test..`, as functions of no argument."""
    import sys
    from functools import partial

    unittest = sys.modules.get("unittest")
    if getattr(cls, "__module__", "") != "tests":
        return
    if unittest is not None and issubclass(cls, unittest.TestCase):
        for name in unittest.defaultTestLoader.getTestCaseNames(cls) or ["runTest"] * hasattr(cls, "runTest"):
            yield partial(cls(name).debug)  # raises where `run` would report
    elif cls.__name__.startswith("Test"):
        for name in [one for one in dir(cls) if one.startswith("test") and callable(getattr(cls, one))]:
            yield partial(getattr(cls(), name))


def _blame(error: BaseException, source: str, calls: Calls) -> tuple[str, str]:
    where = _line(error, source)
    what = f"{type(error).__name__}: {error}"
    if error is calls.raised and calls.last is not None:
        return "raised", f"{_called(calls)} raised {what}; {where}"
    if isinstance(error, AssertionError):
        gave = f"; {_called(calls)} was {_shown(calls.returned)}" if calls.last is not None else ""
        return "failed", f"{where}{gave}"
    if isinstance(error, _BROKEN) or not isinstance(error, Exception) or not calls.count:
        return "broken", f"the tests raised {what}; {where}"
    return "failed", f"the tests could do nothing with what {_called(calls)} returned: {what}; {where}"


def _called(calls: Calls) -> str:
    assert calls.last is not None
    name, args, kwargs = calls.last
    shown = [_shown(arg) for arg in args] + [f"{key}={_shown(arg)}" for key, arg in kwargs.items()]
    return f"{name}({_cut(', '.join(shown), 100)})"


def _shown(value: Any) -> str:
    try:
        return _cut(repr(value), 60)
    except (ValueError, RecursionError):  # an integer of more than 4,300 digits, a list in a list in a list ...
        return f"a {type(value).__name__}"


def _line(error: BaseException, source: str) -> str:
    """Return the line of the tests where it happened."""
    number = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _FILE:
            number = trace.tb_lineno
        trace = trace.tb_next
    lines = source.splitlines()
    if number is None or not 0 < number <= len(lines):
        return "no line of the tests"
    return f"line {number}: {_cut(lines[number - 1].strip(), 160)}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."
