"""The manifest of a run: which shards exist. Readers trust it and nothing else.

`manifest.json` is the base. Every commit puts one small file, `manifest/<number>-<writer>.json`, beside it, so that the work of
a commit does not grow with the run; folding writes the base anew with everything in it and how many segments that are
(`segments`), and then removes them. Segments below that number do not count any more, whether they are there or not.

What a kill leaves, place by place:
- after a shard, before its segment: a file that nobody names; `remove_uncommitted` deletes it and the work is done again;
- after a segment, before the next or the fold: committed, since readers take base and segments together;
- while the base is written: the old base and all segments (a file appears whole or not at all);
- after the base, while segments are removed: the new base, and segments that no longer count; the next fold removes them.
Numbers are never used twice: a new log begins behind the base and behind every segment that is there.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.storage.disk import TEMPORARY
from pipeline.storage.folder import Folder
from pipeline.storage.object_store import together
from schemas.errors import StorageError
from schemas.table import SCHEMA_VERSION

MANIFEST = "manifest.json"
SEGMENTS = "manifest"
TABLES = ("traces", "trees", "problems")

FOLD_AFTER = 512
"""Segments. Each further fold waits until as many are there as it has folded, so that folding is linear over a run."""

_READ_AHEAD = 64
"""Segments in memory at once: one request each, and on a store a request is mostly waiting."""
_TRIES = 5
"""Of a reader in whose way the writer folds."""
_SEGMENT = re.compile(rf"{SEGMENTS}/(\d{{8}})(?:-[0-9a-f]+)?\.json")

Content = dict[str, Any]  # Any: JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardEntry:
    """One committed file."""

    table: str
    file: str
    """Relative to the run's folder."""
    sha256: str
    rows: int
    bytes: int
    problem_ids: tuple[str, ...]
    """Those in a file of `problems`; () for the other tables, which have rows of the same ones (older manifests repeat them)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a base says before its entries."""

    schema_version: int
    run_id: str
    segments: int
    """How many are folded in."""


def read(folder: Folder) -> list[ShardEntry]:
    """Return the committed shards, none where there is no manifest yet; of two entries of a file the later one counts.

    While another process commits, the answer is what was committed at some moment of the call. Raises StorageError on a manifest
    that is damaged.
    """
    # The whole base in one request: a store may replace it between two.
    found = _steady(folder, lambda: iter(folder.read(MANIFEST).splitlines(keepends=True)))
    return list({entry.file: entry for entry in found}.values())


def entries(folder: Folder) -> Iterator[ShardEntry]:
    """Yield the committed shards, in order, some segments in memory at a time and 100 bytes for a shard. Raises StorageError."""
    return _steady(folder, lambda: folder.lines(MANIFEST))


def _steady(folder: Folder, base: Callable[[], Iterator[bytes]]) -> Iterator[ShardEntry]:
    """Yield the entries once each, beginning again where another process folds or rewrites what is being read."""
    told: set[int] = set()
    for left in reversed(range(_TRIES)):
        try:
            for entry in _entries(folder, base):
                key = hash((entry.file, entry.sha256))
                if key not in told:
                    told.add(key)
                    yield entry
        except StorageError:
            if not left:
                raise
        else:
            return


def head(folder: Folder) -> Head | None:
    """Return what the base says of the run, None where there is no base. Raises StorageError."""
    try:
        with _naming(folder, MANIFEST):
            return _opened(folder.lines(MANIFEST))[0]
    except FileNotFoundError:
        return None


def _entries(folder: Folder, base: Callable[[], Iterator[bytes]]) -> Iterator[ShardEntry]:
    # Segments are listed before the base is read: one that a fold removes after that is in the base, or is found missing below.
    segments = _segments(folder)
    folded = 0
    with _naming(folder, MANIFEST):
        try:
            said, shards = _opened(base())
            folded = said.segments
            yield from shards
        except FileNotFoundError:
            pass
    numbers = sorted({number for number in segments.values() if number >= folded})
    if numbers != list(range(folded, folded + len(numbers))):
        raise StorageError(
            f"{folder}/{SEGMENTS}: a segment before number {numbers[-1]} is missing; restore it or remove {folder}"
        )
    names = [name for name, number in segments.items() if number >= folded]
    for start in range(0, len(names), _READ_AHEAD):
        for found in together(lambda name: _of_segment(folder, name), names[start : start + _READ_AHEAD]):
            yield from found


def _segments(folder: Folder) -> dict[str, int]:
    """Return the segments that are there by name, each with its number, in order."""
    found = ((name, _SEGMENT.fullmatch(name)) for name in folder.names(SEGMENTS))
    return {name: int(match[1]) for name, match in found if match}


def _of_segment(folder: Folder, name: str) -> list[ShardEntry]:
    with _naming(folder, name):
        try:
            return [_entry(one) for one in json.loads(b"".join(folder.lines(name)))["shards"]]
        except FileNotFoundError as error:
            raise StorageError(f"{folder}/{name}: gone while it was to be read; try again") from error


def _opened(lines: Iterator[bytes]) -> tuple[Head, Iterator[ShardEntry]]:
    """Return what a base says first, and its entries; one that this code wrote has a line for each, older ones are one JSON."""
    first = next(lines, b"")
    if first.endswith(_SHARDS):
        return _head(json.loads(first + b"]}")), _by_line(lines)
    content = json.loads(first + b"".join(lines))
    return _head(content), (_entry(one) for one in content["shards"])


def _by_line(lines: Iterator[bytes]) -> Iterator[ShardEntry]:
    for line in lines:
        if line == _END:
            return
        yield _entry(json.loads(line.rstrip(b",\n")))
    raise ValueError("cut off")


def _head(content: Content) -> Head:
    version, segments = content["schema_version"], content.get("segments", 0)
    if not isinstance(version, int) or not isinstance(segments, int) or not isinstance(content["shards"], list):
        raise ValueError("not the content of a manifest")
    return Head(schema_version=version, run_id=content["run_id"], segments=segments)


def _entry(content: Content) -> ShardEntry:
    return ShardEntry(**content | {"problem_ids": tuple(content["problem_ids"])})


@contextmanager
def _naming(folder: Folder, name: str) -> Iterator[None]:
    """Name the file whose content is not what it should be."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(f"{folder}/{name}: damaged ({error}); restore it or remove {folder}") from error


# The last line of a base's head and the last of all; between them, an entry a line.
_SHARDS = b'"shards": [\n'
_END = b"]}\n"


class Log:
    """The one writer of a run's manifest, which has the folder's lock. Raises StorageError."""

    def __init__(self, folder: Folder, run_id: str) -> None:
        self._folder, self._run_id = folder, run_id
        self._writer = os.urandom(4).hex()
        said = head(folder)
        if said is None:
            _write_base(folder, Head(schema_version=SCHEMA_VERSION, run_id=run_id, segments=0), ())
        self._folded = said.segments if said else 0
        self._next = max([self._folded - 1, *_segments(folder).values()]) + 1

    def commit(self, entries: Sequence[ShardEntry]) -> None:
        """Make `entries` part of the run, all of them or none, durably."""
        if not entries:
            return
        content = self._content() | {"shards": [asdict(entry) for entry in entries]}
        # On a store, a process that was held up may have lost the folder. The writer's mark keeps its segment from replacing
        # that of the process which has it now.
        self._folder.confirm()
        self._folder.write(f"{SEGMENTS}/{self._next:08d}-{self._writer}.json", json.dumps(content).encode() + b"\n")
        self._next += 1
        if self._next - self._folded >= max(FOLD_AFTER, self._folded):
            self.fold()

    def fold(self) -> None:
        """Put everything into the base."""
        if self._next == self._folded:
            return
        self._folder.confirm()
        _write_base(
            self._folder,
            Head(schema_version=SCHEMA_VERSION, run_id=self._run_id, segments=self._next),
            _once(lambda: entries(self._folder)),
        )
        _remove_folded(self._folder, self._next)
        self._folded = self._next

    def close(self) -> None:
        """Fold what is left."""
        self.fold()

    def _content(self) -> Content:
        return {"schema_version": SCHEMA_VERSION, "run_id": self._run_id}


def open_log(folder: Folder, run_id: str) -> Log:
    """Return the log of a run, for the process that has the folder's lock. Raises StorageError."""
    return Log(folder, run_id)


def rewrite(folder: Folder, entries: Iterable[ShardEntry], *, schema_version: int | None = None) -> None:
    """Make `entries` all that a run has, at once, for the process that has the folder's lock; files are left alone.

    `schema_version` says what the files are of now, where that changes. Raises StorageError, also where there is no run.
    """
    said = head(folder)
    if said is None:
        raise StorageError(f"{folder}: no {MANIFEST}; this is not the folder of a run")
    folder.confirm()
    segments = max([said.segments - 1, *_segments(folder).values()]) + 1
    version = said.schema_version if schema_version is None else schema_version
    _write_base(folder, Head(schema_version=version, run_id=said.run_id, segments=segments), entries)
    _remove_folded(folder, segments)


def _write_base(folder: Folder, said: Head, shards: Iterable[ShardEntry]) -> None:
    with folder.whole(MANIFEST) as path, path.open("wb") as stream:
        stream.write(json.dumps(asdict(said))[:-1].encode() + b", " + _SHARDS)
        between = b""
        for entry in shards:
            stream.write(between + json.dumps(asdict(entry)).encode())
            between = b",\n"
        stream.write(b"\n" * bool(between) + _END)


def _once(shards: Callable[[], Iterator[ShardEntry]]) -> Iterator[ShardEntry]:
    """Yield entries so that of two of a file only the later one is left, reading twice rather than holding all of them."""
    seen: set[int] = set()
    again: set[int] = set()
    for entry in shards():
        key = hash(entry.file)
        (again if key in seen else seen).add(key)
    last = {}
    for entry in shards():
        if hash(entry.file) in again:
            last[entry.file] = entry
        else:
            yield entry
    yield from last.values()


def _remove_folded(folder: Folder, before: int) -> None:
    folder.remove([name for name, number in _segments(folder).items() if number < before])


def remove_uncommitted(folder: Folder, entries: Iterable[ShardEntry]) -> int:
    """Delete what a killed run left half done: temporary files, and shards that never reached the manifest. Return how many."""
    committed = {entry.file for entry in entries}
    shards = [name for table in TABLES for name in folder.names(table)]
    temporary = [name for name in folder.names() if name.endswith(TEMPORARY)] if folder.local else []
    lost = sorted({*temporary, *(name for name in shards if name not in committed)})
    folder.remove(lost)
    return len(lost)


def sha256_of(path: Path) -> str:
    """Return the hash of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
