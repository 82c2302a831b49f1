"""Proofs with errors, found many at a time: one process for what `check_proofs` gives a process each.

Most of what a model writes does not compile, and to find that out needs no locked statement and no kernel. This says `rejected`
or nothing: what has no error here is for the full check to judge, and so is what might come out otherwise in a file of its own.
"""

import re
from collections.abc import Sequence

from verifiers.lean.judgement import Stage
from verifiers.lean.messages import first_error
from verifiers.lean.rows import Limits, Message, Proof, ProofVerdict
from verifiers.lean.shared import Elaborator, Entry, as_example, names, natural, plain, plain_header, run
from verifiers.lean.statement import Locked, Refusal, lock

# Limits that Lean sets itself: how near they are might depend on what came before.
_LIMIT = re.compile(r"heartbeat|recursion|timeout|memory|stack|interrupt|too deep|\(kernel\)", re.IGNORECASE)


def screen(lean: Elaborator, rows: Sequence[Proof], limits: Limits, backend: str = "") -> list[ProofVerdict | None]:
    """Return `rejected` for rows that are refused or have an error, None for those that the full check must judge. Total."""
    found: list[ProofVerdict | None] = [None] * len(rows)
    locked: dict[int, Locked] = {}
    entries: dict[int, Entry] = {}
    for index, row in enumerate(rows):
        one = lock(row, limits)
        if isinstance(one, Refusal):
            found[index] = Stage(backend).verdict(one.verdict, one.reason)
            continue
        entry = _entry(row, one)
        if entry is not None:
            locked[index], entries[index] = one, entry
    # Alone, the full check does the same.
    if len(entries) > 1:
        for index, said in zip(entries, run(lean, list(entries.values()), limits), strict=True):
            if not isinstance(said, str):
                found[index] = _rejected(rows[index], locked[index], said, backend)
    return found


def _entry(row: Proof, locked: Locked) -> Entry | None:
    """Return a row as part of a larger file; None where it must be compiled alone."""
    example = as_example(row) if plain_header(row.header) else None
    if example is None or not plain(locked.body) or names(locked.body, locked.declared):
        return None
    return Entry(row.header, f"{example}\n{locked.body}", together=True)


def _rejected(row: Proof, locked: Locked, said: Sequence[Message], backend: str) -> ProofVerdict | None:
    error = first_error(said)
    if error is None or any(_LIMIT.search(message.text) for message in said):
        return None
    above = locked.proof_file[: len(locked.proof_file) - len(locked.after_header)].count("\n")
    line = above + error.line + 1
    stage = Stage(backend)
    stage.messages = (Message(severity="error", text=natural(error.text), line=line, column=error.column),)
    return stage.verdict("rejected", f"the source does not compile: line {line}: {natural(error.text)}")
