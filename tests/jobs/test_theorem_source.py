"""A whole run over theorems of others: LeanDojo's rows with their source beside them, a stand-in for the policy, Lean itself."""

import json
from pathlib import Path

import pytest

from generators.prose import verbaliser
from jobs import shards
from pipeline.models import scripted
from pipeline.query import catalog
from schemas.model import ModelInfo
from tests.doubles import TellingModel
from tests.traced import benchmark
from verifiers.lean import native

NAMES = ["pred_le_pred", "lt_trichotomy"]
CONFIG = """
problems = 10
[source]
licence = "Apache-2.0"
[models.m]
engine = "scripted"
[[policies]]
model = "m"
max_tokens = 600
[[generators]]
name = "proof_to_language"
candidates = 2
expansions = 2
translations = 0
rollouts = 1
alone = 1
[[generators]]
name = "statements"
rollouts = 1
[flow]
ray = false
proofs_at_once = 1
"""


def tell(prompt: str, seed: int, index: int) -> str:
    """Find nothing, and put a statement into words that hold it."""
    asked = prompt.rstrip("\n")
    if asked.endswith("\nIn words:"):
        return verbaliser.statement(asked.removesuffix("\nIn words:"))
    if asked.endswith("\nFormal:"):
        return "theorem t : no_such_thing"
    return "exact no_such_thing"


def test_recorded_proofs_are_told_where_the_search_finds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if native.missing() is not None:
        pytest.skip(str(native.missing()))

    def info(*_: object) -> ModelInfo:
        return TellingModel(tell).info

    monkeypatch.setattr(scripted, "describe", info)
    monkeypatch.setattr(scripted, "load", lambda *_: TellingModel(tell))
    with native.Native() as lean:
        rows = benchmark(tmp_path / "library", lean, NAMES)
    source, config, out = tmp_path / "train.json", tmp_path / "run.toml", tmp_path / "out"
    source.write_text(json.dumps([*rows, {**rows[0], "full_name": "Nat.gone", "file_path": "Gone.lean"}]))
    config.write_text(CONFIG)
    arguments = ["--config", str(config), "--source", str(source), "--out", str(out)]
    assert shards.main(arguments) == 1, "a row was skipped"
    printed = capsys.readouterr()
    assert "its source Gone.lean is not beside train.json" in printed.out + printed.err
    with catalog(out) as connection:
        ended = connection.execute("SELECT ended, message FROM problems ORDER BY ended").fetchall()
        kept = connection.execute(
            "SELECT generator, role, policy.engine, outcome, status, len(steps), problem.licence FROM traces "
            "WHERE problem.statement LIKE '%trichotomy%' ORDER BY ALL"
        ).fetchall()
    assert [one[0] for one in ended] == ["done", "done", "skipped"] and "Gone.lean" in ended[-1][1]
    told = [row for row in kept if row[0] == "proof_to_language"]
    assert ("proof_to_language", "solution", "recorded", "accepted", "verified", 5, "Apache-2.0") in told
    assert ("proof_to_language", "translation", "verbaliser", "rejected", "unfaithful", 5, "Apache-2.0") in told
    assert [(row[1], row[2]) for row in kept if row[0] == "statements"] == [
        ("translation", "telling"),
        ("translation", "verbaliser"),
    ]
