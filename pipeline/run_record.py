"""`run.json`: what a run is, how far its last call came and how that ended; and `names/`, where a named run lies.

A scheduler reads one file: state, start, end, exit code, error, counts, summary. It is written whole when a call begins and
when it ends, while the run is locked; after a kill -9 it says `running`, and the next call counts on from there.
"""

import json
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from pipeline.counts import Counts
from pipeline.sources import Refused
from pipeline.storage.folder import Folder
from schemas.errors import ConfigError, StepmillError, StorageError

RUN = "run.json"
NAMES = "names"
State = Literal["running", "complete", "stopped", "failed"]
"""`stopped` is the token budget (exit code 0) or an interruption (exit code 2); the same command goes on from either."""

_CLAIM_S = 10.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+:-]{0,99}")
_FIELDS = {"date": "%Y-%m-%d", "hour": "%Y-%m-%dT%H", "week": "%G-W%V", "month": "%Y-%m"}
_SHOWN = 4


class Watcher(Protocol):
    """What a run tells while it goes on."""

    def counts(self, counts: Callable[[], Counts]) -> None:
        """Take the function that says how far the run is; called once, before the first problem."""
        ...

    def refused(self, row: Refused) -> None:
        """Take an input row that cannot be used, as it is met."""
        ...

    def pending(self, problems: int) -> None:
        """Take how many problems of the source had no row yet, refused ones included, once all of it has been read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What does not change between the calls of a run, and what this call asks of it."""

    run_id: str
    name: str
    problems: int
    """Asked for by this call."""
    fingerprint_of: Mapping[str, Any]  # Any: JSON
    """Everything that the run's id is a hash of, as plain values."""
    config: Mapping[str, Any]  # Any: JSON
    code_version: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended, in the words of `run.json`."""

    state: State
    exit_code: int
    error: str | None = None


def how_it_ended(error: BaseException) -> Ended:
    """Return what an exception that ends a call comes to."""
    if isinstance(error, StepmillError):
        return Ended("failed", 2, str(error))
    if isinstance(error, KeyboardInterrupt):
        return Ended("stopped", 2, "interrupted")
    return Ended("failed", 2, f"{type(error).__name__}: {error}")


def came_to(*, complete: bool, refused: int, summary: Mapping[str, Any]) -> Ended:  # Any: JSON
    """Return how a call ended that nothing cut short; a stop at the token budget is what was asked for."""
    lost = refused or {"error", "skipped"} & set(summary.get("problems", ()))
    return Ended("complete", 1 if lost else 0) if complete else Ended("stopped", 0)


@dataclass(slots=True)
class Call:
    """One call of a run while it goes on; a watcher (`flow.Watcher`), so that a call that fails says how far it came."""

    ended: Ended | None = None
    summary: Mapping[str, Any] = field(default_factory=dict)  # Any: JSON
    _read: Callable[[], Counts] = Counts
    _final: Counts | None = None
    _refused: int = 0

    def counts(self, counts: Callable[[], Counts]) -> None:
        """Take the function that says how far the call is."""
        self._read = counts

    def refused(self, row: Refused) -> None:
        """Take an input row that cannot be used."""
        self._refused += 1

    def pending(self, problems: int) -> None:
        """Nothing of it is recorded."""

    def end(self, *, complete: bool, counts: Counts, summary: Mapping[str, Any]) -> None:
        """Say how the call ended; `summary` is that of `pipeline/summary.py`, empty where nobody asked for one."""
        self.ended = came_to(complete=complete, refused=self._refused, summary=summary)
        self._final, self.summary = counts, summary

    def last(self) -> Counts:
        """Return the counts; those known last where the call was cut short."""
        with suppress(Exception):  # the engines that would say it may be what failed
            return self._final or self._read()
        return Counts()


class Watchers:
    """Several watchers of one run as one."""

    def __init__(self, *watchers: Watcher) -> None:
        self._watchers = watchers

    def counts(self, counts: Callable[[], Counts]) -> None:
        """Tell all how to find out how far the run is."""
        for watcher in self._watchers:
            watcher.counts(counts)

    def refused(self, row: Refused) -> None:
        """Tell all of an input row that cannot be used."""
        for watcher in self._watchers:
            watcher.refused(row)

    def pending(self, problems: int) -> None:
        """Tell all how many problems there are."""
        for watcher in self._watchers:
            watcher.pending(problems)


@contextmanager
def call(folder: Folder, run: Run) -> Iterator[Call]:
    """Keep `run.json` true of one call, whose body says `end`. The folder must be locked. Raises StorageError.

    An exception that ends the body is recorded and passed on.
    """
    before = read(folder) or {}
    content = {
        "run_id": run.run_id,
        "name": run.name,
        "state": "running",
        "problems": run.problems,
        "created_at": before.get("created_at") or _now(),
        "started_at": _now(),
        "ended_at": None,
        "exit_code": None,
        "error": None,
        "calls": _calls(before) + 1,
        "host": socket.gethostname(),
        "counts": None,
        "summary": None,
        "code_version": run.code_version,
        "fingerprint_of": run.fingerprint_of,
        "config": run.config,
    }
    _write(folder, content)
    current = Call()
    try:
        yield current
    except BaseException as error:
        with suppress(StorageError):  # a full disk must not hide why the call failed
            _write(folder, content | _ending(how_it_ended(error), current))
        raise
    _write(folder, content | _ending(current.ended or Ended("stopped", 0), current))


def read(folder: Folder) -> dict[str, Any] | None:  # Any: JSON from disk
    """Return what `run.json` says; None where there is none or it is torn, as older versions could leave it."""
    try:
        content = json.loads(folder.read(RUN))
    except (FileNotFoundError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def is_done(record: Mapping[str, Any] | None, problems: int) -> bool:
    """Whether the last call of a run was complete and asked for at least `problems`."""
    if record is None or record.get("state") != "complete":
        return False
    asked = record.get("problems")
    return isinstance(asked, int) and problems <= asked and bool(record.get("summary"))


def expanded(name: str, now: datetime | None = None) -> str:
    """Return a run's name with {date}, {hour}, {week} and {month} filled in, in UTC. Raises ConfigError."""
    now = now or datetime.now(UTC)
    for word in re.findall(r"\{([^{}]*)\}", name):
        if word not in _FIELDS:
            raise ConfigError(
                f"--name: {{{word}}} is not known; there are {', '.join(f'{{{key}}}' for key in _FIELDS)}"
            )
    full = re.sub(r"\{(\w+)\}", lambda found: now.strftime(_FIELDS[found[1]]), name)
    if not _NAME.fullmatch(full):
        raise ConfigError(
            f"--name {full!r}: a name begins with a letter or digit and has only those and . _ - + : in it, 100 at most"
        )
    return full


def check_name(out: Folder, run: Run) -> None:
    """Raise ConfigError where the run's name is that of another run in `out`, which says what differs and the remedy.

    A name whose run has no committed row is free: what it was first tried with may have been a mistake.
    """
    taken = _claimed(out, run.name) if run.name else None
    if taken is None or taken == run.run_id:
        return
    other = out / f"run={taken}"
    if not any(other.names("problems")):
        return
    before = (read(other) or {}).get("fingerprint_of", {})
    raise ConfigError(
        f"--name {run.name}: in {out} this is run={taken}, which was made with another configuration "
        f"({differences(before, run.fingerprint_of)}); take another --name or --out, or ask for it as it was"
    )


def claim_name(out: Folder, run: Run) -> None:
    """Note which run the name means; `check_name` again, with nobody else in between. Raises ConfigError, StorageError."""
    if not run.name or _claimed(out, run.name) == run.run_id:
        return
    names = out / NAMES
    names.make()
    deadline = time.monotonic() + _CLAIM_S
    while True:
        try:
            with names.locked():
                check_name(out, run)
                content = {"name": run.name, "run_id": run.run_id, "claimed_at": _now()}
                names.write(f"{run.name}.json", json.dumps(content).encode() + b"\n")
            return
        except StorageError:  # another run takes its own name at this moment
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return in words what differs between two configurations, the first few keys of it."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    changed = [
        f"{key} was {_value(old, key)}, is {_value(new, key)}"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]
    if not changed:
        return "verifiers, prompts or code that its record does not name"
    more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
    return ", ".join(changed[:_SHOWN]) + more


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # Any: JSON
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}.{index}")
    else:
        yield path, value


def _value(leaves: Mapping[str, Any], key: str) -> str:  # Any: JSON
    if key not in leaves:
        return "left out"
    text = json.dumps(leaves[key], ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _claimed(out: Folder, name: str) -> str | None:
    """Return the run that a name means in `out`."""
    try:
        content = json.loads((out / NAMES).read(f"{name}.json"))
    except (FileNotFoundError, ValueError):
        return None
    run_id = content.get("run_id") if isinstance(content, dict) else None
    return run_id if isinstance(run_id, str) else None


def _ending(ended: Ended, current: Call) -> dict[str, Any]:  # Any: JSON
    return {
        "state": ended.state,
        "ended_at": _now(),
        "exit_code": ended.exit_code,
        "error": ended.error,
        "counts": asdict(current.last()),
        "summary": current.summary,
    }


def _calls(record: Mapping[str, Any]) -> int:
    calls = record.get("calls", 1 if record else 0)
    return calls if isinstance(calls, int) else 0


def _write(folder: Folder, content: Mapping[str, Any]) -> None:
    folder.write(RUN, json.dumps(content, indent=1, ensure_ascii=False, default=float).encode() + b"\n")


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
