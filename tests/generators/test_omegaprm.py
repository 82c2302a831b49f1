"""OmegaPRM: what the tree says is what was sampled, nothing is sampled twice, and a killed search goes on where it was."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from generators import labels, omegaprm
from generators.omegaprm import Config
from generators.search_tree import Constants, Growth, Prefix, Whole
from generators.strategies import Probed
from generators.trace_row import PARENT
from pipeline.counts import Counts
from pipeline.journal import Journal, JournalledModel
from pipeline.meter import MeteredModel
from pipeline.models import scripted
from pipeline.models.scripted import ScriptedModel
from pipeline.storage.folder import folder
from schemas.errors import EngineError
from schemas.judge import Judge
from schemas.model import Completion, Model
from schemas.trace import Trace
from schemas.tree import Node, Tree
from schemas.verdict import Outcome, Verdict
from tests.doubles import (
    LINES,
    RecordingModel,
    TellingJudge,
    TellingModel,
    a_pool,
    a_problem,
    collect,
    text_of,
    untimed,
)
from verifiers.workers import Workers

PROBLEM = a_problem("Evaluate (3 + 4) * 5 - 6 * 2 + 8 * (2 + 7) - 1", "94")
CONFIG = Config(searches=5, rollouts=6)  # the pool of this problem lasts for six
SLIPPERY = scripted.Config(slip_rate=0.12)


def grown(judge: Judge, model: Model | None = None, config: Config = CONFIG, seed: int = 3) -> tuple[Tree, list[Trace]]:
    """Return the tree of a problem and its traces."""
    policies = a_pool(model or ScriptedModel(SLIPPERY), max_tokens=400)
    made = asyncio.run(collect(omegaprm.generate(PROBLEM, policies, judge, config, seed)))
    (tree,) = (one for one in made if isinstance(one, Tree))
    assert made[0] == tree
    return tree, [one for one in made if isinstance(one, Trace)]


def path_of(tree: Tree, node: Node) -> list[Node]:
    """Return the nodes from the root to a node."""
    return [*(path_of(tree, tree.nodes[node.parent]) if node.parent is not None else []), node]


def prefix_of(tree: Tree, node: Node) -> str:
    return "".join(one.text for one in path_of(tree, node))


# The tree


def test_counts_values_and_places_agree(workers: Workers) -> None:
    tree, _ = grown(workers)
    assert len(tree.nodes) >= 10 and [node.node for node in tree.nodes] == list(range(len(tree.nodes)))
    assert [node.node for node in tree.nodes if node.parent is None] == [0] and tree.nodes[0].text == ""
    for node in tree.nodes:
        assert node.depth == len(path_of(tree, node)) - 1
        if node.terminal:
            assert (node.n_rollouts, node.n_correct, node.visits) == (0, 0, 0)
            assert node.value == {"accepted": 1.0, "rejected": 0.0}[node.outcome or ""]
        else:
            assert node.n_rollouts == CONFIG.rollouts and node.outcome is None and node.n_undecided == 0
            assert node.value == node.n_correct / node.n_rollouts and node.value_sum == node.n_correct
    assert all(tree.nodes[node.parent].terminal is False for node in tree.nodes if node.parent is not None)


def test_every_search_set_out_from_a_node_that_is_neither_dead_nor_always_right(workers: Workers) -> None:
    tree, _ = grown(workers)
    assert sum(node.visits for node in tree.nodes) == tree.n_searches == CONFIG.searches
    assert all(0 < (node.value or 0) < 1 for node in tree.nodes if node.visits)


def test_no_prefix_is_twice_and_the_parent_is_the_longest_there_is(workers: Workers) -> None:
    tree, _ = grown(workers)
    texts = [prefix_of(tree, node) for node in tree.nodes if not node.terminal]
    assert len(set(texts)) == len(texts)
    for node in tree.nodes:
        own = prefix_of(tree, node)
        above = [text for text in texts if own.startswith(text) and (node.terminal or text != own)]
        assert node.parent is None or prefix_of(tree, tree.nodes[node.parent]) == max(above, key=len)


def test_each_prefix_is_asked_for_once(workers: Workers) -> None:
    model = RecordingModel(ScriptedModel(SLIPPERY))
    tree, _ = grown(workers, model)
    asked = [model.tokenizer.decode(request.prompt) for request in model.requests]
    assert len(set(asked)) == len(asked) == sum(not node.terminal for node in tree.nodes)
    assert len({request.seed for request in model.requests}) == len(asked)
    assert {request.n for request in model.requests} == {CONFIG.rollouts}


def test_the_row_says_what_searched_and_with_what(workers: Workers) -> None:
    tree, _ = grown(workers)
    assert (tree.search, tree.search_version, tree.tree_index) == ("omegaprm", 1, 0)
    assert (tree.problem_id, tree.problem.statement) == (PROBLEM.problem_id, PROBLEM.statement)
    assert json.loads(tree.config)["alpha"] == 0.5 and json.loads(tree.config)["searches"] == 5
    assert (tree.policy.model, tree.verifier) == ("scripted", "answers")


def test_the_published_constants_are_the_defaults() -> None:
    config = Config()
    assert (config.alpha, config.beta, config.length, config.exploration) == (0.5, 0.9, 500, 0.125)
    assert (config.rollouts, config.searches) == (8, 100)


# Its traces


def test_traces_are_paths_of_the_tree_and_carry_its_counts(workers: Workers) -> None:
    tree, traces = grown(workers)
    assert {trace.outcome for trace in traces} == {"accepted", "rejected"}
    assert len({text_of(trace) for trace in traces}) == len(traces) == CONFIG.searches + 1, "it knows one right way"
    for index, trace in enumerate(traces):
        assert (trace.sample_index, trace.tree_id) == (index, f"{PARENT}0")
        path = [tree.nodes[int(number)] for number in (trace.tree_path or "").split("/")]
        assert path == path_of(tree, path[-1]) and path[-1].terminal and path[-1].outcome == trace.outcome
        assert prefix_of(tree, path[-1]) == text_of(trace)
        by_text = {prefix_of(tree, node): node for node in path[:-1]}
        done = ""
        for step in trace.steps[:-1]:
            done += step.text
            node = by_text.get(done)
            assert (step.n_rollouts, step.n_correct) == ((node.n_rollouts, node.n_correct) if node else (0, 0))
            assert (step.stop_reason == "fixed") == (node is not None)
        assert (trace.root_n, trace.root_correct) == (tree.nodes[0].n_rollouts, tree.nodes[0].n_correct)


def test_what_bisection_did_not_look_at_it_implies(workers: Workers) -> None:
    _, traces = grown(workers)
    reasons = {step.stop_reason for trace in traces for step in trace.steps}
    assert reasons == {"fixed", "implied_positive", "after_first_error", "terminal"}
    for trace in traces[: CONFIG.searches]:
        hards = [
            {"implied_positive": True, "after_first_error": False}.get(step.stop_reason, step.n_correct > 0)
            for step in trace.steps
        ]
        assert hards == sorted(hards, reverse=True), "good, then dead"


def test_every_token_is_in_the_tree_and_in_at_most_one_trace(workers: Workers) -> None:
    counts = Counts()
    tree, traces = grown(workers, MeteredModel(ScriptedModel(SLIPPERY), counts), replace(CONFIG, traces=1000))
    assert tree.cost.generated_tokens == counts.generated_tokens == sum(node.tokens for node in tree.nodes)
    assert sum(trace.cost.generated_tokens for trace in traces) == counts.generated_tokens
    _, few = grown(workers, config=replace(CONFIG, traces=2))
    assert [trace.outcome for trace in few] == ["rejected", "rejected", "accepted"]
    assert 0 < sum(trace.cost.generated_tokens for trace in few) < counts.generated_tokens


# A small one by hand

ANSWERS: dict[str, list[str]] = {
    "": ["a\nb\nc\nd\nno", "yes"],
    "a\nb\n": ["c\nd\nyes", "x\nno"],
    "a\nb\nc\n": ["no", "d\nno"],
    "a\nb\nx\n": ["no", "no"],
}


def by_hand(prompt: str, _seed: int, index: int) -> str:
    return ANSWERS[prompt.partition("\n")[2]][index]


def test_a_small_tree() -> None:
    """Bisect a b c d no: b is good, c and d: c is dead. Then x no from b: x, its only step, is its end's."""
    model = RecordingModel(TellingModel(by_hand))
    judge = TellingJudge(lambda text: "accepted" if text.endswith("yes") else "rejected")
    config = Config(searches=9, rollouts=2)
    made = asyncio.run(collect(omegaprm.generate(a_problem("Q", family="none"), a_pool(model), judge, config, seed=1)))
    tree, *traces = made
    assert isinstance(tree, Tree)
    assert [(node.text, node.parent, node.visits, node.value) for node in tree.nodes] == [
        ("", None, 1, 0.5),
        ("c\n", 2, 0, 0.0),
        ("a\nb\n", 0, 1, 0.5),
        ("x\n", 2, 0, 0.0),
        ("d\nno", 1, 0, 0.0),
        ("no", 3, 0, 0.0),
        ("yes", 0, 0, 1.0),
        ("d\nyes", 1, 0, 1.0),
    ]
    assert isinstance(traces[0], Trace) and traces[0].tree_path == "0/2/1/4"


# How the next one is chosen


def a_whole(start: int, length: int) -> Whole:
    completion = Completion(
        seed=1,
        index=0,
        text="x" * length,
        tokens=(1,) * length,
        logprobs=None,
        finish_reason="stop",
        prompt_tokens=0,
        cached_tokens=0,
        generated_tokens=length,
        engine_s=0.0,
    )
    verdict = Verdict(outcome="rejected", status="s", reason="", verifier="v", version=1)
    one = labels.Judged(completion=completion, verdict=verdict)
    return Whole(start=start, one=one, text=completion.text, tokens=completion.tokens)


async def nothing(text: str, tokens: tuple[int, ...]) -> tuple[Probed, list[labels.Judged]]:
    return Probed(stop="over_length"), []


def test_the_score_is_the_papers() -> None:
    """Equations 2 to 4: alpha^(1 - MC) beta^(len / L) + c sqrt(sum N) / (1 + N)."""
    growth = Growth(draw=nothing, tokenizer=TellingModel(by_hand).tokenizer, family=LINES, constants=Constants())
    probed = Probed(stop="fixed", outcomes=("accepted", "rejected", "rejected", "rejected"))
    growth.prefixes.append(Prefix(text="", tokens=(), probed=probed, drawn=(), visits=3))
    assert growth.score(a_whole(0, 250), 2.0) == pytest.approx(0.5**0.75 * 0.9**0.5 + 0.125 * 2 / 4)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"right": 3}, {"right": 1}),
        ({"length": 10}, {"length": 400}),
        ({"visits": 0}, {"visits": 5}),
    ],
)
def test_what_looks_right_is_short_and_seldom_tried_comes_first(better: dict[str, int], worse: dict[str, int]) -> None:
    growth = Growth(draw=nothing, tokenizer=TellingModel(by_hand).tokenizer, family=LINES, constants=Constants())
    for place, one in enumerate((worse, better)):
        right = one.get("right", 2)
        outcomes: list[Outcome] = ["accepted", "accepted", "accepted", "rejected", "rejected", "rejected"]
        probed = Probed(stop="fixed", outcomes=tuple(outcomes[3 - right : 7 - right]))
        growth.prefixes.append(
            Prefix(text="ab"[:place], tokens=(), probed=probed, drawn=(), visits=one.get("visits", 1))
        )
        growth.pool.append(a_whole(place, one.get("length", 50)))
    growth.searched = [a_whole(0, 1)] * 4
    assert asyncio.run(growth.search())
    assert growth.searched[-1].start == 1


# Where it ends


@pytest.mark.parametrize("answer", ["Answer: 94", "Answer: 7"])
def test_where_all_or_none_are_right_there_is_nothing_to_search(workers: Workers, answer: str) -> None:
    tree, traces = grown(workers, TellingModel(lambda _prompt, _seed, index: f"step {index}\n{answer}"))
    right = answer == "Answer: 94"
    assert (tree.n_searches, tree.nodes[0].value, sum(not node.terminal for node in tree.nodes)) == (0, float(right), 1)
    assert len(traces) == 6 and {trace.outcome for trace in traces} == {"accepted" if right else "rejected"}
    assert {trace.steps[0].stop_reason for trace in traces} == {"implied_positive" if right else "unsolved"}


def test_tokens_bound_the_search(workers: Workers) -> None:
    whole, _ = grown(workers)
    part, _ = grown(workers, config=replace(CONFIG, tokens=whole.cost.generated_tokens // 2))
    assert 0 < part.n_searches < whole.n_searches
    assert part.nodes[0] == replace(whole.nodes[0], visits=part.nodes[0].visits)
    before_last = whole.cost.generated_tokens // 2
    assert part.cost.generated_tokens >= before_last > part.cost.generated_tokens - whole.cost.generated_tokens / 2


def test_a_judge_that_cannot_say_leaves_a_tree_of_one_node_and_undecided_rows() -> None:
    model = TellingModel(lambda _prompt, _seed, index: f"a\n{index}")
    tree, traces = grown(TellingJudge(lambda _: "undecided"), model)
    (root,) = (node for node in tree.nodes if not node.terminal)
    assert (root.value, root.n_rollouts, root.n_undecided) == (None, 12, 12)
    assert {trace.outcome for trace in traces} == {"undecided"} and len(traces) == 12


# Determinism and resume


class Dying(RecordingModel):
    """A model whose engine is lost after so many completions."""

    def __init__(self, inner: Model, after: int) -> None:
        super().__init__(inner)
        self.left = after

    async def sample(self, *args: object, **more: object):  # type: ignore[no-untyped-def]
        async for one in super().sample(*args, **more):  # type: ignore[arg-type]
            if not self.left:
                raise EngineError("killed")
            self.left -= 1
            yield one


@pytest.mark.parametrize("share", [0.1, 0.5, 0.93])
def test_a_killed_search_goes_on_without_sampling_again(workers: Workers, tmp_path: Path, share: float) -> None:
    total = Counts()
    whole = grown(workers, MeteredModel(ScriptedModel(SLIPPERY), total))
    spent, book = Counts(), Journal(folder(tmp_path), ["p1"])
    dying = Dying(MeteredModel(ScriptedModel(SLIPPERY), spent), round(total.rollouts * share))
    with pytest.raises(EngineError):
        grown(workers, JournalledModel(dying, book))
    book.close()
    assert 0 < spent.generated_tokens < total.generated_tokens
    book = Journal(folder(tmp_path), ["p1"])
    tree, traces = grown(workers, JournalledModel(MeteredModel(ScriptedModel(SLIPPERY), spent), book))
    book.close()
    again = spent.generated_tokens - total.generated_tokens
    assert again <= 0.05 * total.generated_tokens
    assert untimed_tree(tree) == untimed_tree(whole[0])
    assert list(map(untimed, traces)) == list(map(untimed, whole[1]))


def untimed_tree(tree: Tree) -> Tree:
    return replace(tree, cost=replace(tree.cost, engine_s=0.0, verify_s=0.0))


def test_the_order_in_which_completions_end_changes_nothing(workers: Workers) -> None:
    class Backwards(RecordingModel):
        async def sample(self, *args: object, **more: object):  # type: ignore[no-untyped-def]
            for one in (await collect(super().sample(*args, **more)))[::-1]:  # type: ignore[arg-type]
                yield one

    tree, traces = grown(workers)
    other, others = grown(workers, Backwards(ScriptedModel(SLIPPERY)))
    assert untimed_tree(tree) == untimed_tree(other)
    assert list(map(untimed, traces)) == list(map(untimed, others))
