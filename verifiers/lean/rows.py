"""What goes into the proof verifier and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from schemas.verdict import Outcome

Word = Literal["verified", "rejected", "sorry", "axioms", "statement_mismatch", "timeout", "crash", "unavailable"]
WORDS: tuple[Word, ...] = get_args(Word)
STATUSES: Mapping[str, Outcome] = {
    "verified": "accepted",
    "rejected": "rejected",
    "sorry": "rejected",
    "axioms": "rejected",
    "statement_mismatch": "rejected",
    "timeout": "undecided",
    "crash": "undecided",
    "unavailable": "undecided",
}
ALLOWED_AXIOMS = ("propext", "Quot.sound", "Classical.choice")
"""What mathematics in Lean rests on. A list of what is allowed, never of what is not: `native_decide` makes a new axiom for
every use, and its name changed between versions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One proof to check. `statement` and `header` are the user's and trusted; `proof` is anybody's."""

    name: str
    """The theorem that `statement` declares, with or without the namespace that `header` opens."""
    statement: str
    """One declaration, `theorem` or `lemma`, up to its `:=`."""
    proof: str
    """What follows the statement, from `:=` on."""
    header: str = ""
    """Imports, then definitions and what is opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one Lean process may take; what goes beyond ends it."""

    cpu_s: float = 30.0
    """Processor time of one stage."""
    wall_s: float = 90.0
    """Time on the clock of one stage."""
    memory_bytes: int = 2 << 30
    """Address space beyond that of a process which has loaded Lean."""
    output_bytes: int = 64 << 20
    """Size of any one file that it writes, its messages and the compiled module included."""
    source_bytes: int = 1 << 20
    """UTF-8 of header, statement and proof together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of Lean's."""

    severity: str
    """error, warning or information."""
    text: str
    line: int = 0
    """From 1, in the file that was compiled; 0 where it has no place."""
    column: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofVerdict:
    """What one proof came to. Everything but `seconds` is a function of the row, the backend and the limits."""

    verdict: Word
    reason: str
    """One short sentence; empty where verified."""
    axioms: tuple[str, ...] | None = None
    """What the proof rests on, sorted; None where it was not found out."""
    messages: tuple[Message, ...] = ()
    backend: str = ""
    """Which Lean, with its version."""
    stages: tuple[str, ...] = ()
    """The stages that ran and agreed, in order."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tactic:
    """One tactic of a proof with the state around it."""

    tactic: str
    """As written."""
    before: tuple[str, ...]
    """The goals before it, each as Lean prints it: hypotheses, then `⊢` and the target."""
    after: tuple[str, ...] | None
    """The goals after it; empty where it closed the last one, None where its origin does not say."""
    start: tuple[int, int] | None = None
    """Line (from 1) and column (from 0, in characters) in the text it is from; None where its origin does not say."""
    end: tuple[int, int] | None = None
