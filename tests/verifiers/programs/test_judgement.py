"""Verdicts on real programs in the real sandbox: words, reasons, second runs."""

from collections.abc import Iterator
from typing import Any

import pytest

from schemas.verdict import Outcome
from verifiers.programs.judgement import (
    STATUSES,
    AssertTests,
    Cases,
    CodeVerdict,
    check_cases,
    check_tests,
    once,
)
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Call, Config, Limits, Program, Value

QUICK = Limits(cpu_s=1.0)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Config(unconfined=True)) as sandbox:
        yield sandbox


def cases(*pairs: tuple[list[Any], Any]) -> Cases:  # Any: plain values
    return Cases(calls=tuple(Call(args=tuple(args)) for args, _ in pairs), expected=tuple(value for _, value in pairs))


def judged(sandbox: Sandbox, code: str, *pairs: tuple[list[Any], Any], entry_point: str = "f") -> CodeVerdict:
    return check_cases(sandbox, Program(code=code, entry_point=entry_point), cases(*pairs), QUICK)


def test_what_each_status_counts_as() -> None:
    counted: dict[Outcome, set[str]] = {"accepted": set(), "rejected": set(), "undecided": set()}
    for status, outcome in STATUSES.items():
        counted[outcome].add(status)
    assert counted == {
        "accepted": {"pass"},
        "rejected": {"fail", "error", "timeout", "limit", "blocked"},
        "undecided": {"flaky", "infra"},
    }


def test_a_right_program_passes_and_says_what_it_cost_and_what_confined_it(sandbox: Sandbox) -> None:
    verdict = judged(sandbox, "def f(x, y):\n    return (x + y, {x, y})", ([1, 2], [3, [2, 1]]), ([0, 5], [5, [0, 5]]))
    assert (verdict.status, verdict.outcome, verdict.layers) == ("pass", "accepted", sandbox.layers)
    assert verdict.reason == "2 calls returned what was expected"
    assert 0 < verdict.cpu_s < 2


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("def f(x):\n    return x", "fail", "f(2) is wrong: expected 4, got 2"),
        ("def f(x):\n    return 4 if x == 2 else None", "fail", "f(3) is wrong: expected 9, got None"),
        ("def f(x):\n    return 4 // (x - 3) * -1", "error", "f(3) raised ZeroDivisionError"),
        ("def f(x):\n    raise ValueError('no \\ud800\\n way')", "error", "f(2) raised ValueError: no"),
        ("def f(x:\n    return x * x", "error", "SyntaxError"),
        ("1 / 0\ndef f(x):\n    return x * x", "error", "ZeroDivisionError"),
        ("import sys\nsys.exit(0)", "error", "SystemExit"),
        ("import os\nos._exit(0)", "error", ""),
        ("import os\ndef f(x):\n    os._exit(0)", "error", ""),
        ("def g(x):\n    return x * x", "error", "f"),
        ("def f(x):\n    while True: pass", "timeout", "out of time: cpu"),
        (
            "class Same:\n    def __eq__(self, other): return True\n    __hash__ = None\ndef f(x):\n    return Same()",
            "fail",
            "f(2) returned no plain value",
        ),
        (
            "class N(int):\n    def __eq__(self, o): return True\ndef f(x):\n    return N(x)",
            "fail",
            "f(2) returned no plain value",
        ),
        ("def f(x):\n    return x if x is f else [lambda: 1]", "fail", "f(2) returned no plain value"),
    ],
)
def test_wrong_programs(sandbox: Sandbox, code: str, status: str, said: str) -> None:
    verdict = judged(sandbox, code, ([2], 4), ([3], 9))
    assert verdict.status == status, verdict
    assert said in verdict.reason and "\n" not in verdict.reason
    verdict.reason.encode()


def test_a_program_that_is_right_once_is_flaky(sandbox: Sandbox) -> None:
    counter = "calls = 0\ndef f(x):\n    global calls\n    calls += 1\n    return calls"
    verdict = judged(sandbox, counter, ([7], 1), ([7], 2), ([8], 3))
    assert (verdict.status, verdict.outcome) == ("flaky", "undecided")
    assert "another hash seed and order: fail, f(8) is wrong: expected 3, got 1" in verdict.reason
    program = Program(code="def f(xs):\n    return list(set(xs))", entry_point="f")
    words: list[Value] = [f"w{i}" for i in range(40)]
    order = sandbox.run(program, (Call(args=(words,)),), QUICK, seed=0).returned[0].value
    assert check_cases(sandbox, program, cases(([words], order)), QUICK).status == "flaky"


def test_one_run_costs_half_and_is_never_flaky(sandbox: Sandbox) -> None:
    program = Program(code="n = 0\ndef f():\n    global n\n    n += 1\n    return n", entry_point="f")
    assert once(sandbox, program, cases(([], 1), ([], 2)), QUICK).status == "pass"
    assert once(sandbox, program, cases(([], 1), ([], 2)), QUICK, seed=1).status == "pass"


def test_methods_and_fresh_arguments(sandbox: Sandbox) -> None:
    code = "class Solution:\n    def twoSum(self, xs):\n        xs.append(1)\n        return len(xs)"
    verdict = judged(sandbox, code, ([[1]], 2), ([[1, 2]], 3), entry_point="Solution.twoSum")
    assert verdict.status == "pass", verdict


def test_nothing_to_judge_by_is_no_pass(sandbox: Sandbox) -> None:
    assert judged(sandbox, "def f(): pass").status == "infra"
    lopsided = Cases(calls=(Call(args=()),), expected=())
    assert check_cases(sandbox, Program(code="def f(): pass", entry_point="f"), lopsided).status == "infra"


def test_a_long_complaint_is_shortened(sandbox: Sandbox) -> None:
    verdict = judged(sandbox, "def f(x):\n    raise ValueError('x' * 10**5)", ([list(range(1000))], 0))
    assert verdict.status == "error" and len(verdict.reason) <= 400


EXPECTS = "def check(candidate):\n    try:\n        candidate({})\n    except {}:\n        return\n    assert False\n"


@pytest.mark.parametrize(
    ("code", "test", "status"),
    [
        # What the tests take for the program's exception is its unplain value, or their own argument.
        ("def f(x): return object()", EXPECTS.format("'a'", "TypeError"), "fail"),
        ("def f(x): return 0", EXPECTS.format("object()", "Exception"), "infra"),
        # A loop of the tests that StopIteration ended.
        (
            "def f(x): raise StopIteration",
            "def check(candidate):\n    for got, want in zip(map(candidate, [1, 2]), [2, 4]):\n        assert got == want\n",
            "infra",
        ),
        # Tests that would not have been run.
        ("def f(x): return 1", "def test_a(): assert f(1) == 1\nclass TestB:\n    def test_b(self): assert f(2) == 4", "fail"),
        ("def f(x): return 1", "def test_a(): assert f(1) == 1\nasync def test_b(): assert f(2) == 4", "fail"),
        ("def f(x): return 1", "def test_a(): assert f(1) == 1\ndef test_b():\n    yield f(2) == 4", "infra"),
        ("def f(x): return 1", "def check(c): assert c(1) == 1\ndef test_b(): assert f(2) == 4", "fail"),
        # Exceptions keep their ancestry, dicts of `collections` their contents.
        ("class Foo(Exception): pass\ndef f(x): raise Foo('x')", EXPECTS.format("1", "RuntimeError"), "error"),
        ("import json\ndef f(x): return json.loads(x)", EXPECTS.format("'{'", "ValueError"), "pass"),
        ("class Bad(KeyError): pass\ndef f(x): raise Bad(x)", EXPECTS.format("1", "LookupError"), "pass"),
        (
            "from collections import defaultdict\ndef f(x): return defaultdict(int, a=x)",
            "assert f(2) == {'a': 2}",
            "pass",
        ),
        (
            "import threading\ndef f(n):\n    b = threading.Barrier(n)\n"
            "    t = [threading.Thread(target=b.wait) for _ in range(n)]\n"
            "    [one.start() for one in t]\n    [one.join(5) for one in t]\n    return n",
            "assert f(12) == 12",
            "pass",
        ),
    ],
)  # fmt: skip
def test_tests_that_may_be_taken_in(sandbox: Sandbox, code: str, test: str, status: str) -> None:
    found = check_tests(sandbox, Program(code=code, entry_point="f"), AssertTests(code=test), QUICK)
    assert found.status == status, found.reason


def test_a_whole_number_and_its_neighbour_are_not_close(sandbox: Sandbox) -> None:
    assert judged(sandbox, "def f(x): return x / 1.0 - 1", ([12345678901], 12345678901)).status == "fail"
    assert judged(sandbox, "def f(x): return x / 2", ([8], 4)).status == "pass"
