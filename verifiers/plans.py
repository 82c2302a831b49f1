"""Is reasoning about a program good? It is where whoever has nothing else writes a program that works.

That is blind re-derivation: programs are written from the reasoning alone, and the problem's tests judge them. It is PlanSearch
(arXiv 2409.03733) backwards: there plans are made to find programs, here a program is known and its plan is put to the test.

Statuses: `sufficient` (at least half of the programs pass), `insufficient`; `leaks` (it quotes the program, `leakage.py`),
`empty`, `truncated`; `decoy` (the reasoning that leads to another program: the control, which is no try at the problem);
`undecided` (the programs that the verifier could not judge would tip it). Reasoning answers no problem's question, so this is no
domain's verifier and not in `catalog.py`.
"""

import time
from dataclasses import dataclass
from typing import Literal

from schemas.verdict import Outcome, Verdict
from verifiers import leakage

NAME = "plans"
VERSION = 1
"""Goes up whenever any reasoning may get another verdict, and `VERSION` of `generators/reverse_plan.py` with it."""

Status = Literal["sufficient", "insufficient", "leaks", "empty", "truncated", "decoy", "undecided"]
STATUSES: dict[Status, Outcome] = {
    "sufficient": "accepted",
    "insufficient": "rejected",
    "leaks": "rejected",
    "empty": "rejected",
    "truncated": "rejected",
    "decoy": "rejected",
    "undecided": "undecided",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of some programs."""

    drawn: int
    passed: int
    undecided: int

    @property
    def decided(self) -> int:
        """Those that have a verdict."""
        return self.drawn - self.undecided

    def __str__(self) -> str:
        return f"{self.passed} of {self.decided}"


def read(code: str, statement: str, text: str) -> Verdict:
    """Judge reasoning before any program is drawn from it: rejected, or undecided as yet. Total."""
    start = time.perf_counter()
    if not text.strip():
        return _verdict("empty", "there is no reasoning")
    quoted = leakage.leak(code, statement, text)
    seconds = time.perf_counter() - start
    if quoted is not None:
        return _verdict("leaks", quoted, seconds)
    return _verdict("undecided", "no program was written from it", seconds)


def truncated() -> Verdict:
    """Judge reasoning that was cut at its token limit: rejected."""
    return _verdict("truncated", "cut off before it ended")


def sufficiency(given: Tally, alone: Tally) -> Verdict:
    """Judge reasoning by the programs that were written from it; `alone` are those written from the problem alone."""
    if not given.drawn and alone.drawn and not alone.decided:
        return _verdict("undecided", f"none of {alone.drawn} programs from the problem alone could be judged")
    if not given.drawn:
        return _verdict("undecided", "it leaves no room for a program behind it")
    reason = f"{given} programs pass, {alone} without it"
    if 2 * given.passed >= given.drawn:
        return _verdict("sufficient", reason)
    if 2 * (given.passed + given.undecided) < given.drawn:
        return _verdict("insufficient", reason)
    return _verdict("undecided", f"{reason}; {given.undecided} could not be judged")


def decoy(read: Verdict, given: Tally, alone: Tally) -> Verdict:
    """Record the reasoning that leads to another program; nothing is decided by how its programs fare."""
    if not given.drawn:
        return _verdict("decoy", f"of another program: {read.reason}")
    return _verdict("decoy", f"of another program: {given} programs pass, {alone} without it")


def _verdict(status: Status, reason: str, seconds: float = 0.0) -> Verdict:
    return Verdict(
        outcome=STATUSES[status], status=status, reason=reason, verifier=NAME, version=VERSION, seconds=seconds
    )
