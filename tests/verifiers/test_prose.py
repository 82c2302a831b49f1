"""Prose of proof steps: what is true passes in every phrasing, what was planted is found."""

from collections.abc import Iterator
from random import Random

import pytest

from generators.prose import verbaliser
from pipeline.families import implications, orders
from pipeline.families.theorems.formulas import Formula
from pipeline.families.theorems.theorem import Theorem, shown
from verifiers import prose, prose_roles
from verifiers.lean.goal_text import change, normal

H = "p q r : Prop\nh3 : p → q ∧ r\nh1 : p\nh2 : r → q"


def goal(target: str, *more: str) -> str:
    return "\n".join([H, *more, f"⊢ {target}"])


STEPS: dict[str, tuple[list[str], list[str]]] = {
    "constructor": ([goal("p ∧ q")], [goal("p"), goal("q")]),
    "left": ([goal("p ∨ q")], [goal("p")]),
    "intro h7": ([goal("r → q")], [goal("q", "h7 : r")]),
    "exact h1": ([goal("p")], []),
    "exact h3 h1": ([goal("q ∧ r"), goal("p")], [goal("p")]),
    "apply h2": ([goal("q")], [goal("r")]),
    "obtain ⟨h5, h6⟩ := h3 h1": ([goal("q")], [goal("q", "h5 : q", "h6 : r")]),
    "have h9 := h2 h6": ([goal("q", "h6 : r")], [goal("q", "h6 : r", "h9 : q")]),
    "rcases h4 with h5 | h6": ([goal("q", "h4 : p ∨ r")], [goal("q", "h5 : p"), goal("q", "h6 : r")]),
    "exfalso": ([goal("q")], [goal("False")]),
    "apply Nat.le_trans h1": (
        ["a b c : Nat\nh1 : a ≤ b\nh2 : b ≤ c\n⊢ a ≤ c"],
        ["a b c : Nat\nh1 : a ≤ b\nh2 : b ≤ c\n⊢ b ≤ c"],
    ),
    "rw [h1]": (["a b : Nat\nh1 : a = b\n⊢ a + 0 = b"], ["a b : Nat\nh1 : a = b\n⊢ b + 0 = b"]),
    "simp": (["n : Nat\n⊢ n + 0 = n"], []),
    "induction n": (
        ["n : Nat\n⊢ 0 + n = n"],
        ["case zero\n⊢ 0 + 0 = 0", "case succ\nn✝ : Nat\na✝ : 0 + n✝ = n✝\n⊢ 0 + (n✝ + 1) = n✝ + 1"],
    ),
}
RIGHT = [
    ("constructor", "We split the conjunction `p ∧ q` into two goals: `p` and `q`."),
    ("constructor", "The goal is `p ∧ q`, so we prove both `p` and `q` separately."),
    ("constructor", "Since the goal is a conjunction, we need to prove `p` first and then `q`."),
    ("constructor", "By the constructor of ∧, it remains to prove p and q."),
    ("intro h7", "Assume `h7 : r`. We must show `q`."),
    ("intro h7", "Let `h7` be a proof of `r`; the goal is now `q`."),
    ("intro h7", "To prove the implication `r → q`, assume `r` as `h7` and prove `q`."),
    ("intro h7", "We introduce h7, so the goal becomes q."),
    ("exact h1", "The goal `p` follows directly from hypothesis `h1`."),
    ("exact h1", "Since `h1` states `p`, the goal `p` is done."),
    ("exact h3 h1", "Applying `h3` to `h1` gives `q ∧ r`, which is the goal."),
    ("exact h3 h1", "The goal `q ∧ r` follows by applying `h3 : p → q ∧ r` to `h1 : p`."),
    ("apply h2", "Since `h2` says `r → q`, to prove `q` it is enough to prove `r`."),
    ("apply h2", "We want `q`. By `h2` this follows from `r`, so now we prove `r`."),
    ("obtain ⟨h5, h6⟩ := h3 h1", "From `h3 h1` we get `h5 : q` and `h6 : r`."),
    ("obtain ⟨h5, h6⟩ := h3 h1", "Since `h3 h1` proves `q ∧ r`, we can split it into `h5 : q` and `h6 : r`."),
    ("have h9 := h2 h6", "By `h2` applied to `h6`, we get `q`, which we call `h9`."),
    ("left", "To show `p ∨ q`, it suffices to show the left side, `p`."),
    ("rcases h4 with h5 | h6", "Case analysis on `h4 : p ∨ r`: in the first case we have `h5 : p`, in the second `h6 : r`."),
    ("exfalso", "We derive a contradiction, so the goal becomes `False`."),
    ("apply Nat.le_trans h1", "Using Nat.le_trans with h1, to show a ≤ c it is enough to show b ≤ c."),
    ("apply Nat.le_trans h1", "Since a ≤ b by `h1`, it remains to show that b ≤ c."),
    ("rw [h1]", "We rewrite `a` as `b` using `h1`; the goal is now `b + 0 = b`."),
    ("simp", "The goal `n + 0 = n` follows by simplification."),
    ("induction n", "We proceed by induction on `n`. The base case is `0 + 0 = 0`."),
]  # fmt: skip
WRONG = [
    ("constructor", "To show `p ∧ q` show `q`, then `q`.", "`q`"),
    ("constructor", "To show `q ∧ p` show `p`, then `q`.", "`q ∧ p`"),
    ("intro h7", "Assume `r` as `h7`; show `r → q`.", "`r → q`"),
    ("intro h7", "Assume `q` as `h7`; show `q`.", "`q`"),
    ("intro h7", "Assume `r` as `h8`; show `q`.", "`h8`"),
    ("exact h1", "`h2` is `p`, the goal. Done.", "`p`"),
    ("exact h1", "`h1` is `p`, the goal. Next show `q`.", "`q`"),
    ("exact h3 h1", "`h3` with `h1` gives `q ∧ r`, the goal. Done.", "Done"),
    ("exact h3 h1", "`h3` with `h4` gives `q ∧ r`, the goal. Next show `p`.", "`h4`"),
    ("apply h2", "By `h2`, to show `r` show `r`.", "`r`"),
    ("apply h2", "`h2` closes the goal `q`.", "closes the goal"),
    ("apply h2", "By h12, to show `q` show `r`.", "h12"),
    ("left", "To show `p ∨ q` show its right side `p`.", "its right"),
    ("obtain ⟨h5, h6⟩ := h3 h1", "`h3` with `h1` gives `r` as `h5` and `r` as `h6`.", "`r`"),
    ("apply Nat.le_trans h1", "By `Nat.lt_trans` with `h1`, to show `a ≤ c` show `b ≤ c`.", "`Nat.lt_trans`"),
    ("exact h1", "Obviously.", "Obviously."),
    ("apply h2", "We use `h2`.", "We use `h2`."),
]  # fmt: skip


@pytest.mark.parametrize(("tactic", "text"), RIGHT)
def test_prose_of_others_that_is_true_passes(tactic: str, text: str) -> None:
    claims = prose.check(text, tactic, *STEPS[tactic])
    assert claims and {claim.verdict for claim in claims} == {"right"}, claims


@pytest.mark.parametrize(("tactic", "text", "place"), WRONG)
def test_what_is_wrong_is_found_where_it_stands(tactic: str, text: str, place: str) -> None:
    wrong = [claim for claim in prose.check(text, tactic, *STEPS[tactic]) if claim.verdict == "wrong"]
    assert wrong[-1].text == text[wrong[-1].start : wrong[-1].end] == place
    assert len(wrong) == 1 or (place == "`h8`" and wrong[0].text == "`r`")  # nobody knows what h8 says


def test_premises_may_be_named_and_what_occurs_nowhere_is_unsure() -> None:
    text = "By `Nat.le_trans`, to show `q` show `r`."
    assert not prose.passes(prose.check(text, "apply h2", *STEPS["apply h2"]))
    assert prose.passes(prose.check(text, "apply h2", *STEPS["apply h2"], premises=["Nat.le_trans"]))
    claims = prose.check("As `¬r ∧ ¬p`, say, to show `q` show `r`.", "apply h2", *STEPS["apply h2"])
    assert [claim.verdict for claim in claims] == ["unsure", "right", "right"]


def drawn(seed: int, count: int) -> Iterator[tuple[Theorem, Random]]:
    rng = Random(seed)
    for index in range(count):
        family = (implications, orders)[index % 2]
        yield family.draw(rng, rng.choice(family.DIFFICULTIES)), rng


def inside(formula: Formula) -> Iterator[str]:
    yield str(formula)
    for part in formula.parts:
        if isinstance(part, Formula):
            yield from inside(part)


def test_every_phrasing_of_every_step_passes_and_what_is_planted_is_found() -> None:
    planted, missed = 0, []
    for theorem, rng in drawn(5, 10):
        goals = theorem.states()
        states = [shown(state) for state in goals]
        said = [formula for state in goals for one in state for formula in [one.target, *dict(one.hypotheses).values()]]
        things = set() if theorem.goal.sort == "Prop" else {*theorem.goal.variables, *"0123456789"}
        formulas = sorted(
            {text for one in said for text in inside(one) if text not in things and not set("+*") & set(text)}
        )
        assert prose.discharged(states).verdict == "right"
        for step, line in enumerate(theorem.lines):
            around = states[step], states[step + 1]
            names = {name for one in (*goals[step], *goals[step + 1]) for name, _ in one.hypotheses}
            for variant in range(verbaliser.VARIANTS):
                text = verbaliser.sentence(line, *around, variant)
                assert {claim.verdict for claim in prose.check(text, line, *around)} == {"right"}, text
                for piece in prose_roles.read(text).pieces:
                    if piece.text in names:
                        other = rng.choice(
                            [name for name in (f"h{number}" for number in range(1, 40)) if name not in names]
                        )
                    elif piece.text.startswith("Nat."):
                        other = "Nat.lt_succ_self"
                    elif piece.text in formulas:
                        other = rng.choice([one for one in formulas if normal(one) != normal(piece.text)])
                    else:
                        continue
                    wrong = f"{text[: piece.start]}`{other}`{text[piece.end :]}"
                    planted += 1
                    if prose.passes(prose.check(wrong, line, *around)):
                        missed.append((line, wrong))
    assert planted > 400
    assert len(missed) <= planted // 200, missed


def test_reasons_of_failures_name_what_is_there() -> None:
    before = [goal("q")]
    error = "Type mismatch\n  h1\nhas type\n  p\nbut is expected to have type\n  q"
    for variant in range(verbaliser.VARIANTS):
        text = verbaliser.failure("exact h1", before, error, variant)
        assert prose.passes(prose.check_failure(text, "exact h1", before, error))
        assert not prose.passes(prose.check_failure(text.replace("h1", "h8"), "exact h1", before, error))
    text = "The goal `r` has nothing to assume."
    assert not prose.passes(
        prose.check_failure(text, "intro h", before, "Tactic `introN` failed: There are no additional binders")
    )


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        ([[goal("p ∧ q")], [goal("p"), goal("q")], [goal("q")], []], "right"),
        ([[goal("p ∧ q")], [goal("p"), goal("q")], [goal("q")]], "wrong"),
        ([[goal("p ∧ q")], [goal("p"), goal("q")], []], "unsure"),
        ([[goal("p")], [], [goal("q")], []], "wrong"),
        ([[goal("a ≤ ?_"), goal("?_ ≤ c"), goal("?_")], [goal("b ≤ c")], []], "right"),
        ([], "wrong"),
        ([[]], "wrong"),
    ],
)
def test_every_goal_is_closed_once(states: list[list[str]], verdict: str) -> None:
    found = prose.discharged(states)
    assert found.verdict == verdict
    assert found.opened - found.closed == found.left


def test_any_text_is_taken() -> None:
    rng = Random(3)
    letters = "`pqh1 :as∧→().,\n⟨⟩|⊢goalshowis ?_✝«»"
    for _ in range(300):
        one, other = ("".join(rng.choice(letters) for _ in range(rng.randint(0, 40))) for _ in range(2))
        claims = prose.check(one, other, [other], [one])
        assert claims and all(claim.text == one[claim.start : claim.end] for claim in claims)
        prose.check_failure(one, other, [other], one)
        prose.discharged([[one], [other], []])
    assert change([], []).goal is None
