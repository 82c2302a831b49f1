"""Files of this machine: whole or not at all, locked for one process, grown by lines that no kill can take back."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from schemas.errors import StorageError

LOCK = "run.lock"
TEMPORARY = ".tmp"
REMEDY = "make room or choose another --out, then run again"


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a file to write beside `path`, which takes its place at the end, whole and durably. Raises StorageError."""
    temporary = path.with_name(f"{path.name}.{os.urandom(4).hex()}{TEMPORARY}")
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            sync(path.parent.parent)
        yield temporary
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    except OSError as error:
        with suppress(OSError):  # what made the write fail may do the same to this
            temporary.unlink()
        raise StorageError(f"{path}: {reason(error)}; {REMEDY}") from error
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def sync(path: Path) -> None:
    """Make durable what a file holds, or the renames in a folder. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def reason(error: BaseException) -> str:
    """Return why in a few words, the system's own where it was the system."""
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else " ".join(str(error).split()) or type(error).__name__


@contextmanager
def flocked(place: Path) -> Iterator[None]:
    """Hold a folder by a lock of the kernel's, which lets go when the process dies."""
    path = place / LOCK
    while True:
        try:
            stream = path.open("a+b")
        except OSError as error:
            raise StorageError(f"{place}: {error.strerror}; choose another --out") from error
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            with stream:
                stream.seek(0)
                who = stream.read(200).decode("utf-8", "replace").strip()
            raise StorageError(
                f"{place}: another process is writing this run{f' ({who})' * bool(who)}; wait for it or stop it"
            ) from error
        with suppress(FileNotFoundError):
            if os.path.samestat(path.stat(), os.fstat(stream.fileno())):
                break
        stream.close()  # the one before let go, and removed it, between our opening and our locking
    with stream:
        with suppress(OSError):  # on a full disk the lock holds all the same
            stream.truncate(0)
            stream.write(f"process {os.getpid()} on {socket.gethostname()}".encode())
            stream.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


class Appended:
    """A file that grows by lines. Unbuffered: a line is either with the kernel or not written at all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise StorageError(f"{path}: {error.strerror}; choose another --out") from error

    def write(self, line: bytes) -> None:
        """Append one line. Raises StorageError."""
        try:
            written = self._file.write(line)
        except OSError as error:
            raise StorageError(f"{self._path}: {error.strerror}; {REMEDY}") from error
        if written != len(line):
            raise StorageError(f"{self._path}: the disk is full; {REMEDY}")

    def close(self) -> None:
        """Close the file."""
        self._file.close()
