"""Critiques: what is known is right in every claim, what models say is judged by it, and each row has its parent."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from generators import critique
from generators.critique import Config
from generators.prompts.catalog import find
from schemas.pool import Pool
from schemas.problem import Problem
from schemas.trace import Trace
from tests.doubles import TellingModel, a_problem, a_sampler, collect, text_of, untimed
from verifiers import python
from verifiers.judge import Config as Judging
from verifiers.judge import LocalJudge
from verifiers.programs import reviews

CODE = "def f(a, xs):\n    t = 0\n    for x in xs:\n        if x > a:\n            t += x\n    return t * 2\n"
CASES = [["(3, [5, 2])", "10"], ["(0, [])", "0"], ["(2, [1, 2, 3])", "6"]]
PLAN = ["It takes a number and a list.", "Sum what is greater, twice."]
SPIN = "def g(n):\n    k = 0\n    while n > 0:\n        n -= 1\n        k += 2\n    return k\n"


def the_problem(code: str = CODE, name: str = "f", cases: list[list[str]] = CASES, **known: Any) -> Problem:
    fields = {"code": code, "entry_point": name, "plan": PLAN, "calls": [args for args, _ in cases]} | known
    return a_problem(
        f"Write {name}.",
        json.dumps({"entry_point": name, "cases": cases}),
        domain="code",
        task="program",
        family="mine",
        program=json.dumps(fields),
    )


@pytest.fixture(scope="module")
def judge() -> Iterator[LocalJudge]:
    with LocalJudge() as one:
        yield one


def telling(tell: Callable[[str, int], str], *, writers: int = 1) -> Pool:
    """Return a pool of policies that review by `tell(prompt, index)`."""
    samplers = tuple(
        replace(
            a_sampler(TellingModel(lambda prompt, _, index: tell(prompt, index)), max_tokens=300),
            prompts={"critique": find("critique_bare.v1", "critique")},
        )
        for _ in range(writers)
    )
    return Pool(writers=samplers, completer=samplers[0])


NOBODY = telling(lambda prompt, index: "")


def run(judge: LocalJudge, problem: Problem, config: Config, pool: Pool = NOBODY, seed: int = 7) -> list[Trace]:
    return asyncio.run(collect(critique.generate(problem, pool, judge, config, seed)))


def parents(traces: list[Trace]) -> dict[int, Trace]:
    by_index = {f"#{trace.sample_index}": trace for trace in traces}
    return {trace.sample_index: by_index[trace.parent_trace_id] for trace in traces if trace.parent_trace_id}


def test_what_is_known_is_right_in_every_claim(judge: LocalJudge) -> None:
    traces = run(judge, the_problem(), Config(bugs=6, controls=1, critiques=0))
    parent = parents(traces)
    assert [trace.role for trace in traces] == ["solution", "critique", "revision"] * 6 + ["solution", "critique"]
    for faulty, review, fix in zip(traces[0:18:3], traces[1:18:3], traces[2:18:3], strict=True):
        assert (parent[review.sample_index], parent[fix.sample_index]) == (faulty, review)
        assert (faulty.policy.engine, faulty.outcome, review.status, fix.outcome) == (
            "mutation",
            "rejected",
            "found",
            "accepted",
        )
        assert text_of(faulty) != text_of(fix) == CODE
        claims = [claim for step in review.steps for claim in step.checks]
        assert [claim.verdict for claim in claims] == ["right"] * 3, claims
        assert [(step.exact_local, step.exact_prefix) for step in review.steps] == [(True, True)] * 3
        (named,) = reviews.read(text_of(faulty), text_of(review)).named
        assert named.line == (faulty.first_error or 0) + 1
    assert len({trace.policy.model for trace in traces[0:18:3]}) > 4, "operators take turns"
    control, clean = traces[18:]
    assert (control.policy.engine, control.outcome, control.first_error) == ("reference", "accepted", -1)
    assert (text_of(clean), clean.status, clean.verifier) == ("No bug found.", "clean", "critique")


def test_lines_are_right_up_to_the_bug(judge: LocalJudge) -> None:
    faulty = run(judge, the_problem(), Config(bugs=1, controls=0, critiques=0))[0]
    place = faulty.first_error
    assert place is not None and place > 0
    assert [step.exact_prefix for step in faulty.steps] == [index < place for index in range(6)]
    assert [step.exact_local for step in faulty.steps][: place + 1] == [True] * place + [False]
    assert {step.exact_local for step in faulty.steps[place + 1 :]} <= {None}
    assert (faulty.steps[-1].stop_reason, faulty.steps[-1].q) == ("terminal", 0.0)


def test_a_bug_that_the_tests_let_through_is_not_kept(judge: LocalJudge) -> None:
    weak = the_problem(cases=[["(0, [])", "0"]], calls=["(3, [5, 2])"])  # a call would show what no test does
    for trace in run(judge, weak, Config(bugs=9, controls=0, critiques=0)):
        assert trace.role != "solution" or trace.outcome == "rejected"
    lines = {
        trace.first_error for trace in run(judge, weak, Config(bugs=9, controls=0, critiques=0)) if trace.first_error
    }
    assert lines and not lines & {3, 4}, "no test enters the loop"


def test_a_program_that_does_not_end_is_said_so() -> None:
    config = Config(bugs=5, controls=0, critiques=0)
    problem = the_problem(SPIN, "g", [["(2)", "4"], ["(0)", "0"]], plan=[])
    with LocalJudge(Judging(verifiers={"python": python.Config(cpu_s=0.4)})) as hasty:
        traces = run(hasty, problem, config)
    said = [trace for trace in traces if "it does not end" in text_of(trace)]
    assert said and all(parents(traces)[trace.sample_index].status == "timeout" for trace in said)
    assert {claim.verdict for trace in said for step in trace.steps for claim in step.checks} == {"right"}


def test_models_are_judged_by_the_planted_bug(judge: LocalJudge) -> None:
    asked: list[str] = []

    def tell(prompt: str, index: int) -> str:
        asked.append(prompt)
        shown = prompt[prompt.index("def f") :].removesuffix("Review.\n")
        lines = zip(CODE.splitlines(), shown.splitlines(), strict=True)
        found = [(number, was, now) for number, (was, now) in enumerate(lines, 1) if was != now]
        if index == 0 and found:
            number, was, now = found[0]
            return f"Line {number}, `{now.strip().removesuffix(':')}`: wrong.\nFix: `{was.strip()}`."
        return ["Line 1, `def f(a, xs)`: wrong.\nFix: `def f(xs, a)`.", "No bug found.", "Hm.", "x" * 400][
            max(index - 1, 0)
        ]

    config = Config(bugs=2, controls=1, critiques=5)
    traces = run(judge, the_problem(), config, telling(tell, writers=2))
    parent = parents(traces)
    told = [trace for trace in traces if trace.policy.engine == "telling"]
    statuses = ["found", "missed", "missed", "unreadable", "truncated"]
    assert [trace.status for trace in told] == statuses * 2 + [
        "false_alarm",
        "false_alarm",
        "clean",
        "unreadable",
        "truncated",
    ]
    assert all(parent[trace.sample_index].role == "solution" and trace.role == "critique" for trace in told)
    for trace in told:
        verdicts = [claim.verdict for step in trace.steps for claim in step.checks]
        kind = {"found": "right", "clean": "right", "missed": "wrong", "false_alarm": "wrong"}.get(trace.status)
        assert set(verdicts) == ({kind} if kind else set()), trace.status
        assert trace.cost.generated_tokens > 0 and trace.completer is None
    assert asked[0].startswith("Write f.\n" + "\n".join(PLAN) + "\ndef f") and asked[0].endswith("\nReview.\n")


def test_a_review_that_shows_a_call_is_held_to_it(judge: LocalJudge) -> None:
    said = [
        ("On f(3, [5, 2]) it returns 10, and 10 is expected.", "right"),
        ("On f(3, [5, 2]) it returns 11, and 10 is expected.", "wrong"),
        ("On f(3, [5, 2]) it returns 10, and 11 is expected.", "wrong"),
        ("On f(3, [5, 2]) it raises KeyError, and 10 is expected.", "wrong"),
        ("On f(3, 5) it raises TypeError, and 10 is expected.", "unsure"),
        ("On g(3, [5, 2]) it returns 10, and 10 is expected.", "wrong"),
    ]
    pool = telling(lambda prompt, index: f"Line 1\n{said[index][0]}")
    traces = run(judge, the_problem(), Config(bugs=0, controls=1, critiques=len(said)), pool)[2:]
    assert [trace.steps[1].checks[0].verdict for trace in traces] == [verdict for _, verdict in said]
    assert [trace.steps[1].exact_local for trace in traces] == [
        {"right": True, "wrong": False, "unsure": None}[verdict] for _, verdict in said
    ]
    assert {trace.steps[1].exact_prefix for trace in traces} == {False}, "the line before it was wrong"


def test_rows_depend_on_the_seed_alone(judge: LocalJudge) -> None:
    config = Config(bugs=3, controls=1, critiques=2)
    pool = telling(lambda prompt, index: "No bug found.")
    first, again, other = (run(judge, the_problem(), config, pool, seed=seed) for seed in (7, 7, 8))
    assert list(map(untimed, first)) == list(map(untimed, again))
    assert [text_of(trace) for trace in first] != [text_of(trace) for trace in other]
    seeds = [{trace.policy.seed for trace in traces} - {None} for traces in (first, other)]
    assert seeds[0] and not seeds[0] & seeds[1]


def test_a_program_that_its_tests_reject_has_one_row_and_no_bugs(judge: LocalJudge) -> None:
    (trace,) = run(judge, the_problem(cases=[["(3, [5, 2])", "11"]]), Config())
    assert (trace.role, trace.outcome, trace.first_error) == ("solution", "rejected", None)
    assert {step.exact_prefix for step in trace.steps} == {None}


@pytest.mark.parametrize("program", [None, "", "{", "[]", '{"code": 3}', '{"code": " "}'])
def test_a_problem_without_a_program_has_no_rows(judge: LocalJudge, program: str | None) -> None:
    assert run(judge, replace(the_problem(), program=program), Config()) == []


def test_a_model_without_room_reviews_nothing(judge: LocalJudge) -> None:
    model = TellingModel(lambda prompt, seed, index: "No bug found.", context_length=20)
    sampler = replace(a_sampler(model), prompts={"critique": find("critique_bare.v1", "critique")})
    pool = Pool(writers=(sampler,), completer=sampler)
    traces = run(judge, the_problem(), Config(bugs=1, controls=1, critiques=3), pool)
    assert len(traces) == 5 and {trace.policy.engine for trace in traces} == {"mutation", "reference"}
