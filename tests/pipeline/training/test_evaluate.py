"""The card of a policy: its own corpus' families, measured on held-out problems by the judge of a run."""

import json
import shutil
from pathlib import Path

import pytest

from pipeline.families.catalog import FAMILIES
from pipeline.models.policy import POLICIES
from pipeline.training.corpora import CORPORA
from pipeline.training.evaluate import TOLD, Figures, Size, corpus_of, means, rendered, told_row, write_card

RECIPE = {
    "layers": 6,
    "hidden": 128,
    "vocabulary": 512,
    "context": 1024,
    "steps": 10,
    "batch": 4,
    "slip_rate": 0.07,
    "seed": 1,
}
SMALL = Size(problems=3, samples=2, difficulties=(2,))


@pytest.mark.parametrize("name", CORPORA)
def test_a_corpus_names_families_that_there_are(name: str) -> None:
    assert set(CORPORA[name].families) <= set(FAMILIES)
    assert len({FAMILIES[family].DOMAIN for family in CORPORA[name].families}) == 1


@pytest.mark.parametrize("name", [name for name in CORPORA if (POLICIES / name / "card.json").exists()])
def test_a_policy_is_measured_on_the_families_of_its_corpus(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    shutil.copytree(POLICIES / name, folder)
    write_card(folder, SMALL)
    card = json.loads((folder / "card.json").read_text())
    rows = [
        row for family in CORPORA[name].families for row in (family, *([told_row(family)] if family in TOLD else []))
    ]
    assert list(card["figures"]) == [f"{row}/2" for row in rows]
    for cell, figures in card["figures"].items():
        assert figures["samples"] == 6 and 0 <= figures["pass_at_1"] <= 1
        assert (figures["step_error_rate"] is None) == cell.startswith("programs")
    assert f"| {rows[0]}/2 | 6 | " in (folder / "CARD.md").read_text()
    kept = json.loads((POLICIES / name / "card.json").read_text())
    assert {key: value for key, value in card.items() if key != "figures"} == {
        key: value for key, value in kept.items() if key != "figures"
    }


def test_shares_are_of_what_was_counted() -> None:
    figures = Figures(samples=8, correct=4, steps_before_error=20, errors=3, unreadable=1, lucky=2)
    assert figures.as_row() == {
        "samples": 8,
        "pass_at_1": 0.5,
        "step_error_rate": 0.15,
        "unreadable": 0.125,
        "correct_despite_error": 0.25,
    }


def test_where_no_step_has_exact_truth_nothing_is_said_of_steps() -> None:
    row = Figures(samples=8, correct=4, unreadable=8).as_row()
    assert (row["pass_at_1"], row["step_error_rate"], row["unreadable"]) == (0.5, None, None)


def test_means_are_those_of_a_familys_difficulties() -> None:
    figures = {
        cell: Figures(samples=4, correct=correct).as_row()
        for cell, correct in {"outputs/1": 4, "outputs/2": 2, "programs/1": 0, "programs from the plan/1": 3}.items()
    }
    assert means(figures) == {"outputs": 0.75, "programs": 0.0, told_row("programs"): 0.75}


def test_the_card_says_what_it_was_made_from_and_what_it_cannot_do() -> None:
    figures = {"programs/1": Figures(samples=4, correct=3, unreadable=4).as_row()}
    card = {"name": "n", "parameters": 1000, "revision": "r", "recipe": RECIPE | {"corpus": "code"}, "figures": figures}
    page = rendered(card, SMALL)
    assert CORPORA["code"].cannot in page and CORPORA["code"].data in page
    assert "pipeline/training/code_corpus.py" in page and "--name code" in page
    assert "Mean pass@1: programs 0.750." in page
    assert "| programs/1 | 4 | 0.750 |  |  |  |" in page


def test_a_recipe_that_names_no_corpus_is_of_mathematics() -> None:
    assert corpus_of({"recipe": RECIPE}) == "math"
    assert corpus_of({"recipe": RECIPE | {"corpus": "code"}}) == "code"
