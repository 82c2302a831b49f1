"""Two statements are the same where Lean proves it without using that both are true; the real kernel decides."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

import pytest

from pipeline.families import implications, orders
from pipeline.families.theorems.formulas import Formula
from pipeline.families.theorems.theorem import Theorem
from schemas.problem import Problem
from schemas.verdict import Verdict
from tests.doubles import a_problem
from tests.proofs import a_proof_problem
from verifiers import equivalence
from verifiers.judge import LocalJudge
from verifiers.lean import native, telescope
from verifiers.plans import Tally

BASE = "theorem t (p q r s : Prop) (h1 : p ∧ q → r) (h2 : p) (h3 : q) (h4 : s → r) : r"
PROOF = ["exact h1 ⟨h2, h3⟩"]


@pytest.fixture(scope="module")
def judge() -> Iterator[LocalJudge]:
    if native.missing() is not None:
        pytest.skip(str(native.missing()))
    with LocalJudge() as one:
        yield one


def a_statement(formal: str, proof: Sequence[str] = ()) -> Problem:
    reference = json.dumps({"name": "t", "statement": formal, "header": ""})
    return a_problem(formal, reference, domain="proof", task="prove", program=json.dumps({"proof": list(proof)}))


def compared(judge: LocalJudge, problem: Problem, texts: Sequence[str]) -> list[Verdict]:
    async def all_of_them() -> list[Verdict]:
        one = await equivalence.original(judge, problem)
        assert not isinstance(one, str), one
        return list(await asyncio.gather(*(equivalence.compare(judge, one, text) for text in texts)))

    return asyncio.run(all_of_them())


SAME = [
    BASE,
    "theorem u (p q r s : Prop) (a : s → r) (b : q) (c : p ∧ q → r) (d : p) : r",
    "theorem t (a b c d : Prop) (h1 : a ∧ b → c) (h2 : a) (h3 : b) (h4 : d → c) : c",
    "theorem t (s r q p : Prop) (h1 : s ∧ r → q) (h2 : s) (h3 : r) (h4 : p → q) : q",
    "theorem t (p q r s : Prop) (h1 : p ∧ q → r) (h2 : p) (h3 : q) : (s → r) → r",
    "theorem t (p q r s : Prop) : (p ∧ q → r) → p → q → (s → r) → r",
    "theorem t (p q r s : Prop) (h1 : p → q → r) (h2 : p) (h3 : q) (h4 : s → r) : r",
    "theorem t (p q r s : Prop) (h1 : q ∧ p → r) (h : p ∧ q) (h4 : s → r) : r",
    f"Here it is:\n```lean\n{BASE} := by\n  sorry\n```",
]
NOT_SHOWN = [
    "theorem t (p q r s : Prop) (h1 : p ∧ q → r) (h2 : p) (h3 : q) (h4 : s → p) : r",  # another redundant hypothesis
    "theorem t (p q r s : Prop) (h1 : p ∧ q → r) (h2 : p) (h3 : q) (h4 : r → s) : r",  # turned; all the others show it
    "theorem t (p q r s : Prop) (h1 : p ∧ q → r) (h2 : p) (h3 : q) : r",
    "theorem t (p q r : Prop) (h1 : p ∧ q → r) (h2 : p) (h3 : q) (h4 : q → r) : r",  # an instance of it
    "theorem t (p q r s : Prop) (h1 : p ∧ q → r) (h2 : p) (h3 : q) (h4 : s → r) (h5 : r → p) : r",
    "theorem t (p q r s : Prop) (h1 : p ∧ q → r) (h2 : p) (h3 : q) (h4 : s → r) : q ∧ r",
]
FALSE = [
    "theorem t (p q r s : Prop) (h1 : p ∧ q → r) (h2 : p) (h4 : s → r) : r",
    "theorem t (p q r s : Prop) (h1 : p ∨ q → r) (h2 : p) (h3 : q) (h4 : s → r) : s",
]
NO_STATEMENT = [
    "",
    "For propositions p, q: p.",
    "theorem t (p q r s : Prop) (h1 : p ∧ q → r) (h2 : p) (h3 : q) (h4 : s → r) : x",
    "theorem t (p q : Prop) (h1 : p ∧ q → r) : r",
    "theorem t (p : Prop)) ∨ True ∨ (p : p",
    "theorem t : p) ↔ (p",
    f"{BASE}\ntheorem u : True",
    f"{BASE}\naxiom cheat : False",
    "theorem t (h : by sorry) : True",
    "theorem t : (sorry : Prop)",
    "theorem t (p : Prop) : p -- ∧ False",
    "theorem t (p : Prop) : /- p -/ p",
    "theorem t (p : Prop) (h : p := by trivial) : p",
    "theorem t (n : Nat) : n",
    "theorem t " + "(" * 1000,
]


def test_permuted_renamed_and_curried_forms_are_the_same(judge: LocalJudge) -> None:
    assert [one.status for one in compared(judge, a_statement(BASE, PROOF), SAME)] == ["equivalent"] * len(SAME)


def test_what_says_something_else_is_not_though_it_is_as_true(judge: LocalJudge) -> None:
    found = compared(judge, a_statement(BASE, PROOF), NOT_SHOWN)
    assert [one.status for one in found] == ["undecided"] * len(NOT_SHOWN)


def test_a_hypothesis_that_holds_by_itself_must_be_there_as_it_is(judge: LocalJudge) -> None:
    base = "theorem t (p q r s : Prop) (h1 : p) (h2 : s → q → q) (h3 : q → p → r) : r ∧ p"
    (found,) = compared(judge, a_statement(base), [base.replace("s → q → q", "q → s → q")])
    assert found.status == "undecided"


def test_what_is_false_is_different_where_the_original_is_proved(judge: LocalJudge) -> None:
    found = compared(judge, a_statement(BASE, PROOF), FALSE)
    assert [one.status for one in found] == ["different"] * len(FALSE) and "s := False" in found[0].reason
    assert [one.status for one in compared(judge, a_statement(BASE), FALSE)] == ["undecided"] * len(FALSE)
    assert [one.status for one in compared(judge, a_statement(BASE, ["exact h2"]), FALSE)] == ["undecided"] * len(FALSE)


def test_what_is_no_single_theorem_header_is_ill_formed(judge: LocalJudge) -> None:
    found = compared(judge, a_statement(BASE, PROOF), NO_STATEMENT)
    assert [one.status for one in found] == ["ill_formed"] * len(NO_STATEMENT)


def test_numbers(judge: LocalJudge) -> None:
    base = "theorem t (a b c d : Nat) (h1 : a < b) (h2 : c ≤ d) : a + c ≤ b + d"
    proof = ["exact Nat.add_le_add (Nat.le_of_lt h1) h2"]
    same = [
        "theorem t (a b c d : Nat) (h2 : d ≥ c) (h1 : b > a) : b + d ≥ a + c",
        "theorem t (a b c d : Nat) (h1 : a < b) (h2 : c ≤ d) : c + a ≤ d + b",
    ]
    weaker = "theorem t (a b c d : Nat) (h1 : a ≤ b) (h2 : c ≤ d) : a + c ≤ b + d"
    false = "theorem t (a b c d : Nat) (h1 : a < b) (h2 : d ≤ c) : a + c ≤ b + d"
    found = compared(judge, a_statement(base, proof), [*same, weaker, false])
    assert [one.status for one in found] == ["equivalent", "equivalent", "undecided", "different"]


def test_where_the_tactics_prove_the_original_equivalence_says_nothing(judge: LocalJudge) -> None:
    trivial = "theorem t (p q : Prop) (h1 : p) (h2 : q → p) : p"
    found = compared(judge, a_statement(trivial, ["exact h1"]), [trivial, "theorem t : True", "theorem t : x"])
    assert [one.status for one in found] == ["trivial", "trivial", "ill_formed"]
    assert [one.status for one in compared(judge, a_statement("theorem t : 2 + 2 = 4"), ["theorem t : 2 * 2 = 4"])] == [
        "trivial"
    ]


def test_without_a_judge_nothing_is_decided() -> None:
    class Silent(LocalJudge):
        async def check(self, problem: Problem, text: str) -> Verdict:
            return Verdict(outcome="undecided", status="timeout", reason="late", verifier="x", version=1)

    found = compared(Silent(), a_statement(BASE, PROOF), [BASE, *FALSE])
    assert {one.status for one in found} == {"undecided"}
    assert isinstance(asyncio.run(equivalence.original(Silent(), a_statement(""))), str)
    assert isinstance(asyncio.run(equivalence.original(Silent(), a_problem("x", "\\frac{"))), str)


# Over the families: the same statement in other words, and the control, in which one hypothesis is about something else.


def renamed(formula: Formula, names: dict[str, str]) -> Formula:
    return Formula(names.get(formula.head, formula.head), tuple(renamed(part, names) for part in formula.parts))


def other_form(theorem: Theorem, rng: Random) -> str:
    goal = theorem.goal
    names = dict(zip(goal.variables, rng.sample(goal.variables, len(goal.variables)), strict=True))
    facts = [
        (f"k{place}", renamed(said, names))
        for place, (_, said) in enumerate(rng.sample(goal.hypotheses, len(goal.hypotheses)))
    ]
    target = Formula("→", (facts[-1][1], renamed(goal.target, names)))
    return Theorem(replace(goal, hypotheses=tuple(facts[:-1]), target=target), ()).statement


def control(theorem: Theorem, rng: Random) -> str:
    """Return the statement with a variable of one hypothesis put in place of another, so that no renaming undoes it."""
    goal = theorem.goal
    while True:
        place = rng.randrange(len(goal.hypotheses))
        name, said = goal.hypotheses[place]
        here = [one for one in dict.fromkeys(said.names()) if one in goal.variables]
        new = rng.choice(goal.variables)
        changed = renamed(said, {rng.choice(here): new})
        facts = list(goal.hypotheses)
        facts[place] = (name, changed)
        if _counts(said for _, said in facts) != _counts(said for _, said in goal.hypotheses):
            return Theorem(replace(goal, hypotheses=tuple(facts)), ()).statement


def _counts(formulas: Iterator[Formula]) -> list[int]:
    """Return how often each variable occurs, sorted: what no renaming changes."""
    names = [name for formula in formulas for name in formula.names()]
    return sorted(names.count(name) for name in set(names))


@pytest.mark.parametrize("family", [implications, orders], ids=lambda one: str(one.NAME))
def test_theorems_of_the_families_and_the_control(judge: LocalJudge, family: object) -> None:
    rng = Random(11)
    for _ in range(12):
        theorem = family.draw(rng, 3)  # type: ignore[attr-defined]  # a module
        texts = [theorem.statement, other_form(theorem, rng), control(theorem, rng)]
        found = [one.status for one in compared(judge, a_proof_problem(theorem, theorem), texts)]
        assert found[:2] == ["equivalent", "equivalent"] and found[2] in ("undecided", "different"), texts


# Words


def test_words_that_hold_the_formal_statement_are_refused() -> None:
    taken = telescope.read(BASE)
    assert taken is not None
    assert equivalence.words(taken, " \n").status == "empty"
    assert equivalence.words(taken, f"We show that {BASE.removeprefix('theorem t ')}.").status == "quotes"
    assert equivalence.words(taken, "For `p`, `q`: if `h1`: `p ∧ q → r`, then `r`.").status == "undecided"


def test_words_are_judged_by_the_statements_written_from_them() -> None:
    def status(passed: int, undecided: int, rejected: int, *, trivial: bool = False) -> str:
        tally = Tally(drawn=passed + undecided + rejected, passed=passed, undecided=undecided)
        return equivalence.of_words(tally, rejected=rejected, trivial=trivial).status

    assert status(2, 0, 2) == "equivalent" and status(1, 0, 3) == "different" and status(0, 4, 0) == "undecided"
    assert (
        status(1, 1, 2) == "undecided" and status(0, 0, 0) == "undecided" and status(4, 0, 0, trivial=True) == "trivial"
    )
