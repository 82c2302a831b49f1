"""Plant bugs into a program that works, and review it: what is wrong, where, on which call, and what should stand there.

CriticGPT (arXiv 2407.00215): critics are trained and measured on bugs that were inserted, because of these it is known what a
review should say. A planted bug (`verifiers/programs/bugs.py`) is kept only if the problem's tests reject it and a call tells it
from the right program. Its reference review is written from what is known, so all of its claims are verified. The right program
stands among the bugs as a control: whatever is named there is a false alarm. Models that write review all of these programs.

Rows of a bug: the faulty program (role `solution`, policy `mutation`, named by its operator), its review (`critique`), and the
fix (`revision`), each the parent of the next; of a control: the program and `No bug found.` The parent of a model's review is the
program. Steps of a program are its lines: those before the bug are right, since a program that passes begins with them; from the
bug's on `exact_prefix` is false. What follows the bug is the right program's own, which nobody judges: its `exact_local` is null.
"""

import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from generators import labels, reviewing
from generators.given import FOREIGN
from generators.labels import NO_COST, Judged, Labelled, Search, Written
from generators.reviewing import Known, Reviewing
from generators.trace_row import Origin, policy_of, trace_row
from schemas import ids
from schemas.judge import Judge
from schemas.model import Tokens
from schemas.pool import Pool
from schemas.problem import Problem, Task
from schemas.trace import Policy, Role, Step, Trace
from schemas.verdict import Verdict
from verifiers import critique
from verifiers.programs import bugs, reviews
from verifiers.programs.bugs import Bug
from verifiers.programs.reviews import NO_END

NAME = "critique"
VERSION = 1
TASKS: frozenset[Task] = frozenset({"program"})
PARTS: tuple[str, ...] = ("critique",)

KILLED = ("fail", "error", "timeout")
"""What the tests must say of a bug; whatever is undecided, or ended by a limit, is not kept."""
MUTATION, REFERENCE = "mutation", "reference"
"""The engines of rows that no model wrote."""
_WAVES, _WAVE = 4, 3
"""How many bugs are tried for each that is wanted: so many at once, and so often."""
_OWN_ROWS = 3
"""Of a program under review: itself, its review, its fix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Numbers per problem."""

    bugs: int = 2
    """Programs with a planted bug."""
    controls: int = 1
    """How often the right program stands among them."""
    critiques: int = 4
    """Reviews by the models of each program; 0 leaves those that are known to be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Program:
    """A program under review."""

    place: int
    """Its sample index; those of its reviews follow it."""
    code: str
    verdict: Verdict
    """By the problem's tests."""
    bug: Bug | None = None
    review: str = reviews.CLEAN
    """That of the reference."""

    @property
    def planted(self) -> tuple[int, int] | None:
        return (self.bug.start, self.bug.end) if self.bug else None


def needs_continuation(config: Config) -> bool:
    """Whether prefixes are continued."""
    return False


def estimate(problem: Problem, config: Config) -> tuple[int, int]:
    """Return (rollouts, tokens) to expect of reviews as the embedded policy writes them, of 35 tokens."""
    number = (config.bugs + config.controls) * config.critiques
    return number, 35 * number


async def generate(
    problem: Problem, pool: Pool, judge: Judge, config: Config, seed: int
) -> AsyncGenerator[Trace, None]:
    """Yield the rows of each bug that was kept, then of the controls, each followed by the models' reviews.

    Nothing where the problem has no program; only that program's row where its own tests do not accept it. A model whose context
    has no room for a program reviews none. Raises what a model raises.
    """
    right = reviewing.known(problem)
    if right is None:
        return
    path = (seed, problem.problem_id, NAME, VERSION)
    rows = _OWN_ROWS + config.critiques
    verdict = await judge.check(problem, right.code)
    controls = [
        _Program(place=(config.bugs + number) * rows, code=right.code, verdict=verdict)
        for number in range(config.controls)
    ]
    if verdict.outcome != "accepted":
        for control in controls[:1]:
            yield _program_row(problem, control)
        return
    found = await _bugs(problem, judge, right, config.bugs, ids.seed(*path, "bugs"))
    faulty = [replace(one, place=number * rows) for number, one in enumerate(found)]
    for program in (*faulty, *controls):
        known = await _own_rows(problem, judge, right, program)
        if any(claim.verdict != "right" for step in known[1].steps for claim in step.checks):
            continue  # the call did not come to the same again
        for row in known:
            yield row
        own = ids.seed(*path, "critique", program.place)
        for row in await _reviews(problem, pool, judge, right, program, config.critiques, own):
            yield row


async def _bugs(problem: Problem, judge: Judge, right: Known, number: int, seed: int) -> list[_Program]:
    """Return the first bugs that the tests reject and that a call brings out."""
    planted, kept = bugs.planted(right.code, seed), list[_Program]()
    for _ in range(_WAVES):
        wave = list(islice(planted, _WAVE * number))
        verdicts = await labels.together([judge.check(problem, bug.code) for bug in wave])
        for bug, verdict in zip(wave, verdicts, strict=True):
            if len(kept) == number:
                return kept
            failing = None
            if verdict.status in KILLED:
                failing = await reviewing.failing(judge, problem, right, bug.code)
            if failing is not None and (failing.came_to != NO_END or verdict.status == "timeout"):
                review = reviews.written(bug, right.code, failing)
                kept.append(_Program(place=0, code=bug.code, verdict=verdict, bug=bug, review=review))
    return kept


# What is known


async def _own_rows(problem: Problem, judge: Judge, right: Known, program: _Program) -> list[Trace]:
    """Return the rows of a program, of its review, and where it has a bug, of the fix."""
    place, planted, review = program.place, program.planted, program.review
    reference = _policy(REFERENCE, REFERENCE)
    judged = critique.check(program.code, planted, review)
    written = Written(text=review, tokens=(), logprobs=None, tokenizer=_NoTokens(), family=FOREIGN)
    by = Reviewing(judge=judge, right=right, code=program.code, planted=planted, family=FOREIGN)
    checked = await labels.cut(problem, written, by, judged, "not_chosen")
    origin = _origin("critique", place + 1, reference, parent=place)
    rows = [_program_row(problem, program), trace_row(problem, origin, checked, review, judged, (0, 0))]
    if program.bug is not None:
        fixed = await judge.check(problem, right.code)
        origin = _origin("revision", place + 2, reference, parent=place + 1)
        rows.append(trace_row(problem, origin, _lines(right.code, fixed, None), right.code, fixed, (0, 0)))
    return rows


def _program_row(problem: Problem, program: _Program) -> Trace:
    policy = _policy(program.bug.operator, MUTATION) if program.bug else _policy(REFERENCE, REFERENCE)
    wrong = program.bug.line - 1 if program.bug else None
    labelled = _lines(program.code, program.verdict, wrong)
    origin = _origin("solution", program.place, policy)
    return trace_row(problem, origin, labelled, program.code, program.verdict, (0, 0))


def _lines(code: str, verdict: Verdict, wrong: int | None) -> Labelled:
    """Return a program as steps, a line each; `wrong` is the bug's. Without a bug all are right where the tests say so."""
    right = True if wrong is None and verdict.outcome == "accepted" else None
    steps = [
        Step(
            text=text,
            token_start=0,
            token_end=0,
            logprob=None,
            stop_reason="not_chosen",
            exact_local=right if wrong is None else True if index < wrong else False if index == wrong else None,
            exact_prefix=right if wrong is None else index < wrong,
        )
        for index, text in enumerate(re.findall(r"[^\n]*\n|[^\n]+", code))
    ]
    q = {"accepted": 1.0, "rejected": 0.0, "undecided": None}[verdict.outcome]
    steps[-1] = replace(steps[-1], stop_reason="terminal", q=q)
    first_error = wrong if wrong is not None else -1 if right else None
    cost = replace(NO_COST, verify_s=verdict.seconds)
    return Labelled(steps=tuple(steps), rollouts=(), first_error=first_error, cost=cost)


def _policy(model: str, engine: str) -> Policy:
    return Policy(
        model=model, revision=str(VERSION), engine=engine, model_family="", temperature=None, top_p=None,
        max_tokens=None, seed=None,
    )  # fmt: skip


def _origin(role: Role, index: int, policy: Policy, *, parent: int | None = None, prompt_hash: str = "") -> Origin:
    return Origin(
        generator=NAME,
        version=VERSION,
        index=index,
        policy=policy,
        prompt_hash=prompt_hash or ids.text_hash("{problem}"),
        completer=None,
        role=role,
        parent=parent,
    )


class _NoTokens:
    """The tokenizer of texts that nobody sampled: they have none."""

    def encode(self, text: str) -> Tokens:
        return ()

    def decode(self, tokens: Sequence[int]) -> str:
        return ""

    def prompt(self, template: str, message: str) -> Tokens:
        return ()


# What models say


async def _reviews(
    problem: Problem, pool: Pool, judge: Judge, right: Known, program: _Program, n: int, seed: int
) -> list[Trace]:
    """Return the reviews of a program by the models that write, in index order: sample i is by writer i modulo their number."""
    code = program.code.rstrip("\n")
    number = len(pool.writers)
    searches: list[Search] = []
    for sampler in pool.writers if n else ():
        family = sampler.model.info.family
        by = Reviewing(judge=judge, right=right, code=program.code, planted=program.planted, family=family)
        searches.append(labels.search_part(problem, sampler, by, "critique", plan=right.plan, code=code))
    drawn = await labels.together(
        [
            labels.draw(search, (), n, seed, skip=[i for i in range(n) if i % number != place])
            for place, search in enumerate(searches)
        ]
    )
    pairs = [(search, one) for search, written in zip(searches, drawn, strict=True) for one in written]
    rows = await labels.together([_review_row(problem, program, search, one) for search, one in pairs])
    return sorted(rows, key=lambda row: row.sample_index)


async def _review_row(problem: Problem, program: _Program, search: Search, one: Judged) -> Trace:
    completion = one.completion
    verdict = critique.truncated() if completion.finish_reason == "length" else one.verdict
    written = labels.written_by(search.sampler, completion)
    labelled = await labels.cut(problem, written, search.judge, verdict, "not_chosen")
    labelled = replace(labelled, cost=labels.cost_of([one]))
    origin = _origin(
        "critique",
        program.place + _OWN_ROWS + completion.index,
        policy_of(search.sampler, one),
        parent=program.place,
        prompt_hash=search.prompt_hash,
    )
    return trace_row(problem, origin, labelled, completion.text, verdict, (0, 0))
