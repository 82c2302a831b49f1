"""States of scripts: many in one process, each as if it were alone, whatever stands beside it."""

from collections.abc import Sequence

import pytest

from schemas.judge import Ran, TacticError
from verifiers.lean import shared
from verifiers.lean.native import Native
from verifiers.lean.process import Ran as Process
from verifiers.lean.process import ServerDied
from verifiers.lean.rows import Limits, Proof
from verifiers.lean.states import Known, Script, states

LIMITS = Limits(cpu_s=5.0, wall_s=30.0, memory_bytes=600 << 20)
AND = "theorem t (p q : Prop) (h : p) (k : q) : p ∧ q"
START = "p q : Prop\nh : p\nk : q\n⊢ p ∧ q"
LEFT, RIGHT = (f"case {side}\np q : Prop\nh : p\nk : q\n⊢ {goal}" for side, goal in (("left", "p"), ("right", "q")))


class Counting:
    """Lean, counted."""

    def __init__(self, lean: Native) -> None:
        self.lean, self.sources = lean, list[str]()

    def elaborate(self, source: str, limits: Limits) -> Process:
        self.sources.append(source)
        return self.lean.elaborate(source, limits)


def script(*steps: str, statement: str = AND, name: str = "t", header: str = "") -> Script:
    return Script(name=name, statement=statement, steps=steps, header=header)


def one(lean: Native, *steps: str, statement: str = AND, name: str = "t", header: str = "") -> Ran:
    return states(lean, [script(*steps, statement=statement, name=name, header=header)], LIMITS)[0]


def test_the_goals_before_and_after_every_tactic(lean: Native) -> None:
    assert one(lean, "constructor", "exact h", "exact k") == Ran(states=((START,), (LEFT, RIGHT), (RIGHT,), ()))
    assert one(lean).states == ((START,),)
    assert one(lean, "constructor").states[-1] == (LEFT, RIGHT), "goals that are left are no error"


def test_tactics_of_several_lines_and_of_none(lean: Native) -> None:
    found = one(lean, "  -- first\n", "  constructor\n  · exact h\n  · exact k", "")
    assert found == Ran(states=((START,), (START,), (), ()))


FAILURES = (
    # the script, and where it fails: step, line, column, and what Lean says
    (("constructor", "exact k"), (1, 0, 0, "Type mismatch\n  k\nhas type\n  q\nbut is expected")),
    (("constructor", "exact foo _", "exact k"), (1, 0, 6, "Unknown identifier `foo`")),
    (("exacct h", "exact h"), (0, 0, 1, "unknown tactic")),
    (("exact", "h"), (0, 0, 5, "unexpected end of input; expected term")),
    (("constructor <;>", "exact h"), (0, 0, 15, "unexpected end of input; expected tactic")),
    (("have j : p := by", "exact h"), (0, 0, 14, "unsolved goals")),
    (("constructor", "exact (h", "exact k)"), (1, 0, 8, "unexpected end of input; expected ')'")),
    (("obtain ⟨a,", "b⟩ := h"), (0, 0, 10, "unexpected end of input; expected rcasesPat")),
    (("have j : q := by\n  skip\n  exact h", "exact k"), (0, 2, 2, "Type mismatch\n  h")),
    (("  constructor", "  exact k"), (1, 0, 2, "Type mismatch")),
    (("exfalso exact h",), (0, 0, 8, "unexpected identifier")),
    (("constructor", "exact h -- so", "exact (by exact h : p) -- no"), (2, 0, 0, "Type mismatch")),
)


def test_an_error_has_its_place_in_its_own_tactic(lean: Native) -> None:
    found = states(lean, [script(*steps) for steps, _ in FAILURES], LIMITS)
    for ran, (steps, (step, line, column, text)) in zip(found, FAILURES, strict=True):
        assert ran.error is not None and not ran.problem, (steps, ran)
        assert (ran.error.step, ran.error.line, ran.error.column) == (step, line, column), (steps, ran.error)
        assert ran.error.text.startswith(text) and "trace_state" not in ran.error.text
        assert len(ran.states) == step + 1 and ran.states[0] == (START,)


HOSTILE = (
    script("exact ⟨h, k⟩", "end"),
    script("exact ⟨h, k⟩\naxiom bad : False"),
    script('exact ⟨h, k⟩\n\nnotation "p" => False'),
    script('exact h "', 'exact h "'),
    script("exact h /-", "exact k"),
    script("exact h «a", "exact k"),
    script("exact h <-- end", "#exit"),
    script("exact h\ndocs_to_verso"),
    script("exact ⟨h, k⟩ variable (z : Nat)"),
    script("exact h <-- variable (z : Nat)"),
    script("exact h //- variable (z : Nat) -/"),
    script("exact h)", ") := by trivial", "namespace A"),
    script("exact h 'x'", "exact k"),
    script("exact h\rend"),
    script("set_option maxRecDepth 3 in exact h"),
    script("exact h @[simp]"),
    script("exact \0"),
    script("exact \ud800"),
    script(*["skip"] * 300),
    script("exact " + "(" * 5_000),
    script("intro " + "x" * 30_000),
    script("exact t p q h k", "exact _example"),
    script("intro x", statement="theorem t : nonsense"),
    script("intro x", statement="theorem t (p : Prop : p"),
    script("intro x", statement='theorem t : True := trivial\naxiom bad : False\ntheorem u : "'),
    script("intro x", statement="theorem t : p → p", header="variable (p : Prop)"),
    script("boo", header='macro "boo" : tactic => `(tactic| sorry)'),
    script("skip", header="def"),
    script("intro x", name="u"),
    script(""" exact h""", "exact k"),
)


def test_what_stands_beside_a_script_changes_nothing(lean: Native) -> None:
    good = [script("constructor", "exact h", "exact k"), script("constructor", "exact k"), script("exact bad.elim")]
    alone = [states(lean, [own], LIMITS)[0] for own in good]
    for hostile in HOSTILE:
        first, *found = states(lean, [hostile, *good], LIMITS)
        assert found == alone, hostile
        assert first.problem or first.error or first.states
    assert states(lean, [*HOSTILE, *good], LIMITS)[len(HOSTILE) :] == alone


@pytest.mark.parametrize("own", HOSTILE[:3], ids=["end", "axiom", "notation"])
def test_commands_are_refused(lean: Native, own: Script) -> None:
    ran = states(lean, [own], LIMITS)[0]
    assert ran.states == () and ran.error is None and "begins a command" in ran.problem


def test_what_may_stand_together() -> None:
    for text in ("exact h'", "obtain ⟨h5, h2⟩ := h3 h1", "exact h.ne.symm", "simp [h₁, ← Nat.add_comm]", "exact (h"):
        assert shared.plain(text), text
    for text in (
        "x -- y",
        "1end",
        "h\tk",
        "‹p› `a",
        "@[simp]",
        "f 'a'",
        "#exit",
        "«a»",
        '"',
        "open Nat in rfl",
        "a \r b",
    ):
        assert not shared.plain(text), text
    for name, statement, wanted in (
        ("t", AND, AND.replace("theorem t", "example")),
        ("t", AND + " :=\n", AND.replace("theorem t", "example")),
        ("A.t", "theorem A.t : True", None),
        ("t", "theorem t.{u} (a : Sort u) : True", None),
        ("t", "/-- x -/ theorem t : True", None),
        ("t", "protected theorem t : True", None),
    ):
        row = Proof(name=name, statement=statement, proof=":= h")
        assert shared.as_example(row) == wanted


def test_what_an_example_declares_is_gone_after_it(lean: Native) -> None:
    """What a theorem's `match` leaves behind can be named after it; an example's cannot."""
    for declaration, name, left in (("theorem u", "u", True), ("example", "_example", False)):
        source = f"{declaration} (p q : Prop) (h : p ∧ q) : p := match h with | ⟨a, _⟩ => a\n"
        source += f"example : True := by\n  have := @_root_.{name}.match_1\n  trivial\n"
        said = lean.elaborate(source, LIMITS).files["stdout"]
        assert (b"match_1" not in said) is left


def test_a_loop_takes_nothing_with_it(lean: Native) -> None:
    limits = Limits(cpu_s=1.0, wall_s=10.0, memory_bytes=300 << 20)
    heavy = "def f : Nat → Nat\n  | .zero => 2\n  | .succ n => Nat.mul (f n) (f n)"
    bomb = script("exact rfl", statement="theorem t : f 45 = f 46", header=heavy)
    fine = script("trivial", statement="theorem t : True", header=heavy)
    found = states(lean, [fine, bomb, fine], limits)
    assert found[0] == found[2] == Ran(states=(("⊢ True",), ()))
    assert found[1].problem or found[1].error is not None


def test_a_state_is_printed_once(lean: Native) -> None:
    counting = Counting(lean)
    known: Known = {}
    scripts = [script("constructor", last) for last in ("exact h", "exact k", "skip")]
    first = states(counting, scripts, LIMITS, known)
    assert len(counting.sources) == 1 and counting.sources[0].count("trace_state") == 2 + 3
    assert (
        states(counting, [script("constructor", "exact h", "exact k")], LIMITS, known)[0].states[:3] == first[0].states
    )
    assert counting.sources[1].count("trace_state") == 1
    assert [ran.states[:2] for ran in first] == [((START,), (LEFT, RIGHT))] * 3


def test_what_follows_an_error_is_no_state(lean: Native) -> None:
    known: Known = {}
    states(lean, [script("exact foo _", "skip")], LIMITS, known)
    assert [prefix[2:] for prefix in known] == [()]


class Broken:
    """A Lean that says what it is told to."""

    def __init__(self, *said: bytes | Exception) -> None:
        self.said = list(said)

    def elaborate(self, source: str, limits: Limits) -> Process:
        said = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        if isinstance(said, Exception):
            raise said
        return Process(ended="itself", exit=1, files={"stdout": said})


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"", "canary"),
        (b"nonsense", "canary"),
        (b'{"severity": "error"}', "header"),
        (ServerDied("it died"), "it died"),
    ],
)
def test_a_lean_that_makes_no_sense_gives_a_problem(said: bytes | Exception, why: str) -> None:
    scripts: Sequence[Script] = [script("exact h"), script("exact k")]
    assert all(why in ran.problem and not ran.states for ran in states(Broken(said), scripts, LIMITS))
    assert states(Broken(said), [], LIMITS) == []


def test_the_shape_of_an_error(lean: Native) -> None:
    ran = one(lean, "left")
    assert isinstance(ran.error, TacticError) and ran.error.text.endswith(START)
