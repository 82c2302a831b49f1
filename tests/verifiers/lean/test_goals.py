"""Tactic states: from the real kernel, and from what other tools record."""

import pytest

from verifiers.lean import goals
from verifiers.lean.native import Native
from verifiers.lean.rows import Limits, Proof, Tactic

LIMITS = Limits(cpu_s=5.0, wall_s=20.0)
AND = Proof(
    name="t",
    statement="theorem t (p q : Prop) (hp : p) (hq : q) : And p q",
    proof="\n:= by\n  constructor\n  exact hp\n  exact\n    hq",
    header="-- one line\n-- and another",
)
HYPOTHESES = "p q : Prop\nhp : p\nhq : q"


def test_every_tactic_has_its_states_and_its_place(lean: Native) -> None:
    left, right = f"case left\n{HYPOTHESES}\n⊢ p", f"case right\n{HYPOTHESES}\n⊢ q"
    found = goals.of_proof(lean, AND, LIMITS)
    assert [one.tactic for one in found] == ["constructor", "exact hp", "exact\n    hq"]
    assert [one.after for one in found] == [(left, right), (right,), ()]
    assert found[1].before == (left, right) and found[2].before == (right,)
    assert [(one.start, one.end) for one in found] == [((3, 2), (3, 13)), ((4, 2), (4, 10)), ((5, 2), (6, 6))]


def test_a_proof_that_fails_has_states_up_to_there(lean: Native) -> None:
    row = Proof(name="t", statement=AND.statement, proof=":= by\n  constructor\n  exact hq\n  exact hq")
    found = goals.of_proof(lean, row, LIMITS)
    assert [one.tactic for one in found][:2] == ["constructor", "exact hq"]


@pytest.mark.parametrize("proof", [":= And.intro hp hq", ":= by\naxiom x : False", "", ":= by (("])
def test_no_tactics_no_rows(lean: Native, proof: str) -> None:
    assert goals.of_proof(lean, Proof(name="t", statement=AND.statement, proof=proof), LIMITS) == []


def test_printed_states_are_cut_into_goals() -> None:
    dense = "case left\na : Nat\n⊢ a =\n    a\ncase right\n⊢ True"
    assert goals.goals_in(dense) == ("case left\na : Nat\n⊢ a =\n    a", "case right\n⊢ True")
    assert goals.goals_in("⊢ p\n\n⊢ q") == ("⊢ p", "⊢ q")
    assert goals.goals_in("no goals") == goals.goals_in("") == ()


def test_the_shape_of_the_repl() -> None:
    tactics = {
        "tactics": [
            {"tactic": "rfl", "goals": "⊢ 1 = 1", "pos": {"line": 2, "column": 3}, "endPos": {"line": 2, "column": 6}}
        ]
    }
    assert goals.of_repl(tactics) == [Tactic(tactic="rfl", before=("⊢ 1 = 1",), after=None, start=(2, 3), end=(2, 6))]
    node = {
        "stx": {"pp": "rfl", "range": {"start": {"line": 1, "column": 2}, "finish": {"line": 1, "column": 5}}},
        "goalsBefore": ["⊢ 1 = 1"],
        "goalsAfter": [],
        "name": "Lean.Parser.Tactic.tacticRfl",
    }
    tree = {
        "node": {"stx": None},
        "kind": "TermInfo",
        "children": [{"node": node, "kind": "TacticInfo", "children": []}],
    }
    assert goals.of_repl({"infotree": [tree]}) == [
        Tactic(tactic="rfl", before=("⊢ 1 = 1",), after=(), start=(1, 2), end=(1, 5))
    ]


def test_the_shapes_of_lean_dojo_and_pantograph() -> None:
    wanted = [
        Tactic(tactic="intro h", before=("⊢ p → p",), after=("h : p\n⊢ p",)),
        Tactic(tactic="exact h", before=("h : p\n⊢ p",), after=()),
    ]
    dojo = [
        {"tactic": "intro h", "state_before": "⊢ p → p", "state_after": "h : p\n⊢ p"},
        {"tactic": "exact h", "state_before": "h : p\n⊢ p", "state_after": "no goals"},
    ]
    pantograph = [
        {"tactic": "intro h", "goalBefore": "⊢ p → p", "goalAfter": "h : p\n⊢ p", "usedConstants": []},
        {"tactic": "exact h", "goalBefore": "h : p\n⊢ p", "goalAfter": "", "usedConstants": []},
    ]
    assert goals.of_lean_dojo(dojo) == goals.of_pantograph(pantograph) == wanted


@pytest.mark.parametrize(
    "nonsense", [None, 3, "x", {}, [3, None, {}], {"tactics": 3}, {"infotree": [3, {"node": 3, "children": 3}]}]
)
def test_nonsense_is_no_error(nonsense: object) -> None:
    goals.of_lean_dojo(nonsense)
    goals.of_pantograph(nonsense)
    if isinstance(nonsense, dict):
        assert goals.of_repl(nonsense) == []
