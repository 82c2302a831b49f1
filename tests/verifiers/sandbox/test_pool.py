"""The sandbox from outside: runs, limits, conversations."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jobs.bench import leftovers
from pipeline.code import ROOT
from schemas.errors import ConfigError
from verifiers.sandbox import layers
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Call, Config, Limits, Program, Run, Value

ANY = Limits()
DOUBLE = Program(code="def f(x):\n    return 2 * x\n", entry_point="f")


def run(sandbox: Sandbox, code: str, *args: Value, limits: Limits = ANY, seed: int = 0, name: str = "f") -> Run:
    return sandbox.run(Program(code=code, entry_point=name), (Call(args=args),), limits, seed=seed)


def test_calls_are_answered_in_order(sandbox: Sandbox) -> None:
    arguments: list[tuple[Value]] = [(1,), ("a",), ([None],), ((1, 2),), (1.5,)]
    found = sandbox.run(DOUBLE, [Call(args=one) for one in arguments])
    assert (found.status, found.reason) == ("done", "")
    assert [one.value for one in found.returned] == [2, "aa", [None, None], (1, 2, 1, 2), 3.0]
    assert found.layers == sandbox.layers
    assert 0 < found.cpu_s < 5 and 0 < found.wall_s < 11


def test_a_call_that_raises_is_answered(sandbox: Sandbox) -> None:
    found = sandbox.run(
        Program(code="def f(x):\n    return {}[x]\n", entry_point="f"), (Call(args=(1,)), Call(args=("a",)))
    )
    assert found.status == "done"
    assert [(one.kind, one.error) for one in found.returned] == [("raised", "KeyError: 1"), ("raised", "KeyError: 'a'")]


def test_what_is_no_plain_value(sandbox: Sandbox) -> None:
    answer = run(sandbox, "class A: pass\ndef f(): return [A()]").returned[0]
    assert (answer.kind, answer.value, answer.error) == ("unplain", None, "A")


def test_names_and_keywords(sandbox: Sandbox) -> None:
    code = (
        "class Solution:\n    n = 0\n    def add(self, a, *, b):\n        self.n += 1\n        return a + b, self.n\n"
    )
    code += "def g(): return 'g'\n"
    program = Program(code=code, entry_point="Solution.add")
    found = sandbox.run(program, (Call(args=(1,), kwargs={"b": 2}),) * 2 + (Call(args=(), name="g"),))
    assert [one.value for one in found.returned] == [(3, 1), (3, 1), "g"]


def test_arguments_are_new_for_each_call(sandbox: Sandbox) -> None:
    shared: list[Value] = [0]
    program = Program(code="def f(a, b):\n    a.append(1)\n    return a is b, a, b\n", entry_point="f")
    found = sandbox.run(program, (Call(args=(shared, shared)),) * 2)
    assert [one.value for one in found.returned] == [(False, [0, 1], [0])] * 2


def test_it_is_not_the_main_module(sandbox: Sandbox) -> None:
    code = "import sys\nwhere = __name__\nif __name__ == '__main__':\n    raise SystemExit\n"
    code += "def f(): return where, where in sys.modules"
    assert run(sandbox, code).returned[0].value == ("program", True)


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        ("def f(:", "error", "SyntaxError"),
        ("x = 1 / 0", "error", "ZeroDivisionError: division by zero at import"),
        ("g = 1", "error", "no 'f'"),
        ("import sys; sys.exit()", "error", "SystemExit at import"),
        ("def f(): raise SystemExit", "error", "SystemExit in a call"),
        ("import os; os._exit(0)", "error", "exit 0 before the last answer"),
        ("def f(): import ctypes; ctypes.string_at(0)", "error", "signal 11"),
        ("x = [0] * 10**10", "limit", "memory"),
        ("def f(): return [0] * 10**10", "limit", "memory"),
        ("while 1: print('x' * 1000)", "limit", "output"),
        ("def f(): return 'x' * (9 << 20)", "limit", "output"),
        ("x = '" + "x" * (1 << 20) + "'", "limit", "source"),
        ("while 1: pass", "timeout", "cpu"),
        ("import time; time.sleep(99)", "timeout", "wall"),
        ("import socket; socket.socket()", "blocked", "socket"),
        ("x = '\ud800'", "error", "UnicodeEncodeError"),
        ("x = '\0'", "error", "null byte"),
    ],
)
def test_how_a_run_ends(sandbox: Sandbox, code: str, status: str, reason: str) -> None:
    found = run(sandbox, code, limits=Limits(cpu_s=0.2, wall_s=0.4))
    assert (found.status, found.returned) == (status, ())
    assert reason in found.reason


def test_answers_that_came_in_time_are_kept(sandbox: Sandbox) -> None:
    program = Program(code="def f(x):\n    while x == 2: pass\n    return x\n", entry_point="f")
    found = sandbox.run(program, [Call(args=(value,)) for value in (0, 1, 2, 3)], Limits(cpu_s=0.2))
    assert (found.status, found.reason) == ("timeout", "cpu")
    assert [one.value for one in found.returned] == [0, 1]


def test_output_is_counted(sandbox: Sandbox) -> None:
    found = run(sandbox, "import os\ndef f(): os.write(1, b'x' * 1000); os.write(2, b'y' * 500)")
    assert (found.status, found.printed) == ("done", 1500)


def test_large_requests_and_answers(sandbox: Sandbox) -> None:
    text = "x" * 3_000_000
    found = sandbox.run(Program(code="def f(x): return x + 'y'", entry_point="f"), (Call(args=(text,)),) * 2)
    assert [one.value for one in found.returned] == [text + "y"] * 2


def test_arguments_that_cannot_be_sent(sandbox: Sandbox) -> None:
    found = sandbox.run(DOUBLE, (Call(args=(object(),)),))  # type: ignore[arg-type]
    assert found.status == "infra"
    assert run(sandbox, DOUBLE.code, 1).status == "done"


def test_the_seed_chooses_the_hashes_and_nothing_else_changes_them(sandbox: Sandbox) -> None:
    code = "import random\ndef f(): return hash('a'), random.random()"
    first, second = ([run(sandbox, code, seed=seed).returned[0].value for _ in range(2)] for seed in (0, 1))
    assert first[0] == first[1] != second[0] == second[1]


def test_the_collector_works_for_programs(sandbox: Sandbox) -> None:
    assert run(sandbox, "import gc\ndef f(): return gc.isenabled()").returned[0].value is True


TALK = """
def examine():
    found = [call("f", (3,), {}), call("f", ("a",))]
    for args in (((),), (None,), (1, 2)):
        try:
            found.append(call("f", args, {}))
        except Exception as error:
            found.append((type(error).__name__, str(error)))
    return found
"""


def test_tests_call_the_program(sandbox: Sandbox) -> None:
    code = "class Odd(Exception): pass\ndef f(x):\n    if x == (): raise Odd('o')\n    return x * 2"
    one, other = sandbox.converse(
        Program(code=code, entry_point="f"), Program(code=TALK, entry_point="examine"), seed=1
    )
    assert (one.status, other.status) == ("done", "done")
    assert [answer.kind for answer in one.returned] == ["value", "value", "raised", "raised", "raised"]
    value = other.returned[0].value
    assert isinstance(value, list)
    assert value[:3] == [6, "aa", ("Odd", "o")]
    assert [str(one)[:12] for one in value[3:]] == ["('TypeError'"] * 2


def test_an_object_that_equals_everything_never_reaches_the_tests(sandbox: Sandbox) -> None:
    code = "class E:\n    def __eq__(self, other): return True\ndef f(x): return E()"
    one, other = sandbox.converse(Program(code=code, entry_point="f"), Program(code=TALK, entry_point="examine"))
    assert one.status == "done"
    assert (
        (other.status, other.reason) == ("done", "")
        or "TypeError" in other.reason
        or other.returned[0].kind == "raised"
    )
    assert other.returned[0].kind == "raised" and "no plain value: E" in str(other.returned[0].error)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("def f(:", "error"),
        ("import os\ndef f(x): os._exit(0)", "error"),
        ("def f(x):\n    while 1: pass", "timeout"),
        ("import socket\ndef f(x):\n    try: socket.socket()\n    except OSError: pass\n    return 2 * x", "blocked"),
        ("import os\ndef f(x):\n    while 1: os.write(1, b'x' * 65536)", "limit"),
        ("import os\nos.write(4, bytes(100))\ndef f(x): return 1", "error"),
    ],
)
def test_a_conversation_with_a_program_that_fails(sandbox: Sandbox, code: str, status: str) -> None:
    tests = Program(code=TALK, entry_point="examine")
    one, _ = sandbox.converse(Program(code=code, entry_point="f"), tests, Limits(cpu_s=0.2, wall_s=0.5))
    assert one.status == status
    again, other = sandbox.converse(DOUBLE, tests)
    assert (again.status, other.status) == ("done", "done")


def test_tests_that_do_not_end(sandbox: Sandbox) -> None:
    endless = Program(code="def g():\n    while 1: pass", entry_point="g")
    one, other = sandbox.converse(DOUBLE, endless, Limits(cpu_s=0.2))
    assert (one.status, other.status) == ("done", "timeout")


def test_any_number_of_threads_share_the_workers() -> None:
    if not layers.probe().confined:
        pytest.skip("nothing confines a program here")
    with Sandbox(Config(workers=2)) as sandbox, ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda number: run(sandbox, DOUBLE.code, number).returned[0].value, range(60)))
    assert found == [2 * number for number in range(60)]


def test_after_closing_there_is_nothing() -> None:
    if not layers.probe().confined:
        pytest.skip("nothing confines a program here")
    before = threading.active_count()
    sandbox = Sandbox()
    folders = [folder for worker in sandbox.workers if worker.cgroup for folder in worker.cgroup.folders]
    sandbox.close()
    sandbox.close()
    assert threading.active_count() == before
    assert not any(folder.exists() for folder in folders)
    with pytest.raises(RuntimeError):
        run(sandbox, DOUBLE.code, 1)


def test_closing_waits_for_what_runs() -> None:
    if not layers.probe().confined:
        pytest.skip("nothing confines a program here")
    sandbox, began = Sandbox(), threading.Event()
    slow = "import time\n\ndef f():\n    time.sleep(1)\n    return 1\n"

    def go() -> Run:
        began.set()
        return run(sandbox, slow)

    with ThreadPoolExecutor(1) as threads:
        flight = threads.submit(go)
        began.wait()
        time.sleep(0.3)
        sandbox.close()
        assert flight.result().status == "done"
    assert not sandbox.workers


def test_workers_are_counted() -> None:
    with pytest.raises(ConfigError, match="workers"):
        Sandbox(Config(workers=0))


def test_a_zygote_that_dies_is_replaced(sandbox: Sandbox) -> None:
    for pid in sandbox.workers[0].pids:
        os.kill(pid, signal.SIGKILL)
    found = [run(sandbox, DOUBLE.code, 1).status for _ in range(2)]
    assert found[0] in ("infra", "done") and found[1] == "done"


def test_folders_of_the_path_can_be_imported(tmp_path_factory: pytest.TempPathFactory) -> None:
    if not layers.probe().confined:
        pytest.skip("nothing confines a program here")
    folder = tmp_path_factory.mktemp("path")
    (folder / "stepmill_probe.py").write_text("ANSWER = 42\n")
    folder.chmod(0o755)
    with Sandbox(Config(path=(str(folder),))) as sandbox:
        assert run(sandbox, "import stepmill_probe\ndef f(): return stepmill_probe.ANSWER").returned[0].value == 42
        assert run(sandbox, f"def f(): open({str(folder / 'x')!r}, 'w')").returned[0].kind == "raised"


ABANDON = """
import sys
sys.path.insert(0, sys.argv[1])
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Limits, Program
with Sandbox() as sandbox:
    print(*[pid for worker in sandbox.workers for pid in worker.pids], flush=True)
    code = "import os, time\\nos.fork()\\nwhile 1: time.sleep(1)"
    sandbox.run(Program(code=code, entry_point="f"), (), Limits(cpu_s=60.0))
"""


def test_nothing_outlives_a_parent_that_is_killed(sandbox: Sandbox) -> None:
    """A kill leaves the empty cgroup, which the next worker sweeps."""
    command = [sys.executable, "-c", ABANDON, str(ROOT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        watchers = [int(pid) for pid in parent.stdout.readline().split()]
        time.sleep(0.2)  # the run has begun
        family = watchers + [child for pid in watchers for child in leftovers.children(pid)]
        parent.kill()
    assert len(family) == len(watchers) * (2 if "pid" in sandbox.layers else 1)
    end = time.monotonic() + 10
    while (left := [pid for pid in family if _lives(pid)]) and time.monotonic() < end:
        time.sleep(0.02)
    assert not left


def _lives(pid: int) -> bool:
    """Whether a process is more than an entry that nobody has waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
