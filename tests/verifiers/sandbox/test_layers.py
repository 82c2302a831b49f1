"""Every rung of the ladder that this machine has holds, and what is missing is named."""

import pytest

from schemas.errors import ConfigError
from verifiers.sandbox import layers
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Call, Config, Limits, Program

HARM = {
    "shadow": "def f(): return open('/etc/shadow').read()",
    "socket": "import socket\ndef f():\n    try: socket.socket()\n    except OSError: pass",
    "shell": "import os\ndef f(): return os.system('true')",
    "unshare": "import ctypes\ndef f(): return ctypes.CDLL(None).unshare(0x10000000)",
    "write": "def f(): open('/usr/lib/x', 'w')",
    "parent": "import os\ndef f(): os.kill(os.getppid(), 9)",
    "everybody": "import os\ndef f(): os.kill(-1, 9)",
    "bomb": "import os\nwhile 1:\n    try: os.fork()\n    except OSError: pass",
}
BLOCKED = {"socket", "shell", "unshare"}


@pytest.mark.parametrize("rung", layers.RUNGS)
def test_a_rung_holds(rung: str) -> None:
    found = layers.probe(layers.RUNGS[rung])
    if found.rung != rung:
        pytest.skip(f"no such rung here: {found.missing}")
    with Sandbox(Config(layers=layers.RUNGS[rung])) as sandbox:
        assert sandbox.layers == found.layers
        for name, code in HARM.items():
            program = Program(code=code, entry_point="f")
            run = sandbox.run(program, (Call(args=()),), Limits(cpu_s=0.5, wall_s=1.0))
            if name in BLOCKED:
                assert run.status == "blocked", (name, run)
            elif name == "bomb":
                assert run.status in ("limit", "timeout"), run
            elif name in ("shadow", "write"):
                assert [one.kind for one in run.returned] == ["raised"], (name, run)
            good = sandbox.run(Program(code="def f(x): return x", entry_point="f"), (Call(args=([name],)),))
            assert [one.value for one in good.returned] == [[name]], (name, good)


def test_what_is_switched_off_is_named() -> None:
    full = layers.probe()
    if "net" not in full.layers:
        pytest.skip("no network namespaces here")
    found = layers.probe(tuple(one for one in full.layers if one != "net"))
    assert found.missing["net"] == "switched off"
    assert "net" not in found.layers


def test_nothing_confines_without_a_filter() -> None:
    found = layers.probe(("rlimits",))
    assert not found.confined
    assert set(found.missing) >= {"seccomp", "landlock", "pid"}
    with pytest.raises(ConfigError, match="unconfined"):
        Sandbox(Config(layers=("rlimits",)))
    with Sandbox(Config(layers=("rlimits",), unconfined=True)) as sandbox:
        run = sandbox.run(Program(code="def f(): return 1", entry_point="f"), (Call(args=()),))
        assert (run.status, run.layers) == ("done", ("rlimits",))


def test_every_layer_has_a_remedy() -> None:
    named = {name for rung in layers.RUNGS.values() for name in rung}
    found = layers.Found(rung="", layers=(), missing=dict.fromkeys(named, "gone"))
    assert {name for name, remedy in found.remedies().items() if not remedy} == {"rlimits"}
