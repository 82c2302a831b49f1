"""Formal proofs in Lean: does this proof prove the locked statement, by the kernel, from the allowed axioms only?

`check_proofs` is the way in for rows, `check` for problems of the domain "proof". It fails closed: `verified` is said in one
place (`judgement.by_axioms`), after every stage of the backend agreed; every other way out, known or not, is another word.

A problem's reference holds the statement: plain Lean (`theorem name .. : ..`, with what comes before it as its header), or JSON
with `name`, `statement` and `header`. The text is a model's answer: its last ```lean block, or all of it.
"""

import atexit
import json
import re
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from typing import Literal, Protocol, TypeVar

from schemas.problem import Problem
from schemas.verdict import Verdict
from verifiers.lean import lake, native
from verifiers.lean.rows import ALLOWED_AXIOMS, STATUSES, Limits, Proof, ProofVerdict, Word
from verifiers.lean.scan import Unclear, top_commands, words
from verifiers.lean.statement import Refusal, full_name, lock

T = TypeVar("T")
NAME = "lean"
VERSION = 1
Failure = Literal["deadline", "crash"]
BATCH = native.BATCH
"""Rows that a worker takes at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the verifier leaves open."""

    backend: Literal["auto", "native", "lake"] = "auto"
    """auto: lake where `project` is given, native elsewhere."""
    project: str = ""
    """Folder of a Lake project that has been built."""
    axioms: tuple[str, ...] = ALLOWED_AXIOMS
    cpu_s: float = 30.0
    """Processor time of one stage."""
    memory_mb: int = 2048
    workers: int = 1

    @property
    def limits(self) -> Limits:
        """The limits of one stage."""
        return Limits(cpu_s=self.cpu_s, wall_s=3 * self.cpu_s, memory_bytes=self.memory_mb << 20)


class Backend(Protocol):
    """Something that can check proofs to the end. Not for two threads at once."""

    @property
    def version(self) -> str:
        """Name and Lean version."""
        ...

    def check(self, rows: Sequence[Proof], limits: Limits, allowed: Sequence[str]) -> Iterator[ProofVerdict]:
        """Yield the verdict on every row, in order. Total."""
        ...

    def close(self) -> None:
        """End its processes. Twice does no harm."""
        ...


class _Missing:
    """A backend that is not there: every verdict says why."""

    version = "none"

    def __init__(self, why: str) -> None:
        self._why = why

    def check(self, rows: Sequence[Proof], limits: Limits, allowed: Sequence[str]) -> Iterator[ProofVerdict]:
        for _ in rows:
            yield ProofVerdict(verdict="unavailable", reason=self._why, backend=self.version)

    def close(self) -> None:
        pass


def backend(config: Config) -> Backend:
    """Return the backend that `config` names. Total: one that cannot run gives `unavailable` verdicts."""
    wants_lake = config.backend == "lake" or (config.backend == "auto" and bool(config.project))
    missing = lake.missing(config.project) if wants_lake else native.missing()
    if missing is not None:
        return _Missing(missing)
    return lake.Lake(config.project) if wants_lake else native.Native()


def check_proof(row: Proof, config: Config | None = None) -> ProofVerdict:
    """Check one proof, in processes of its own. Total."""
    return next(check_proofs([row], config))


def check_proofs(rows: Iterable[Proof], config: Config | None = None) -> Iterator[ProofVerdict]:
    """Yield the verdict on every row, in order; `config.workers` of them run at once. Total.

    Each row has every stage, and its axioms, to itself. Every proof is compiled in a process of its own; what rows of a batch
    share is a file of their trusted statements, and the process in which the kernel replays each proof's constants over what its
    header imports: there is no environment that one row could change for another. What is not cleanly verified is checked alone.
    """
    config = config or Config()
    local = threading.local()
    opened: list[Backend] = []

    def judged(batch: tuple[Proof, ...]) -> list[ProofVerdict]:
        if not hasattr(local, "backend"):
            local.backend = backend(config)
            opened.append(local.backend)
        found: Backend = local.backend
        return list(found.check(batch, config.limits, config.axioms))

    try:
        if config.workers <= 1:
            yield from chain.from_iterable(map(judged, _groups(rows, BATCH)))
            return
        with ThreadPoolExecutor(config.workers, thread_name_prefix="lean") as threads:
            for group in _groups(_groups(rows, BATCH), 4 * config.workers):
                yield from chain.from_iterable(threads.map(judged, group))
    finally:
        for one in opened:
            one.close()


def _groups(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    waiting = iter(items)
    while group := tuple(islice(waiting, size)):
        yield group


_shared: dict[Config, Backend] = {}
_lock = threading.Lock()


def check(problem: Problem, text: str, config: Config | None = None) -> Verdict:
    """Judge a model's answer. Total; starts a Lean server at the first call, which stays for the next."""
    config = config or Config()
    start = time.perf_counter()
    row = _row(problem, text)
    if isinstance(row, Refusal):
        return _verdict(row.verdict, row.reason, time.perf_counter() - start)
    with _lock:
        if config not in _shared:
            _shared[config] = backend(config)
            atexit.register(_shared[config].close)
        found = next(iter(_shared[config].check([row], config.limits, config.axioms)))
    reason = found.reason or f"proved; axioms: {', '.join(found.axioms or ()) or 'none'}"
    return _verdict(found.verdict, reason, time.perf_counter() - start, row.proof)


def quick(problem: Problem, text: str, config: Config | None = None) -> Verdict | None:
    """Return the verdict where no Lean is needed: what is refused before it is compiled; None otherwise."""
    row = _row(problem, text)
    refused = row if isinstance(row, Refusal) else lock(row, (config or Config()).limits)
    return _verdict(refused.verdict, refused.reason, 0.0) if isinstance(refused, Refusal) else None


def truncated(text: str) -> Verdict:
    """Judge a completion that was cut at its token limit: rejected."""
    return _verdict("rejected", "cut off before it ended", 0.0)


def failed(status: Failure, reason: str, seconds: float) -> Verdict:
    """Return the undecided verdict for a check that its worker did not finish."""
    return _verdict("timeout" if status == "deadline" else "crash", reason, seconds)


def reference_error(problem: Problem) -> str | None:
    """Say why the reference cannot be locked, None where it can. Whether it compiles, `check` finds out."""
    reference = _reference(problem.reference)
    if isinstance(reference, Refusal):
        return reference.reason
    locked = lock(reference, Limits())
    return locked.reason if isinstance(locked, Refusal) else None


def _verdict(status: Word, reason: str, seconds: float, answer: str | None = None) -> Verdict:
    return Verdict(
        outcome=STATUSES[status],
        status=status,
        reason=reason,
        verifier=NAME,
        version=VERSION,
        answer=answer,
        seconds=seconds,
    )


def _row(problem: Problem, text: str) -> Proof | Refusal:
    reference = _reference(problem.reference)
    if isinstance(reference, Refusal):
        return reference
    return Proof(
        name=reference.name,
        statement=reference.statement,
        header=reference.header,
        proof=proof_in(text, reference.name.rpartition(".")[2]),
    )


def _reference(reference: str) -> Proof | Refusal:
    """Return the locked statement with a proof that is none yet."""
    text = reference.strip()
    if text.startswith("{"):
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            body = None
        keys = ("name", "statement")
        if not isinstance(body, dict) or not all(isinstance(body.get(key), str) for key in keys):
            return Refusal(verdict="statement_mismatch", reason="the reference is no JSON with a name and a statement")
        header = body.get("header") or ""
        return Proof(name=body["name"], statement=body["statement"], header=str(header), proof=":= sorry")
    try:
        commands = top_commands(text)
        at = next((word for word in reversed(commands) if word.text in ("theorem", "lemma")), None)
    except Unclear as why:
        return Refusal(verdict="statement_mismatch", reason=f"the reference cannot be read: {why}")
    if at is None:
        return Refusal(verdict="statement_mismatch", reason="the reference declares no theorem")
    statement = text[at.start :]
    cut = _proof_start(statement)
    header = text[: at.start]
    try:
        name = full_name(statement[:cut], header)
    except Unclear as why:
        return Refusal(verdict="statement_mismatch", reason=f"the reference cannot be locked: {why}")
    return Proof(name=name, statement=statement[:cut], header=header, proof=":= sorry")


_FENCE = re.compile(
    r"^[ ]{0,3}```[ \t]*(?P<tag>[\w+-]*)[^\n`]*\n(?P<code>.*?)(?:^[ ]{0,3}```[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)


def proof_in(text: str, name: str) -> str:
    """Return the proof in a model's answer: its last ```lean block from the theorem's `:=` on, or what starts with `:=`."""
    blocks = [(match["tag"].lower(), match["code"]) for match in _FENCE.finditer(text)]
    marked = [code for tag, code in blocks if tag in ("lean", "lean4")] or [code for tag, code in blocks if not tag]
    code = marked[-1] if marked else text
    declared = list(re.finditer(rf"\b(?:theorem|lemma)\s+(?:[\w'.«»]*\.)?{re.escape(name)}(?![\w'.])", code))
    if not declared:
        return code.strip()
    rest = code[declared[-1].start() :]
    return rest[_proof_start(rest) :].strip()


def _proof_start(declaration: str) -> int:
    """Return where the proof of a declaration starts: its first `:=` or `|` outside of brackets; its end where none is."""
    depth = 0
    bindings = 0
    try:
        for word in words(declaration):
            depth += (word.text in "([{⦃⟨") - (word.text in ")]}⦄⟩")
            if word.text in ("let", "have", "letI", "haveI"):
                bindings += depth == 0
            elif depth == 0 and word.text == ":" and declaration.startswith(":=", word.start):
                if bindings == 0:
                    return word.start
                bindings -= 1
            elif depth == 0 and word.text == "|" and word.first:
                return word.start
    except Unclear:
        pass  # what was read so far stands; Lean will say what is wrong with the rest
    return len(declaration)


__all__ = [
    "NAME",
    "STATUSES",
    "VERSION",
    "Config",
    "check",
    "check_proof",
    "check_proofs",
    "failed",
    "quick",
    "reference_error",
]
