"""The judge of a run: each domain to its own route, and said beforehand where one cannot judge."""

import asyncio
import json
import threading
from dataclasses import replace
from typing import Any

import pytest
import ray

from pipeline import config as configuration
from pipeline.cluster import connect
from schemas.errors import ConfigError
from schemas.problem import Problem
from schemas.verdict import StepChecks, Verdict
from tests import verdicts
from tests.programs import PROGRAM, SUM, arguments, by_cases, output, question
from verifiers import python
from verifiers.catalog import VERIFIERS
from verifiers.judge import ROUTES, Config, LocalJudge, require
from verifiers.lean import check as lean
from verifiers.workers import Config as Limits

CONFIG = Config(workers=Limits(deadline_s=30, wall_s=60), verifiers={"python": python.Config(unconfined=True)})
HARD = (r"\ln(x^2)", r"2\ln x")
"""Needs a worker process."""


def theorem() -> Problem:
    reference = json.dumps({"name": "t", "statement": "theorem t (p : Prop) (h : p) : p"})
    return replace(verdicts.problem(reference), domain="proof", task="prove")


def test_every_verifier_has_a_route() -> None:
    assert set(ROUTES) == set(VERIFIERS)


def test_each_domain_goes_its_own_way() -> None:
    async def whole() -> list[Verdict]:
        async with LocalJudge(CONFIG) as judge:
            asked = [
                (verdicts.problem(HARD[0]), HARD[1]),
                (verdicts.problem("18"), "18"),
                (by_cases(), SUM),
                (output(), "Answer: 10"),
                (theorem(), "exact h"),
            ]
            return list(await asyncio.gather(*(judge.check(problem, text) for problem, text in asked)))

    found = asyncio.run(whole())
    assert [one.verifier for one in found] == ["answers", "answers", "python", "python", "lean"]
    assert [one.status for one in found] == ["unsure", "equal", "pass", "pass", "verified"]


def test_only_proofs_have_states() -> None:
    async def whole() -> list[int]:
        async with LocalJudge(CONFIG) as judge:
            asked = (theorem(), verdicts.problem("18"), output(), replace(theorem(), domain="poetry"))
            return [len(await judge.states(problem, [["exact h"], []])) for problem in asked]

    assert asyncio.run(whole()) == [2, 0, 0, 0]


def test_nothing_is_started_before_it_is_needed() -> None:
    before = threading.active_count()
    with LocalJudge(CONFIG) as judge:
        assert judge.check_sync(verdicts.problem("18"), "18").status == "equal"
        assert judge.check_sync(output(), "Answer: 10").status == "pass"
        assert threading.active_count() == before


def test_an_unknown_domain_is_undecided() -> None:
    poem = Problem(
        problem_id="p", domain="poetry", family="", statement="", reference="", source="", licence="", split=""
    )
    with LocalJudge(CONFIG) as judge:
        verdict = judge.check_sync(poem, "5")
        checks = asyncio.run(judge.check_steps(poem, ["a"]))
    assert (verdict.outcome, verdict.status) == ("undecided", "unavailable")
    assert checks.first_error is None and len(checks.steps) == 1


def test_steps_of_programs_are_held_against_the_record() -> None:
    lines = ["Call f: a = 3, xs = [5, 2].", "Line 2, `t = 0`: t = 0."]
    problem = question("output", "10", PROGRAM | {"lines": lines})

    def checks(*steps: str) -> StepChecks:
        with LocalJudge(CONFIG) as judge:
            return asyncio.run(judge.check_steps(problem, steps))

    assert checks(*(f"{line}\n" for line in lines)).first_error == -1
    assert checks(lines[0] + "\n", "Line 2, `t = 0`: t = 1.\n").first_error == 1


def test_steps_that_nothing_is_known_of() -> None:
    with LocalJudge(CONFIG) as judge:
        checks = asyncio.run(judge.check_steps(arguments(), ["a\n", "b\n"]))
    assert [step.exact_prefix for step in checks.steps] == [None, None]


def test_a_closed_judge_starts_nothing_and_says_so() -> None:
    judge = LocalJudge(CONFIG)
    assert judge.check_sync(by_cases(), SUM).status == "pass"
    before = threading.active_count()
    asyncio.run(judge.aclose())
    judge.close()
    assert judge.check_sync(by_cases(), SUM + "#").status == "infra"
    assert judge.check_sync(verdicts.problem(HARD[0]), HARD[1]).status == "crash"
    assert threading.active_count() <= before


def test_a_run_that_cannot_be_judged_is_refused_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    confined: dict[str, Any] = {"python": python.Config()}

    def unconfined(*args: Any, **kwargs: Any) -> None:
        raise ConfigError("nothing here confines a program; run as root")

    require([verdicts.problem("18"), output(), by_cases()], CONFIG.verifiers)
    monkeypatch.setattr(python, "Sandbox", unconfined)
    require([verdicts.problem("18"), output()], confined)  # nothing runs for these
    with pytest.raises(ConfigError, match="'code' cannot be judged here: .*run as root"):
        require([output(), arguments()], confined)
    with pytest.raises(ConfigError, match="'proof' cannot be judged here: there is no Lake project"):
        require([theorem()], {"lean": lean.Config(project="/nowhere")})


@pytest.mark.ray
def test_inside_a_ray_actor() -> None:
    with connect.connected(configuration.parse({}, "test")):
        actor: Any = ray.remote(num_cpus=0)(LocalJudge).remote(CONFIG)  # Any: Ray has no types for actors' methods
        asked = [
            (by_cases(), SUM),
            (by_cases(), SUM.replace(">", "<")),
            (output(), "Answer: 10"),
            (verdicts.problem("18"), "18"),
        ]
        found = ray.get([actor.check.remote(problem, text) for problem, text in asked])
        assert [one.status for one in found] == ["pass", "fail", "pass", "equal"]
        ray.get(actor.aclose.remote())
