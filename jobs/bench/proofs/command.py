"""A run of proofs and their prose, or one that is there, and everything in it re-checked from its rows alone.

Every accepted proof is checked again in fresh processes, every recorded error is run again, every step of the verbaliser is held
against its goals; errors are planted into right steps that a model wrote. A table per run goes to standard error; the last line
is JSON, of the newest run: `theorems_proved`, `minutes` of the run (null of one that was there), `verbaliser_pass`,
`proofs_reproduced`, `errors_reproduced`, `blind_verified`, `alone`, `uplift` with its bootstrap interval, `shuffled` and whether
it is within the interval of `alone`, `planted_caught`, `false_alarms`.
"""

import argparse
import json
import sys
import tempfile
import time
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jobs import shards as run
from jobs.bench.proofs import planting, recheck, shards
from jobs.bench.proofs.faithfulness import faithfulness
from jobs.bench.proofs.recheck import Share
from jobs.bench.proofs.shards import Row
from schemas.errors import StepmillError
from verifiers.lean import native

CONFIG = Path(__file__).parents[2] / "configs" / "proofs.toml"
_SHOWN = 5


def main(argv: list[str]) -> int:
    """Print a table and the figures; 0, 1 where something did not come again or was missed, 2 where it could not run."""
    parser = argparse.ArgumentParser(prog="python -m jobs.bench proofs", description=__doc__)
    parser.add_argument(
        "--shards", type=Path, help="folder of a run that is there (default: a new one, which is timed)"
    )
    parser.add_argument("--problems", type=int, default=200, help="of a new run (default: %(default)s)")
    parser.add_argument("--config", type=Path, default=CONFIG, help="of a new run (default: jobs/configs/proofs.toml)")
    parser.add_argument("--plant", type=int, default=200, help="errors to plant (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=0, help="of what is planted, and the bootstrap (default: %(default)s)"
    )
    arguments = parser.parse_args(argv)
    missing = native.missing()
    if missing is not None:
        print(f"error: {missing}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        where, minutes = arguments.shards, None
        if where is None:
            where = Path(folder)
            started = time.perf_counter()
            with redirect_stdout(sys.stderr):
                ended = run.main(
                    ["--config", str(arguments.config), "--out", folder, "--problems", str(arguments.problems)]
                )
            minutes = round((time.perf_counter() - started) / 60, 2)
            if ended == 2:
                return 2
        try:
            found = shards.rows(where)
        except (OSError, StepmillError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        if not found:
            print(f"error: {where}: no rows about proofs", file=sys.stderr)
            return 2
        for run_id, rows in found.items():
            figures = measured(run_id, rows, minutes, arguments.plant, arguments.seed)
    print(json.dumps(figures))
    return 0 if _sound(figures) else 1


def measured(run_id: str, rows: list[Row], minutes: float | None, plant: int, seed: int) -> dict[str, Any]:
    """Return the figures of one run; what is wrong is told as it is found."""
    start = time.perf_counter()
    _say(f"run {run_id}: {len(rows)} rows")
    reproduced, proved = recheck.proofs(rows, _say)
    errors = recheck.errors(rows, _say)
    steps, closed = recheck.verbalised(rows)
    worth = asdict(faithfulness(rows, seed))
    planted = planting.plant(rows, plant, seed)
    for what, share in (
        ("accepted proofs verified again", reproduced),
        ("recorded errors that came again", errors),
        ("verbaliser's steps that pass", steps),
        ("verbaliser's proofs that close every goal once", closed),
        ("steps of models that are right, not flagged", planted.right),
        ("steps of models nobody vouches for, flagged", planted.others_flagged),
        (f"planted errors caught ({planted.kinds['name']} names, {planted.kinds['goal']} goals)", planted.caught),
    ):
        _tell(what, share)
    statements = [row for row in rows if row.generator == "statements"]
    return {
        "run": run_id,
        "theorems_proved": len(proved),
        "minutes": minutes,
        "verbaliser_steps": steps.of,
        "verbaliser_pass": steps.share,
        "discharged": closed.share,
        "proofs": reproduced.of,
        "proofs_reproduced": reproduced.share,
        "errors": errors.of,
        "errors_reproduced": errors.share,
        **worth,
        "model_steps": planted.steps,
        "right_steps": planted.right.of,
        "planted": planted.caught.of,
        "planted_caught": planted.caught.share,
        "false_alarms": planted.false_alarms,
        "statements": _shares(statements),
        "recheck_minutes": round((time.perf_counter() - start) / 60, 2),
    }


def _shares(statements: list[Row]) -> dict[str, dict[str, float]]:
    """Return, for the verbaliser's words and those of models, the share of wordings by status, and of formal statements found."""
    told: dict[str, dict[str, float]] = {}
    for arm in ("verbaliser", "models"):
        rows = [row for row in statements if (row.engine == shards.VERBALISER) == (arm == "verbaliser")]
        if not rows:
            continue
        statuses = {
            status: sum(row.status == status for row in rows) for status in sorted({row.status for row in rows})
        }
        decided = sum(row.steps[-1].n for row in rows)
        correct = sum(row.steps[-1].correct for row in rows)
        told[arm] = {"rows": len(rows), **statuses, "decided": decided, "correct": correct}
    return told


def _sound(figures: dict[str, Any]) -> bool:
    return all(figures[key] in (1, None) for key in ("verbaliser_pass", "proofs_reproduced", "errors_reproduced"))


def _tell(what: str, share: Share) -> None:
    _say(f"{what:<60} {share.right} of {share.of}")
    for one in share.wrong[:_SHOWN]:
        _say(f"  {one[:300]}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
