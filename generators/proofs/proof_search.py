"""Best-first search for a formal proof: states of goals, tactics that a policy proposes, Lean says what each does.

A node is a script, lines of tactics that run, with the goals that it leaves. The open node whose tactics the policy thought most
likely, all together, is expanded next: candidates are sampled from its state, the distinct ones are run by Lean in one call, and
goals that no node has yet are new nodes. A script that leaves none is a proof if the verifier says so, and else a dead end. What
fails is kept with Lean's own error: failures teach as well (`failed_attempts.py`).

Requests are named by the script that they follow, so a search that was killed takes the same way again over what its journal has.
"""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from generators import labels
from generators.labels import Judged
from generators.proofs import proof_parts
from schemas import ids
from schemas.judge import Judge, Ran, TacticError
from schemas.pool import Sampler
from schemas.problem import Problem
from schemas.tree import Node
from schemas.verdict import Verdict
from verifiers.lean import goal_text

Goals = tuple[str, ...]
"""As Lean prints them; the first is the one that the next tactic works on."""
Key = tuple[goal_text.Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A tactic that Lean refused."""

    tactic: str
    prior: float | None
    error: TacticError
    """Its `step` is the place of the tactic."""


@dataclass(slots=True, kw_only=True)
class Opened:
    """A node: a script that runs and leaves goals."""

    script: tuple[str, ...]
    goals: Goals
    parent: int | None
    prior: float | None
    """Probability of its last tactic; of the root None."""
    score: float
    """Sum of the logarithms of all priors."""
    drawn: Sequence[Judged] = ()
    """The candidates sampled from it; none until it is expanded."""
    failures: list[Failure] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A script that leaves no goals, and what the verifier said."""

    script: tuple[str, ...]
    parent: int
    prior: float | None
    verdict: Verdict


@dataclass(slots=True, kw_only=True)
class Growth:
    """A search, as far as it has come."""

    problem: Problem
    sampler: Sampler
    judge: Judge
    candidates: int
    seed: int
    nodes: list[Opened] = field(default_factory=list)
    ends: list[Closed] = field(default_factory=list)
    expansions: int = 0
    prompt_hash: str = ""
    refused: str = ""
    """Why there is not even a root."""
    _seen: set[Key] = field(default_factory=set)
    _queue: list[tuple[float, int]] = field(default_factory=list)

    @property
    def proof(self) -> Closed | None:
        """The script that was verified."""
        return next((end for end in self.ends if end.verdict.outcome == "accepted"), None)

    @property
    def drawn(self) -> list[Judged]:
        """All candidates."""
        return [one for node in self.nodes for one in node.drawn]

    def states(self, end: Closed) -> list[Goals]:
        """Return the goals before the first tactic of a script, and after each."""
        states: list[Goals] = [()]
        place: int | None = end.parent
        while place is not None:
            states.insert(0, self.nodes[place].goals)
            place = self.nodes[place].parent
        return states

    async def expand(self, place: int) -> bool:
        """Sample and run the next tactics of a node; whether a proof was found. Raises ValueError where the root has no room."""
        node = self.nodes[place]
        search = proof_parts.next_tactic(self.problem, self.sampler, node.goals)
        self.prompt_hash = search.prompt_hash
        node.drawn = await labels.draw(search, (), self.candidates, ids.seed(self.seed, *node.script))
        if place == 0:
            proof_parts.only(search, node.drawn)
        self.expansions += 1
        priors: dict[str, float] = {}
        for one in node.drawn:
            tactic = proof_parts.tactic_in(search, one)
            if tactic and one.completion.finish_reason != "length":
                known = one.completion.logprob
                share = math.exp(known) if known is not None else priors.get(tactic, 0.0) + 1 / len(node.drawn)
                priors[tactic] = max(share, priors.get(tactic, 0.0))
        tactics = sorted(priors, key=lambda tactic: (-priors[tactic], tactic))
        scripts = [(*node.script, tactic) for tactic in tactics]
        ran = await self.judge.states(self.problem, scripts) if scripts else ()
        closing = [
            (script, priors[script[-1]])
            for script, one in zip(scripts, ran, strict=False)
            if self._add(place, script, priors[script[-1]], one)
        ]
        for script, prior in closing:
            verdict = await self.judge.check(self.problem, written(script))
            self.ends.append(Closed(script=script, parent=place, prior=prior, verdict=verdict))
            if verdict.outcome == "accepted":
                return True
        return False

    def _add(self, parent: int, script: tuple[str, ...], prior: float, ran: Ran) -> bool:
        """Make a node of a script that ran, or keep how it failed; whether it leaves no goals."""
        if ran.error is not None:
            if ran.error.step == len(script) - 1:
                self.nodes[parent].failures.append(Failure(tactic=script[-1], prior=prior, error=ran.error))
            return False
        if len(ran.states) != len(script) + 1:
            return False  # refused, or ended by a limit
        if not ran.states[-1]:
            return True
        self.open(script, ran.states[-1], parent, prior)
        return False

    def open(self, script: tuple[str, ...], goals: Goals, parent: int | None, prior: float | None) -> None:
        """Make a node, unless one has these goals."""
        same = tuple(map(goal_text.key, goal_text.read_all(goals)))
        if same in self._seen:
            return
        self._seen.add(same)
        before = self.nodes[parent].score if parent is not None else 0.0
        score = before + math.log(max(prior, _LEAST)) if prior is not None else before
        heapq.heappush(self._queue, (-score, len(self.nodes)))
        self.nodes.append(Opened(script=script, goals=goals, parent=parent, prior=prior, score=score))

    def likeliest(self) -> int | None:
        """Return the likeliest node that was not expanded, the earliest of equals; None where there is none."""
        return heapq.heappop(self._queue)[1] if self._queue else None


_LEAST = 1e-300


def written(script: Sequence[str]) -> str:
    """Return a script as the answer to its problem, a tactic a line."""
    return "".join(f"{tactic}\n" for tactic in script)


async def best_first(
    problem: Problem, sampler: Sampler, judge: Judge, *, candidates: int, expansions: int, seed: int
) -> Growth:
    """Return the search for a proof, which ends with the first, with the last open node, or after so many expansions.

    Raises what a model raises, and ValueError where the first state leaves no room for a tactic.
    """
    growth = Growth(problem=problem, sampler=sampler, judge=judge, candidates=candidates, seed=seed)
    ran = await judge.states(problem, [()])
    if not ran or not ran[0].states:
        growth.refused = (ran[0].problem if ran else "") or "its goals are not known"
        return growth
    growth.open((), ran[0].states[0], None, None)
    while growth.expansions < expansions and (place := growth.likeliest()) is not None:
        if await growth.expand(place):
            break
    return growth


def furthest(growth: Growth) -> tuple[str, ...]:
    """Return the script that got furthest: the longest that leaves no goals and is no proof, else the longest that runs, else a
    tactic that does not; () where nothing was proposed."""
    if growth.ends:
        return max(growth.ends, key=lambda end: len(end.script)).script
    if not growth.nodes:
        return ()
    longest = max(growth.nodes, key=lambda node: (len(node.script), node.score))
    if longest.script:
        return longest.script
    return tuple(failure.tactic for failure in longest.failures[:1])


def rows(growth: Growth) -> tuple[tuple[Node, ...], tuple[int, ...]]:
    """Return the nodes of the tree, and the path to the proof, () without one: states in order, then scripts that closed all
    goals, then tactics that failed."""
    nodes = [
        _row(
            place, node.parent, len(node.script), node.script, node.prior,
            visits=int(bool(node.drawn)), tokens=labels.cost_of(node.drawn).generated_tokens,
        )
        for place, node in enumerate(growth.nodes)
    ]  # fmt: skip
    path: tuple[int, ...] = ()
    for end in growth.ends:
        if end is growth.proof:
            path = (*_above(growth, end.parent), len(nodes))
        nodes.append(_row(len(nodes), end.parent, len(end.script), end.script, end.prior, end=end.verdict))
    for place, node in enumerate(growth.nodes):
        for one in node.failures:
            script = (*node.script, one.tactic)
            nodes.append(_row(len(nodes), place, len(script), script, one.prior, failed=True))
    return tuple(nodes), path


def _above(growth: Growth, place: int) -> list[int]:
    """Return the path to a node."""
    path = [place]
    while (parent := growth.nodes[path[0]].parent) is not None:
        path.insert(0, parent)
    return path


FAILED = "failed"
"""The `action` of a tactic that Lean refused."""


def _row(
    place: int,
    parent: int | None,
    depth: int,
    script: tuple[str, ...],
    prior: float | None,
    *,
    visits: int = 0,
    tokens: int = 0,
    end: Verdict | None = None,
    failed: bool = False,
) -> Node:
    outcome = "rejected" if failed else end.outcome if end is not None else None
    value = {"accepted": 1.0, "rejected": 0.0}.get(outcome or "")
    return Node(
        node=place,
        parent=parent,
        depth=depth,
        text=written(script[-1:]),
        action=FAILED if failed else None,
        prior=prior,
        visits=visits,
        value_sum=value or 0.0,
        value=value,
        n_rollouts=0,
        n_correct=0,
        n_undecided=0,
        terminal=outcome is not None,
        outcome=outcome,
        tokens=tokens,
    )
