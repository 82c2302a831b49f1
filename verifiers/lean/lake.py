"""The Lake backend: proofs over a user's own project, with whatever Lean version and libraries it has.

A Mathlib project, once, with network:

    curl -sSf https://raw.githubusercontent.com/leanprover/elan/master/elan-init.sh | sh -s -- -y
    lake +leanprover/lean4:stable new proofs math && cd proofs
    lake exe cache get && lake build
    python -m jobs.check proofs FILE.jsonl --project proofs      # header of the rows: import Mathlib

Checking needs no network and writes nothing into the project. Stages:

    header      where the header defines something, as a module of its own
    compile     the proof, as a module
    statement   a second file imports it and restates the locked statement (`statement.check_file`)
    axioms      `#print axioms` in that second file, against the allow-list
    leanchecker the proof's module again through the kernel, where the toolchain has it (Lean 4.28 and newer)

For claims that will be published add comparator (Linux, landrun): it compares the statement's constants in a separate export of
both modules and can ask other kernels, which closes what an imported macro or a module written by hand could still bend here.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from verifiers.lean import messages
from verifiers.lean.judgement import Stage, by_axioms, judged, word
from verifiers.lean.process import Ran, run
from verifiers.lean.rows import ALLOWED_AXIOMS, Limits, Proof, ProofVerdict
from verifiers.lean.statement import STMT_OK, Locked, Refusal, lock
from verifiers.lean.walls import STACK_KB

NAME = "lake"
STAGES = ("compile", "statement", "axioms", "leanchecker")
"""Of a project whose toolchain has leanchecker; `Lake.stages` says what this one has."""
_HEADER, _PROOF, _CHECK = "StepmillHeader", "StepmillProof", "StepmillCheck"
_READABLE = ("-Dpp.mvars=false",)
"""What every version since 2024 knows; Lean stops at an option that it does not know."""
_PASSED_ON = ("PATH", "HOME", "ELAN_HOME", "ELAN_TOOLCHAIN", "LAKE_HOME", "LANG", "TMPDIR")
_MAPPED_BYTES = 64 << 30
"""Address space for modules that are mapped from disk: all of Mathlib's are 6 GB. `-M` is what limits memory here."""
_CHECKER = (
    'for one in "$LEAN_SYSROOT/bin/leanchecker" "$(command -v leanchecker)"; do '
    'if test -x "$one"; then printf %s "$one"; exit 0; fi; done; exit 1'
)


def missing(project: str) -> str | None:
    """Say why `project` cannot be used, with what to do; None where it can."""
    folder = Path(project)
    if not project or not folder.is_dir():
        return f"there is no Lake project at {project or '(no folder given)'}; give its folder as --project"
    if not any((folder / file).is_file() for file in ("lakefile.toml", "lakefile.lean")):
        return f"{project} holds no lakefile.toml or lakefile.lean; give the folder of a Lake project"
    if shutil.which("lake") is None:
        return "lake is not on PATH; install elan (https://lean-lang.org/install), then `lake build` in the project"
    return None


class Lake:
    """Checks proofs in one project, one process a stage."""

    def __init__(self, project: str) -> None:
        self._project = Path(project).resolve()
        self._version: str | None = None
        self._checker: str | None = None

    @property
    def version(self) -> str:
        """Backend and Lean, for the verdict."""
        if self._version is None:
            self._look()
        return f"{NAME} {self._version}"

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that a verified proof will have passed; `header` only where one defines something."""
        if self._version is None:
            self._look()
        return STAGES if self._checker else STAGES[:-1]

    def check(
        self, rows: Sequence[Proof], limits: Limits, allowed: Sequence[str] = ALLOWED_AXIOMS
    ) -> Iterator[ProofVerdict]:
        """Yield the verdict on every row, in order. Total."""
        for row in rows:
            with tempfile.TemporaryDirectory(prefix="stepmill-lake-", ignore_cleanup_errors=True) as folder:
                yield self._check_one(row, limits, allowed, Path(folder))

    def _check_one(self, row: Proof, limits: Limits, allowed: Sequence[str], folder: Path) -> ProofVerdict:
        return judged(self.version, lambda stage: self._check(row, limits, allowed, stage, folder))

    def elaborate(self, source: str, limits: Limits) -> Ran:
        """Run Lean on a file of which nothing is kept but its messages. Total: what cannot start is a Ran too."""
        with tempfile.TemporaryDirectory(prefix="stepmill-lake-", ignore_cleanup_errors=True) as made:
            path = Path(made, "Main.lean")
            path.write_text(source, encoding="utf-8")
            memory = str(limits.memory_bytes >> 20)
            arguments = ["--json", "-M", memory, "-s", str(STACK_KB), *_READABLE, "-R", made, str(path)]
            return self._lake(["lean", *arguments], Path(made), limits)

    def close(self) -> None:
        """Do nothing: no process outlives its stage."""

    def _look(self) -> None:
        """Find out the version of Lean and whether leanchecker is there."""
        with tempfile.TemporaryDirectory() as folder:
            said = (
                self._lake(["lean", "--version"], Path(folder), Limits())
                .files.get("stdout", b"")
                .decode("utf-8", "replace")
            )
            _, _, after = said.partition("version ")
            self._version = after.split(",")[0].strip(" )\n") or "unknown"
            found = self._lake(["sh", "-c", _CHECKER], Path(folder), Limits())
        path = found.files.get("stdout", b"").decode("utf-8", "replace").strip()
        self._checker = path if found.exit == 0 and path else None

    def _check(self, row: Proof, limits: Limits, allowed: Sequence[str], stage: Stage, folder: Path) -> ProofVerdict:
        locked = lock(row, limits)
        if isinstance(locked, Refusal):
            return stage.verdict(locked.verdict, locked.reason)
        check_file = locked.check_file(_PROOF)
        if check_file is None:
            return stage.verdict("unavailable", "a binder with a default value cannot be restated in a second file")
        proof_file = locked.proof_file
        if locked.declares:
            refused = self._compile(_HEADER, locked.header, "the header does not compile", limits, stage, folder)
            if refused is not None:
                return refused
            stage.passed("header")
            context = f"import {_HEADER}\n{locked.context}\n\n"
            proof_file = f"{locked.imports}{context}{locked.after_header}"
        refused = self._compile(_PROOF, proof_file, "the source does not compile", limits, stage, folder)
        if refused is not None:
            return refused
        stage.passed("compile")
        if messages.says_sorry(stage.messages):
            # The axioms say it too, but they are asked for in a file that imports the proof.
            return stage.verdict("sorry", "Lean says that the proof uses sorry")
        return self._second_file(locked, check_file, limits, allowed, stage, folder)

    def _second_file(
        self, locked: Locked, check_file: str, limits: Limits, allowed: Sequence[str], stage: Stage, folder: Path
    ) -> ProofVerdict:
        compiled = stage.messages
        refused = self._compile(_CHECK, check_file, "the statement is not proved", limits, stage, folder)
        said, stage.messages = stage.messages, compiled
        if refused is not None:
            # It compiled with the proof under it, so what fails is the statement itself.
            verdict = "statement_mismatch" if refused.verdict == "rejected" else refused.verdict
            return replace(refused, verdict=verdict, messages=compiled)
        stage.passed("statement")
        axioms = messages.axioms(said, STMT_OK)
        if axioms is None:
            return stage.verdict("crash", f"`#print axioms {STMT_OK}` gave no answer that can be read")
        stage.passed("axioms")
        replayed = self._replay(limits, stage, folder)
        return replayed if replayed is not None else by_axioms(axioms, allowed, stage)

    def _replay(self, limits: Limits, stage: Stage, folder: Path) -> ProofVerdict | None:
        """Return the verdict where leanchecker refuses the compiled proof; None where it agrees or is not there."""
        if self._checker is None:
            return None
        ran = self._lake([self._checker, _PROOF], folder, limits)
        stopped = ran.stopped(limits)
        if stopped is not None:
            return stage.verdict(word(stopped[0]), f"leanchecker: {stopped[1]}")
        if ran.exit != 0:
            why = (ran.files.get("stdout", b"") + ran.files.get("stderr", b"")).decode("utf-8", "replace").strip()
            return stage.verdict("rejected", f"leanchecker refuses the compiled proof: {why[-300:]}")
        stage.passed("leanchecker")
        return None

    def _compile(
        self, module: str, source: str, what: str, limits: Limits, stage: Stage, folder: Path
    ) -> ProofVerdict | None:
        """Compile one file to a module beside it; the verdict where that fails, and the messages in `stage`."""
        (folder / f"{module}.lean").write_text(source, encoding="utf-8")
        memory = str(limits.memory_bytes >> 20)
        arguments = ["--json", "-M", memory, "-s", str(STACK_KB), "-R", str(folder)]
        arguments += ["-o", str(folder / f"{module}.olean"), str(folder / f"{module}.lean")]
        ran = self._lake(["lean", *arguments], folder, limits)
        stage.messages = messages.read(ran.files.get("stdout", b""))
        written = folder / f"{module}.olean"
        module_bytes = b"\1" if written.is_file() and written.stat().st_size else None
        return stage.refused(what, ran, module_bytes, limits)

    def _lake(self, command: Sequence[str], folder: Path, limits: Limits) -> Ran:
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment["LEAN_PATH"] = str(folder)  # `lake env` puts the project's own before it
        wide = replace(limits, memory_bytes=limits.memory_bytes + _MAPPED_BYTES)
        start = ["lake", "--dir", str(self._project), "env", *command]
        return run(start, folder, wide, environment=environment)
