"""Proofs that two statements say the same, as text for Lean: made from the two statements, tried by the kernel.

The statements are usually theorems, and then each follows from the other by truth alone. What is tried here must not be able to
see that. A pairing of variables is fixed first (`pairing.py`). Then, for `A → B`, the goal of B is closed by A itself, applied to
B's variables, and each hypothesis of A must come from *one* hypothesis of B, looked at with nothing else in sight: as it stands
(up to computation), turned around, or by `simp` where `simp` does not prove it from nothing. So a hypothesis that is missing or
another is missed, however redundant it is for the proof, and permuted, renamed, curried and split forms are found.

`alone` tries the same tactics with no other statement at hand: a theorem that falls to them is like any other true one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from verifiers.lean.goal_text import normal, tokens
from verifiers.lean.pairing import Pairing, pairings
from verifiers.lean.telescope import Telescope

_MAX_SOURCES = 4
"""Hypotheses that one is tried from, where it does not stand there itself."""
_MAX_MISSING = 4
"""Hypotheses that do not stand there themselves and are looked for: of more, `assumption` is all that is tried."""
_COMMUTED = ("[And.comm, Or.comm]", "[Nat.add_comm, Nat.mul_comm]", "[add_comm, mul_comm]")


@dataclass(frozen=True, slots=True)
class _Names:
    """Names that no statement uses, for everything that a proof introduces."""

    stem: str

    def entry(self, index: int) -> str:
        return f"{self.stem}{index}"


class _Given(NamedTuple):
    """A hypothesis that is there."""

    name: str
    type: str


def equivalence(one: Telescope, other: Telescope) -> tuple[str, str]:
    """Return (proposition, proof) that two statements are equivalent."""
    names = _names(one, other)
    ways = ["exact Iff.rfl"]
    for pairing in pairings(one, other):
        back = {partner: name for name, partner in pairing.items()}
        there = _implies(one, other, pairing, names)
        return_ = _implies(other, one, back, names)
        ways.append(f"(refine Iff.intro ?_ ?_; ({there}); ({return_}))")
    return f"({one.closed}) ↔ ({other.closed})", ":= by first" + "".join(f"\n  | {way}" for way in ways)


def alone(one: Telescope) -> tuple[str, str]:
    """Return (proposition, proof) of one statement by the tactics of `equivalence`, nothing else given."""
    names = _names(one, one)
    introduced = " ".join(names.entry(index) for index in range(len(one.entries)))
    intro = f"intro {introduced}; " if introduced else ""
    hypotheses = " ".join(names.entry(index) for index, entry in enumerate(one.entries) if not entry.variable)
    cleared = f"(clear {hypotheses}; {_nothing()})" if hypotheses else f"({_nothing()})"
    return one.closed, f":= by {intro}first | assumption | contradiction | (symm; assumption) | {cleared}"


def well_formed(one: Telescope) -> tuple[str, str]:
    """Return (proposition, proof) of what holds if and only if a statement can be read."""
    return f"({one.closed}) → True", ":= fun _ => True.intro"


def different(one: Telescope, other: Telescope, script: Sequence[str], values: Mapping[str, str]) -> tuple[str, str]:
    """Return (proposition, proof) that two statements are not equivalent: `script` proves one, `values` refute the other."""
    names = _names(one, other)
    bound = " ".join(entry.name or "_" for entry in one.entries[: one.bound])
    lines = [f"intro {bound}" if bound else "skip", *(line for text in script for line in text.split("\n"))]
    arguments = " ".join(values[entry.name] if entry.variable else "(by decide)" for entry in other.entries)
    proved = "\n".join(f"    {line}" for line in lines)
    proof = f"""\
:= by
  intro {names.stem}e
  have {names.stem}p : {one.closed} := by
    clear {names.stem}e
{proved}
  have {names.stem}r := {names.stem}e.mp {names.stem}p
  exact absurd (@{names.stem}r {arguments}) (by decide)"""
    return f"¬ (({one.closed}) ↔ ({other.closed}))", proof


def _names(one: Telescope, other: Telescope) -> _Names:
    used = set(tokens(f"{one.closed} {other.closed}"))
    stem = "s"
    while any(name.startswith(stem) for name in used):
        stem += "s"
    return _Names(stem)


def _implies(one: Telescope, other: Telescope, pairing: Pairing, names: _Names) -> str:
    """Return the tactics that show `other` from `one`, whose variables are those of `other` by `pairing`."""
    at = {entry.name: names.entry(index) for index, entry in enumerate(other.entries) if entry.variable}
    given = [_Given(names.entry(index), entry.type) for index, entry in enumerate(other.entries) if not entry.variable]
    from_, said = f"{names.stem}f", f"{names.stem}g"
    wanted = [_put(entry.type, pairing) for entry in one.hypotheses]
    written = {formula: one.name for one in given for formula in [normal(one.type)]}
    missing = sum(formula not in written for formula in wanted)
    arguments = []
    for entry in one.entries:
        formula = _put(entry.type, pairing)
        if entry.variable:
            arguments.append(at[pairing[entry.name]])
        elif formula in written:
            arguments.append(written[formula])
        else:
            arguments.append(
                f"(by {_from_one(formula, given, pairing, from_) if missing <= _MAX_MISSING else 'assumption'})"
            )
    introduced = " ".join([from_, *(names.entry(index) for index in range(len(other.entries)))])
    applied = " ".join([f"@{from_}", *arguments])
    if _put(one.target, pairing) == normal(other.target):
        return f"intro {introduced}; exact {applied}"
    hidden = " ".join([from_, *(one.name for one in given)])
    return f"intro {introduced}; have {said} := {applied}; first | exact {said} | {_turned(said, f'clear {hidden}')}"


def _put(formula: str, pairing: Pairing) -> tuple[str, ...]:
    return tuple(pairing.get(token, token) for token in normal(formula))


def _from_one(wanted: Sequence[str], given: Sequence[_Given], pairing: Pairing, from_: str) -> str:
    """Return the tactics that show a hypothesis from one of those that are given, the others out of sight."""
    about = set(wanted) & set(pairing.values())
    near = sorted(
        (len(set(tokens(one.type)) ^ set(wanted)), one.name)
        for one in given
        if about and about <= set(tokens(one.type))
    )
    ways = ["assumption"]
    for _, source in near[:_MAX_SOURCES]:
        hidden = " ".join([from_, *(one.name for one in given if one.name != source)])
        ways.append(_turned(source, f"clear {hidden}"))
    if "∧" in wanted:
        ways.append("((repeat' (refine And.intro ?_ ?_)) <;> assumption)")
    return f"first | {' | '.join(ways)} | infer_instance"


def _turned(source: str, before: str) -> str:
    """Return the tactics that show a goal from one hypothesis by turning it around, or by `simp`, which must need it."""
    simps = " | ".join(
        [
            "((try intros); (simp_all <;> fail))",
            *(f"(simpa {lemmas} using {source})" for lemmas in _COMMUTED),
            f"(simpa using {source})",
        ]
    )
    return (
        f"({before}; first | exact {source}.symm | ((fail_if_success (clear {source}; {_nothing()})); first | {simps}))"
    )


def _nothing() -> str:
    """Return what shows a goal that needs nothing shown before."""
    return "first | rfl | decide | (intros; assumption) | ((try intros); (simp_all <;> fail))"
