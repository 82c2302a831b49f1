"""Problems, models and judges for tests that say themselves what happens."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from generators.prompts import catalog
from pipeline.models.scripted import CodePoints
from schemas import ids
from schemas.judge import CameTo, Ran
from schemas.model import Completion, Model, ModelFamily, ModelInfo, SamplingParams, Tokenizer, Tokens
from schemas.pool import Pool, Prompt, Sampler
from schemas.problem import Problem
from schemas.trace import Trace
from schemas.verdict import Outcome, StepCheck, StepChecks, Verdict

Item = TypeVar("Item")


def a_problem(statement: str = "Evaluate 3 + 4 * 2", reference: str = "11", **overrides: Any) -> Problem:
    """Return a problem of the `expressions` family. `overrides`: fields of Problem, which checks their names."""
    fields: dict[str, Any] = {
        "problem_id": ids.problem_id("math", statement, reference),
        "domain": "math",
        "family": "expressions",
        "statement": statement,
        "reference": reference,
        "source": "test",
        "licence": "CC0-1.0",
        "split": "test",
    }
    return Problem(**fields | overrides)


async def collect(items: AsyncIterator[Item]) -> list[Item]:
    return [item async for item in items]


LINES = ModelFamily(name="lines", template="{prompt}\n", prompt="solve_bare.v1")


def a_sampler(
    model: Model,
    *,
    max_tokens: int = 160,
    temperature: float = 1.0,
    top_p: float = 1.0,
    prompt: str = "{problem}",
    parts: Mapping[str, str] | None = None,
) -> Sampler:
    """Return a policy. `parts`: its prompts by task and part; those of our own policies unless given."""
    params = SamplingParams(temperature=temperature, top_p=top_p, max_tokens=max_tokens)
    if parts is None:
        prompts = {part: catalog.find(f"{part}_bare.v1", part) for part in catalog.FIELDS}
        prompts.pop("solve")
    else:
        prompts = {part: Prompt(name="test", text=text) for part, text in parts.items()}
    return Sampler(model=model, prompt=Prompt(name="test", text=prompt), params=params, prompts=prompts)


def a_pool(model: Model, *, completer: Model | None = None, max_tokens: int = 160) -> Pool:
    """Return a pool of one writer, which also completes unless another model is to."""
    writer = a_sampler(model, max_tokens=max_tokens)
    return Pool(writers=(writer,), completer=a_sampler(completer, max_tokens=max_tokens) if completer else writer)


class Request(NamedTuple):
    """One call of `Model.sample`."""

    prompt: Tokens
    n: int
    params: SamplingParams
    seed: int
    skip: frozenset[int]


class TellingModel:
    """A model that says what a function tells it to say: (prompt, seed, index) -> text. Tokens are code points."""

    def __init__(self, tell: Callable[[str, int, int], str], *, context_length: int = 4096) -> None:
        self._tell = tell
        self.requests: list[Request] = []
        self.tokenizer: Tokenizer = CodePoints()
        self.info = ModelInfo(
            name="telling",
            revision="1",
            engine="telling",
            context_length=context_length,
            can_continue=True,
            family=LINES,
        )

    async def sample(
        self, prompt: Tokens | str, n: int, params: SamplingParams, seed: int, *, skip: Collection[int] = ()
    ) -> AsyncGenerator[Completion, None]:
        tokens = self.tokenizer.encode(prompt) if isinstance(prompt, str) else prompt
        self.requests.append(Request(tokens, n, params, seed, frozenset(skip)))
        for index in (i for i in range(n) if i not in skip):
            whole = self._tell(self.tokenizer.decode(tokens), seed, index)
            text = whole[: params.max_tokens]
            yield Completion(
                seed=seed,
                index=index,
                text=text,
                tokens=self.tokenizer.encode(text),
                logprobs=(-0.5,) * len(text),
                finish_reason="stop" if text == whole else "length",
                prompt_tokens=len(tokens),
                cached_tokens=len(tokens) // 2,
                generated_tokens=len(text),
                engine_s=0.25,
            )


class RecordingModel:
    """Another model, with every request written down."""

    def __init__(self, inner: Model) -> None:
        self._inner = inner
        self.requests: list[Request] = []
        self.info = inner.info
        self.tokenizer = inner.tokenizer

    async def sample(
        self, prompt: Tokens | str, n: int, params: SamplingParams, seed: int, *, skip: Collection[int] = ()
    ) -> AsyncGenerator[Completion, None]:
        tokens = self.tokenizer.encode(prompt) if isinstance(prompt, str) else prompt
        self.requests.append(Request(tokens, n, params, seed, frozenset(skip)))
        async for completion in self._inner.sample(prompt, n, params, seed, skip=skip):
            yield completion


class TellingJudge:
    """A judge whose outcome is a function of the text; knows nothing of single steps."""

    def __init__(self, outcome: Callable[[str], Outcome]) -> None:
        self._outcome = outcome
        self.texts: list[str] = []

    async def check(self, problem: Problem, text: str) -> Verdict:
        self.texts.append(text)
        outcome = self._outcome(text)
        status = {"accepted": "equal", "rejected": "different", "undecided": "crash"}[outcome]
        return Verdict(outcome=outcome, status=status, reason="told so", verifier="telling", version=1, seconds=0.125)

    async def check_steps(self, problem: Problem, steps: Sequence[str]) -> StepChecks:
        return StepChecks(steps=(StepCheck(exact_local=None, exact_prefix=None),) * len(steps))

    async def run(self, problem: Problem, code: str, entry_point: str, calls: Sequence[str]) -> Sequence[CameTo]:
        return ()

    async def states(self, problem: Problem, scripts: Sequence[Sequence[str]]) -> Sequence[Ran]:
        return ()


def untimed(trace: Trace) -> Trace:
    """Return the trace without what the clock of the machine says."""
    return replace(trace, cost=replace(trace.cost, engine_s=0.0, verify_s=0.0), created_at=0)


def text_of(trace: Trace) -> str:
    return "".join(step.text for step in trace.steps)
