"""The screen rejects what the full check would reject, for the same reason, and never anything else."""

import random
from pathlib import Path

import pytest

from jobs.bench.lean import read
from tests.verifiers.lean.test_traps import CHEATS
from verifiers.lean.native import Native
from verifiers.lean.process import Ran, ServerDied
from verifiers.lean.rows import Limits, Proof
from verifiers.lean.screen import screen
from verifiers.lean.statement import Refusal, lock

LIMITS = Limits(cpu_s=4.0, wall_s=30.0, memory_bytes=600 << 20)
AND = "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q"
TRUE, FALSE = read(Path(__file__).parent / "theorems")


def proof(text: str, statement: str = AND, header: str = "") -> Proof:
    return Proof(name="t", statement=statement, proof=text, header=header)


def test_no_true_theorem_is_rejected_and_most_broken_ones_are(lean: Native) -> None:
    rows = [*TRUE, *FALSE]
    random.Random(3).shuffle(rows)
    found = dict(zip(map(id, rows), screen(lean, rows, LIMITS, lean.version), strict=True))
    assert [row.name for row in TRUE if found[id(row)] is not None] == []
    screened = [row for row in FALSE if found[id(row)] is not None]
    assert len(screened) > len(FALSE) / 2
    for row in screened[::6]:
        full, quick = next(lean.check([row], LIMITS)), found[id(row)]
        assert quick is not None and (quick.verdict, quick.reason, quick.stages) == (
            full.verdict,
            full.reason,
            full.stages,
        )


def test_no_cheat_is_verified_by_it(lean: Native) -> None:
    rows = [Proof(name=one.name, statement=one.statement, proof=one.proof, header=one.header) for one in CHEATS]
    for one, row, found in zip(CHEATS, rows, screen(lean, rows, LIMITS), strict=True):
        refused = isinstance(lock(row, LIMITS), Refusal)
        assert found is None or (found.verdict in one.words and (refused or found.verdict == "rejected")), one.label


@pytest.mark.parametrize("text", [":= by\n  sorry", ":= ⟨hp, sorry⟩", ":= by\n  constructor\n  exact hp\n  exact hq"])
def test_what_has_no_error_is_left_to_the_full_check(lean: Native, text: str) -> None:
    assert screen(lean, [proof(text)] * 3, LIMITS) == [None] * 3


DOUBTFUL = (
    proof(":= t p q hp hq"),
    proof(":= by\n  exact hq -- a comment"),
    proof(':= by\n  exact "a"'),
    proof(":= help\nwhere help : p := hp"),
    proof(":= by\n  set_option maxRecDepth 9 in exact hq"),
    Proof(name="A.t", statement="theorem A.t (p q : Prop) (hp : p) : q", proof=":= hp"),
    proof(":= hp", "theorem t (hp : p) : q", "variable (p q : Prop)"),
    proof(":= by\n  boo", header='macro "boo" : tactic => `(tactic| skip)'),
)


def test_what_might_come_out_otherwise_alone_is_not_judged(lean: Native) -> None:
    wrong = [proof(":= hp"), proof(":= hq")]
    found = screen(lean, [*DOUBTFUL, *wrong], LIMITS)
    assert found[: len(DOUBTFUL)] == [None] * len(DOUBTFUL)
    assert [one.verdict for one in found[len(DOUBTFUL) :] if one is not None] == ["rejected"] * 2


class Saying:
    """A Lean that says what it is told to."""

    def __init__(self, said: bytes | None) -> None:
        self.said = said

    def elaborate(self, source: str, limits: Limits) -> Ran:
        if self.said is None:
            raise ServerDied("it died")
        return Ran(ended="itself", exit=1, files={"stdout": self.said})


ERROR = '{"severity": "error", "data": "%s", "pos": {"line": %d, "column": 0}}\n'
CANARY = ERROR % ("Unknown identifier", 7)


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (ERROR % ("wrong", 1) + CANARY, "rejected"),
        (CANARY, None),
        (ERROR % ("wrong", 1), None),  # the canary that must fail did not
        (ERROR % ("wrong", 1) + CANARY + ERROR % ("wrong", 9), None),  # the one that must hold failed
        (ERROR % ("(deterministic) timeout at `whnf`, maximum number of heartbeats (200000)", 1) + CANARY, None),
        (ERROR % ("maximum recursion depth has been reached", 1) + CANARY, None),
        ("", None),
        ("Segmentation fault", None),
        (None, None),
    ],
)
def test_only_an_error_of_its_own_rejects(said: str | None, verdict: str | None) -> None:
    rows = [proof(":= hp"), proof(":= hq")]
    found = screen(Saying(said.encode() if said is not None else None), rows, LIMITS)
    assert found[1] is None
    assert (found[0].verdict if found[0] is not None else None) == verdict
