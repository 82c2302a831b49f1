"""Reverse plans: reasoning is worth what blind programs written from it show, and the books balance."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from generators import labels, reverse_plan
from generators.reverse_plan import Config
from pipeline.counts import Counts
from pipeline.meter import MeteredModel
from schemas import ids
from schemas.judge import Judge
from schemas.model import Model
from schemas.problem import Problem
from schemas.trace import Trace
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
from verifiers.judge import Config as Judging
from verifiers.judge import LocalJudge

CODE = "def f(a, xs):\n    ys = [x for x in xs if x > a]\n    return sum(ys) * 2\n"
DECOY = "def f(a, xs):\n    return [a] + xs[::-1]\n"
STATEMENT = "Write f(a, xs).\nf(3, [5, 2]) == 10\nf(1, [2, 2]) == 8"
CASES = [["(3, [5, 2])", "10"], ["(1, [2, 2])", "8"], ["(9, [])", "0"]]

TAKES, KEEP, DOUBLE = (
    "It takes a number and a list.",
    "First keep the numbers above a.",
    "Then return their doubled sum.",
)
PLAN = f"{TAKES}\n{KEEP}\n{DOUBLE}"
OTHER = f"{TAKES}\nReverse the list.\nThen put a in front of it."
CONFIG = Config(samples=2, rollouts=4)


def the_problem(statement: str = STATEMENT, reference: str | None = None, **program: str) -> Problem:
    fields = {"code": CODE, "entry_point": "f", "decoy": DECOY} | program
    reference = reference or json.dumps({"entry_point": "f", "cases": CASES})
    return a_problem(statement, reference, domain="code", task="program", family="mine", program=json.dumps(fields))


def told(prompt: str, seed: int, index: int) -> str:
    """Explain either program; write the right one where the plan has both of its steps, or by luck the first of a few."""
    if prompt.endswith("Explain.\n"):
        return PLAN if CODE.rstrip() in prompt else OTHER
    assert CODE not in prompt and "sum(ys)" not in prompt, "who writes has not seen the program"
    if KEEP in prompt and DOUBLE in prompt:
        return CODE
    return CODE if KEEP in prompt and index == 0 else "def f(a, xs):\n    return a"


def explaining(explanation: str) -> Callable[[str, int, int], str]:
    """Return a teller that explains the program so."""
    return lambda prompt, seed, index: (
        explanation if prompt.endswith("Explain.\n") and CODE.rstrip() in prompt else told(prompt, seed, index)
    )


@pytest.fixture(scope="module")
def judge() -> Iterator[LocalJudge]:
    with LocalJudge(Judging(programs=1)) as judge:
        yield judge


def run(
    judge: Judge,
    model: Model | None = None,
    *,
    problem: Problem | None = None,
    config: Config = CONFIG,
    completer: Model | None = None,
    max_tokens: int = 400,
    seed: int = 1,
) -> list[Trace]:
    pool = a_pool(model or TellingModel(told), completer=completer, max_tokens=max_tokens)
    return asyncio.run(collect(reverse_plan.generate(problem or the_problem(), pool, judge, config, seed)))


def test_every_prefix_is_judged_by_programs_that_were_written_from_it_alone(judge: LocalJudge) -> None:
    first, second, control = run(judge)
    for trace in (first, second):
        assert (trace.role, text_of(trace), trace.sample_index) == ("plan", PLAN, (first, second).index(trace))
        assert [(step.n_rollouts, step.n_correct) for step in trace.steps] == [(4, 0), (4, 1), (4, 4)]
        assert {step.stop_reason for step in trace.steps} == {"fixed"}
        assert [one.step for one in trace.rollouts] == [0] * 4 + [1] * 4 + [2] * 4
        assert trace.rollouts[-1].status == "pass" and trace.rollouts[0].status == "fail"
        assert trace.steps[-1].q == labels.posterior(4, 4)[1]
    assert (first.outcome, first.status, first.verifier) == ("accepted", "sufficient", "plans")
    assert first.reason == "4 of 4 programs pass, 0 of 4 without it"
    assert control.status == "decoy"


def test_the_problem_alone_is_the_base_line_and_no_reason_to_stop(judge: LocalJudge) -> None:
    assert [(trace.root_n, trace.root_correct) for trace in run(judge)] == [(4, 0)] * 3
    easy = TellingModel(lambda prompt, seed, index: told(prompt, seed, index) if "Explain." in prompt else CODE)
    assert [(trace.root_n, trace.root_correct) for trace in run(judge, easy)] == [(4, 4)] * 3


def test_the_control_is_the_reasoning_of_another_program_tried_on_this_problem(judge: LocalJudge) -> None:
    control = run(judge)[-1]
    assert (control.role, control.sample_index, text_of(control)) == ("plan", 2, OTHER)
    assert (control.outcome, control.status) == ("rejected", "decoy")
    assert control.reason == "of another program: 0 of 4 programs pass, 0 of 4 without it"
    assert [step.action for step in control.steps] == ["decoy"] * 3
    assert [(step.n_rollouts, step.stop_reason) for step in control.steps] == [
        (0, "not_chosen"),
        (0, "not_chosen"),
        (4, "fixed"),
    ]
    assert [trace.status for trace in run(judge, problem=the_problem(decoy=""))] == ["sufficient"] * 2


def test_no_request_for_a_program_shows_one(judge: LocalJudge) -> None:
    writer, completer = RecordingModel(TellingModel(told)), RecordingModel(TellingModel(told))
    traces = run(judge, writer, completer=completer)
    asked = [writer.tokenizer.decode(request.prompt) for request in writer.requests]
    assert [prompt.endswith("Explain.\n") for prompt in asked] == [True] * 3
    assert [CODE.rstrip() in prompt for prompt in asked] == [True, True, False]
    blind = [completer.tokenizer.decode(request.prompt) for request in completer.requests]
    alone, *prefixes = blind
    assert alone == f"{STATEMENT}\nCode:\n"
    assert prefixes[:3] == [f"{STATEMENT}\n{plan}\nCode:\n" for plan in (TAKES, f"{TAKES}\n{KEEP}", PLAN)]
    assert len(blind) == 1 + 3 + 3 + 1 and all(request.n == 4 for request in completer.requests)
    assert len({request.seed for request in (*writer.requests, *completer.requests)}) == 3 + 8
    assert traces[0].completer is not None and traces[0].completer.prompt_hash != traces[0].prompt_hash


@pytest.mark.parametrize(
    ("explanation", "status"),
    [
        (f"{KEEP}\nys = [x for x in xs if x > a]\n{DOUBLE}", "leaks"),
        (f"{KEEP}\nSo it is sum(ys) * 2.", "leaks"),
        ("", "empty"),
        ("\n \n", "empty"),
        (PLAN * 40, "truncated"),
    ],
)
def test_what_is_refused_is_a_row_and_costs_no_program(judge: LocalJudge, explanation: str, status: str) -> None:
    model = RecordingModel(TellingModel(explaining(explanation)))
    first, second, control = run(judge, model)
    for trace in (first, second):
        assert (trace.outcome, trace.status) == ("rejected", status)
        assert (trace.rollouts, trace.completer) == ((), None)
        assert {step.stop_reason for step in trace.steps[:-1]} <= {"refused"}
        assert all((step.stop_reason, step.q) == ("terminal", 0.0) for step in trace.steps[-1:])
        assert text_of(trace) == explanation[:400]
    assert control.steps[-1].n_rollouts == 4
    assert len(model.requests) == 3 + 2, "three explanations, the problem alone, the control"


def test_a_control_that_quotes_its_own_program_is_not_tried(judge: LocalJudge) -> None:
    quoting = TellingModel(
        lambda prompt, seed, index: "return [a] + xs[::-1]" if DECOY.rstrip() in prompt else told(prompt, seed, index)
    )
    control = run(judge, quoting)[-1]
    assert (control.status, control.rollouts) == ("decoy", ())
    assert control.reason == "of another program: it holds a line of code: `return [a] + xs[::-1]`"


def test_reasoning_from_which_few_get_there_is_insufficient(judge: LocalJudge) -> None:
    trace = run(judge, TellingModel(explaining(f"{TAKES}\n{KEEP}")))[0]
    assert (trace.outcome, trace.status) == ("rejected", "insufficient")
    assert trace.reason == "1 of 4 programs pass, 0 of 4 without it"


def test_what_the_verifier_could_not_judge_counts_for_nothing() -> None:
    traces = run(TellingJudge(lambda text: "undecided" if text == CODE else "rejected"))
    for trace in traces[:2]:
        assert (trace.outcome, trace.status) == ("undecided", "undecided")
        assert trace.reason == "0 of 0 programs pass, 0 of 4 without it; 4 could not be judged"
        assert [(step.n_rollouts, step.n_undecided, step.q is None) for step in trace.steps] == [
            (4, 0, False),
            (4, 1, False),
            (4, 4, True),
        ]


def test_where_no_program_can_be_judged_none_is_written_from_reasoning() -> None:
    model = RecordingModel(TellingModel(told))
    for trace in run(TellingJudge(lambda text: "undecided"), model)[:2]:
        assert (trace.outcome, trace.status, trace.rollouts) == ("undecided", "undecided", ())
        assert trace.reason == "none of 4 programs from the problem alone could be judged"
        assert (trace.root_n, trace.root_correct) == (0, 0)
        assert [step.stop_reason for step in trace.steps] == ["unsolved", "unsolved", "terminal"]
    assert len(model.requests) == 3 + 1


def test_thought_before_the_reasoning_is_left_out(judge: LocalJudge) -> None:
    thinking = TellingModel(explaining(f"<think>\n{CODE}</think>\n{PLAN}"))
    thinking.info = replace(thinking.info, family=replace(LINES, thinking=("<think>", "</think>"), steps="paragraph"))
    trace = run(judge, thinking)[0]
    assert (trace.status, text_of(trace)) == ("sufficient", f"\n{PLAN}")
    assert [step.text.strip() for step in trace.steps] == [TAKES, KEEP, DOUBLE]
    assert trace.steps[-1].token_end == len(PLAN) + 1


def test_a_program_that_does_not_fit_leaves_it_undecided(judge: LocalJudge) -> None:
    completer = TellingModel(told, context_length=len(f"{STATEMENT}\n{TAKES}\n{KEEP}\nCode:\n") + 100)
    trace = run(judge, completer=completer)[0]
    assert [step.stop_reason for step in trace.steps] == ["fixed", "fixed", "fixed"]
    completer = TellingModel(told, context_length=len(f"{STATEMENT}\n{TAKES}\n{KEEP}\nCode:\n") + 10)
    trace = run(judge, completer=completer)[0]
    assert [step.stop_reason for step in trace.steps] == ["fixed", "fixed", "over_length"]
    assert (trace.outcome, trace.steps[-1].q) == ("undecided", None)
    assert trace.reason == "it leaves no room for a program behind it"


def test_a_problem_that_leaves_no_room_for_reasoning_says_so(judge: LocalJudge) -> None:
    with pytest.raises(ValueError, match="leaves no room for reasoning"):
        run(judge, TellingModel(told, context_length=60))


def test_costs_are_what_was_drawn_and_the_first_carries_the_base_line(judge: LocalJudge) -> None:
    counts = Counts()
    traces = run(judge, MeteredModel(TellingModel(told), counts))
    total = labels.sum_costs([trace.cost for trace in traces])
    assert (total.prompt_tokens, total.cached_tokens) == (counts.prompt_tokens, counts.cached_tokens)
    assert total.generated_tokens == counts.generated_tokens
    assert counts.rollouts == 3 + 4 + 2 * 3 * 4 + 4
    own = [len(text_of(trace)) + sum(one.generated_tokens for one in trace.rollouts) for trace in traces]
    alone = 4 * len("def f(a, xs):\n    return a")
    assert [trace.cost.generated_tokens for trace in traces] == [own[0] + alone, own[1], own[2]]
    assert traces[0].cost.verify_s > 0


def test_the_estimate_is_the_number_that_is_drawn() -> None:
    rollouts, tokens = reverse_plan.estimate(the_problem(), Config(samples=3, rollouts=5))
    assert rollouts == 3 + 1 + 5 * (3 * 4 + 2) and tokens > 40 * rollouts / 2
    assert not reverse_plan.needs_continuation(CONFIG)


def test_the_same_seed_gives_the_same_traces_and_another_other_samples(judge: LocalJudge) -> None:
    one, same, other = run(judge), run(judge), run(judge, seed=2)
    assert list(map(untimed, one)) == list(map(untimed, same))
    assert not {r.seed for t in one for r in t.rollouts} & {r.seed for t in other for r in t.rollouts}
    assert all(trace.text_hash == ids.text_hash(text_of(trace)) for trace in one)


@pytest.mark.parametrize("program", [None, "", "[]", "{}", '{"code": 3}', '{"code": " \\n"}', "{"])
def test_a_problem_without_a_program_has_no_rows(judge: LocalJudge, program: str | None) -> None:
    assert run(judge, problem=replace(the_problem(), program=program)) == []


@pytest.mark.parametrize("statement", ["", "\x00", "{plan} {code} {problem}", "Code:", "\u2028f(\U0001f600)"])
def test_any_statement_is_survived(judge: LocalJudge, statement: str) -> None:
    assert [trace.problem.statement for trace in run(judge, problem=the_problem(statement))] == [statement] * 3


def test_a_reference_that_cannot_be_read_leaves_everything_undecided(judge: LocalJudge) -> None:
    traces = run(judge, problem=the_problem(reference="{"))
    assert [trace.status for trace in traces] == ["undecided", "undecided", "decoy"]
