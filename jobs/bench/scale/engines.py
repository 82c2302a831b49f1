"""What a second engine brings inside the flow, as a share of what it brings to two bare engine processes.

Four arms, in turn: the flow with one engine and with two, one bare engine fed the requests of that flow, two bare ones fed half
of them each; one thread an engine. The rate of an arm is that of the time in which all its engines decode, from when the last has
begun to when the first has nothing left, counted inside the engine processes (`jobs/bench/chaos/tap.py`); no start is in it.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jobs.bench import engine
from jobs.bench.chaos import calls, tap
from jobs.bench.raw import openvino as raw
from pipeline import config as configuration
from pipeline.code import ROOT

_CONFIG = """
[source]
families = ["words", "linear", "expressions"]
[models.m]
engine = "openvino"
policy = "math"
[models.m.openvino]
threads = 1
max_num_seqs = 128
[[policies]]
model = "m"
max_tokens = 160
[[generators]]
name = "math_shepherd"
samples = 8
labelled = 2
rollouts = 8
[flow]
engines = {engines}
problems_in_flight = 24
problems_per_shard = 6
"""
_LOOK_S = 0.02


def measured(place: Path, problems: int, rounds: int) -> dict[str, Any]:  # Any: JSON
    """Return the share and the rates of all arms."""
    rates: dict[str, list[float]] = {}
    for round_ in range(rounds):
        here = place / f"round-{round_}"
        for name, rate in _round(here, problems).items():
            rates.setdefault(name, []).append(rate)
            print(f"round {round_ + 1} {name:>6}: {rate:,.0f} tokens/s", file=sys.stderr, flush=True)
    flow = [two / one for one, two in zip(rates["flow1"], rates["flow2"], strict=True)]
    bare = [two / one for one, two in zip(rates["bare1"], rates["bare2"], strict=True)]
    shares = [own / other for own, other in zip(flow, bare, strict=True)]
    return {
        "two_over_bare_two": round(statistics.median(shares), 3),
        "two_over_one": round(statistics.median(flow), 3),
        "bare_two_over_one": round(statistics.median(bare), 3),
        "shares": [round(share, 3) for share in shares],
        **{f"{name}_tokens_per_s": round(statistics.median(found)) for name, found in rates.items()},
    }


def _round(place: Path, problems: int) -> dict[str, float]:
    """Return the rate of each arm in one round. Raises CalledProcessError."""
    found, run = {}, place / "flow1" / "out"
    for engines in (1, 2):
        flow, bare = place / f"flow{engines}", place / f"bare{engines}"
        flow.mkdir(parents=True)
        bare.mkdir()
        config = flow / "run.toml"
        config.write_text(_CONFIG.format(engines=engines))
        with tempfile.TemporaryDirectory(prefix="sc-", dir="/tmp", ignore_cleanup_errors=True) as ray:
            extra = {"RAY_TMPDIR": ray}
            found[flow.name] = _rate([calls.command(config, flow / "out", problems)], flow / "tap", engines, extra)
        ask = [sys.executable, "-m", "jobs.bench", "scale", "--raw", str(run), "--config", str(config)]
        parts = [[*ask, "--part", str(part), str(engines)] for part in range(engines)]
        found[bare.name] = _rate(parts, bare / "tap", engines, {})
    return found


def _rate(commands: Sequence[Sequence[str]], taps: Path, engines: int, extra: dict[str, str]) -> float:
    """Run commands together and return the tokens per second while all engines decode."""
    environment = tap.installed(taps, os.environ) | extra
    environment.pop("RAY_ADDRESS", None)
    running = [subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) for command in commands]
    looks: list[tuple[float, int]] = []
    try:
        while any(one.poll() is None for one in running):
            looks.append((time.monotonic(), tap.tokens(taps)))
            time.sleep(_LOOK_S)
    finally:
        for one in running:
            one.kill()
            one.wait()
    for one, command in zip(running, commands, strict=True):
        if one.returncode:
            raise subprocess.CalledProcessError(one.returncode, command)
    return steady(looks, tap.spent(taps), engines)


def steady(looks: Sequence[tuple[float, int]], spent: Sequence[tap.Spent], engines: int) -> float:
    """Return tokens per second between the last engine's first step and the first engine's last; 0 where they never overlap.

    `looks` are (moment, tokens so far of all engines together).
    """
    worked = [one for one in spent if one.tokens]
    if len(worked) < engines:
        return 0.0
    began, ended = max(one.first_s for one in worked), min(one.last_s for one in worked)
    inside = [look for look in looks if began <= look[0] <= ended]
    if len(inside) < 2 or inside[-1][0] <= inside[0][0]:
        return 0.0
    return (inside[-1][1] - inside[0][1]) / (inside[-1][0] - inside[0][0])


def drain(run: Path, config: Path, part: int, parts: int) -> dict[str, Any]:  # Any: JSON
    """Feed a bare engine its part of a run's requests; the process that this is counts what it decodes."""
    (where,) = run.glob("run=*")
    jobs = list(engine.requests(configuration.load(config), where))[part::parts]
    (model,) = configuration.load(config).models.values()
    tap.count()
    tokens, seconds = raw.drain(model, jobs, [], "window")
    return {"tokens": tokens, "seconds": seconds}
