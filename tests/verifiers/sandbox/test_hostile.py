"""Hostile programs that end quickly; `python -m jobs.bench sandbox` runs the others too."""

import pytest

from jobs.bench import hostile, leftovers
from verifiers.sandbox.pool import Sandbox

QUICK = [one for one in hostile.programs() if not one.slow and one.name not in ("recursion in C", "gzip bomb")]


@pytest.fixture(scope="module")
def before(sandbox: Sandbox) -> tuple[dict[str, object], object]:
    if not {"pid", "tmpfs"} <= set(sandbox.layers):
        pytest.skip(f"their verdicts are for namespaces; here are {sandbox.layers}")
    seen = leftovers.probe(sandbox).returned
    return leftovers.left(sandbox), seen


@pytest.mark.parametrize("one", QUICK, ids=lambda one: one.name.replace(" ", "-"))
def test_it_is_contained(one: hostile.Hostile, sandbox: Sandbox, before: tuple[dict[str, object], object]) -> None:
    status, reason = hostile.verdict(sandbox, one)
    assert status in one.verdicts, reason
    assert leftovers.left(sandbox) == before[0]
    assert leftovers.probe(sandbox).returned == before[1], "the next run sees something of it"


def test_the_list_is_whole() -> None:
    assert len(hostile.programs()) >= 60
    assert sum(one.fake for one in hostile.programs()) >= 12
    assert not any("pass" in one.verdicts for one in hostile.programs())
    assert len({one.name for one in hostile.programs()}) == len(hostile.programs())


def test_an_honest_program_would_pass(sandbox: Sandbox) -> None:
    one = hostile.programs()[0]
    honest = hostile.Hostile("honest", "def f(x):\n    return 2 * x\n", ("pass",), one.limits, False)
    assert hostile.verdict(sandbox, honest)[0] == "pass"
