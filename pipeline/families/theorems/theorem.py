"""A theorem with a proof of it, and what the families share in making one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from random import Random

from generators.prose import verbaliser
from pipeline.families.draft import Draft
from pipeline.families.theorems.formulas import Formula
from pipeline.families.theorems.mirror import Goal, Goals, Tactic, run

NAME = "t"
"""Of every theorem; the statement alone tells them apart."""
HYPOTHESES = tuple(f"h{number}" for number in range(1, 31))
"""Names of hypotheses, given out at random, so that no name says what it stands for."""


@dataclass(frozen=True, slots=True)
class Theorem:
    """What is to be shown, and how it is."""

    goal: Goal
    script: tuple[Tactic, ...]

    @property
    def statement(self) -> str:
        """The statement in one line, up to where the proof begins."""
        said = [(name, str(formula)) for name, formula in self.goal.hypotheses]
        binders = [f"({' '.join(self.goal.variables)} : {self.goal.sort})"]
        for formula, same in groupby(said, lambda pair: pair[1]):
            binders.append(f"({' '.join(name for name, _ in same)} : {formula})")
        return f"theorem {NAME} {' '.join(binders)} : {self.goal.target}"

    @property
    def lines(self) -> list[str]:
        """The proof, a tactic a line."""
        return [str(tactic) for tactic in self.script]

    def states(self) -> list[Goals]:
        """Return the goals before the first tactic and after each. Raises ValueError where a tactic does not fit."""
        states: list[Goals] = [(self.goal,)]
        for tactic in self.script:
            after = run(states[-1], tactic)
            if after is None:
                raise ValueError(f"{tactic} does not fit\n{states[-1][0]}")
            states.append(after)
        return states

    def prose(self, variant: int = 0) -> list[str]:
        """Return the verbaliser's line for each tactic."""
        states = [shown(goals) for goals in self.states()]
        return [
            verbaliser.sentence(line, states[index], states[index + 1], variant)
            for index, line in enumerate(self.lines)
        ]


def shown(goals: Goals) -> list[str]:
    """Return goals as Lean prints them."""
    return [str(goal) for goal in goals]


class Names:
    """Names of hypotheses that are not taken."""

    def __init__(self, rng: Random) -> None:
        self._free = rng.sample(HYPOTHESES, len(HYPOTHESES))

    def take(self) -> str:
        """Return another. Raises IndexError when there are none left."""
        return self._free.pop()


def theorem(
    rng: Random, variables: Sequence[str], sort: str, facts: Sequence[tuple[str, Formula]], target: Formula
) -> Goal:
    """Return the goal of a theorem whose hypotheses stand in random order."""
    order = rng.sample(list(facts), len(facts))
    used = {name for _, formula in order for name in formula.names()} | set(target.names())
    return Goal(tuple(one for one in variables if one in used), sort, tuple(order), target)


def draft(proved: Theorem, other: Theorem) -> Draft:
    """Return the problem; `other` is where the control's prose comes from."""
    program = {
        "proof": proved.lines,
        "prose": proved.prose(),
        "informal": verbaliser.statement(proved.statement),
        "decoy": other.prose(),
    }
    return Draft(
        domain="proof",
        task="prove",
        statement=proved.statement,
        reference=json.dumps({"name": NAME, "statement": proved.statement, "header": ""}, ensure_ascii=False),
        program=json.dumps(program, ensure_ascii=False),
    )
