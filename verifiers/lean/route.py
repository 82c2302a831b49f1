"""Verdicts about formal proofs, and states of scripts, while a run goes on: threads, each with a Lean server of its own.

Whoever asks waits for a future. A thread takes what waits, of all problems: scripts go into one file, proofs into another, the
screen (`screen.py`), and what has no error there through the full check (`check.py`), which alone says `verified`. The same
question is asked once, at the same time or later. Batches grow with the load.

Canaries: every shared file ends with one that must fail and one that must not (`shared.py`); with the first full checks of a
server, and then once in `CANARY_EVERY`, ride a true proof and one by `sorry`. Where one flips, the server is replaced and the
batch checked once more; where that does not help its verdicts are `crash`.
"""

import asyncio
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace

from schemas.errors import ConfigError
from schemas.judge import CameTo, Ran
from schemas.problem import Problem
from schemas.verdict import StepChecks, Verdict
from verifiers import workers
from verifiers.lean import check, reading, step_truth
from verifiers.lean.asked import KEPT, Asked, R, Request, T, give
from verifiers.lean.check import Backend
from verifiers.lean.rows import STATUSES, Proof, ProofVerdict
from verifiers.lean.screen import screen
from verifiers.lean.statement import Refusal
from verifiers.lean.states import Known, Script, states

_MOST = 64
"""What one thread takes at a time; of proofs, those that are not screened out take 40 ms each."""
CANARY_EVERY = 64
_LONG = 20_000
"""Characters of an answer that the event loop does not read itself."""
_CLOSED = "the judge is closed"
_TRUE = "theorem canary (p q : Prop) (h : p) (k : q) : p ∧ q"
CANARIES = (
    (Proof(name="canary", statement=_TRUE, proof=":= by\n  constructor\n  exact h\n  exact k"), "accepted"),
    (Proof(name="canary", statement="theorem canary (p : Prop) : p", proof=":= by\n  sorry"), "rejected"),
)


class Proofs:
    """A `Judge` for the domain `proof`. Close it, or use `with`."""

    def __init__(self, config: check.Config | None = None, *, at_once: int = 2) -> None:
        """Nothing starts yet. Raises ConfigError for settings that cannot work."""
        self.config = config or check.Config()
        if at_once < 1 or not self.config.cpu_s > 0 or self.config.memory_mb < 1:
            raise ConfigError("judge: `proofs` and `memory_mb` must be at least 1, `cpu_s` above 0")
        self._most = at_once
        self._changed = threading.Condition()
        self._proofs = Asked[Proof, Verdict]()
        self._scripts = Asked[Script, Ran]()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._closed = False
        self.screened = 0
        """Proofs that were rejected for an error in a shared file."""
        self.checked = 0
        """Proofs that went through the full check."""

    async def check(self, problem: Problem, text: str) -> Verdict:
        """Judge `text`. Total: a failure of ours is an undecided verdict. Whoever is cancelled leaves the others waiting."""
        row = await asyncio.to_thread(self._row, problem, text) if len(text) > _LONG else self._row(problem, text)
        return row if isinstance(row, Verdict) else await asyncio.wrap_future(self._ask([row], self._proofs)[0])

    def check_sync(self, problem: Problem, text: str) -> Verdict:
        """`check` for callers without an event loop; blocks the calling thread."""
        row = self._row(problem, text)
        return row if isinstance(row, Verdict) else self._ask([row], self._proofs)[0].result()

    async def check_steps(self, problem: Problem, steps: Sequence[str]) -> StepChecks:
        """Return which tactics run, and from where on the proof is wrong; nothing about any where it is no script. Total."""
        text = "".join(steps)
        tactics = reading.tactics_in(text, _name(problem))
        if not tactics:
            return workers.unknown(steps)
        verdict = await self.check(problem, text)
        (ran,) = await self.states(problem, [[one.text for one in tactics]])
        return step_truth.of(steps, tactics, ran, verified=verdict.outcome == "accepted")

    async def run(self, problem: Problem, code: str, entry_point: str, calls: Sequence[str]) -> Sequence[CameTo]:
        """Run nothing: what is judged here are proofs."""
        return ()

    async def states(self, problem: Problem, scripts: Sequence[Sequence[str]]) -> Sequence[Ran]:
        """Return what scripts of tactics do to the goals of the problem's statement: one each. Total."""
        found = reading.reference(problem.reference)
        if isinstance(found, Refusal):
            return (Ran(states=(), problem=found.reason),) * len(scripts)
        rows = [
            Script(name=found.name, statement=found.statement, header=found.header, steps=tuple(steps))
            for steps in scripts
        ]
        return await asyncio.gather(*map(asyncio.wrap_future, self._ask(rows, self._scripts)))

    def close(self) -> None:
        """End the servers after what they compile now; what waits is undecided. Twice does no harm."""
        with self._changed:
            self._closed = True
            threads, self._threads = self._threads, []
            self._changed.notify_all()
        for thread in threads:
            thread.join()
        for proof in list(self._proofs.open.values()):
            self._verdict(proof, check.failed("crash", _CLOSED, 0.0))
        for script in list(self._scripts.open.values()):
            self._ran(script, Ran(states=(), problem=_CLOSED))

    async def aclose(self) -> None:
        """`close` without blocking the event loop."""
        await asyncio.to_thread(self.close)

    def __enter__(self) -> "Proofs":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _row(self, problem: Problem, text: str) -> Proof | Verdict:
        """Return the row to check, or the verdict where none is needed."""
        try:
            found = reading.row(problem, text)
        except Exception as error:
            # The promise is total: no text may end a run.
            return check.failed("crash", f"{type(error).__name__}: {error}", 0.0)
        return check.refused(found) if isinstance(found, Refusal) else found

    def _ask(self, rows: Sequence[R], asked: Asked[R, T]) -> "list[Future[T]]":
        """Return futures of the answers; they never hold an exception."""
        with self._changed:
            futures = [asked.ask(row) for row in rows]
            closed = self._closed
            if asked.queue and not closed:
                # As many as have something to take, and one where all that exist are busy.
                wanted = -(-len(asked.queue) // _MOST) - self._idle
                for _ in range(min(wanted, self._most - len(self._threads))):
                    self._threads.append(threading.Thread(target=self._serve, name="proofs", daemon=True))
                    self._threads[-1].start()
                self._changed.notify_all()
        if closed:
            self.close()  # which settles what is open
        return futures

    def _serve(self) -> None:
        """Answer questions until the end, in a thread of its own with a server of its own."""
        server = _Server(self.config)
        while (taken := self._next()) is not None:
            scripts, proofs = taken
            try:
                for script, ran in zip(scripts, server.states([one.row for one in scripts]), strict=True):
                    self._ran(script, ran)
                screened = list(zip(proofs, server.screened([one.row for one in proofs]), strict=True))
                left = [proof for proof, found in screened if found is None]
                with self._changed:
                    self.screened += len(proofs) - len(left)
                    self.checked += len(left)
                for proof, found in screened:
                    if found is not None:
                        self._judged(proof, found)
                if self._closed:
                    break  # `close` settles what is left
                for proof, found in zip(left, server.checked([one.row for one in left]), strict=True):
                    self._judged(proof, found)
            except Exception as error:
                # A thread that ended here would leave its questions waiting for ever.
                why = f"the Lean server failed: {type(error).__name__}: {error}"
                for script in scripts:
                    self._ran(script, Ran(states=(), problem=why))
                for proof in proofs:
                    self._verdict(proof, check.failed("crash", why, time.perf_counter() - proof.asked))
        server.lean.close()

    def _next(self) -> "tuple[list[Request[Script, Ran]], list[Request[Proof, Verdict]]] | None":
        """Wait for questions and take some of each kind; None at the end."""
        with self._changed:
            while not self._closed:
                scripts, proofs = self._scripts.take(_MOST), self._proofs.take(_MOST)
                if scripts or proofs:
                    return scripts, proofs
                self._idle += 1
                self._changed.wait()
                self._idle -= 1
            return None

    def _judged(self, request: Request[Proof, Verdict], found: ProofVerdict) -> None:
        self._verdict(request, check.judged(found, request.row.proof, time.perf_counter() - request.asked))

    def _verdict(self, request: Request[Proof, Verdict], verdict: Verdict) -> None:
        with self._changed:
            kept = replace(verdict, seconds=0.0) if verdict.outcome != "undecided" else None
            waiting = self._proofs.settle(request, kept)
        give(waiting, verdict)

    def _ran(self, request: Request[Script, Ran], ran: Ran) -> None:
        with self._changed:
            waiting = self._scripts.settle(request, ran if not ran.problem else None)
        give(waiting, ran)


class _Server:
    """A Lean server for one thread, and when its canaries last rode."""

    def __init__(self, config: check.Config) -> None:
        self._config = config
        self._since = CANARY_EVERY
        self._known: Known = {}
        self.lean: Backend = check.backend(config)

    def states(self, scripts: Sequence[Script]) -> list[Ran]:
        if len(self._known) > KEPT:
            self._known.clear()
        return states(self.lean, scripts, self._config.limits, self._known)

    def screened(self, rows: Sequence[Proof]) -> list[ProofVerdict | None]:
        # What a project imports may bring commands that the gate does not know: there everything is compiled alone.
        if self._config.wants_lake:
            return [None] * len(rows)
        return screen(self.lean, rows, self._config.limits, self.lean.version)

    def checked(self, rows: Sequence[Proof]) -> list[ProofVerdict]:
        if not rows:
            return []
        riding = CANARIES if self._since >= CANARY_EVERY else ()
        for _ in range(2):
            limits, axioms = self._config.limits, self._config.axioms
            found = list(self.lean.check([*(row for row, _ in riding), *rows], limits, axioms))
            flipped = [row.proof for (row, outcome), one in zip(riding, found, strict=False) if _flips(one, outcome)]
            if not flipped:
                self._since = len(rows) if riding else self._since + len(rows)
                return found[len(riding) :]
            self.lean.close()
            self.lean, self._since = check.backend(self._config), CANARY_EVERY
        return [ProofVerdict(verdict="crash", reason="a canary flipped, also with a new server")] * len(rows)


def _flips(found: ProofVerdict, outcome: str) -> bool:
    """Whether a canary got the opposite of its outcome; one that is undecided says nothing about the others."""
    return STATUSES[found.verdict] not in (outcome, "undecided")


def _name(problem: Problem) -> str:
    found = reading.reference(problem.reference)
    return "" if isinstance(found, Refusal) else found.name.rpartition(".")[2]
