"""The search over tactics on a hand-made graph of states: what is expanded, what is a node, when it ends."""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence

import pytest

from generators.labels import Judged, search_part
from generators.proofs import proof_parts, proof_search
from generators.proofs.proof_search import Growth, best_first, furthest, written
from schemas.judge import Ran, TacticError
from schemas.model import Completion
from schemas.problem import Problem
from schemas.verdict import Outcome
from tests.doubles import TellingJudge, TellingModel, a_problem, a_sampler

PROBLEM = a_problem("theorem t : s", "{}", domain="proof", task="prove")

Graph = Mapping[str, Mapping[str, str]]
"""By goal, what each tactic makes of it: another goal, `` for none left; all other tactics fail."""


class _Steps(TellingJudge):
    """A judge to whom the goals of a script are what the graph says."""

    def __init__(self, graph: Graph, outcome: Callable[[str], Outcome] = lambda text: "accepted") -> None:
        super().__init__(outcome)
        self._graph = graph
        self.calls: list[list[tuple[str, ...]]] = []

    async def states(self, problem: Problem, scripts: Sequence[Sequence[str]]) -> Sequence[Ran]:
        self.calls.append([tuple(script) for script in scripts])
        return [self._ran(script) for script in scripts]

    def _ran(self, script: Sequence[str]) -> Ran:
        states: list[tuple[str, ...]] = [("⊢ s",)]
        goal = "s"
        for step, tactic in enumerate(script):
            if tactic == "hangs":
                return Ran(states=(), problem="timeout")
            after = self._graph.get(goal, {}).get(tactic)
            if after is None:
                error = TacticError(step=step, text=f"{tactic} fails on {goal}", line=0, column=0)
                return Ran(states=tuple(states), error=error)
            states.append((f"⊢ {after}",) if after else ())
            goal = after
        return Ran(states=tuple(states))


def grown(
    graph: Graph,
    candidates: Mapping[str, Sequence[str]],
    *,
    judge: _Steps | None = None,
    expansions: int = 10,
    seed: int = 1,
) -> Growth:
    """Return the search of a policy that proposes, at each goal, these tactics in turn. Each letter costs half a nat."""

    def tell(prompt: str, seed: int, index: int) -> str:
        proposed = candidates.get(prompt.removesuffix("\nNext:\n").removeprefix("⊢ "), ())
        return proposed[index % len(proposed)] if proposed else ""

    sampler, judge = a_sampler(TellingModel(tell)), judge or _Steps(graph)
    return asyncio.run(best_first(PROBLEM, sampler, judge, candidates=4, expansions=expansions, seed=seed))


def scripts(growth: Growth) -> list[tuple[str, ...]]:
    return [node.script for node in growth.nodes]


def test_the_likeliest_open_state_is_expanded_first() -> None:
    graph = {"s": {"long": "a", "b": "b"}, "b": {"two": "c"}, "a": {"x": ""}, "c": {"deeper": "d"}}
    growth = grown(graph, {"s": ["long", "b"], "b": ["two"], "a": ["x"], "c": ["deeper"]})
    assert scripts(growth) == [(), ("b",), ("long",), ("b", "two")]
    assert [node.score for node in growth.nodes] == [0, -0.5, -2.0, -2.0]
    assert growth.proof is not None and growth.proof.script == ("long", "x"), "of equals the earliest"
    assert growth.states(growth.proof) == [("⊢ s",), ("⊢ a",), ()]
    assert growth.nodes[2].prior == pytest.approx(math.exp(-2.0))


def test_equal_states_are_one_node() -> None:
    graph = {"s": {"b": "a", "bb": "(a)"}, "a": {"x": "s"}}
    growth = grown(graph, {"s": ["bb", "b"], "a": ["x"]})
    assert scripts(growth) == [(), ("b",)], "brackets make no other goal, and what leads back is none"
    assert growth.expansions == 2


def test_distinct_candidates_are_run_once_and_together() -> None:
    judge = _Steps({"s": {"b": "a"}})
    grown({}, {"s": ["b", "c", "b", "c"]}, judge=judge, expansions=1)
    assert judge.calls == [[()], [("b",), ("c",)]]


def test_a_proof_that_the_verifier_refuses_is_a_dead_end() -> None:
    graph = {"s": {"b": "", "cc": "a"}, "a": {"x": ""}}
    judge = _Steps(graph, lambda text: "rejected" if text == "b\n" else "accepted")
    growth = grown(graph, {"s": ["b", "cc"], "a": ["x"]}, judge=judge)
    assert [(end.script, end.verdict.outcome) for end in growth.ends] == [
        (("b",), "rejected"),
        (("cc", "x"), "accepted"),
    ]
    assert growth.proof is growth.ends[1] and judge.texts == ["b\n", "cc\nx\n"]
    nodes, path = proof_search.rows(growth)
    assert [(node.text, node.terminal, node.outcome, node.value) for node in nodes] == [
        ("", False, None, None), ("cc\n", False, None, None), ("b\n", True, "rejected", 0.0), ("x\n", True, "accepted", 1.0),
    ]  # fmt: skip
    assert path == (0, 1, 3)


def test_what_fails_is_kept_and_what_hangs_is_not() -> None:
    growth = grown({"s": {"b": "a"}}, {"s": ["b", "wrong", "hangs"], "a": ["wrong"]})
    assert [[(one.tactic, one.error.text) for one in node.failures] for node in growth.nodes] == [
        [("wrong", "wrong fails on s")],
        [("wrong", "wrong fails on a")],
    ]
    failed = [node for node in proof_search.rows(growth)[0] if node.action == "failed"]
    assert [(node.parent, node.text, node.outcome) for node in failed] == [
        (0, "wrong\n", "rejected"),
        (1, "wrong\n", "rejected"),
    ]


@pytest.mark.parametrize("expansions", [1, 2, 5])
def test_it_ends_after_so_many_expansions(expansions: int) -> None:
    graph = {f"s{'i' * k}": {"b": f"s{'i' * (k + 1)}"} for k in range(50)}
    growth = grown(graph, {goal: ["b"] for goal in graph}, expansions=expansions)
    assert growth.expansions == expansions and growth.proof is None
    assert furthest(growth) == ("b",) * expansions


def test_where_nothing_runs_the_first_failure_is_as_far_as_it_got() -> None:
    assert furthest(grown({}, {"s": ["bb", "c"]})) == ("c",)
    assert furthest(grown({}, {})) == ()
    assert written(("a", "b")) == "a\nb\n"


def test_every_state_is_asked_about_with_a_seed_of_its_own() -> None:
    graph = {"s": {"b": "a", "c": "d"}, "a": {}, "d": {}}
    one, same, other = (grown(graph, {"s": ["b", "c"], "a": ["x"], "d": ["y"]}, seed=seed) for seed in (1, 1, 2))

    def seeds(growth: Growth) -> set[int]:
        return {judged.completion.seed for judged in growth.drawn}

    assert len(seeds(one)) == 3 and seeds(one) == seeds(same) and not seeds(one) & seeds(other)


@pytest.mark.parametrize(
    ("text", "tactic"),
    [
        ("exact h1", "exact h1"),
        ("\n  exact h1 \nexact h2", "exact h1"),
        ("have h : p := by\n  exact h1\nexact h", "have h : p := by\n  exact h1"),
        ("Take it apart.\n```lean\ncases h with\n| inl a => exact a\n```", "cases h with"),
        ("```lean\nexact h1\n```\nOr:\n```\nexact h2\n```", "exact h2"),
        ("```lean\n  simp only [\n    foo]\n  rfl\n```", "simp only [\n  foo]"),
        ("", ""),
        ("```\n```", ""),
        ("\n \n", ""),
    ],
)
def test_the_tactic_is_the_first_line_with_what_is_indented_under_it(text: str, tactic: str) -> None:
    search = search_part(
        PROBLEM, a_sampler(TellingModel(lambda *_: text)), TellingJudge(lambda _: "rejected"), "tactic", state="s"
    )
    completion = Completion(
        seed=0, index=0, text=text, tokens=(), logprobs=None, finish_reason="stop", prompt_tokens=0, cached_tokens=0,
        generated_tokens=0, engine_s=0.0,
    )  # fmt: skip
    verdict = asyncio.run(TellingJudge(lambda _: "rejected").check(PROBLEM, text))
    assert proof_parts.tactic_in(search, Judged(completion=completion, verdict=verdict)) == tactic
