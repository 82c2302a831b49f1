"""Math-Shepherd: every sample is a row, labels come from rollouts of unselected samples, and the books balance."""

import asyncio
from dataclasses import replace

import pytest

from generators import labels, math_shepherd
from generators.math_shepherd import Config
from pipeline.counts import Counts
from pipeline.meter import MeteredModel
from pipeline.models import scripted
from pipeline.models.scripted import ScriptedModel
from schemas import ids
from schemas.judge import Judge
from schemas.model import Model
from schemas.pool import Pool
from schemas.problem import Problem
from schemas.trace import Trace
from tests.doubles import RecordingModel, TellingModel, a_pool, a_problem, a_sampler, collect, text_of, untimed
from verifiers.workers import Workers

PROBLEM = a_problem("Evaluate (3 + 4) * 5 - 6 * 2", "23")
CONFIG = Config(samples=6, labelled=2, rollouts=4)
SLIPPERY = scripted.Config(slip_rate=0.3)


def run(
    judge: Judge,
    *,
    model: Model | None = None,
    pool: Pool | None = None,
    config: Config = CONFIG,
    problem: Problem = PROBLEM,
    seed: int = 1,
    max_tokens: int = 200,
) -> list[Trace]:
    """Return the problem's traces."""
    pool = pool or a_pool(model or ScriptedModel(SLIPPERY), max_tokens=max_tokens)
    return asyncio.run(collect(math_shepherd.generate(problem, pool, judge, config, seed)))


def probed(trace: Trace) -> bool:
    return any(step.n_rollouts for step in trace.steps)


def test_every_sample_is_a_row_in_order_whatever_its_outcome(workers: Workers) -> None:
    traces = run(workers)
    assert [trace.sample_index for trace in traces] == list(range(6))
    assert {trace.outcome for trace in traces} == {"accepted", "rejected"}
    for trace in traces:
        assert trace.root_n == 6
        assert trace.root_correct == sum(one.outcome == "accepted" for one in traces)
        assert trace.text_hash == ids.text_hash(text_of(trace))
        assert trace.verifier == "answers"


def test_the_first_distinct_samples_are_labelled_whatever_their_outcome(workers: Workers) -> None:
    texts = ["35 - 12\n23\nAnswer: 23", "30 - 12\n18\nAnswer: 18", "35 - 12\n22\nAnswer: 22"]
    order = [1, 1, 0, 2]

    def tell(prompt: str, _seed: int, index: int) -> str:
        return texts[order[index]] if prompt == f"{PROBLEM.statement}\n" else "Answer: 23"

    traces = run(workers, model=TellingModel(tell), config=Config(samples=4, labelled=2, rollouts=2))
    assert [probed(trace) for trace in traces] == [True, False, True, False]
    assert [trace.outcome for trace in traces] == ["rejected", "rejected", "accepted", "rejected"]
    for trace in (traces[1], traces[3]):
        assert [step.stop_reason for step in trace.steps] == ["not_chosen", "not_chosen", "terminal"]


def test_a_labelled_trace_has_its_counts_its_rollouts_and_exact_truth(workers: Workers) -> None:
    traces = [trace for trace in run(workers) if probed(trace)]
    assert len(traces) == 2
    for trace in traces:
        for index, step in enumerate(trace.steps[:-1]):
            mine = [one for one in trace.rollouts if one.step == index]
            assert [one.index for one in mine] == list(range(4))
            assert step.n_rollouts == 4
            assert step.n_correct == sum(one.outcome == "accepted" for one in mine)
            assert step.exact_prefix is not None
        assert trace.rollouts == tuple(sorted(trace.rollouts, key=lambda one: (one.step, one.index)))
        assert trace.first_error is not None
        assert (trace.first_error == -1) == all(step.exact_prefix for step in trace.steps)


def test_where_nothing_slips_every_step_is_good(workers: Workers) -> None:
    traces = run(workers, model=ScriptedModel(scripted.Config(slip_rate=0.0)))
    assert {trace.outcome for trace in traces} == {"accepted"}
    assert [probed(trace) for trace in traces] == [True, False, False, False, False, False]  # they are all one text
    assert all(step.n_correct == step.n_rollouts == 4 for step in traces[0].steps[:-1])
    assert all(trace.first_error == -1 for trace in traces)


def test_no_rollout_is_spent_on_a_problem_the_policy_never_solves(workers: Workers) -> None:
    model = RecordingModel(TellingModel(lambda _prompt, _seed, index: f"one\n\nAnswer: {index + 100}"))
    traces = run(workers, model=model)
    assert len(traces) == 6 and len(model.requests) == 1
    for trace in traces:
        assert (trace.root_n, trace.root_correct, trace.rollouts) == (6, 0, ())
        assert [step.stop_reason for step in trace.steps] == ["unsolved", "terminal"]
        assert all(step.n_rollouts == 0 for step in trace.steps)


def test_costs_are_what_was_drawn(workers: Workers) -> None:
    counts = Counts()
    traces = run(workers, model=MeteredModel(ScriptedModel(SLIPPERY), counts))
    total = labels.sum_costs([trace.cost for trace in traces])
    assert total.prompt_tokens == counts.prompt_tokens > 0
    assert total.cached_tokens == counts.cached_tokens
    assert total.generated_tokens == counts.generated_tokens > 0
    assert counts.rollouts == 6 + sum(len(trace.rollouts) for trace in traces)


def test_engine_and_verifier_time_are_in_the_cost(workers: Workers) -> None:
    model = TellingModel(lambda *_: "35 - 12\n23\nAnswer: 23")
    traces = run(workers, model=model, config=Config(samples=2, labelled=1, rollouts=3))
    assert [trace.cost.engine_s for trace in traces] == [0.25 * (1 + 2 * 3), 0.25]
    assert all(trace.cost.verify_s > 0 for trace in traces)


def test_the_same_seed_gives_the_same_traces_and_another_one_others(workers: Workers) -> None:
    first, again, other = (run(workers, seed=seed) for seed in (1, 1, 2))
    assert list(map(untimed, first)) == list(map(untimed, again))
    assert [trace.text_hash for trace in first] != [trace.text_hash for trace in other]
    seeds = [{trace.policy.seed for trace in traces} for traces in (first, other)]
    assert not seeds[0] & seeds[1]


def test_two_problems_share_no_sample(workers: Workers) -> None:
    other = a_problem("Evaluate (3 + 4) * 5 - 6 * 3", "17")
    names = [
        (one.seed, one.index) for p in (PROBLEM, other) for trace in run(workers, problem=p) for one in trace.rollouts
    ]
    assert names and len(set(names)) == len(names)


def test_more_samples_keep_the_ones_there_were(workers: Workers) -> None:
    few, many = run(workers), run(workers, config=replace(CONFIG, samples=9))
    assert [trace.text_hash for trace in many[:6]] == [trace.text_hash for trace in few]


def test_a_sample_cut_at_its_limit_is_a_rejected_row(workers: Workers) -> None:
    texts = ["35 - 12\n23\nAnswer: 23", "35 - 12\n" + "23 + 0\n" * 20]

    def tell(prompt: str, _seed: int, index: int) -> str:
        return texts[index] if prompt == f"{PROBLEM.statement}\n" else "Answer: 23"

    traces = run(workers, model=TellingModel(tell), config=Config(samples=2, labelled=2, rollouts=2), max_tokens=40)
    assert [trace.status for trace in traces] == ["equal", "looping"]
    assert traces[1].outcome == "rejected" and len(text_of(traces[1])) == 40


def test_the_row_says_who_sampled_it_and_how(workers: Workers) -> None:
    model = ScriptedModel(SLIPPERY)
    sampler = a_sampler(model, temperature=0.5, top_p=0.75, max_tokens=99, prompt="Please: {problem}")
    (trace,) = run(workers, pool=Pool(writers=(sampler,), completer=sampler), config=Config(samples=1))
    policy = trace.policy
    assert (policy.model, policy.revision, policy.engine) == (model.info.name, model.info.revision, model.info.engine)
    assert (policy.temperature, policy.top_p, policy.max_tokens) == (0.5, 0.75, 99)
    assert policy.model_family == model.info.family.name
    assert trace.prompt_hash == ids.text_hash("Please: {problem}\n")
    assert trace.problem.statement == PROBLEM.statement


@pytest.mark.parametrize("text", ["", "\n"])
def test_an_empty_completion_is_a_row_too(workers: Workers, text: str) -> None:
    (trace,) = run(workers, model=TellingModel(lambda *_: text), config=Config(samples=1))
    assert (trace.outcome, trace.status, text_of(trace)) == ("rejected", "no_answer", text)


def test_the_estimate_is_about_what_is_spent() -> None:
    # The embedded policy: 318,590 tokens and 14,800 rollouts for 240 problems.
    rollouts, tokens = math_shepherd.estimate(PROBLEM, Config(samples=8, labelled=2, rollouts=8))
    assert (rollouts, tokens) == (61, 1331)


def test_another_completer_labels_by_its_own_ability(workers: Workers) -> None:
    """Whether the writers are ever right says nothing about whether the completer's rollouts mean something."""
    wrong, right = "35 - 12\n24\nAnswer: 24", "35 - 12\n23\nAnswer: 23"
    for writes, completes, root in ((wrong, right, (4, 4)), (right, wrong, (4, 0))):
        writer = RecordingModel(TellingModel(lambda *_, text=writes: text))
        completer = RecordingModel(TellingModel(lambda *_, text=completes: text))
        traces = run(workers, pool=a_pool(writer, completer=completer), config=CONFIG)
        assert (traces[0].root_n, traces[0].root_correct) == root
        assert len(writer.requests) == 1 and completer.requests[0].n == CONFIG.rollouts
        assert [bool(trace.rollouts) for trace in traces] == [root[1] > 0, *[False] * 5]
        assert traces[0].cost.generated_tokens == sum(
            len(text) * n for text, n in ((writes, 1), (completes, 4), (completes, len(traces[0].rollouts)))
        )


def test_without_labels_nothing_but_the_samples_is_asked(workers: Workers) -> None:
    writer, completer = (RecordingModel(TellingModel(lambda *_: "Answer: 23")) for _ in range(2))
    traces = run(workers, pool=a_pool(writer, completer=completer), config=Config(samples=3, labelled=0))
    assert completer.requests == [] and (traces[0].root_n, traces[0].root_correct) == (3, 3)
    assert [step.stop_reason for step in traces[0].steps] == ["terminal"]
