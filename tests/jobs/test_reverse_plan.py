"""A whole run of reverse plans, from functions in a file to the summary: a stand-in for the model, the real judge."""

import json
from pathlib import Path

import pytest

from jobs import shards
from pipeline.models import scripted
from pipeline.query import QUERIES, catalog
from schemas.model import ModelInfo
from tests.doubles import TellingModel

DOUBLE = "def double(xs):\n    return [2 * x for x in xs]"
LAST = "def last(xs):\n    return xs[-1:]"
PLANS = {DOUBLE: "Go through the numbers.\nDouble each of them.", LAST: "Look at the end.\nKeep the last number alone."}
SAMPLES = 2
CONFIG = """
[source]
questions = ["program"]
[models.m]
engine = "scripted"
[[policies]]
model = "m"
max_tokens = 200
[[generators]]
name = "reverse_plan"
rollouts = 2
[flow]
ray = false
programs_at_once = 1
"""


def tell(prompt: str, seed: int, index: int) -> str:
    """Explain what is shown; write what the last sentence of a plan says, under the name that is asked for."""
    if prompt.endswith("Explain.\n"):
        return next(plan for code, plan in PLANS.items() if code in prompt)
    name = prompt.removeprefix("Write ").partition("(")[0]
    known = next((code for code, plan in PLANS.items() if plan.split("\n")[1] in prompt), "def none(xs):\n    return 0")
    return f"def {name}{known[known.index('(') :]}"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], Path]:
    """Return the arguments of a run over two functions, and where it writes."""

    def info(*_: object) -> ModelInfo:
        return TellingModel(tell).info

    monkeypatch.setattr(scripted, "describe", info)
    monkeypatch.setattr(scripted, "load", lambda *_: TellingModel(tell))
    source, config, out = tmp_path / "mine.jsonl", tmp_path / "run.toml", tmp_path / "out"
    cases = {"double": [[[[1, 2]], [2, 4]], [[[5]], [10]]], "last": [[[[1, 2]], [2]], [[[5, 7, 9]], [9]]]}
    rows = [
        {"code": code, "entry_point": name, "cases": cases[name]} for name, code in (("double", DOUBLE), ("last", LAST))
    ]
    source.write_text("\n".join(map(json.dumps, rows)))
    config.write_text(CONFIG)
    return ["--config", str(config), "--source", str(source), "--out", str(out)], out


def test_the_summary_says_what_reasoning_is_worth(
    run: tuple[list[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, out = run
    assert shards.main(arguments) == 0
    printed = capsys.readouterr().out
    lines = [line.split() for line in printed.splitlines() if line.startswith("all ")]
    assert [line[:5] for line in lines] == [
        ["all", "reasoning", "2", "8", "1.000"],
        ["all", "alone", "2", "4", "0.000"],
        ["all", "uplift", "2", "8", "1.000"],
        ["all", "shuffled", "2", "4", "0.000"],
    ]
    assert lines[-1][-1] == "yes", "within the interval of the base line"
    assert "uninformative" not in printed

    with catalog(out) as connection:
        arms = connection.execute((QUERIES / "sufficiency.sql").read_text()).fetchall()
        ended = connection.execute("SELECT ended, root_n, root_correct, n_traces FROM problems").fetchall()
        kept = connection.execute("SELECT role, status, count(*) FROM traces GROUP BY ALL ORDER BY ALL").fetchall()
    assert [(arm[2], arm[5]) for arm in arms if arm[1] == "all"] == [
        ("reasoning", 1.0),
        ("alone", 0.0),
        ("uplift", 1.0),
        ("shuffled", 0.0),
    ]
    assert ended == [("done", 2, 0, 3)] * 2, "that nobody gets there without reasoning is no reason to stop"
    assert kept == [("plan", "decoy", 2), ("plan", "sufficient", 4)], "the audit leaves them as they are"
