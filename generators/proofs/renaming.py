"""Give the local names of a theorem to each other, so that a reader of its prose cannot go by what a name once stood for.

A renaming is a permutation drawn from a seed: of the names like `h7` among themselves, with `h1` to `h30` all among them, so that
what a proof introduces keeps out of the way of the rest, and of the other names among themselves. It goes by whole identifiers,
and being one to one it captures nothing; what a reader writes in the new names is read in the old ones. Lemmas, tactics and what
is named in neither class keep their names.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from verifiers.lean.goal_text import NAME, read

POOL = tuple(f"h{number}" for number in range(1, 31))

# Not the `x` of `h.x`, which is a field.
_IDENTIFIER = re.compile(rf"(?<![\w.✝])({NAME})")
_DECLARES, _ASSIGNED = re.compile(r"\b(?:theorem|lemma) +$"), re.compile(r"\s*:=")
_PLAIN = re.compile(r"[^\W\d][\w'!]*")
_NUMBERED = re.compile(r"h\d+")
_GROUP = re.compile(r"\(([^\s():]+(?: [^\s():]+)+) :(?!=)")
_QUOTED = re.compile(r"(`[^`]*`)")
SYNTAX = frozenset([
    "this", "at", "with", "by", "fun", "have", "show", "from", "let", "in", "if", "then", "else", "do", "calc",
    "match", "where", "end", "case", "cases", "rcases", "obtain", "induction", "intro", "intros", "rintro", "exact",
    "apply", "refine", "constructor", "left", "right", "exists", "use", "exfalso", "contradiction", "assumption",
    "rfl", "simp", "rw", "omega", "decide", "unfold", "symm", "trans", "trivial", "norm_num", "ring", "linarith",
    "nlinarith", "positivity", "tauto", "aesop", "using", "only", "forall", "theorem", "lemma", "example", "open",
    "sorry", "Prop", "Type", "Sort", "Nat", "Int", "Bool", "List", "True", "False", "And", "Or", "Not", "Iff", "Eq",
])  # fmt: skip
"""What reads as syntax or as a constant even where it is somebody's local name."""
_WORDS = frozenset(["a", "A", "I", "O"])


@dataclass(frozen=True, slots=True)
class Renaming:
    """One to one from names to names."""

    new: Mapping[str, str]
    old: Mapping[str, str]

    def formal(self, text: str) -> str:
        """Return formal text in the new names."""
        return _renamed(text, self.new)

    def statement(self, text: str) -> str:
        """Return a statement in the new names, sorted in `(q p : Prop)`, so that their order says nothing of the old ones."""

        def ordered(found: re.Match[str]) -> str:
            names = found[1].split(" ")
            known = all(name in self.new and not _NUMBERED.fullmatch(name) for name in names)
            return f"({' '.join(sorted(names))} :" if known else found[0]

        return _GROUP.sub(ordered, self.formal(text))

    def undone(self, text: str) -> str:
        """Return formal text that was written in the new names in the old ones."""
        return _renamed(text, self.old)

    def prose(self, text: str) -> str:
        """Return prose in the new names; those that stand outside of backquotes are quoted."""
        return _pieces(quoted(text, self.new), lambda piece: _renamed(piece, self.new))

    def undone_prose(self, text: str) -> str:
        """Return prose that is in the new names in the old ones."""
        return _pieces(quoted(text, self.new), lambda piece: _renamed(piece, self.old))


def drawn(names: Iterable[str], seed: int) -> Renaming:
    """Return a renaming of these names, in whatever order they come, and of the pool."""
    given = {name for name in names if re.fullmatch(_PLAIN, name)} - SYNTAX
    rng, new = Random(seed), dict[str, str]()
    numbered = {name for name in given if _NUMBERED.fullmatch(name)} | set(POOL)
    for one_class in (sorted(numbered), sorted(given - numbered)):
        new |= zip(one_class, rng.sample(one_class, len(one_class)), strict=True)
    return Renaming(new, {after: before for before, after in new.items()})


def locals_of(states: Iterable[Sequence[str]]) -> set[str]:
    """Return the names of hypotheses and variables in goals as Lean prints them."""
    goals = (read(goal) for state in states for goal in state)
    return {name for goal in goals if goal is not None for name, _ in goal.hypotheses}


def quoted(text: str, names: Mapping[str, str]) -> str:
    """Return prose with names between backquotes that stand outside of them and cannot be words. A backquote alone is dropped."""
    if text.count("`") % 2:
        before, _, behind = text.rpartition("`")
        text = before + behind

    def quote(found: re.Match[str]) -> str:
        name = found[1]
        word = name in _WORDS or (len(name) > 1 and name.isalpha() and name.isascii())
        return name if name not in names or word else f"`{name}`"

    return "".join(
        piece if place % 2 else _IDENTIFIER.sub(quote, piece) for place, piece in enumerate(_QUOTED.split(text))
    )


def _pieces(text: str, change: Callable[[str], str]) -> str:
    """Return prose with `change` made to what stands between backquotes."""
    return "".join(change(piece) if place % 2 else piece for place, piece in enumerate(_QUOTED.split(text)))


def _renamed(text: str, names: Mapping[str, str]) -> str:
    def rename(found: re.Match[str]) -> str:
        head, dot, field = found[1].partition(".")
        if head not in names or _is_not_local(text, found):
            return found[1]
        return f"{names[head]}{dot}{field}"

    return _IDENTIFIER.sub(rename, text)


def _is_not_local(text: str, found: re.Match[str]) -> bool:
    """Whether an identifier is the name of a theorem, as in `theorem t`, or that of an argument, as in `(n := 3)`."""
    before = text[max(0, found.start() - 12) : found.start()]
    return _DECLARES.search(before) is not None or (
        before.endswith("(") and _ASSIGNED.match(text, found.end()) is not None
    )
