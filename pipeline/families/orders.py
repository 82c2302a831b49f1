"""Inequalities between natural numbers that follow by a path of given ones, beside paths that lead nowhere.

The lemmas are the library's (`Nat.le_trans` and its kin); the way through is the reader's to find: from every number on the path
other inequalities lead away, to numbers from which there is no way to the end.
"""

import json
from collections.abc import Iterator
from random import Random

from pipeline.families.draft import Draft
from pipeline.families.theorems.formulas import Formula, name, relation
from pipeline.families.theorems.mirror import Goal, Goals, Tactic, Term, run
from pipeline.families.theorems.theorem import Names, Theorem, draft, theorem

NAME = "orders"
VERSION = 1
DOMAIN = "proof"
DIFFICULTIES = (2, 3, 4)

_LETTERS = tuple("abcdefghijkmn")
_STRICT = 0.35
"""Of the given inequalities, those that say `<`."""

_Edges = list[tuple[str, Formula]]


def draw(rng: Random, difficulty: int) -> Theorem:
    """Draw an inequality that takes a path of `difficulty` given ones; with a sum or a product two shorter paths."""
    while True:
        try:
            return _draw(rng, difficulty)
        except IndexError:
            continue  # letters or names ran out


def _draw(rng: Random, difficulty: int) -> Theorem:
    names, letters = Names(rng), rng.sample(_LETTERS, len(_LETTERS))
    facts: _Edges = []
    kind = rng.random()
    if kind < 0.6 or difficulty < 3:
        path = [letters.pop() for _ in range(difficulty + 1)]
        signs = _given(rng, names, path, facts)
        strict = "<" in signs and rng.random() < 0.8
        target = relation(name(path[0]), "<" if strict else "≤", name(path[-1]))
        opening: list[Tactic] = []
        paths = [path]
    else:
        sign, lemma = rng.choice((("+", "Nat.add_le_add"), ("*", "Nat.mul_le_mul")))
        first = rng.randint(1, difficulty - 1)
        paths = [[letters.pop() for _ in range(hops + 1)] for hops in (first, difficulty - first)]
        for path in paths:
            _given(rng, names, path, facts)
        left, right = (Formula(sign, (name(paths[0][end]), name(paths[1][end]))) for end in (0, -1))
        target, opening = relation(left, "≤", right), [Tactic("apply", Term(lemma))]
    _lead_astray(rng, names, paths, letters, facts)
    goal = theorem(rng, _LETTERS, "Nat", facts, target)
    return Theorem(goal, tuple(_script(rng, goal, opening, paths)))


def _given(rng: Random, names: Names, path: list[str], facts: _Edges) -> list[str]:
    """Make hypotheses of a path's inequalities and return their signs."""
    signs = ["<" if rng.random() < _STRICT else "≤" for _ in path[1:]]
    for left, sign, right in zip(path, signs, path[1:], strict=False):
        facts.append((names.take(), relation(name(left), sign, name(right))))
    return signs


def _lead_astray(rng: Random, names: Names, paths: list[list[str]], letters: list[str], facts: _Edges) -> None:
    """Add inequalities that lead from the path to numbers from which nothing leads back."""
    dead = letters[: 2 + sum(len(path) - 1 for path in paths)]
    fresh = list(dead)

    def add(left: str, right: str) -> None:
        sign = "<" if rng.random() < _STRICT else "≤"
        facts.append((names.take(), relation(name(left), sign, name(right))))

    for path in paths:
        for one in path[:-1]:
            for _ in range(rng.choice((1, 1, 2))):
                add(one, fresh.pop() if fresh else rng.choice(dead))
    for place, one in enumerate(dead[:-1]):
        if rng.random() < 0.75:
            add(one, rng.choice(dead[place + 1 :]))


def _script(rng: Random, goal: Goal, opening: list[Tactic], paths: list[list[str]]) -> Iterator[Tactic]:
    """Yield the tactics along the paths, each as its goal asks for them."""
    goals: Goals = (goal,)
    for tactic in opening:
        goals = run(goals, tactic) or ()
        yield tactic
    given = {(str(said.parts[0]), str(said.parts[1])): (one, said.head) for one, said in goal.hypotheses}
    for path in paths:
        for place, (left, right) in enumerate(zip(path, path[1:], strict=False)):
            rest = [given[pair][1] for pair in zip(path[place + 1 :], path[place + 2 :], strict=False)]
            hypothesis, sign = given[left, right]
            tactic = _step(rng, goals[0].target.head, Term(hypothesis), sign, rest)
            goals = run(goals, tactic) or ()
            yield tactic


def _step(rng: Random, wanted: str, term: Term, sign: str, rest: list[str]) -> Tactic:
    """Return the tactic that takes one inequality of a path towards `wanted`, with the signs of the `rest` behind it."""
    weaker = Term("Nat.le_of_lt", (term,)) if sign == "<" else term
    if not rest:
        return Tactic("exact", term if wanted == "<" else weaker)
    if wanted == "≤":
        return Tactic("apply", Term("Nat.le_trans", (weaker,)))
    if sign == "<" and ("<" not in rest or rng.random() < 0.5):
        return Tactic("apply", Term("Nat.lt_of_lt_of_le", (term,)))
    return Tactic("apply", Term("Nat.lt_of_le_of_lt", (weaker,)))


def problem(rng: Random, difficulty: int) -> Draft:
    """Draw a theorem, its proof, and another theorem's prose."""
    return draft(draw(rng, difficulty), draw(rng, difficulty))


def solution(draft: Draft, rng: Random, slip_rate: float) -> list[str]:
    """Return the proof; slips are the corpus's own."""
    lines: list[str] = json.loads(draft.program or "{}")["proof"]
    return lines
