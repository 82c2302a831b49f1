"""What generators that sample solutions share: rows and seeds are those of the generator that asks."""

import asyncio
from dataclasses import dataclass

import pytest

from generators import math_shepherd, solutions
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
