"""LeanDojo's JSON and its objects become proof problems; nothing of the package is needed."""

import json
from types import SimpleNamespace

from pipeline import lean_dojo
from schemas.errors import SourceError
from schemas.problem import Problem
from verifiers.lean import check, native

FILE = """-- a file of a traced repository
def two : Nat := 2

theorem A.both (p q : Prop) (hp : p) (hq : q) : And p q := by
  constructor
  exact hp
  exact hq

theorem after : True := True.intro
"""
HYPOTHESES = "p q : Prop\nhp : p\nhq : q"
TACTICS: list[dict[str, object]] = [
    {
        "tactic": "constructor",
        "annotated_tactic": ["<a>constructor</a>", [{"full_name": "And.intro", "def_path": "Init.lean"}]],
        "state_before": f"{HYPOTHESES}\n⊢ And p q",
        "state_after": f"case left\n{HYPOTHESES}\n⊢ p\n\ncase right\n{HYPOTHESES}\n⊢ q",
    },
    {"tactic": "exact hp", "annotated_tactic": ["exact hp", []], "state_before": "⊢ p", "state_after": "⊢ q"},
    {"tactic": "exact hq", "annotated_tactic": ["exact hq", []], "state_before": "⊢ q", "state_after": "no goals"},
]
ROW: dict[str, object] = {
    "url": "https://example.org/proofs",
    "commit": "c" * 40,
    "file_path": "Proofs/Both.lean",
    "full_name": "A.both",
    "start": [4, 1],
    "end": [7, 11],
    "traced_tactics": TACTICS,
}


def source(url: str, commit: str, path: str) -> str | None:
    return FILE if path == "Proofs/Both.lean" else None


def one(row: object, **more: object) -> Problem:
    found = next(lean_dojo.problems([row], "train.json", "Apache-2.0", "train", source))
    assert isinstance(found, Problem), found
    return found


def test_a_row_keeps_states_and_premises() -> None:
    problem = one(ROW)
    assert problem.domain == "proof" and problem.source == "train.json:0" and problem.split == "train"
    recorded = json.loads(problem.program or "")
    assert recorded["premises"] == ["And.intro"] and recorded["file_path"] == "Proofs/Both.lean"
    assert [tactic["tactic"] for tactic in recorded["tactics"]] == ["constructor", "exact hp", "exact hq"]
    assert len(recorded["tactics"][0]["after"]) == 2 and recorded["tactics"][2]["after"] == []


def test_the_statement_is_locked_and_its_proof_is_verified() -> None:
    problem = one(ROW)
    reference = json.loads(problem.reference)
    assert reference["name"] == "A.both" and reference["header"].endswith("Nat := 2\n\n")
    assert problem.statement == "theorem A.both (p q : Prop) (hp : p) (hq : q) : And p q"
    assert problem.given[0].text.startswith(":= by\n  constructor") and check.reference_error(problem) is None
    if native.missing() is None:
        assert check.check(problem, problem.given[0].text).status == "verified"
        assert check.check(problem, ":= sorry").status == "sorry"


def test_without_the_source_the_first_goal_is_asked() -> None:
    problem = next(lean_dojo.problems([ROW], "x", "l"))
    assert isinstance(problem, Problem) and problem.statement == f"{HYPOTHESES}\n⊢ And p q"
    assert check.reference_error(problem)


def test_objects_of_the_package_are_read_by_what_they_have() -> None:
    def tactic(row: dict[str, object]) -> SimpleNamespace:
        return SimpleNamespace(**row, get_annotated_tactic=lambda: row["annotated_tactic"])

    repo = SimpleNamespace(url=ROW["url"], commit=ROW["commit"])
    inner = SimpleNamespace(repo=repo, file_path=ROW["file_path"], full_name=ROW["full_name"])
    theorem = SimpleNamespace(
        theorem=inner,
        get_traced_tactics=lambda: [tactic(one) for one in TACTICS],
        start=SimpleNamespace(line_nb=4, column_nb=1),
        end=SimpleNamespace(line_nb=7, column_nb=11),
    )
    found, broken = lean_dojo.traced([theorem, SimpleNamespace()], "x", "l", source=source)
    assert isinstance(found, Problem) and json.loads(found.reference) == json.loads(one(ROW).reference)
    assert isinstance(broken, SourceError) and "x:1" in str(broken)


def test_nonsense_is_an_error_of_its_row() -> None:
    rows = [
        None,
        3,
        {},
        {**ROW, "url": 3},
        {**ROW, "traced_tactics": [], "start": None},
        {**ROW, "start": [0, "x"], "traced_tactics": 7},
    ]
    found = list(lean_dojo.problems(rows, "x", "l", source=source))
    assert len(found) == len(rows) and all(isinstance(one, SourceError) for one in found)
    assert isinstance(
        next(lean_dojo.problems([{**ROW, "start": [99, 9], "end": [1, 1]}], "x", "l", source=source)), Problem
    )
