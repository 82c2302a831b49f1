"""The first dead prefix by Bayes' rule: on counts known by hand, and in a world that the model has not seen."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators import strategies
from generators.changepoint import LUCK, PASS, believe, most_telling
from generators.strategies import MOST, Probed, Rule, Strategy
from schemas.verdict import Outcome

LETTERS: dict[str, Outcome] = {"a": "accepted", "r": "rejected", "u": "undecided"}
N = 4


def replayed(
    *rows: str, own: Outcome | None = None, n: int = N, confidence: float = 0.95
) -> tuple[list[Probed], list[int]]:
    """Return what becomes of a pool spelled by letters, each row repeated without end, and which prefixes were asked in turn."""
    asked = []

    async def draw(step: int, indices: range, *, first: bool) -> Sequence[Outcome]:
        asked.extend([step] * len(indices))
        return [LETTERS[rows[step][index % len(rows[step])]] for index in indices] if rows[step] else []

    rule = Rule(strategy="changepoint", rollouts=n, confidence=confidence)
    return asyncio.run(strategies.label(rule, len(rows), draw, own)), asked


# What is believed


def test_before_any_rollout_every_step_is_as_likely_and_so_is_none() -> None:
    assert believe([(0, 0)] * 3, wrong=False).first == pytest.approx([0.2, 0.2, 0.2, 0.4])
    assert believe([(0, 0)] * 3, wrong=True).first == pytest.approx([0.25] * 4)
    assert believe([], wrong=False).first == (1.0,)


def test_belief_is_prior_times_likelihood_summed_over_the_grid() -> None:
    counts = [(2, 1), (0, 3)]
    weights = []
    for first, prior in enumerate((1, 1, 2)):
        total = 0.0
        for share in PASS:
            for lucky, weight in LUCK:
                product = prior * weight
                for prefix, (accepted, rejected) in enumerate(counts):
                    p = share ** ((2 - prefix) / 3) if prefix < first else lucky
                    product *= p**accepted * (1 - p) ** rejected
                total += product
        weights.append(total)
    assert believe(counts, wrong=False).first == pytest.approx([weight / sum(weights) for weight in weights])


def test_a_prefix_is_alive_where_the_first_dead_one_is_behind_it() -> None:
    belief = believe([(5, 1), (0, 6), (0, 6)], wrong=True)
    assert belief.alive(0) > 0.99 > 0.01 > belief.alive(1) > belief.alive(2)
    assert belief.alive(0) == pytest.approx(1 - belief.first[0])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=30), st.booleans())
def test_beliefs_are_probabilities_whatever_was_drawn(counts: list[tuple[int, int]], wrong: bool) -> None:
    belief = believe(counts, wrong=wrong)
    assert sum(belief.first) == pytest.approx(1)
    assert all(0 < p < 1 for row in belief.succeeds for p in row)
    assert not counts or most_telling(belief, range(len(counts))) in range(len(counts))


def test_what_is_known_is_not_asked_again() -> None:
    belief = believe([(6, 0), (0, 0), (0, 12)], wrong=True)
    assert most_telling(belief, range(3)) == 1
    assert most_telling(belief, (0, 2)) in (0, 2)


# What the strategy makes of it


def test_the_first_dead_prefix_is_found_and_the_rest_is_implied() -> None:
    found, asked = replayed("a", "a", "a", "r", "r", "r", "r", n=8)
    assert [one.hard for one in found] == [True] * 3 + [False] * 4
    assert len(asked) < 4 * 7
    for one in found:
        assert (
            one.stop
            == {
                (True, True): "first_success",
                (True, False): "implied_positive",
                (False, True): "exhausted",
                (False, False): "after_first_error",
            }[bool(one.hard), bool(one.outcomes)]
        )


def test_a_lucky_success_behind_the_error_and_failures_before_it_are_outvoted() -> None:
    # Counts that the strategy itself need not come upon.
    lucky_one = strategies._said([LETTERS[letter] for letter in "rrrrrrrrra"], False, said=True)
    unlucky = strategies._said([LETTERS["r"]] * 3, True, said=True)
    found = (lucky_one, unlucky)
    assert [(one.stop, one.hard) for one in found] == [("after_first_error", False), ("implied_positive", True)]
    lucky, _ = replayed("a", "a", "r", "rrrrrrrrarrrrrrrrrrrrrr", n=8, own="rejected")
    assert [one.hard for one in lucky] == [True, True, False, False]


@settings(deadline=None)
@given(
    st.lists(st.text("aru", min_size=1, max_size=4 * N), max_size=6), st.sampled_from([None, "rejected", "undecided"])
)
def test_work_is_bounded_labels_turn_once_and_outcomes_are_the_beginning_of_the_pool(
    rows: list[str], own: Outcome | None
) -> None:
    found, asked = replayed(*rows, own=own, confidence=1.1)
    assert all(asked.count(step) <= MOST * N for step in range(len(rows)))
    decided = sum(len(one.outcomes) - one.outcomes.count("undecided") for one in found)
    assert decided <= N * len(rows)
    for row, one in zip(rows, found, strict=True):
        spelled = [LETTERS[row[index % len(row)]] for index in range(len(one.outcomes))]
        assert list(one.outcomes) == spelled
    hard = [one.hard for one in found]
    assert None in hard or hard == sorted(map(bool, hard), reverse=True)
    for one in found:
        if one.stop in ("first_success", "exhausted"):
            assert one.hard is ("accepted" in one.outcomes)


def test_undecided_rollouts_say_nothing() -> None:
    found, asked = replayed("u", "u")
    assert {one.hard for one in found} == {None}
    assert len(asked) == 2 * MOST * N
    assert [one.hard for one in replayed("a", "u", "r", n=8)[0]][::2] == [True, False]


def test_a_prefix_without_room_is_neither_good_nor_dead_and_nor_is_a_longer_one() -> None:
    found, _ = replayed("a", "", "")
    assert [one.stop for one in found] == ["first_success", "over_length", "over_length"]
    assert [one.stop for one in replayed("", "")[0]] == ["over_length"] * 2


# In a simulation


@dataclass
class World:
    """Steps are right with one chance, errors stay but for some luck, and a solution is drawn as its continuations are."""

    steps: int
    skill: float
    luck: float
    draw: random.Random
    decoded: int = 0

    def solution(self) -> int:
        """Return the first error of a wrong solution."""
        while True:
            for step in range(self.steps):
                if self.draw.random() > self.skill:
                    return step

    def located(self, strategy: Strategy, number: int, error: int) -> int:
        """Return the step that a strategy calls wrong first, with the same samples for every strategy."""

        async def draw(step: int, indices: range, *, first: bool) -> Sequence[Outcome]:
            self.decoded += len(indices) * (self.steps - 1 - step)
            p = self.skill ** (self.steps - 1 - step) if step < error else self.luck
            return ["accepted" if self._sample(number, step, index) < p else "rejected" for index in indices]

        found = asyncio.run(strategies.label(Rule(strategy=strategy), self.steps - 1, draw))
        return next((step for step, one in enumerate(found) if one.hard is False), len(found))

    @staticmethod
    def _sample(number: int, step: int, index: int) -> float:
        return random.Random(f"{number} {step} {index}").random()


@pytest.mark.parametrize(("steps", "skill"), [(8, 0.92), (12, 0.95)])
def test_it_is_right_about_first_errors_more_often_than_eight_of_each_for_half_the_tokens(
    steps: int, skill: float
) -> None:
    right, decoded = {}, {}
    for strategy in ("fixed", "changepoint"):
        world = World(steps=steps, skill=skill, luck=0.02, draw=random.Random(0))
        errors = [world.solution() for _ in range(120)]
        right[strategy] = sum(world.located(strategy, at, error) == error for at, error in enumerate(errors))
        decoded[strategy] = world.decoded
    assert right["changepoint"] > right["fixed"] + 5
    assert decoded["changepoint"] < decoded["fixed"] / 2
