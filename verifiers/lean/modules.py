"""The Lean library compiled: once, into a cache of this user, keyed by its sources and by the version of Lean."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from verifiers.lean.process import ROOT

_LEAN = (
    "import sys, os; sys.path.insert(0, sys.argv[1]); from verifiers.lean import kernel, fork_server; "
    "os._exit(fork_server.run_lean(kernel.library(sys.argv[2]), sys.argv[3:]))"
)
_IMPORT = re.compile(r"^(?:public )?import (\S+)", re.MULTILINE)
_BUILD_S = 300.0


def command(shared: Path, arguments: Sequence[str]) -> list[str]:
    """Return the command that runs Lean once in a process of its own, with no walls: for text that is trusted."""
    return [sys.executable, "-I", "-S", "-c", _LEAN, str(ROOT), str(shared), *arguments]


def build(library: Path, shared: Path, version: str) -> Path:
    """Return the folder of the compiled modules of `library`, made where the cache has none. Raises OSError."""
    sources = {path.relative_to(library): path.read_bytes() for path in sorted(library.rglob("*.lean"))}
    key = hashlib.sha256(version.encode())
    for path, content in sources.items():
        key.update(f"\0{path}\0{len(content)}\0".encode() + content)
    folder = _cache() / key.hexdigest()[:24]
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="building-", dir=folder.parent))
    try:
        for path in _in_order(sources):
            (made / path).parent.mkdir(parents=True, exist_ok=True)
            _compile_module(shared, library, path, made)
        os.rename(made, folder)
    except OSError:
        if not folder.is_dir():  # another process may have been faster, which makes the same
            raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return folder


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    folder = Path(base) / "stepmill" / "lean"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        folder = Path(tempfile.gettempdir()) / f"stepmill-lean-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _in_order(sources: dict[Path, bytes]) -> list[Path]:
    """Return the modules so that each comes after what it imports. Raises OSError where they import each other."""
    modules = {".".join(path.with_suffix("").parts): path for path in sources}
    wanted = {path: [modules[one] for one in _imports(sources[path].decode()) if one in modules] for path in sources}
    root = modules.get("Init")
    for path, needs in wanted.items():
        if not sources[path].lstrip().startswith((b"prelude", b"/-")) and root is not None:
            needs.append(root)  # imported where `prelude` does not stand first
    ordered: list[Path] = []
    while len(ordered) < len(wanted):
        ready = [path for path in wanted if path not in ordered and all(one in ordered for one in wanted[path])]
        if not ready:
            raise OSError("the modules of the Lean library import each other")
        ordered += ready
    return ordered


def _imports(source: str) -> list[str]:
    return _IMPORT.findall(source)


def _compile_module(shared: Path, library: Path, path: Path, made: Path) -> None:
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        _LEAN,
        str(ROOT),
        str(shared),
        "-o",
        str(made / path.with_suffix(".olean")),
    ]
    environment = {"LEAN_PATH": str(made), "LANG": "C.UTF-8"}
    done = subprocess.run(
        [*command, str(path)], cwd=library, env=environment, capture_output=True, timeout=_BUILD_S, check=False
    )
    if done.returncode != 0:
        raise OSError(f"the Lean library's {path} does not compile: {(done.stdout or done.stderr).decode()[:400]}")
