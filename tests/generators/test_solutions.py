"""What generators that sample solutions share: rows and seeds are those of the generator that asks."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import pytest

from generators import math_shepherd, solutions
from generators.strategies import Strategy
from pipeline.models import scripted
from pipeline.models.scripted import ScriptedModel
from schemas import ids
from schemas.trace import Trace
from tests.doubles import TellingModel, a_pool, a_problem, collect, text_of, untimed
from verifiers.workers import Workers

PROBLEM = a_problem("Evaluate (3 + 4) * 5 - 6 * 2", "23")


@dataclass(frozen=True, slots=True, kw_only=True)
class More(solutions.Config):
    """A generator may have keys of its own beside the shared ones."""

    revisions: int = 1


def run(workers: Workers, name: str, version: int = 1) -> list[Trace]:
    config = More(samples=5, labelled=2, rollouts=3)
    policies = a_pool(ScriptedModel(scripted.Config(slip_rate=0.3)))
    traces = solutions.generate(PROBLEM, policies, workers, config, 7, name=name, version=version)
    return asyncio.run(collect(traces))


def test_rows_and_seeds_are_the_generators_own(workers: Workers) -> None:
    runs = [run(workers, "a"), run(workers, "b"), run(workers, "a", version=2)]
    assert [{(trace.generator, trace.generator_version) for trace in traces} for traces in runs] == [
        {("a", 1)},
        {("b", 1)},
        {("a", 2)},
    ]
    seeds = [
        {trace.policy.seed for trace in traces} | {one.seed for t in traces for one in t.rollouts} for traces in runs
    ]
    assert all(not one & other for one, other in ((seeds[0], seeds[1]), (seeds[0], seeds[2]), (seeds[1], seeds[2])))


def test_math_shepherd_is_these_samples_and_nothing_else(workers: Workers) -> None:
    config = math_shepherd.Config(samples=5, labelled=2, rollouts=3)
    policies = a_pool(ScriptedModel(scripted.Config(slip_rate=0.3)))
    theirs = asyncio.run(collect(math_shepherd.generate(PROBLEM, policies, workers, config, 7)))
    assert list(map(untimed, theirs)) == list(map(untimed, run(workers, "math_shepherd")))


def test_the_question_is_that_of_the_task_and_the_row_names_it(workers: Workers) -> None:
    asked: list[str] = []

    def tell(prompt: str, _seed: int, _index: int) -> str:
        asked.append(prompt)
        return "Answer: 23"

    sampler = a_pool(TellingModel(tell))
    prompt = sampler.completer.prompts["output"]
    config = math_shepherd.Config(samples=1, labelled=0)
    problem = a_problem("Evaluate 23", "23", task="output")
    (trace,) = asyncio.run(collect(math_shepherd.generate(problem, sampler, workers, config, 7)))
    assert asked == ["Evaluate 23\n"] and text_of(trace) == "Answer: 23"
    assert trace.prompt_hash == ids.text_hash(f"{prompt.text}\n")
    assert trace.problem.task == "output"


def test_a_prompt_that_leaves_no_room_says_so(workers: Workers) -> None:
    policies = a_pool(TellingModel(lambda *_: "Answer: 23", context_length=10))
    with pytest.raises(ValueError, match="leaves no room for a solution in the context of telling, 10 tokens"):
        asyncio.run(collect(math_shepherd.generate(PROBLEM, policies, workers, math_shepherd.Config(), 7)))


@pytest.mark.parametrize("strategy", ["first_success", "truncated", "waves", "binary"])
def test_a_strategy_draws_less_of_the_same_samples(workers: Workers, strategy: Strategy) -> None:
    def traces(**more: Any) -> list[Trace]:  # Any: fields of Config
        config = replace(math_shepherd.Config(samples=6, labelled=3, rollouts=6), **more)
        policies = a_pool(ScriptedModel(scripted.Config(slip_rate=0.3)))
        return asyncio.run(collect(math_shepherd.generate(PROBLEM, policies, workers, config, 7)))

    def drawn(rows: list[Trace]) -> dict[tuple[int, int], str | None]:
        return {(one.seed, one.index): one.text for trace in rows for one in trace.rollouts}

    fixed, cheap, shared = traces(), traces(strategy=strategy), traces(strategy=strategy, share=True)
    assert [text_of(trace) for trace in cheap] == [text_of(trace) for trace in fixed]
    assert drawn(shared).items() < drawn(cheap).items() < drawn(fixed).items()
    assert {trace.outcome for trace in shared if trace.completer} == {"accepted", "rejected"}
    for trace in shared:
        implied = {step.stop_reason for step in trace.steps[:-1]} == {"implied_positive"}
        assert implied == (trace.outcome == "accepted" and trace.completer is not None)
        assert not (implied and trace.rollouts)


def test_only_what_the_completer_wrote_is_a_sample_of_what_it_writes(workers: Workers) -> None:
    text = "35 - 12\n23\nAnswer: 23"
    writer, completer = TellingModel(lambda *_: text), TellingModel(lambda *_: "Answer: 23")
    config = math_shepherd.Config(samples=1, labelled=1, rollouts=3, share=True)
    (trace,) = asyncio.run(
        collect(math_shepherd.generate(PROBLEM, a_pool(writer, completer=completer), workers, config, 7))
    )
    assert [step.stop_reason for step in trace.steps] == ["fixed", "fixed", "terminal"]
    (trace,) = asyncio.run(collect(math_shepherd.generate(PROBLEM, a_pool(writer), workers, config, 7)))
    assert [step.stop_reason for step in trace.steps] == ["implied_positive", "implied_positive", "terminal"]
