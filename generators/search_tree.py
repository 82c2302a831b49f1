"""A tree of prefixes, grown by bisecting wrong solutions: OmegaPRM's search (arXiv 2406.06592, section 3.3).

A node is a prefix at the end of a step, known by its text: what two solutions share is one node, and sampled once. Every search
takes a wrong solution from the pool, bisects it for its first dead prefix, and each prefix that it probes is a new node whose
own wrong solutions join the pool. Nothing here depends on which completion came first, so a search that was killed takes the
same way again, over the completions that its journal has.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import sqrt

from generators import steps as segmentation
from generators import strategies
from generators.labels import Judged
from generators.strategies import Probed
from schemas.model import ModelFamily, Tokenizer, Tokens
from schemas.tree import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """Those of the paper, section 3.3 and appendix A."""

    alpha: float = 0.5
    """The less, the more solutions from good prefixes are preferred."""
    beta: float = 0.9
    """The less, the more short solutions are preferred."""
    length: int = 500
    """Tokens by which lengths are measured."""
    exploration: float = 0.125
    """c_puct: the more, the sooner a prefix that was seldom set out from is preferred."""


@dataclass(slots=True, kw_only=True)
class Prefix:
    """A node while the tree grows."""

    text: str
    """All of it, from the bare question on."""
    tokens: Tokens
    probed: Probed
    drawn: Sequence[Judged]
    visits: int = 0
    """Searches that set out from it, N(s) of the paper."""

    @property
    def value(self) -> float | None:
        """MC(s): the accepted share of the decided."""
        outcomes = self.probed.outcomes
        decided = len(outcomes) - outcomes.count("undecided")
        return outcomes.count("accepted") / decided if decided else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A solution from its first token to its last: a prefix and one of the completions drawn from it."""

    start: int
    """The node it was drawn from."""
    one: Judged
    text: str
    tokens: Tokens


Draw = Callable[[str, Tokens], Awaitable[tuple[Probed, Sequence[Judged]]]]
"""Probe a prefix, given as text and as tokens, with k completions of it; none where there is no room."""


@dataclass(slots=True, kw_only=True)
class Growth:
    """A tree while it grows."""

    draw: Draw
    tokenizer: Tokenizer
    family: ModelFamily
    constants: Constants
    prefixes: list[Prefix] = field(default_factory=list)
    """The nodes in order of probing; the first is the bare question."""
    wholes: dict[str, Whole] = field(default_factory=dict)
    """Every solution that was drawn, the first of each text, in order of drawing."""
    pool: list[Whole] = field(default_factory=list)
    """Wrong ones from prefixes that are neither dead nor always right, not searched yet."""
    searched: list[Whole] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    """Nodes by their text."""

    @property
    def decoded(self) -> int:
        """Tokens decoded so far."""
        return sum(one.completion.generated_tokens for prefix in self.prefixes for one in prefix.drawn)

    async def probe(self, text: str, tokens: Tokens) -> Probed:
        """Return what is known of a prefix, which becomes a node unless it is one, or has no room."""
        if text in self.places:
            return self.prefixes[self.places[text]].probed
        probed, drawn = await self.draw(text, tokens)
        if not drawn:
            return probed
        prefix = Prefix(text=text, tokens=tokens, probed=probed, drawn=drawn)
        place = self.places[text] = len(self.prefixes)
        self.prefixes.append(prefix)
        hopeful = 0 < (prefix.value or 0) < 1
        written = self.tokenizer.decode(tokens)
        for one in drawn:
            whole = Whole(
                start=place, one=one, text=written + one.completion.text, tokens=tokens + one.completion.tokens
            )
            if whole.text in self.wholes:
                continue
            self.wholes[whole.text] = whole
            if hopeful and one.verdict.outcome == "rejected":
                self.pool.append(whole)
        return probed

    async def search(self) -> bool:
        """Take the best solution of the pool and find its first dead prefix; False where the pool is empty."""
        if not self.pool:
            return False
        whole = self.pool.pop(self._best())
        self.prefixes[whole.start].visits += 1
        self.searched.append(whole)
        ends = self._ends(whole)

        async def probe(place: int) -> Probed:
            characters, tokens = ends[place]
            return await self.probe(whole.text[:characters], whole.tokens[:tokens])

        await strategies.bisected(len(ends), probe)
        return True

    def _best(self) -> int:
        """Return the place in the pool with the highest Q + U, the earliest of equals."""
        total = sqrt(len(self.searched))  # the sum of all visits
        scores = [self.score(whole, total) for whole in self.pool]
        return scores.index(max(scores))

    def score(self, whole: Whole, root_of_visits: float) -> float:
        """Return Q(s, r) + U(s): prefer what looks right and went wrong, what is short, and where few searches set out."""
        constants, start = self.constants, self.prefixes[whole.start]
        length = len(whole.one.completion.tokens)
        q: float = constants.alpha ** (1 - (start.value or 0)) * constants.beta ** (length / max(1, constants.length))
        return q + constants.exploration * root_of_visits / (1 + start.visits)

    def _ends(self, whole: Whole) -> list[tuple[int, int]]:
        """Return the ends of steps behind where it was drawn and before its own end, in characters and in tokens."""
        steps = segmentation.split(whole.text, self.family.steps, self.family.thinking)
        tokens = segmentation.token_ends(steps, whole.tokens, self.tokenizer)
        after = len(self.prefixes[whole.start].text)
        pairs = zip(accumulate(map(len, steps)), tokens, strict=True)
        return [(end, count) for end, count in pairs if after < end < len(whole.text)]


def rows(growth: Growth, cut: Sequence[Whole]) -> tuple[tuple[Node, ...], list[tuple[int, ...]]]:
    """Return the nodes of a tree, the ends of the solutions in `cut` behind the others, and the path to each of these ends.

    A path is the numbers of nodes from the root to the end.
    """
    parents: list[int | None] = [_above(growth, prefix.text, len(prefix.text)) for prefix in growth.prefixes]
    paths: list[tuple[int, ...]] = [()] * len(parents)
    for place in sorted(range(len(parents)), key=lambda place: len(growth.prefixes[place].text)):
        parent = parents[place]
        paths[place] = (*(() if parent is None else paths[parent]), place)
    nodes = [_node(growth, place, parents[place], len(paths[place]) - 1) for place in range(len(parents))]
    ends = []
    for number, whole in enumerate(cut, len(nodes)):
        parent = _above(growth, whole.text, len(whole.text) + 1)
        assert parent is not None  # the root is above everything
        outcome = whole.one.verdict.outcome
        right = {"accepted": 1.0, "rejected": 0.0, "undecided": None}[outcome]
        ends.append((*paths[parent], number))
        nodes.append(
            Node(
                node=number,
                parent=parent,
                depth=len(paths[parent]),
                text=whole.text[len(growth.prefixes[parent].text) :],
                visits=0,
                value_sum=right or 0.0,
                value=right,
                n_rollouts=0,
                n_correct=0,
                n_undecided=0,
                terminal=True,
                outcome=outcome,
                tokens=0,
            )
        )
    return tuple(nodes), ends


def _above(growth: Growth, text: str, below: int) -> int | None:
    """Return the node of the longest prefix of `text` that is shorter than `below`."""
    lengths = {len(prefix.text) for prefix in growth.prefixes}
    found = (growth.places.get(text[:length]) for length in sorted(lengths, reverse=True) if length < below)
    return next((place for place in found if place is not None), None)


def _node(growth: Growth, place: int, parent: int | None, depth: int) -> Node:
    prefix = growth.prefixes[place]
    outcomes = prefix.probed.outcomes
    return Node(
        node=place,
        parent=parent,
        depth=depth,
        text=prefix.text if parent is None else prefix.text[len(growth.prefixes[parent].text) :],
        visits=prefix.visits,
        value_sum=float(outcomes.count("accepted")),
        value=prefix.value,
        n_rollouts=len(outcomes),
        n_correct=outcomes.count("accepted"),
        n_undecided=outcomes.count("undecided"),
        terminal=False,
        outcome=None,
        tokens=sum(one.completion.generated_tokens for one in prefix.drawn),
    )
