"""OmegaPRM (arXiv 2406.06592): one tree of prefixes per problem, grown by bisecting wrong solutions for their first error.

One row of `trees` holds the search with every node's counts. Traces are cut from it: the wrong solutions that were searched, and
right ones as they were drawn; their steps carry the counts and rollouts of the nodes that end there. A node on several traces
was sampled once and is in the rows of all; its cost is the first one's. A step that is no node has the label that bisection
implies. Steps are ours (`steps.py`), not spans of tokens. The completer writes everything, and `root_n` are its rollouts from
the bare question: where all or none of them are right there is nothing to search.

How much is drawn depends on what is drawn; `tokens` bounds it.
"""

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import accumulate
from math import log2

from generators import labels
from generators.labels import Judged, Labelled, Search, Written
from generators.search_tree import Constants, Growth, Prefix, Whole, rows
from generators.strategies import Probed, Rule
from generators.trace_row import PARENT, Origin, completer_of, policy_of, problem_of, trace_row
from schemas import ids
from schemas.judge import Judge
from schemas.model import Tokens
from schemas.pool import Pool
from schemas.problem import ALL_TASKS, Problem
from schemas.trace import Rollout, Step, StopReason, Trace
from schemas.tree import Node, Tree

NAME = "omegaprm"
VERSION = 1
TASKS = frozenset(ALL_TASKS)
PARTS: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(Constants):
    """Numbers per problem, as published."""

    searches: int = 100
    """At most; fewer where the pool of wrong solutions runs out."""
    rollouts: int = field(default=8, metadata={"least": 1})
    """Completions of each prefix, the bare question too: k."""
    tokens: int = 0
    """No search begins once so many were decoded for the problem; 0 is no bound."""
    traces: int = 16
    """How many wrong solutions are cut from the tree as traces, at most, and how many right ones."""
    keep_rollout_text: bool = True


def needs_continuation(config: Config) -> bool:
    """Whether prefixes are continued."""
    return config.searches > 0


def estimate(problem: Problem, config: Config) -> tuple[int, int]:
    """Return (rollouts, tokens) to expect at most of solutions as the embedded policies write them: 4.3 steps of 9 tokens."""
    steps, each = 4.3, 9
    probed = config.searches * log2(steps)
    tokens = round(config.rollouts * (1 + probed / 2) * steps * each)
    return round(config.rollouts * (1 + probed)), min(tokens, config.tokens or tokens)


async def generate(
    problem: Problem, pool: Pool, judge: Judge, config: Config, seed: int
) -> AsyncGenerator[Trace | Tree, None]:
    """Yield the tree, then its traces: wrong ones as they were searched, right ones as they were drawn.

    Raises what a model raises, and ValueError where the statement leaves no room for a solution.
    """
    path = (seed, problem.problem_id, NAME, VERSION)
    searching = labels.search(problem, pool.completer, judge)
    rule = Rule(rollouts=config.rollouts)

    async def draw(text: str, tokens: Tokens) -> tuple[Probed, Sequence[Judged]]:
        # By its text: a node is the same one whichever search comes to it first.
        return await labels.probe_prefix(searching, tokens, rule, ids.seed(*path, "node", text))

    model = pool.completer.model
    growth = Growth(draw=draw, tokenizer=model.tokenizer, family=model.info.family, constants=config)
    await growth.probe("", ())
    if not growth.prefixes:
        room = f"the context of {model.info.name}, {model.info.context_length} tokens"
        raise ValueError(f"the prompt takes {len(searching.prompt)} tokens and leaves no room for a solution in {room}")
    while len(growth.searched) < config.searches and not 0 < config.tokens <= growth.decoded:
        if not await growth.search():
            break
    cut = chosen(growth, config.traces)
    nodes, ends = rows(growth, cut)
    yield _tree(searching, growth, config, nodes)
    billed: set[int] = set()
    for index, (whole, end) in enumerate(zip(cut, ends, strict=True)):
        yield await _trace(searching, growth, config, whole, index, end, billed)


def chosen(growth: Growth, most: int) -> list[Whole]:
    """Return the solutions to be cut as traces; where none was searched, those that were not accepted, as they were drawn."""
    right = [whole for whole in growth.wholes.values() if whole.one.verdict.outcome == "accepted"]
    others = [whole for whole in growth.wholes.values() if whole.one.verdict.outcome != "accepted"]
    return [*(growth.searched or others)[:most], *right[:most]]


def _tree(searching: Search, growth: Growth, config: Config, nodes: tuple[Node, ...]) -> Tree:
    root, problem = growth.prefixes[0].drawn[0], searching.problem
    return Tree(
        tree_id="",
        problem_id=problem.problem_id,
        run_id="",
        search=NAME,
        search_version=VERSION,
        tree_index=0,
        domain=problem.domain,
        family=problem.family,
        problem=problem_of(problem),
        config=json.dumps(asdict(config)),
        nodes=nodes,
        n_searches=len(growth.searched),
        prompt_hash=searching.prompt_hash,
        policy=policy_of(searching.sampler, root),
        verifier=root.verdict.verifier,
        verifier_version=root.verdict.version,
        cost=labels.sum_costs([labels.cost_of(prefix.drawn) for prefix in growth.prefixes]),
        code_version="",
        created_at=0,
    )


async def _trace(
    searching: Search, growth: Growth, config: Config, whole: Whole, index: int, end: tuple[int, ...], billed: set[int]
) -> Trace:
    """Return a solution as a trace. `end` is the path to its end; the cost of its nodes is its own but for those `billed`."""
    sampler, verdict = searching.sampler, whole.one.verdict
    root = growth.prefixes[0].probed.outcomes
    reason: StopReason = "unprobed" if "accepted" in root else "unsolved"
    drawn_from, known = growth.prefixes[whole.start], whole.one.completion.logprobs
    written = Written(
        text=whole.text,
        tokens=whole.tokens,
        # Those of the prefix are another completion's.
        logprobs=known if not drawn_from.tokens else None,
        tokenizer=growth.tokenizer,
        family=growth.family,
    )
    solution = await labels.cut(searching.problem, written, searching.judge, verdict, reason)
    nodes = [growth.prefixes[node] for node in end[:-1]]
    solution = labelled(solution, nodes, verdict.outcome == "accepted", keep_text=config.keep_rollout_text)
    new = [node for node in end[:-1] if node not in billed]
    billed.update(new)
    cost = labels.sum_costs([labels.cost_of(growth.prefixes[node].drawn) for node in new])
    origin = Origin(
        generator=NAME,
        version=VERSION,
        index=index,
        policy=policy_of(sampler, whole.one),
        prompt_hash=searching.prompt_hash,
        completer=completer_of(searching) if "accepted" in root else None,
    )
    row = trace_row(
        searching.problem,
        origin,
        replace(solution, cost=cost),
        whole.text,
        verdict,
        (len(root), root.count("accepted")),
    )
    return replace(row, tree_id=f"{PARENT}0", tree_path="/".join(map(str, end)))


def labelled(solution: Labelled, nodes: Sequence[Prefix], accepted: bool, *, keep_text: bool) -> Labelled:
    """Return a solution whose steps have the counts of the nodes that end there, and else what bisection implies.

    Before a prefix from which an answer was reached all are good; behind a dead one that none such follows all are dead. Nothing
    is implied where the policy never got there from the bare question.
    """
    by_text = {node.text: node for node in nodes}
    found = [by_text.get(text) for text in accumulate(step.text for step in solution.steps)][:-1]
    labels_of = [node.probed.hard if node else None for node in found] + ([True] if accepted else [])
    good = max((place for place, hard in enumerate(labels_of) if hard), default=-1)
    dead = min((place for place, hard in enumerate(labels_of) if hard is False and place > good), default=len(found))
    steps: list[Step] = list(solution.steps)
    rollouts: list[Rollout] = []
    for place, node in enumerate(found):
        if node is not None:
            steps[place] = labels.counted(steps[place], node.drawn, node.probed.stop)
            rollouts += [labels.rollout_of(place, one, keep_text=keep_text) for one in node.drawn]
        elif place < good:
            steps[place] = replace(steps[place], stop_reason="implied_positive")
        elif place > dead:
            steps[place] = replace(steps[place], stop_reason="after_first_error")
    return replace(solution, steps=tuple(steps), rollouts=tuple(rollouts))
