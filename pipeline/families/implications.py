"""Propositions that follow from implications, some of which lead nowhere.

What is to be shown has a derivation from the hypotheses, and beside each step of it stand hypotheses that conclude the same from
something that cannot be shown: two or three steps further on at the earliest it turns out that nothing leads there. So the
statement says which way to go only to whoever looks ahead.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from pipeline.families.draft import Draft
from pipeline.families.theorems.formulas import FALSE, Formula, both, either, imp, name, negation
from pipeline.families.theorems.mirror import Tactic, Term
from pipeline.families.theorems.theorem import Names, Theorem, draft, theorem

NAME = "implications"
VERSION = 1
DOMAIN = "proof"
DIFFICULTIES = (2, 3, 4)

_LETTERS = tuple("abcdefgijkmnpqrstuvwxyz")


@dataclass(frozen=True, slots=True)
class _Way:
    """How one formula is shown: from a hypothesis, and from how its premises are shown."""

    kind: str
    """fact, rule, half (of a conjunction that a rule gives) or cases."""
    hypothesis: str
    ways: "tuple[_Way, ...]" = ()
    right: bool = False
    """Which half."""


class _Drawing:
    """The hypotheses of a theorem as they come together."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.names = Names(rng)
        letters = rng.sample(_LETTERS, len(_LETTERS))
        self._free = [name(one) for one in letters]
        self.dead = [self._free.pop()]
        self.true: list[Formula] = []
        self.facts: list[tuple[str, Formula]] = []

    def atom(self) -> Formula:
        """Return a new proposition that will have a derivation. Raises IndexError when there are none left."""
        self.true.append(self._free.pop())
        return self.true[-1]

    def assume(self, formula: Formula) -> str:
        """Make a hypothesis of it."""
        self.facts.append((self.names.take(), formula))
        return self.facts[-1][0]

    def way(self, goal: Formula, rules: int, *, forwards: bool = False) -> _Way:
        """Give a formula a derivation with so many rules in it; `forwards`, one that needs no goal, so no cases."""
        if rules == 0:
            return _Way("fact", self.assume(goal))
        rng = self.rng
        kind = rng.random()
        if kind < 0.12 and rules >= 2 and not forwards:
            cases = self.atom(), self.atom()
            taken = self.assume(either(*cases))
            self.lead_astray(goal)
            return _Way("cases", taken, tuple(_Way("rule", self.assume(imp(one, goal))) for one in cases))
        premises = tuple(self.atom() for _ in range(1 if rules > 1 and rng.random() < 0.55 else 2))
        if kind < 0.3:
            other, right = self.atom(), rng.random() < 0.5
            concluded = both(other, goal) if right else both(goal, other)
            made = _Way("half", self.assume(imp(*premises, concluded)), right=right)
        else:
            made = _Way("rule", self.assume(imp(*premises, goal)))
        self.lead_astray(goal)
        shares = _shared(rules - 1, len(premises), rng)
        forwards = forwards or made.kind == "half"
        ways = tuple(self.way(one, share, forwards=forwards) for one, share in zip(premises, shares, strict=True))
        return _Way(made.kind, made.hypothesis, ways, made.right)

    def lead_astray(self, goal: Formula) -> None:
        """Add rules that conclude the same, from what cannot be shown."""
        for _ in range(self.rng.choice((1, 1, 2))):
            self.assume(imp(*self._beyond_reach(), goal))

    def bury(self) -> None:
        """Let most of what cannot be shown follow from what cannot be shown either."""
        for place, one in enumerate(self.dead[1:]):
            if self.rng.random() < 0.25:
                continue
            premises = [self.rng.choice(self.dead[: place + 1])]
            if self.true and self.rng.random() < 0.4:
                premises.insert(self.rng.randint(0, 1), self.rng.choice(self.true))
            self.assume(imp(*premises, one))

    def _beyond_reach(self) -> list[Formula]:
        if len(self.dead) < 4 or self.rng.random() < 0.6:
            self.dead.append(self._free.pop())
        premises = [self.dead[-1]]
        if self.true and self.rng.random() < 0.4:
            premises.insert(self.rng.randint(0, 1), self.rng.choice(self.true))
        return premises


def _shared(rules: int, among: int, rng: Random) -> list[int]:
    """Return how many rules each premise gets."""
    shares = [0] * among
    for _ in range(rules):
        shares[rng.randrange(among)] += 1
    return shares


def draw(rng: Random, difficulty: int) -> Theorem:
    """Draw a theorem whose derivation takes `difficulty` rules, with a proof."""
    while True:
        try:
            return _draw(rng, difficulty)
        except IndexError:
            continue  # letters or names ran out


def _draw(rng: Random, difficulty: int) -> Theorem:
    drawing = _Drawing(rng)
    kind = rng.random()
    ways: tuple[_Way, ...]
    if kind < 0.15 and difficulty > 2:
        left, right = drawing.atom(), drawing.atom()
        first = rng.randint(1, difficulty - 1)
        target, ways = both(left, right), (drawing.way(left, first), drawing.way(right, difficulty - first))
        opening = [Tactic("constructor")]
    elif kind < 0.3:
        shown, side = drawing.atom(), rng.choice(("left", "right"))
        target = either(shown, drawing.dead[0]) if side == "left" else either(drawing.dead[0], shown)
        ways, opening = (drawing.way(shown, difficulty),), [Tactic(side)]
    elif kind < 0.5:
        return _assuming(drawing, difficulty)
    else:
        target = drawing.atom()
        ways, opening = (drawing.way(target, difficulty),), []
    drawing.bury()
    goal = theorem(rng, _LETTERS, "Prop", drawing.facts, target)
    return Theorem(goal, (*opening, *(tactic for way in ways for tactic in _steps(drawing, way))))


def _assuming(drawing: _Drawing, difficulty: int) -> Theorem:
    """Draw one that starts by assuming something: of an implication, or to refute it."""
    rng = drawing.rng
    refuted = rng.random() < 0.4
    conclusion = FALSE if refuted else drawing.atom()
    way = drawing.way(conclusion, difficulty)
    leaves = [one for one in _facts_of(way) if one.kind == "fact"]
    chosen = rng.choice(leaves)
    assumed = dict(drawing.facts)[chosen.hypothesis]
    drawing.facts.remove((chosen.hypothesis, assumed))
    drawing.bury()
    facts = [(one, _negated(formula, rng)) for one, formula in drawing.facts]
    target = negation(assumed) if refuted else imp(assumed, conclusion)
    goal = theorem(rng, _LETTERS, "Prop", facts, target)
    return Theorem(goal, (Tactic("intro", names=(chosen.hypothesis,)), *_steps(drawing, way)))


def _negated(formula: Formula, rng: Random) -> Formula:
    """Write `a → False` as `¬a`."""
    if formula.head == "→" and formula.parts[1] == FALSE:
        return negation(formula.parts[0])
    return formula


def _facts_of(way: _Way) -> Iterator[_Way]:
    yield way
    for one in way.ways:
        yield from _facts_of(one)


def _steps(drawing: _Drawing, way: _Way) -> Iterator[Tactic]:
    """Yield the tactics that show a formula in its way."""
    rng, term = drawing.rng, Term(way.hypothesis)
    if way.kind == "fact":
        yield Tactic("exact", term)
    elif way.kind == "cases":
        new = (drawing.names.take(), drawing.names.take())
        yield Tactic("rcases", term, new)
        for rule, given in zip(way.ways, new, strict=True):
            yield Tactic("exact", Term(rule.hypothesis, (Term(given),)))
    else:
        at_hand = all(one.kind == "fact" for one in way.ways)
        whole = Term(way.hypothesis, tuple(Term(one.hypothesis) for one in way.ways))
        if way.kind == "half":
            yield from _half(drawing, way, whole, at_hand=at_hand)
        elif at_hand and rng.random() < 0.5:
            if rng.random() < 0.3:
                new_name = drawing.names.take()
                yield Tactic("have", whole, (new_name,))
                whole = Term(new_name)
            yield Tactic("exact", whole)
        else:
            yield Tactic("apply", term)
            for one in way.ways:
                yield from _steps(drawing, one)


def _half(drawing: _Drawing, way: _Way, whole: Term, *, at_hand: bool) -> Iterator[Tactic]:
    """Yield the tactics that take a half of what a rule concludes."""
    arguments = []
    for one in way.ways:
        if one.kind == "fact":
            arguments.append(Term(one.hypothesis))
            continue
        shown = drawing.names.take()
        yield from _forward(drawing, one, shown)
        arguments.append(Term(shown))
    halves = (drawing.names.take(), drawing.names.take())
    yield Tactic("obtain", Term(way.hypothesis, tuple(arguments)), halves)
    yield Tactic("exact", Term(halves[way.right]))


def _forward(drawing: _Drawing, way: _Way, shown: str) -> Iterator[Tactic]:
    """Yield the tactics that put a formula among the hypotheses, under the name `shown`."""
    arguments = []
    for one in way.ways:
        if one.kind == "fact":
            arguments.append(Term(one.hypothesis))
            continue
        between = drawing.names.take()
        yield from _forward(drawing, one, between)
        arguments.append(Term(between))
    term = Term(way.hypothesis, tuple(arguments))
    if way.kind == "half":
        other = drawing.names.take()
        yield Tactic("obtain", term, (other, shown) if way.right else (shown, other))
    else:
        yield Tactic("have", term, (shown,))


def problem(rng: Random, difficulty: int) -> Draft:
    """Draw a theorem, its proof, and another theorem's prose."""
    return draft(draw(rng, difficulty), draw(rng, difficulty))


def solution(draft: Draft, rng: Random, slip_rate: float) -> list[str]:
    """Return the proof; slips are the corpus's own."""
    lines: list[str] = json.loads(draft.program or "{}")["proof"]
    return lines
