"""A disk that can be full: a small file system in memory, mounted for one run."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BYTES = 64 * 2**20
_FILLER = "filler"


def missing() -> str | None:
    """Say why there can be none here, None where there can."""
    return None if os.geteuid() == 0 else "mounting a small disk needs root"


@contextmanager
def mounted(folder: Path) -> Iterator[Path]:
    """Give `folder` a file system of its own while inside. Raises OSError where it may not be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={_BYTES}", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"{folder}: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        # Lazily: what hangs may still have files open there.
        subprocess.run(["umount", "-l", str(folder)], capture_output=True)


def fill(folder: Path) -> None:
    """Take all the room there is."""
    with (folder / _FILLER).open("ab") as stream:
        size = _BYTES
        while size:
            try:
                os.posix_fallocate(stream.fileno(), stream.seek(0, os.SEEK_END), size)
            except OSError:
                size //= 2


def make_room(folder: Path) -> None:
    """Give it back."""
    (folder / _FILLER).unlink(missing_ok=True)
