"""The manifest of a run: which shards exist. Readers trust it and nothing else; it is replaced whole, in one rename."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from schemas.errors import StorageError
from schemas.table import SCHEMA_VERSION

MANIFEST = "manifest.json"
TABLES = ("traces", "trees", "problems")


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


def read(folder: Path) -> list[ShardEntry]:
    """Return the committed shards, none where there is no manifest yet. Raises StorageError on a damaged one."""
    path = folder / MANIFEST
    try:
        return entries_of(json.loads(path.read_text()))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{path}: damaged ({error}); restore it or remove {folder}") from error


def entries_of(content: dict[str, Any]) -> list[ShardEntry]:  # Any: JSON from disk
    """Return the shards that a manifest's content lists. Raises KeyError or TypeError where it is no manifest."""
    return [ShardEntry(**entry | {"problem_ids": tuple(entry["problem_ids"])}) for entry in content["shards"]]


def commit(folder: Path, run_id: str, entries: Sequence[ShardEntry]) -> None:
    """Make `entries` the run's shards; later entries win over earlier ones of the same file. Raises StorageError."""
    by_file = {entry.file: asdict(entry) for entry in entries}
    content = {"schema_version": SCHEMA_VERSION, "run_id": run_id, "shards": list(by_file.values())}
    write_file(folder / MANIFEST, json.dumps(content, indent=1).encode() + b"\n")


def remove_uncommitted(folder: Path, entries: Sequence[ShardEntry]) -> int:
    """Delete what a killed run left half done: temporary files, and shards that never reached the manifest. Return how many."""
    committed = {entry.file for entry in entries}
    removed = 0
    for path in [*folder.glob("*.tmp"), *(path for table in TABLES for path in (folder / table).glob("*"))]:
        if path.is_file() and path.relative_to(folder).as_posix() not in committed:
            path.unlink()
            removed += 1
    return removed


def make_folder(folder: Path) -> None:
    """Make a run's folder. Raises StorageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror}; choose another --out") from error


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that it is either there whole or not at all, even across a power cut. Raises StorageError."""
    with whole(path) as temporary:
        temporary.write_bytes(content)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a file to write beside `path`, which takes its place at the end, whole and durably. Raises StorageError."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    except OSError as error:
        with suppress(OSError):  # what made the write fail may do the same to this
            temporary.unlink()
        raise StorageError(f"{path}: {error.strerror}; make room or choose another --out, then run again") from error


def sync(path: Path) -> None:
    """Make durable what a file holds, or the renames in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    """Return the hash of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a run's folder for one process; the kernel lets go when it dies. Raises StorageError where another has it."""
    try:
        stream = (folder / "run.json").open("a")
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror}; choose another --out") from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StorageError(f"{folder}: another process is writing this run; wait for it or stop it") from error
        yield
