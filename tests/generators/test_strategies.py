"""Strategies: pools of outcomes written down beforehand, replayed through each; what is cheaper must not mean anything else."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from fractions import Fraction
from itertools import product
from math import ceil, log2
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import quad

from generators import labels, strategies
from generators.strategies import REPLACED, Probed, Rule, Strategy
from pipeline.counts import Counts
from pipeline.meter import MeteredModel
from schemas.model import Completion, SamplingParams, Tokens
from schemas.verdict import Outcome, Verdict
from tests.doubles import TellingJudge, TellingModel, a_problem, a_sampler
from tests.rows import a_step

Pool = Sequence[Sequence[Outcome]]
N = 4
LETTERS: dict[str, Outcome] = {"a": "accepted", "r": "rejected", "u": "undecided"}
EARLY: tuple[Strategy, ...] = ("first_success", "truncated", "waves", "binary")

pools = st.lists(
    st.lists(st.sampled_from(list(LETTERS.values())), min_size=REPLACED * N, max_size=REPLACED * N), max_size=7
)


def a_pool(*rows: str) -> list[list[Outcome]]:
    """Return a pool spelled by letters; behind its end a row goes on with rejections."""
    return [[LETTERS[letter] for letter in row.ljust(REPLACED * N, "r")] for row in rows]


def replayed(
    strategy: Strategy, pool: Pool, own: Outcome | None = None, n: int = N
) -> tuple[list[Probed], list[list[range]]]:
    """Return what a strategy makes of a pool, and what it asked for of each prefix."""
    asked: list[list[range]] = [[] for _ in pool]

    async def draw(step: int, indices: range, *, first: bool) -> Sequence[Outcome]:
        asked[step].append(indices)
        return pool[step][indices.start : indices.stop]

    rule = Rule(strategy=strategy, rollouts=n, waves=(2, 1))
    return asyncio.run(strategies.label(rule, len(pool), draw, own)), asked


def hard(strategy: Strategy, pool: Pool, own: Outcome | None = None) -> list[bool | None]:
    return [one.hard for one in replayed(strategy, pool, own)[0]]


def stops(strategy: Strategy, pool: Pool, own: Outcome | None = None) -> list[str]:
    return [one.stop for one in replayed(strategy, pool, own)[0]]


def test_every_strategy_has_an_estimate_and_is_tested() -> None:
    assert set(strategies.EXPECTED) == set(get_args(Strategy)) == {"fixed", *EARLY, "changepoint"}


# What is decided


@settings(deadline=None)
@given(pools, st.sampled_from([None, "accepted", "rejected", "undecided"]))
def test_first_success_has_the_hard_labels_of_fixed_for_every_pool(pool: Pool, own: Outcome | None) -> None:
    assert hard("first_success", pool, own) == hard("fixed", pool, own)


@settings(deadline=None)
@given(pools, st.sampled_from(EARLY))
def test_what_an_early_stop_looked_at_is_the_beginning_of_the_pool_up_to_a_success(
    pool: Pool, strategy: Strategy
) -> None:
    found, asked = replayed(strategy, pool)
    for one, row, ranges in zip(found, pool, asked, strict=True):
        assert list(one.outcomes) == list(row[: len(one.outcomes)])
        assert "accepted" not in one.outcomes[:-1]
        assert (one.stop == "first_success") == ("accepted" in one.outcomes)
        assert [place for indices in ranges for place in indices] == list(range(sum(map(len, ranges)))), "none twice"


@settings(deadline=None)
@given(pools)
def test_waves_count_what_one_by_one_counts_and_ask_more_at_a_time(pool: Pool) -> None:
    (waves, asked), (single, one_by_one) = replayed("waves", pool), replayed("truncated", pool)
    assert waves == single
    for many, few in zip(asked, one_by_one, strict=True):
        assert [len(indices) for indices in many][:2] in ([], [2], [2, 1])
        assert {len(indices) for indices in few} <= {1} and len(few) >= len(many)


@settings(deadline=None)
@given(st.lists(st.integers(0, N - 1), max_size=9), st.integers(0, 9))
def test_where_nobody_comes_back_from_a_dead_prefix_all_agree_with_fixed(successes: list[int], dead: int) -> None:
    pool = a_pool(*("r" * at + "a" for at in successes), *["rrrr"] * dead)
    labels_of_fixed = [True] * len(successes) + [False] * dead
    assert all(hard(strategy, pool) == labels_of_fixed for strategy in ("fixed", *EARLY))


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(0, 40))
def test_bisection_asks_a_logarithm_of_the_prefixes(good: int, dead: int) -> None:
    found, asked = replayed("binary", a_pool(*["a"] * good, *["r"] * dead))
    assert sum(map(bool, asked)) <= ceil(log2(good + dead + 1))
    probed = [bool(ranges) for ranges in asked]
    assert {one.stop for one, was in zip(found, probed, strict=True) if not was} <= {
        "implied_positive",
        "after_first_error",
    }


def test_truncation_looks_at_nothing_behind_the_first_dead_prefix() -> None:
    pool = a_pool("ra", "rrrr", "a", "a")
    assert stops("truncated", pool) == ["first_success", "exhausted", "after_first_error", "after_first_error"]
    assert [sum(map(len, ranges)) for ranges in replayed("truncated", pool)[1]] == [2, 4, 0, 0]
    assert [sum(map(len, ranges)) for ranges in replayed("waves", pool)[1]] == [2, 4, 0, 0]
    assert hard("fixed", pool) == [True, False, True, True]


def test_a_prefix_without_room_is_neither_good_nor_dead() -> None:
    pool: Pool = [["accepted"] * N, [], [], []]
    for strategy in get_args(Strategy):
        found = stops(strategy, pool)
        assert found == ["fixed" if strategy == "fixed" else "first_success", *["over_length"] * 3]


# Undecided rollouts


@pytest.mark.parametrize(
    ("row", "looked_at", "stop", "label"),
    [
        ("uruurrr", 7, "exhausted", False),
        ("uuuuuuua", 8, "first_success", True),
        ("uuuuurrr", 8, "undecided", None),
        ("uuuuuuuu", 8, "undecided", None),
        ("urrrra", 5, "exhausted", False),
    ],
)
def test_undecided_rollouts_are_replaced_up_to_a_bound(row: str, looked_at: int, stop: str, label: bool | None) -> None:
    (one,), _ = replayed("first_success", a_pool(row))
    assert (len(one.outcomes), one.stop, one.hard) == (looked_at, stop, label)
    (one,), _ = replayed("fixed", a_pool(row))
    assert (one.hard, one.outcomes.count("undecided")) == (label, row[: len(one.outcomes)].count("u"))


def test_a_prefix_that_stays_undecided_condemns_nobody() -> None:
    pool = a_pool("a", "uuuuuuuu", "a", "rrrr", "rrrr")
    assert hard("truncated", pool) == [True, None, True, False, False]
    pool = a_pool("a", "a", "uuuuuuuu", "rrrr", "rrrr")
    assert hard("binary", pool) == [True, True, None, False, False]


# A solution is itself a sample of its prefixes


def test_a_right_solution_decides_its_prefixes_and_a_wrong_one_is_one_failure() -> None:
    pool = a_pool("rrra", "rrra")
    for strategy in get_args(Strategy):
        assert stops(strategy, pool, "accepted") == ["implied_positive"] * 2
        assert hard(strategy, pool, "accepted") == [True, True]
        assert replayed(strategy, pool, "accepted")[1] == [[], []]
    assert hard("first_success", pool, "rejected") == [False, False], "the fourth is the solution's own"
    assert hard("first_success", pool, "undecided") == [True, True]
    assert stops("first_success", [], "accepted") == []


@pytest.mark.parametrize("p", [Fraction(1, 10), Fraction(1, 3), Fraction(5, 6)])
def test_sharing_keeps_the_law_of_the_hard_label(p: Fraction) -> None:
    """Over all outcomes of the solution and its prefix's rollouts, each weighed by its probability."""

    def chance(outcomes: Sequence[Outcome]) -> Fraction:
        right = outcomes.count("accepted")
        return p**right * (1 - p) ** (len(outcomes) - right)

    positive = Fraction(0)
    for letters in product("ar", repeat=N):
        own, *rest = map(LETTERS.__getitem__, letters)
        if hard("first_success", [[*rest, *a_pool("a")[0]]], own)[0]:
            positive += chance([own, *rest])
    assert positive == 1 - (1 - p) ** N


# What is made of it


@pytest.mark.parametrize(("row", "own"), [("rra", None), ("a", None), ("rrrr", None), ("ra", "rejected")])
def test_q_after_an_early_stop_is_the_posterior_mean(row: str, own: Outcome | None) -> None:
    """By integration: prior times p (1 - p)^f, which is the probability of stopping there."""
    (one,), _ = replayed("first_success", a_pool(row), own)
    step = labels.counted(a_step(n_rollouts=0), judged(one.outcomes), one.stop, own)
    right = row.count("a")
    wrong = row.count("r") + (own == "rejected")

    def weight(p: float) -> float:
        return float(p ** (right - 0.5) * (1 - p) ** (wrong - 0.5))

    mean = quad(lambda p: p * weight(p), [0, 0.5, 1]) / quad(weight, [0, 0.5, 1])
    assert step.q == pytest.approx(float(mean), abs=1e-3)
    assert step.estimator == (labels.WITH_OWN if own else labels.ESTIMATOR)
    assert (step.n_rollouts, step.n_correct, step.stop_reason) == (len(row), right, one.stop)


def test_what_nobody_looked_at_has_a_q_only_where_the_solution_itself_got_there() -> None:
    shared = labels.counted(a_step(n_rollouts=0), (), "implied_positive", "accepted")
    assert (shared.q, shared.estimator, shared.n_rollouts) == (0.75, labels.WITH_OWN, 0)
    for stop, own in (("implied_positive", None), ("after_first_error", "rejected"), ("over_length", "rejected")):
        step = labels.counted(a_step(n_rollouts=0), (), stop, own)  # type: ignore[arg-type]  # literals in a tuple
        assert (step.q, step.q_low, step.estimator, step.n_correct) == (None, None, None, 0)


def judged(outcomes: Sequence[Outcome]) -> list[labels.Judged]:
    return [
        labels.Judged(
            completion=Completion(
                seed=1,
                index=index,
                text="",
                tokens=(),
                logprobs=None,
                finish_reason="stop",
                prompt_tokens=0,
                cached_tokens=0,
                generated_tokens=0,
                engine_s=0.0,
            ),
            verdict=Verdict(outcome=outcome, status="s", reason="", verifier="v", version=1),
        )
        for index, outcome in enumerate(outcomes)
    ]


# On a model


class Shuffled(TellingModel):
    """Its samples end in the order that a list says, and it knows which were cancelled."""

    def __init__(self, texts: Sequence[str], order: Sequence[int]) -> None:
        super().__init__(lambda _prompt, _seed, index: texts[index])
        self._order = order

    async def sample(
        self, prompt: Tokens | str, n: int, params: SamplingParams, seed: int, *, skip: Collection[int] = ()
    ) -> AsyncGenerator[Completion, None]:
        whole = {one.index: one async for one in super().sample(prompt, n, params, seed, skip=skip)}
        for index in sorted(whole, key=self._order.index):
            await asyncio.sleep(0)
            yield whole[index]


def probed(model: Shuffled, rule: Rule) -> tuple[labels.Labelled, Counts]:
    """Label a solution of two steps; texts that begin with `right` are accepted."""
    counts = Counts()
    judge = TellingJudge(lambda text: "accepted" if "right" in text else "rejected")

    async def whole() -> labels.Labelled:
        metered = MeteredModel(model, counts)
        search = labels.search(a_problem(family="none"), a_sampler(metered), judge)
        text, tokenizer = "one\ntwo", model.tokenizer
        written = labels.Written(
            text=text,
            tokens=tokenizer.encode(text),
            logprobs=None,
            tokenizer=metered.tokenizer,
            family=model.info.family,
        )
        verdict = Verdict(outcome="rejected", status="s", reason="", verifier="v", version=1)
        solution = await labels.cut(search.problem, written, judge, verdict, "unsolved")
        return await labels.probe(search, solution, written, rule, 3, keep_text=True)

    return asyncio.run(whole()), counts


def test_what_a_wave_no_longer_needs_is_cancelled_and_counted() -> None:
    texts = ["no", "right 1", "right 2", "right 3"]
    result, counts = probed(Shuffled(texts, [0, 1, 2, 3]), Rule(strategy="waves", rollouts=4, waves=(4,)))
    assert [one.text for one in result.rollouts] == ["no", "right 1"]
    assert (result.steps[0].n_rollouts, result.steps[0].n_correct) == (2, 1)
    assert (counts.rollouts, counts.cancelled) == (2, 2)
    assert result.cost.generated_tokens == counts.generated_tokens == len("noright 1")


@pytest.mark.parametrize("order", [[3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]])
def test_counts_are_the_same_whichever_sample_ends_first(order: list[int]) -> None:
    texts = ["no", "right 1", "right 2", "right 3"]
    result, counts = probed(Shuffled(texts, order), Rule(strategy="waves", rollouts=4, waves=(4,)))
    assert [one.text for one in result.rollouts] == ["no", "right 1"]
    assert counts.rollouts + counts.cancelled == 4
    assert result.cost.generated_tokens == counts.generated_tokens >= len("noright 1"), "the quicker ones cost too"


def test_a_sample_is_the_same_one_for_every_strategy() -> None:
    def texts(strategy: Strategy) -> list[tuple[int, int, str | None]]:
        model = Shuffled(["no", "never", "right 2", "no 3"], [1, 0, 3, 2])
        result, _ = probed(model, Rule(strategy=strategy, rollouts=4, waves=(3, 1)))
        return [(one.seed, one.index, one.text) for one in result.rollouts]

    all_of_them = texts("fixed")
    assert [index for _, index, _ in all_of_them] == [0, 1, 2, 3]
    assert all(texts(strategy) == all_of_them[:3] for strategy in EARLY)
