"""What every generator of the catalog promises, for each task it takes; a new one is picked up by its catalog line."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest

from generators.catalog import GENERATORS, Generator
from generators.prompts.catalog import FIELDS
from pipeline import config, pool
from pipeline.generate import Work, stamped
from pipeline.models import scripted
from pipeline.storage.folder import folder
from schemas import ids
from schemas.errors import ContinuationError
from schemas.model import Model
from schemas.problem import ALL_TASKS, Problem, Solution, Task
from schemas.table import from_table, to_table
from schemas.trace import TRACES, Trace
from schemas.tree import Tree
from tests.doubles import TellingModel, a_pool, a_problem, collect, text_of, untimed
from tests.proofs import a_proof_problem, a_theorem, knowing
from verifiers.judge import LocalJudge

every_generator = pytest.mark.parametrize("generator", GENERATORS.values(), ids=list(GENERATORS))
every_task = pytest.mark.parametrize(
    ("generator", "task"),
    [(generator, task) for generator in GENERATORS.values() for task in ALL_TASKS if task in generator.TASKS],
    ids=lambda value: value if isinstance(value, str) else value.NAME,
)

GIVEN = (
    Solution(text="35 - 12\n23\nAnswer: 23", model="m"),
    Solution(text="35 - 12\n24\nAnswer: 24", model="m"),
)
CODE = "def f(a, xs):\n    t = 0\n    for x in xs:\n        if x > a:\n            t += x\n    return t * 2\n"
LINES = """\
Call f: a = 3, xs = [5, 2].
Line 2, `t = 0`: t = 0.
Line 3, `for x in xs`: x = 5.
Line 4, `if x > a`: true.
Line 5, `t += x`: t = 5.
Line 3, `for x in xs`: x = 2.
Line 4, `if x > a`: false.
Line 3, `for x in xs`: done.
Line 6, `return t * 2`: returns 10."""
KNOWN: dict[str, Any] = {"code": CODE, "entry_point": "f", "args": "(3, [5, 2])"}
CASES = [["(3, [5, 2])", "10"], ["(0, [])", "0"], ["(1, [1, 2, 3])", "10"]]
DECOY = "def f(a, xs):\n    return [x for x in xs if x != a]\n"

THEOREM = a_theorem(seed=3)
SCRIPT = "\n".join(THEOREM.lines)


def about_code(task: Task, statement: str, reference: str, known: dict[str, Any], *given: str) -> Problem:
    texts = tuple(Solution(text=text, model="m") for text in given)
    program = json.dumps(known)
    return a_problem(statement, reference, domain="code", task=task, family="file", program=program, given=texts)


PROBLEMS: dict[Task, Problem] = {
    "solve": a_problem("Evaluate (3 + 4) * 5 - 6 * 2", "23", given=GIVEN),
    "output": about_code(
        "output",
        f"{CODE}\nWhat does f(3, [5, 2]) return?",
        "10",
        KNOWN | {"lines": LINES.splitlines()},
        f"{LINES}\nAnswer: 10",
        "Answer: 5",
    ),
    "input": about_code(
        "input",
        f"{CODE}\nFind arguments for which f returns 10.",
        json.dumps({"code": CODE, "entry_point": "f", "returns": "10"}),
        KNOWN,
        "f returns 10.\nAnswer: f(3, [5, 2])",
        "Answer: f(3, [])",
    ),
    "program": about_code(
        "program",
        "Write f(a, xs).\nf(3, [5, 2]) == 10\nf(0, []) == 0",
        json.dumps({"entry_point": "f", "cases": CASES}),
        {"code": CODE, "entry_point": "f", "decoy": DECOY, "calls": [args for args, _ in CASES]},
        CODE,
        DECOY,
    ),
    "prove": replace(
        a_proof_problem(THEOREM),
        given=(Solution(text=SCRIPT, model="m"), Solution(text="exact h1", model="m")),
    ),
}
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


@pytest.fixture(scope="module")
def judge() -> Iterator[LocalJudge]:
    with LocalJudge() as one:
        yield one


def small(generator: Generator, samples: int = 8) -> object:
    """Return its Config with few samples and rollouts, as far as it has any."""
    wanted = {"samples": samples, "rollouts": 3, "searches": samples}
    return generator.Config(**{f.name: wanted[f.name] for f in fields(generator.Config) if f.name in wanted})


def a_model(task: Task) -> Model:
    """Return one that is right often and wrong often at the problem of a task, and says something of every part."""
    if task == "solve":
        return scripted.ScriptedModel(scripted.Config(slip_rate=0.2))
    right = {
        "output": f"{LINES}\nAnswer: 10", "input": "f returns 10.\nAnswer: f(3, [5, 2])", "program": CODE, "prove": SCRIPT,
    }[task]  # fmt: skip
    wrong = {"output": "Answer: 5", "input": "Answer: f(3, [])", "program": DECOY, "prove": "exact h1\nexact h2"}[task]
    parts = knowing(THEOREM)

    def tell(prompt: str, seed: int, index: int) -> str:
        asked = prompt.rstrip("\n")
        if asked.endswith("Explain."):
            return "Go through the numbers.\nAdd those that are greater than a.\nDouble the sum."
        if asked.endswith("Review."):
            return "No bug found."
        if task == "prove" and asked.endswith(("\nNext:", "\nSay:", "\nWhy:", "\nProof:")):
            return parts(prompt, seed, index)
        text = wrong if (seed + index) % 2 else right
        done = next((text[: len(text) - k] for k in range(len(text)) if prompt.endswith(text[: len(text) - k])), "")
        return text[len(done) :]

    return TellingModel(tell)


def run(generator: Generator, judge: LocalJudge, problem: Problem, *, seed: int = 7) -> list[Trace]:
    policies = a_pool(a_model(problem.task), max_tokens=1000)
    generated = generator.generate(problem, policies, judge, small(generator), seed)
    made: list[Trace | Tree] = asyncio.run(collect(generated))
    return [one for one in made if isinstance(one, Trace)]


def a_work(run_id: str) -> Work:
    parsed = config.parse({"models": {"m": {"engine": "scripted"}}}, "test")
    return Work(config=parsed, run_id=run_id, folder=folder("nowhere"), code_version="test")


@every_generator
def test_it_is_named_by_its_file_and_says_what_it_takes(generator: Generator) -> None:
    assert generator.__file__.endswith(f"generators/{generator.NAME}.py")  # type: ignore[attr-defined]  # a module
    assert generator.VERSION >= 1
    assert generator.TASKS and set(ALL_TASKS) >= generator.TASKS
    assert set(generator.PARTS) <= set(FIELDS) - set(ALL_TASKS)


@every_task
def test_same_seed_same_traces(generator: Generator, task: Task, judge: LocalJudge) -> None:
    traces = [list(map(untimed, run(generator, judge, PROBLEMS[task]))) for _ in range(2)]
    assert traces[0] and traces[0] == traces[1]


@every_task
def test_what_is_sampled_depends_on_the_seed(generator: Generator, task: Task, judge: LocalJudge) -> None:
    def seeds(seed: int) -> set[int]:
        traces = run(generator, judge, PROBLEMS[task], seed=seed)
        drawn = {trace.policy.seed for trace in traces if trace.policy.seed is not None}
        return drawn | {one.seed for trace in traces for one in trace.rollouts}

    assert not seeds(7) & seeds(8)
    assert seeds(7) or generator.estimate(PROBLEMS[task], small(generator)) == (0, 0), "a model was asked"


@every_task
def test_ids_are_unique_and_depend_on_run_and_place_alone(generator: Generator, task: Task, judge: LocalJudge) -> None:
    traces = run(generator, judge, problem := PROBLEMS[task])
    assert traces and all(not trace.trace_id and not trace.run_id for trace in traces)
    assert len({trace.sample_index for trace in traces}) == len(traces)
    names = [stamped(trace, a_work("r1")).trace_id for trace in traces]
    assert len(set(names)) == len(names)
    assert names == [stamped(trace, a_work("r1")).trace_id for trace in run(generator, judge, problem)]
    assert names == [
        ids.trace_id("r1", problem.problem_id, generator.NAME, generator.VERSION, trace.sample_index)
        for trace in traces
    ]
    assert not set(names) & {stamped(trace, a_work("r2")).trace_id for trace in traces}


@every_task
def test_rows_are_complete_and_consistent(generator: Generator, task: Task, judge: LocalJudge) -> None:
    traces = [stamped(trace, a_work("r1")) for trace in run(generator, judge, PROBLEMS[task])]
    assert from_table(to_table(traces, TRACES), Trace) == traces
    names = [trace.trace_id for trace in traces]
    for place, trace in enumerate(traces):
        assert (trace.generator, trace.generator_version) == (generator.NAME, generator.VERSION)
        assert (trace.problem_id, trace.problem.task) == (PROBLEMS[task].problem_id, task)
        assert trace.text_hash == ids.text_hash(text_of(trace))
        assert trace.parent_trace_id is None or trace.parent_trace_id in names[:place], "parents come first"
        if trace.role in ("solution", "revision"):
            assert [step.stop_reason for step in trace.steps].index("terminal") == len(trace.steps) - 1
        assert [step.token_start for step in trace.steps] == [0, *(step.token_end for step in trace.steps[:-1])]
        for index, step in enumerate(trace.steps):
            mine = [one.outcome for one in trace.rollouts if one.step == index]
            assert (step.n_rollouts, step.n_correct) == (len(mine), mine.count("accepted"))
            assert step.n_undecided == mine.count("undecided")


@every_task
@pytest.mark.parametrize("statement", GARBAGE, ids=range(len(GARBAGE)))
def test_any_statement_is_survived(generator: Generator, task: Task, judge: LocalJudge, statement: str) -> None:
    for trace in run(generator, judge, replace(PROBLEMS[task], statement=statement)):
        assert trace.problem.statement == statement


@every_task
def test_a_reference_that_cannot_be_read_accepts_nothing(generator: Generator, task: Task, judge: LocalJudge) -> None:
    for trace in run(generator, judge, replace(PROBLEMS[task], reference=r"\frac{")):
        assert trace.outcome in ("undecided", "rejected")
        assert all(one.outcome != "accepted" for one in trace.rollouts)


@every_generator
def test_a_completer_that_cannot_continue_is_refused_where_prefixes_are_continued(generator: Generator) -> None:
    parsed = config.parse({"models": {"m": {"engine": "scripted"}}, "generators": [{"name": generator.NAME}]}, "test")
    unable = scripted.ScriptedModel(scripted.Config(can_continue=False)).info
    pool.check(parsed, {"m": replace(unable, can_continue=True)})
    if not generator.needs_continuation(parsed.generators[0].config):
        pool.check(parsed, {"m": unable})
        return
    with pytest.raises(ContinuationError, match=generator.NAME):
        pool.check(parsed, {"m": unable})


@every_task
def test_the_estimate_grows_with_what_is_asked(generator: Generator, task: Task) -> None:
    few, many = (generator.estimate(PROBLEMS[task], small(generator, samples)) for samples in (8, 40))
    assert few == many if small(generator, 8) == small(generator, 40) else 0 < few[0] < many[0] and 0 < few[1] < many[1]
