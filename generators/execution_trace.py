"""Narrate a recorded run: what enters each branch and loop, every variable's new value, what returns. No model writes it.

The run was recorded where the problem was made, and stands in `program` as `lines`, one step each, with the number of the call
that it happened in (`frames`). Every claim of every step is checked against the record like anybody else's, and the verdict comes
from the judge. A problem whose run was not recorded (`unrecorded` in its `program` says why) gets no trace here.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace

from generators.labels import NO_COST, Labelled
from generators.trace_row import Origin, trace_row
from schemas import ids
from schemas.judge import Judge
from schemas.pool import Pool
from schemas.problem import Problem, Task
from schemas.trace import Policy, Step, Trace
from schemas.verdict import StepChecks
from verifiers.execution import check, reading

NAME = "execution_trace"
VERSION = 1
TASKS: frozenset[Task] = frozenset({"output"})
PARTS: tuple[str, ...] = ()

ENGINE = "execution"
"""What ran it: no model, the program itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A recording leaves nothing to choose."""


def needs_continuation(config: Config) -> bool:
    """Whether prefixes are continued: there is nobody to continue them."""
    return False


def estimate(problem: Problem, config: Config) -> tuple[int, int]:
    """Return (rollouts, tokens) to expect: none of either."""
    return 0, 0


async def generate(
    problem: Problem, pool: Pool, judge: Judge, config: Config, seed: int
) -> AsyncGenerator[Trace, None]:
    """Yield the one trace of a problem whose run was recorded."""
    lines = check.recorded(problem)
    if lines is None:
        return
    texts = [f"{line}\n" for line in lines] + [f"{reading.ANSWER} {problem.reference}"]
    text = "".join(texts)
    verdict = await judge.check(problem, text)
    checks = await judge.check_steps(problem, texts)
    steps = _steps(problem, texts, checks)
    q = {"accepted": 1.0, "rejected": 0.0, "undecided": None}[verdict.outcome]
    steps[-1] = replace(steps[-1], stop_reason="terminal", q=q)
    cost = replace(NO_COST, verify_s=verdict.seconds)
    policy = Policy(
        model=ENGINE, revision=str(VERSION), engine=ENGINE, model_family="", temperature=None, top_p=None,
        max_tokens=None, seed=None,
    )  # fmt: skip
    origin = Origin(
        generator=NAME, version=VERSION, index=0, policy=policy, prompt_hash=ids.text_hash("{problem}"), completer=None
    )
    labelled = Labelled(steps=tuple(steps), rollouts=(), first_error=checks.first_error, cost=cost)
    yield trace_row(problem, origin, labelled, text, verdict, (0, 0))


def _steps(problem: Problem, texts: Sequence[str], checks: StepChecks) -> list[Step]:
    """Return the steps with their checks, the source line of each, and the variables before and after it."""
    program = check.program_of(problem)
    frames = program.get("frames")
    source = str(program.get("code", "")).split("\n")
    read = [reading.read(text) for text in texts]
    states = reading.state(read, frames if isinstance(frames, list) else [])
    return [
        Step(
            text=text,
            token_start=0,
            token_end=0,
            logprob=None,
            stop_reason="not_chosen",
            exact_local=known.exact_local,
            exact_prefix=known.exact_prefix,
            checks=known.claims,
            formal=source[line.line - 1].strip() if line is not None and 0 < line.line <= len(source) else None,
            state_before=before or None,
            state_after=after or None,
        )
        for text, line, known, (before, after) in zip(texts, read, checks.steps, states, strict=True)
    ]
