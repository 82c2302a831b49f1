"""How much more memory a run of many problems takes than one of few, process by process.

Two runs on Ray with the scripted engine, one sample a problem. Every quarter of a second the resident memory of the driver, the
engine actors and the writer is read from /proc. Three figures of each: the most while the actors live, what it is when they have
done their work (median of the last samples), and the kernel's own high-water mark, which for the driver includes the
summary that it makes at the end. Growth is the largest of those, over the run of few, less 1; `memory_growth_running` is
without the last figure.
"""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobs.bench.chaos import calls, processes
from pipeline.code import ROOT

_CONFIG = """
[source]
families = ["expressions"]
difficulties = [4, 5]
split = "train"
[models.m]
engine = "scripted"
[[generators]]
name = "math_shepherd"
samples = 1
labelled = 0
[flow]
problems_in_flight = 100
problems_per_shard = 50
"""
_EVERY_S = 0.25
_LAST = 4
"""Samples that say what memory is at the end."""
_ROLES = ("actor", "writer", "verifier-actor", "raylet", "gcs")
_FIGURES = ("peak_mb", "end_mb", "high_water_mb")
_COUNTED = ("driver", "actor", "writer")
"""Ours; Ray's own daemons are shown beside them."""


@dataclass(slots=True)
class Memory:
    """Of the processes in one role, in megabytes."""

    resident: list[float] = field(default_factory=list)
    """Of the largest one, sample by sample, while engine actors live."""
    most: float = 0.0
    """High-water mark."""

    def figures(self) -> dict[str, float]:
        """Return what is compared."""
        last = statistics.median(self.resident[-_LAST:]) if self.resident else 0.0
        return {
            "peak_mb": round(max(self.resident, default=0.0), 1),
            "end_mb": round(last, 1),
            "high_water_mb": round(self.most, 1),
        }


def measured(place: Path, few: int, many: int) -> dict[str, Any]:  # Any: JSON
    """Return the growth from few problems to many, and the figures behind it."""
    processes.adopt()
    config = place / "run.toml"
    config.write_text(_CONFIG)
    found = {count: _run(config, place / f"out-{count}", count) for count in (few, many)}
    small, large = found[few][0], found[many][0]
    growth = {
        role: {name: round(large[role][name] / small[role][name] - 1, 4) for name in small[role] if small[role][name]}
        for role in small
        if role in large
    }
    ours = {name: [growth[role][name] for role in _COUNTED if name in growth.get(role, {})] for name in _FIGURES}
    running = [*ours["peak_mb"], *ours["end_mb"]]
    return {
        "memory_growth": max([*running, *ours["high_water_mb"]], default=None),
        "memory_growth_running": max(running, default=None),
        "memory_growth_by_process": growth,
        "memory_mb": {str(count): figures for count, (figures, _) in found.items()},
        "memory_seconds": {str(count): round(seconds, 1) for count, (_, seconds) in found.items()},
    }


def _run(config: Path, out: Path, problems: int) -> tuple[dict[str, dict[str, float]], float]:
    """Run and watch; return the figures by role, and the seconds it took. Raises CalledProcessError."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sc-", dir="/tmp", ignore_cleanup_errors=True) as ray:
        environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"} | {"RAY_TMPDIR": ray}
        command = calls.command(config, out, problems)
        driver = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
        try:
            seen = _watched(driver)
        finally:
            processes.kill_all(driver.pid)
            driver.wait()
            processes.reap(driver.pid)
    if driver.returncode:
        raise subprocess.CalledProcessError(driver.returncode, command)
    return {role: memory.figures() for role, memory in seen.items()}, time.monotonic() - began


def _watched(driver: "subprocess.Popen[bytes]") -> dict[str, Memory]:
    seen = {role: Memory() for role in ("driver", *_ROLES)}
    while driver.poll() is None:
        below = processes.descendants(driver.pid)
        by_role = {role: [p.pid for p in below if processes.ROLES[role](p.command)] for role in _ROLES}
        working = bool(by_role["actor"])
        for role, pids in {"driver": [driver.pid], **by_role}.items():
            sizes = [_megabytes(pid) for pid in pids]
            seen[role].most = max([seen[role].most, *(most for _, most in sizes)])
            if working and sizes:
                seen[role].resident.append(max(now for now, _ in sizes))
        time.sleep(_EVERY_S)
    return {role: memory for role, memory in seen.items() if memory.resident}


def _megabytes(pid: int) -> tuple[float, float]:
    """Return (resident, most ever resident); zeros for a process that is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0, 0.0
    sizes = dict(line.split(":", 1) for line in lines if line.startswith(("VmRSS", "VmHWM")))
    return _of(sizes, "VmRSS"), _of(sizes, "VmHWM")


def _of(sizes: dict[str, str], name: str) -> float:
    words: Sequence[str] = sizes.get(name, "0").split()
    return int(words[0]) / 1024
