"""Reason from a task to a program that is known, and see whether the reasoning leads there.

It is PlanSearch (arXiv 2409.03733) backwards. A writer is shown the program and explains it: observations, plan, reasoning, a
step a line. Then the completer, which never sees the program, writes programs from the reasoning alone and from each of its
prefixes, and the problem's tests judge them. The share that passes labels the step, the last one too: its share is P(pass |
reasoning). `root_n` and `root_correct` count the programs that the completer writes from the problem alone; the difference is
what the reasoning is worth. That nobody gets there without it is what a plan is for, and no reason to stop.

The control is the reasoning of another program (`decoy` of the problem's `program`): explained for the same statement, tried in
the same way, judged by this problem's tests. It is a row of its own, the last: `status` and the `action` of every step are
`decoy`, and `outcome` is rejected, so that no trainer's export takes it.

Reasoning that quotes the program, is empty or was cut off is a row with that verdict (`verifiers/plans.py`); no program is
written from it, and its steps stopped as `refused`.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from generators import labels
from generators.labels import Judged, Labelled, Search, Written
from generators.trace_row import Origin, completer_of, policy_of, trace_row
from schemas import ids
from schemas.judge import CameTo, Judge, Ran
from schemas.pool import Pool, Sampler
from schemas.problem import Problem, Task
from schemas.trace import Step, StopReason, Trace
from schemas.verdict import StepCheck, StepChecks, Verdict
from verifiers import plans
from verifiers.plans import Tally
from verifiers.programs import questions

NAME = "reverse_plan"
VERSION = 1
TASKS: frozenset[Task] = frozenset({"program"})
PARTS: tuple[str, ...] = ("explain", "write")

DECOY = "decoy"
"""The `action` of the control's steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Numbers per problem and per prefix."""

    samples: int = field(default=2, metadata={"least": 1})
    """Reasonings; sample i is by writer i modulo their number."""
    rollouts: int = field(default=8, metadata={"least": 1})
    """Programs from each prefix, from the problem alone, and from the control."""
    keep_rollout_text: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Blind:
    """Who writes programs without having seen one, and what judges them."""

    problem: Problem
    completer: Sampler
    judge: Judge
    config: Config


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """Reasoning as steps with their counts, and what became of the programs from the whole of it."""

    text: str
    labelled: Labelled
    read: Verdict
    """What could be said before any program was written."""
    given: Tally


def needs_continuation(config: Config) -> bool:
    """Whether prefixes are continued: a prefix of reasoning is part of a question."""
    return False


def estimate(problem: Problem, config: Config) -> tuple[int, int]:
    """Return (rollouts, tokens) to expect of reasoning as the embedded policy writes it: 4 steps of 10 tokens, programs of 40."""
    steps, each, program = 4, 10, 40
    programs = config.rollouts * (config.samples * steps + 2)
    reasonings = config.samples + 1
    return reasonings + programs, reasonings * steps * each + programs * program


async def generate(
    problem: Problem, pool: Pool, judge: Judge, config: Config, seed: int
) -> AsyncGenerator[Trace, None]:
    """Yield a row for each reasoning, in index order, then the control's.

    The first also carries the cost of the programs from the problem alone. Nothing where the problem has no program, no control
    where it has no decoy. Raises what a model raises, and ValueError where there is no room for reasoning.
    """
    known = questions.known(problem)
    code, decoy = known.get("code", "").rstrip(), known.get("decoy", "").rstrip()
    if not code:
        return
    path = (seed, problem.problem_id, NAME, VERSION)
    blind = _Blind(problem=problem, completer=pool.completer, judge=judge, config=config)
    writers = [pool.writers[index % len(pool.writers)] for index in range(config.samples)]
    explaining = [_explaining(problem, writer, code) for writer in writers]
    seeds = [ids.seed(*path, "sample", index) for index in range(config.samples)]
    if decoy:
        explaining.append(_explaining(problem, pool.writers[0], decoy))
        seeds.append(ids.seed(*path, "decoy"))
    alone, *explained = await labels.together(
        [
            _programs(blind, "", ids.seed(*path, "alone")),
            *(labels.draw(search, (), 1, own) for search, own in zip(explaining, seeds, strict=True)),
        ]
    )
    reasonings = [_only(search, drawn) for search, drawn in zip(explaining, explained, strict=True)]
    tried = await labels.together(
        [
            _try(blind, search, one, own, alone, control=index == config.samples)
            for index, (search, one, own) in enumerate(zip(explaining, reasonings, seeds, strict=True))
        ]
    )
    spent = labels.cost_of(alone)
    for index, (search, one, reasoning) in enumerate(zip(explaining, reasonings, tried, strict=True)):
        row = _row(blind, search, one, reasoning, _tally(alone), index)
        yield replace(row, cost=labels.sum_costs([row.cost, spent]))
        spent = labels.NO_COST


class _Leaks:
    """The judge of reasoning as it is written: does it quote the program?"""

    def __init__(self, code: str) -> None:
        self._code = code

    async def check(self, problem: Problem, text: str) -> Verdict:
        """Reject what can be rejected before any program is written from it."""
        return plans.read(self._code, problem.statement, text)

    async def check_steps(self, problem: Problem, steps: Sequence[str]) -> StepChecks:
        """Return nothing: no step of reasoning about a program has exact truth."""
        return StepChecks(steps=(StepCheck(exact_local=None, exact_prefix=None),) * len(steps))

    async def run(self, problem: Problem, code: str, entry_point: str, calls: Sequence[str]) -> Sequence[CameTo]:
        """Run nothing."""
        return ()

    async def states(self, problem: Problem, scripts: Sequence[Sequence[str]]) -> Sequence[Ran]:
        """Run nothing."""
        return ()


def _explaining(problem: Problem, writer: Sampler, code: str) -> Search:
    return labels.search_part(problem, writer, _Leaks(code), "explain", code=code)


def _only(search: Search, drawn: Sequence[Judged]) -> Judged:
    if not drawn:
        info = search.sampler.model.info
        room = f"the context of {info.name}, {info.context_length} tokens"
        raise ValueError(f"the prompt takes {len(search.prompt)} tokens and leaves no room for reasoning in {room}")
    return drawn[0]


async def _programs(blind: _Blind, plan: str, seed: int) -> list[Judged]:
    """Return programs from a plan, nothing of the known one in sight; none where there is no room."""
    search = _writing(blind, plan)
    return await labels.draw(search, (), blind.config.rollouts, seed)


def _writing(blind: _Blind, plan: str) -> Search:
    return labels.search_part(blind.problem, blind.completer, blind.judge, "write", plan=plan.strip())


async def _try(
    blind: _Blind, search: Search, one: Judged, seed: int, alone: Sequence[Judged], *, control: bool
) -> _Tried:
    """Read reasoning and write programs from its prefixes, of a control from the whole; none where nothing would come of it."""
    written = _written(search.sampler, one)
    read = plans.truncated() if one.completion.finish_reason == "length" else one.verdict
    reason: StopReason = "refused" if read.outcome == "rejected" else "unsolved" if _hopeless(alone) else "not_chosen"
    labelled = await labels.cut(blind.problem, written, search.judge, read, reason)
    labelled = replace(labelled, cost=labels.cost_of([one]))
    last = len(labelled.steps) - 1
    probed = [] if reason != "not_chosen" else [last] if control else list(range(last + 1))
    prefixes = list(accumulate(step.text for step in labelled.steps))
    results = await labels.together(
        [_programs(blind, prefixes[index], ids.seed(seed, "step", index)) for index in probed]
    )
    steps, rollouts = list(labelled.steps), []
    for index, drawn in zip(probed, results, strict=True):
        steps[index] = _labelled(steps[index], drawn)
        rollouts += [labels.rollout_of(index, draw, keep_text=blind.config.keep_rollout_text) for draw in drawn]
    if control:
        steps = [replace(step, action=DECOY) for step in steps]
    cost = labels.sum_costs([labelled.cost, *map(labels.cost_of, results)])
    labelled = replace(labelled, steps=tuple(steps), rollouts=tuple(rollouts), cost=cost)
    return _Tried(text=written.text, labelled=labelled, read=read, given=_tally(results[-1] if results else ()))


def _hopeless(alone: Sequence[Judged]) -> bool:
    """Whether the verifier could judge no program from the problem alone: it would judge no other."""
    return bool(alone) and not _tally(alone).decided


def _written(sampler: Sampler, one: Judged) -> Written:
    """Return the reasoning, a step a line, without the thought before it: that has seen the program, and speaks of it."""
    completion, model = one.completion, sampler.model
    text = model.info.family.answer_part(completion.text)
    whole = text == completion.text
    return Written(
        text=text,
        tokens=completion.tokens if whole else model.tokenizer.encode(text),
        logprobs=completion.logprobs if whole else None,
        tokenizer=model.tokenizer,
        family=replace(model.info.family, steps="line", thinking=None),
    )


def _labelled(step: Step, drawn: Sequence[Judged]) -> Step:
    return labels.counted(step, drawn) if drawn else replace(step, q=None, stop_reason="over_length")


def _tally(drawn: Sequence[Judged]) -> Tally:
    outcomes = [one.verdict.outcome for one in drawn]
    return Tally(drawn=len(drawn), passed=outcomes.count("accepted"), undecided=outcomes.count("undecided"))


def _row(blind: _Blind, search: Search, one: Judged, tried: _Tried, alone: Tally, index: int) -> Trace:
    control = index == blind.config.samples
    if control:
        verdict = plans.decoy(tried.read, tried.given, alone)
    else:
        verdict = tried.read if tried.read.outcome == "rejected" else plans.sufficiency(tried.given, alone)
    origin = Origin(
        generator=NAME,
        version=VERSION,
        index=index,
        policy=policy_of(search.sampler, one),
        prompt_hash=search.prompt_hash,
        completer=completer_of(_writing(blind, "")) if tried.labelled.rollouts else None,
        role="plan",
    )
    # What was not decided says nothing of the problem alone.
    root = (alone.decided, alone.passed)
    return trace_row(blind.problem, origin, tried.labelled, tried.text, verdict, root)
