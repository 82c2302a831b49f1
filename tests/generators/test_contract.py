"""What every generator of the catalog promises; a new one is picked up by its catalog line."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from generators.catalog import GENERATORS, Generator
from pipeline import config, pool
from pipeline.generate import Work, stamped
from pipeline.models import scripted
from schemas import ids
from schemas.errors import ContinuationError
from schemas.problem import Problem, Solution
from schemas.table import from_table, to_table
from schemas.trace import TRACES, Trace
from tests.doubles import a_pool, a_problem, collect, text_of, untimed
from verifiers.workers import Workers

every_generator = pytest.mark.parametrize("generator", GENERATORS.values(), ids=list(GENERATORS))

GIVEN = (
    Solution(text="35 - 12\n23\nAnswer: 23", model="m"),
    Solution(text="35 - 12\n24\nAnswer: 24", model="m"),
)
PROBLEM = a_problem("Evaluate (3 + 4) * 5 - 6 * 2", "23", given=GIVEN)
GARBAGE = [
    "",
    "\n",
    "\x00",
    "{problem}",
    "Evaluate ",
    "Evaluate 1 / 0 ** 9",
    "Evaluate " + "(" * 900,
    "Evaluate " + "9" * 3000 + " * 2",
    "Evaluate " + "9" * 1900 + " * " + "9" * 1900,
    "Evaluate f(x).__class__",
    "Was ist 3 \u2028 + 4?\r\n\U0001f600",
]


def small(generator: Generator, samples: int = 8) -> object:
    """Return its Config with few samples and rollouts; the two names are every generator's."""
    return generator.Config(samples=samples, rollouts=3)


def run(generator: Generator, judge: Workers, *, problem: Problem = PROBLEM, seed: int = 7) -> list[Trace]:
    policies = a_pool(scripted.ScriptedModel(scripted.Config(slip_rate=0.2)))
    return asyncio.run(collect(generator.generate(problem, policies, judge, small(generator), seed)))


def a_work(run_id: str) -> Work:
    parsed = config.parse({"models": {"m": {"engine": "scripted"}}}, "test")
    return Work(config=parsed, run_id=run_id, folder=Path("nowhere"), code_version="test")


@every_generator
def test_it_is_named_by_its_file(generator: Generator) -> None:
    assert generator.__file__.endswith(f"generators/{generator.NAME}.py")  # type: ignore[attr-defined]  # a module
    assert generator.VERSION >= 1


@every_generator
def test_same_seed_same_traces(generator: Generator, workers: Workers) -> None:
    assert list(map(untimed, run(generator, workers))) == list(map(untimed, run(generator, workers)))


@every_generator
def test_rollouts_depend_on_the_seed(generator: Generator, workers: Workers) -> None:
    seeds = [{one.seed for trace in run(generator, workers, seed=seed) for one in trace.rollouts} for seed in (7, 8)]
    assert seeds[0] and seeds[1] and not seeds[0] & seeds[1]


@every_generator
def test_ids_are_unique_and_depend_on_run_and_place_alone(generator: Generator, workers: Workers) -> None:
    traces = run(generator, workers)
    assert traces and all(not trace.trace_id and not trace.run_id for trace in traces)
    assert len({trace.sample_index for trace in traces}) == len(traces)
    names = [stamped(trace, a_work("r1")).trace_id for trace in traces]
    assert len(set(names)) == len(names)
    assert names == [stamped(trace, a_work("r1")).trace_id for trace in run(generator, workers)]
    assert names == [ids.trace_id("r1", PROBLEM.problem_id, generator.NAME, generator.VERSION, trace.sample_index)
                     for trace in traces]  # fmt: skip
    assert not set(names) & {stamped(trace, a_work("r2")).trace_id for trace in traces}


@every_generator
def test_rows_are_complete_and_consistent(generator: Generator, workers: Workers) -> None:
    traces = [stamped(trace, a_work("r1")) for trace in run(generator, workers)]
    assert from_table(to_table(traces, TRACES), Trace) == traces
    for trace in traces:
        assert (trace.generator, trace.generator_version) == (generator.NAME, generator.VERSION)
        assert trace.problem_id == PROBLEM.problem_id
        assert trace.text_hash == ids.text_hash(text_of(trace))
        assert [step.stop_reason for step in trace.steps].index("terminal") == len(trace.steps) - 1
        assert [step.token_start for step in trace.steps] == [0, *(step.token_end for step in trace.steps[:-1])]
        for index, step in enumerate(trace.steps):
            mine = [one.outcome for one in trace.rollouts if one.step == index]
            assert (step.n_rollouts, step.n_correct) == (len(mine), mine.count("accepted"))
            assert step.n_undecided == mine.count("undecided")


@every_generator
@pytest.mark.parametrize("statement", GARBAGE, ids=range(len(GARBAGE)))
def test_any_statement_is_survived(generator: Generator, workers: Workers, statement: str) -> None:
    for trace in run(generator, workers, problem=replace(PROBLEM, statement=statement)):
        assert trace.problem.statement == statement


@every_generator
def test_a_reference_that_cannot_be_read_leaves_traces_undecided(generator: Generator, workers: Workers) -> None:
    for trace in run(generator, workers, problem=replace(PROBLEM, reference=r"\frac{")):
        assert trace.outcome in ("undecided", "rejected")
        assert trace.rollouts == ()


@every_generator
def test_a_completer_that_cannot_continue_is_refused_where_prefixes_are_continued(generator: Generator) -> None:
    parsed = config.parse({"models": {"m": {"engine": "scripted"}}, "generator": {"name": generator.NAME}}, "test")
    unable = scripted.ScriptedModel(scripted.Config(can_continue=False)).info
    pool.check(parsed, {"m": replace(unable, can_continue=True)})
    assert generator.needs_continuation(parsed.generator)
    with pytest.raises(ContinuationError, match=generator.NAME):
        pool.check(parsed, {"m": unable})


@every_generator
def test_the_estimate_grows_with_what_is_asked(generator: Generator) -> None:
    few, many = generator.estimate(PROBLEM, small(generator)), generator.estimate(PROBLEM, small(generator, 40))
    assert 0 < few[0] < many[0] and 0 < few[1] < many[1]
