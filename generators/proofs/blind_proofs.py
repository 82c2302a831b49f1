"""Proofs by whoever has only the prose: names re-assigned, from each of its prefixes, judged against the locked original.

The completer reads statement and prose in new names (`renaming.py`), the same ones in all that is asked about a theorem, and
writes a proof in them; it is read in the old names and given to the verifier. So a proof verifies because the prose says how, not
because a name was seen before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from generators import labels
from generators.labels import Judged, Labelled, Search
from generators.proofs.renaming import Renaming
from schemas import ids
from schemas.judge import CameTo, Judge, Ran
from schemas.pool import Sampler
from schemas.problem import Problem
from schemas.trace import Step
from schemas.verdict import StepChecks, Verdict
from verifiers.plans import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """Who proves a theorem from its prose, and what judges them."""

    problem: Problem
    completer: Sampler
    judge: Judge
    renaming: Renaming
    keep_text: bool

    @property
    def _masked(self) -> Problem:
        return replace(self.problem, statement=self.renaming.statement(self.problem.statement))

    def alone(self) -> Search:
        """Return the bare question, in the new names."""
        return labels.search(self._masked, self.completer, _Undone(self.problem, self.judge, self.renaming))

    def told(self, prose: str) -> Search:
        """Return the question for the proof that prose tells, both in the new names."""
        undone = _Undone(self.problem, self.judge, self.renaming)
        masked = self.renaming.prose(prose.strip())
        return labels.search_part(self._masked, self.completer, undone, "formalise", prose=masked)


class _Undone:
    """The judge of proofs in the new names: what it judges are the same in the old ones, against the locked original."""

    def __init__(self, problem: Problem, judge: Judge, renaming: Renaming) -> None:
        self._problem, self._judge, self._renaming = problem, judge, renaming

    async def check(self, problem: Problem, text: str) -> Verdict:
        """Judge a proof."""
        return await self._judge.check(self._problem, self._renaming.undone(text))

    async def check_steps(self, problem: Problem, steps: Sequence[str]) -> StepChecks:
        """Return exact truth about the tactics of a proof."""
        return await self._judge.check_steps(self._problem, [self._renaming.undone(step) for step in steps])

    async def run(self, problem: Problem, code: str, entry_point: str, calls: Sequence[str]) -> Sequence[CameTo]:
        """Run nothing: these are proofs."""
        return ()

    async def states(self, problem: Problem, scripts: Sequence[Sequence[str]]) -> Sequence[Ran]:
        """Return what scripts do to the goals, in the old names."""
        undone = [[self._renaming.undone(line) for line in script] for script in scripts]
        return await self._judge.states(self._problem, undone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Prose as steps with their counts, and what became of the proofs from the whole of it."""

    labelled: Labelled
    given: Tally


async def tried(blind: Blind, labelled: Labelled, places: Sequence[int], n: int, seed: int) -> Tried:
    """Write `n` proofs from the prose up to each of these steps; the counts label the step. None where there is no room."""
    texts = [step.text for step in labelled.steps]
    results = await labels.together(
        [labels.draw(blind.told("".join(texts[: place + 1])), (), n, ids.seed(seed, "step", place)) for place in places]
    )
    steps, rollouts = list(labelled.steps), []
    for place, drawn in zip(places, results, strict=True):
        steps[place] = _counted(steps[place], drawn)
        rollouts += [labels.rollout_of(place, one, keep_text=blind.keep_text) for one in drawn]
    cost = labels.sum_costs([labelled.cost, *map(labels.cost_of, results)])
    whole = results[-1] if places and places[-1] == len(steps) - 1 else []
    labelled = replace(labelled, steps=tuple(steps), rollouts=tuple(rollouts), cost=cost)
    return Tried(labelled=labelled, given=tally(whole))


def _counted(step: Step, drawn: Sequence[Judged]) -> Step:
    return labels.counted(step, drawn) if drawn else replace(step, q=None, stop_reason="over_length")


def tally(drawn: Sequence[Judged]) -> Tally:
    """Count what became of proofs."""
    outcomes = [one.verdict.outcome for one in drawn]
    return Tally(drawn=len(drawn), passed=outcomes.count("accepted"), undecided=outcomes.count("undecided"))
