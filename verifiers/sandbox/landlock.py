"""Landlock: a second wall around files, TCP and abstract sockets, which needs no privilege.

A ruleset is built once in the zygote; each child only restricts itself with it. Constants: include/uapi/linux/landlock.h.
What the running kernel does not know yet is left out of the ruleset (`version` says how new it is).
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from verifiers.sandbox.syscalls import call

_VERSION_FLAG, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_FIRST_VERSION = (1 << 13) - 1
"""All rights of ABI 1."""
_DEVICE_NODES = 1 << 6 | 1 << 11
"""Making character and block devices: allowed nowhere."""
_READ = _READ_FILE | _READ_DIR
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV


def version() -> int:
    """Return the kernel's landlock ABI; 0 where it has none or it is switched off."""
    try:
        return call("landlock_create_ruleset", None, 0, _VERSION_FLAG)
    except OSError:
        return 0


def ruleset(read: Iterable[str], write: Iterable[str], devices: Iterable[str]) -> int:
    """Return the descriptor of a ruleset: `read` and `write` are folders, `devices` may be written to. Raises OSError.

    All TCP is forbidden (ABI 4), and so are abstract sockets and signals to processes outside (ABI 6).
    """
    abi = version()
    files = (
        _FIRST_VERSION | (_REFER if abi >= 2 else 0) | (_TRUNCATE if abi >= 3 else 0) | (_IOCTL_DEV if abi >= 5 else 0)
    )
    fields = [files] + ([3] if abi >= 4 else []) + ([3] if abi >= 6 else [])
    attributes = b"".join(one.to_bytes(8, "little") for one in fields)
    made = call("landlock_create_ruleset", attributes, len(attributes), 0)
    for path in read:
        _allow(made, path, _READ & files)
    for path in write:
        _allow(made, path, files & ~(_EXECUTE | _DEVICE_NODES | _IOCTL_DEV))
    for path in devices:
        _allow(made, path, (_READ_FILE | _WRITE_FILE | _TRUNCATE) & files)
    return made


def _allow(made: int, path: str, rights: int) -> None:
    with suppress(FileNotFoundError, NotADirectoryError):
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not Path(path).is_dir():
                rights &= _ON_FILES
            rule = rights.to_bytes(8, "little") + folder.to_bytes(4, "little")
            call("landlock_add_rule", made, _PATH_BENEATH, rule, 0)
        finally:
            os.close(folder)
