"""Prose of tactics, errors and statements: everything needed to write them again."""

from collections.abc import Iterator, Sequence
from random import Random

import pytest

from generators.prose import verbaliser
from verifiers.lean import native
from verifiers.lean.native import Native
from verifiers.lean.rows import Limits, Proof


@pytest.fixture(scope="module")
def lean() -> Iterator[Native]:
    missing = native.missing()
    if missing is not None:
        pytest.skip(missing)
    with Native() as backend:
        yield backend


H = "p q r : Prop\nh3 : p → q ∧ r\nh1 : p"


def goal(target: str, *more: str) -> str:
    return "\n".join([H, *more, f"⊢ {target}"])


@pytest.mark.parametrize(
    ("tactic", "before", "after", "said"),
    [
        ("intro h7", [goal("p → q")], [goal("q", "h7 : p")], "Assume `p` as `h7`; show `q`."),
        ("intro n", ["⊢ ∀ (n : Nat), n = n"], ["n : Nat\n⊢ n = n"], "Take `n` of type `Nat`; show `n = n`."),
        ("exact h1", [goal("p"), goal("q")], [goal("q")], "`h1` is `p`, the goal. Next show `q`."),
        ("exact h3 h1", [goal("q ∧ r")], [], "`h3` with `h1` gives `q ∧ r`, the goal. Done."),
        ("apply h4", [goal("q", "h4 : p → r → q")], [goal("p"), goal("r")], "By `h4`, to show `q` show `p`, then `r`."),
        (
            "apply Nat.le_trans (h2 h1)",
            ["⊢ a ≤ c"],
            ["⊢ b ≤ c"],
            "By `Nat.le_trans` with `h2 h1`, to show `a ≤ c` show `b ≤ c`.",
        ),
        ("constructor", [goal("p ∧ q")], [goal("p"), goal("q")], "To show `p ∧ q` show `p`, then `q`."),
        ("right", [goal("p ∨ q")], [goal("q")], "To show `p ∨ q` show its right side `q`."),
        (
            "obtain ⟨h5, h2⟩ := h3 h1",
            [goal("r")],
            [goal("r", "h5 : q", "h2 : r")],
            "`h3` with `h1` gives `q` as `h5` and `r` as `h2`.",
        ),
        (
            "rcases h4 with h5 | h2",
            [goal("r", "h4 : p ∨ q")],
            [goal("r", "h5 : p"), goal("r", "h2 : q")],
            "`h4`: either `p` as `h5`, or `q` as `h2`; show `r` in both cases.",
        ),
        ("have h9 := h3 h1", [goal("r")], [goal("r", "h9 : q ∧ r")], "`h3` with `h1` gives `q ∧ r` as `h9`."),
        ("exfalso", [goal("r")], [goal("False")], "To show `r` show `False`."),
        ("rw [← h2]", ["h2 : a = b\n⊢ b = c"], ["h2 : a = b\n⊢ a = c"],
         "Rewrite with `h2` from right to left: the goal `b = c` becomes `a = c`."),
        ("simp [h1]", [goal("p")], [], "`simp [h1]` closes the goal `p`. Done."),
        ("swap", [goal("p"), goal("q")], [goal("q"), goal("p")], "`swap` turns to the goal `q`."),
        ("specialize h3 h1", [goal("r")], ["p q r : Prop\nh1 : p\nh3 : q ∧ r\n⊢ r"], "`specialize h3 h1` gives `q ∧ r` as `h3`."),
    ],
)  # fmt: skip
def test_a_tactic_is_said_in_a_line(tactic: str, before: Sequence[str], after: Sequence[str], said: str) -> None:
    assert verbaliser.sentence(tactic, before, after) == said
    variants = {verbaliser.sentence(tactic, before, after, variant) for variant in range(verbaliser.VARIANTS)}
    assert len(variants) == verbaliser.VARIANTS


WRONG = [
    ("exact h1", "`h1` does not fit: it proves `p`, and `q` is to be shown."),
    ("exact h3 h2", "`h2` does not fit in `h3` with `h2`: it is `r → q`, and `p` is needed."),
    ("apply h1", "`h1` does not apply: it gives `p`, and `q` is to be shown."),
    ("apply h3", "`h3` does not apply: it gives `q ∧ r`, and `q` is to be shown."),
    ("exact h9", "There is no `h9` here."),
    ("exact Nat.nothing h1", "There is no `Nat.nothing` here."),
    ("left", "`left` does not work on the goal `q`."),
    ("intro h7", "The goal `q` has nothing to assume."),
    ("obtain ⟨h5, h6⟩ := h3", "`h3` is `p → q ∧ r`, which has no parts."),
    ("have h5 := h1 h2", "`h1` is `p` and takes no argument `h2`."),
    ("rw [h1]", "`h1` is `p`, no equation to rewrite with."),
    ("assumption", "`assumption` does not close the goal `q`."),
]


@pytest.mark.parametrize(("tactic", "said"), WRONG)
def test_leans_own_errors_are_said_in_a_line(lean: Native, tactic: str, said: str) -> None:
    statement = "theorem t (p q r : Prop) (h3 : p → q ∧ r) (h1 : p) (h2 : r → q) : q"
    row = Proof(name="t", statement=statement, proof=f":= by\n  {tactic}")
    verdict = next(iter(lean.check([row], Limits(cpu_s=5.0, wall_s=20.0))))
    error = next(message.text for message in verdict.messages if message.severity == "error")
    assert verbaliser.failure(tactic, ["p q r : Prop\nh3 : p → q ∧ r\nh1 : p\nh2 : r → q\n⊢ q"], error) == said


def test_an_error_of_another_kind_is_quoted() -> None:
    said = verbaliser.failure("omega", ["⊢ p"], "omega could not prove the goal:\na lot\n\nmore")
    assert said == "`omega` fails on the goal `p`: omega could not prove the goal: a lot."


STATEMENT = "theorem t (p q : Prop) (h1 h3 : p → q) (h2 : p) : q"


def test_a_statement_names_its_hypotheses_or_not() -> None:
    assert (
        verbaliser.statement(STATEMENT)
        == "For propositions `p` and `q`: if `h1`: `p → q`, `h3`: `p → q` and `h2`: `p`, then `q`."
    )
    assert (
        verbaliser.statement(STATEMENT, 3)
        == "Take propositions `p` and `q`. Assume `p → q`, `p → q` and `p`. Then `q`."
    )
    other = "theorem t (n : Nat) (f : Nat → Nat) (h : f n = n) : f (f n) = n :="
    assert verbaliser.statement(other, 1) == (
        "Let `n` be a natural number and `f` be of type `Nat → Nat`. Assume `f n = n` (`h`). Then `f (f n) = n`."
    )
    assert verbaliser.statement("theorem t : 1 = 1") == "`1 = 1`."
    assert verbaliser.statement("what is this") == "Show `what is this`."


def test_any_text_is_one_line() -> None:
    rng = Random(2)
    letters = "`pqh1 :=\n⟨⟩|⊢[]()→,"
    for _ in range(200):
        one, other = ("".join(rng.choice(letters) for _ in range(rng.randint(0, 30))) for _ in range(2))
        for start in ("obtain ", "rcases ", "have h := ", "rw [", "intro ", "exact ", "apply ", ""):
            told = verbaliser.sentence(start + one, [other, one], [one], 1)
            assert told and "\n" not in told
        assert "\n" not in verbaliser.failure(one, [other], other) + verbaliser.statement(f"theorem {one}")
