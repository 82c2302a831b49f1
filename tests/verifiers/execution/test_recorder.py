"""Recorded runs on real programs in the real sandbox: golden narrations, what is refused, a second record that agrees."""

import re
from dataclasses import replace

import pytest

from jobs.bench.second_record import disagreements, follow
from tests.verifiers.execution import narrations
from verifiers.execution.events import Event, written
from verifiers.execution.recorder import Recording, Unrecorded, record
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Value

each = pytest.mark.parametrize("name", narrations.ALL)


def recorded(sandbox: Sandbox, code: str, *args: Value, max_events: int = 400) -> Recording:
    found = record(sandbox, code, "f", args, max_events=max_events)
    assert isinstance(found, Recording), found
    return found


def refused(sandbox: Sandbox, code: str, *args: Value) -> str:
    found = record(sandbox, code, "f", args)
    assert isinstance(found, Unrecorded), [written(event) for event in found.events]
    return found.reason


@each
def test_the_narration_is_what_a_reader_expects(sandbox: Sandbox, name: str) -> None:
    code, args, lines = narrations.ALL[name]
    told = [written(event) for event in recorded(sandbox, code, *args).events]
    # Iterators of strings have another name in each version of Python.
    assert [re.sub("<str_?(ascii_)?iterator>", "<str_ascii_iterator>", line) for line in told] == lines.strip().split(
        "\n"
    )


@each
def test_the_interpreter_tells_the_same_of_the_plain_program(sandbox: Sandbox, name: str) -> None:
    code, args, _ = narrations.ALL[name]
    found = recorded(sandbox, code, *args)
    rows = follow(sandbox, code, "f", args)
    assert rows is not None
    assert list(disagreements(code, found.events, found.frames, rows)) == []


@each
def test_the_interpreter_contradicts_a_wrong_narration(sandbox: Sandbox, name: str) -> None:
    code, args, _ = narrations.ALL[name]
    found = recorded(sandbox, code, *args)
    rows = follow(sandbox, code, "f", args)
    assert rows is not None
    for index, event in enumerate(found.events):
        other = _otherwise(event)
        if other is not None:
            told = (*found.events[:index], other, *found.events[index + 1 :])
            assert list(disagreements(code, told, found.frames, rows)), written(other)


def _otherwise(event: Event) -> Event | None:
    """Return the event with another value in it, None where it holds no number or word that can be changed."""
    if event.kind == "test":
        head = event.source.split()[0]
        same_line = event.source == "if n < 0"  # what follows on the same line has no row of its own
        return None if head in ("case", "except") or same_line else replace(event, value=_flipped(event.value))
    if event.kind in ("return", "yield"):
        return replace(event, value="'another'") if not event.value.startswith("<") else None
    if event.kind == "raise":
        return replace(event, value="OSError: no")
    plain = [index for index, (_, value) in enumerate(event.changes) if not re.search("[<(]", value)]
    if not plain:
        return None
    changes = list(event.changes)
    changes[plain[0]] = (changes[plain[0]][0], "'another'")
    return replace(event, changes=tuple(changes))


def _flipped(value: str) -> str:
    return "false" if value == "true" else "true"


def test_each_event_says_in_which_call_it_happened(sandbox: Sandbox) -> None:
    code, args, _ = narrations.RECURSION_WITH_A_DEFAULT
    assert recorded(sandbox, code, *args).frames == (1, 1, 2, 2, 2, 1)


def test_what_comes_back_is_what_the_plain_program_returns(sandbox: Sandbox) -> None:
    found = recorded(sandbox, "def f(x):\n    return {x: [x]}", 3)
    assert (found.returned.kind, found.returned.value) == ("value", {3: [3]})
    raising = recorded(sandbox, "def f(x):\n    return 1 // x", 0)
    assert [written(event) for event in raising.events][-1] == (
        "Line 2, `return 1 // x`: raises ZeroDivisionError: integer division or modulo by zero."
    )


def test_a_program_is_recorded_the_same_every_time(sandbox: Sandbox) -> None:
    code = "def f(xs):\n    s = set(xs)\n    o = object()\n    g = f\n    return len(s)"
    assert recorded(sandbox, code, ["b", "a", "c"]) == recorded(sandbox, code, ["b", "a", "c"])


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("def f(x):\n    while True:\n        x += 1\n        if x > 900: return x", "more than 400 events"),
        ("def f(x):\n    s = 'a' * 500\n    return x", "`s` takes more than 400 characters"),
        ("def f(x):\n    return 'a' * 500", "a value takes more than 400 characters"),
        ("def f(x):\n    n = 10 ** 5000\n    return x", "`n` takes more than 400 characters"),
        ("def f(x):\n    a = []\n    for _ in range(30): a = [a]\n    return x", "`a` takes more than"),
        ("def f(x)\n    return x", "does not compile: SyntaxError"),
        ("from math import floor as f", "no statement of it ran"),
        ("def g(x):\n    return x", "error: NameError"),
        ("import random\ndef f(x):\n    return random.SystemRandom().random()", "does not return the same"),
        ("import time\ndef f(x):\n    t = time.time_ns()\n    return x", "does not run the same"),
        ("def f(x):\n    for c in {'a', 'b', 'c', 'd', 'e', 'f', 'g'}:\n        x = c\n    return 0", "not run the same"),
        ("def f(x):\n    while x: pass", "timeout"),
        ("import os\ndef f(x):\n    os._exit(3)", "error"),
        ("import sys\ndef f(x):\n    return sys._getframe().f_code.co_consts", "does not return the same"),
        ("def f(x):\n    _stepmill_told = 1\n    return x", "names that begin with _stepmill_"),
        ("def f(x):\n    import program\n    program._stepmill_report = lambda: 7\n    return x", "names that begin with"),
        ("def f(x):\n    globals()['_stepm' + 'ill_report'] = lambda: (None, [7])\n    return x", "meddled with its recorder"),
    ],
)  # fmt: skip
def test_what_cannot_be_recorded_is_refused_with_the_reason(sandbox: Sandbox, code: str, why: str) -> None:
    assert why in refused(sandbox, code, 1)


def test_a_run_that_is_too_long_still_says_what_it_returned(sandbox: Sandbox) -> None:
    found = record(sandbox, "def f(n):\n    for i in range(n): pass\n    return n", "f", (1000,))
    assert isinstance(found, Unrecorded) and found.returned is not None and found.returned.value == 1000


def test_no_except_of_the_program_hides_that_it_was_too_long(sandbox: Sandbox) -> None:
    code = """
def f(n):
    for i in range(n):
        try:
            i += 1
        except BaseException:
            return 7
    return 8
"""
    assert "more than 400 events" in refused(sandbox, code, 1000)


def test_the_programs_own_methods_are_not_called_to_show_a_value(sandbox: Sandbox) -> None:
    code = """
class Odd:
    calls = []
    def __repr__(self): self.calls.append(1); return 'odd'
    def __eq__(self, other): self.calls.append(2); return True
    def __len__(self): self.calls.append(3); return 1
    def __getattr__(self, name): self.calls.append(name); return 1
    __hash__ = None
def f(x):
    o = Odd()
    o.z = x
    return Odd.calls
"""
    found = recorded(sandbox, code, 4)
    assert found.returned.value == []
    assert written(found.events[2]) == "Line 11, `o.z = x`: o = <Odd z=4>."


def test_objects_that_hold_themselves_are_told(sandbox: Sandbox) -> None:
    code = "class N:\n    pass\ndef f(x):\n    n = N()\n    n.me = n\n    xs = [x]\n    xs.append(xs)\n    return x"
    told = [written(event) for event in recorded(sandbox, code, 4).events]
    assert told[2:5] == [
        "Line 5, `n.me = n`: n = <N me=<itself>>.",
        "Line 6, `xs = [x]`: xs = [4].",
        "Line 7, `xs.append(xs)`: xs = [4, <itself>].",
    ]
