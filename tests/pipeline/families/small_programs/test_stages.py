"""Stages: their code does what the way back undoes, and their sentences say everything that the code has in it."""

from random import Random
from typing import Any

import pytest

from pipeline.families.small_programs import drawing
from pipeline.families.small_programs.stage import Stage
from pipeline.families.small_programs.stages import BY_NAME, STAGES
from verifiers.execution import small_python
from verifiers.execution.small_expressions import Value

every_stage = pytest.mark.parametrize("name", BY_NAME)
KINDS: dict[str, type] = {"int": int, "list": list, "str": str}


def filled(stage: Stage, rng: Random) -> tuple[str, dict[str, Any]]:  # Any: what a stage's code is filled with
    """Return a program of that stage alone, and what was put into its places."""
    target = "n2" if "{w}" in stage.code else "n1"
    values = {"v": "n1", "w": target, "c": stage.c(rng) if stage.c else None, "d": stage.d(rng) if stage.d else None}
    lines = stage.code.format(**values).splitlines()
    return "\n".join(["def f(n1):", *(f"    {line}" for line in lines), f"    return {target}"]), values


def test_every_stage_has_a_name_of_its_own() -> None:
    assert len(BY_NAME) == sum(map(len, STAGES.values()))
    assert {kind: {stage.takes for stage in stages} for kind, stages in STAGES.items()} == {k: {k} for k in STAGES}


@every_stage
def test_a_stage_gives_what_it_says(name: str) -> None:
    stage = BY_NAME[name]
    for seed in range(20):
        rng = Random(seed)
        code, _ = filled(stage, rng)
        result = small_python.result(code, "f", (drawing.argument(rng, stage.takes),))
        assert isinstance(result, KINDS[stage.gives])


@pytest.mark.parametrize("name", [name for name, stage in BY_NAME.items() if stage.back is not None])
def test_the_way_back_leads_forward_again(name: str) -> None:
    stage, found = BY_NAME[name], 0
    assert stage.back is not None and "\n" not in stage.code
    for seed in range(60):
        rng = Random(seed)
        code, values = filled(stage, rng)
        result: Value = small_python.result(code, "f", (drawing.argument(rng, stage.takes),))
        before = stage.back(result, values["c"], rng)
        if before is not None:
            found += 1
            assert isinstance(before, KINDS[stage.takes])
            assert small_python.result(code, "f", (before,)) == result
    assert found > 5


@every_stage
def test_every_sentence_names_every_constant(name: str) -> None:
    stage = BY_NAME[name]
    for sentence in stage.says:
        for place in ("{c", "{d"):
            assert (place in sentence) == (place in stage.code)
        assert not sentence.endswith(".") and sentence[0].islower()
