"""The one estimator of step labels: continue a prefix n times, count what a verifier accepts.

Math-Shepherd (arXiv 2312.08935, section 3.2): N completions of each prefix, sampled independently; the hard label is
whether any reaches the reference, the soft label the share that does. Both are derived from the stored counts.
`strategies.py` says which prefixes are tried, and when to stop.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate

from mpmath import betainc

from generators import steps as segmentation
from generators import strategies
from generators.strategies import Draw, Probed, Rule
from generators.together import together as together  # asked for here by those that draw
from schemas import ids
from schemas.judge import Judge
from schemas.model import Completion, ModelFamily, Tokenizer, Tokens
from schemas.pool import Sampler
from schemas.problem import Problem
from schemas.trace import Cost, Rollout, Step, StopReason
from schemas.verdict import Outcome, Verdict
from verifiers import catalog

PRIOR = (0.5, 0.5)
ESTIMATOR = "beta(0.5,0.5)"
"""Jeffreys prior for a share; the posterior mean of s of n is (s + 0.5) / (n + 1). It holds after an early stop too."""
WITH_OWN = f"{ESTIMATOR}+own"
"""The same with the solution's own rest as one more sample of the prefix, which is in no count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A completion and what its verifier said."""

    completion: Completion
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A solution's steps with their counts, the rollouts behind them and what they cost."""

    steps: tuple[Step, ...]
    rollouts: tuple[Rollout, ...]
    first_error: int | None
    cost: Cost


NO_COST = Cost(prompt_tokens=0, cached_tokens=0, generated_tokens=0, engine_s=0.0, verify_s=0.0, dollars=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A solution as somebody wrote it."""

    text: str
    tokens: Tokens
    logprobs: Sequence[float] | None
    """One per token, None where not known."""
    tokenizer: Tokenizer
    """Whose ids the tokens are."""
    family: ModelFamily
    """How it is cut."""


def written_by(sampler: Sampler, completion: Completion) -> Written:
    """Return a completion of a policy as a solution."""
    return Written(
        text=completion.text,
        tokens=completion.tokens,
        logprobs=completion.logprobs,
        tokenizer=sampler.model.tokenizer,
        family=sampler.model.info.family,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What every draw for one problem from one policy shares."""

    problem: Problem
    sampler: Sampler
    judge: Judge
    prompt: Tokens
    """What the policy reads before what it writes."""
    prompt_hash: str


def search(problem: Problem, sampler: Sampler, judge: Judge) -> Search:
    """Return the search for a problem with a policy, which is asked the question."""
    prompt, question = sampler.ask(problem.statement, problem.task), sampler.question(problem.task)
    return Search(
        problem=problem, sampler=sampler, judge=judge, prompt=prompt, prompt_hash=sampler.prompt_hash(question)
    )


def search_part(problem: Problem, sampler: Sampler, judge: Judge, part: str, /, **fields: str) -> Search:
    """Return the search for a problem with a policy that is asked one of a generator's PARTS instead.

    `fields` are those of the part; `problem` is the statement unless given. What it writes, drawn from the prefix `()`, is
    judged as a whole text against the problem.
    """
    prompt, asked = sampler.ask_part(part, **{"problem": problem.statement, **fields}), sampler.prompts[part]
    return Search(problem=problem, sampler=sampler, judge=judge, prompt=prompt, prompt_hash=sampler.prompt_hash(asked))


async def draw(
    search: Search, prefix: Tokens, n: int, seed: int, *, skip: Collection[int] = (), first: bool = False
) -> list[Judged]:
    """Sample n continuations of `prefix`, but those in `skip`, and judge each as it arrives.

    In index order; empty where there is no room. With `first`, what has not ended is cancelled as soon as one is accepted and
    all before it have ended; those behind it that were quicker are there.
    """
    model, params = search.sampler.model, search.sampler.params
    room = min(params.max_tokens, model.info.context_length - len(search.prompt)) - len(prefix)
    if room < 1:
        return []
    written = model.tokenizer.decode(prefix)
    params = replace(params, max_tokens=room)
    waited = [index for index in range(n) if index not in skip]
    drawn: dict[int, Judged] = {}
    stream = model.sample(search.prompt + prefix, n, params, seed, skip=skip)
    try:
        async for completion in stream:
            verdict = await _judge(search, written, completion)
            drawn[completion.index] = Judged(completion=completion, verdict=verdict)
            if first and _accepted_in_order(drawn, waited):
                break
    finally:
        await stream.aclose()
    return [drawn[index] for index in sorted(drawn)]


def _accepted_in_order(drawn: Mapping[int, Judged], waited: Sequence[int]) -> bool:
    """Whether one is accepted and all before it are there."""
    for index in waited:
        if index not in drawn:
            return False
        if drawn[index].verdict.outcome == "accepted":
            return True
    return False


async def _judge(search: Search, written: str, completion: Completion) -> Verdict:
    text = written + completion.text
    if completion.finish_reason == "length":
        return catalog.truncated(search.problem, text)
    return await search.judge.check(search.problem, search.sampler.model.info.family.answer_part(text))


def sum_costs(costs: Sequence[Cost]) -> Cost:
    """Add up."""
    return Cost(
        prompt_tokens=sum(c.prompt_tokens for c in costs),
        cached_tokens=sum(c.cached_tokens for c in costs),
        generated_tokens=sum(c.generated_tokens for c in costs),
        engine_s=sum(c.engine_s for c in costs),
        gpu_s=sum(c.gpu_s for c in costs),
        verify_s=sum(c.verify_s for c in costs),
        dollars=sum(c.dollars for c in costs),
    )


def cost_of(drawn: Sequence[Judged]) -> Cost:
    """Return what these completions and their verdicts cost."""
    return Cost(
        prompt_tokens=sum(one.completion.prompt_tokens for one in drawn),
        cached_tokens=sum(one.completion.cached_tokens for one in drawn),
        generated_tokens=sum(one.completion.generated_tokens for one in drawn),
        engine_s=sum(one.completion.engine_s for one in drawn),
        gpu_s=sum(one.completion.gpu_s for one in drawn),
        verify_s=sum(one.verdict.seconds for one in drawn),
        dollars=sum(one.completion.dollars for one in drawn),
    )


async def cut(problem: Problem, written: Written, judge: Judge, verdict: Verdict, reason: StopReason) -> Labelled:
    """Cut a solution into steps with exact truth where there is any, none of them probed yet, for `reason`."""
    texts = segmentation.split(written.text, written.family.steps, written.family.thinking)
    checks = await judge.check_steps(problem, texts)
    ends = segmentation.token_ends(texts, written.tokens, written.tokenizer)
    logprobs = written.logprobs
    steps = [
        Step(
            text=step,
            token_start=start,
            token_end=end,
            logprob=None if logprobs is None else sum(logprobs[start:end]),
            stop_reason=reason,
            exact_local=check.exact_local,
            exact_prefix=check.exact_prefix,
            checks=check.claims,
        )
        for step, start, end, check in zip(texts, [0, *ends][: len(ends)], ends, checks.steps, strict=True)
    ]
    if steps:
        q = {"accepted": 1.0, "rejected": 0.0, "undecided": None}[verdict.outcome]
        steps[-1] = replace(steps[-1], stop_reason="terminal", q=q)
    return Labelled(steps=tuple(steps), rollouts=(), first_error=checks.first_error, cost=NO_COST)


async def probe(
    search: Search,
    solution: Labelled,
    written: Written,
    rule: Rule,
    seed: int,
    *,
    keep_text: bool,
    own: Outcome | None = None,
) -> Labelled:
    """Label every step but the last with rollouts of the prefix that ends with it, as `rule` says; `own`: `strategies.label`.

    A step's counts and rollouts are those that the rule looked at. The cost is that of all that ended.
    """
    prefixes = _prefixes(solution.steps, written, search.sampler.model.tokenizer)[:-1]
    drawn: list[list[Judged]] = [[] for _ in prefixes]
    seeds = [ids.seed(seed, "step", index) for index in range(len(prefixes))]
    found = await strategies.label(rule, len(prefixes), _drawer(search, prefixes, seeds, drawn), own)
    steps, rollouts = list(solution.steps), []
    for index, probed in enumerate(found):
        used = [one for one in drawn[index] if one.completion.index < len(probed.outcomes)]
        steps[index] = counted(steps[index], used, probed.stop, own)
        rollouts += [rollout_of(index, one, keep_text=keep_text) for one in used]
    cost = sum_costs([solution.cost, *map(cost_of, drawn)])
    return replace(solution, steps=tuple(steps), rollouts=tuple(rollouts), cost=cost)


async def probe_prefix(search: Search, prefix: Tokens, rule: Rule, seed: int) -> tuple[Probed, list[Judged]]:
    """Return what `rule` makes of one prefix, and the completions that it looked at."""
    drawn: list[list[Judged]] = [[]]
    (probed,) = await strategies.label(rule, 1, _drawer(search, [prefix], [seed], drawn))
    return probed, [one for one in drawn[0] if one.completion.index < len(probed.outcomes)]


def _drawer(search: Search, prefixes: Sequence[Tokens], seeds: Sequence[int], drawn: Sequence[list[Judged]]) -> Draw:
    """Return what draws from prefixes, each by its own seed, and keeps in `drawn` all that ended."""

    async def asked(step: int, indices: range, *, first: bool) -> list[Outcome]:
        early = first and len(indices) > 1
        new = await draw(search, prefixes[step], indices.stop, seeds[step], skip=range(indices.start), first=early)
        drawn[step].extend(new)
        # Behind a gap lies what was quicker than the one that decided.
        return [one.verdict.outcome for index, one in zip(indices, new, strict=False) if one.completion.index == index]

    return asked


def _prefixes(steps: Sequence[Step], written: Written, tokenizer: Tokenizer) -> list[Tokens]:
    """Return for each step the ids of everything up to its end: the very ones written, where they mean the same here."""
    if written.tokenizer is tokenizer:
        return [written.tokens[: step.token_end] for step in steps]
    return [tokenizer.encode(text) for text in accumulate(step.text for step in steps)]


def counted(step: Step, drawn: Sequence[Judged], stop: StopReason = "fixed", own: Outcome | None = None) -> Step:
    """Return the step with its counts and their posterior; undecided rollouts count in n_rollouts and nowhere else.

    `own` is the verdict of the solution itself where its rest is one more sample of the prefix: it is in the posterior only.
    """
    outcomes = [one.verdict.outcome for one in drawn]
    correct, undecided = outcomes.count("accepted"), outcomes.count("undecided")
    shared = own in ("accepted", "rejected") and (len(drawn) > 0 or stop == "implied_positive")
    decided = len(drawn) - undecided + shared
    low, mean, high = posterior(correct + (shared and own == "accepted"), decided)
    return replace(
        step,
        n_rollouts=len(drawn),
        n_correct=correct,
        n_undecided=undecided,
        q=mean if decided else None,
        q_low=low if decided else None,
        q_high=high if decided else None,
        estimator=WITH_OWN if shared else ESTIMATOR if drawn else None,
        stop_reason=stop,
    )


@lru_cache(maxsize=4096)
def posterior(correct: int, decided: int) -> tuple[float, float, float]:
    """Return the 2.5% point, mean and 97.5% point of the share's posterior under PRIOR."""
    a, b = correct + PRIOR[0], decided - correct + PRIOR[1]
    return _quantile(a, b, 0.025), a / (a + b), _quantile(a, b, 0.975)


def _quantile(a: float, b: float, level: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        if betainc(a, b, 0, middle, regularized=True) < level:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def rollout_of(step: int, one: Judged, *, keep_text: bool) -> Rollout:
    """Return the row of a completion of the prefix that ends with `step`."""
    return Rollout(
        step=step,
        seed=one.completion.seed,
        index=one.completion.index,
        text=one.completion.text if keep_text else None,
        answer=one.verdict.answer,
        outcome=one.verdict.outcome,
        status=one.verdict.status,
        finish_reason=one.completion.finish_reason,
        generated_tokens=one.completion.generated_tokens,
        logprob=one.completion.logprob,
    )
