"""Is prose faithful to the formal proof that it translates? It is where whoever has nothing else proves the theorem from it.

That is blind back-translation: proofs are written from the statement and the prose alone, all names re-assigned, and Lean checks
them against the locked statement. What prose says of each step is checked before (`prose.py`); a proof that was found in spite of
a wrong claim makes no translation right.

Statuses: `faithful` (at least half of the blind proofs verify), `unfaithful`; `misstated` (a step names what is not there, or
states a goal that is none), `empty`, `truncated`; `decoy` (the prose of another theorem's proof: the control, which is no try at
this one); `repaired` (a failed attempt whose error Lean repeats, with a continuation that is verified); `undecided` (the proofs
that Lean could not judge would tip it, or an error that did not come again). Prose proves nothing to a machine, so this is no
domain's verifier and not in `catalog.py`.
"""

from typing import Literal

from schemas.verdict import Outcome, Verdict
from verifiers.plans import Tally

NAME = "translations"
VERSION = 1
"""Goes up whenever any translation may get another verdict, and `VERSION` of `generators/proof_to_language.py` with it."""

Status = Literal["faithful", "unfaithful", "misstated", "empty", "truncated", "decoy", "repaired", "undecided"]
STATUSES: dict[Status, Outcome] = {
    "faithful": "accepted",
    "unfaithful": "rejected",
    "misstated": "rejected",
    "empty": "rejected",
    "truncated": "rejected",
    "decoy": "rejected",
    "repaired": "accepted",
    "undecided": "undecided",
}


def empty(step: int) -> Verdict:
    """Judge a translation in which a step has no text: rejected."""
    return _verdict("empty", f"step {step + 1} has no text")


def truncated(step: int) -> Verdict:
    """Judge a translation in which a step was cut at its token limit: rejected."""
    return _verdict("truncated", f"step {step + 1} was cut off before it ended")


def faithfulness(given: Tally, alone: Tally, *, wrong: str = "", beside: str = "") -> Verdict:
    """Judge a translation by the proofs written from it; `alone` are those from the statement alone.

    `wrong` is what the first wrong step says, `beside` is told beside the counts.
    """
    if wrong:
        return _verdict("misstated", wrong)
    if not given.drawn:
        return _verdict("undecided", "it leaves no room for a proof behind it")
    reason = "; ".join(part for part in (_counts(given, alone), beside) if part)
    if 2 * given.passed >= given.drawn:
        return _verdict("faithful", reason)
    if 2 * (given.passed + given.undecided) < given.drawn:
        return _verdict("unfaithful", reason)
    return _verdict("undecided", f"{reason}; {given.undecided} could not be judged")


def decoy(given: Tally, alone: Tally) -> Verdict:
    """Record the prose of another theorem's proof; nothing is decided by how the proofs written from it fare."""
    return _verdict("decoy", f"of another theorem: {_counts(given, alone)}")


def repaired(step: int) -> Verdict:
    """Judge a failed attempt, at `step`, whose error came again and whose repair is verified: accepted."""
    return _verdict("repaired", f"step {step + 1} fails as recorded when run again, and the repaired proof is verified")


def irreproducible(step: int, instead: str) -> Verdict:
    """Judge a failed attempt whose error was not the same when run again: undecided."""
    return _verdict("undecided", f"step {step + 1} failed, but when run again {instead}")


def _counts(given: Tally, alone: Tally) -> str:
    return f"{given} blind proofs verify, {alone} without it"


def _verdict(status: Status, reason: str) -> Verdict:
    return Verdict(outcome=STATUSES[status], status=status, reason=reason, verifier=NAME, version=VERSION)
