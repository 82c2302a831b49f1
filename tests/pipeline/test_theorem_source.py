"""Files of theorems: what becomes of each row, and that proofs which come with rows are verified by the real kernel."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline import theorem_files
from pipeline.config import SourceConfig
from pipeline.rows_in import MAX_LINE_BYTES
from pipeline.sources import Loaded, load
from pipeline.theorem_source import holds_theorems
from schemas.errors import SourceError
from tests.traced import FILE, benchmark
from verifiers.lean import native

NAMES = ["pred_le_pred", "lt_trichotomy", "not_succ_le_self"]
PLAIN: list[dict[str, Any]] = [
    {
        "name": "a",
        "statement": "theorem a (p q : Prop) (h : p ∧ q) : q",
        "proof": ":= by\n  obtain ⟨x, y⟩ := h\n  exact y",
    },
    {"name": "b", "statement": "theorem b (p : Prop) (h : p) : p :=", "proof": ":= h", "licence": "MIT"},
    {"name": "N.c", "statement": "theorem c : two = 2", "header": "namespace N\ndef two : Nat := 2", "split": "train"},
]
BROKEN: list[tuple[dict[str, Any], str]] = [
    (
        {"name": "x", "statement": "theorem x (p : Prop) : p", "proof": ":= by\n  trivial"},
        "its own proof is not accepted",
    ),
    ({"name": "x", "statement": "theorem y (p : Prop) : p"}, "the statement declares y, the row says x"),
    ({"name": "x", "statement": "theorem x : True\naxiom z : False"}, "correct the statement"),
    ({"statement": "theorem x : True"}, "no `name`"),
    ({"name": "x", "statement": "True"}, "no `name` and `statement` that declares a theorem"),
]


@pytest.fixture(scope="module")
def lean() -> Iterator[native.Native]:
    missing = native.missing()
    if missing is not None:
        pytest.skip(missing)
    with native.Native() as backend:
        yield backend


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def loaded(path: Path, count: int = 100) -> Loaded:
    return load(SourceConfig(path=str(path), licence="Apache-2.0", split="held"), count, 0)


def program(found: Loaded, place: int) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(found.problems[place].program or "{}")
    return made


def test_rows_with_a_statement_are_theorems_to_prove(tmp_path: Path, lean: native.Native) -> None:
    found = loaded(written(tmp_path / "mine.jsonl", PLAIN))
    assert [(one.domain, one.task, one.family) for one in found.problems] == [("proof", "prove", "mine")] * 3
    assert [one.statement for one in found.problems] == [str(row["statement"]).removesuffix(" :=") for row in PLAIN]
    assert [(one.licence, one.split) for one in found.problems] == [
        ("Apache-2.0", "held"),
        ("MIT", "held"),
        ("Apache-2.0", "train"),
    ]
    assert program(found, 0) == {"proof": ["obtain ⟨x, y⟩ := h", "exact y"]} and program(found, 1) == {}
    assert json.loads(found.problems[2].reference)["header"] == PLAIN[2]["header"]
    assert not found.refused and found.problems[1].given[0].text == ":= h"


def test_a_row_that_cannot_be_used_is_told_and_the_rest_goes_on(tmp_path: Path, lean: native.Native) -> None:
    rows = [PLAIN[0], *(row for row, _ in BROKEN[:3]), PLAIN[1]]
    path = written(tmp_path / "mine.jsonl", rows)
    found = loaded(path)
    assert [one.source for one in found.problems] == ["mine.jsonl:1", "mine.jsonl:5"]
    assert [one.where for one in found.refused] == [f"{path}:{line}" for line in (2, 3, 4)]
    for (_, said), one in zip(BROKEN[:3], found.refused, strict=True):
        assert said in one.message and one.message.startswith("x: "), one.message
    assert [one.source for one in loaded(path, 2).problems] == ["mine.jsonl:1"], "what is refused counts"


def test_later_rows_of_another_kind_are_refused(tmp_path: Path, lean: native.Native) -> None:
    rows = [PLAIN[0], PLAIN[1], *[{**PLAIN[0], "name": f"a{k}", "statement": f"theorem a{k} : True"} for k in range(3)]]
    rows = [{key: value for key, value in row.items() if key != "proof"} for row in rows]
    found = loaded(written(tmp_path / "m.jsonl", [*rows, *(row for row, _ in BROKEN[3:]), PLAIN[0], rows[0]]))
    assert [one.kind for one in found.refused] == ["unreadable", "unreadable", "duplicate", "duplicate"]
    for (_, said), one in zip(BROKEN[3:], found.refused, strict=False):
        assert said in one.message


def test_a_statement_whose_proof_was_refused_may_come_again(tmp_path: Path, lean: native.Native) -> None:
    bad = {**PLAIN[0], "proof": ":= by\n  exact h"}
    path = written(tmp_path / "m.jsonl", [bad, PLAIN[0], bad, PLAIN[0]])
    found = loaded(path)
    assert [one.source for one in found.problems] == ["m.jsonl:2"]
    assert [(one.kind, one.where.rpartition(":")[2]) for one in found.refused] == [
        ("bad_reference", "1"), ("duplicate", "3"), ("duplicate", "4"),
    ]  # fmt: skip
    assert f"the same row as {path}:1" in found.refused[1].message
    assert f"the same problem as {path}:2" in found.refused[2].message
    assert found.refused[0].problem_id != found.problems[0].problem_id == found.refused[2].problem_id


def test_the_benchmark_is_read_with_its_sources_beside_it(tmp_path: Path, lean: native.Native) -> None:
    rows = benchmark(tmp_path / "library", lean, NAMES)
    path = tmp_path / "train.json"
    path.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    found = loaded(path)
    assert [json.loads(one.reference)["name"] for one in found.problems] == [f"Nat.{name}" for name in NAMES]
    assert not found.refused and found.problems[0].statement.startswith("theorem pred_le_pred {n m : Nat} (h : n ≤ m)")
    for place in range(3):
        known = program(found, place)
        assert known["proof"] and known["tactics"] and "flat" not in known
    # What stands inside of a tactic is part of it, bullets are not needed.
    assert len(program(found, 0)["proof"]) == 1 < len(program(found, 0)["tactics"])
    assert program(found, 1)["proof"][0] == "rcases Nat.lt_or_ge n m with h | h"
    assert "decoy" not in program(found, 0) and program(found, 1)["decoy"]


def test_without_the_source_a_row_is_skipped_and_never_read_from_elsewhere(tmp_path: Path, lean: native.Native) -> None:
    rows = benchmark(tmp_path / "data", lean, NAMES[:2])
    (tmp_path / "secret.lean").write_text((tmp_path / "data" / FILE).read_text())
    rows[1]["file_path"] = "../secret.lean"
    found = loaded(written(tmp_path / "data" / "rows.jsonl", [*rows, {**rows[0], "file_path": "Gone.lean"}]))
    assert len(found.problems) == 1
    assert all("is not beside rows.jsonl" in one.message for one in found.refused) and len(found.refused) == 2
    with pytest.raises(SourceError, match=r"no theorem that can be used.*Gone"):
        loaded(written(tmp_path / "other.jsonl", [{**rows[0], "file_path": "Gone.lean"}]))


def test_what_holds_theorems() -> None:
    assert holds_theorems(PLAIN)
    assert not holds_theorems([]) and not holds_theorems([{"statement": "1 + 1", "reference": "2"}])
    assert not holds_theorems([PLAIN[1], {**PLAIN[0], "reference": "x"}]) and not holds_theorems([{"a": 1}])


def test_a_list_is_read_object_by_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theorem_files, "_CHUNK", 7)
    path = tmp_path / "a.json"
    path.write_text('\ufeff [ {"a": "' + "x" * 100 + '"} ,\n{"b": [1, {"c": "]"}]}, 3, {"d": "\\ud800"}]')
    rows = list(theorem_files.listed(path))
    assert [row.number for row in rows] == [1, 2, 3, 4] and rows[1].values == {"b": [1, {"c": "]"}]}
    assert [row.fault is None for row in rows] == [True, True, False, False]
    for broken in ('[{"a": 1}, {"b', "[", '[{"a": 1}', "[" * 100_000):
        path.write_text(broken)
        assert list(theorem_files.listed(path))[-1].fault is not None
    assert MAX_LINE_BYTES > 7
