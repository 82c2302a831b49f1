"""Look at processes, in tests of what becomes of them."""

import os
import time
from collections.abc import Callable
from pathlib import Path

MARK = "STEPMILL_TEST_MARK"


def marked(mark: str) -> dict[str, str]:
    """Return an environment whose heirs `with_mark` finds."""
    return os.environ | {MARK: mark}


def with_mark(mark: str, command: str) -> list[int]:
    """Return the processes that inherited `mark` and have `command` in their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (
                f"{MARK}={mark}".encode() in (entry / "environ").read_bytes()
                and command in (entry / "cmdline").read_bytes().decode()
            ):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def session(leader: int) -> dict[str, int]:
    """Return the living processes of a session by the last word of their name, such as `EngineCor` (the kernel cuts names)."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            name, _, rest = (entry / "stat").read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue
        state, _, _, its_session = rest.split()[:4]
        if int(its_session) == leader and state != "Z":
            found[name.rpartition("::")[2]] = int(entry.name)
    return found


def gone(pid: int) -> bool:
    """Wait for a process to end, 10 s at most."""
    return waited(lambda: not _lives(pid))


def all_gone(leader: int) -> bool:
    """Wait for every process of a session to end, 10 s at most."""
    return waited(lambda: not session(leader))


def waited(condition: Callable[[], bool]) -> bool:
    """Wait until `condition()` holds, 10 s at most."""
    for _ in range(200):
        if condition():
            return True
        time.sleep(0.05)
    return False


def _lives(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
