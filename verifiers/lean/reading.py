"""A problem and a model's answer as a row: the locked statement out of the reference, the proof out of the text.

A reference is plain Lean (`theorem name .. : ..`, with what comes before it as its header), or JSON with `name`, `statement` and
`header`. The proof is the text's last ```lean block, or all of the text: from the theorem's `:=` on where it declares the theorem
again, what starts with `:=` or `|`, or a script: tactics on lines, with or without `by` before them.
"""

import json
import re
from typing import NamedTuple

from schemas.problem import Problem
from verifiers.lean.rows import Limits, Proof
from verifiers.lean.scan import Unclear, top_commands, words
from verifiers.lean.statement import Refusal, full_name, lock

_FENCE = re.compile(
    r"^[ ]{0,3}```[ \t]*(?P<tag>[\w+-]*)[^\n`]*\n(?P<code>.*?)(?:^[ ]{0,3}```[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_BY = re.compile(r"\s*(?::=\s*)?by[ \t]*\n")
_TERM = re.compile(r":=|\||by\b(?![ \t]*\n)")
"""What begins a proof that is no script, or one that stands as Lean reads it."""


class Tactic(NamedTuple):
    """One tactic of a script."""

    text: str
    """Its lines, without the indent of the script."""
    starts: tuple[int, ...]
    """Where each of its lines begins in the text that it was read from."""


def row(problem: Problem, text: str) -> Proof | Refusal:
    """Return the proof of a problem's statement that a text gives. Total."""
    found = reference(problem.reference)
    if isinstance(found, Refusal):
        return found
    proof = proof_in(text, found.name.rpartition(".")[2])
    return Proof(name=found.name, statement=found.statement, header=found.header, proof=proof)


def reference(text: str) -> Proof | Refusal:
    """Return the locked statement with a proof that is none yet. Total."""
    text = text.strip()
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


def reference_fault(text: str) -> str | None:
    """Say why a reference cannot be locked, None where it can."""
    found = reference(text)
    if isinstance(found, Refusal):
        return found.reason
    locked = lock(found, Limits())
    return locked.reason if isinstance(locked, Refusal) else None


def proof_in(text: str, name: str) -> str:
    """Return the proof in a model's answer, from `:=` on; a script gets its `:= by`. Total: what is no proof comes as it is."""
    start, end, declared = _proof_span(text, name)
    proof = text[start:end].strip()
    if not proof or declared or _TERM.match(proof) is not None:
        return proof
    return ":= by\n" + "\n".join(f"  {line}" if line.strip() else "" for _, line in _script(text, start, end))


def after_statement(code: str, name: str) -> str | None:
    """Return what follows the statement of the theorem `name` in code, from its `:=` on; None where it is not declared."""
    at = _after_statement(code, name)
    return code[at:].strip() if at is not None else None


def tactics_in(text: str, name: str) -> tuple[Tactic, ...]:
    """Return the tactics of a script in a model's answer, in order; nothing where its proof is no script.

    A tactic begins at every line of the script's own indent; lines that stand deeper belong to the one before.
    """
    start, end, declared = _proof_span(text, name)
    proof = text[start:end].lstrip()
    if _BY.match(proof) is None and (declared or _TERM.match(proof) is not None):
        return ()
    found: list[list[tuple[int, str]]] = []
    for at, line in _script(text, start, end):
        if line.strip():
            if not found or not line.startswith(" "):
                found.append([])
            found[-1].append((at, line))
    return tuple(Tactic("\n".join(line for _, line in one), tuple(at for at, _ in one)) for one in found)


def _proof_span(text: str, name: str) -> tuple[int, int, bool]:
    """Return where the proof in an answer begins and ends, and whether the theorem is declared before it."""
    blocks = list(_FENCE.finditer(text))
    marked = [one for one in blocks if one["tag"].lower() in ("lean", "lean4")]
    marked = marked or [one for one in blocks if not one["tag"]]
    start, end = marked[-1].span("code") if marked else (0, len(text))
    after = _after_statement(text[start:end], name)
    return (start, end, False) if after is None else (start + after, end, True)


def _after_statement(code: str, name: str) -> int | None:
    declared = list(re.finditer(rf"\b(?:theorem|lemma)\s+(?:[\w'.«»]*\.)?{re.escape(name)}(?![\w'.])", code))
    return declared[-1].start() + _proof_start(code[declared[-1].start() :]) if declared else None


def _script(text: str, start: int, end: int) -> list[tuple[int, str]]:
    """Return the lines of a script, each with its place in the text, without the indent that all have and `by` before them."""
    by = _BY.match(text, start, end)
    at = by.end() if by is not None else start
    lines = []
    for line in text[at:end].rstrip().split("\n"):
        lines.append((at, line))
        at += len(line) + 1
    while lines and not lines[0][1].strip():
        del lines[0]
    if not lines:
        return []
    rest = [_indent(line) for _, line in lines[1:] if line.strip()]
    indent = min([_indent(lines[0][1]), *rest])
    # A space after the prompt is the model's manner, and no indent of Lean's.
    first = _indent(lines[0][1]) if by is None and rest and _indent(lines[0][1]) > min(rest) else indent
    owns = [first, *[indent] * (len(lines) - 1)]
    return [(at + own, line[own:]) for own, (at, line) in zip(owns, lines, strict=True)]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


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
