"""Theorems of the families as problems, and a stand-in for a policy that knows one of them."""

import re
from collections.abc import Callable, Sequence
from random import Random

from generators.prose import verbaliser
from pipeline.families import implications, orders
from pipeline.families.catalog import side_of
from pipeline.families.theorems.theorem import Theorem, draft, shown
from schemas import ids
from schemas.problem import Problem
from tests.doubles import a_problem
from verifiers.lean import goal_text

FAMILIES = {"implications": implications, "orders": orders}

Tell = Callable[[str, int, int], str]


def a_theorem(family: str = "implications", seed: int = 0, difficulty: int = 3, steps: int = 4) -> Theorem:
    """Return one that a proof of at least so many steps shows."""
    rng = Random(seed)
    theorem: Theorem = FAMILIES[family].draw(rng, difficulty)
    while len(theorem.lines) < steps:
        theorem = FAMILIES[family].draw(rng, difficulty)
    return theorem


def a_proof_problem(theorem: Theorem, other: Theorem | None = None) -> Problem:
    """Return the problem to prove it; the control's prose is another's."""
    made = draft(theorem, other or a_theorem(seed=99))
    return a_problem(made.statement, made.reference, domain="proof", task="prove", family="mine", program=made.program)


def knowing(theorem: Theorem, *, wrong: float = 0.5) -> Tell:
    """Return a teller that knows the tactics of a theorem's proof and proposes ones that fail besides, a share of `wrong`.

    It says each step in the verbaliser's words. Blind, it reads the new names off the statement and the prose, and writes the
    proof where it has been told all of it; without, or with less, now and then by luck.
    """
    states, lines, prose = [shown(state) for state in theorem.states()], theorem.lines, theorem.prose()
    known = {goal_text.shown(state): line for state, line in zip(states, lines, strict=False)}

    def tactic(state: str, rng: Random) -> str:
        if state in known and rng.random() >= wrong:
            return known[state]
        goal = goal_text.read(state)
        others = [name for name, said in goal.hypotheses if said != goal.target and name[1:].isdigit()] if goal else []
        return f"exact {rng.choice(others or ['h0'])}"

    def sentence(state: str, line: str) -> str:
        step = next(place for place, one in enumerate(lines) if (goal_text.shown(states[place]), one) == (state, line))
        return verbaliser.sentence(line, states[step], states[step + 1])

    def script(statement: str, told: str, rng: Random) -> str:
        if _words(told) != _words("\n".join(prose)):
            return "exact h1" if rng.random() < 0.9 else "\n".join(lines)
        written = _identifiers("\n".join([theorem.statement, *prose]))
        names = dict(zip(written, _identifiers(f"{statement}\n{told}"), strict=False))
        return _IDENTIFIER.sub(lambda found: names.get(found[0], found[0]), "\n".join(lines))

    def tell(prompt: str, seed: int, index: int) -> str:
        asked, rng = prompt.rstrip("\n"), Random(f"{seed}/{index}")
        if asked.endswith("\nNext:"):
            return tactic(asked.removesuffix("\nNext:"), rng)
        if asked.endswith("\nSay:"):
            state, _, rest = asked.partition("\nStep: ")
            return sentence(state, rest.partition("\nThen:\n")[0])
        if asked.endswith("\nWhy:"):
            return "That is not so."
        statement, _, told = asked.removesuffix("\nProof:").partition("\nProse:\n")
        return script(statement, told, rng) if told else "exact h1"

    return tell


_IDENTIFIER = re.compile(r"(?<![\w.])[^\W\d]\w*(?:\.\w+)*")


def _identifiers(text: str) -> list[str]:
    """Return the names in a text but for the variables where a statement introduces them, which come in any order."""
    return _IDENTIFIER.findall(re.sub(r"\([^():]* : (?:Prop|Nat)\)", "", text))


def knowing_all(theorems: Sequence[Theorem], *, wrong: float = 0.5) -> Tell:
    """Return a teller that knows several theorems, and tells which one is meant by its states, or its statement but for names."""
    tellers = [knowing(theorem, wrong=wrong) for theorem in theorems]
    states = {
        goal_text.shown(shown(goals)): teller
        for theorem, teller in zip(theorems, tellers, strict=True)
        for goals in theorem.states()
    }
    shapes = {_shape(theorem.statement): teller for theorem, teller in zip(theorems, tellers, strict=True)}

    def tell(prompt: str, seed: int, index: int) -> str:
        lines = prompt.split("\n")
        state = "\n".join(lines[: next((place for place, line in enumerate(lines) if _ASKS.match(line)), 0)])
        teller = states.get(state) or shapes.get(_shape(lines[0]), tellers[0])
        return teller(prompt, seed, index)

    return tell


_ASKS = re.compile(r"(?:Next|Step|Failed):")


def _words(prose: str) -> str:
    """Return prose without what stands between backquotes."""
    return re.sub("`[^`]*`", "_", prose)


def _shape(statement: str) -> str:
    return _IDENTIFIER.sub("_", statement)


def drawn(families: Sequence[str], difficulties: Sequence[int], seed: int, count: int) -> list[Theorem]:
    """Return the theorems behind the first problems that a run draws from families, of the split `test`."""
    grid = [(FAMILIES[name], difficulty) for difficulty in difficulties for name in families]
    found = []
    for number in range(count):
        family, difficulty = grid[number % len(grid)]
        rng = Random(ids.seed(seed, family.NAME, family.VERSION, "test", difficulty, number))
        theorem, _ = family.draw(rng, difficulty), family.draw(rng, difficulty)
        while side_of(theorem.statement) != "test":
            theorem, _ = family.draw(rng, difficulty), family.draw(rng, difficulty)
        found.append(theorem)
    return found
