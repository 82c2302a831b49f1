"""Many commands in one file and one process, for what is no verdict: the states of scripts, and the first errors of proofs.

Loading the library takes 20 ms, a small proof 1.5 ms, so what stands together costs a tenth. Nothing may depend on what else is
in the file, therefore:

- Each proof stands as an `example`: Lean drops all that it declares, so none can name, or search for, another.
- Only plain text stands together (`plain`): none of the words, signs and brackets of strings, comments and quotes by which the
  text of a proof could end its own command and begin another. Everything else has a file to itself.
- Each file ends with canaries, one that must fail and one that must not. A file that is not read to its end, or in which errors
  are not seen or are everywhere, says nothing: its entries are tried again in smaller files, and alone at last.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from verifiers.lean import messages
from verifiers.lean.process import Ran, ServerDied
from verifiers.lean.rows import Limits, Message, Proof
from verifiers.lean.scan import RESERVED, Unclear, words

SIZES = (64, 8, 1)
"""Entries of one file; where a file says nothing, of the smaller files that are tried next."""
_MAX_BYTES = 200_000
_MAX_ENTRY = 20_000
GROUP_CPU_S = 5.0
"""Processor time of a file with more than one entry: 64 small ones take 0.2 s."""

# Beyond `scan`: words that begin commands of Lean itself which no library declares, and words after which a proof is more than
# one term, so that an `example` might not read it as a `theorem` does.
_MORE = """
    open set_option lemma include omit local scoped public meta nonrec seal unseal proof_wanted variables constant
    suppress_compilation deprecated_syntax deprecated_module docs_to_verso tactic_extension recommended_spelling
    assert_not_imported with_weak_namespace with_exporting monotonicity computed_fields prelude module
    gen_injective_theorems init_grind_norm register_error_explanation
    where termination_by decreasing_by rec _example run_tac by_elab native_decide implemented_by extern csimp
"""
_ALONE = RESERVED | frozenset(_MORE.split())
# Comments, strings, quotations, names in quotes, attributes, characters, and white space that Lean refuses or counts otherwise.
_ODD = re.compile(r"--|/-|-/|[\"`«»#\t\r\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ufeff]|@\[|(?<![\w'!?₀-₉])'")
_LETTERS = re.compile(r"[A-Za-z_]+")
# A header that has any of these may make commands, or variables that a theorem takes and an example does not.
_BENDING = frozenset(["variable", "include", "omit", "syntax", "macro", "elab", "declare_syntax_cat", "notation3"])

_FAILS, _HOLDS = "example : Prop := stepmill_no_such_name", "example (p : Prop) (h : p) : p := by exact h"


class Elaborator(Protocol):
    """What reads a file and says what Lean has to say about it."""

    def elaborate(self, source: str, limits: Limits) -> Ran:
        """Run Lean on a file; JSON messages on its `stdout`. Raises ServerDied and OSError."""
        ...


class Entry(NamedTuple):
    """One command of a file."""

    header: str
    text: str
    """Whole lines, without a line end at its end."""
    together: bool
    """Whether others may stand in the same file."""


Said = list[Message] | str
"""What Lean says within one entry, lines counted from 0 at its own first; or why nothing is known."""


def plain(text: str) -> bool:
    """Whether untrusted text can stand beside that of others: nothing in it can begin a command."""
    return len(text) <= _MAX_ENTRY and _ODD.search(text) is None and _ALONE.isdisjoint(_LETTERS.findall(text))


def plain_header(header: str) -> bool:
    """Whether an `example` after this header, which is trusted, means what a `theorem` means."""
    return _BENDING.isdisjoint(_LETTERS.findall(header))


def as_example(proof: Proof) -> str | None:
    """Return the statement as an `example`, as many lines; None where that, or its text, might mean something else."""
    text = proof.statement.strip().removesuffix(":=").rstrip()
    try:
        found = [word for _, word in zip(range(3), words(text), strict=False)]
    except Unclear:
        return None
    if len(found) < 3 or found[0].text not in ("theorem", "lemma") or found[0].start > 0 or found[1].first:
        return None
    name, rest = found[1].text, text[found[1].start + len(found[1].text) :]
    # A dotted name opens its namespace for the proof, and universes have no place in an example.
    if not plain(name) or "." in name or rest.startswith(".") or not plain(rest):
        return None
    return f"example{rest}"


def names(text: str, name: str) -> bool:
    """Whether the text of a proof may speak of its own theorem, which an example has not."""
    return re.search(rf"(?<![\w.]){re.escape(name)}(?![\w'])", text) is not None


def run(lean: Elaborator, entries: Sequence[Entry], limits: Limits) -> list[Said]:
    """Return what Lean says about every entry, in order. Total."""
    said: dict[int, Said] = {}
    shared: dict[str, list[int]] = {}
    for index, entry in enumerate(entries):
        if entry.together:
            shared.setdefault(entry.header, []).append(index)
        else:
            said[index] = _alone(lean, entry, limits)
    for waiting in shared.values():
        for size in SIZES:
            left: list[int] = []
            for group in _groups(entries, waiting, size):
                found = _together(lean, [entries[index] for index in group], limits)
                if isinstance(found, str):
                    left += group
                    said |= dict.fromkeys(group, found)
                else:
                    said |= dict(zip(group, found, strict=True))
            waiting = left
    return [said[index] for index in range(len(entries))]


def _groups(entries: Sequence[Entry], waiting: Sequence[int], size: int) -> Iterator[list[int]]:
    group: list[int] = []
    room = _MAX_BYTES
    for index in waiting:
        taken = len(entries[index].text)
        if group and (len(group) == size or taken > room):
            yield group
            group, room = [], _MAX_BYTES
        group.append(index)
        room -= taken
    if group:
        yield group


def _alone(lean: Elaborator, entry: Entry, limits: Limits) -> Said:
    found = _together(lean, [entry], limits)
    return found if isinstance(found, str) else found[0]


def _together(lean: Elaborator, group: Sequence[Entry], limits: Limits) -> list[Said] | str:
    """Return what Lean says about each of a group with one header; why, where the file says nothing."""
    if len(group) > 1:
        limits = replace(limits, cpu_s=min(limits.cpu_s, GROUP_CPU_S))
    head = f"{group[0].header}\n\n" if group[0].header.strip() else ""
    parts = [*(entry.text for entry in group), _FAILS, _HOLDS]
    starts, line = [], head.count("\n") + 1
    for part in parts:
        starts.append(line)
        line += part.count("\n") + 2
    source = head + "\n\n".join(parts) + "\n"
    try:
        ran = lean.elaborate(source, limits)
    except (ServerDied, OSError) as error:
        return f"Lean cannot be run: {error}"
    stopped = ran.stopped(limits)
    if stopped is not None:
        return stopped[1]
    return _shares(messages.every(ran.files.get("stdout", b"")), starts)


def _shares(found: Sequence[Message], starts: Sequence[int]) -> list[Said] | str:
    """Deal messages out to the entries by their lines; say why not where a canary flipped or one has no place."""
    said: list[list[Message]] = [[] for _ in starts]
    entry = 0
    for message in found:
        if message.line < starts[0]:
            if message.severity == "error":
                return f"the header does not compile: {message.text}"
            continue
        while entry + 1 < len(starts) and starts[entry + 1] <= message.line:
            entry += 1
        while starts[entry] > message.line:
            entry -= 1
        said[entry].append(replace(message, line=message.line - starts[entry]))
    errors = [any(message.severity == "error" for message in own) for own in said]
    if errors[-2:] != [True, False]:
        return "a canary flipped: the file was not read to its end as it must be"
    return [*said[:-2]]


def natural(text: str) -> str:
    """Return a message as it would be about a file that ends with this entry."""
    return text.replace("unexpected token 'example'; expected", "unexpected end of input; expected")
