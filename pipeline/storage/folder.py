"""Where a run lies: a folder of this machine, or one on an object store, behind one set of operations.

Whatever is written appears whole or not at all. On a disk: a file beside it, fsync, rename, fsync of the folder. On a store:
one upload, which the store makes visible when it is complete. Names are relative to the folder, with `/` between parts.
"""

import io
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

import pyarrow as pa
from pyarrow import fs

from pipeline.storage import disk, lease, object_store
from pipeline.storage.object_store import Answer
from schemas.errors import StorageError

_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_MISTYPED = re.compile(r"(s3|gs|gcs|file):(?!//)", re.IGNORECASE)


class Appender(Protocol):
    """A journal's segment that is being written."""

    def write(self, line: bytes) -> None:
        """Append one line. Raises StorageError."""
        ...

    def close(self) -> None:
        """Put down what is left. Raises StorageError."""
        ...


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder; `folder()` makes one from what a user wrote."""

    url: str
    """Absolute path of this machine, or `s3://bucket/a`, `gs://..`, or a URL of another scheme that fsspec knows."""

    def __str__(self) -> str:
        return object_store.shown(self.url)

    def __truediv__(self, name: str) -> "Folder":
        base, mark, query = self.url.partition("?") if self.local is None else (self.url, "", "")
        return Folder(f"{base.rstrip('/')}/{name}{mark}{query}")

    @property
    def local(self) -> Path | None:
        """The path on this machine; None on an object store."""
        return None if _URL.match(self.url) else Path(self.url)

    @property
    def name(self) -> str:
        """The last part."""
        return self.url.partition("?")[0].rstrip("/").rpartition("/")[2]

    @property
    def parent(self) -> "Folder":
        """The folder that this one lies in."""
        base, mark, query = self.url.partition("?") if self.local is None else (self.url, "", "")
        return Folder(base.rstrip("/").rpartition("/")[0] + mark + query)

    def filesystem(self) -> tuple[fs.FileSystem, str]:
        """Return what pyarrow reads with, and the folder's path on it. Raises StorageError."""
        return (fs.LocalFileSystem(), self.url) if self.local else object_store.opened(self.url)

    def make(self) -> None:
        """Make the folder, or see that a store can be written to. Raises StorageError."""
        if self.local is None:
            # A folder of a store is nothing; an object that stays says that this place can be written to.
            self.write("lock/README", b"Claims of the processes that write here; one that runs renews its own.\n")
            return
        try:
            self.local.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{self}: {error.strerror}; choose another --out") from error

    def read(self, name: str) -> bytes:
        """Return a file's bytes. Raises FileNotFoundError, and StorageError where it is there and cannot be read."""
        try:
            if self.local:
                return (self.local / name).read_bytes()
            system, path = self.filesystem()
            return self._asked(lambda one: object_store.got(system, f"{path}/{one}"), name)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StorageError(f"{self}/{name}: cannot be read: {disk.reason(error)}") from error

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield a file's lines, with their ends, a buffer of it in memory at a time. Raises as `read`."""
        try:
            with self._opened(name) as stream:
                yield from stream
        except (FileNotFoundError, StorageError):
            raise
        except (OSError, pa.ArrowException) as error:
            raise StorageError(f"{self}/{name}: cannot be read: {disk.reason(error)}") from error

    def _opened(self, name: str) -> io.BufferedReader:
        if self.local:
            return (self.local / name).open("rb")
        system, path = self.filesystem()
        return io.BufferedReader(system.open_input_stream(f"{path}/{name}"), 64 * 1024)

    def size(self, name: str) -> int:
        """Return how many bytes a file has. Raises FileNotFoundError, StorageError."""
        system, path = self.filesystem()
        info = self._asked(lambda one: system.get_file_info(f"{path}/{one}"), name)
        if info.type != fs.FileType.File:
            raise FileNotFoundError(f"{self}/{name}")
        return int(info.size)

    def names(self, under: str = "") -> list[str]:
        """Return every file below, relative to this folder, sorted; none where there is no such folder. Raises StorageError."""
        if self.local:
            top = str(self.local)
            walked = os.walk(self.local / under, onerror=self._unlisted)
            return sorted(
                os.path.relpath(f"{place}/{file}", top).replace(os.sep, "/")
                for place, _, files in walked
                for file in files
            )
        return sorted(name for name, info in self._listed(under, recursive=True) if info.type == fs.FileType.File)

    def folders(self) -> list[str]:
        """Return the names of the folders directly inside, sorted. Raises StorageError."""
        if self.local:
            try:
                return sorted(entry.name for entry in os.scandir(self.local) if entry.is_dir())
            except OSError as error:
                self._unlisted(error)
            return []
        return sorted(name for name, info in self._listed("", recursive=False) if info.type == fs.FileType.Directory)

    def _unlisted(self, error: OSError) -> None:
        """Raise StorageError unless there is simply nothing."""
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            raise StorageError(f"{error.filename or self}: cannot be listed: {error.strerror}") from error

    def _listed(self, under: str, *, recursive: bool) -> list[tuple[str, fs.FileInfo]]:
        system, path = self.filesystem()
        place = f"{path}/{under}".rstrip("/")
        found = self._asked(lambda _: object_store.listed(system, place, recursive=recursive), under)
        return [(info.path.removeprefix(path).strip("/"), info) for info in found]

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole or not at all, durably. Raises StorageError."""
        if self.local:
            with self.whole(name) as temporary:
                temporary.write_bytes(content)
            return
        system, path = self.filesystem()
        self._asked(lambda one: object_store.put(system, f"{path}/{one}", pa.py_buffer(content)), name)

    def whole(self, name: str) -> AbstractContextManager[Path]:
        """Give a file of this machine to fill, which becomes `name` at the end, whole and durably. Raises StorageError."""
        return disk.whole(self.local / name) if self.local else self._uploaded(name)

    @contextmanager
    def _uploaded(self, name: str) -> Iterator[Path]:
        """See `whole`; without this machine's disk a large file could not be hashed before it is visible."""
        try:
            with tempfile.TemporaryDirectory(prefix="stepmill-") as scratch:
                temporary = Path(scratch) / "file"
                yield temporary
                system, path = self.filesystem()
                content = pa.memory_map(str(temporary)).read_buffer()
                self._asked(lambda one: object_store.put(system, f"{path}/{one}", content), name)
        except OSError as error:
            raise StorageError(f"{self}/{name}: {disk.reason(error)}; make room in {tempfile.gettempdir()}") from error

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are not there do not matter. Raises StorageError."""
        if self.local:
            for name in names:
                try:
                    (self.local / name).unlink(missing_ok=True)
                except OSError as error:
                    raise StorageError(f"{self}/{name}: cannot be removed: {error.strerror}") from error
            return
        system, path = self.filesystem()
        self._asked(lambda _: object_store.removed(system, [f"{path}/{name}" for name in names]), "")

    def remove_all(self, under: str) -> None:
        """Remove a folder inside, with everything in it. Raises StorageError."""
        if self.local:
            shutil.rmtree(self.local / under, ignore_errors=True)
        else:
            self.remove(self.names(under))

    def append(self, name: str) -> Appender:
        """Begin a file that grows by lines. On a store it is a row of objects, `<name>-<number>`. Raises StorageError."""
        return disk.Appended(self.local / name) if self.local else object_store.Buffered(self.write, name)

    def locked(self) -> AbstractContextManager[None]:
        """Hold the folder for one process; a dead one holds nothing. Raises StorageError that says who has it."""
        if self.local:
            return disk.flocked(self.local)
        system, path = self.filesystem()
        return lease.leased(system, path, str(self))

    def confirm(self) -> None:
        """Raise StorageError where this process held the folder and has lost it, as only happens on a store."""
        if self.local is None:
            lease.confirm(self.filesystem()[1])

    def _asked(self, request: Callable[[str], Answer], name: str) -> Answer:
        return object_store.asked(lambda: request(name), f"{self}/{name}".rstrip("/"))


def folder(place: str | Path) -> Folder:
    """Return the folder that a user means: a path, or a URL. Raises StorageError where its scheme is not known here."""
    text = str(place)
    if text.lower().startswith("file://"):
        return Folder(str(Path(unquote(text[len("file://") :])).absolute()))
    if _URL.match(text):
        named = Folder(text)
        named.filesystem()
        return named
    if _MISTYPED.match(text):
        scheme, _, rest = text.partition(":")
        raise StorageError(f"{text}: write {scheme}://{rest.lstrip('/')}")
    return Folder(str(Path(text).absolute()))
