"""Small programs: short runs, small values, a plan with a sentence for every stage."""

import ast
from random import Random

import pytest

from pipeline.families.small_programs import drawing
from pipeline.families.small_programs.drawing import MOST_EVENTS, informative, run_small, small
from verifiers.execution import small_python
from verifiers.execution.small_expressions import Value

programs = pytest.mark.parametrize("stages", [1, 2, 3, 4, 5])


@programs
def test_a_program_has_that_many_stages_and_a_sentence_for_each(stages: int) -> None:
    for seed in range(40):
        program = drawing.draw(Random(seed), stages)
        ast.parse(program.code)
        lines = program.code.splitlines()
        assert len(program.parts) == stages == len(program.plan) - 1
        for part in program.parts:
            assert lines[part.line - 1].strip() == part.code.splitlines()[0]
        assert program.plan[1].startswith("First ") and all(line.startswith("Then ") for line in program.plan[2:])


@programs
def test_programs_of_one_line_a_stage_have_a_way_back(stages: int) -> None:
    for seed in range(40):
        program = drawing.draw(Random(seed), stages, one_line=True)
        assert len(program.code.splitlines()) == stages + 2
        assert all(part.stage.back is not None for part in program.parts)


@programs
def test_calls_are_different_short_and_small(stages: int) -> None:
    for seed in range(40):
        rng = Random(seed)
        program = drawing.draw(rng, stages)
        found = drawing.calls(program, rng, 4)
        for value, result in found or ():
            events = list(small_python.run(program.code, "f", (value,)))
            assert len(events) <= MOST_EVENTS
            assert all(small(small_python.literal(text)) for event in events for _, text in event.changes)
            assert repr(small_python.literal(events[-1].value)) == repr(result)
        assert found is None or len({repr(value) for value, _ in found}) == 4


@pytest.mark.parametrize(
    ("value", "is_small"),
    [(199, True), (-199, True), (200, False), ([1] * 6, True), ([1] * 7, False), ([200], False), ([[1]], False)]
    + [("A" * 8, True), ("A" * 9, False), (None, False), ((1,), False)],
)
def test_what_is_small(value: Value, is_small: bool) -> None:
    assert small(value) is is_small


@pytest.mark.parametrize(
    "body",
    [
        "return n * 900",
        "while n:\n        n += 1\n    return n",
        "return n // 0",
        "return [n] * 7",
        "import os",
        "return",
    ],
)
def test_a_run_that_is_long_or_raises_or_grows_gives_nothing(body: str) -> None:
    assert run_small(f"def f(n):\n    {body}", 3, MOST_EVENTS) is None


def test_examples_that_are_all_alike_say_too_little() -> None:
    assert not informative([(1, 0), (2, 0), (3, 0)])
    assert not informative([(1, 1), (2, 2), (3, 3)])
    assert informative([(1, 2), (2, 3), (3, 4)])
