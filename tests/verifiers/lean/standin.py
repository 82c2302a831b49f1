"""Stand-ins around the embedded kernel: a Lake project with its tools, and a REPL. Written to a folder by the tests."""

import os
import sys
from pathlib import Path

from verifiers.lean import modules, native

ROOT = Path(__file__).resolve().parents[3]

LAKE = """#!/bin/sh
# lake --dir PROJECT env COMMAND..: what Lake does, as far as the backend needs it
if [ "$1" != --dir ] || [ "$3" != env ]; then echo "unknown: $*" >&2; exit 2; fi
cd "$2" || exit 2
shift 3
export LEAN_SYSROOT="{sysroot}" LEAN_PATH="{modules}:$LEAN_PATH"
command="$1"; shift
case "$command" in lean) command="{sysroot}/bin/lean";; esac
exec "$command" "$@"
"""
LEAN = """#!{python} -IS
import os, sys
sys.path.insert(0, {root!r})
from verifiers.lean import fork_server, kernel
os._exit(fork_server.run_lean(kernel.library({shared!r}), sys.argv[1:]))
"""
CHECKER = """#!{python} -IS
import os, sys
sys.path.insert(0, {root!r})
from verifiers.lean import kernel, objects
library = kernel.library({shared!r})
library.lean_init_search_path()
lean = objects.Lean(library)
path = next(p for p in (os.path.join(f, sys.argv[1] + ".olean") for f in os.environ["LEAN_PATH"].split(":")) if os.path.exists(p))
module = kernel.read(lean, path)
try:
    kernel.replay(lean, kernel.import_modules(lean, module), module)
except kernel.Refused as refused:
    print(refused.reason, file=sys.stderr)
    os._exit(1)
os._exit(0)
"""
REPL = """#!{python} -I
import json, sys
sys.path.insert(0, {root!r})
from verifiers.lean import messages
from verifiers.lean.native import Native
from verifiers.lean.rows import Limits

def answer(source):
    if "hang" in source:
        import time; time.sleep(60)
    if "die" in source:
        sys.exit(3)
    ran = lean.run(["--json", "Main.lean"], {{"Main.lean": source.encode()}}, [], Limits())
    words = {{"information": "info"}}
    said = [dict(severity=words.get(m.severity, m.severity), data=m.text, pos=dict(line=m.line, column=m.column))
            for m in messages.read(ran.files["stdout"])]
    return {{"env": 0, "messages": said}}

def serve():
    lines = []
    for line in sys.stdin:
        if line.strip():
            lines.append(line)
        elif lines:
            print(json.dumps(answer(json.loads("".join(lines))["cmd"])) + "\\n", flush=True)
            lines = []

if __name__ == "__main__":
    with Native() as lean:
        serve()
"""


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def lake_project(folder: Path, *, checker: bool = True) -> tuple[Path, Path]:
    """Make a Lake project and its tools; return (project, folder for PATH)."""
    shared = native.shared_library()
    compiled = modules.build(native.LIBRARY, shared, native.WHEEL_VERSION)
    given = {"python": sys.executable, "root": str(ROOT), "shared": str(shared)}
    sysroot = folder / "toolchain"
    script(sysroot / "bin" / "lean", LEAN.format(**given))
    if checker:
        script(sysroot / "bin" / "leanchecker", CHECKER.format(**given))
    script(folder / "bin" / "lake", LAKE.format(sysroot=sysroot, modules=compiled))
    project = folder / "project"
    project.mkdir()
    (project / "lakefile.toml").write_text('name = "proofs"\n')
    (project / "lean-toolchain").write_text("leanprover/lean4:v4.35.0\n")
    return project, folder / "bin"


def repl(folder: Path) -> list[str]:
    """Write a REPL; return the command that starts it."""
    return [sys.executable, str(script(folder / "repl.py", REPL.format(python=sys.executable, root=str(ROOT))))]


def path_with(folder: Path) -> str:
    return f"{folder}{os.pathsep}{os.environ['PATH']}"
