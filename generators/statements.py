"""Say a formal statement in words, and see whether whoever has only the words finds the statement again.

The words are the verbaliser's, and models' (part `informal`). From the words alone the completer writes formal statements (part
`formal`), and Lean is asked whether each is equivalent to the original, by a fixed set of tactics (`verifiers/equivalence.py`).
The share that is labels the words: what is known to be different, or is no statement, counts against them, what is not decided
counts for nothing.

A row of role `translation` for each wording; its last step, the whole of it, has the counts, and the original as its formal twin.
Words that hold the formal statement, are none or were cut off are rows with that verdict; nothing is written from them.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace

from generators import labels
from generators.labels import NO_COST, Judged, Labelled
from generators.prose import verbaliser
from generators.trace_row import Origin, completer_of, policy_of, trace_row
from schemas import ids
from schemas.judge import CameTo, Judge, Ran
from schemas.pool import Pool, Sampler
from schemas.problem import Problem, Task
from schemas.trace import Cost, Policy, Step, StopReason, Trace
from schemas.verdict import StepCheck, StepChecks, Verdict
from verifiers import equivalence
from verifiers.equivalence import Original
from verifiers.plans import Tally

NAME = "statements"
VERSION = 1
TASKS: frozenset[Task] = frozenset({"prove"})
PARTS: tuple[str, ...] = ("informal", "formal")

VERBALISER = "verbaliser"
"""The engine of words that no model wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Numbers per theorem."""

    samples: int = 1
    """Wordings by models, beside the verbaliser's; the i-th is by writer i modulo their number."""
    rollouts: int = field(default=4, metadata={"least": 1})
    """Formal statements from each wording."""
    keep_rollout_text: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """A statement in words, before anything is written from it."""

    text: str
    policy: Policy
    prompt_hash: str
    cost: Cost
    tokens: int
    """Tokens of the text; 0 where no model wrote it."""
    logprob: float | None
    read: Verdict


def needs_continuation(config: Config) -> bool:
    """Whether prefixes are continued: words are part of a question."""
    return False


def estimate(problem: Problem, config: Config) -> tuple[int, int]:
    """Return (rollouts, tokens) to expect: statements of the families take 150 tokens, formal or in words."""
    each = 150
    wordings = config.samples + 1
    return config.samples + wordings * config.rollouts, each * (config.samples + wordings * config.rollouts)


async def generate(
    problem: Problem, pool: Pool, judge: Judge, config: Config, seed: int
) -> AsyncGenerator[Trace, None]:
    """Yield the row of the verbaliser's words, then those of models, in index order.

    Nothing where the problem has no statement that can be taken apart. Raises what a model raises, and ValueError where there is
    no room for words.
    """
    original = await equivalence.original(judge, problem)
    if isinstance(original, str):
        return
    path = (seed, problem.problem_id, NAME, VERSION)
    writers = [pool.writers[index % len(pool.writers)] for index in range(config.samples)]
    told = await labels.together(
        [_written(problem, writer, original, ids.seed(*path, "words", index)) for index, writer in enumerate(writers)]
    )
    for index, words in enumerate([_verbalised(problem, original), *told]):
        yield await _row(
            problem, pool.completer, judge, config, original, words, index, ids.seed(*path, "formal", index)
        )


def _verbalised(problem: Problem, original: Original) -> _Words:
    text = verbaliser.statement(problem.statement)
    policy = Policy(
        model=VERBALISER, revision=str(VERSION), engine=VERBALISER, model_family="", temperature=None, top_p=None,
        max_tokens=None, seed=None,
    )  # fmt: skip
    read = equivalence.words(original.statement, text)
    return _Words(
        text=text,
        policy=policy,
        prompt_hash=ids.text_hash("{problem}"),
        cost=NO_COST,
        tokens=0,
        logprob=None,
        read=read,
    )


async def _written(problem: Problem, writer: Sampler, original: Original, seed: int) -> _Words:
    """Return a model's words. Raises what a model raises, ValueError where there is no room for them."""
    search = labels.search_part(problem, writer, _Unjudged(), "informal")
    drawn = await labels.draw(search, (), 1, seed)
    if not drawn:
        info = writer.model.info
        room = f"the context of {info.name}, {info.context_length} tokens"
        raise ValueError(f"the prompt takes {len(search.prompt)} tokens and leaves no room for words in {room}")
    one = drawn[0]
    text = writer.model.info.family.answer_part(one.completion.text).strip()
    cut = one.completion.finish_reason == "length"
    return _Words(
        text=text,
        policy=policy_of(writer, one),
        prompt_hash=search.prompt_hash,
        cost=labels.cost_of(drawn),
        tokens=len(one.completion.tokens),
        logprob=one.completion.logprob,
        read=equivalence.truncated() if cut else equivalence.words(original.statement, text),
    )


class _Unjudged:
    """The judge of words: nothing is known of them yet."""

    async def check(self, problem: Problem, text: str) -> Verdict:
        """Decide nothing."""
        return equivalence.nothing("words only")

    async def check_steps(self, problem: Problem, steps: Sequence[str]) -> StepChecks:
        """Return nothing."""
        return StepChecks(steps=(StepCheck(exact_local=None, exact_prefix=None),) * len(steps))

    async def run(self, problem: Problem, code: str, entry_point: str, calls: Sequence[str]) -> Sequence[CameTo]:
        """Run nothing."""
        return ()

    async def states(self, problem: Problem, scripts: Sequence[Sequence[str]]) -> Sequence[Ran]:
        """Run nothing."""
        return ()


class _Same(_Unjudged):
    """The judge of formal statements: are they the original?"""

    def __init__(self, judge: Judge, original: Original) -> None:
        self._judge, self._original = judge, original

    async def check(self, problem: Problem, text: str) -> Verdict:
        """Compare."""
        return await equivalence.compare(self._judge, self._original, text)


async def _row(
    problem: Problem,
    completer: Sampler,
    judge: Judge,
    config: Config,
    original: Original,
    words: _Words,
    index: int,
    seed: int,
) -> Trace:
    """Return the row of a wording, with the statements that were written from it."""
    search = labels.search_part(problem, completer, _Same(judge, original), "formal", informal=words.text)
    refused = words.read.outcome == "rejected"
    drawn = [] if refused else await labels.draw(search, (), config.rollouts, seed)
    rollouts = tuple(labels.rollout_of(_last(words), one, keep_text=config.keep_rollout_text) for one in drawn)
    labelled = Labelled(
        steps=_steps(problem, words, drawn, "refused" if refused else "over_length"),
        rollouts=rollouts,
        first_error=None,
        cost=labels.sum_costs([words.cost, labels.cost_of(drawn)]),
    )
    verdict = words.read if refused else _verdict(drawn, original)
    origin = Origin(
        generator=NAME,
        version=VERSION,
        index=index,
        policy=words.policy,
        prompt_hash=words.prompt_hash,
        completer=completer_of(search) if drawn else None,
        role="translation",
    )
    return trace_row(problem, origin, labelled, "".join(step.text for step in labelled.steps), verdict, (0, 0))


def _verdict(drawn: Sequence[Judged], original: Original) -> Verdict:
    outcomes = [one.verdict.outcome for one in drawn]
    tally = Tally(drawn=len(drawn), passed=outcomes.count("accepted"), undecided=outcomes.count("undecided"))
    return equivalence.of_words(tally, rejected=outcomes.count("rejected"), trivial=original.trivial)


def _lines(words: _Words) -> list[str]:
    return [line for line in words.text.split("\n") if line.strip()] or [""]


def _last(words: _Words) -> int:
    return len(_lines(words)) - 1


def _steps(problem: Problem, words: _Words, drawn: Sequence[Judged], otherwise: StopReason) -> tuple[Step, ...]:
    """Return a step for each line; the last one, with which the wording is whole, has the counts."""
    lines = _lines(words)
    reason: StopReason = "refused" if otherwise == "refused" else "not_chosen"
    steps = [Step(text=f"{line}\n", token_start=0, token_end=0, logprob=None, stop_reason=reason) for line in lines]
    last = replace(steps[-1], formal=problem.statement, token_end=words.tokens, logprob=words.logprob)
    steps[-1] = labels.counted(last, drawn) if drawn else replace(last, q=None, stop_reason=otherwise)
    return tuple(steps)
