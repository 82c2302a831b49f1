"""What a search is compared by, and what the engine says by its steps that it read."""

from jobs.bench.labels import trees
from jobs.bench.labels.prefill import Counting
from jobs.bench.labels.trees import Made
from tests.doubles import TellingModel, a_sampler
from tests.rows import a_last_step, a_step, a_trace


def test_labels_are_counted_in_rows_and_once_by_their_prefix() -> None:
    first = a_step("one\n", n_correct=2)
    dead = a_step("two\n", n_correct=0)
    behind = a_step("three\n", n_rollouts=0, n_correct=0, stop_reason="after_first_error")
    unseen = a_step("three\n", n_rollouts=0, n_correct=0, stop_reason="unprobed")
    made = Made(decoded=100)
    made.add(a_trace(steps=(first, dead, behind, a_last_step()), outcome="rejected", first_error=1))
    made.add(a_trace(steps=(first, dead, unseen, a_last_step()), outcome="rejected", first_error=2))
    made.add(a_trace(steps=(first, a_last_step()), outcome="accepted", first_error=-1))
    made.add(a_trace(steps=(a_step("other\n"), a_last_step()), outcome="accepted", first_error=-1))
    assert made.counts() == (100, 3 + 2 + 1 + 1, 4, 2, 1)


def test_solutions_without_labels_say_nothing_of_first_errors() -> None:
    unsolved = a_step(n_rollouts=0, n_correct=0, stop_reason="unsolved")
    made = Made()
    made.add(a_trace(steps=(unsolved, a_last_step()), outcome="rejected", first_error=0))
    assert made.counts() == (0, 0, 0, 0, 0)


def test_rates_are_sums_over_sums_and_paired_by_problem() -> None:
    searched = [Made(decoded=100, labels=8, prefixes={"a", "b"}, wrong=2, located=2) for _ in range(20)]
    every = [Made(decoded=size, labels=size // 100, prefixes={"a"}, wrong=2, located=1) for size in (100, 300) * 10]
    found = trees.compared(searched, every, 0)
    assert found["labels_per_1000"] == [80.0, 10.0]
    assert found["labels_ratio"] == {"value": 8.0, "interval": [8.0, 8.0]}
    assert found["prefixes_per_1000"] == [20.0, 5.0]
    low, high = found["prefixes_ratio"]["interval"]
    assert low < 4.0 < high
    assert found["first_error_accuracy"] == [1.0, 0.5]
    assert found["first_error_difference"] == {"value": 0.5, "interval": [0.5, 0.5]}
    assert found["wrong"] == [40, 40]


def test_the_engine_reads_a_prompt_once() -> None:
    engine, sampler = Counting("math"), a_sampler(TellingModel(lambda *_: ""), parts={})
    prompt = tuple(range(300, 400))
    whole, read = engine.draw(sampler, prompt, 30, 1)
    assert read == 100
    assert 1 <= len(whole.tokens) <= 30
    assert engine.draw(sampler, prompt, 1, 2)[1] <= 4  # whole blocks of 32 are there
    assert engine.draw(sampler, prompt[:64], 1, 2)[1] == 1  # its last token has to be computed for the next one
    longer = (*prompt[:64], *range(400, 410))
    assert engine.draw(sampler, longer, 1, 3)[1] == 10
