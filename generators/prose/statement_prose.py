"""A formal statement in words: variables by their types, hypotheses, what follows. Total; formal text is quoted as it stands."""

import re

from generators.prose.phrases import VARIANTS, listed, ticked
from verifiers.lean.goal_text import tokens

MAX_STATEMENT = 20_000
_OPEN, _CLOSE = "([{⦃⟨", ")]}⦄⟩"
_HEAD = re.compile(
    r"\s*(?:@\[[^\]]*\]\s*)?(?:private |protected )*(?:theorem|lemma|example)\s*(?P<name>[^\s:(){}\[\]]*)\s*"
)
_BINDER = re.compile(r"(?P<names>[^:]+?)\s*:\s*(?P<type>.+)", re.DOTALL)
_NUMBERS = {
    "Prop": ("proposition", "propositions"),
    "Nat": ("natural number", "natural numbers"),
    "Int": ("integer", "integers"),
    "Real": ("real number", "real numbers"),
    "Bool": ("truth value", "truth values"),
    "Type": ("type", "types"),
}
_KINDS = _NUMBERS | {"ℕ": _NUMBERS["Nat"], "ℤ": _NUMBERS["Int"], "ℝ": _NUMBERS["Real"]}
_DATA = frozenset([*_KINDS, "Type*", "Rat", "ℚ", "ℂ", "Complex"])
_HEADS = frozenset(
    ["List", "Option", "Set", "Finset", "Fin", "Array", "Type", "Sort", "Multiset", "Matrix", "Polynomial"]
)
"""Types of things. A binder whose type is none of them and whose name is not used again is a hypothesis."""


def statement(formal: str, variant: int = 0) -> str:
    """Return a theorem in words, on one line. Variants 0 and 1 name the hypotheses, 2 and 3 do not."""
    text = " ".join(formal[:MAX_STATEMENT].split()).removesuffix(":=").strip()
    head = _HEAD.match(text)
    binders, conclusion = _cut(text[head.end() :] if head else text)
    if head is None or not conclusion:
        return f"Show {ticked(text)}."
    things: list[tuple[list[str], str]] = []
    facts: list[tuple[str, str]] = []
    for index, binder in enumerate(binders):
        found = _BINDER.fullmatch(binder[1:-1].strip())
        if found is None or binder[0] == "[":
            facts.append(("", binder[1:-1].strip()))
            continue
        names, kind = found["names"].split(), found["type"].strip()
        later = set(tokens(" ".join([*binders[index + 1 :], conclusion])))
        if _is_data(kind) or any(name in later for name in names):
            things.append((names, kind))
        else:
            facts += [(name, kind) for name in names]
    return _told(things, facts, ticked(conclusion), variant % VARIANTS)


def _cut(text: str) -> tuple[list[str], str]:
    """Return the binders before the colon, brackets included, and what follows it."""
    binders: list[str] = []
    depth = start = 0
    for index, char in enumerate(text):
        if char in _OPEN:
            if depth == 0:
                start = index
            depth += 1
        elif char in _CLOSE:
            depth -= 1
            if depth == 0:
                binders.append(text[start : index + 1])
        elif char == ":" and depth == 0:
            return binders, text[index + 1 :].strip()
    return binders, ""


def _is_data(kind: str) -> bool:
    last = kind.rpartition("→")[2].strip()
    return last in _DATA or last.partition(" ")[0] in _HEADS


def _told(things: list[tuple[list[str], str]], facts: list[tuple[str, str]], conclusion: str, variant: int) -> str:
    if variant in (0, 2):
        start = f"For {listed([_of_kind(*one) for one in things])}: " if things else ""
        named = [f"{ticked(name)}: {ticked(kind)}" if name and variant == 0 else ticked(kind) for name, kind in facts]
        rest = f"if {listed(named)}, then {conclusion}." if named else f"{conclusion}."
        told = start + rest
        return told[:1].upper() + told[1:]
    verb = "Let" if variant == 1 else "Take"
    start = f"{verb} {listed([_let(*one, variant) for one in things])}. " if things else ""
    named = [f"{ticked(kind)} ({ticked(name)})" if name and variant == 1 else ticked(kind) for name, kind in facts]
    assumed = f"Assume {listed(named)}. Then {conclusion}." if named else f"Then {conclusion}."
    return start + assumed


def _of_kind(names: list[str], kind: str) -> str:
    written = listed([ticked(name) for name in names])
    return f"{_KINDS[kind][len(names) > 1]} {written}" if kind in _KINDS else f"{written} of type {ticked(kind)}"


def _let(names: list[str], kind: str, variant: int) -> str:
    if variant != 1:
        return _of_kind(names, kind)
    written = listed([ticked(name) for name in names])
    if kind not in _KINDS:
        return f"{written} be of type {ticked(kind)}"
    one, many = _KINDS[kind]
    return f"{written} be {many}" if len(names) > 1 else f"{written} be {'an' if one[0] in 'aeiou' else 'a'} {one}"
