"""Given solutions: verified whoever wrote them, labelled where the policy is able to solve the problem itself."""

import asyncio

import pytest

from generators import given, labels
from generators.given import Config
from pipeline.counts import Counts
from pipeline.meter import MeteredModel
from pipeline.models import scripted
from pipeline.models.scripted import ScriptedModel
from schemas import ids
from schemas.model import Model
from schemas.problem import Problem, Solution
from schemas.trace import Trace
from tests.doubles import RecordingModel, TellingModel, a_pool, a_problem, collect, text_of, untimed
from verifiers.workers import Workers

RIGHT = Solution(text="35 - 12\n23\nAnswer: 23", model="somebody")
WRONG = Solution(text="35 - 12\n24\nAnswer: 24", model="somebody else")
CONFIG = Config(samples=4, rollouts=3)


def a_given(*solutions: Solution) -> Problem:
    return a_problem("Evaluate (3 + 4) * 5 - 6 * 2", "23", given=solutions)


def run(judge: Workers, problem: Problem, *, model: Model | None = None, config: Config = CONFIG) -> list[Trace]:
    pool = a_pool(model or ScriptedModel(scripted.Config()), max_tokens=320)
    return asyncio.run(collect(given.generate(problem, pool, judge, config, 1)))


def test_one_trace_per_solution_in_order_with_its_text_untouched(workers: Workers) -> None:
    traces = run(workers, a_given(RIGHT, WRONG, RIGHT))
    assert [trace.sample_index for trace in traces] == [0, 1, 2]
    assert [text_of(trace) for trace in traces] == [RIGHT.text, WRONG.text, RIGHT.text]
    assert [trace.outcome for trace in traces] == ["accepted", "rejected", "accepted"]
    assert [trace.first_error for trace in traces] == [-1, 1, -1]
    assert [trace.policy.model for trace in traces] == ["somebody", "somebody else", "somebody"]


def test_the_writer_is_not_given_the_policys_sampling(workers: Workers) -> None:
    (trace,) = run(workers, a_given(RIGHT))
    policy = trace.policy
    assert (policy.temperature, policy.top_p, policy.max_tokens, policy.seed) == (None, None, None, None)
    assert [step.logprob for step in trace.steps] == [None, None, None]


def test_steps_are_probed_where_the_policy_solves_the_problem(workers: Workers) -> None:
    right, wrong = run(workers, a_given(RIGHT, WRONG), model=ScriptedModel(scripted.Config(slip_rate=0.0)))
    assert (right.root_n, right.root_correct) == (4, 4)
    assert [(step.n_rollouts, step.n_correct) for step in right.steps] == [(3, 3), (3, 3), (0, 0)]
    assert [(step.n_rollouts, step.n_correct) for step in wrong.steps] == [(3, 3), (3, 0), (0, 0)]


def test_the_same_text_twice_is_probed_with_samples_of_its_own(workers: Workers) -> None:
    traces = run(workers, a_given(RIGHT, RIGHT))
    names = [(one.seed, one.index) for trace in traces for one in trace.rollouts]
    assert len(names) == 12 and len(set(names)) == 12


def test_an_unable_policy_verifies_and_labels_nothing(workers: Workers) -> None:
    model = RecordingModel(TellingModel(lambda *_: "Answer: 1"))
    traces = run(workers, a_given(RIGHT, WRONG), model=model)
    assert len(model.requests) == 1
    assert [trace.outcome for trace in traces] == ["accepted", "rejected"]
    for trace in traces:
        assert (trace.root_n, trace.root_correct, trace.rollouts) == (4, 0, ())
        assert [step.stop_reason for step in trace.steps] == ["unsolved", "unsolved", "terminal"]
        assert [step.exact_local for step in trace.steps] != [None, None, None]


def test_without_tries_nothing_is_sampled(workers: Workers) -> None:
    counts = Counts()
    model = MeteredModel(ScriptedModel(scripted.Config()), counts)
    (trace,) = run(workers, a_given(RIGHT), model=model, config=Config(samples=0))
    assert (trace.outcome, trace.root_n, trace.rollouts, counts.rollouts) == ("accepted", 0, (), 0)


def test_costs_are_what_was_drawn_and_the_first_carries_the_tries(workers: Workers) -> None:
    counts = Counts()
    traces = run(workers, a_given(RIGHT, WRONG), model=MeteredModel(ScriptedModel(scripted.Config()), counts))
    total = labels.sum_costs([trace.cost for trace in traces])
    assert (total.prompt_tokens, total.generated_tokens) == (counts.prompt_tokens, counts.generated_tokens)
    assert traces[0].cost.generated_tokens > sum(one.generated_tokens for one in traces[0].rollouts)
    assert traces[1].cost.generated_tokens == sum(one.generated_tokens for one in traces[1].rollouts)


def test_a_problem_without_solutions_has_no_traces(workers: Workers) -> None:
    assert run(workers, a_given()) == []


@pytest.mark.parametrize("text", ["", "\n\n", "no answer here", "line\r\nline\u2028line\n", "Answer: 23\n" * 50])
def test_any_text_is_a_row(workers: Workers, text: str) -> None:
    (trace,) = run(workers, a_given(Solution(text=text, model="m")))
    assert text_of(trace) == text
    assert trace.text_hash == ids.text_hash(text)


def test_the_same_seed_gives_the_same_traces(workers: Workers) -> None:
    problem = a_given(RIGHT, WRONG)
    assert list(map(untimed, run(workers, problem))) == list(map(untimed, run(workers, problem)))
