"""The route for proofs: batches across problems, each question once, and only the full check says that a proof is one."""

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence

import pytest

from schemas.errors import ConfigError
from schemas.problem import Problem
from schemas.verdict import StepChecks
from tests.doubles import a_problem
from tests.verifiers.lean.test_traps import CHEATS
from verifiers.lean import check, native, route
from verifiers.lean.native import Native
from verifiers.lean.route import Proofs
from verifiers.lean.rows import ALLOWED_AXIOMS, Limits, Proof, ProofVerdict

RIGHT = "obtain ⟨h5, h2⟩ := h3 h1\nconstructor\nexact h2\nexact h5\n"
WRONG = "obtain ⟨h5, h2⟩ := h3 h1\nconstructor\nexact h5\nexact h2\n"
STATEMENT = "theorem t (p q r : Prop) (h3 : p → q ∧ r) (h1 : p) : r ∧ q"


def problem(statement: str = STATEMENT, name: str = "t", header: str = "") -> Problem:
    reference = json.dumps({"name": name, "statement": statement, "header": header})
    return a_problem(statement, reference, domain="proof", task="prove", family="f")


@pytest.fixture(scope="module")
def proofs() -> Iterator[Proofs]:
    if native.missing() is not None:
        pytest.skip(str(native.missing()))
    with Proofs(at_once=1) as judge:
        yield judge


def test_scripts_of_many_problems_are_judged_together(proofs: Proofs) -> None:
    async def ask() -> list[str]:
        other = problem("theorem u (a b : Nat) (h : a ≤ b) : a ≤ b + 1", "u")
        asked = [
            (problem(), RIGHT),
            (problem(), WRONG),
            (problem(), "constructor"),
            (problem(), "sorry"),
            (problem(), ":= by\n  exact ⟨(h3 h1).2, (h3 h1).1⟩"),
            (problem(), ""),
            (problem(), "exact h1\nend"),
            (other, "exact Nat.le_trans h (Nat.le_add_right b 1)"),
            (other, "exact h"),
            (problem("def t : Prop"), RIGHT),
        ]
        return [one.status for one in await asyncio.gather(*(proofs.check(*one) for one in asked))]

    assert asyncio.run(ask()) == [
        *("verified", "rejected", "rejected", "sorry", "verified", "rejected", "rejected", "verified", "rejected"),
        "statement_mismatch",
    ]


def test_the_same_proof_is_checked_once(proofs: Proofs) -> None:
    async def ask(texts: Sequence[str]) -> set[str]:
        return {one.status for one in await asyncio.gather(*(proofs.check(problem(), text) for text in texts))}

    texts = [text.replace("h5", "same") for text in (RIGHT, WRONG)]
    same = [texts[0], f"by\n{texts[0]}", f"```lean\n{texts[0]}```", texts[1], texts[1]]
    before = proofs.checked + proofs.screened
    assert asyncio.run(ask(same)) == {"verified", "rejected"}
    assert asyncio.run(ask(same)) == {"verified", "rejected"}
    assert proofs.checked + proofs.screened == before + 2
    assert proofs.check_sync(problem(), texts[0]).status == "verified"


def test_no_cheat_is_accepted(proofs: Proofs) -> None:
    some = CHEATS[::3]  # all of them go through the screen and through the full check in tests of their own

    async def ask() -> list[str]:
        rows = [(problem(one.statement, one.name, one.header), one.proof) for one in some]
        return [one.outcome for one in await asyncio.gather(*(proofs.check(*row) for row in rows))]

    found = dict(zip((one.label for one in some), asyncio.run(ask()), strict=True))
    assert [label for label, outcome in found.items() if outcome == "accepted"] == []


def steps_of(proofs: Proofs, text: str) -> StepChecks:
    return asyncio.run(proofs.check_steps(problem(), text.splitlines(keepends=True)))


@pytest.mark.parametrize(
    ("text", "local", "prefix"),
    [
        (RIGHT, (True,) * 4, (True,) * 4),
        (WRONG, (True, True, False, None), (None, None, False, False)),
        ("constructor\n", (True,), (None,)),
        ("exact (\nh3 h1)\n", (False, None), (False, False)),
        ("sorry\n", (None,), (None,)),
        (f"by\n{RIGHT}", (None, *(True,) * 4), (True,) * 5),
        ("have h : q := by\n  skip\n  exact h1\nexact h\n", (False, None, None, None), (None, None, False, False)),
        ("constructor\n· exact (h3 h1).2\n·\n  exact (h3 h1).1\n", (True, True, True, None), (True,) * 4),
        # Lean reads on where a line is not whole; what it accepts is right, whatever a line alone is.
        ("exact ⟨(h3 h1).2,\n(h3 h1).1⟩\n", (None, None), (True, True)),
        ("exact h1\nend\n", (None, None), (None, None)),
        ("So it is.\n```lean\nexact h1\n```\n", (None, None, False, None), (None, None, False, False)),
        (":= h3 h1\n", (None,), (None,)),
        ("", (), ()),
    ],
)
def test_what_is_known_of_each_line(
    proofs: Proofs, text: str, local: tuple[bool | None, ...], prefix: tuple[bool | None, ...]
) -> None:
    found = steps_of(proofs, text).steps
    assert tuple(step.exact_local for step in found) == local
    assert tuple(step.exact_prefix for step in found) == prefix


def test_states_come_one_for_each_script_and_once(proofs: Proofs) -> None:
    scripts = [RIGHT.splitlines(), WRONG.splitlines(), ["end"], [], RIGHT.splitlines()]
    right, wrong, refused, start, same = asyncio.run(proofs.states(problem(), scripts))
    assert right is same and right.states[-1] == () and right.error is None
    assert wrong.error is not None and wrong.error.step == 2
    assert refused.problem and start.states == right.states[:1]
    assert asyncio.run(proofs.states(problem(), scripts[:1]))[0] is right
    assert asyncio.run(proofs.states(problem("def t"), scripts[:2]))[0].problem
    assert asyncio.run(proofs.states(problem(), [])) == []
    assert asyncio.run(proofs.run(problem(), "", "f", ["()"])) == ()


def test_nothing_starts_before_the_first_question_and_all_ends() -> None:
    before = threading.active_count()
    judge = Proofs()
    assert judge.check_sync(a_problem("t", "{", domain="proof", task="prove"), RIGHT).status == "statement_mismatch"
    assert threading.active_count() == before
    if native.missing() is None:
        assert judge.check_sync(problem(), RIGHT).outcome == "accepted"
    judge.close()
    judge.close()
    assert threading.active_count() == before
    assert judge.check_sync(problem(), WRONG).status == "crash"
    assert asyncio.run(judge.states(problem(), [["exact h1"]]))[0].problem == "the judge is closed"


def test_who_is_cancelled_leaves_the_others_waiting(proofs: Proofs) -> None:
    async def ask() -> str:
        text = RIGHT.replace("h5", "cancelled")
        first, second = (asyncio.create_task(proofs.check(problem(), text)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        return (await second).status

    assert asyncio.run(ask()) == "verified"


def test_settings_that_cannot_work_are_refused() -> None:
    with pytest.raises(ConfigError):
        Proofs(at_once=0)
    with pytest.raises(ConfigError):
        Proofs(check.Config(cpu_s=0))


def test_without_a_lean_verdicts_say_why(tmp_path: object) -> None:
    with Proofs(check.Config(backend="lake", project=f"{tmp_path}")) as judge:
        verdict = judge.check_sync(problem(), RIGHT)
        assert (verdict.outcome, verdict.status) == ("undecided", "unavailable") and "lakefile" in verdict.reason
        assert "lakefile" in asyncio.run(judge.states(problem(), [["exact h1"]]))[0].problem


class Flipping(Native):
    """A kernel that has gone wrong: it says the same of everything."""

    word = "verified"

    def check(
        self, rows: Sequence[Proof], limits: Limits, allowed: Sequence[str] = ALLOWED_AXIOMS
    ) -> Iterator[ProofVerdict]:
        for _ in rows:
            yield ProofVerdict(verdict=self.word, reason="", backend="flipping")  # type: ignore[arg-type]


@pytest.mark.parametrize("word", ["verified", "rejected"])
def test_where_a_canary_flips_nothing_is_judged(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setattr(Flipping, "word", word)
    monkeypatch.setattr(check, "backend", lambda config: Flipping())
    with Proofs(at_once=1) as judge:
        verdict = judge.check_sync(problem(), RIGHT)
    assert verdict.outcome == "undecided" and "canary" in verdict.reason


def test_canaries_ride_with_the_first_batch_and_then_now_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Honest(Flipping):
        def check(
            self, rows: Sequence[Proof], limits: Limits, allowed: Sequence[str] = ALLOWED_AXIOMS
        ) -> Iterator[ProofVerdict]:
            asked.append(len(rows))
            for row in rows:
                yield ProofVerdict(verdict="sorry" if "sorry" in row.proof else "verified", reason="", backend="honest")

    monkeypatch.setattr(check, "backend", lambda config: Honest())
    monkeypatch.setattr(route, "CANARY_EVERY", 3)
    with Proofs(at_once=1) as judge:
        for number in range(5):
            assert judge.check_sync(problem(), f":= h{number}").outcome == "accepted"
    assert asked == [3, 1, 1, 3, 1]
