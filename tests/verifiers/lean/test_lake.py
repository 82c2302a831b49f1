"""The Lake backend against a stand-in project: `lake`, `lean` and `leanchecker` are scripts around the embedded kernel."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.verifiers.lean import standin
from verifiers.lean import check, lake, native
from verifiers.lean.rows import Limits, Proof
from verifiers.lean.states import Script, states

LIMITS = Limits(cpu_s=10.0, wall_s=30.0)
FALSE = "theorem t : False"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if native.missing() is not None:
        pytest.skip(str(native.missing()))
    folder, tools = standin.lake_project(tmp_path_factory.mktemp("lake"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", standin.path_with(tools))
        yield folder


@pytest.fixture(scope="module")
def backend(project: Path) -> lake.Lake:
    return lake.Lake(str(project))


@pytest.mark.parametrize(
    "row",
    [
        Proof(
            name="t",
            statement="theorem t (p q : Prop) (hp : p) (hq : q) : And p q",
            proof=":= by\n  exact And.intro hp hq",
        ),
        Proof(name="t", statement="theorem t {p : Prop} [h : Inhabited p] : p", proof=":= h.default"),
        Proof(
            name="A.t",
            statement="theorem t.{u} {α : Sort u} (a : α) : Eq a a",
            proof=":= rfl",
            header="namespace A\nuniverse w",
        ),
        Proof(name="A.t", statement="theorem t : Eq two 2", proof=":= rfl", header="namespace A\ndef two : Nat := 2"),
        Proof(name="t", statement="theorem t : p → p", proof=":= fun h => h", header="variable (p : Prop)"),
    ],
    ids=lambda row: row.statement,
)
def test_what_is_true_is_verified(backend: lake.Lake, row: Proof) -> None:
    verdict = next(backend.check([row], LIMITS))
    assert verdict.verdict == "verified", verdict
    assert verdict.axioms == () and verdict.stages[-3:] == ("statement", "axioms", "leanchecker")
    assert verdict.backend == "lake 4.35.0"


@pytest.mark.parametrize(
    ("words", "row"),
    [
        ("sorry", Proof(name="t", statement=FALSE, proof=":= sorry")),
        ("sorry", Proof(name="t", statement=FALSE, proof=":= sorry", header="set_option warn.sorry false")),
        ("axioms", Proof(name="t", statement=FALSE, proof=":= bad", header="axiom bad : False")),
        ("rejected", Proof(name="t", statement=FALSE, proof=":= True.intro")),
        ("rejected", Proof(name="t", statement=FALSE, proof=":= bad\naxiom bad : False")),
        ("statement_mismatch", Proof(name="u", statement=FALSE, proof=":= sorry")),
    ],
    ids=lambda value: getattr(value, "proof", value),
)
def test_cheats_are_not(backend: lake.Lake, words: str, row: Proof) -> None:
    verdict = next(backend.check([row], LIMITS))
    assert verdict.verdict in words.split(), verdict


def test_a_proof_of_another_statement_is_a_mismatch(backend: lake.Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the gate lets a shadowed name through, the second file still says what the header says."""
    from verifiers.lean import statement

    monkeypatch.setattr(statement, "command_in", lambda proof: None)
    proof = ":= sorry\nnamespace B\ndef False := True\ntheorem t : False := True.intro"
    verdict = next(backend.check([Proof(name="t", statement=FALSE, proof=proof)], LIMITS))
    assert verdict.verdict in ("sorry", "statement_mismatch"), verdict


def test_without_leanchecker_its_stage_is_missing(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, tools = standin.lake_project(tmp_path, checker=False)
    monkeypatch.setenv("PATH", standin.path_with(tools))
    backend = lake.Lake(str(folder))
    verdict = next(backend.check([Proof(name="t", statement="theorem t : True", proof=":= True.intro")], LIMITS))
    assert verdict.verdict == "verified" and verdict.stages == backend.stages == ("compile", "statement", "axioms")


def test_leanchecker_that_refuses_is_a_rejection(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, tools = standin.lake_project(tmp_path)
    standin.script(tmp_path / "toolchain" / "bin" / "leanchecker", "#!/bin/sh\necho no >&2\nexit 1\n")
    monkeypatch.setenv("PATH", standin.path_with(tools))
    row = Proof(name="t", statement="theorem t : True", proof=":= True.intro")
    verdict = next(lake.Lake(str(folder)).check([row], LIMITS))
    assert verdict.verdict == "rejected" and "leanchecker" in verdict.reason


def test_check_takes_it_where_a_project_is_given(project: Path) -> None:
    row = Proof(name="t", statement="theorem t : True", proof=":= True.intro")
    assert check.check_proof(row, check.Config(project=str(project))).backend == "lake 4.35.0"


@pytest.mark.parametrize("given", ["", "/nowhere", "."])
def test_what_is_missing_is_said(given: str, tmp_path: Path) -> None:
    verdict = check.check_proof(
        Proof(name="t", statement="theorem t : True", proof=":= True.intro"),
        check.Config(backend="lake", project=str(tmp_path) if given == "." else given),
    )
    assert verdict.verdict == "unavailable" and "project" in verdict.reason.lower()


def test_states_come_from_a_project_too(backend: lake.Lake) -> None:
    script = Script(name="t", statement="theorem t (p q : Prop) (h : p) : q → p", steps=("intro k", "exact k"))
    ran, refused = states(backend, [script, replace(script, steps=("end",))], LIMITS)
    assert ran.states == (("p q : Prop\nh : p\n⊢ q → p",), ("p q : Prop\nh : p\nk : q\n⊢ p",))
    assert ran.error is not None and (ran.error.step, ran.error.text[:13]) == (1, "Type mismatch")
    assert "begins a command" in refused.problem
