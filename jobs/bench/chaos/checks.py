"""What a run holds once it is complete, against an undisturbed run of the same configuration."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from jobs.bench.chaos.progress import entries, run_folder
from pipeline.journal import JOURNAL
from pipeline.manifest import TABLES, sha256_of
from pipeline.storage.disk import TEMPORARY
from schemas import ids
from schemas.errors import StorageError

_ID = {"traces": "trace_id", "trees": "tree_id", "problems": "problem_id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A run's rows, as far as they are compared. Digests leave out times and costs."""

    names: Mapping[str, Counter[str]]
    """How often each id occurs, by table."""
    texts: Mapping[str, str]
    """Digest of what each trace says, by trace id."""
    labels: Mapping[str, str]
    """Digest of each trace's counts, by trace id."""
    problem_of: Mapping[str, str]
    """The problem of each trace."""
    ended: Mapping[str, str]
    """How each problem ended."""
    torn: tuple[str, ...]
    """Files that are not what the manifest says, and files that it does not name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The difference between two runs."""

    lost: int
    """Problems without a row, and traces that the undisturbed run has and this one has not."""
    duplicated: int
    """Ids of problems, traces and trees beyond the first of their kind."""
    torn: int
    errors: int
    """Problems that ended in an error and did not where nothing was disturbed."""
    same_texts: float
    """Share of the traces in both whose text is the same."""
    same_labels: float
    """And whose counts are."""
    details: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:  # Any: JSON
        """Return the figures."""
        return asdict(self)


def read(out: Path) -> Rows:
    """Return the rows of the one run in `out`; what cannot be read is torn."""
    run = run_folder(out)
    if run is None:
        return _nothing("no run")
    try:
        committed = entries(run)
    except StorageError as error:
        return _nothing(str(error))
    names: dict[str, Counter[str]] = {table: Counter() for table in TABLES}
    texts: dict[str, str] = {}
    labels: dict[str, str] = {}
    problem_of: dict[str, str] = {}
    ended: dict[str, str] = {}
    torn: list[str] = []
    for entry in committed:
        path = run / entry.file
        try:
            if sha256_of(path) != entry.sha256:
                torn.append(f"{entry.file}: another hash")
            rows = pq.read_table(path).to_pylist()
            names[entry.table].update(row[_ID[entry.table]] for row in rows)
            if entry.table == "problems":
                ended |= {row["problem_id"]: row["ended"] for row in rows}
            if entry.table == "traces":
                texts |= {row["trace_id"]: _text(row) for row in rows}
                labels |= {row["trace_id"]: _labels(row) for row in rows}
                problem_of |= {row["trace_id"]: row["problem_id"] for row in rows}
        except (OSError, ValueError, KeyError) as error:  # ArrowInvalid is a ValueError; rows may lack a column
            torn.append(f"{entry.file}: {error!r}")
    torn += _unnamed(run, {entry.file for entry in committed})
    return Rows(names=names, texts=texts, labels=labels, problem_of=problem_of, ended=ended, torn=tuple(torn))


def _nothing(why: str) -> Rows:
    return Rows(names={}, texts={}, labels={}, problem_of={}, ended={}, torn=(why,))


def _text(row: dict[str, Any]) -> str:
    rollouts = sorted((r["step"], r["seed"], r["index"], r["text"]) for r in row["rollouts"])
    return ids.digest([step["text"] for step in row["steps"]], row["answer"] or "", repr(rollouts))


def _labels(row: dict[str, Any]) -> str:
    counts = [(step["n_rollouts"], step["n_correct"], step["n_undecided"]) for step in row["steps"]]
    return ids.digest(repr((row["outcome"], row["root_n"], row["root_correct"], counts)))


def _unnamed(run: Path, named: set[str]) -> list[str]:
    """Return the files of a complete run that should not be there: shards nobody names, temporary files, paid rollouts."""
    there = [path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()]
    return [
        f"{name}: left behind"
        for name in sorted(there)
        if (name.split("/")[0] in TABLES and name not in named)
        or name.endswith(TEMPORARY)
        or name.startswith(f"{JOURNAL}/")
    ]


def compared(found: Rows, undisturbed: Rows) -> Found:
    """Say how a run differs from the one that nothing disturbed."""
    wanted = set(undisturbed.ended)
    missing = sorted(wanted - set(found.ended))
    twice = [
        f"{table}: {name} {times} times"
        for table, counted in found.names.items()
        for name, times in counted.items()
        if times > 1
    ]
    errors = [
        name for name, how in found.ended.items() if how in ("error", "skipped") and undisturbed.ended.get(name) != how
    ]
    # A problem that ended in an error, or was lost itself, is counted once, not once more for each of its traces.
    passed = {*errors, *missing}
    gone = set(undisturbed.texts) - set(found.texts)
    traces = sorted(name for name in gone if undisturbed.problem_of[name] not in passed)
    more = sorted(set(found.ended) - wanted) + sorted(set(found.texts) - set(undisturbed.texts))
    both = [name for name in undisturbed.texts if name in found.texts]
    return Found(
        lost=len(missing) + len(traces),
        duplicated=len(twice) + len(more),
        torn=len(found.torn),
        errors=len(errors),
        same_texts=_share([found.texts[name] == undisturbed.texts[name] for name in both]),
        same_labels=_share([found.labels[name] == undisturbed.labels[name] for name in both]),
        details=(
            *(f"problem lost: {name}" for name in missing),
            *(f"trace lost: {name}" for name in traces),
            *(f"twice: {name}" for name in twice),
            *(f"nobody asked for: {name}" for name in more),
            *(f"error: {name}" for name in errors),
            *(f"torn: {name}" for name in found.torn),
        ),
    )


def _share(same: list[bool]) -> float:
    return round(sum(same) / len(same), 4) if same else 1.0
