"""Assert-style tests in a process of their own: every style of them, who is to blame, and that nobody is fooled."""

from collections.abc import Iterator

import pytest

from verifiers.programs.judgement import AssertTests, CodeVerdict, check_tests
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Config, Limits, Program

ADD = "def add(a, b):\n    return a + b\n"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Config(unconfined=True)) as sandbox:
        yield sandbox


def judged(sandbox: Sandbox, code: str, test: str, *, prompt: str = "", entry_point: str = "add") -> CodeVerdict:
    program = Program(code=code, entry_point=entry_point)
    return check_tests(sandbox, program, AssertTests(code=test, prompt=prompt), Limits(cpu_s=2.0))


@pytest.mark.parametrize(
    "test",
    [
        "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(a='x', b='y') == 'xy'",
        "def check(candidate):\n    assert candidate(1, 2) == 3\ncheck(add)",
        "assert add(1, 2) == 3\nassert add([1], [2]) == [1, 2]",
        "def test_one():\n    assert add(1, 2) == 3\ndef test_two(candidate):\n    assert candidate(1.5, 2) == 3.5",
        "import unittest\nclass T(unittest.TestCase):\n    def setUp(self):\n        self.x = 1\n"
        "    def test_it(self):\n        self.assertEqual(add(self.x, 2), 3)\n        with self.assertRaises(TypeError):\n"
        "            add(1, 'a')",
        "def check(candidate):\n    try:\n        candidate(1, 'a')\n    except TypeError:\n        return\n    assert False",
        "import random\ndef check(candidate):\n    for _ in range(200):\n        x = random.randint(-9, 9)\n"
        "        assert candidate(x, -x) == 0",
        "def check(candidate):\n    assert candidate((1,), (2,)) == (1, 2) and candidate({1: 2}, {}) is None",
    ],
    ids=["check", "called", "script", "functions", "unittest", "raises", "random", "lazy"],
)
def test_every_style_of_tests(sandbox: Sandbox, test: str) -> None:
    code = "def add(a, b):\n    return None if isinstance(a, dict) else a + b\n"
    verdict = judged(sandbox, code, test)
    assert verdict.status == "pass", verdict
    assert judged(sandbox, "def add(a, b):\n    return a\n", test).status in ("fail", "error")


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("def add(a, b):\n    return 2 * a", "fail", "line 3: assert candidate(1, 2) == 3; add(1, 2) was 2"),
        ("def add(a, b):\n    return None", "fail", "line 2: assert abs(candidate(1, 1) - 2) < 1"),
        ("def add(a, b):\n    raise KeyError('k')", "error", "add(1, 1) raised KeyError"),
        ("def add(a, b):\n    assert False", "error", "add(1, 1) raised AssertionError"),
        ("def add(a, b):\n    while True: pass", "timeout", "out of time"),
        ("import os\ndef add(a, b):\n    os._exit(0)", "error", ""),
        ("import sys\ndef add(a, b):\n    sys.exit(0)", "error", ""),
        ("raise SystemExit", "error", "SystemExit"),
        ("def sub(a, b):\n    return a", "error", "add"),
        ("class A:\n    def __eq__(self, o): return True\ndef add(a, b):\n    return A()", "fail", "no plain value: A"),
        ("def add(a, b):\n    return [{1: {add}}]", "fail", "no plain value: function"),
        (
            "import socket\ndef add(a, b):\n    try:\n        socket.socket()\n    except OSError:\n        return a + b",
            "blocked",
            "socket",
        ),
        ("def add(a, b):\n    x = [0]\n    while True: x += x", "limit", "memory"),
        ("def add(a, b):\n    while True: print('x' * 10**4)", "limit", "output"),
    ],
)
def test_wrong_programs(sandbox: Sandbox, code: str, status: str, said: str) -> None:
    test = "def check(candidate):\n    assert abs(candidate(1, 1) - 2) < 1\n    assert candidate(1, 2) == 3\n"
    verdict = judged(sandbox, code, test)
    assert verdict.status == status, verdict
    assert said in verdict.reason


FAKES = {
    "equal to everything": "class A:\n    def __eq__(self, o): return True\n    def __ne__(self, o): return False\n"
    "def add(a, b):\n    return A()",
    "an int that is equal to everything": "class A(int):\n    def __eq__(self, o): return True\ndef add(a, b):\n    return A(0)",
    "patched builtins": "import builtins\n"
    "builtins.abs = lambda x: 0\nbuiltins.AssertionError = Exception\ndef add(a, b):\n    return 0",
    "frames": "import sys\ndef add(a, b):\n    f = sys._getframe()\n    while f:\n        f.f_globals['check'] = print\n"
    "        f.f_globals['ASKED'] = ('add(1,1)', '', 'add', 0)\n        f = f.f_back\n    return 0",
    "a verdict of its own": "import os\ndef add(a, b):\n    for fd in range(1, 30):\n        try:\n"
    '            os.write(fd, b\'{"outcome": "passed"}\')\n        except OSError: pass\n    return 0',
    "the first exit": "import atexit, os\natexit.register(os._exit, 0)\ndef add(a, b):\n    raise SystemExit(0)",
}


@pytest.mark.parametrize("name", FAKES)
def test_a_fake_is_not_accepted(sandbox: Sandbox, name: str) -> None:
    test = "def check(candidate):\n    assert candidate(1, 1) == 2\n    assert candidate(1, 2) == 3\n"
    verdict = judged(sandbox, FAKES[name], test)
    assert verdict.status not in ("pass", "flaky"), verdict
    assert judged(sandbox, ADD, test).status == "pass", "the worker is as before"


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("def check(candidate):\n    assert candidate(1, 2) == tree", ""),
        ("def check(candidate:\n    pass", "SyntaxError"),
        ("import nothing_of_that_name\nassert add(1, 2) == 3", "nothing_of_that_name"),
        ("def check(candidate):\n    pass", "never call add"),
        ("x = [1][2]\nassert add(1, 2) == 3", "IndexError"),
        ("raise SystemExit", "SystemExit"),
        ("", "never call add"),
    ],
)
def test_broken_tests_judge_nobody(sandbox: Sandbox, test: str, said: str) -> None:
    verdict = judged(sandbox, ADD, test)
    assert verdict.status == ("infra" if said else "fail"), verdict
    assert said in verdict.reason


def test_names_of_the_prompt_are_trusted_and_names_of_the_program_are_named(sandbox: Sandbox) -> None:
    prompt = "def twice(x):\n    return 2 * x\n\ndef add(a, b):\n    '''Add.'''\n"
    test = "def check(candidate):\n    assert candidate(1, 1) == twice(1)\n"
    assert judged(sandbox, prompt + "    return a + b", test, prompt=prompt).reason == "the tests passed, 1 call"
    without = judged(sandbox, prompt + "    return a + b", test)
    assert (without.status, without.reason) == ("pass", "the tests passed, 2 calls; taken from the program: twice")
    fake = "def twice(x):\n    return 0\n\ndef add(a, b):\n    return 0\n"
    assert judged(sandbox, fake, test, prompt=prompt).status == "fail"
    assert judged(sandbox, ADD, "assert add(1, 1) == 2", prompt="Add two numbers.").status == "pass"
    assert judged(sandbox, ADD, "assert add(1, 1) == 2", prompt="def add(a, b):").status == "pass"


def test_methods(sandbox: Sandbox) -> None:
    code = "class Solution:\n    def add(self, a, b):\n        return a + b\n"
    for test in ("def check(candidate):\n    assert candidate(1, 2) == 3", "assert Solution().add(1, 2) == 3"):
        assert judged(sandbox, code, test, entry_point="Solution.add").status == "pass"


def test_a_program_that_remembers_is_flaky(sandbox: Sandbox) -> None:
    code = "n = 0\ndef add(a, b):\n    global n\n    n += 1\n    return n"
    test = "def test_a():\n    assert add(0, 0) == 1\ndef test_b():\n    assert add(0, 1) == 2"
    assert judged(sandbox, code, test).status == "flaky"
