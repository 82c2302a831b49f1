"""One writer for a folder on an object store, which has no locks: a claim that is renewed, and taken over when it is not.

A process puts a claim of its own into `lock/`, lists the claims, and has the folder where no other is alive. Of two that come at
once, whoever lists later sees the other (S3 and GCS list what was put before), so never both go on. A claim is alive while it is
renewed; how long it was not is told by the store's own times alone, so clocks need not agree. A process that was held up longer
than that asks anew, and gives up where somebody else has come meanwhile: before every commit `confirm` makes sure.
"""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from pipeline.storage import object_store
from schemas.errors import StorageError

RENEW_S = 5.0
STALE_S = 30.0
"""A claim that was not renewed for so long is dead. Times of objects are whole seconds, and a store may be away for some."""

_HELD: dict[str, "Lease"] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    path: str
    token: str
    held: bool
    who: str
    machine: str
    pid: int
    renewed_ns: int
    """By the store's clock."""

    def dead_here(self) -> bool:
        """Whether its process ran on this machine and does not any more, so that nobody need wait."""
        return self.machine == _machine() and not Path(f"/proc/{self.pid}").exists()


def _machine() -> str:
    """Return what two processes share that see each other's numbers: the boot, and the namespace of processes."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return f"unknown {os.urandom(8).hex()}"  # never equal to another's


def _now() -> float:
    """Return seconds that also pass while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Lease:
    """This process's claim on one folder. Raises StorageError."""

    def __init__(self, system: fs.FileSystem, folder: str, shown: str) -> None:
        self._system, self._shown = system, shown
        self._lock = f"{folder}/lock"
        self._token = os.urandom(8).hex()
        self._path = f"{self._lock}/{self._token}.json"
        self._renewed_at = 0.0
        self._lost: str | None = None
        self._turn = threading.Lock()
        self._ended = threading.Event()

    def acquire(self) -> None:
        """Take the folder, waiting for a claim to die where nobody renews it. Raises StorageError that says who has it."""
        seen: dict[str, int] = {}
        until = _now() + STALE_S + 3 * RENEW_S
        self._put(held=False)
        try:
            while alive := self._alive():
                for other in alive:
                    renewed = seen.setdefault(other.token, other.renewed_ns) != other.renewed_ns
                    # Of two that ask at once the one with the greater token gives way.
                    ahead = other.held or other.token < self._token
                    if ahead and (renewed or other.machine == _machine()) or _now() > until:
                        raise StorageError(_taken(self._shown, other))
                time.sleep(1.0)
                self._put(held=False)
            self._put(held=True)
        except BaseException:
            self._withdraw()
            raise
        threading.Thread(target=self._renew, name="lease", daemon=True).start()

    def release(self) -> None:
        """Give the folder back."""
        self._ended.set()
        with self._turn:
            self._withdraw()

    def confirm(self) -> None:
        """Raise StorageError where the folder is not this process's any more."""
        with self._turn:
            if self._lost is None and _now() - self._renewed_at > STALE_S / 2:
                object_store.asked(self._ask_anew, self._shown)
        if self._lost is not None:
            raise StorageError(self._lost)

    def _renew(self) -> None:
        while not self._ended.wait(RENEW_S):
            with self._turn, suppress(OSError, pa.ArrowException):  # a store that is away may be back next time
                if self._ended.is_set() or self._lost is not None:
                    return
                self._ask_anew()

    def _ask_anew(self) -> None:
        """Renew the claim, or find that it is lost. Raises OSError.

        After a pause, somebody may have taken this claim for dead. Their claim was there before they listed, and they listed
        before this one was renewed: whoever is alive besides has the folder or is about to.
        """
        paused = _now() - self._renewed_at > STALE_S / 2
        if paused and self._system.get_file_info(self._path).type == fs.FileType.NotFound:
            self._lost = f"{self._shown}: another process has taken this run over; this one stops"
            return
        self._put(held=True)
        others = self._alive() if paused else []
        if others:
            self._lost = f"{self._shown}: {others[0].who} has taken this run over; this one stops"

    def _put(self, *, held: bool) -> None:
        asked_at = _now()
        host, pid = socket.gethostname(), os.getpid()
        claim = {"held": held, "who": f"process {pid} on {host}", "machine": _machine(), "pid": pid}
        content = pa.py_buffer(json.dumps(claim).encode())
        object_store.asked(lambda: object_store.put(self._system, self._path, content), self._shown)
        self._renewed_at = asked_at

    def _alive(self) -> list[_Claim]:
        """Return the claims of others that count; dead ones are removed. Raises OSError."""
        found = {
            info.path: info.mtime_ns or 0 for info in object_store.listed(self._system, self._lock, recursive=False)
        }
        now = found.get(self._path, 0)
        alive: list[_Claim] = []
        dead: list[_Claim] = []
        for path, renewed_ns in found.items():
            claim = self._read(path, renewed_ns) if path != self._path and path.endswith(".json") else None
            if claim is not None:
                expired = now - renewed_ns > STALE_S * 1e9
                (dead if expired or claim.dead_here() else alive).append(claim)
        if not alive:
            object_store.removed(self._system, [claim.path for claim in dead])
        return alive

    def _read(self, path: str, renewed_ns: int) -> _Claim | None:
        try:
            said = json.loads(object_store.got(self._system, path))
        except FileNotFoundError:
            return None
        except ValueError:
            said = {}
        return _Claim(
            path=path,
            token=Path(path).stem,
            held=said.get("held", True),
            who=said.get("who", "another process"),
            machine=said.get("machine", ""),
            pid=said.get("pid", 0),
            renewed_ns=renewed_ns,
        )

    def _withdraw(self) -> None:
        with suppress(OSError, pa.ArrowException):  # it dies by itself
            object_store.removed(self._system, [self._path])


def _taken(shown: str, other: _Claim) -> str:
    return f"{shown}: {other.who} is writing this run, another process; wait for it or stop it"


@contextmanager
def leased(system: fs.FileSystem, folder: str, shown: str) -> Iterator[None]:
    """Hold a folder for one process. Raises StorageError where another has it."""
    lease = Lease(system, folder, shown)
    object_store.asked(lease.acquire, shown)
    _HELD[folder] = lease
    try:
        yield
    finally:
        _HELD.pop(folder, None)
        lease.release()


def confirm(folder: str) -> None:
    """Raise StorageError where this process held `folder` and has lost it; nothing where it never asked for it."""
    lease = _HELD.get(folder)
    if lease is not None:
        lease.confirm()
