"""Batches with canaries: a worker that judges wrongly is found out and replaced, and its verdicts never come out."""

from dataclasses import replace
from typing import Any

import pytest

from schemas.errors import ConfigError
from verifiers.programs import batch
from verifiers.programs.batch import CANARIES, Judge
from verifiers.programs.judgement import Cases, Submission
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Call, Config, Program, Run

CONFIG = Config(unconfined=True)


def submissions(count: int) -> list[Submission]:
    """Squares, of which every third is wrong."""
    return [
        Submission(
            program=Program(code=f"def f(x):\n    return x * x + {int(i % 3 == 2)}", entry_point="f"),
            by=Cases(calls=(Call(args=(i,)),), expected=(i * i,)),
        )
        for i in range(count)
    ]


def expected(count: int) -> list[str]:
    return ["fail" if i % 3 == 2 else "pass" for i in range(count)]


def test_verdicts_in_order_and_canaries_around_every_batch() -> None:
    with Judge(CONFIG) as judge:
        assert [one.status for one in judge.judge(submissions(7))] == expected(7)
        assert judge.canaries == 2 * len(CANARIES)
        assert [one.status for one in judge.judge(submissions(3))] == expected(3)
        assert judge.canaries == 3 * len(CANARIES)


def test_the_canaries_are_of_both_kinds() -> None:
    assert {(type(one.by).__name__, status) for _, one, status in CANARIES} == {
        (kind, status) for kind in ("Cases", "AssertTests") for status in ("pass", "fail")
    }


class Liar(Sandbox):
    """Returns what it likes once it has been asked `honest` times."""

    honest = 0

    def run(self, *args: Any, **kwargs: Any) -> Run:
        run = super().run(*args, **kwargs)
        self.honest -= 1
        return (
            run
            if self.honest >= 0
            else replace(run, returned=tuple(replace(one, value=[4, 0]) for one in run.returned))
        )


@pytest.mark.parametrize("honest", [0, 1, 12])
def test_a_worker_that_lies_is_replaced_and_the_batch_judged_again(
    honest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Sandbox] = []

    def start(config: Config) -> Sandbox:
        sandbox = Liar(config) if not started else Sandbox(config)
        if isinstance(sandbox, Liar):
            sandbox.honest = honest
        started.append(sandbox)
        return sandbox

    monkeypatch.setattr(batch, "Sandbox", start)
    with Judge(CONFIG) as judge:
        assert [one.status for one in judge.judge(submissions(9))] == expected(9)
        assert [one.status for one in judge.judge(submissions(9))] == expected(9)
    assert len(started) == 2


def test_where_no_worker_can_be_trusted_nothing_is_a_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "Sandbox", Liar)
    with Judge(CONFIG) as judge:
        verdicts = judge.judge(submissions(4))
    assert [(one.status, one.outcome) for one in verdicts] == [("infra", "undecided")] * 4
    assert "canary" in verdicts[0].reason


def test_a_worker_that_cannot_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Sandbox] = []

    def start(config: Config) -> Sandbox:
        if started:
            raise ConfigError("nothing left")
        started.append(Liar(config))
        return started[0]

    monkeypatch.setattr(batch, "Sandbox", start)
    with Judge(CONFIG) as judge:
        assert {one.status for one in judge.judge(submissions(2))} == {"infra"}


def test_a_cancelled_batch_ends_at_once_and_without_labels() -> None:
    with Judge(CONFIG) as judge:
        judge.cancel()
        assert {one.status for one in judge.judge(submissions(50))} == {"infra"}
