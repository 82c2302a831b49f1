"""The walls around Lean where this is no administrator: Lean starts threads behind them, and checks end with all they started."""

import subprocess
import sys

import pytest

from pipeline.code import ROOT

_AS_NOBODY = """
import ctypes, os, tempfile, threading
from verifiers.lean import walls

folder = tempfile.mkdtemp()
os.chmod(folder, 0o777)
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # dumpable again, or its own /proc is closed to it
around = walls.confine(folder)
thread = threading.Thread(target=lambda: None)
thread.start()
thread.join()
pid = walls.fork(around)
if pid == 0:
    os._exit(0 if around.pid_namespace is None or os.getpid() == 1 else 1)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), *around.layers)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are Linux's")
def test_a_mere_user_has_walls_behind_which_threads_start() -> None:
    ran = subprocess.run([sys.executable, "-c", _AS_NOBODY], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    code, *layers = ran.stdout.split()
    assert code == "0"
    assert "rlimits" in layers
    if "user" in layers:
        assert {"net", "pid"} <= set(layers)
