"""python -m jobs.train_policy: measuring needs no environment of its own; training and measuring are two things to ask for."""

import sys
from pathlib import Path

import pytest

from jobs import train_policy
from pipeline.models.policy import POLICIES


def test_it_says_how_it_is_used_without_torch(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        train_policy.main(["--help"])
    assert ended.value.code == 0 and "--card" in capsys.readouterr().out
    assert "torch" not in sys.modules


@pytest.mark.parametrize("arguments", [[], ["--card", "--work", "folder"], ["--card", "--name", "poetry"]])
def test_what_it_cannot_do_it_refuses(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        train_policy.main(arguments)
    assert ended.value.code == 2


def test_measuring_writes_the_card_of_the_policy_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[Path] = []
    monkeypatch.setattr(train_policy, "write_card", measured.append)
    assert train_policy.main(["--card", "--name", "code"]) == 0
    assert measured == [POLICIES / "code"]
