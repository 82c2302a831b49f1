"""Which variable of one statement is which of another, so that their hypotheses and goals become the same text.

Text only; the kernel decides whether a pairing was right. A pairing is one to one and keeps types, so that two statements which
only follow from each other by other instances are never taken for one.
"""

from collections.abc import Iterator, Mapping, Sequence

from verifiers.lean.goal_text import normal
from verifiers.lean.telescope import Telescope

MAX_PAIRINGS = 3
_MAX_COMPARED = 6_000
"""Pairs of formulas that the search for a pairing by form looks at, 30 ms; for a statement of 17 hypotheses it takes 2,000."""

Pairing = Mapping[str, str]
_Tokens = tuple[str, ...]


def pairings(one: Telescope, other: Telescope) -> list[Pairing]:
    """Return pairings of `one`'s variables with `other`'s, likeliest first: by name, by form, by place."""
    ours, theirs = [[entry.name for entry in t.variables] for t in (one, other)]
    types = [{entry.name: normal(entry.type) for entry in t.variables} for t in (one, other)]
    if len(ours) != len(theirs) or len(set(ours)) != len(ours) or len(set(theirs)) != len(theirs):
        return []
    found: list[dict[str, str]] = []
    if set(ours) == set(theirs):
        found.append({name: name for name in ours})
    by_form = _by_form(one, other)
    if by_form is not None:
        found.append(_rest(by_form, ours, theirs))
    found.append(dict(zip(ours, theirs, strict=True)))
    kept: list[Pairing] = []
    for pairing in found:
        fits = all(_put(types[0][name], pairing) == types[1][partner] for name, partner in pairing.items())
        if fits and pairing not in kept:
            kept.append(pairing)
    return kept[:MAX_PAIRINGS]


def _put(formula: _Tokens, pairing: Pairing) -> _Tokens:
    return tuple(pairing.get(token, token) for token in formula)


def _rest(pairing: Pairing, ours: Sequence[str], theirs: Sequence[str]) -> dict[str, str]:
    """Pair what no formula speaks of, in order."""
    taken = set(pairing.values())
    left = iter([name for name in theirs if name not in taken])
    return {name: pairing[name] if name in pairing else next(left) for name in ours}


def _by_form(one: Telescope, other: Telescope) -> dict[str, str] | None:
    """Return a pairing under which goals and hypotheses are the same texts, in whatever order; None where none was found."""
    ours, theirs = [frozenset(entry.name for entry in t.variables) for t in (one, other)]
    left, right = [[normal(entry.type) for entry in t.hypotheses] for t in (one, other)]
    if len(left) != len(right):
        return None
    start = _extended({}, normal(one.target), normal(other.target), ours, theirs)
    if start is None:
        return None
    compared = 0
    waiting: list[tuple[dict[str, str], list[_Tokens], list[_Tokens]]] = [(start, left, right)]
    while waiting:
        pairing, rest, partners = waiting.pop()
        if not rest:
            return pairing
        compared += len(rest) * len(partners)
        if compared > _MAX_COMPARED:
            break
        # The hypothesis with the fewest partners first: most have one, and those that have none end the branch.
        ways = [(formula, list(_ways(pairing, formula, partners, ours, theirs))) for formula in rest]
        formula, best = min(ways, key=lambda way: len(way[1]))
        after = list(rest)
        after.remove(formula)
        for partner, extended in reversed(best):
            others = list(partners)
            others.remove(partner)
            waiting.append((extended, after, others))
    return None


def _ways(
    pairing: Mapping[str, str],
    formula: _Tokens,
    partners: Sequence[_Tokens],
    ours: frozenset[str],
    theirs: frozenset[str],
) -> Iterator[tuple[_Tokens, dict[str, str]]]:
    for partner in dict.fromkeys(partners):
        extended = _extended(pairing, formula, partner, ours, theirs)
        if extended is not None:
            yield partner, extended


def _extended(
    pairing: Mapping[str, str], one: _Tokens, other: _Tokens, ours: frozenset[str], theirs: frozenset[str]
) -> dict[str, str] | None:
    """Return the pairing with what makes two formulas the same; None where nothing does."""
    if len(one) != len(other):
        return None
    found = dict(pairing)
    taken = {partner: name for name, partner in found.items()}
    for left, right in zip(one, other, strict=True):
        if left not in ours or right not in theirs:
            if left != right:
                return None
        elif found.setdefault(left, right) != right or taken.setdefault(right, left) != left:
            return None
    return found
