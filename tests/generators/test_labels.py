"""Labels: counts of independent completions that a verifier accepted. The errors of other labellers must not happen here."""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import betainc

from generators import labels
from generators.labels import Judged, Labelled, Search, Written
from generators.strategies import Rule
from pipeline.models import scripted
from pipeline.models.scripted import ScriptedModel
from schemas import ids
from schemas.judge import Judge
from schemas.model import Completion, Model
from schemas.problem import Problem
from schemas.trace import Step
from schemas.verdict import Outcome, Verdict
from tests.doubles import LINES, RecordingModel, TellingJudge, TellingModel, a_problem, a_sampler
from tests.rows import a_step
from verifiers.workers import Workers

JUDGE = TellingJudge(lambda _: "accepted")

# Their steps: exact checks need a worker process, which these tests do without.
NO_FAMILY = "none"


def a_search(model: Model, judge: Judge, problem: Problem | None = None, *, max_tokens: int = 400) -> Search:
    problem = problem or a_problem(family=NO_FAMILY)
    return labels.search(problem, a_sampler(model, max_tokens=max_tokens), judge)


def as_written(model: Model, text: str, logprobs: Sequence[float] | None = None) -> Written:
    tokenizer, family = model.tokenizer, model.info.family
    return Written(text=text, tokens=tokenizer.encode(text), logprobs=logprobs, tokenizer=tokenizer, family=family)


async def labelled(
    search: Search,
    text: str,
    n: int,
    outcome: Outcome = "accepted",
    *,
    seed: int = 11,
    keep: bool = True,
    writer: Model | None = None,
) -> Labelled:
    """Cut and probe a solution as the generators do."""
    verdict = Verdict(outcome=outcome, status="s", reason="", verifier="v", version=1)
    written = as_written(writer or search.sampler.model, text)
    solution = await labels.cut(search.problem, written, search.judge, verdict, "unsolved")
    return await labels.probe(search, solution, written, Rule(rollouts=n), seed, keep_text=keep)


def drawn_from_root(reference: str, *texts: str) -> list[Judged]:
    """Draw as many completions as there are texts and judge them with the real verifiers."""

    async def draw() -> list[Judged]:
        model = TellingModel(lambda _prompt, _seed, index: texts[index])
        async with Workers() as judge:
            search = a_search(model, judge, a_problem("What is it?", reference, family=NO_FAMILY))
            return await labels.draw(search, (), len(texts), 5)

    return asyncio.run(draw())


def judged(outcomes: Sequence[Outcome]) -> list[Judged]:
    completion = Completion(
        seed=1,
        index=0,
        text="",
        tokens=(),
        logprobs=(),
        finish_reason="stop",
        prompt_tokens=3,
        cached_tokens=2,
        generated_tokens=1,
        engine_s=0.5,
        gpu_s=2.0,
    )
    return [
        Judged(
            completion=completion,
            verdict=Verdict(outcome=one, status="s", reason="", verifier="v", version=1, seconds=0.25),
        )
        for one in outcomes
    ]


# What went wrong elsewhere


def test_n_rollouts_are_n_completions_of_their_own() -> None:
    """Not one completion asked to write n solutions."""
    model = RecordingModel(ScriptedModel(scripted.Config(slip_rate=0.4)))
    text = "3 + 8\n11\nAnswer: 11"
    result = asyncio.run(labelled(a_search(model, TellingJudge(lambda _: "accepted")), text, 8))
    assert [request.n for request in model.requests] == [8, 8]
    for index, step in enumerate(result.steps[:-1]):
        mine = [one for one in result.rollouts if one.step == index]
        assert step.n_rollouts == len(mine) == 8
        assert [one.index for one in mine] == list(range(8))
    assert len({one.text for one in result.rollouts if one.step == 0}) > 1


def test_no_two_prefixes_share_a_sample() -> None:
    """Engines turn n into the seeds s, s+1, ...: prefixes whose seeds lie close would get each other's samples."""
    model = RecordingModel(ScriptedModel(scripted.Config()))
    judge = TellingJudge(lambda _: "accepted")

    async def several() -> list[Labelled]:
        found = []
        for statement in ("Evaluate 3 + 4 * 2", "Evaluate 9 - 2 * 3"):
            for sample in range(3):
                problem = a_problem(statement, family=NO_FAMILY)
                search = a_search(model, judge, problem)
                seed = ids.seed(11, problem.problem_id, "sample", sample)
                found.append(await labelled(search, "1\n2\n3\n4\nAnswer: 5", 4, seed=seed))
        return found

    results = asyncio.run(several())
    names = [(one.seed, one.index) for result in results for one in result.rollouts]
    assert len(set(names)) == len(names) == 6 * 4 * 4
    seeds = {request.seed for request in model.requests}
    assert len(seeds) == 6 * 4
    assert all(abs(one - other) > 1_000_000 for one, other in combinations(seeds, 2))


@pytest.mark.parametrize(
    ("reference", "text", "outcome"),
    [
        ("18", "The answer is: 18.", "accepted"),
        ("18", "The answer is: $18.00", "accepted"),
        ("2", "The answer is 12.", "rejected"),
        ("12", "The answer is 2.", "rejected"),
        ("1/2", r"So it is \boxed{0.5}.", "accepted"),
        (r"\boxed{0.5}", "Answer: 1/2", "accepted"),
        ("1/3", "Answer: 0.333", "rejected"),
        ("18", "18 is what I have, and then I lose 5.\nAnswer: 13", "rejected"),
        ("18", "", "rejected"),
        ("18", "I do not know.", "rejected"),
    ],
)
def test_equality_is_mathematical(reference: str, text: str, outcome: Outcome) -> None:
    (one,) = drawn_from_root(reference, text)
    assert one.verdict.outcome == outcome, one.verdict


def test_an_empty_completion_after_a_correct_one_takes_nothing_back() -> None:
    drawn = drawn_from_root("18", "The answer is: 18.", "", "The answer is 18")
    step = labels.counted(a_step("She has 18.\n"), drawn)
    assert (step.n_rollouts, step.n_correct, step.n_undecided) == (3, 2, 0)
    assert step.text == "She has 18.\n"


def test_a_completion_cut_at_its_limit_is_rejected_not_undecided() -> None:
    async def draw() -> list[Judged]:
        model = TellingModel(lambda *_: "Answer: 11 and then it goes on for ever and ever")
        judge = TellingJudge(lambda _: "accepted")
        drawn = await labels.draw(a_search(model, judge, max_tokens=20), (), 2, 5)
        assert judge.texts == []
        return drawn

    for one in asyncio.run(draw()):
        assert (one.verdict.outcome, one.verdict.status) == ("rejected", "truncated")


# Counts


@settings(deadline=None)
@given(st.lists(st.sampled_from(["accepted", "rejected", "undecided"]), min_size=1, max_size=12))
def test_undecided_counts_as_a_rollout_and_not_as_evidence(outcomes: list[Outcome]) -> None:
    step = labels.counted(a_step(n_rollouts=0, n_correct=0), judged(outcomes))
    right, wrong = outcomes.count("accepted"), outcomes.count("rejected")
    assert (step.n_rollouts, step.n_correct, step.n_undecided) == (len(outcomes), right, len(outcomes) - right - wrong)
    assert step.stop_reason == "fixed"
    if right + wrong == 0:
        assert (step.q, step.q_low, step.q_high) == (None, None, None)
    else:
        assert step.q == pytest.approx((right + 0.5) / (right + wrong + 1))
        assert step.q is not None and step.q_low is not None and step.q_high is not None
        assert step.q_low < step.q < step.q_high
        assert step.estimator == labels.ESTIMATOR


@pytest.mark.parametrize(
    ("correct", "decided", "low", "high"),
    [
        # Brown, Cai and DasGupta 2001, table 5: limits of the 95% Jeffreys interval for n = 10.
        (1, 10, 0.011, 0.381),
        (2, 10, 0.044, 0.503),
        (5, 10, 0.224, 0.776),
    ],
)
def test_the_interval_is_the_published_one(correct: int, decided: int, low: float, high: float) -> None:
    found_low, mean, found_high = labels.posterior(correct, decided)
    assert (round(found_low, 3), round(found_high, 3)) == (low, high)
    assert mean == pytest.approx((correct + 0.5) / (decided + 1))


def test_without_evidence_the_posterior_is_the_prior() -> None:
    low, mean, high = labels.posterior(0, 0)
    assert mean == 0.5
    assert low == pytest.approx(math.sin(math.pi * 0.025 / 2) ** 2)  # the arcsine law
    assert high == pytest.approx(1 - low)


@settings(deadline=None)
@given(st.integers(0, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_95_percent_and_mirrors(counts: tuple[int, int]) -> None:
    correct, decided = counts
    low, mean, high = labels.posterior(correct, decided)
    a, b = correct + 0.5, decided - correct + 0.5
    assert float(betainc(a, b, low, high, regularized=True)) == pytest.approx(0.95, abs=1e-6)
    assert 0 <= low < mean < high <= 1
    mirrored = labels.posterior(decided - correct, decided)
    assert (1 - high, 1 - mean, 1 - low) == pytest.approx(mirrored, abs=1e-9)


# A whole solution


def test_every_step_but_the_last_is_probed_from_exactly_its_prefix() -> None:
    model = TellingModel(lambda *_: "\nAnswer: 11")
    text = "3 + 8\n11\n\nAnswer: 11"
    search = a_search(model, TellingJudge(lambda _: "accepted"))
    result = asyncio.run(labelled(search, text, 3))
    prompt = model.tokenizer.decode(search.prompt)
    asked = {model.tokenizer.decode(request.prompt) for request in model.requests}
    assert asked == {prompt + "3 + 8\n", prompt + "3 + 8\n11\n\n"}
    assert [step.n_rollouts for step in result.steps] == [3, 3, 0]


def test_the_judge_reads_prefix_and_continuation_as_one_solution() -> None:
    judge = TellingJudge(lambda _: "accepted")
    model = TellingModel(lambda prompt, _seed, index: f"rest {index}")
    asyncio.run(labelled(a_search(model, judge), "one\nAnswer: 11", 2))
    assert sorted(judge.texts) == ["one\nrest 0", "one\nrest 1"]


OUTCOMES: tuple[tuple[Outcome, float | None], ...] = (("accepted", 1.0), ("rejected", 0.0), ("undecided", None))


@pytest.mark.parametrize(("outcome", "q"), OUTCOMES)
@pytest.mark.parametrize("text", ["one\nAnswer: 11", "Answer: 11"])
def test_the_last_step_takes_the_traces_own_verdict(text: str, outcome: Outcome, q: float | None) -> None:
    judge = TellingJudge(lambda _: "rejected" if outcome == "accepted" else "accepted")
    model = TellingModel(lambda *_: "x")
    last = asyncio.run(labelled(a_search(model, judge), text, 4, outcome)).steps[-1]
    assert (last.stop_reason, last.q, last.n_rollouts, last.n_correct) == ("terminal", q, 0, 0)
    assert (last.q_low, last.q_high, last.estimator) == (None, None, None)


def test_an_empty_solution_has_no_steps_and_no_rollouts() -> None:
    model = TellingModel(lambda *_: "x")
    result = asyncio.run(labelled(a_search(model, TellingJudge(lambda _: "accepted")), "", 4))
    assert (result.steps, result.rollouts, model.requests) == ((), (), [])


def _steps(
    tell: Callable[[str, int, int], str], text: str, *, max_tokens: int, context: int = 4096
) -> tuple[Step, ...]:
    model = TellingModel(tell, context_length=context)
    search = a_search(model, TellingJudge(lambda _: "accepted"), max_tokens=max_tokens)
    return asyncio.run(labelled(search, text, 2)).steps


def test_a_prefix_gets_what_is_left_of_the_solutions_budget() -> None:
    model = TellingModel(lambda *_: "x")
    asyncio.run(labelled(a_search(model, TellingJudge(lambda _: "accepted"), max_tokens=20), "abc\ndefg\nx", 1))
    assert sorted(request.params.max_tokens for request in model.requests) == [20 - 9, 20 - 4]


@pytest.mark.parametrize(("max_tokens", "context"), [(6, 4096), (400, len("Evaluate 3 + 4 * 2\n") + 6)])
def test_a_prefix_without_room_is_over_length_and_asks_nothing(max_tokens: int, context: int) -> None:
    steps = _steps(lambda *_: "x", "abc\ndefg\nx", max_tokens=max_tokens, context=context)
    assert [(step.stop_reason, step.n_rollouts) for step in steps] == [
        ("fixed", 2),
        ("over_length", 0),
        ("terminal", 0),
    ]
    assert steps[1].q is None


def test_logprobs_of_a_step_are_those_of_its_tokens() -> None:
    async def cut() -> Labelled:
        model = TellingModel(lambda *_: "x")
        verdict = Verdict(outcome="accepted", status="s", reason="", verifier="v", version=1)
        written = as_written(model, "ab\nc", (-1.0, -2.0, -4.0, -8.0))
        return await labels.cut(
            a_problem(family=NO_FAMILY), written, TellingJudge(lambda _: "accepted"), verdict, "not_chosen"
        )

    result = asyncio.run(cut())
    assert [step.logprob for step in result.steps] == [-7.0, -8.0]
    assert [(step.token_start, step.token_end) for step in result.steps] == [(0, 3), (3, 4)]
    assert [step.stop_reason for step in result.steps] == ["not_chosen", "terminal"]


def test_costs_add_up_over_rollouts() -> None:
    cost = labels.cost_of(judged(["accepted", "undecided", "rejected"]))
    assert (cost.prompt_tokens, cost.cached_tokens, cost.generated_tokens) == (9, 6, 3)
    assert (cost.engine_s, cost.gpu_s, cost.verify_s) == (1.5, 6.0, 0.75)
    assert labels.sum_costs([cost, cost]).gpu_s == 12.0
    assert labels.sum_costs([]) == labels.NO_COST


def test_rollout_text_is_left_out_where_it_is_not_wanted() -> None:
    async def probe(keep: bool) -> Labelled:
        model = TellingModel(lambda *_: "rest")
        search = a_search(model, TellingJudge(lambda _: "accepted"))
        return await labelled(search, "one\ntwo", 2, keep=keep)

    assert [one.text for one in asyncio.run(probe(True)).rollouts] == ["rest", "rest"]
    assert [one.text for one in asyncio.run(probe(False)).rollouts] == [None, None]


def test_another_models_solution_is_continued_from_its_text() -> None:
    """Its tokens mean nothing to the completer."""

    class Bytes:
        def encode(self, text: str) -> tuple[int, ...]:
            return tuple(text.encode())

        def decode(self, tokens: Sequence[int]) -> str:
            return bytes(tokens).decode(errors="replace")

        def prompt(self, template: str, message: str) -> tuple[int, ...]:
            return self.encode(template.replace("{prompt}", message))

    writer, completer = TellingModel(lambda *_: "x"), TellingModel(lambda *_: "Answer: 11")
    writer.tokenizer = Bytes()
    search = a_search(completer, TellingJudge(lambda _: "accepted"))
    result = asyncio.run(labelled(search, "3 × 8\n24 €\nAnswer: 11", 2, writer=writer))
    prompt = completer.tokenizer.decode(search.prompt)
    asked = {completer.tokenizer.decode(request.prompt) for request in completer.requests}
    assert asked == {prompt + "3 × 8\n", prompt + "3 × 8\n24 €\n"}
    assert [step.token_end for step in result.steps] == [7, 14, 24]  # the writer's own tokens, bytes
    assert writer.requests == []


def test_the_judge_reads_the_answer_and_not_the_thought() -> None:
    thinking = replace(LINES, thinking=("<think>", "</think>"))
    judge = TellingJudge(lambda _: "accepted")
    texts = ["<think>so 5</think>it is 11", "<think>so 5", "just 11"]
    model = TellingModel(lambda _prompt, _seed, index: texts[index])
    model.info = replace(model.info, family=thinking)
    asyncio.run(labels.draw(a_search(model, judge), (), 3, 5))
    assert judge.texts == ["it is 11", "", "just 11"]


def test_what_is_drawn_from_another_prompt_is_judged_as_a_whole_text() -> None:
    """`reverse_plan` draws programs that way: the plan is in the prompt, and no part of what is judged."""
    model = RecordingModel(TellingModel(lambda prompt, _seed, index: f"x = {index}"))
    judge = TellingJudge(lambda text: "accepted" if text == "x = 1" else "rejected")
    sampler = a_sampler(model, parts={"write": "{problem}\n{plan}\nCode:"})
    problem = a_problem("Write f", family=NO_FAMILY)
    search = labels.search_part(problem, sampler, judge, "write", plan="add {problem}")
    drawn = asyncio.run(labels.draw(search, (), 2, 5))
    assert model.tokenizer.decode(model.requests[0].prompt) == "Write f\nadd {problem}\nCode:\n"
    assert judge.texts == ["x = 0", "x = 1"]
    assert [one.verdict.outcome for one in drawn] == ["rejected", "accepted"]
    assert search.prompt_hash == ids.text_hash("{problem}\n{plan}\nCode:\n")
    step = labels.counted(a_step(n_rollouts=0), drawn)
    assert (step.n_rollouts, step.n_correct) == (2, 1)
    row = labels.rollout_of(3, drawn[1], keep_text=True)
    assert (row.step, row.index, row.text, row.outcome) == (3, 1, "x = 1", "accepted")


def test_a_search_asks_the_question_of_the_problems_task() -> None:
    model = TellingModel(lambda *_: "")
    sampler = a_sampler(model, parts={"output": "Out: {problem}"})
    asked = [labels.search(a_problem("p", task=task), sampler, JUDGE) for task in ("solve", "output")]
    assert [model.tokenizer.decode(search.prompt) for search in asked] == ["p\n", "Out: p\n"]
    assert [search.prompt_hash for search in asked] == [
        ids.text_hash(text) for text in ("{problem}\n", "Out: {problem}\n")
    ]
