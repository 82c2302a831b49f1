"""The sandbox against bare forks, fresh interpreters and bubblewrap, in one run on one core; hostile programs; a soak.

A run is one call of a function of two lines, in a process of its own, everything included that a caller pays. Peers: `os.fork`,
`_exit` and `wait` in a process as large as a zygote; `python -I -S` by subprocess; the same inside bubblewrap, null where that is
not installed. Rounds are interleaved and each one's best round counts: other work on the machine only ever slows.

The last line is JSON. `over_*`: how many runs of ours take the time of one of theirs. `extra_input_cost`: the 50th call of a
program over a run of its own. `kill_overhead_s`: the longest time from a limit to the next answer. `hostile_contained` of
`hostile_total`: right verdict, nothing left, the next run sees nothing of it. `fakes_accepted`: programs of any kind that passed.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobs.bench import hostile, leftovers
from verifiers.sandbox.calibration import scale
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Call, Config, Limits, Program

_ROOT = Path(__file__).resolve().parents[2]
_CODE = "def f(x):\n    return x * 2\n"
_PROGRAM = Program(code=_CODE, entry_point="f")
_CALL = (Call(args=(3,)),)
_RUNS = {"ours": 20, "fork": 40, "subprocess": 4, "bwrap": 3, "fifty": 10}
"""Runs of one round: 30 to 60 ms each, short enough for a round that nobody disturbs."""
_FORKER = """
import gc, os, sys, time
sys.path.insert(0, sys.argv[1])
from verifiers.sandbox import walls, zygote
walls.preload(0)
gc.collect(); gc.disable(); gc.freeze()
for line in sys.stdin:
    began = time.perf_counter()
    for _ in range(int(line)):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
    print(time.perf_counter() - began, flush=True)
"""


def main(argv: list[str]) -> int:
    """Print a line per measurement, the result as JSON last."""
    parser = argparse.ArgumentParser(prog="python -m jobs.bench sandbox", description=__doc__)
    parser.add_argument("--rounds", type=int, default=60, help="interleaved rounds of speed (default: %(default)s)")
    parser.add_argument("--soak", type=int, default=0, help="runs of mixed programs on two workers (default: none)")
    parser.add_argument("--no-hostile", action="store_true", help="leave the hostile programs out")
    arguments = parser.parse_args(argv)
    allowed = os.sched_getaffinity(0)
    figures: dict[str, Any] = {}  # Any: JSON
    os.sched_setaffinity(0, {max(allowed)})
    try:
        if arguments.rounds:
            figures |= _speed(arguments.rounds)
    finally:
        os.sched_setaffinity(0, allowed)
    if not arguments.no_hostile:
        figures |= _hostile()
    if arguments.soak:
        figures |= _soak(arguments.soak)
    print(json.dumps(figures))
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# Speed


def _speed(rounds: int) -> dict[str, Any]:
    with Sandbox() as sandbox, _Forker() as forker:
        _say(f"layers: {' '.join(sandbox.layers)}")
        fifty = tuple(Call(args=(number,)) for number in range(50))
        timed: dict[str, Callable[[int], float]] = {
            "ours": lambda count: _timed(lambda: sandbox.run(_PROGRAM, _CALL), count),
            "fork": forker.seconds,
            "fifty": lambda count: _timed(lambda: sandbox.run(_PROGRAM, fifty), count),
            "subprocess": lambda count: _timed(lambda: _interpreter([]), count),
        }
        if shutil.which("bwrap"):
            walls = ["bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--tmpfs", "/tmp"]
            timed["bwrap"] = lambda count: _timed(lambda: _interpreter(walls), count)
        best = dict.fromkeys(timed, float("inf"))
        for index in range(rounds):
            for name, seconds in timed.items():
                if name in ("ours", "fork") or index % 3 == 0:
                    best[name] = min(best[name], seconds(_RUNS[name]) / _RUNS[name])
        _say("microseconds per run: " + ", ".join(f"{name} {seconds * 1e6:,.0f}" for name, seconds in best.items()))
        overhead = max(_kill_overhead(sandbox, code) for code in _ENDLESS)
    ours = best["ours"]
    return {
        "over_fork": round(best["fork"] / ours, 3),
        "over_subprocess": round(best["subprocess"] / ours, 1),
        "over_bwrap": round(best["bwrap"] / ours, 1) if "bwrap" in best else None,
        "extra_input_cost": round((best["fifty"] - ours) / 49 / ours, 4),
        "kill_overhead_s": round(overhead, 3),
        "runs_per_second": round(1 / ours),
    }


def _timed(run: Callable[[], object], count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        run()
    return time.perf_counter() - began


def _interpreter(walls: list[str]) -> None:
    command = [*walls, os.path.realpath(sys.executable), "-I", "-S", "-c", f"{_CODE}\nprint(f(3))"]
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)


class _Forker:
    """A process as large as a zygote that forks on demand."""

    def __enter__(self) -> "_Forker":
        command = [os.path.realpath(sys.executable), "-P", "-s", "-S", "-c", _FORKER, str(_ROOT)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def seconds(self, count: int) -> float:
        """Fork so many times; return how long it took."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(count, file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


_ENDLESS = (
    "while 1: pass",
    "import time\ntime.sleep(100)",
    "import os\nwhile 1:\n    try:\n        os.fork()\n    except OSError:\n        pass",
)
_BRIEF = Limits(cpu_s=0.3, wall_s=0.5)


def _kill_overhead(sandbox: Sandbox, code: str) -> float:
    """Return how long after its limit a run that does not end has been cleared away and the next one has answered."""
    worst = 0.0
    for _ in range(3):
        sandbox.run(_PROGRAM, _CALL)
        began = time.perf_counter()
        run = sandbox.run(Program(code=code, entry_point="f"), _CALL, _BRIEF)
        sandbox.run(_PROGRAM, _CALL)
        taken = time.perf_counter() - began
        # A limit on processor time has no moment on the clock that is known beforehand: what was used is what was waited for.
        worst = max(worst, taken - (run.cpu_s if run.reason == "cpu" else scale() * (_BRIEF.wall_s or 0.0)))
    return worst


# Hostile programs


def _hostile() -> dict[str, Any]:
    contained = accepted = 0
    with Sandbox() as sandbox:
        fresh = [leftovers.probe(sandbox, seed).returned for seed in range(2)]
        before = leftovers.left(sandbox)
        for one in hostile.programs():
            status, reason = hostile.verdict(sandbox, one)
            after, seen = leftovers.left(sandbox), [leftovers.probe(sandbox, seed).returned for seed in range(2)]
            faults = [f"verdict {status} ({reason})"] if status not in one.verdicts else []
            faults += [f"{name}: {before[name]} -> {after[name]}" for name in before if before[name] != after[name]]
            faults += ["the next run sees it"] if seen != fresh else []
            for fault in faults:
                _say(f"{one.name}: {fault}")
            contained += not faults
            accepted += status == "pass"
    total = len(hostile.programs())
    _say(f"hostile: {contained} of {total} contained, {accepted} accepted")
    return {"hostile_contained": contained, "hostile_total": total, "fakes_accepted": accepted}


# Soak

_MIX: tuple[tuple[str, str, int], ...] = (
    ("done", _CODE, 40),
    ("done", "import re, math\ndef f(x):\n    return [re.sub('a', 'b', 'a' * x), math.pi, {x: (x,)}]\n", 20),
    ("error", "def f(x:\n", 10),
    ("error", "import os\nos._exit(0)\n", 8),
    ("error", "import ctypes\nctypes.string_at(0)\n", 4),
    (
        "blocked",
        "import socket\ndef f(x):\n    try:\n        socket.socket()\n    except OSError:\n        return x\n",
        6,
    ),
    ("limit", "x = bytearray(1 << 40)\n", 4),
    ("limit", "import os\nwhile 1:\n    os.write(1, bytes(65536))\n", 3),
    ("limit", "with open('/tmp/x', 'wb') as file:\n    while 1:\n        file.write(bytes(65536))\n", 2),
    ("done", "import os, time\nif os.fork() == 0:\n    time.sleep(99)\ndef f(x):\n    return x\n", 6),
    ("timeout", "while 1: pass\n", 1),
)
"""Status, program, weight."""


def _soak(runs: int) -> dict[str, Any]:
    """Run a mix of programs on two workers; compare what is used at a tenth of the way with what is used at the end."""
    limits, wrong, done = Limits(cpu_s=0.1, wall_s=2.0), [0], [0]
    with Sandbox(Config(workers=2)) as sandbox:

        def go(seed: int, count: int) -> None:
            chance = random.Random(seed)
            for number in range(count):
                status, code, _ = chance.choices(_MIX, [weight for *_, weight in _MIX])[0]
                patient = Limits() if status == "done" else limits
                run = sandbox.run(Program(code=code, entry_point="f"), _CALL, patient, seed=number & 1)
                if run.status != status:
                    _say(f"soak: {run.status} ({run.reason}) where {status} is right: {code!r}")
                    wrong[0] += 1
                done[0] += 1

        def both(count: int, seed: int) -> tuple[dict[str, object], int, int]:
            threads = [threading.Thread(target=go, args=(seed + index, count // 2)) for index in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            watchers = [pid for worker in sandbox.workers for pid in worker.pids]
            inner = [pid for watcher in watchers for pid in leftovers.children(watcher)]
            return leftovers.left(sandbox), leftovers.memory_kb([os.getpid()]), leftovers.memory_kb(watchers + inner)

        began = time.monotonic()
        before, parent_before, zygotes_before = both(runs // 10, 1)
        after, parent, zygotes = both(runs - runs // 10, 3)
    flat = before == after
    if not flat:
        _say(f"soak: {before} -> {after}")
    _say(
        f"soak: {done[0]} runs in {time.monotonic() - began:.0f} s, {wrong[0]} wrong; memory of the parent {parent_before} -> "
        f"{parent} kB, of the zygotes {zygotes_before} -> {zygotes} kB; everything else flat: {flat}"
    )
    return {
        "soak_runs": done[0], "soak_wrong": wrong[0], "soak_flat": flat,
        "soak_parent_growth_kb": parent - parent_before, "soak_zygote_growth_kb": zygotes - zygotes_before,
    }  # fmt: skip
