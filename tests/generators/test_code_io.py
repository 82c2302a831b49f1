"""CodeI/O: a wrong try is told what execution says and is revised once; nothing is thrown away, and the books balance."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

import pytest

from generators import code_io, labels
from generators.code_io import Config, feedback
from generators.trace_row import PARENT
from pipeline.counts import Counts
from pipeline.meter import MeteredModel
from pipeline.training import code_corpus
from schemas import ids
from schemas.judge import CameTo
from schemas.model import Model, ModelFamily
from schemas.pool import Pool
from schemas.problem import Problem
from schemas.trace import Trace
from schemas.verdict import Verdict
from tests.doubles import (
    LINES,
    RecordingModel,
    TellingJudge,
    TellingModel,
    a_pool,
    a_problem,
    a_sampler,
    collect,
    text_of,
    untimed,
)
from verifiers import python
from verifiers.judge import Config as Judging
from verifiers.judge import LocalJudge

CODE = """def f(n):
    if n < 0:
        raise ValueError('below 0')
    while n > 90:
        pass
    return n * 2"""
LINES_OF_5 = [
    "Call f: n = 5.",
    "Line 2, `if n < 0`: false.",
    "Line 4, `while n > 90`: false.",
    "Line 6, `return n * 2`: returns 10.",
]
TOLD = "\n".join(LINES_OF_5) + "\n"


def output_problem() -> Problem:
    statement = f"{CODE}\n\nWhat does f(5) return?"
    program = {"code": CODE, "entry_point": "f", "args": "(5,)", "lines": LINES_OF_5}
    return a_problem(statement, "10", domain="code", task="output", family="mine", program=json.dumps(program))


def input_problem(returns: str = "12", code: str = CODE) -> Problem:
    reference = json.dumps({"code": code, "entry_point": "f", "returns": returns})
    statement = f"{code}\n\nFind arguments for which f returns {returns}."
    return a_problem(statement, reference, domain="code", task="input", family="mine")


@pytest.fixture(scope="module")
def judge() -> Iterator[LocalJudge]:
    with LocalJudge(Judging(verifiers={"python": python.Config(cpu_s=0.3, unconfined=True)})) as judge:
        yield judge


class Script:
    """A model that writes these samples, answers a request to revise by its index among them, and continues with `rest`."""

    def __init__(self, problem: Problem, samples: list[str], revisions: list[str], rest: str = "") -> None:
        self.problem, self.samples, self.revisions, self.rest = problem, samples, revisions, rest
        self.asked: list[str] = []

    def __call__(self, prompt: str, _seed: int, index: int) -> str:
        if prompt == f"{self.problem.statement}\n":
            return self.samples[index]
        if prompt.endswith("\nAgain.\n"):
            self.asked.append(prompt)
            place = next(i for i, text in enumerate(self.samples) if f"\n{text[:40].rstrip()}" in prompt)
            return self.revisions[place]
        return self.rest


def run(
    judge: LocalJudge | TellingJudge,
    script: Script,
    *,
    config: Config | None = None,
    model: Model | None = None,
    pool: Pool | None = None,
    max_tokens: int = 200,
    seed: int = 1,
) -> list[Trace]:
    config = config or Config(samples=len(script.samples), labelled=0)
    pool = pool or a_pool(model or TellingModel(script), max_tokens=max_tokens)
    return asyncio.run(collect(code_io.generate(script.problem, pool, judge, config, seed)))


RIGHT, WRONG, OTHER = f"{TOLD}Answer: 10", f"{TOLD.replace('10', '12')}Answer: 12\n", "Answer: [1]"


def test_wrong_tries_of_an_output_are_revised_and_flagged(judge: LocalJudge) -> None:
    script = Script(output_problem(), [WRONG, RIGHT, WRONG, OTHER], [RIGHT, "", "", OTHER])
    traces = run(judge, script)
    assert [(trace.role, trace.sample_index, trace.outcome, trace.parent_trace_id) for trace in traces] == [
        ("solution", 0, "rejected", None),
        ("solution", 1, "accepted", None),
        ("solution", 2, "rejected", None),  # the text of the first again
        ("solution", 3, "rejected", None),
        ("revision", 4, "accepted", f"{PARENT}0"),
        ("revision", 5, "rejected", f"{PARENT}3"),
    ]
    assert [text_of(trace) for trace in traces] == [*script.samples, RIGHT, OTHER]
    assert script.asked == [
        f"{script.problem.statement}\n{WRONG.rstrip()}\nf(5) does not return 12.\nAgain.\n",
        f"{script.problem.statement}\n{OTHER}\nf(5) does not return [1].\nAgain.\n",
    ]
    assert [trace.reason for trace in traces] == [
        "f(5) does not return 12.",
        "it is 10",
        "expected 10, got 12",  # nobody was told anything
        "f(5) does not return [1].",
        "it is 10",
        "expected 10, got [1]",
    ]


def test_a_revision_is_a_row_of_its_own_with_exact_truth(judge: LocalJudge) -> None:
    script = Script(output_problem(), [WRONG, RIGHT], [RIGHT, ""])
    sampler = a_sampler(TellingModel(script), temperature=0.5, max_tokens=200)
    traces = run(judge, script, pool=Pool(writers=(sampler,), completer=sampler))
    revision = traces[2]
    assert (revision.first_error, traces[0].first_error) == (-1, 3)
    assert [step.exact_prefix for step in revision.steps] == [True] * 5
    assert [step.stop_reason for step in revision.steps] == ["not_chosen"] * 4 + ["terminal"]
    assert (revision.root_n, revision.root_correct, revision.rollouts, revision.completer) == (2, 1, (), None)
    assert revision.text_hash == ids.text_hash(RIGHT)
    assert revision.prompt_hash == ids.text_hash("{problem}\n{attempt}\n{feedback}\nAgain.\n") != traces[0].prompt_hash
    assert (revision.policy.model, revision.policy.temperature) == ("telling", 0.5)
    assert revision.policy.seed != traces[0].policy.seed
    assert (revision.generator, revision.problem.task) == ("code_io", "output")


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ("f(5)", "fail", "f(5) returns 10."),
        ("(n=5)", "fail", "f(n=5) returns 10."),
        ("f( 5 )", "fail", "f( 5 ) returns 10."),
        ("Solution().f(5)", "fail", "f(5) returns 10."),
        ("f('a')", "error", "f('a') raises TypeError: '<' not supported between instances of 'str' and 'int'."),
        ("f(-1)", "error", "f(-1) raises ValueError: below 0."),
        ("f(91)", "timeout", "f(91) does not return 12."),
        ("g(6)", "fail", "No answer was found."),
        ("6", "fail", "No answer was found."),
        ("f(n)", "fail", "No answer was found."),
    ],
)
def test_arguments_are_told_what_they_come_to(judge: LocalJudge, answer: str, status: str, said: str) -> None:
    script = Script(input_problem(), [f"f returns 12.\nAnswer: {answer}"], ["Answer: f(6)"])
    wrong, revision = run(judge, script)
    assert (wrong.outcome, wrong.status, wrong.reason, wrong.answer) == ("rejected", status, said, answer)
    assert script.asked == [f"{script.problem.statement}\n{text_of(wrong)}\n{said}\nAgain.\n"]
    assert (revision.role, revision.outcome, revision.answer) == ("revision", "accepted", "f(6)")


@pytest.mark.parametrize(("status", "called"), [("fail", 1), ("error", 1), ("timeout", 0), ("limit", 0)])
def test_what_did_not_end_is_not_called_again(status: str, called: int) -> None:
    calls: list[str] = []

    class Judge(TellingJudge):
        async def check(self, problem: Problem, text: str) -> Verdict:
            return replace(await super().check(problem, text), status=status, answer="f(5)")

        async def run(self, problem: Problem, code: str, entry_point: str, args: Sequence[str]) -> Sequence[CameTo]:
            calls.extend(args)
            return ()

    run(Judge(lambda _: "rejected"), Script(input_problem(), ["Answer: f(5)"], ["Answer: f(6)"]))
    assert calls == ["(5)"] * called


def test_a_whole_value_is_told_where_a_part_is_wrong(judge: LocalJudge) -> None:
    script = Script(input_problem("[1, [3]]", "def f(x):\n    return [1, [x]]"), ["Answer: f(2)"], ["Answer: f(4)"])
    wrong, revision = run(judge, script)
    assert wrong.reason == "f(2) returns [1, [2]]."
    assert (revision.outcome, revision.status) == ("rejected", "fail")
    assert "expected 3, got 4" in revision.reason


@pytest.mark.parametrize(
    ("problem", "right"),
    [(output_problem(), "Answer: 10"), (input_problem(), "Answer: f(6)")],
    ids=["output", "input"],
)
def test_tries_without_an_answer_or_an_end_are_told_so(judge: LocalJudge, problem: Problem, right: str) -> None:
    script = Script(problem, ["I do not know.", "and so on\n" * 4 + "and "], [right, right])
    silent, cut, *revisions = run(judge, script, max_tokens=43)
    assert (silent.status, silent.reason) == ("no_answer", "No answer was found.")
    assert (cut.status, cut.reason) == ("truncated", "It did not come to an end.")
    asked = [prompt.removeprefix(problem.statement) for prompt in script.asked]
    assert asked == [
        "\nI do not know.\nNo answer was found.\nAgain.\n",
        f"\n{text_of(cut)}\nIt did not come to an end.\nAgain.\n",
    ]
    assert [trace.outcome for trace in revisions] == ["accepted", "accepted"]


def test_of_a_try_without_a_text_the_line_is_left_out(judge: LocalJudge) -> None:
    problem = output_problem()
    model = RecordingModel(TellingModel(lambda *_: "\n"))
    traces = run(judge, Script(problem, ["\n"], []), model=model)
    asked = [model.tokenizer.decode(request.prompt) for request in model.requests]
    assert asked == [f"{problem.statement}\n", f"{problem.statement}\nNo answer was found.\nAgain.\n"]
    assert [trace.role for trace in traces] == ["solution", "revision"]


@pytest.mark.parametrize(("revisions", "parents"), [(0, []), (1, [0]), (2, [0, 2]), (9, [0, 2, 3])])
def test_as_many_wrong_tries_are_revised_as_asked_for(judge: LocalJudge, revisions: int, parents: list[int]) -> None:
    samples = ["Answer: 1", "Answer: 10", "Answer: 2", "Answer: 3", "Answer: 1"]
    script = Script(output_problem(), samples, ["Answer: 4"] * 5)
    traces = run(judge, script, config=Config(samples=5, labelled=0, revisions=revisions))
    assert [trace.parent_trace_id for trace in traces[5:]] == [f"{PARENT}{parent}" for parent in parents]
    assert [trace.sample_index for trace in traces] == list(range(5 + len(parents)))


def test_what_could_not_be_judged_is_not_revised() -> None:
    script = Script(output_problem(), ["Answer: 1"], ["Answer: 10"])
    (trace,) = run(TellingJudge(lambda _: "undecided"), script)
    assert (trace.outcome, trace.reason, script.asked) == ("undecided", "told so", [])


def test_steps_are_labelled_as_by_math_shepherd(judge: LocalJudge) -> None:
    script = Script(output_problem(), [WRONG, RIGHT, RIGHT], [RIGHT, "", ""], rest="Answer: 10")
    traces = run(judge, script, config=Config(samples=3, labelled=2, rollouts=2))
    assert [len(trace.rollouts) for trace in traces] == [8, 8, 0, 0]
    assert [step.n_correct for step in traces[1].steps[:-1]] == [2] * 4
    assert traces[0].completer is not None and traces[3].completer is None
    assert code_io.needs_continuation(Config()) and not code_io.needs_continuation(Config(labelled=0))


def test_costs_are_what_was_drawn(judge: LocalJudge) -> None:
    script = Script(output_problem(), [WRONG, RIGHT, OTHER], [RIGHT, "", OTHER], rest="Answer: 10")
    counts = Counts()
    config = Config(samples=3, labelled=1, rollouts=2)
    traces = run(judge, script, model=MeteredModel(TellingModel(script), counts), config=config)
    total = labels.sum_costs([trace.cost for trace in traces])
    assert (total.prompt_tokens, total.generated_tokens) == (counts.prompt_tokens, counts.generated_tokens)
    assert counts.rollouts == 3 + 2 + len(traces[0].rollouts)
    assert [trace.cost.generated_tokens for trace in traces[3:]] == [len(RIGHT), len(OTHER)]
    assert [trace.cost.engine_s for trace in traces[3:]] == [0.25, 0.25]


def test_a_revision_that_fails_stops_the_others_and_is_told() -> None:
    """Nothing more is paid for once the problem is lost."""
    script = Script(output_problem(), ["Answer: 1", "Answer: 2"], ["Answer: 10", "Answer: 10"])
    ended: list[str] = []

    class Judge(TellingJudge):
        async def check(self, problem: Problem, text: str) -> Verdict:
            if text == "Answer: 10":
                if not ended:
                    ended.append("failed")
                    raise RuntimeError("lost")
                try:
                    await asyncio.sleep(60)
                except asyncio.CancelledError:
                    ended.append("cancelled")
                    raise
            return await super().check(problem, text)

    with pytest.raises(RuntimeError, match="lost"):
        run(Judge(lambda _: "rejected"), script)
    assert ended == ["failed", "cancelled"]


def test_where_there_is_no_room_there_is_no_revision(judge: LocalJudge) -> None:
    problem = output_problem()
    script = Script(problem, ["Answer: 1"], ["Answer: 10"])
    small = TellingModel(script, context_length=len(problem.statement) + 30)
    (trace,) = run(judge, script, model=small)
    assert (trace.outcome, trace.reason, script.asked) == ("rejected", "expected 10, got 1", [])


def test_the_writer_of_a_try_revises_it_without_its_thoughts(judge: LocalJudge) -> None:
    thinking = ModelFamily(name="t", template=LINES.template, prompt=LINES.prompt, thinking=("<think>", "</think>"))
    asked: list[tuple[str, str]] = []

    def writer(name: str) -> TellingModel:
        def tell(prompt: str, _seed: int, _index: int) -> str:
            if not prompt.endswith("Again.\n"):
                return f"<think>10?</think>\nAnswer: {name}\n\n"
            asked.append((name, prompt.removeprefix(output_problem().statement)))
            return "Answer: 10"

        model = TellingModel(tell)
        model.info = replace(model.info, family=thinking, name=f"writer {name}")
        return model

    writers = tuple(a_sampler(writer(name)) for name in ("1", "2"))
    script = Script(output_problem(), ["", ""], [])
    traces = run(judge, script, pool=Pool(writers=writers, completer=writers[0]))
    assert asked == [
        ("1", "\n\nAnswer: 1\nf(5) does not return 1.\nAgain.\n"),
        ("2", "\n\nAnswer: 2\nf(5) does not return 2.\nAgain.\n"),
    ]
    assert [trace.policy.model for trace in traces[2:]] == ["writer 1", "writer 2"]


def test_the_same_seed_gives_the_same_traces_and_another_one_others(judge: LocalJudge) -> None:
    script = Script(output_problem(), [WRONG, RIGHT, OTHER], [RIGHT, "", OTHER])
    first, again, other = (run(judge, script, seed=seed) for seed in (1, 1, 2))
    assert list(map(untimed, first)) == list(map(untimed, again))
    seeds = [[trace.policy.seed for trace in traces] for traces in (first, other)]
    assert len(set(seeds[0][2:])) == 3 and not set(seeds[0]) & set(seeds[1])


def test_the_estimate_counts_revisions_as_samples() -> None:
    for samples, revisions, as_many in ((6, 2, 8), (1, 2, 2), (6, 0, 6)):
        config = Config(samples=samples, revisions=revisions)
        without = Config(samples=as_many, revisions=0)
        assert code_io.estimate(output_problem(), config) == code_io.estimate(output_problem(), without)


# What a writer is told


def rejected(status: str, answer: str | None, reason: str = "r") -> Verdict:
    return Verdict(outcome="rejected", status=status, reason=reason, verifier="python", version=1, answer=answer)


def test_our_own_policy_is_asked_what_it_has_learnt(judge: LocalJudge) -> None:
    learnt = [asked for asked, _ in islice(code_corpus.examples(0.1, 1), 150) if asked.endswith("\nAgain.")]
    assert len(learnt) > 3
    for asked in learnt:
        statement, asks, rest = asked.partition(" return?\n")
        attempt = rest.removesuffix("\nAgain.").rpartition("\n")[0]
        problem = replace(output_problem(), statement=statement + asks.rstrip(), reference="{'nothing like it'}")
        script = Script(problem, [attempt], ["Answer: 1"])
        run(judge, script, max_tokens=3000)
        assert script.asked == [f"{asked}\n"]


@pytest.mark.parametrize(
    ("came_to", "status"),
    [
        (None, "fail"),
        (CameTo(kind="value", text="12"), "fail"),  # what is wanted, this time
        (CameTo(kind="value", text="10"), "error"),
        (CameTo(kind="raised", text="ValueError: no"), "fail"),
        (CameTo(kind="unplain", text="a generator"), "fail"),
        (CameTo(kind="stopped", text="limit"), "error"),
        (CameTo(kind="value", text="10"), "limit"),
    ],
)
def test_a_second_call_that_does_not_go_with_the_verdict_is_not_told(came_to: CameTo | None, status: str) -> None:
    assert feedback(input_problem(), rejected(status, "f(5)"), came_to) == "f(5) does not return 12."


@pytest.mark.parametrize(
    ("statement", "program", "call"),
    [
        ("x\n\nWhat does f([1], a='What does') return?\n", None, "f([1], a='What does')"),
        ("Say what comes.", {"entry_point": "f", "args": "(3, [5, 2])"}, "f(3, [5, 2])"),
        ("Say what comes.", {"entry_point": "f", "args": "(3,)"}, "f(3)"),
        ("Say what comes.", None, "The call"),
        ("", [1], "The call"),
    ],
)
def test_the_call_is_the_one_that_is_asked_about(statement: str, program: object, call: str) -> None:
    problem = a_problem(statement, "1", domain="code", task="output", program=json.dumps(program) if program else None)
    assert feedback(problem, rejected("fail", "12")) == f"{call} does not return 12."


HOSTILE = (
    "((((" * 5000,
    "f" * 20000,
    "f(" + "[" * 20000,
    "().().(" * 3000,
    "f('\ud800\n')",
    "\n\n(\n1,\n2\n)",
    "f(\x00)",
)


@pytest.mark.parametrize("answer", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("problem", [output_problem(), input_problem()], ids=["output", "input"])
def test_any_answer_is_told_in_one_short_line(problem: Problem, answer: str) -> None:
    for status in python.STATUSES:
        for text in ("10", "\ud800", "x" * 9000, "a\r\n b"):
            for kind in ("value", "raised"):
                said = feedback(problem, rejected(status, answer), CameTo(kind=kind, text=text))
                assert len(said) <= 2 * code_io.MAX_SHOWN + 30 and "\n" not in said
                said.encode()
