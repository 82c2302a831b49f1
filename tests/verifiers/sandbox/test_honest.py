"""The walls are not in the way of programs that mean no harm."""

import pytest

from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Call, Program

PROGRAMS: dict[str, tuple[str, object]] = {
    "asyncio": ("import asyncio\nasync def g(): await asyncio.sleep(0)\ndef f(): return asyncio.run(g())", None),
    "threads": (
        "from concurrent.futures import ThreadPoolExecutor as T\ndef f():\n    with T(4) as t: return list(t.map(abs, (-1, 2)))",
        [1, 2],
    ),
    "processes": (
        "import multiprocessing as m\ndef g(x): return x * x\ndef f():\n    with m.Pool(2) as p: return p.map(g, [1, 2])",
        [1, 4],
    ),
    "pipes": (
        "import os\ndef f():\n    r, w = os.pipe()\n    if not os.fork():\n        os._exit(os.write(w, b'hi'))\n"
        "    os.wait()\n    return os.read(r, 9)",
        b"hi",
    ),
    "temporary files": (
        "import tempfile, os\ndef f():\n    with tempfile.TemporaryDirectory() as t:\n        open(t + '/a', 'w').close()\n"
        "        return os.listdir(t)",
        ["a"],
    ),
    "data classes": (
        "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom typing import get_type_hints\n"
        "@dataclass(slots=True)\nclass A:\n    x: int\ndef f(): return A(3).x, get_type_hints(A)['x'] is int",
        (3, True),
    ),
    "pickles": ("import pickle\nclass A: pass\ndef f(): return type(pickle.loads(pickle.dumps(A()))).__name__", "A"),
    "a clock": (
        "import signal, time\nclass T(Exception): pass\ndef h(*a): raise T\ndef f():\n    signal.signal(signal.SIGALRM, h)\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0.02)\n    try: time.sleep(9)\n    except T: return 'rang'",
        "rang",
    ),
    "deep recursion": (
        "import sys\nsys.setrecursionlimit(10**6)\ndef g(n): return n and 1 + g(n - 1)\ndef f(): return g(20_000)",
        20_000,
    ),
    "devices": ("def f(): return len(open('/dev/urandom', 'rb').read(4)), open('/dev/null', 'w').write('x')", (4, 1)),
    "unicode": ("def f(): return open('/tmp/\\u00e9', 'w').write('\\u00e9')", 1),
    "the library": (
        "import sqlite3, unittest, logging, uuid, decimal, fractions, statistics, hashlib, csv, xml.etree.ElementTree\n"
        "def f(): return sqlite3.connect(':memory:').execute('select 1 + 1').fetchall()",
        [(2,)],
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_works(sandbox: Sandbox, name: str) -> None:
    if "tmpfs" not in sandbox.layers and name in ("processes", "temporary files", "unicode"):
        pytest.skip("nothing may be written here")
    code, expected = PROGRAMS[name]
    run = sandbox.run(Program(code=code, entry_point="f"), (Call(args=()),))
    assert (run.status, run.reason) == ("done", "")
    assert [(one.value, one.error) for one in run.returned] == [(expected, None)]
