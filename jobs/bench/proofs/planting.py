"""Errors planted into prose that is right: is each of them flagged, and what is flagged of the right prose itself.

A step that a model wrote is right where it is, word for word, one of the verbaliser's phrasings of that step; of others nobody
has said whether they are, so nothing is planted into them, and what is flagged of them is counted apart. Two kinds are planted
by turns: a hypothesis's name is replaced by one that is not in the state, and a goal by another formula of the same theorem (a
hypothesis, the goal of another step, or a part of one) that is no goal there. Which, where and by what is drawn from the seed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from generators.prose import verbaliser
from jobs.bench.proofs.recheck import Share
from jobs.bench.proofs.shards import VERBALISER, Row, Step, translations
from verifiers import prose
from verifiers.lean.goal_text import normal, read_all, tokens

_QUOTED = re.compile(r"`([^`]+)`")
_POOL = tuple(f"h{number}" for number in range(1, 41))
_PARTS = re.compile(r"→|∧|∨|≤|<|↔|=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """What became of the planted errors and of the right prose."""

    steps: int
    """Steps that models wrote."""
    right: Share
    """Of those that are right, how many pass."""
    others_flagged: Share
    """Of those that nobody vouches for, how many are flagged."""
    caught: Share
    kinds: dict[str, int]

    @property
    def false_alarms(self) -> float | None:
        """The share of right steps that are flagged."""
        return round(1 - self.right.right / self.right.of, 4) if self.right.of else None


@dataclass(frozen=True, slots=True)
class _Site:
    kind: str
    step: Step
    text: str


def plant(found: Sequence[Row], wanted: int, seed: int = 0) -> Planted:
    """Plant `wanted` errors into the right steps that models wrote, as many as there are places for."""
    rng = Random(seed)
    written = [row for row in translations(found) if row.engine != VERBALISER]
    steps = [(step, row) for row in written for step in row.steps]
    right = [(step, row) for step, row in steps if is_right(step)]
    others = [step for step, row in steps if not is_right(step)]
    alarms = [_line(step) for step, _ in right if _flagged(step, _line(step))]
    sites = list(_sites(right, wanted, rng))
    missed = [f"{site.kind}: {_line(site.step)} -> {site.text}" for site in sites if not _flagged(site.step, site.text)]
    flagged = sum(_flagged(step, _line(step)) for step in others)
    return Planted(
        steps=len(steps),
        right=Share(of=len(right), right=len(right) - len(alarms), wrong=tuple(alarms)),
        others_flagged=Share(of=len(others), right=flagged),
        caught=Share(of=len(sites), right=len(sites) - len(missed), wrong=tuple(missed)),
        kinds={kind: sum(site.kind == kind for site in sites) for kind in ("name", "goal")},
    )


def is_right(step: Step) -> bool:
    """Whether the line is one of the verbaliser's phrasings of the step."""
    line = " ".join(_line(step).split())
    return any(
        line == " ".join(verbaliser.sentence(step.tactic, step.before, step.after, variant).split())
        for variant in range(verbaliser.VARIANTS)
    )


def _line(step: Step) -> str:
    return step.text.rstrip("\n")


def _flagged(step: Step, line: str) -> bool:
    return not prose.passes(prose.check(line, step.tactic, step.before, step.after))


def _sites(right: Sequence[tuple[Step, Row]], wanted: int, rng: Random) -> Iterator[_Site]:
    """Yield different errors, a name and a goal by turns as long as both can be had."""
    if not right:
        return
    made: set[tuple[str, str]] = set()
    kinds = ("name", "goal")
    for tries in range(20 * wanted):
        if len(made) >= wanted:
            return
        step, row = rng.choice(right)
        kind = kinds[tries % 2]
        text = _other_name(step, row, rng) if kind == "name" else _other_goal(step, row, rng)
        if text is not None and (step.text, text) not in made:
            made.add((step.text, text))
            yield _Site(kind, step, text)


def _names(step: Step) -> set[str]:
    """Return every name that is in the goals around a step, or in its tactic."""
    return {token for text in (*step.before, *step.after, step.tactic) for token in tokens(text)}


def _other_name(step: Step, row: Row, rng: Random) -> str | None:
    """Return the line with the name of a hypothesis replaced by one that is nowhere in the step."""
    line = _line(step)
    known = {name for goal in read_all((*step.before, *step.after)) for name, _ in goal.hypotheses}
    told = [name for name in dict.fromkeys(tokens(" ".join(_QUOTED.findall(line)))) if name in known and name in _POOL]
    absent = [name for name in _POOL if name not in _names(step)]
    if not told or not absent:
        return None
    old, new = rng.choice(told), rng.choice(absent)
    return _QUOTED.sub(lambda found: re.sub(rf"(?<![\w.]){re.escape(old)}(?![\w'])", new, found[0]), line)


def _other_goal(step: Step, row: Row, rng: Random) -> str | None:
    """Return the line with a goal that it states replaced by a formula of the theorem that is no goal there."""
    line = _line(step)
    goals = {normal(goal.target) for goal in read_all((*step.before[:1], *step.after))}
    told = [text for text in dict.fromkeys(_QUOTED.findall(line)) if normal(text) in goals]
    others = [one for one in _formulas(row) if normal(one) not in goals]
    if not told or not others:
        return None
    old, new = rng.choice(told), rng.choice(others)
    return line.replace(f"`{old}`", f"`{new}`")


def _formulas(row: Row) -> list[str]:
    """Return the formulas of a theorem: what its goals and hypotheses say, and parts of them."""
    found: dict[str, None] = {}
    for state in row.states:
        for goal in read_all(state):
            kinds = [kind for _, kind in goal.hypotheses if _PARTS.search(kind)]
            for text in (goal.target, *kinds):
                found[text] = None
                found.update(dict.fromkeys(part.strip() for part in re.split(r"[→∨∧]", text) if _whole(part)))
    return list(found)


def _whole(part: str) -> bool:
    return bool(part.strip()) and part.count("(") == part.count(")") and not part.strip().startswith(")")
