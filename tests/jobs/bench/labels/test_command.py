"""The command on the embedded engine: a pool is recorded once, and replayed whenever it is asked for."""

import json
from pathlib import Path

import pytest

from jobs.bench.labels import cells, command, record
from jobs.bench.labels.cells import Cell


def test_a_cell_that_is_none_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--cells", "sums/3"]) == 2
    assert "no cell 'sums/3': residues/4 at 0.3, " in capsys.readouterr().err


def test_what_is_recorded_is_not_drawn_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small = Cell(family="words", difficulty=3, policy="math", temperature=1.0, max_tokens=160, target=0.6)
    monkeypatch.setattr(cells, "GRID", (small,))
    monkeypatch.setattr(record, "_BATCH", 16)
    sizes = ["--solutions", "2", "--fresh", "0", "--problems", "1"]
    argv = ["--cells", small.name, "words/2:math:1", *sizes, "--pool", str(tmp_path / "pool"), "--docs", str(tmp_path)]
    assert command.main(argv) == 0
    first = capsys.readouterr()
    page = (tmp_path / "labels.md").read_text()
    figures = json.loads(first.out.splitlines()[-1])
    assert set(figures) >= {"first_success_saving", "best_saving_at_equal_accuracy", "first_error_gain", "ece"}
    assert 0.3 < figures["prefill_over_suffix"] < 3
    assert figures["omegaprm"][small.name]["labels_ratio"]["value"] > 0
    assert "tokens in" in first.err
    assert command.main(argv) == 0
    again = capsys.readouterr()
    assert (again.out, "tokens in" in again.err) == (first.out, False)
    assert (tmp_path / "labels.md").read_text() == page
