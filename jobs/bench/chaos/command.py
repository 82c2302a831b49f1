"""Seeded schedules of faults against the real command line, and what is left of every problem asked for.

Each schedule makes one run of the embedded engine, on Ray or without: it kills (SIGKILL) or stops (SIGSTOP) the driver, an
engine, actors, verifiers, the raylet or Ray's control store, or fills the disk, at a moment that the run's own progress decides.
The same command is called again until it says complete, six times at most. Then its rows are held against those of an undisturbed
run. A table goes to standard error; the last line is JSON: `schedules`, `complete`, `lost`, `duplicated`, `torn`, `errors`
(problems that ended in one), `hung` (calls that got nowhere for the whole patience), `sampled_again` (decoded tokens beyond those
of the undisturbed run, as a share of them, counted in the engine processes), `leftover_processes` (they outlived their run by
20 s), `same_texts`, `same_labels`, and the same by kind of fault.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from statistics import fmean
from typing import Any

from jobs.bench.chaos import calls, checks, disk, processes, schedules, tap, workloads
from jobs.bench.chaos.calls import Chaos, Story
from jobs.bench.chaos.checks import Found, Rows
from jobs.bench.chaos.progress import Progress
from jobs.bench.chaos.schedules import KINDS, Schedule
from pipeline.code import ROOT

_SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Undisturbed:
    """A workload's run that nothing happened to."""

    rows: Rows
    tokens: int
    problems: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A schedule and what became of its run."""

    schedule: Schedule
    story: Story
    found: Found
    sampled_again: float
    unverified: str
    """What `jobs.verify_shards` found wrong; empty where nothing is, or where it is not there."""

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        bad = (self.found.lost, self.found.duplicated, self.found.torn, self.story.hung, self.unverified)
        return self.story.complete and not any(bad) and not self.story.leftovers


def main(argv: list[str]) -> int:
    """Print a line per schedule and the figures; 0, 1 where something was lost, doubled, torn or hung, 2 where it cannot run."""
    parser = argparse.ArgumentParser(prog="python -m jobs.bench chaos", description=__doc__)
    parser.add_argument("--schedules", type=int, default=20, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the schedules (default: %(default)s)")
    parser.add_argument("--problems", type=int, help="of each run (default: 8 to 48, by what they cost)")
    parser.add_argument("--out", type=Path, help="folder that keeps runs, logs and stories (default: a temporary one)")
    parser.add_argument(
        "--only", nargs="+", choices=KINDS, metavar="KIND", help=f"faults of these kinds: {', '.join(KINDS)}"
    )
    parser.add_argument("--pick", nargs="+", type=int, metavar="N", help="run only these of the schedules, from 0")
    parser.add_argument(
        "--local", action="store_true", help="no Ray, and only the faults that a run without it can have"
    )
    parser.add_argument("--patience", type=float, default=400.0, help="seconds without progress (default: %(default)s)")
    parser.add_argument("--list", action="store_true", help="print the schedules and run none")
    arguments = parser.parse_args(argv)
    drawn = schedules.draw(arguments.schedules, arguments.seed, arguments.only or (), arguments.local)
    drawn = [one for place, one in enumerate(drawn) if arguments.pick is None or place in arguments.pick]
    if arguments.list or not drawn:
        print("\n".join(map(str, drawn)) or "error: none of these faults can happen without Ray", file=sys.stderr)
        return 0 if drawn else 2
    try:
        processes.adopt()
    except OSError as error:
        print(f"error: {error}; the bench needs Linux", file=sys.stderr)
        return 2
    # A bench that is told to stop takes its runs with it.
    signal.signal(signal.SIGTERM, _interrupted)
    with ExitStack() as stack:
        folder = arguments.out or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stepmill-chaos-")))
        folder = folder.resolve()
        figures = _measured(drawn, folder, arguments)
    print(json.dumps(figures))
    return 0 if figures["sound"] == figures["schedules"] > 0 else 1


def _interrupted(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _measured(drawn: Sequence[Schedule], folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:  # Any: JSON
    undisturbed: dict[str, Undisturbed] = {}
    ended: list[Ended] = []
    skipped: dict[str, str] = {}
    for schedule in drawn:
        missing = disk.missing() if any(fault.kind == "full-disk" for fault in schedule.faults) else None
        if missing is not None:
            skipped[schedule.seed] = missing
            _say(f"{schedule}\n    skipped: {missing}")
            continue
        if schedule.workload not in undisturbed:
            count = arguments.problems or workloads.PROBLEMS[schedule.workload]
            undisturbed[schedule.workload] = _undisturbed(schedule.workload, count, folder)
        one = _disturbed(schedule, undisturbed[schedule.workload], folder, arguments.patience)
        ended.append(one)
        _tell(one)
    return _figures(ended) | {"skipped": skipped}


def _undisturbed(workload: str, problems: int, folder: Path) -> Undisturbed:
    """Make the run that the others are held against. Raises CalledProcessError where even that fails."""
    place = folder / f"undisturbed-{workload}"
    place.mkdir(parents=True, exist_ok=True)
    workloads.write(place / "run.toml", workload)
    environment = tap.installed(place / "tap", os.environ)
    command = calls.command(place / "run.toml", place / "out", problems)
    subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
    rows, tokens = checks.read(place / "out"), tap.tokens(place / "tap")
    _say(f"undisturbed {workload}: {len(rows.ended)} problems, {len(rows.texts)} traces, {tokens:,} tokens")
    return Undisturbed(rows=rows, tokens=tokens, problems=problems)


def _disturbed(schedule: Schedule, undisturbed: Undisturbed, folder: Path, patience_s: float) -> Ended:
    place = folder / f"schedule-{schedule.seed}"
    place.mkdir(parents=True, exist_ok=True)
    config, out, taps = place / "run.toml", place / "out", place / "tap"
    workloads.write(config, schedule.workload, schedule)
    progress = Progress(out=out, taps=taps, tokens=undisturbed.tokens, problems=undisturbed.problems)
    chaos = Chaos(config=config, out=out, folder=place, progress=progress, patience_s=patience_s)
    with ExitStack() as stack:
        if any(fault.kind == "full-disk" for fault in schedule.faults):
            stack.enter_context(disk.mounted(out))
        story = chaos.run(schedule.faults)
        found = checks.compared(checks.read(out), undisturbed.rows)
        unverified = _unverified(out)
    again = max(0.0, tap.tokens(taps) / max(1, undisturbed.tokens) - 1)
    return Ended(schedule=schedule, story=story, found=found, sampled_again=again, unverified=unverified)


def _unverified(out: Path) -> str:
    """Return the last words of `jobs.verify_shards` where it is there and finds something wrong."""
    if util.find_spec("jobs.verify_shards") is None:
        return ""
    command = [sys.executable, "-m", "jobs.verify_shards", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return "" if done.returncode == 0 else (done.stderr or done.stdout).strip()[-300:] or f"exit {done.returncode}"


def _figures(ended: Sequence[Ended]) -> dict[str, Any]:  # Any: JSON
    kinds = {kind: [one for one in ended if _had(one, kind)] for kind in KINDS}
    return _sums(ended) | {"by_kind": {kind: _sums(ones) for kind, ones in kinds.items() if ones}}


def _had(one: Ended, kind: str) -> bool:
    return any(applied.split()[0] == kind for applied in one.story.applied)


def _sums(ended: Sequence[Ended]) -> dict[str, Any]:  # Any: JSON
    whole = [one for one in ended if one.story.complete]
    return {
        "schedules": len(ended),
        "sound": sum(one.sound for one in ended),
        "complete": len(whole),
        "lost": sum(one.found.lost for one in ended),
        "duplicated": sum(one.found.duplicated for one in ended),
        "torn": sum(one.found.torn for one in ended),
        "errors": sum(one.found.errors for one in ended),
        "hung": sum(one.story.hung for one in ended),
        "faults": sum(len(one.story.applied) for one in ended),
        "missed": sum(len(one.story.missed) for one in ended),
        "calls": sum(one.story.calls for one in ended),
        "sampled_again_max": round(max((one.sampled_again for one in whole), default=0.0), 4),
        "sampled_again_mean": round(fmean([one.sampled_again for one in whole] or [0.0]), 4),
        "leftover_processes": sum(sum(one.story.leftovers.values()) for one in ended),
        "unverified": sum(bool(one.unverified) for one in ended),
        "same_texts": round(min((one.found.same_texts for one in whole), default=1.0), 4),
        "same_labels": round(min((one.found.same_labels for one in whole), default=1.0), 4),
        "seconds": round(sum(one.story.seconds for one in ended), 1),
    }


def _tell(one: Ended) -> None:
    story, found = one.story, one.found
    _say(f"{'ok ' if one.sound else 'BAD'} {one.schedule}")
    _say(
        f"    {'complete' if story.complete else 'NOT complete'} after {story.calls} calls (exits {story.codes}, "
        f"{story.call_seconds} s); lost {found.lost}, duplicated {found.duplicated}, torn {found.torn}, errors {found.errors}, "
        f"hung {story.hung}; sampled again {one.sampled_again:.1%}; same texts {found.same_texts:.1%}, "
        f"labels {found.same_labels:.1%}"
    )
    for applied in story.applied:
        _say(f"    {applied}")
    for missed in story.missed:
        _say(f"    missed: {missed}")
    for command, count in story.leftovers.items():
        _say(f"    left over: {count} of {command}")
    for detail in (*found.details[:_SHOWN], *([one.unverified] if one.unverified else [])):
        _say(f"    {detail}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
