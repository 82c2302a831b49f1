"""The interpreter for tiny programs: it agrees with Python and with the recorder, refuses what it does not know, and ends."""

import ast
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.families.small_programs import drawing
from tests.verifiers.families.truths import at_most
from verifiers.execution import small_python
from verifiers.execution.events import Event, written
from verifiers.execution.recorder import Recording, record
from verifiers.execution.small_expressions import MAX_ITEMS, Unsupported, Value
from verifiers.execution.small_python import MAX_EVENTS, Raises
from verifiers.sandbox.pool import Sandbox


def program(*lines: str, head: str = "def f(n):") -> str:
    return "\n".join([head, *(f"    {line}" for line in lines)])


def events(code: str, *args: object) -> list[Event]:
    return list(small_python.run(code, "f", args))


def drawn(seed: int) -> tuple[str, Value]:
    """Return a program of one of the families, which are ours and may run here, and an argument."""
    rng = Random(seed)
    found = None
    while found is None:
        program = drawing.draw(rng, rng.randint(1, 5))
        found = drawing.calls(program, rng, 1)
    return program.code, found[0][0]


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_drawn_programs_return_what_python_returns(seed: int) -> None:
    code, value = drawn(seed)
    names: dict[str, Any] = {}
    exec(code, names)
    expected = names["f"](value)
    assert repr(small_python.result(code, "f", (value,))) == repr(expected)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_drawn_programs_may_be_entered_before_any_of_their_statements(seed: int) -> None:
    """The values that the run had there lead to its result."""
    code, value = drawn(seed)
    found = events(code, value)
    own = {node.lineno for node in small_python.function(code, "f").body}
    held: dict[str, Value] = {"n" if isinstance(value, int) else "xs" if isinstance(value, list) else "s": value}
    seen = set()
    for event in found[1:]:
        if event.line in own and event.line not in seen:
            seen.add(event.line)
            assert small_python.result_from(code, "f", event.line, held) == small_python.literal(found[-1].value)
        held |= {name: small_python.literal(text) for name, text in event.changes}
    assert seen == own


def agreed(mine: list[Event], recorded: tuple[Event, ...]) -> bool:
    """Whether two runs say the same; where the recorder repeats a value that was there already, `no change` does too."""
    held: dict[str, str] = {}
    for one, other in zip(mine, recorded, strict=True):
        if one.kind == "set" and not one.changes and all(held.get(name) == text for name, text in other.changes):
            other = Event(kind="set", line=other.line, source=other.source)
        if written(one) != written(other):
            return False
        held |= dict(one.changes)
    return True


def test_drawn_programs_run_as_the_recorder_saw_them_run(sandbox: Sandbox) -> None:
    for seed in range(100):
        code, value = drawn(seed)
        found = record(sandbox, code, "f", (value,))  # type: ignore[arg-type]  # a plain value
        assert isinstance(found, Recording), (code, value, found)
        assert agreed(events(code, value), found.events), (code, value)


WRITTEN: Mapping[str, tuple[str, tuple[Value, ...]]] = {
    "every kind of statement": (
        program(
            '"""Say something."""',
            "t = 0  # a comment: with a colon",
            "for x in range(n):",
            "    if x == 1:",
            "        continue",
            "    elif (x > 4):",
            "        break",
            "    else:",
            "        t += x; t *= 2",
            "while not t < 9 and n:",
            "    t -= 3",
            "    pass",
            "if t: t = -t",
            "return t",
        ),
        (7,),
    ),
    "no return": (program("xs = [n]", "xs.append('A')", "xs += [None]", "xs *= 2"), (1,)),
    "two arguments": (program("return a + b", head="def f(a, b):"), ([1], [2])),
    "the same value again": (program("n = 3", "n = True", "n = 1", "return n"), (3,)),
    "a bare return": (program("for x in 'AB':", "    return"), (3,)),
    **{
        f"raises: {line}": (program("t = 'A'", line, "return t"), ([1, 2],))
        for line in (
            "t = n[5]", "t = t[5]", "t = n['a']", "t = n[0] // 0", "t = n[0] % 0", "t = n + t", "t += n", "t -= n", "t = t * -n",
            "t = len(5)", "t = max([])", "t = n < t", "t = t in 5", "t = -t", "t = n.upper()", "t.append(1)", "t = t.replace(1)",
            "t = [x for x in 5]", "t = n[0] in t", "t = abs(t)", "t = sum(['A'])", "t = sorted([1, t])", "t = t[::0]",
        )
    },
    "raises in a condition": (program("while n[9]:", "    pass"), ([1],)),
    "raises in a loop": (program("for x in n:", "    for y in x:", "        t = y"), (["AB", 1],)),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_written_programs_run_as_the_recorder_saw_them_run(sandbox: Sandbox, name: str) -> None:
    code, args = WRITTEN[name]
    found = record(sandbox, code, "f", args)  # type: ignore[arg-type]  # both are plain values
    assert isinstance(found, Recording), found
    assert agreed(events(code, *args), found.events), ([*map(written, events(code, *args))], found.events)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "f = 3",
        "def g(n):\n    return n",
        "import os\ndef f(n):\n    return n",
        "def f(n):\n    return n\ndef f(n):\n    return 1",
        "def f(n):\r\n    return n",
        "def f(n):\n    return '\ud800'",
        "def f(n):\n    return n\0",
        program("return n", head="@print\ndef f(n):"),
        program("return n", head="def f(n=1):"),
        program("return n", head="def f(*n):"),
        program("return n", head="def f(n, /):"),
        program("return n", head="def f(n: print('here')):"),
        program("return n", head="async def f(n):"),
        program("return 1", head="def f():"),
        program("return 1", head="def f(n, m):"),
        program("len = 3", "return n"),
        program("return sum(n)", head="def f(sum):"),
        program("return (n +", "        1)"),
        program("if (n", "        > 1):", "    return n"),
        program("if (n > 1", "        ):", "    return n"),
        *(
            program(line)
            for line in (
                "return n.bit_length()", "return n.__class__", "return __import__('os')", "return eval('n')", "return f(n)",
                "return open('x')", "return print(n)", "return 1.5", "return n / 2", "return n ** 2", "return n << 1",
                "return n & 1", "return ~n", "return +n", "return {n}", "return {n: n}", "return b'A'", "return f'{n}'",
                "return '%d' % n", "return lambda: n", "return (yield n)", "return [*[n]]", "return max(n, n, key=abs)",
                "return (x for x in [n])", "return {x for x in [n]}", "return [x async for x in [n]]",
                "return [x for x in [n] for y in [n]]", "return n < 1 < 2",
                "return n is n", "return (m := n)", "return range(n)", "m = range(n)", "return [range(n)]", "return ...",
                "m, k = n, n", "m = k = n", "m[0] = n", "m.k = n", "m: int = n", "del n", "assert n", "raise n", "global m",
                "import os", "print(n)", "with n: pass", "def g(): pass", "class C: pass", "try: pass\n    finally: pass",
                "break", "continue", "match n:\n        case 1: pass", "for x in [n]: pass\n    else: pass", "return m",
                "while n: break\n    else: pass", "for x, y in [n]: pass",
            )
        ),
    ],
)  # fmt: skip
def test_what_it_does_not_know_it_refuses(code: str) -> None:
    with pytest.raises(Unsupported):
        events(code, 3)


@pytest.mark.parametrize(
    "lines",
    [
        ("ys = xs", "ys.append(1)"),
        ("ys = xs", "xs += [1]"),
        ("ys = xs", "ys *= 2"),
        ("ys = [xs]", "xs.append(1)"),
        ("ys = (1, [xs])", "xs.append(1)"),
        ("ys = xs or [1]", "ys.append(1)"),
        ("ys = [xs] * 2", "zs = ys[0]", "zs.append(1)"),
        ("xs.append(xs)",),
        ("for x in xs:", "    xs.append(1)"),
        ("ys = [xs]", "for x in ys:", "    x.append(1)"),
        ("xs += 'AB'",),
    ],
)
def test_a_list_with_two_names_is_not_changed_under_one_of_them(lines: tuple[str, ...]) -> None:
    """Python would change it under both, and what a line changes is one variable here."""
    with pytest.raises(Unsupported):
        events(program(*lines, "return xs", head="def f(xs):"), [1, 2])


@pytest.mark.parametrize(
    "value", [1.5, {1}, {1: 2}, b"A", [1.5], [[{}]], range(3), 10**100, "A" * 2_000, [1] * 2_000, print]
)
def test_values_of_other_kinds_and_sizes_are_refused(value: object) -> None:
    code = program("return 1")
    with pytest.raises(Unsupported):
        events(code, value)
    with pytest.raises(Unsupported):
        small_python.result_from(code, "f", 2, {"n": value})


HOSTILE = [
    ("while 1:", "    pass"),
    ("while 1:", "    n += 1"),
    ("while 1:", "    n *= n"),
    ("while 1:", "    n = n * n * n * n * n * n * n"),
    ("n = 'a' * 10",  "while 1:", "    n = n + n"),
    ("n = 'ab'", "while 1:", "    n += n"),
    ("n = 'ab'", "while 1:", "    n = n.replace('a', 'aaaaaaaa')"),
    ("n = [1]", "while 1:", "    n = n + n"),
    ("n = [1]", "while 1:", "    n.append(1)"),
    ("n = [1]", "while 1:", "    n = [n, n]"),
    ("n = [1]", "while 1:", "    n = [n]"),
    ("n = (1,)", "while 1:", "    n = (n, n)"),
    ("n = ['a' * 999]", "while 1:", "    n = n * 999"),
    ("n = 'a' * 10000000000", "n = 1"),
    ("n = 10000000000 * [1]",),
    ("n = [[1] * 900 for x in range(900)]",),
    ("n = [['a' * 900] * 900] * 900",),
    ("n = [[[[1 for a in range(900)] for b in range(900)] for c in range(900)] for d in range(900)]",),
    ("n = sum([sum([sum([1 for a in range(900)]) for b in range(900)]) for c in range(900)])",),
    ("n = [max([y for y in range(999)]) for x in range(999)]",),
    ("n = len([1 for x in range(999) if len(sorted(list(range(999)))) > x])",),
    ("n = list(range(10000000000))",),
    ("n = len(range(" + "9" * 300 + "))",),
    ("for x in range(10000000000):", "    n += x"),
    ("n = 10 ** 10 ** 10",),
    ("n = 'a' * 900 + 'b' * 900",),
    ("n = 'abc'.replace('', 'a' * 900)",),
    ("n = " + "9" * 3_900,),
    ("n = " + "(" * 1_900 + "1" + ")" * 1_900,),
    ("n = " + "[" * 1_900 + "]" * 1_900,),
    ("n = " + "-" * 3_900 + "1",),
    ("n = " + "not " * 900 + "1",),
    ("n = " + "n + " * 900 + "1",),
    ("n = n" + "[0]" * 1_200,),
    tuple(f"{' ' * i}if n:" for i in range(80)) + (" " * 80 + "n = 1",),
    ("if n: pass",) + ("elif n: pass",) * 250,
    ("x" * 5_000,),
]  # fmt: skip


@pytest.mark.parametrize("lines", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_programs_come_to_an_end(lines: tuple[str, ...]) -> None:
    with at_most(10):
        code = program(*lines)
        for made in (code, code.replace("while 1", "while len('ab') == 2")):
            try:
                found = events(made, 0)
            except Unsupported:
                continue
            assert len(found) <= MAX_EVENTS + 2
            assert all(len(written(event)) < 100 * MAX_ITEMS for event in found)


def test_it_refuses_within_its_bounds_and_not_before() -> None:
    assert small_python.result(program("return 'a' * 999"), "f", (1,)) == "a" * 999
    assert small_python.result(program("for x in range(190):", "    n += x", "return n"), "f", (1,)) == 17_956
    with pytest.raises(Unsupported, match="too many steps"):
        small_python.result(program("for x in range(200):", "    n += x", "return n"), "f", (1,))


def told(code: str, *args: Value, **claims: Event | None) -> list[str]:
    """Return the lines of a run in which the events of some lines (`line_3`) come otherwise."""
    run, sent = small_python.run(code, "f", args), None
    lines: list[str] = []
    while True:
        try:
            event = run.send(sent)
        except StopIteration:
            return lines
        sent = claims.pop(f"line_{event.line}", None)
        lines.append(written(sent or event))


def test_it_goes_on_from_what_is_claimed() -> None:
    code = program("t = n + 1", "if t > 5:", "    t = 0", "for x in [t]:", "    t += x", "return t")
    claim = Event(kind="set", line=2, source="t = n + 1", changes=(("t", "9"),))
    assert told(code, 1, line_2=claim)[2:4] == ["Line 3, `if t > 5`: true.", "Line 4, `t = 0`: t = 0."]
    test = Event(kind="test", line=3, source="if t > 5", value="true")
    assert told(code, 1, line_3=test)[3] == "Line 4, `t = 0`: t = 0."
    turn = Event(kind="loop", line=5, source="for x in [t]", changes=(("x", "7"),))
    assert told(code, 1, line_5=turn)[-1] == "Line 7, `return t`: returns 9."
    call = Event(kind="call", name="f", changes=(("n", "4"),))
    assert told(code, 1, line_0=call)[1] == "Line 2, `t = n + 1`: t = 5."


def test_a_claim_about_another_kind_of_value_may_end_in_an_exception() -> None:
    claim = Event(kind="set", line=2, source="t = n + 1", changes=(("t", "'A'"),))
    lines = told(program("t = n + 1", "return t + 1"), 1, line_2=claim)
    assert lines[-1] == 'Line 3, `return t + 1`: raises TypeError: can only concatenate str (not "int") to str.'


@pytest.mark.parametrize("text", ["1.5", "{1}", "[" * 40 + "]" * 40, "'" + "A" * 2_000 + "'"])
def test_a_claim_that_nothing_can_go_on_from_is_refused(text: str) -> None:
    claim = Event(kind="set", line=2, source="t = n", changes=(("t", text),))
    with pytest.raises(Unsupported):
        told(program("t = n", "return t"), 1, line_2=claim)


def test_arguments_are_not_changed() -> None:
    xs: list[Value] = [1]
    assert small_python.result(program("xs.append(2)", "xs += [3]", "return xs", head="def f(xs):"), "f", (xs,)) == [
        1,
        2,
        3,
    ]
    assert xs == [1]


def test_a_call_that_raises_says_so() -> None:
    code = program("return n // 0")
    with pytest.raises(Raises, match="^ZeroDivisionError: "):
        small_python.result(code, "f", (1,))
    with pytest.raises(Raises, match="^ZeroDivisionError: "):
        small_python.result_from(code, "f", 2, {"n": 1})


@pytest.mark.parametrize("line", [-1, 0, 1, 4, 9, 10**30])
def test_a_run_begins_only_at_a_statement_of_the_functions_own(line: int) -> None:
    code = program("t = 0", "while n:", "    n -= 1", "return t")
    assert small_python.result_from(code, "f", 3, {"n": 1, "t": 2}) == 2
    with pytest.raises(Unsupported):
        small_python.result_from(code, "f", line, {"n": 1, "t": 2})


WORDS = (
    "n xs s x 0 1 2 10 'A' ' [ ] ( ) , : + - * // % < == = += . append upper replace len range for in if else and not return "
    "while [0] [:1] [x for"
)


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS.split()), max_size=25), st.sampled_from([3, "AB", [1, 2]]))
def test_any_program_runs_as_in_python_or_is_refused(words: list[str], value: Value) -> None:
    code = "def f(n):\n    s = n\n    xs = [n]\n    " + " ".join(words)
    try:
        ast.parse(code)
        found = small_python.result(code, "f", (value,))
    except (Unsupported, SyntaxError, Raises):
        return
    names: dict[str, Any] = {}
    exec(code, names)  # nothing but these words, and it ended within the interpreter's bounds
    assert repr(names["f"](value)) == repr(found)
