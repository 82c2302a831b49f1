"""`python -m jobs.check proofs`: rows in, verdicts out, counts last."""

import io
import json
from pathlib import Path

import pytest

from jobs.check import proofs
from jobs.check.__main__ import main
from schemas.problem import Problem
from verifiers.lean import native
from verifiers.lean.check import Config, check, proof_in, quick, reference_error
from verifiers.lean.rows import WORDS

AND = "theorem t (p q : Prop) (hp : p) (hq : q) : And p q"


@pytest.fixture(autouse=True)
def _kernel() -> None:
    if native.missing() is not None:
        pytest.skip(str(native.missing()))


def run(
    capsys: pytest.CaptureFixture[str], *rows: object, states: bool = False, config: Config | None = None
) -> tuple[int, list[dict[str, object]], dict[str, object], str]:
    lines = io.StringIO("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + "\n")
    code = proofs.judge_rows(lines, "x.jsonl", config or Config(), states=states)
    out, err = capsys.readouterr()
    *judged, counts = [json.loads(line) for line in out.splitlines()]
    return code, judged, counts, err


def row(proof: str, **more: str) -> dict[str, str]:
    return {"name": "t", "statement": AND, "proof": proof} | more


def test_every_row_comes_back_in_order_with_its_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    code, judged, counts, err = run(
        capsys,
        row(":= And.intro hp hq", id="7"),
        row(":= And.intro hp sorry"),
        "{",
        row(":= And.intro hq hp"),
        {"name": "t", "statement": AND},
        row(":= bad", header="axiom bad (p : Prop) : p"),
        row(":= bad _", header="axiom bad (p : Prop) : p"),
        row(":= sorry", name="u"),
    )
    assert code == 1 and err.count("error: x.jsonl:") == 2 and "'proof' must be a string" in err
    assert [one["verdict"] for one in judged] == [
        "verified",
        "sorry",
        "rejected",
        "rejected",
        "axioms",
        "statement_mismatch",
    ]
    assert (
        judged[0]["id"] == "7"
        and judged[0]["axioms"] == []
        and judged[0]["stages"] == ["compile", "statement", "replay"]
    )
    assert judged[4]["axioms"] == ["bad"] and judged[0]["backend"] == "native 4.35.0"
    assert judged[2]["messages"] and set(WORDS) < set(counts)
    assert (counts["rows"], counts["verified"], counts["errors"]) == (8, 1, 2)


def test_goals_and_workers(capsys: pytest.CaptureFixture[str]) -> None:
    given = row(":= by\n  constructor\n  exact hp\n  exact hq")
    code, judged, counts, _ = run(capsys, *[given] * 40, states=True, config=Config(workers=2))
    assert code == 0 and counts["verified"] == 40
    goals = judged[39]["goals"]
    assert isinstance(goals, list) and [one["tactic"] for one in goals] == ["constructor", "exact hp", "exact hq"]
    assert goals[2]["after"] == [] and goals[2]["start"] == [4, 2]


def test_a_lone_surrogate_is_a_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    _, judged, _, _ = run(capsys, row(":= \ud800"))
    assert judged[0]["verdict"] == "rejected"


def problem(reference: str) -> Problem:
    return Problem(
        problem_id="x",
        domain="proof",
        family="f",
        statement="",
        reference=reference,
        source="s",
        licence="l",
        split="t",
    )


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (":= And.intro hp hq", "verified"),
        (
            "So:\n```lean\ntheorem t (p q : Prop) (hp : p) (hq : q) : And p q := by\n  exact And.intro hp hq\n```\nDone.",
            "verified",
        ),
        ("```lean4\n:= And.intro hp hq\n```", "verified"),
        ("```lean\ntheorem t : True := True.intro\n```", "rejected"),
        ("```lean\n:= And.intro hp hq\n```\nor\n```lean\n:= sorry\n```", "sorry"),
        ("It is obvious.", "rejected"),
        ("", "rejected"),
    ],
)
def test_answers_of_models(text: str, status: str) -> None:
    for reference in (AND, AND + " := by\n  sorry", json.dumps({"name": "t", "statement": AND})):
        verdict = check(problem(reference), text)
        assert verdict.status == status and verdict.verifier == "lean", (reference, verdict)
        said = quick(problem(reference), text)
        assert said is None or said.status == status


def test_references_are_looked_at() -> None:
    assert reference_error(problem("namespace A\ntheorem t : True")) is None
    assert check(problem("namespace A\ntheorem t : True"), ":= True.intro").status == "verified"
    for bad in ("", "{}", "{", "def t : Nat", "theorem t : True /-", '{"name": "u", "statement": "theorem t : True"}'):
        assert reference_error(problem(bad)), bad
        assert check(problem(bad), ":= True.intro").outcome == "rejected"


def test_the_proof_in_a_text() -> None:
    code = "theorem u : p := a\ntheorem A.t : (let x := 1; x = 1) := by\n  rfl"
    assert proof_in(code, "t") == ":= by\n  rfl"
    assert proof_in("theorem t : let x := 1; x = 1 := rfl", "t") == ":= rfl"
    assert proof_in("theorem t : ∀ n, p n\n  | 0 => a\n  | n => b", "t") == "| 0 => a\n  | n => b"
    assert proof_in("by simp", "t") == "by simp"


def test_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row(":= And.intro hp hq")) + "\n")
    assert main(["proofs", str(file), "--workers", "1"]) == 0
    *_, counts = capsys.readouterr().out.splitlines()
    assert json.loads(counts)["verified"] == 1
    assert main(["proofs", str(file), "--project", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["unavailable"] == 1
    with pytest.raises(SystemExit):
        main(["proofs", str(file), "--workers", "0"])
