"""Generate: every problem ends as traces or as a record that says why not, and every token is on somebody's bill."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from generators import given, labels, math_shepherd
from generators.trace_row import PARENT
from pipeline import config
from pipeline.families.catalog import problems
from pipeline.generate import Mill, Work, assemble, open_mill, stamped
from pipeline.models import scripted
from pipeline.models.scripted import ScriptedModel
from pipeline.result import RESULTS, Result
from pipeline.storage import folder as storage
from schemas import ids
from schemas.errors import EngineError, PolicyError, StorageError
from schemas.model import Completion, Model, SamplingParams, Tokens
from schemas.problem import GIVEN, Problem, Solution
from schemas.table import from_table, to_table
from tests.doubles import RecordingModel, TellingModel, a_problem, text_of, untimed
from tests.rows import a_trace
from verifiers.workers import Workers

Value = TypeVar("Value")

GOOD = a_problem("Evaluate 3 + 4 * 2", "11")
OTHER = a_problem("Evaluate 20 - 2 * 3", "14")
BAD = a_problem("Evaluate this: it breaks", "1")
SETTINGS = {"models": {"m": {"engine": "scripted"}}, "generators": [{"samples": 4, "labelled": 1, "rollouts": 3}]}


@pytest.fixture(scope="module")
def judge() -> Iterator[Workers]:
    with Workers() as workers:
        yield workers


def a_work(folder: Path, **overrides: object) -> Work:
    parsed = config.parse(SETTINGS | overrides, "test")
    return Work(config=parsed, run_id="0123456789abcdef", folder=storage.folder(folder), code_version="src-test")


def grinding(
    folder: Path,
    judge: Workers,
    work: Callable[[Mill], Awaitable[Value]],
    model: Model | None = None,
    **overrides: object,
) -> tuple[Value, Mill]:
    """Do `work` with a mill over `model` and return what came of it, and the mill."""

    async def whole() -> tuple[Value, Mill]:
        engine = model or ScriptedModel(scripted.Config())
        mill = assemble(a_work(folder, **overrides), {"m": engine}, judge)
        return await work(mill), mill

    return asyncio.run(whole())


async def alone(mill: Mill, problem: Problem) -> Result:
    """Grind a block of one problem."""
    return from_table(await mill.grind_table(to_table([problem], GIVEN)), Result)[0]


def ground(folder: Path, judge: Workers, rows: list[Problem], model: Model | None = None) -> tuple[list[Result], Mill]:
    table, mill = grinding(folder, judge, lambda mill: mill.grind_table(to_table(rows, GIVEN)), model)
    assert table.schema.equals(RESULTS, check_metadata=True)
    return from_table(table, Result), mill


class Breaking(TellingModel):
    """Solves GOOD, is wrong about anything else, and raises at the third sample of BAD."""

    def __init__(self, error: Exception) -> None:
        super().__init__(self._answer)
        self._error = error

    def _answer(self, prompt: str, seed: int, index: int) -> str:
        if prompt.startswith(BAD.statement) and index == 2:
            raise self._error
        return "3 + 8\n11\nAnswer: 11" if prompt.count("\n") == 1 else "Answer: 11"


def test_a_problem_is_done_and_its_rows_are_stamped(tmp_path: Path, judge: Workers) -> None:
    (result,), _ = ground(tmp_path, judge, [GOOD])
    record = result.record
    assert (record.ended, record.stage, record.error_type, record.message) == ("done", None, None, None)
    assert (record.root_n, record.n_traces) == (4, 4)
    assert record.root_correct == sum(trace.outcome == "accepted" for trace in result.traces) > 0
    assert (record.run_id, record.code_version) == ("0123456789abcdef", "src-test")
    assert record.seconds > 0 and record.created_at > 1_700_000_000_000_000
    for trace in result.traces:
        place = ("0123456789abcdef", GOOD.problem_id, "math_shepherd", 1, trace.sample_index)
        assert trace.trace_id == ids.trace_id(*place)
        assert (trace.run_id, trace.code_version) == ("0123456789abcdef", "src-test")
        assert trace.created_at > 1_700_000_000_000_000


def test_an_error_in_one_problem_is_its_record_and_nobody_elses(tmp_path: Path, judge: Workers) -> None:
    results, mill = ground(tmp_path, judge, [GOOD, BAD, OTHER], Breaking(ValueError("no such luck")))
    assert [result.record.problem_id for result in results] == [p.problem_id for p in (GOOD, BAD, OTHER)]
    assert [result.record.ended for result in results] == ["done", "error", "uninformative"]
    failed = results[1]
    assert (failed.record.stage, failed.record.error_type) == ("generate", "ValueError")
    assert failed.record.message == "math_shepherd: no such luck"
    assert (failed.traces, failed.record.n_traces, failed.record.root_n) == ((), 0, 0)
    assert (mill.counts.problems, mill.counts.traces) == (3, 8)


@pytest.mark.parametrize("error", [EngineError("lost"), StorageError("full")])
def test_an_error_of_the_run_ends_it(tmp_path: Path, judge: Workers, error: Exception) -> None:
    with pytest.raises(type(error), match=str(error)):
        ground(tmp_path, judge, [GOOD, BAD], Breaking(error))


def test_every_token_is_in_a_trace_or_in_the_record(tmp_path: Path, judge: Workers) -> None:
    results, mill = ground(tmp_path, judge, [GOOD, BAD, OTHER], Breaking(ValueError("x")))
    for name in ("prompt_tokens", "cached_tokens", "generated_tokens"):
        in_traces = sum(getattr(trace.cost, name) for result in results for trace in result.traces)
        in_records = sum(getattr(result.record, name) for result in results)
        assert in_traces + in_records == getattr(mill.counts, name) > 0
    done, failed, unsolved = results
    # Two completions came before the third failed.
    assert failed.record.generated_tokens == 2 * len("3 + 8\n11\nAnswer: 11")
    assert done.record.generated_tokens == unsolved.record.generated_tokens == 0


def test_tries_without_a_trace_are_on_the_record(tmp_path: Path, judge: Workers) -> None:
    """`given` with no solutions samples the bare question and has no trace to put that on."""
    settings = {"name": "given", "samples": 3}
    result, mill = grinding(tmp_path, judge, lambda mill: alone(mill, GOOD), generators=[settings])
    assert (result.record.ended, result.traces) == ("done", ())
    assert result.record.generated_tokens == mill.counts.generated_tokens > 0


def test_a_problem_that_is_never_solved_is_uninformative(tmp_path: Path, judge: Workers) -> None:
    (result,), mill = ground(tmp_path, judge, [GOOD], TellingModel(lambda *_: "Answer: 0"))
    assert (result.record.ended, result.record.root_n, result.record.root_correct) == ("uninformative", 4, 0)
    assert len(result.traces) == 4
    assert mill.counts.rollouts == 4


def test_a_domain_without_a_verifier_is_undecided_not_lost(tmp_path: Path, judge: Workers) -> None:
    (result,), _ = ground(tmp_path, judge, [replace(GOOD, domain="music")])
    assert result.record.ended == "uninformative"
    assert {(trace.outcome, trace.status) for trace in result.traces} == {("undecided", "unavailable")}


def test_rows_in_are_rows_out(tmp_path: Path, judge: Workers) -> None:
    rows = [row for row, _ in zip(problems(("expressions", "linear"), (2, 3), "test", 0), range(12), strict=False)]
    results, mill = ground(tmp_path, judge, rows)
    assert [result.record.problem_id for result in results] == [row.problem_id for row in rows]
    assert {result.record.ended for result in results} == {"done", "uninformative"}
    assert mill.counts.traces == sum(result.record.n_traces for result in results) == 12 * 4
    assert mill.counts.accepted == sum(result.record.root_correct for result in results)
    assert ground(tmp_path, judge, [])[0] == []


SOLVED = replace(GOOD, given=(Solution(text="3 + 8\n11\nAnswer: 11", model="me"),))
BOTH: list[dict[str, object]] = [
    {"name": "given", "samples": 3, "rollouts": 2},
    {"samples": 4, "labelled": 1, "rollouts": 3},
]


def test_a_problem_goes_through_every_generator_in_order(tmp_path: Path, judge: Workers) -> None:
    result, mill = grinding(tmp_path, judge, lambda mill: alone(mill, SOLVED), generators=BOTH)
    assert [(trace.generator, trace.sample_index) for trace in result.traces] == [
        ("given", 0),
        *(("math_shepherd", index) for index in range(4)),
    ]
    assert len({trace.trace_id for trace in result.traces}) == 5
    record = result.record
    assert (record.ended, record.n_traces, record.root_n) == ("done", 5, 3)
    assert record.root_correct == result.traces[0].root_correct
    in_traces = sum(trace.cost.generated_tokens for trace in result.traces)
    assert in_traces + record.generated_tokens == mill.counts.generated_tokens > 0
    assert mill.counts.traces == 5 and mill.counts.problems == 1


def test_the_root_is_that_of_the_first_trace_that_has_one(tmp_path: Path, judge: Workers) -> None:
    settings = [BOTH[0] | {"samples": 0}, BOTH[1]]
    result, _ = grinding(tmp_path, judge, lambda mill: alone(mill, SOLVED), generators=settings)
    assert [trace.root_n for trace in result.traces] == [0, 4, 4, 4, 4]
    assert result.record.root_n == 4 and result.record.root_correct == result.traces[1].root_correct
    never = TellingModel(lambda *_: "Answer: 0")
    result, _ = grinding(tmp_path / "never", judge, lambda mill: alone(mill, SOLVED), never, generators=settings)
    assert (result.record.ended, result.record.n_traces) == ("uninformative", 5)


@pytest.mark.parametrize("order", [BOTH, BOTH[::-1]])
def test_a_generator_that_fails_costs_the_others_nothing(
    tmp_path: Path, judge: Workers, monkeypatch: pytest.MonkeyPatch, order: list[dict[str, object]]
) -> None:
    async def broken(*_: object, **__: object) -> AsyncGenerator[object, None]:
        raise ValueError("no such luck")
        yield

    monkeypatch.setattr(given, "generate", broken)
    result, _ = grinding(tmp_path, judge, lambda mill: alone(mill, SOLVED), generators=order)
    assert [trace.generator for trace in result.traces] == ["math_shepherd"] * 4
    record = result.record
    assert (record.ended, record.stage, record.error_type) == ("error", "generate", "ValueError")
    assert record.message == "given: no such luck"
    assert (record.n_traces, record.root_n) == (4, 4)


def test_a_problem_that_nobody_takes_is_skipped_and_says_who_takes_what(
    tmp_path: Path, judge: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(given, "TASKS", frozenset({"program", "output"}))
    monkeypatch.setattr(math_shepherd, "TASKS", frozenset({"solve"}))
    asked = replace(SOLVED, task="input")
    result, mill = grinding(tmp_path, judge, lambda mill: alone(mill, asked), generators=BOTH)
    record = result.record
    assert (record.ended, record.stage, record.error_type) == ("skipped", "generate", "no_generator")
    assert record.message == (
        "no generator of the run takes the task 'input': given takes output, program; math_shepherd takes solve; "
        "add one under [[generators]]"
    )
    assert (result.traces, record.task, record.generated_tokens) == ((), "input", 0)
    assert mill.counts.problems == 1


def test_a_parent_named_by_its_sample_index_is_stamped_with_its_id(tmp_path: Path) -> None:
    work = a_work(tmp_path)
    first = stamped(a_trace("", sample_index=3), work)
    second = stamped(a_trace("", sample_index=4, parent_trace_id=f"{PARENT}3"), work)
    assert (first.parent_trace_id, second.parent_trace_id) == (None, first.trace_id)
    assert stamped(second, work).parent_trace_id == first.trace_id


def test_a_tree_and_its_traces_are_stamped_with_one_id(tmp_path: Path, judge: Workers) -> None:
    settings = {"name": "omegaprm", "searches": 3, "rollouts": 6}
    problem = a_problem("Evaluate (3 + 4) * 5 - 6 * 2", "23")
    result, mill = grinding(tmp_path, judge, lambda mill: alone(mill, problem), generators=[settings])
    (tree,) = result.trees
    assert tree.tree_id == ids.tree_id("0123456789abcdef", problem.problem_id, "omegaprm", 1, 0)
    assert result.traces and {trace.tree_id for trace in result.traces} == {tree.tree_id}
    assert (tree.run_id, tree.code_version, result.record.n_traces) == (
        "0123456789abcdef",
        "src-test",
        len(result.traces),
    )
    in_traces = sum(trace.cost.generated_tokens for trace in result.traces)
    assert in_traces + result.record.generated_tokens == mill.counts.generated_tokens == tree.cost.generated_tokens
    assert from_table(to_table([result], RESULTS), Result) == [result]


def test_problems_of_a_table_are_in_flight_together(tmp_path: Path, judge: Workers) -> None:
    class Together(TellingModel):
        """Gives nobody anything before three have asked."""

        def __init__(self) -> None:
            super().__init__(lambda *_: "Answer: 0")
            self._barrier = asyncio.Barrier(3)

        async def sample(
            self, prompt: Tokens | str, n: int, params: SamplingParams, seed: int, *, skip: Collection[int] = ()
        ) -> AsyncGenerator[Completion, None]:
            await asyncio.wait_for(self._barrier.wait(), 10)
            async for completion in super().sample(prompt, n, params, seed, skip=skip):
                yield completion

    async def work(mill: Mill) -> list[Result]:
        return from_table(await mill.grind_table(to_table([GOOD, OTHER, BAD], GIVEN)), Result)

    results, _ = grinding(tmp_path, judge, work, Together())
    assert [result.record.ended for result in results] == ["uninformative"] * 3


def test_a_second_run_over_the_journal_samples_nothing_and_makes_the_same_rows(tmp_path: Path, judge: Workers) -> None:
    first, _ = ground(tmp_path, judge, [GOOD, OTHER])
    model = RecordingModel(ScriptedModel(scripted.Config()))
    again, mill = ground(tmp_path, judge, [GOOD, OTHER], model)
    assert model.requests == []
    assert mill.snapshot().replayed > 8
    assert mill.counts.rollouts == mill.counts.generated_tokens == 0, "what was replayed was not generated in this call"
    for one, other in zip(first, again, strict=True):
        assert list(map(untimed, one.traces)) == list(map(untimed, other.traces))
        assert [text_of(trace) for trace in one.traces] == [text_of(trace) for trace in other.traces]


def test_the_budget_leaves_out_what_has_not_begun(tmp_path: Path, judge: Workers) -> None:
    async def work(mill: Mill) -> list[int]:
        assert not mill.over_budget(GOOD)
        return [len(await mill.grind_table(to_table([row], GIVEN))) for row in (GOOD, OTHER)]

    counts, mill = grinding(tmp_path, judge, work, max_tokens_total=10)
    assert counts == [1, 0]
    assert mill.over_budget(GOOD) and mill.counts.generated_tokens >= 10


def test_the_budget_is_shared_among_engines(tmp_path: Path, judge: Workers) -> None:
    async def work(mill: Mill) -> bool:
        mill.finished_tokens = 50
        return mill.over_budget(GOOD)

    assert grinding(tmp_path / "1", judge, work, max_tokens_total=700)[0] is False
    assert grinding(tmp_path / "2", judge, work, max_tokens_total=700, flow={"engines": 2})[0] is True
    assert grinding(tmp_path / "3", judge, work)[0] is False


def test_a_mill_opens_on_what_the_configuration_names_and_closes(tmp_path: Path) -> None:
    async def whole() -> Result:
        mill = open_mill(a_work(tmp_path))
        try:
            return await alone(mill, GOOD)
        finally:
            await mill.close()

    assert asyncio.run(whole()).record.ended == "done"


def test_a_mill_does_not_open_on_what_cannot_work(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="nobody"):
        open_mill(a_work(tmp_path, models={"m": {"engine": "openvino", "policy": "nobody"}}))


def test_prices_are_in_the_rows_and_what_no_trace_accounts_for_is_on_the_record(tmp_path: Path, judge: Workers) -> None:
    priced = {"m": {"engine": "scripted", "price": {"prompt": 3.0, "cached": 0.5, "generated": 20, "hour": 2}}}
    settings = {"samples": 4, "labelled": 1, "rollouts": 3}

    async def work(mill: Mill) -> list[Result]:
        return from_table(await mill.grind_table(to_table([GOOD, BAD], GIVEN)), Result)

    model = Breaking(ValueError("x"))
    (done, failed), mill = grinding(tmp_path, judge, work, model, models=priced, generators=[settings])
    for result in (done, failed):
        cost = labels.sum_costs([trace.cost for trace in result.traces])
        record = result.record
        fresh = cost.prompt_tokens - cost.cached_tokens
        tokens = fresh * 3.0 + cost.cached_tokens * 0.5 + cost.generated_tokens * 20
        assert cost.dollars == pytest.approx(tokens / 1e6 + cost.engine_s * 2 / 3600)
        fresh = record.prompt_tokens - record.cached_tokens
        tokens = fresh * 3.0 + record.cached_tokens * 0.5 + record.generated_tokens * 20
        assert record.dollars == pytest.approx(tokens / 1e6 + record.engine_s * 2 / 3600)
    assert done.traces[0].cost.dollars > 0 and failed.record.dollars > 0 and failed.record.engine_s == 0.5
    total = sum(trace.cost.dollars for trace in done.traces) + done.record.dollars + failed.record.dollars
    assert mill.counts.dollars == pytest.approx(total)


def test_several_policies_write_and_another_completes(tmp_path: Path, judge: Workers) -> None:
    overrides: dict[str, object] = {
        "models": {"m": {"engine": "scripted"}, "n": {"engine": "scripted"}, "c": {"engine": "scripted"}},
        "policies": [{"model": "m"}, {"model": "n", "temperature": 0.5}, {"model": "m", "temperature": 0.25}],
        "completer": {"model": "c", "max_tokens": 99},
        "generators": [{"samples": 7, "labelled": 2, "rollouts": 5}],
    }
    engines = {name: RecordingModel(ScriptedModel(scripted.Config(slip_rate=0.3))) for name in "mnc"}
    for name, engine in engines.items():
        engine.info = replace(engine.info, name=f"model {name}")

    async def whole() -> Result:
        mill = assemble(a_work(tmp_path, **overrides), engines, judge)
        return await alone(mill, OTHER)

    result = asyncio.run(whole())
    wrote = [(trace.policy.model, trace.policy.temperature) for trace in result.traces]
    turn = [("model m", 1.0), ("model n", 0.5), ("model m", 0.25)]
    assert wrote == [turn[index % 3] for index in range(7)]
    assert len({(trace.policy.seed, trace.sample_index) for trace in result.traces}) == 7
    assert result.record.root_n == 5, "the completer's own tries gate the labels"
    for trace in result.traces:
        assert (trace.completer is None) == (not trace.rollouts)
        if trace.completer:
            assert (trace.completer.model, trace.completer.max_tokens) == ("model c", 99)
    assert sum(bool(trace.rollouts) for trace in result.traces) == 2
    assert {request.params.temperature for request in engines["c"].requests} == {1.0}
    prefixes = [request.n for request in engines["c"].requests]
    assert prefixes[0] == 5 and len(prefixes) > 1, "tries first, then every prefix"
    assert all(request.n == 7 for name in "mn" for request in engines[name].requests)
    drawn = sum(request.n - len(request.skip) for engine in engines.values() for request in engine.requests)
    assert drawn == 7 + 5 + sum(len(trace.rollouts) for trace in result.traces)
