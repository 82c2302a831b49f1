"""From what the stages said to a verdict. Whatever is not exactly what a good proof gives is not verified."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from verifiers.lean import messages
from verifiers.lean.fork_server import VERDICT
from verifiers.lean.process import Ran, ServerDied
from verifiers.lean.rows import WORDS, Limits, Message, ProofVerdict, Word


@dataclass(slots=True)
class Stage:
    """How far one row has come."""

    backend: str
    started: float = field(default_factory=time.perf_counter)
    done: list[str] = field(default_factory=list)
    messages: tuple[Message, ...] = ()

    def passed(self, name: str) -> None:
        """Note that a stage ran and agreed."""
        self.done.append(name)

    def verdict(self, verdict: Word, reason: str, axioms: tuple[str, ...] | None = None) -> ProofVerdict:
        """Return the verdict with what is known so far."""
        return ProofVerdict(
            verdict=verdict,
            reason=" ".join(reason.split())[:400],
            axioms=axioms,
            messages=self.messages,
            backend=self.backend,
            stages=tuple(self.done),
            seconds=time.perf_counter() - self.started,
        )

    def refused(
        self, what: str, ran: Ran, module: bytes | None, limits: Limits, said: tuple[Message, ...] | None = None
    ) -> ProofVerdict | None:
        """Return the verdict where a compilation did not end well: by exit code, by any error, by what it did not write."""
        stopped = ran.stopped(limits)
        if stopped is not None:
            return self.verdict(word(stopped[0]), stopped[1])
        error = messages.first_error(self.messages if said is None else said)
        if error is not None:
            return self.verdict("rejected", f"{what}: line {error.line}: {error.text}")
        if ran.exit != 0 or not module:
            return self.verdict("rejected", f"{what}: exit code {ran.exit}, {'a' if module else 'no'} module")
        return None


def word(text: str) -> Word:
    """Return the verdict word; `crash` for anything else."""
    return next((one for one in WORDS if one == text), "crash")


def judged(backend: str, check: Callable[[Stage], ProofVerdict]) -> ProofVerdict:
    """Run one check. Total: a server that dies is asked once more, in a new process; then it is a crash."""
    stage = Stage(backend)
    for attempt in (1, 2):
        stage = Stage(backend)
        try:
            return check(stage)
        except ServerDied as died:
            if attempt == 2:
                return stage.verdict("crash", str(died))
        except OSError as error:
            return stage.verdict("unavailable", f"Lean cannot be started: {error}")
    return stage.verdict("crash", "not checked")


def verdicts(ran: Ran, count: int) -> list[dict[str, object]]:
    """Return what the kernel's process wrote about `count` proofs; nothing unless it is exactly that."""
    try:
        said = json.loads(ran.files.get(VERDICT, b"")) if ran.exit == 0 and ran.ended == "itself" else None
    except ValueError:
        said = None
    if not isinstance(said, list) or len(said) != count or not all(isinstance(one, dict) for one in said):
        return []
    return said


def settle(ran: Ran, limits: Limits, allowed: Sequence[str], stage: Stage) -> ProofVerdict:
    """Return the verdict after the replay of one proof."""
    stopped = ran.stopped(limits)
    if stopped is not None:
        return stage.verdict(word(stopped[0]), f"at the replay: {stopped[1]}")
    said = verdicts(ran, 1)
    if not said:
        why = ran.files.get("stderr", b"").decode("utf-8", "replace").strip()[-200:]
        return stage.verdict("crash", f"the replay gave no verdict: {why}")
    return by_replay(said[0], allowed, stage)


def by_replay(said: dict[str, object], allowed: Sequence[str], stage: Stage) -> ProofVerdict:
    """Return the verdict from what the kernel said about one proof."""
    axioms = said.get("axioms")
    if not isinstance(axioms, list):
        refused = word(str(said.get("verdict")))
        return stage.verdict("crash" if refused == "verified" else refused, str(said.get("reason")))
    stage.passed("replay")
    return by_axioms(tuple(map(str, axioms)), allowed, stage)


def by_axioms(axioms: tuple[str, ...], allowed: Sequence[str], stage: Stage) -> ProofVerdict:
    """Return `verified` where the axioms are within the allow-list: the only place that says so."""
    beyond = [axiom for axiom in axioms if axiom not in allowed]
    if "sorryAx" in beyond:
        return stage.verdict("sorry", "the proof rests on sorry", axioms)
    if beyond:
        return stage.verdict("axioms", f"the proof rests on {', '.join(beyond[:5])}, not on the allow-list", axioms)
    return stage.verdict("verified", "", axioms)
