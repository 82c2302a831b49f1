"""What a solver writes: each slip is carried on, and a text without slips is right from end to end."""

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.families import outputs
from pipeline.families.small_programs import drawing, solving
from pipeline.families.small_programs.solving import MOST_EVENTS, as_arguments, feedback, from_arguments, slip
from verifiers.execution.small_expressions import Unsupported, Value

values = st.integers(-199, 199) | st.lists(st.integers(-199, 199), max_size=6) | st.text("ABCDE", max_size=8)


@given(values, st.integers(0, 2**32))
def test_a_slip_is_another_value_of_the_same_kind(value: Value, seed: int) -> None:
    other = slip(value, Random(seed))
    assert other != value and type(other) is type(value)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.1, 0.6, 1.0]))
def test_a_run_with_slips_stays_short_and_ends_in_an_answer(seed: int, slip_rate: float) -> None:
    draft = outputs.problem(Random(seed), 1 + seed % 5)
    lines = outputs.solution(draft, Random(seed), slip_rate)
    assert lines[-1].startswith("Answer: ") and len(lines) <= MOST_EVENTS + 1
    if not slip_rate:
        assert lines == [*json.loads(draft.program or "{}")["lines"], f"Answer: {draft.reference}"]


def test_the_answer_is_what_the_narration_returned() -> None:
    for seed in range(60):
        draft = outputs.problem(Random(seed), 3)
        *lines, answer = outputs.solution(draft, Random(seed), 0.4)
        assert lines[-1].endswith(f": returns {answer.removeprefix('Answer: ')}.")


def test_a_run_that_never_ends_has_no_narration() -> None:
    with pytest.raises(Unsupported):
        solving.forwards("def f(n):\n    while n:\n        n += 1\n    return n", 1, Random(1), 0.0)


def test_there_is_no_way_back_to_what_a_program_never_returns() -> None:
    rng = Random(3)
    program = drawing.draw(rng, 1, one_line=True)
    while program.parts[0].stage.name != "double_text":
        program = drawing.draw(rng, 1, one_line=True)
    assert solving.backwards(program.parts, "ABC", rng, 0.0) is None
    assert solving.backwards(program.parts, "ABAB", rng, 0.0) == [
        "f returns 'ABAB'.",
        "Before line 2, `r = s * 2`: s = 'AB'." if "r = " in program.code else "Before line 2, `s = s * 2`: s = 'AB'.",
        "Answer: f('AB')",
    ]


@given(values)
def test_arguments_are_read_as_they_are_written(value: Value) -> None:
    assert from_arguments(as_arguments(value)) == value


def test_what_execution_says() -> None:
    assert feedback("output", [1, 2], "5") == "f([1, 2]) does not return 5."
    assert feedback("input", 3, "'A'") == "f(3) returns 'A'."
