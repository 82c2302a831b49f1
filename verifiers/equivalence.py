"""Does a formal statement say what another one says? Lean is asked for a proof of their equivalence, by a fixed set of tactics.

The proofs that are tried (`lean/same_statement.py`) show each hypothesis of one from a hypothesis of the other, and one goal from
the other, so that two theorems do not pass for the same because both are true. Only the full check of the proof of `A ↔ B`
accepts. What is not proved stays undecided, unless `A` is proved and `B` refuted by values (`lean/countermodel.py`), and
`¬(A ↔ B)` passes the same check. An original that falls to the tactics with nothing else given says nothing: `trivial`.

Statuses of a statement: `equivalent`, `different`, `ill_formed` (no single theorem header, or Lean cannot read it), `trivial`,
`undecided`. Of words, by the statements that were written from them: `equivalent` (at least half are), `different` (more than
half are known not to be), `trivial`, `quotes` (they hold the formal statement), `empty`, `truncated`, `undecided`.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from schemas.judge import Judge
from schemas.problem import Problem
from schemas.verdict import Outcome, Verdict
from verifiers.lean import reading, same_statement, telescope
from verifiers.lean.countermodel import countermodel
from verifiers.lean.goal_text import tokens
from verifiers.lean.statement import Refusal
from verifiers.lean.telescope import Telescope
from verifiers.plans import Tally

NAME = "equivalence"
VERSION = 1
"""Goes up whenever any statement may get another verdict, and `VERSION` of `generators/statements.py` with it."""

Status = Literal["equivalent", "different", "ill_formed", "trivial", "quotes", "empty", "truncated", "undecided"]
STATUSES: dict[Status, Outcome] = {
    "equivalent": "accepted",
    "different": "rejected",
    "ill_formed": "rejected",
    "trivial": "undecided",
    "quotes": "rejected",
    "empty": "rejected",
    "truncated": "rejected",
    "undecided": "undecided",
}
THEOREM = "stepmill_same"
"""The name of what is proved here."""
_HEADER = "set_option autoImplicit false\n"
"""A name that a statement forgot to bind is an error, and never bound around both statements."""
_FENCE = re.compile(r"```[^\n`]*\n(.*?)(?:```|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The statement of a problem, to hold others against."""

    problem: Problem
    statement: Telescope
    header: str
    proof: tuple[str, ...]
    """Tactics that prove it, where the problem brought some."""
    trivial: bool
    """Whether it falls to the tactics with nothing else given."""


async def original(judge: Judge, problem: Problem) -> Original | str:
    """Read the locked statement of a problem, and see whether it is trivial; or say why nothing can be held against it."""
    found = reading.reference(problem.reference)
    if isinstance(found, Refusal):
        return found.reason
    taken = telescope.read(found.statement) if found.statement.strip() else None
    if taken is None:
        return "the statement cannot be taken apart"
    header = found.header if not found.header or found.header.endswith("\n") else f"{found.header}\n"
    read = Original(problem=problem, statement=taken, header=header + _HEADER, proof=_recorded(problem), trivial=False)
    verdict = await _tried(judge, read, same_statement.alone(taken))
    return replace(read, trivial=verdict.outcome == "accepted")


def _recorded(problem: Problem) -> tuple[str, ...]:
    try:
        program = json.loads(problem.program or "{}")
    except (ValueError, RecursionError):
        return ()
    lines = program.get("proof") if isinstance(program, dict) else None
    return tuple(lines) if isinstance(lines, list) and all(isinstance(line, str) for line in lines) else ()


async def compare(judge: Judge, one: Original, text: str) -> Verdict:
    """Judge a statement that was written from words: is it the original? Total."""
    written = statement_in(text)
    other = telescope.sampled(written)
    if isinstance(other, str):
        return _verdict("ill_formed", other, answer=written)
    same = await _tried(judge, one, same_statement.equivalence(one.statement, other))
    spent, readable = [same], same.outcome == "accepted"
    if not readable:
        spent.append(await _tried(judge, one, same_statement.well_formed(other)))
        readable = spent[-1].outcome == "accepted"
    if not readable:
        status, reason = await _unreadable(judge, one, spent)
    elif one.trivial:
        status, reason = "trivial", "the original is proved by the same tactics with nothing else given"
    elif same.outcome == "accepted":
        status, reason = await _accepted(judge, one, other, spent)
    elif same.outcome == "undecided":
        status, reason = "undecided", same.reason
    else:
        status, reason = await _not_shown(judge, one, other, spent)
    return _verdict(status, reason, seconds=sum(verdict.seconds for verdict in spent), answer=written)


async def _unreadable(judge: Judge, one: Original, spent: list[Verdict]) -> tuple[Status, str]:
    """Say whose fault it is that Lean does not take the statement."""
    if spent[-1].outcome == "undecided":
        return "undecided", spent[-1].reason
    why = spent[-1].reason
    spent.append(await _tried(judge, one, same_statement.well_formed(one.statement)))
    if spent[-1].outcome == "accepted":
        return "ill_formed", f"Lean does not take it: {why}"
    return "undecided", "Lean does not take the original as a proposition of its own"


async def _accepted(judge: Judge, one: Original, other: Telescope, spent: list[Verdict]) -> tuple[Status, str]:
    spent.append(await _tried(judge, one, same_statement.alone(other)))
    if spent[-1].outcome == "accepted":
        return "trivial", "it is proved by the same tactics with nothing else given"
    return "equivalent", "Lean proves both directions"


async def _not_shown(judge: Judge, one: Original, other: Telescope, spent: list[Verdict]) -> tuple[Status, str]:
    values = countermodel(other) if one.proof else None
    if values is None:
        return "undecided", "no tactic of the set shows that it is the same"
    spent.append(await _tried(judge, one, same_statement.different(one.statement, other, one.proof, values)))
    if spent[-1].outcome != "accepted":
        return "undecided", "no tactic of the set shows that it is the same"
    said = ", ".join(f"{name} := {value}" for name, value in values.items())
    return "different", f"it is false for {said}"


async def _tried(judge: Judge, one: Original, tried: tuple[str, str]) -> Verdict:
    """Check a proof of a proposition after the header of the original."""
    proposition, proof = tried
    statement = f"theorem {THEOREM} : {proposition}"
    reference = json.dumps({"name": THEOREM, "statement": statement, "header": one.header}, ensure_ascii=False)
    return await judge.check(replace(one.problem, statement=statement, reference=reference, program=None), proof)


def statement_in(text: str) -> str:
    """Return the statement in what a model wrote: its last code block if any, from the word `theorem` on."""
    blocks = _FENCE.findall(text)
    code = (blocks[-1] if blocks else text).strip()
    begins = re.search(r"^[ \t]*(?:theorem|lemma)\b", code, re.MULTILINE)
    return code[begins.start() :].strip() if begins else code


# Words


def words(formal: Telescope, text: str) -> Verdict:
    """Judge a statement in words before any formal one is written from it: rejected, or undecided as yet. Total."""
    if not text.strip():
        return _verdict("empty", "there are no words")
    # Formulas belong into words; binders in a row are the formal statement, and there would be nothing to find again.
    if formal.binders and f" {' '.join(tokens(formal.binders))} " in f" {' '.join(tokens(text))} ":
        return _verdict("quotes", "it holds the formal statement")
    return _verdict("undecided", "no formal statement was written from it")


def truncated() -> Verdict:
    """Judge words that were cut at their token limit: rejected."""
    return _verdict("truncated", "cut off before it ended")


def of_words(given: Tally, *, rejected: int, trivial: bool) -> Verdict:
    """Judge words by the statements that were written from them, `rejected` of which are known to be others or none."""
    if trivial:
        return _verdict("trivial", "the original is proved by the tactics that compare, with nothing else given")
    if not given.drawn:
        return _verdict("undecided", "it leaves no room for a statement behind it")
    reason = (
        f"{given.passed} of {given.drawn} statements are equivalent, {rejected} are not, {given.undecided} undecided"
    )
    if 2 * given.passed >= given.drawn:
        return _verdict("equivalent", reason)
    return _verdict("different" if 2 * rejected > given.drawn else "undecided", reason)


def nothing(reason: str) -> Verdict:
    """Return the undecided verdict where nothing can be compared."""
    return _verdict("undecided", reason)


def _verdict(status: Status, reason: str, *, seconds: float = 0.0, answer: str | None = None) -> Verdict:
    return Verdict(
        outcome=STATUSES[status],
        status=status,
        reason=reason,
        verifier=NAME,
        version=VERSION,
        answer=answer,
        seconds=seconds,
    )


__all__: Sequence[str] = [
    "NAME", "STATUSES", "VERSION", "Original", "compare", "nothing", "of_words", "original", "statement_in", "truncated",
    "words",
]  # fmt: skip
