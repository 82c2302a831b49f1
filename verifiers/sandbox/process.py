"""The parent's end of a zygote: start it, hold its pipes, kill it."""

import json
import os
import select
import shlex
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from verifiers.sandbox import wire
from verifiers.sandbox.cgroups import Cgroup

_ROOT = Path(__file__).resolve().parents[2]
_START = "import sys; sys.path.insert(0, sys.argv[2]); from verifiers.sandbox.zygote import main; main()"
_START_S = 60.0
_HASH_SEEDS = ("0", "1")
_QUIET = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
"""Libraries of numbers would start a thread per core, each with a stack that counts as memory; glibc reserves 64 MB for each."""


class LayerError(Exception):
    """A zygote could not put up a layer; `layer` and `why`."""

    def __init__(self, layer: str, why: str) -> None:
        super().__init__(f"{layer}: {why}")
        self.layer, self.why = layer, why


class ZygoteProcess:
    """A zygote and the descriptors to it, made once and kept until it ends."""

    def __init__(self, layers: Sequence[str], path: Sequence[str], seed: int, cgroup: Cgroup | None) -> None:
        """Begin to start it; `wait` for it before the first run. `seed` is 0 or 1."""
        self.control, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request, self.request = os.pipe()
        self.answer, answer = os.pipe()
        self.output, output = os.pipe()
        theirs = (request, answer, control.fileno())
        asked = {
            "descriptors": theirs, "layers": list(layers), "path": list(path), "seed": seed, "root": str(_ROOT),
        }  # fmt: skip
        # -I without -E, which would ignore the hash seed; the environment holds nothing else that Python reads.
        flags = ["-P", "-s", "-S", "-B", "-X", "utf8"]
        command = [os.path.realpath(sys.executable), *flags, "-c", _START, json.dumps(asked), str(_ROOT)]
        self._child: subprocess.Popen[bytes] | None = None
        try:
            self._child = child = subprocess.Popen(
                [*_launcher(layers, cgroup), *command],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, pass_fds=theirs,
                env={"PYTHONHASHSEED": _HASH_SEEDS[seed], **_QUIET}, start_new_session=True,
            )  # fmt: skip
            if cgroup is not None:
                cgroup.enter(child.pid)
        except OSError:
            self.close()
            raise
        finally:
            for descriptor in (request, answer, output):
                os.close(descriptor)
            control.close()
        self.pid = child.pid
        """Process id of the process that watches over the zygote."""
        for descriptor in (self.request, self.answer, self.output):
            os.set_blocking(descriptor, False)
        self.control.setblocking(False)
        self.readable = (self.control.fileno(), self.answer, self.output)
        self.look = select.poll()
        self.look.register(self.control.fileno(), select.POLLIN)
        self.control.send(wire.GO)

    def wait(self) -> None:
        """Wait until it serves. Raises LayerError."""
        if not self.look.poll(_START_S * 1000):
            raise LayerError("zygote", f"not ready after {_START_S:g} s")
        try:
            hello = json.loads(self.control.recv(4096) or b"{}")
        except (OSError, ValueError):
            hello = {}
        if "layers" not in hello:
            layer, why = hello.get("missing", ("zygote", f"it ended while it started: {self._said()}"))
            raise LayerError(str(layer), str(why))

    def _said(self) -> str:
        try:
            return os.read(self.output, 65536)[-300:].decode(errors="replace").strip()
        except OSError:
            return ""

    def drain(self) -> None:
        """Have the zygote forget what a run left unread. Raises OSError or TimeoutError."""
        self.control.send(wire.DRAIN)
        while True:
            if not self.look.poll(2000):
                raise TimeoutError("the zygote does not answer")
            packet = self.control.recv(4096)
            if packet == wire.DRAIN:
                return
            if not packet:
                raise ConnectionResetError("the zygote has ended")

    def close(self) -> None:
        """End it and everything that it started, and close the descriptors."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        self.control.close()
        for descriptor in (self.request, self.answer, self.output):
            os.close(descriptor)


def _launcher(layers: Sequence[str], cgroup: Cgroup | None) -> list[str]:
    if "bwrap" not in layers:
        return []
    # bwrap forks at once: only a process that is in the cgroup before it starts bwrap has everything in it.
    files = " ".join(shlex.quote(str(folder / "cgroup.procs")) for folder in (cgroup.folders if cgroup else ()))
    enter = ["sh", "-c", f'for file in {files or "/dev/null"}; do echo $$ > "$file"; done; exec "$@"', "sh"]
    return enter + [
        "bwrap",
        "--unshare-all",
        "--ro-bind",
        "/",
        "/",
        "--tmpfs",
        "/tmp",
        "--proc",
        "/proc",
    ]
