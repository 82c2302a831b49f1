"""Which walls does this machine have? Tried, not guessed: a worker is started with them, and a program is run.

From the strongest rung down: namespaces as root; in a user namespace; seccomp and landlock alone; the same inside bubblewrap.
A layer that cannot be put up is left out and named, with why and what would add it. A rung confines where a filter of system
calls and a wall around files are both up.
"""

import shutil
from dataclasses import dataclass
from functools import lru_cache

from verifiers.sandbox.process import LayerError
from verifiers.sandbox.rows import Call, Limits, Program
from verifiers.sandbox.worker import Worker

RUNGS: dict[str, tuple[str, ...]] = {
    "root": ("pid", "mount", "ipc", "net", "tmpfs", "ids", "seccomp", "landlock", "rlimits", "cgroup"),
    "user": ("user", "pid", "mount", "ipc", "net", "tmpfs", "seccomp", "landlock", "rlimits", "cgroup"),
    "filter": ("ids", "seccomp", "landlock", "rlimits", "cgroup"),
    "bwrap": ("bwrap", "ids", "seccomp", "landlock", "rlimits", "cgroup"),
}
"""Names of layers by rung."""

_REMEDIES = {
    "user": "allow user namespaces: sysctl user.max_user_namespaces=10000, and on Ubuntu "
    "sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    "pid": "run as root, or allow user namespaces",
    "mount": "run as root, or allow user namespaces",
    "net": "run as root, or allow user namespaces",
    "ipc": "a kernel with CONFIG_IPC_NS, as root or in a user namespace",
    "tmpfs": "run as root, or allow user namespaces",
    "ids": "run as root",
    "seccomp": "a kernel with CONFIG_SECCOMP_FILTER on x86-64 or aarch64",
    "landlock": "Linux 5.13 or newer, with landlock in the kernel's lsm= list",
    "cgroup": "run as root where cgroups with pids and memory are mounted writable (docker: --cgroupns=host --privileged)",
    "bwrap": "apt-get install bubblewrap",
    "rlimits": "",
}
_PREFERRED = RUNGS["root"]
_NAMESPACES = ("user", "pid", "mount", "tmpfs")
"""A rung that has them needs them: without, the next one may have more."""
_TRIAL = Program(code="def twice(n):\n    return 2 * n\n", entry_point="twice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a machine offers."""

    rung: str
    """Empty where nothing confines."""
    layers: tuple[str, ...]
    missing: dict[str, str]
    """Layers of the strongest rung that are not up, and why."""

    @property
    def confined(self) -> bool:
        """Whether a program can be run that nobody knows."""
        return bool(self.rung)

    def remedies(self) -> dict[str, str]:
        """Return what would add each layer that is missing."""
        return {name: _REMEDIES.get(name, "") for name in self.missing}


def confines(layers: tuple[str, ...]) -> bool:
    """Whether these are enough for a program that nobody knows."""
    return "seccomp" in layers and ("mount" in layers or "landlock" in layers)


@lru_cache(maxsize=8)
def probe(allowed: tuple[str, ...] | None = None, path: tuple[str, ...] = ()) -> Found:
    """Return the strongest set of layers that works here, of those allowed. Starts a worker or two; once per process."""
    whys: dict[str, str] = {}
    for rung, wanted in RUNGS.items():
        if allowed is not None and any(mark in allowed and mark not in wanted for mark in ("user", "bwrap")):
            continue  # these two are asked for by name
        if rung == "bwrap" and (shutil.which("bwrap") is None or (allowed is not None and rung not in allowed)):
            whys.setdefault("bwrap", "not installed" if shutil.which("bwrap") is None else "switched off")
            continue
        layers = _try(tuple(one for one in wanted if allowed is None or one in allowed), path, whys)
        if layers is not None and confines(layers):
            return Found(rung=_named(layers), layers=layers, missing=_missing(layers, whys, allowed))
    return Found(rung="", layers=(), missing=_missing((), whys, allowed))


def _try(wanted: tuple[str, ...], path: tuple[str, ...], whys: dict[str, str]) -> tuple[str, ...] | None:
    """Return those of the wanted layers with which a program runs, None where none do."""
    layers = wanted
    while confines(layers):
        try:
            worker = Worker(layers, path)
        except LayerError as error:
            whys.setdefault(error.layer, error.why)
            if error.layer not in layers or error.layer in _NAMESPACES:
                return None
            layers = tuple(one for one in layers if one != error.layer)
            continue
        try:
            run = worker.run(_TRIAL, (Call(args=(21,)),), Limits(), 0)
        finally:
            worker.close()
        if run.status == "done" and run.returned[0].value == 42:
            return layers
        whys.setdefault("zygote", f"a trial run ended as {run.status}: {run.reason}")
        return None
    return None


def _named(layers: tuple[str, ...]) -> str:
    if "mount" in layers:
        return "user" if "user" in layers else "root"
    return "bwrap" if "bwrap" in layers else "filter"


def _missing(layers: tuple[str, ...], whys: dict[str, str], allowed: tuple[str, ...] | None) -> dict[str, str]:
    failed = {} if layers else {"zygote": whys["zygote"]} if "zygote" in whys else {}
    off = {name for name in _PREFERRED if allowed is not None and name not in allowed}
    return failed | {
        name: "switched off" if name in off else whys.get(name, "not on this rung")
        for name in _PREFERRED
        if name not in layers
    }
