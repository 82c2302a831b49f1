"""A program behind walls: started by `process.run` in a process of its own, it forks once more, waits, and says how it ended.

The program may write `.ran` too, but it is dead before the launcher does.
"""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

from verifiers.lean import walls
from verifiers.lean.fork_server import wait_for


def main(arguments: Sequence[str]) -> None:
    """Run `arguments[2:]` in the folder `arguments[0]` under the limits `arguments[1]` (JSON of `rows.Limits`)."""
    folder, limits, command = arguments[0], json.loads(arguments[1]), arguments[2:]
    around = walls.confine(None)
    report = Path(folder, ".ran")
    start = time.monotonic()
    pid = walls.fork(around)
    if pid == 0:
        _start(around, folder, limits, command)
    ended, code, seconds = wait_for(pid, None, start + limits["wall_s"])
    walls.reap_strays()
    report.unlink(missing_ok=True)
    report.write_text(json.dumps([ended, code, seconds]))


def _start(around: walls.Walls, folder: str, limits: dict[str, float], command: Sequence[str]) -> None:
    """Become the program. Never returns."""
    try:
        walls.enter(around, folder, limits, same_user=True)
        os.execvp(command[0], list(command))  # noqa: S606  # the caller's own toolchain
    except OSError as error:
        os.write(2, f"cannot start {command[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)
