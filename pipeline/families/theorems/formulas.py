"""Formulas and terms as Lean prints them."""

from collections.abc import Iterator
from dataclasses import dataclass

_STRENGTH = {"→": 25, "∨": 30, "∧": 35, "≤": 50, "<": 50, "+": 65, "*": 70, "¬": 90}
_STRONGEST = 100
_TO_THE_RIGHT = ("→", "∨", "∧")
_TO_THE_LEFT = ("+", "*")


@dataclass(frozen=True, slots=True)
class Formula:
    """A name, or an operator over its parts."""

    head: str
    parts: "tuple[Formula, ...]" = ()

    def __str__(self) -> str:
        """Return it as Lean prints it, with no bracket too many."""
        strength = _STRENGTH.get(self.head, _STRONGEST)
        if not self.parts:
            return self.head
        if len(self.parts) == 1:
            return f"{self.head}{_inside(self.parts[0], strength)}"
        left, right = self.parts
        return (
            f"{_inside(left, strength + (self.head not in _TO_THE_LEFT))} {self.head} "
            f"{_inside(right, strength + (self.head not in _TO_THE_RIGHT))}"
        )

    def names(self) -> Iterator[str]:
        """Yield the names in it, from left to right, again where they occur again."""
        if not self.parts:
            yield self.head
        for part in self.parts:
            yield from part.names()


FALSE = Formula("False")


def _inside(part: Formula, least: int) -> str:
    text = str(part)
    return text if _STRENGTH.get(part.head, _STRONGEST) >= least else f"({text})"


def name(text: str) -> Formula:
    """Return a variable."""
    return Formula(text)


def imp(*parts: Formula) -> Formula:
    """Return `a → b → c`."""
    *premises, conclusion = parts
    for premise in reversed(premises):
        conclusion = Formula("→", (premise, conclusion))
    return conclusion


def both(left: Formula, right: Formula) -> Formula:
    """Return `a ∧ b`."""
    return Formula("∧", (left, right))


def either(left: Formula, right: Formula) -> Formula:
    """Return `a ∨ b`."""
    return Formula("∨", (left, right))


def negation(body: Formula) -> Formula:
    """Return `¬a`."""
    return Formula("¬", (body,))


def relation(left: Formula, sign: str, right: Formula) -> Formula:
    """Return `a ≤ b` or `a < b`."""
    return Formula(sign, (left, right))


def peeled(formula: Formula) -> tuple[tuple[Formula, ...], Formula]:
    """Return (premises, conclusion) of `a → b → c`; `¬a` is `a → False`."""
    premises: list[Formula] = []
    while formula.head in ("→", "¬"):
        premises.append(formula.parts[0])
        formula = formula.parts[1] if formula.head == "→" else FALSE
    return tuple(premises), formula
