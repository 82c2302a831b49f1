"""Predict what a call returns, or arguments for which a function returns a value; what execution finds wrong is revised once.

CodeI/O++ (arXiv 2502.07316, section 2): the wrong first try, what execution says to it and one revision are kept, whatever
came of them. Samples and labels are those of `solutions.py`. The writer of a try revises it and is asked once.

The row of a revised try has in `reason` what its writer was told, in place of the verifier's own words for the same; the row of
the revision names the try as its parent. Where the context has no room for question, try and revision, there is no revision.
"""

import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace

from generators import labels, solutions
from generators.trace_row import Origin, policy_of, trace_row
from schemas import ids
from schemas.judge import CameTo, Judge
from schemas.pool import Pool
from schemas.problem import Problem, Task
from schemas.trace import Trace
from schemas.verdict import Verdict
from verifiers.programs import questions
from verifiers.programs.compare import PRINTED, same, shown
from verifiers.programs.literals import Arguments, Found, read, read_arguments
from verifiers.programs.questions import Wanted

NAME = "code_io"
VERSION = 1
TASKS: frozenset[Task] = frozenset({"output", "input"})
PARTS: tuple[str, ...] = ("revise",)

MAX_SHOWN = 400
"""Characters of an answer, a value or an error in what a writer is told: a reason is one short sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(solutions.Config):
    """Numbers per problem; the paper revises every wrong try."""

    revisions: int = 2
    """How many wrong tries, distinct by text, are revised; 0 asks for no revision."""


def needs_continuation(config: Config) -> bool:
    """Whether prefixes are continued."""
    return config.labelled > 0


def estimate(problem: Problem, config: Config) -> tuple[int, int]:
    """Return (rollouts, tokens) to expect: a revision takes what a sample does."""
    revised = min(config.revisions, config.samples)
    return solutions.estimate(replace(config, samples=config.samples + revised))


async def generate(
    problem: Problem, pool: Pool, judge: Judge, config: Config, seed: int
) -> AsyncGenerator[Trace, None]:
    """Yield one trace per sample, in index order, then one per revision, numbered on from `samples`."""
    drawn = solutions.generate(problem, pool, judge, config, seed, name=NAME, version=VERSION)
    tries = [trace async for trace in drawn]
    wrong = _first_wrong(tries, config.revisions)
    made = await labels.together(
        [_revised(problem, pool, judge, one, config.samples + place, seed) for place, one in enumerate(wrong)]
    )
    pairs = [pair for pair in made if pair is not None]
    told = {one.sample_index: one for one, _ in pairs}
    for one in tries:
        yield told.get(one.sample_index, one)
    for _, revision in pairs:
        yield revision


def _first_wrong(tries: Sequence[Trace], n: int) -> list[Trace]:
    """Return the first n different tries that were rejected."""
    first: dict[str, Trace] = {}
    for one in tries:
        if one.outcome == "rejected":
            first.setdefault(one.text_hash, one)
    return list(first.values())[:n]


async def _revised(
    problem: Problem, pool: Pool, judge: Judge, wrong: Trace, index: int, seed: int
) -> tuple[Trace, Trace] | None:
    """Return a wrong try with what its writer is told, and the revision; None where there is no room for one."""
    sampler = pool.writers[wrong.sample_index % len(pool.writers)]
    model = sampler.model
    said = await _said(problem, judge, wrong)
    attempt = model.info.family.answer_part("".join(step.text for step in wrong.steps)).rstrip()
    search = labels.search_part(problem, sampler, judge, "revise", attempt=attempt, feedback=said)
    own = ids.seed(seed, problem.problem_id, NAME, VERSION, "revision", wrong.sample_index)
    drawn = await labels.draw(search, (), 1, own)
    if not drawn:
        return None
    completion, verdict = drawn[0].completion, drawn[0].verdict
    written = labels.written_by(sampler, completion)
    solution = await labels.cut(problem, written, judge, verdict, "not_chosen")
    solution = replace(solution, cost=labels.cost_of(drawn))
    origin = Origin(
        generator=NAME,
        version=VERSION,
        index=index,
        policy=policy_of(sampler, drawn[0]),
        prompt_hash=search.prompt_hash,
        completer=None,
        role="revision",
        parent=wrong.sample_index,
    )
    root = wrong.root_n, wrong.root_correct
    return replace(wrong, reason=said), trace_row(problem, origin, solution, completion.text, verdict, root)


async def _said(problem: Problem, judge: Judge, wrong: Trace) -> str:
    """Return what execution says to a wrong try; a call that ended is made once more, for what comes of it."""
    verdict = Verdict(
        outcome=wrong.outcome,
        status=wrong.status,
        reason=wrong.reason,
        verifier=wrong.verifier,
        version=wrong.verifier_version,
        answer=wrong.answer,
    )
    wanted = questions.wanted(problem.reference) if problem.task == "input" else None
    arguments = _arguments(wanted, wrong.answer or "") if isinstance(wanted, Wanted) else None
    if not isinstance(wanted, Wanted) or arguments is None or verdict.status not in ("fail", "error"):
        return feedback(problem, verdict)
    came_to = await judge.run(problem, wanted.program.code, wanted.program.entry_point, (arguments,))
    return feedback(problem, verdict, came_to[0] if came_to else None)


def feedback(problem: Problem, verdict: Verdict, came_to: CameTo | None = None) -> str:
    """Return what execution says to a rejected answer, in a sentence that does not give the right one away. Total.

    Our own policies have learnt these sentences. `came_to` is what the call of task `input` came to, None where not known.
    """
    if verdict.status == "truncated":
        return "It did not come to an end."
    answer = verdict.answer or ""
    if problem.task == "output":
        return f"{_call(problem)} does not return {_shown(answer)}." if answer else _NOTHING
    wanted = questions.wanted(problem.reference)
    arguments = _arguments(wanted, answer) if isinstance(wanted, Wanted) else None
    if not isinstance(wanted, Wanted) or arguments is None:
        return _NOTHING
    call = _shown(_name(wanted) + arguments)
    # What comes of a second call is told only where it goes with the verdict, which is that of the first.
    if came_to is not None and (came_to.kind, verdict.status) == ("raised", "error"):
        return f"{call} raises {_shown(came_to.text)}."
    if came_to is not None and (came_to.kind, verdict.status) == ("value", "fail") and not _is(came_to, wanted):
        return f"{call} returns {_shown(came_to.text)}."
    return f"{call} does not return {_shown(shown(wanted.returns, MAX_SHOWN))}."


_NOTHING = "No answer was found."


def _call(problem: Problem) -> str:
    """Return the call that a question of task `output` asks about, as the question writes it."""
    line = problem.statement.rstrip().rpartition("\n")[2]
    if line.startswith(_ASKS[0]) and line.endswith(_ASKS[1]):
        return line[len(_ASKS[0]) : -len(_ASKS[1])]
    known = questions.known(problem)
    return re.sub(r",\)$", ")", known.get("entry_point", "") + known.get("args", "")) or "The call"


_ASKS = "What does ", " return?"


def _arguments(wanted: Wanted, answer: str) -> str | None:
    """Return `(3, [5, 2])` out of an answer like `f(3, [5, 2])`, None where it is no call of the function that can be made."""
    start = answer.find("(")
    while answer.startswith("().", start):  # `Solution().f(3)`
        start = answer.find("(", start + 1)
    called = answer[: max(start, 0)].strip().rpartition(".")[2]
    if start < 0 or called not in ("", _name(wanted)) or not isinstance(read_arguments(answer[start:]), Arguments):
        return None
    return answer[start:]


def _name(wanted: Wanted) -> str:
    return wanted.program.entry_point.rpartition(".")[2]


def _is(came_to: CameTo, wanted: Wanted) -> bool:
    found = read(came_to.text)
    return isinstance(found, Found) and same(wanted.returns, found.value, PRINTED)


def _shown(text: str) -> str:
    """Return a text of the model's or the program's without line ends and lone surrogates, cut where it is long."""
    line = re.sub(r"\s*\n\s*", " ", text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "...")
    return line.encode("utf-8", "backslashreplace").decode()
