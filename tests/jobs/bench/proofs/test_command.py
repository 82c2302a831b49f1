"""The bench of proofs over a whole small run: a stand-in for the policy, Lean itself; and over rows that were tampered with."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from generators.prose import verbaliser
from jobs import shards as run
from jobs.bench.proofs import command, planting, recheck, shards
from jobs.bench.proofs.faithfulness import faithfulness
from jobs.bench.proofs.shards import Row
from pipeline.models import scripted
from schemas.model import ModelInfo
from tests.doubles import TellingModel
from tests.proofs import drawn, knowing_all
from verifiers.lean import native

PROBLEMS = 5
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
max_tokens = 1000
[[generators]]
name = "proof_to_language"
rollouts = 2
alone = 2
[[generators]]
name = "statements"
rollouts = 2
[flow]
ray = false
proofs_at_once = 1
"""
_proofs = knowing_all(THEOREMS)
_WORDS = {verbaliser.statement(theorem.statement): theorem.statement for theorem in THEOREMS}


def tell(prompt: str, seed: int, index: int) -> str:
    asked = prompt.rstrip("\n")
    if asked.endswith("\nIn words:"):
        return verbaliser.statement(asked.removesuffix("\nIn words:"), 1)
    if asked.endswith("\nFormal:"):
        return _WORDS.get(asked.removesuffix("\nFormal:"), "theorem t : x")
    return _proofs(prompt, seed, index)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return where the shards of a run are, beside its configuration; the stand-in stays for runs of the tests."""
    if native.missing() is not None:
        pytest.skip(str(native.missing()))
    where = tmp_path_factory.mktemp("proofs")
    config = where / "run.toml"
    config.write_text(CONFIG)

    def info(*_: object) -> ModelInfo:
        return TellingModel(tell).info

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scripted, "describe", info)
        patch.setattr(scripted, "load", lambda *_: TellingModel(tell))
        assert run.main(["--config", str(config), "--out", str(where / "out")]) == 0
        yield where / "out"


@pytest.fixture
def rows(folder: Path) -> list[Row]:
    (found,) = shards.rows(folder).values()
    return found


def quiet(_: str) -> None:
    pass


def test_everything_in_a_run_comes_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--shards", str(folder), "--plant", "40"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["theorems_proved"] == PROBLEMS and figures["minutes"] is None
    assert figures["proofs_reproduced"] == figures["errors_reproduced"] == figures["verbaliser_pass"] == 1.0
    assert figures["discharged"] == 1.0 and figures["errors"] > 0
    assert (figures["blind_verified"], figures["alone"], figures["uplift"]) == (1.0, 0.0, 1.0)
    assert figures["shuffled"] == 0.0 and figures["shuffled_inside"] is True
    assert figures["planted"] == 40 and figures["planted_caught"] == 1.0 and figures["false_alarms"] == 0.0
    assert figures["statements"]["verbaliser"] == {"rows": 5, "equivalent": 5, "decided": 10, "correct": 10}
    assert figures["statements"]["models"] == {"rows": 5, "different": 5, "decided": 10, "correct": 0}


def test_a_run_of_its_own_is_timed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--config", str(folder.parent / "run.toml"), "--problems", "1", "--plant", "2"]
    assert command.main(arguments) == 0
    printed = capsys.readouterr()
    figures = json.loads(printed.out)
    assert figures["theorems_proved"] == 1 and figures["minutes"] >= 0
    assert "accepted proofs verified again" in printed.err


def test_a_proof_that_is_none_is_found_out(rows: list[Row]) -> None:
    first = next(row for row in rows if row.role == "solution" and row.outcome == "accepted")
    broken = replace(first, steps=(*first.steps[:-1], replace(first.steps[-1], tactic="sorry")))
    share, proved = recheck.proofs([broken], quiet)
    assert (share.of, share.right) == (1, 0) and proved == set()


def test_an_error_at_another_place_or_with_other_words_is_found_out(rows: list[Row]) -> None:
    row = next(row for row in rows if row.role == "revision")
    place = next(place for place, step in enumerate(row.steps) if step.action == shards.FAILED)

    def changed(**what: object) -> Row:
        steps = list(row.steps)
        steps[place] = replace(steps[place], **what)  # type: ignore[arg-type]  # fields by name
        return replace(row, steps=tuple(steps))

    said = row.steps[place].reasons[0]
    right = next(step.tactic for step in row.steps[place + 1 :])
    for other in (
        changed(reasons=(f"{said}!",)),
        changed(reasons=(f"9{said}",)),
        changed(before=("⊢ False",)),
        changed(tactic=right),
    ):
        assert recheck.errors([other], quiet).right == 0
    assert recheck.errors([row], quiet).right == 1


def test_prose_that_is_wrong_does_not_pass(rows: list[Row]) -> None:
    row = next(row for row in shards.translations(rows) if row.engine == shards.VERBALISER and len(row.steps) > 1)
    swapped = replace(row, steps=(replace(row.steps[0], text=row.steps[1].text), *row.steps[1:]))
    assert recheck.verbalised([row])[0].share == 1.0
    assert recheck.verbalised([swapped])[0].right < len(row.steps)
    assert recheck.verbalised([replace(row, steps=row.steps[:-1])])[1].right == 0, "a goal is left"


def test_errors_are_planted_into_what_is_right_only(rows: list[Row]) -> None:
    found = [replace(row, engine="m") for row in shards.translations(rows) if row.engine == shards.VERBALISER]
    odd = [replace(row, steps=tuple(replace(step, text="So it is.\n") for step in row.steps)) for row in found[:1]]
    planted = planting.plant([*found, *odd], 60, 3)
    assert planted.caught.of == 60 and min(planted.kinds.values()) > 20
    assert planted.steps == planted.right.of + len(odd[0].steps) and planted.others_flagged.of == len(odd[0].steps)
    assert planting.plant([*found, *odd], 60, 3) == planted
    assert planting.plant(odd, 60).caught.of == 0 and planting.plant([], 5).false_alarms is None


def test_shares_are_means_over_theorems(rows: list[Row]) -> None:
    told = [row for row in rows if row.role == "translation"]
    half = {told[0].problem_id, told[-1].problem_id}
    some = [
        replace(row, steps=(*row.steps[:-1], replace(row.steps[-1], n=4, correct=4 if row.problem_id in half else 0)))
        if row.engine == shards.VERBALISER and row.status != shards.DECOY
        else row
        for row in told
    ]
    figures = faithfulness(some)
    assert (figures.theorems, figures.blind_verified, figures.alone, figures.uplift) == (5, 0.4, 0.0, 0.4)
    assert figures.uplift_low is not None and figures.uplift_high is not None
    assert 0 <= figures.uplift_low < 0.4 < figures.uplift_high <= 1
    assert faithfulness([]).uplift is None and faithfulness([]).shuffled_inside is None
    outside = [replace(row, root_correct=row.root_n) for row in told]
    assert faithfulness(outside).shuffled_inside is False


def test_a_folder_without_proofs_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--shards", str(tmp_path)]) == 2
    assert "error: " in capsys.readouterr().err
