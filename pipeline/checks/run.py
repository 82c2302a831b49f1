"""Is a run what its manifest says, and do its rows agree with each other? `shard.py` looks at each file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from pipeline import manifest, run_record
from pipeline.checks.ids import NO_KEY, Keys, Places
from pipeline.checks.rules import Rules
from pipeline.checks.shard import ID, LINKS, RUN, Finding, Found, Kind, Run, Seen, check_shard
from pipeline.manifest import MANIFEST, TABLES, ShardEntry
from pipeline.storage.disk import LOCK
from pipeline.storage.folder import Folder
from schemas import ids
from schemas.errors import StorageError
from schemas.table import SCHEMA_VERSION

_FOLDERS = (f"{manifest.SEGMENTS}/", "journal/", "lock/")
"""What lies in a run's folder besides its tables."""


def runs_in(out: Folder) -> list[Folder]:
    """Return the folders of the runs in `out`, or `out` itself where it is one. Raises StorageError where there is none."""
    inside = out.folders()
    runs = [name for name in inside if name.startswith(RUN)]
    if not runs and (out.name.startswith(RUN) or set(inside) & {*TABLES, manifest.SEGMENTS}):
        return [out]
    if not runs:
        raise StorageError(f"{out}: no runs here (looked for {RUN}*/{MANIFEST}); make some with `make shards`")
    return [out / name for name in runs]


def check_run(folder: Folder, traces: Places, seen: Seen, found: Found, say: Callable[[str], None]) -> Run:
    """Tell `found` all that is wrong with a run; its trace ids go to `traces`, which spans all runs. Total."""
    run = Run(folder=folder, run_id=folder.name.removeprefix(RUN))
    seen.runs += 1
    if not _opened(run, found):
        return run
    _files(run, seen, found)
    rules = Rules(run.run_id, prompts_of(run.record))
    try:
        # Problems first: what they hold is small, and the rest is about them.
        for table in ("problems", "traces", "trees"):
            for entry in (entry for entry in run.entries if entry.table == table):
                say(run.path(entry.file))
                check_shard(run, entry, rules, traces, seen, found)
    finally:
        rules.close()
    _links(run, found)
    seen.notes += [
        f"{run.path(table)}: not all could be read, so what names its rows was not looked up" for table in run.unread
    ]
    return run


def prompts_of(record: Mapping[str, Any]) -> frozenset[str]:  # Any: JSON
    """Return the hashes of all prompts that a run asks with, as `run.json` has them; none where it does not say. Total."""
    said = record.get("fingerprint_of")
    try:
        policies = [*said.get("policies", ()), said.get("completer")] if isinstance(said, Mapping) else []
        templates = [(one["family"]["template"], one["prompts"].values()) for one in policies if one]
        texts = {template.replace("{prompt}", text) for template, asked in templates for text in asked}
    except (TypeError, KeyError, AttributeError):
        return frozenset()
    # Texts that no model was asked for have the question itself in place of a prompt.
    return frozenset(map(ids.text_hash, texts | {"{problem}"})) if texts else frozenset()


# The manifest and the files


def _opened(run: Run, found: Found) -> bool:
    """Read manifest and record; whether there is anything to look at."""
    where = run.path(MANIFEST)
    try:
        entries, head = manifest.read(run.folder), manifest.head(run.folder)
        run.record = run_record.read(run.folder) or {}
    except StorageError as error:
        found(Finding(kind="manifest", file=where, what=str(error)))
        return False
    if head is None and not entries and run.record.get("state") != "running":
        found(Finding(kind="manifest", file=where, what="there is none: nothing here is committed", remedy="run again"))
    if head is not None:
        run.version = head.schema_version
        if not run.folder.name.startswith(RUN):  # one run, under another name
            run.run_id = head.run_id
        if head.run_id != run.run_id:
            found(Finding(kind="manifest", file=where, what=f"it is that of the run {head.run_id}"))
    if not 1 <= run.version <= SCHEMA_VERSION:
        what = f"schema version {run.version}; this code reads 1 to {SCHEMA_VERSION}"
        found(Finding(kind="manifest", file=where, what=what, remedy="use the code version that run.json names"))
        return False
    run.entries = [entry for entry in entries if _is_entry(run, entry, found)]
    _record(run, found)
    return True


def _is_entry(run: Run, entry: ShardEntry, found: Found) -> bool:
    """Whether an entry is of the types that it says; a manifest is JSON, and may hold anything."""
    texts = (entry.table, entry.file, entry.sha256, *entry.problem_ids)
    if all(isinstance(one, str) for one in texts) and isinstance(entry.rows, int) and isinstance(entry.bytes, int):
        if entry.table in TABLES and entry.file.startswith(f"{entry.table}/"):
            return True
        found(Finding(kind="manifest", file=run.path(entry.file), what=f"named as a file of the table {entry.table!r}"))
    else:
        found(Finding(kind="manifest", file=run.path(MANIFEST), what=f"no entry of a file: {str(entry)[:200]}"))
    return False


def _record(run: Run, found: Found) -> None:
    where = run.path(run_record.RUN)
    if not run.record:
        what = "it is not there, or torn: how the run was configured is not known"
        found(Finding(kind="manifest", file=where, what=what, remedy="the next call of the run writes it"))
    elif run.record.get("run_id") != run.run_id:
        found(Finding(kind="manifest", file=where, what=f"it is that of the run {run.record.get('run_id')}"))


def _files(run: Run, seen: Seen, found: Found) -> None:
    """Compare names and tables."""
    there = set(run.folder.names())
    files = {entry.file: entry.table for entry in run.entries}
    for file in sorted(files.keys() - there):
        found(Finding(kind="file", file=run.path(file), what="the manifest names it, and it is not there"))
        run.unread.add(files[file])
    run.entries = [entry for entry in run.entries if entry.file in there]
    strays = sorted(name for name in there - files.keys() if not _belongs(name))
    if strays and run.record.get("state") == "running":
        # In progress, or killed: what is not committed yet is cleared away by the next call.
        seen.notes.append(f"{run.path('')}: {len(strays)} files are not committed; the run has not ended")
        return
    for name in strays:
        what = "no manifest names it: nothing that reads the run sees it"
        remedy = "remove it; the next call of the run, or jobs.compact, removes those in its tables"
        found(Finding(kind="file", file=run.path(name), what=what, remedy=remedy))


def _belongs(name: str) -> bool:
    """Whether a file that is no shard has its place in a run's folder."""
    return name in (MANIFEST, run_record.RUN, LOCK) or name.startswith(_FOLDERS)


# What rows say of each other


def _links(run: Run, found: Found) -> None:
    for table in TABLES:
        for place, first in run.ids[table].repeated():
            _found_at(run.ids[table], place, found, "id", f"the {ID[table]} of {_shown(run.ids[table], first)} again")
    for column, table in LINKS.items():
        if table not in run.unread:
            _named(run, column, table, found)
    if "problems" in run.unread:
        return
    for table in ("traces", "trees"):
        for place in run.problems_of[table].strangers(run.ids["problems"].keys):
            _found_at(run.problems_of[table], place, found, "link", "its problem has no row in problems")
    if "traces" not in run.unread:
        _counted(run, found)


def _named(run: Run, column: str, table: str, found: Found) -> None:
    """Look up the rows that others name: they are there, and of the same problem."""
    naming, there, theirs = run.named[column], run.ids[table].keys, run.problems_of[table].keys
    for place in naming.strangers(there):
        _found_at(naming, place, found, "link", f"its {column} names no row of {table} in this run")
    if not len(there):
        return
    order = np.argsort(there, kind="stable")
    at = order[np.minimum(np.searchsorted(there[order], naming.keys), len(there) - 1)]
    there_too = there[at] == naming.keys
    for place in map(int, np.flatnonzero(there_too & (theirs[at] != run.problems_of["traces"].keys))):
        _found_at(naming, place, found, "link", f"its {column} names a row of another problem")
    if column == "duplicate_of":
        for place in map(int, np.flatnonzero(there_too & (naming.keys[at] != NO_KEY))):
            _found_at(naming, place, found, "link", "its duplicate_of names a row that is no more kept than it is")


def _counted(run: Run, found: Found) -> None:
    """Compare `n_traces` of every problem with the traces that are there."""
    problems = run.ids["problems"]
    said = np.concatenate([np.asarray(part) for part in run.n_traces]) if run.n_traces else np.empty(0, np.int64)
    there, counts = np.unique(run.problems_of["traces"].keys, return_counts=True)
    for place in np.flatnonzero(_lookup(problems.keys, there, counts) != said):
        number = int(_lookup(problems.keys[place : place + 1], there, counts)[0])
        _found_at(problems, int(place), found, "link", f"n_traces says {said[place]}, and {number} are there")


def _lookup(
    keys: Keys, there: Keys, counts: np.ndarray[Any, np.dtype[np.int64]]
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the count of each key, 0 where it is not there; `there` is sorted."""
    if not len(there):
        return np.zeros(len(keys), np.int64)
    at = np.minimum(np.searchsorted(there, keys), len(there) - 1)
    return np.where(there[at] == keys, counts[at], 0)


def repeated(traces: Places, runs: Sequence[Run]) -> Iterator[Finding]:
    """Yield the trace ids that are in more than one run."""
    if len(runs) < 2:
        return
    for place, first in traces.repeated():
        file, row = traces.where(place)
        if file.partition("/")[0] != traces.where(first)[0].partition("/")[0]:
            yield Finding(
                kind="id", file=file, row=row, what=f"the trace_id of {_shown(traces, first)} again, in another run"
            )


def _found_at(places: Places, place: int, found: Found, kind: Kind, what: str) -> None:
    file, row = places.where(place)
    found(Finding(kind=kind, file=file, row=row, what=what))


def _shown(places: Places, place: int) -> str:
    file, row = places.where(place)
    return f"{file} row {row}"
