"""Renaming: one to one, by whole identifiers, undone exactly; what is proved in new names is proved in the old."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.proofs import renaming
from generators.proofs.renaming import POOL, Renaming, drawn
from pipeline.families.theorems.mirror import Goal
from tests.proofs import FAMILIES, a_theorem
from verifiers.lean.check import check_proofs
from verifiers.lean.rows import Proof

NAMES = ("h3", "h12", "p", "q", "a", "x₁", "hab", "n'", "h40")
_PARTS = [*"hpqanx123'.,:()⟨⟩`→ ∀\n!?@✝«»₁", "h3", " := ", "Nat.le_trans ", "hab", "h 7"]
TEXT = st.lists(st.sampled_from(_PARTS), max_size=40).map("".join)


def swapped(*pairs: tuple[str, str]) -> Renaming:
    both = dict(pairs) | {new: old for old, new in pairs}
    return Renaming(both, both)


@given(st.sets(st.sampled_from(NAMES)), st.integers(0, 2**63), TEXT)
def test_what_is_renamed_is_undone_exactly(names: set[str], seed: int, text: str) -> None:
    made = drawn(names, seed)
    assert made.undone(made.formal(text)) == text
    assert made.formal(made.undone(text)) == text
    quoted = renaming.quoted(text, made.new)
    assert made.undone_prose(made.prose(text)) == quoted
    assert renaming.quoted(quoted, made.new) == quoted


@given(st.sets(st.sampled_from(NAMES)), st.integers(0, 2**63))
def test_it_is_a_permutation_of_its_names_and_of_the_pool(names: set[str], seed: int) -> None:
    made = drawn(names, seed)
    assert set(made.new) == set(made.new.values()) == names | set(POOL)
    assert all(
        (re.fullmatch(r"h\d+", old) is None) == (re.fullmatch(r"h\d+", made.new[old]) is None) for old in made.new
    )
    assert made == drawn(sorted(names, reverse=True), seed), "the order in which they come does not matter"


def test_another_seed_gives_other_names() -> None:
    assert len({tuple(drawn(NAMES, seed).new.items()) for seed in range(20)}) == 20


@pytest.mark.parametrize(
    ("text", "renamed"),
    [
        ("theorem t (p q : Prop) (h1 : p → q) : q", "theorem t (q p : Prop) (h2 : q → p) : p"),
        ("theorem p (p : Prop) : p", "theorem p (q : Prop) : q"),
        ("exact h1.left", "exact h2.left"),
        ("exact (h1).p", "exact (h2).p"),
        ("exact ⟨h1, h11, h12'⟩", "exact ⟨h2, h11, h12'⟩"),
        ("exact @h1 p (p := q)", "exact @h2 q (p := p)"),
        ("have p : q := h1 p", "have q : p := h2 q"),
        ("apply Nat.le_trans h1", "apply Nat.le_trans h2"),
        ("exact h1.trans h2.symm", "exact h2.trans h1.symm"),
        ("refine foo ?p", "refine foo ?q"),
        ("xh1 h1x ph1 p1", "xh1 h1x ph1 p1"),
    ],
)
def test_whole_identifiers_are_renamed_and_fields_and_names_of_arguments_are_not(text: str, renamed: str) -> None:
    assert swapped(("h1", "h2"), ("p", "q")).formal(text) == renamed


@pytest.mark.parametrize(
    ("text", "renamed"),
    [
        ("`h1` with `h2` gives `p → a`, a goal.", "`h2` with `h1` gives `q → b`, a goal."),
        ("By h1 and p we have a proof.", "By `h2` and `q` we have a proof."),
        ("Take hab: it is `hab`.", "Take hab: it is `hcd`."),
        ("A `h1 is open.", "A `h2` is open."),
    ],
)
def test_prose_is_renamed_between_backquotes_and_where_no_word_is_meant(text: str, renamed: str) -> None:
    made = swapped(("h1", "h2"), ("p", "q"), ("a", "b"), ("hab", "hcd"))
    assert made.prose(text) == renamed


def test_the_order_of_variables_in_a_statement_says_nothing_of_their_old_names() -> None:
    made = swapped(("h1", "h2"), ("p", "q"))
    written = "theorem t (p q : Prop) (h1 h2 : q) (a p : Prop) : (p q := p) = p"
    assert made.formal(written) == "theorem t (q p : Prop) (h2 h1 : p) (a q : Prop) : (q p := q) = q"
    assert made.statement(written) == "theorem t (p q : Prop) (h2 h1 : p) (a q : Prop) : (q p := q) = q"


def test_what_is_syntax_keeps_its_name() -> None:
    made = drawn(["left", "this", "Nat", "x✝", "h.1", "«h 7»", ""], 3)
    assert set(made.new) == set(POOL)


def test_the_names_of_a_state_are_its_hypotheses_and_variables() -> None:
    state = ["case h\np q : Prop\nh3 : p → q\nx✝ : p\n⊢ q", "n : Nat\n⊢ n ≤ m"]
    assert renaming.locals_of([state, []]) == {"p", "q", "h3", "x✝", "n"}


@pytest.mark.parametrize("family", list(FAMILIES))
def test_a_proof_in_new_names_proves_the_statement_in_new_names(family: str) -> None:
    rows = []
    for seed in range(8):
        theorem = a_theorem(family, seed)
        names = renaming.locals_of([[str(goal) for goal in goals] for goals in theorem.states()])
        made = drawn(names, seed)
        assert any(made.new[name] != name for name in names)
        body = "".join(f"\n  {made.formal(line)}" for line in theorem.lines)
        rows.append(Proof(name="t", statement=made.formal(theorem.statement), proof=f":= by{body}"))
    assert [found.verdict for found in check_proofs(rows)] == ["verified"] * 8


def test_an_introduced_name_takes_no_other_ones_place() -> None:
    """A name that the proof introduces is in the pool, so in new names too it is one that nothing else has."""
    for seed in range(30):
        theorem = a_theorem("implications", seed, steps=5)
        states: list[Goal] = [goals[0] for goals in theorem.states() if goals]
        made = drawn(renaming.locals_of([[str(goal)] for goal in states[:1]]), Random(seed).randrange(99))
        for goal in states:
            names = [name for name, _ in goal.hypotheses] + list(goal.variables)
            assert len({made.formal(name) for name in names}) == len(names)
