"""A whole run of proof to language, from the families to the summary: a stand-in for the policy, Lean itself."""

import json
from pathlib import Path

import pytest

from jobs import export, shards
from pipeline.models import scripted
from pipeline.query import QUERIES, catalog
from schemas.model import ModelInfo
from tests.doubles import TellingModel
from tests.proofs import drawn, knowing_all

PROBLEMS = 6
THEOREMS = drawn(["implications", "orders"], [2, 3], 0, PROBLEMS)
CONFIG = f"""
problems = {PROBLEMS}
[source]
families = ["implications", "orders"]
difficulties = [2, 3]
[models.m]
engine = "scripted"
[[policies]]
model = "m"
max_tokens = 400
[[generators]]
name = "proof_to_language"
rollouts = 2
alone = 2
[flow]
ray = false
proofs_at_once = 1
problems_per_shard = 2
"""
tell = knowing_all(THEOREMS)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], Path]:
    """Return the arguments of a run over a few theorems, and where it writes."""

    def info(*_: object) -> ModelInfo:
        return TellingModel(tell).info

    monkeypatch.setattr(scripted, "describe", info)
    monkeypatch.setattr(scripted, "load", lambda *_: TellingModel(tell))
    config, out = tmp_path / "run.toml", tmp_path / "out"
    config.write_text(CONFIG)
    return ["--config", str(config), "--out", str(out)], out


def test_theorems_are_proved_told_and_proved_again(
    run: tuple[list[str], Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments, out = run
    assert shards.main(arguments) == 0
    printed = capsys.readouterr().out
    lines = [line.split("  ")[1:] for line in printed.splitlines() if line.startswith("all ")]
    assert [next(cell.strip() for cell in line if cell.strip()) for line in lines] == [
        "prose", "prose uplift", "model", "model uplift", "alone", "shuffled",
    ]  # fmt: skip
    assert lines[-1][-1].strip() == "yes", "within the interval of the base line"
    assert "blind back-translation" in printed and "uninformative" not in printed

    with catalog(out) as connection:
        arms = connection.execute((QUERIES / "faithfulness.sql").read_text()).fetchall()
        ended = connection.execute("SELECT ended, count(*) FROM problems GROUP BY ended").fetchall()
        kept = connection.execute(
            "SELECT role, status, count(*) FROM traces WHERE role <> 'revision' GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        linked = connection.execute(
            "SELECT count(*) FROM traces JOIN trees USING (tree_id) WHERE role = 'solution'"
        ).fetchall()
        repaired = connection.execute("SELECT DISTINCT status FROM traces WHERE role = 'revision'").fetchall()
    assert {arm[2]: arm[5] for arm in arms if arm[1] == "all"} == {
        "prose": 1.0, "prose uplift": 1.0, "model": 1.0, "model uplift": 1.0, "alone": 0.0, "shuffled": 0.0,
    }  # fmt: skip
    assert ended == [("done", PROBLEMS)], "that nobody gets there without prose is no reason to stop"
    assert kept == [
        ("solution", "verified", PROBLEMS), ("translation", "decoy", PROBLEMS), ("translation", "faithful", 2 * PROBLEMS),
    ]  # fmt: skip
    assert linked == [(PROBLEMS,)] and repaired == [("repaired",)]

    assert export.main(["--format", "proof-sft", "--shards", str(out), "--out", str(tmp_path / "sft")]) == 0


def test_a_second_call_does_nothing_and_a_larger_one_goes_on(
    run: tuple[list[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, _ = run
    calls = []
    for more in (["--problems", "2"], ["--problems", "2"], ["--problems", "4"]):
        assert shards.main([*arguments, *more, "--json"]) == 0
        calls.append(json.loads(capsys.readouterr().out.splitlines()[-1])["this_call"]["problems"])
    assert calls == [2, 0, 2]
