"""Why a tactic failed, in one line of prose made from Lean's own message. Kinds by the wording of Lean 4.20 to 4.35. Total."""

import re
from collections.abc import Sequence

from generators.prose.phrases import FAILURES, listed, said, ticked
from verifiers.lean.goal_text import HOLE, brief, read_all
from verifiers.lean.terms import application

MAX_MESSAGE = 4_000
"""Characters of a message that are read."""
_SHOWN = 160

_INDENTED = r"\n((?: {2}.*(?:\n|$))+)"
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "argument",
        re.compile(
            rf"Application type mismatch: The argument{_INDENTED}has type{_INDENTED}"
            rf"but is expected to have type{_INDENTED}in the application{_INDENTED}",
            re.IGNORECASE,
        ),
    ),
    ("mismatch", re.compile(rf"Type mismatch{_INDENTED}has type{_INDENTED}but is expected to have type{_INDENTED}", re.I)),
    (
        "apply",
        re.compile(
            rf"Tactic `?'?apply'?`? failed[:,] could not unify the (?:type|conclusion) of (.+){_INDENTED}"
            rf"with the goal{_INDENTED}",
            re.IGNORECASE,
        ),
    ),
    ("unknown", re.compile(r"Unknown (?:identifier|constant) [`'](.+?)[`']\s*(?:$|\n)", re.IGNORECASE)),
    ("parts", re.compile(r"Tactic `(?:rcases|cases)` failed: `(.+?) : (.+)` is not an inductive datatype")),
    ("function", re.compile(rf"Function expected at{_INDENTED}but this term has type{_INDENTED}\s*Note: .*argument{_INDENTED}")),
    ("equation", re.compile(rf"Invalid rewrite argument: Expected .*? but `(.+)` is a (?:proof|value) of(?: type)?{_INDENTED}")),
    ("stuck", re.compile(r"(?:Tactic )?`?\w+`? (?:failed|made no progress)\s*(?:$|\n\n)", re.IGNORECASE)),
    (
        "pattern",
        re.compile(rf"Tactic `rewrite` failed: Did not find an occurrence of the pattern{_INDENTED}"
            rf"in the target expression{_INDENTED}"),
    ),
    ("intro", re.compile(r"Tactic `intro\w*` failed: There are no additional binders")),
    ("goal shape", re.compile(r"Tactic `(?:left|right|constructor)` failed|Invalid `⟨\.\.\.⟩` notation")),
    ("nothing left", re.compile(r"No goals", re.IGNORECASE)),
    ("syntax", re.compile(r"(unexpected .*|unknown tactic.*|expected .*)")),
)  # fmt: skip
_FIELDS: dict[str, tuple[str, ...]] = {
    "argument": ("argument", "has", "wanted", "term"),
    "mismatch": ("term", "has", "wanted"),
    "apply": ("term", "has", "wanted"),
    "unknown": ("term",),
    "parts": ("term", "has"),
    "function": ("term", "has", "argument"),
    "equation": ("term", "has"),
    "pattern": ("has", "wanted"),
}


def failure(tactic: str, before: Sequence[str], error: str, variant: int = 0) -> str:
    """Return one line that says why a tactic failed; `error` is Lean's whole message, `before` the goals it found."""
    message = error[:MAX_MESSAGE].strip()
    goals = read_all(before[:1])
    goal = _formula(goals[0].target) if goals else "`no goals`"
    fields = {"term": ticked(tactic), "goal": goal, "wanted": goal, "why": _why(message)}
    for kind, form in _KINDS:
        if (found := form.match(message)) is not None:
            for name, text in zip(_FIELDS.get(kind, ()), found.groups(), strict=False):
                fields[name] = _term(text, fields["term"]) if name == "term" else _formula(text)
            told = said(FAILURES, kind, variant, **fields)
            return told[0].upper() + told[1:]
    return said(FAILURES, "other", variant, **fields)


def _formula(text: str) -> str:
    return ticked(re.sub(r"\?[\w.✝]+", HOLE, text))


def _term(text: str, tactic: str) -> str:
    """Return a term that Lean names, in words; the tactic where Lean names none that the proof wrote."""
    text = " ".join(text.split())
    text = text[1:-1] if text[:1] == text[-1:] == "`" else text
    if text.startswith("the term"):
        return tactic
    if "✝" in text:  # part of what was taken apart
        return "a part"
    parts = application(re.sub(r"\?[\w.✝]+", HOLE, text))
    return (
        f"{ticked(parts[0])} with {listed([ticked(part) for part in parts[1:]])}"
        if len(parts) > 1
        else ticked(parts[0])
    )


def _why(message: str) -> str:
    """Return the first paragraph of a message without its mark of a tactic and its full stop."""
    first = re.sub(r"^Tactic `\w+` failed:? ?", "", brief(message)).replace("`", "").rstrip(".:") or "it failed"
    first = first if len(first) <= _SHOWN else first[: _SHOWN - 3] + "..."
    return first[0].lower() + first[1:] if first[1:2].islower() else first
