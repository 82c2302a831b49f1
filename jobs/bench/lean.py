"""`python -m jobs.bench lean`: proofs a second with batching over one process per file, and whether any verdict is wrong.

One worker each, the same rows, in turns; `batch_speedup` is in processor time, which other work on the machine leaves alone.
`alone` starts Lean anew for each stage of a row, with no walls around it: the proof's file, the statement's file, the replay with
the axioms. `batch` is what `check_proofs` does, the same stages behind walls.

The rows are true theorems ({name, statement, proof, header?}), and of each the cheats below. The last line is JSON.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from jobs.check.proofs import proof_of
from jobs.check.rows import rows
from schemas.errors import SourceError
from verifiers.lean import modules, native
from verifiers.lean.process import ROOT
from verifiers.lean.rows import Limits, Proof
from verifiers.lean.statement import Locked, lock

_THEOREMS = Path(__file__).resolve().parents[2] / "tests" / "verifiers" / "lean" / "theorems"
_JUDGE = (
    "import sys, os; sys.path.insert(0, sys.argv[1]); from verifiers.lean import kernel, fork_server; "
    "os._exit(fork_server.judge(kernel.library(sys.argv[2]), sys.argv[3:]))"
)
_CHEATS = (
    ":= sorry",
    ":= by sorry",
    ":= set_option warn.sorry false in sorry",
    ":= cheat\naxiom cheat : False",
    ":= by exact cheat.elim\naxiom cheat : False",
    ":= @sorryAx _ false",
    ":= True.intro",
    ":= by unsafe exact lcProof",
)


def main(argv: list[str] | None = None) -> int:
    """Print the figures; 0, 1 where a verdict is wrong, 2 where there is no kernel or no rows."""
    parser = argparse.ArgumentParser(prog="python -m jobs.bench lean", description=__doc__.split("\n")[0])
    parser.add_argument("--theorems", type=Path, default=_THEOREMS, help="folder of .jsonl files of true theorems")
    parser.add_argument("--rows", type=int, default=96, help="rows that are timed (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="turns (default: %(default)s)")
    args = parser.parse_args(argv)
    missing = native.missing()
    true, false = read(args.theorems)
    if missing is not None or not true:
        print(f"error: {missing or f'no rows in {args.theorems}'}", file=sys.stderr)
        return 2
    timed = true[:: max(1, len(true) // args.rows)][: args.rows]
    figures = _speed(timed, args.rounds) | _verdicts(true, false)
    print(json.dumps(figures))
    return 1 if figures["cheats_accepted"] or figures["true_refused"] else 0


def read(folder: Path) -> tuple[list[Proof], list[Proof]]:
    """Return (true theorems, false or broken ones) of the files in `folder`; those named false* or broken* are the latter."""
    true: list[Proof] = []
    false: list[Proof] = []
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            found = [proof_of(row) for _, row in rows(lines)]
        into = false if path.name.startswith(("false", "broken")) else true
        into += [row for row in found if not isinstance(row, SourceError)]
    return true, false


def _speed(timed: Sequence[Proof], rounds: int) -> dict[str, float]:
    limits = Limits()
    shared = native.shared_library()
    compiled = modules.build(native.LIBRARY, shared, native.WHEEL_VERSION)
    locked = [one for one in (lock(row, limits) for row in timed) if isinstance(one, Locked)]
    alone = batch = alone_cpu = batch_cpu = 0.0
    for round_ in range(rounds):
        start, cpu = time.perf_counter(), _cpu()
        # Every fourth row is enough for the slow arm, another one in every turn.
        some = locked[round_ % 4 :: 4]
        for one in some:
            _check_alone(shared, compiled, one)
        alone, alone_cpu = alone + (time.perf_counter() - start) / len(some), alone_cpu + (_cpu() - cpu) / len(some)
        cpu = _cpu()  # of the server too, which starts once for all rows
        with native.Native() as lean:
            list(lean.check(timed[:1], limits))  # starting the server is not a check
            start = time.perf_counter()
            list(lean.check(timed, limits))
            batch += (time.perf_counter() - start) / len(timed)
        batch_cpu += (_cpu() - cpu) / len(timed)
        print(f"turn {round_ + 1}: alone {alone / (round_ + 1):.3f} s, batch {batch / (round_ + 1):.3f} s a row")
    return {
        "batch_speedup": round(alone_cpu / batch_cpu, 2),
        "batch_speedup_wall": round(alone / batch, 2),
        "checks_per_s": round(rounds / batch, 1),
        "checks_per_cpu_s": round(rounds / batch_cpu, 1),
        "alone_per_s": round(rounds / alone, 1),
    }


def _cpu() -> float:
    """Return the processor time of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _check_alone(shared: Path, compiled: Path, one: Locked) -> None:
    environment = {"LEAN_PATH": str(compiled), "LANG": "C.UTF-8"}
    with tempfile.TemporaryDirectory() as folder:
        for name, source in (("proof", one.proof_file), ("statement", one.statement_file)):
            Path(folder, "Main.lean").write_text(source, encoding="utf-8")
            command = modules.command(shared, ["--json", "-o", f"{name}.olean", "Main.lean"])
            subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
        case = ["statement.olean", "proof.olean", "", one.name, one.name]
        command = [sys.executable, "-I", "-S", "-c", _JUDGE, str(ROOT), str(shared), *case]
        subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)


def _verdicts(true: Sequence[Proof], false: Sequence[Proof]) -> dict[str, int]:
    limits = Limits()
    # Of statements that `True.intro` does not prove: those without `True`.
    some = [row for row in true[::10] if "True" not in row.statement]
    cheats = [replace(row, proof=proof) for row in some for proof in _CHEATS] + list(false)
    with native.Native() as lean:
        refused = [
            row for row, verdict in zip(true, lean.check(true, limits), strict=True) if verdict.verdict != "verified"
        ]
        taken = [
            row
            for row, verdict in zip(cheats, lean.check(cheats, limits), strict=True)
            if verdict.verdict == "verified"
        ]
    for what, found in (("true but refused", refused), ("a cheat but verified", taken)):
        for row in found[:10]:
            print(f"{what}: {row.name}: {row.statement} {row.proof}"[:300], file=sys.stderr)
    return {
        "true_theorems": len(true),
        "true_refused": len(refused),
        "cheats": len(cheats),
        "cheats_accepted": len(taken),
    }


if __name__ == "__main__":
    sys.exit(main())
