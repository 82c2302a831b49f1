"""Theorems of our own library as LeanDojo's benchmark has them: the states are those that the kernel records."""

import re
from pathlib import Path
from typing import Any

from verifiers.lean import goals
from verifiers.lean.native import LIBRARY, Native
from verifiers.lean.rows import Limits, Proof

FILE = "Stepmill/NatOrder.lean"
URL, COMMIT = "https://example.org/someone/library", "c" * 40
_THEOREM = re.compile(r"^(?:protected )?theorem (\S+)[^\n]*(?:\n  [^\n]*)*? := by\n(?:  [^\n]*\n)+", re.MULTILINE)


def benchmark(folder: Path, lean: Native, names: list[str]) -> list[dict[str, Any]]:
    """Write the library's file into a folder and return the rows of some of its theorems."""
    text = (LIBRARY / FILE).read_text(encoding="utf-8")
    (folder / FILE).parent.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(text, encoding="utf-8")
    found = {match[1]: match for match in _THEOREM.finditer(text)}
    return [_row(text, found[name], lean) for name in names]


def _row(text: str, match: re.Match[str], lean: Native) -> dict[str, Any]:
    declaration = match[0].rstrip("\n")
    cut = declaration.index(":= by")
    proof = Proof(name=match[1], statement=declaration[:cut], proof=declaration[cut:], header=text[: match.start()])
    tactics = [
        {
            "tactic": one.tactic,
            "annotated_tactic": [one.tactic, []],
            "state_before": "\n\n".join(one.before),
            "state_after": "\n\n".join(one.after or ()) or "no goals",
        }
        for one in goals.of_proof(lean, proof, Limits())
    ]
    return {
        "url": URL,
        "commit": COMMIT,
        "file_path": FILE,
        "full_name": f"Nat.{match[1]}",
        "start": _place(text, match.start()),
        "end": _place(text, match.start() + len(declaration)),
        "traced_tactics": tactics,
    }


def _place(text: str, at: int) -> list[int]:
    """Return line and column, both from 1."""
    return [text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)]
