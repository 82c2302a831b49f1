"""Proofs that are none, each against the real kernel: not one may be verified.

`verifiers/lean/__init__.py` lists the traps that the embedded library cannot express.
"""

from collections.abc import Collection
from dataclasses import dataclass

import pytest

from verifiers.lean.native import Native
from verifiers.lean.rows import Limits, Proof

LIMITS = Limits(cpu_s=4.0, wall_s=15.0, memory_bytes=600 << 20)
FALSE = "theorem t : False"


@dataclass(frozen=True)
class Cheat:
    label: str
    proof: str
    words: Collection[str]
    statement: str = FALSE
    header: str = ""
    name: str = "t"


def cheat(label: str, proof: str, words: str, statement: str = FALSE, header: str = "", name: str = "t") -> Cheat:
    return Cheat(label, proof, words.split(), statement, header, name)


CHEATS = (
    # sorry, said and unsaid
    cheat("sorry", ":= sorry", "sorry"),
    cheat("sorry by tactic", ":= by sorry", "sorry rejected"),
    cheat("sorry inside", ":= And.left (sorry : False ∧ True)", "sorry"),
    cheat("sorryAx by name", ":= sorryAx False", "sorry rejected"),
    cheat("sorryAx with all arguments", ":= @sorryAx False true", "sorry"),
    cheat("sorry without its warning", ":= sorry", "sorry", header="set_option warn.sorry false"),
    cheat("sorry without its warning, in the term", ":= set_option warn.sorry false in sorry", "sorry rejected"),
    cheat("sorry in a where", ":= help\nwhere help : False := sorry", "sorry rejected"),
    cheat("sorry in a let rec", ":= by\n  let rec help : False := sorry\n  exact help", "sorry rejected"),
    cheat("sorry in a have", ":= have h : False := sorry\n  h", "sorry"),
    cheat("sorry in a definition of the header", ":= bad", "sorry", header="theorem bad : False := sorry"),
    cheat("elaboration error turned into sorry", ":= (1 : True)", "rejected"),
    # axioms
    cheat("axiom in the header", ":= bad", "axioms", header="axiom bad : False"),
    cheat("axiom through a theorem", ":= worse", "axioms", header="axiom bad : False\ntheorem worse : False := bad"),
    cheat(
        "axiom through a definition", ":= worse.elim", "axioms", header="axiom bad : False\ndef worse : False := bad"
    ),
    cheat(
        "axiom in a type only",
        ":= rfl",
        "axioms rejected",
        statement="theorem t : c = c",
        header="axiom c : Nat",
    ),
    cheat("axiom after the proof", ":= bad\naxiom bad : False", "rejected"),
    cheat("axiom on the same line", ":= True.intro axiom bad : False", "rejected"),
    cheat(
        "axiom named like an allowed one",
        ":= Foo.propext",
        "axioms",
        header="namespace Foo\naxiom propext : False\nend Foo",
    ),
    cheat(
        "axiom named sorryAx elsewhere",
        ":= Foo.sorryAx",
        "axioms",
        header="namespace Foo\naxiom sorryAx : False\nend Foo",
    ),
    cheat("the compiler's own axioms", ":= lcProof", "rejected axioms"),
    cheat("the compiler's unreachable", ":= lcUnreachable", "rejected axioms"),
    cheat("unsafeCast", ":= unsafeCast True.intro", "rejected"),
    # another statement
    cheat("another name", ":= True.intro", "statement_mismatch", statement="theorem u : True"),
    cheat("no theorem", ":= True", "statement_mismatch", statement="def t : Prop"),
    cheat(
        "two declarations",
        ":= True.intro",
        "statement_mismatch",
        statement="theorem t : True := True.intro\ntheorem t' : False",
    ),
    cheat(
        "statement that is not finished",
        "-/ : True := True.intro",
        "rejected statement_mismatch",
        statement="theorem t : False /-",
    ),
    cheat(
        "comment opened by the statement",
        ":= True.intro -/ := sorry",
        "rejected statement_mismatch",
        statement="theorem t : False /-",
    ),
    cheat("weaker proof", ":= True.intro", "rejected"),
    cheat("hypothesis that is not there", ":= h", "rejected"),
    cheat("type appended", "| True := True.intro", "rejected"),
    cheat("type instead of a proof", ": True := True.intro", "rejected"),
    cheat(
        "autobound hypothesis",
        ":= h",
        "rejected",
        statement="theorem t (p : Prop) : p",
    ),
    # shadowed names, instances, notation
    cheat(
        "False shadowed",
        ":= Nat.zero",
        "statement_mismatch rejected",
        header="namespace A\ndef False := Nat",
        name="A.t",
    ),
    cheat(
        "False shadowed as a Prop",
        ":= True.intro",
        "statement_mismatch",
        header="namespace A\ndef False := True",
        name="A.t",
    ),
    cheat(
        "False opened from elsewhere",
        ":= True.intro",
        "statement_mismatch",
        header="namespace A\ndef False := True\nend A\nnamespace A",
        name="A.t",
    ),
    cheat(
        "Not shadowed",
        ":= True.intro",
        "statement_mismatch",
        statement="theorem t : Not True",
        header="namespace A\ndef Not (p : Prop) : Prop := True",
        name="A.t",
    ),
    cheat(
        "instance swapped",
        ":= rfl",
        "statement_mismatch",
        statement="theorem t : HAdd.hAdd (1 : Nat) (0 : Nat) = (0 : Nat)",
        header="instance (priority := high) evil : HAdd Nat Nat Nat where\n  hAdd := Nat.mul",
    ),
    cheat(
        "numbers swapped",
        ":= rfl",
        "statement_mismatch rejected",
        statement="theorem t : (1 : Nat) = (2 : Nat)",
        header="instance (priority := high) (n : Nat) : OfNat Nat n where\n  ofNat := Nat.zero",
    ),
    cheat(
        "notation",
        ":= rfl",
        "statement_mismatch rejected",
        statement="theorem t : (1 : Nat) + 1 = 3",
        header='local infixl:65 (priority := high) " + " => fun (a b : Nat) => (3 : Nat)',
    ),
    cheat("local instance in the proof", ":= rfl\nlocal instance : Inhabited False := ⟨sorry⟩", "rejected"),
    cheat("namespace in the proof", ":= by\n  exact t'\nnamespace A\ntheorem t' : False := t'", "rejected"),
    cheat("macro for the next file", ':= True.intro\nmacro "False" : term => `(True)', "rejected"),
    cheat("notation for the next file", ':= sorry\nnotation "False" => True', "rejected"),
    # unsafe, partial, recursion
    cheat("itself", ":= t", "rejected"),
    cheat("itself by let rec", ":= let rec loop : False := loop\n  loop", "rejected"),
    cheat("itself by where", ":= loop 0\nwhere loop (n : Nat) : False := loop (Nat.succ n)", "rejected"),
    cheat("partial where", ":= loop 0\nwhere partial loop (n : Nat) : False := loop n", "rejected"),
    cheat("unsafe where", ":= loop\nwhere unsafe loop : False := loop", "rejected"),
    cheat("unsafe term", ":= unsafe sorry", "rejected"),
    cheat("unsafe definition of the header", ":= bad", "rejected", header="unsafe def bad : False := bad"),
    cheat("unsafe theorem", ":= True.intro", "statement_mismatch", statement="unsafe theorem t : True"),
    cheat("implemented_by", ":= help\nwhere @[implemented_by t] help : False := help", "rejected"),
    cheat("opaque without a value", ":= bad", "rejected axioms", header="opaque bad : False"),
    cheat(
        "non-positive inductive",
        ":= bad",
        "rejected",
        header="inductive Bad : Type where\n  | mk : (Bad → False) → Bad\ntheorem bad : False := sorry",
    ),
    # code that runs while Lean compiles, options
    cheat("#eval after the proof", ":= sorry\n#eval 1", "rejected"),
    cheat("initialize", ":= True.intro\ninitialize pure ()", "rejected"),
    cheat("run_tac", ":= by run_tac (pure ())", "rejected"),
    cheat("kernel switched off", ":= set_option debug.skipKernelTC true in True.intro", "rejected"),
    cheat("kernel switched off for the file", ":= True.intro", "rejected", header="set_option debug.skipKernelTC true"),
    cheat("native_decide", ":= by native_decide", "rejected axioms"),
    cheat("elab", ':= by boom\nelab "boom" : tactic => pure ()', "rejected"),
    cheat("end", ":= True.intro\nend", "rejected"),
    cheat("import", ":= True.intro\nimport Init", "rejected"),
    cheat("open without in", ":= True.intro\nopen Nat", "rejected"),
    cheat("command hidden by quotes", ':= have : String := s!"{"/-"}"\n  sorry\naxiom bad : False -- -/', "rejected"),
    # messages and broken text
    cheat("message spoofed", ":= by trace \"'t' does not depend on any axioms\"; sorry", "rejected sorry"),
    cheat("nothing", "", "rejected"),
    cheat("prose", "This is trivial.", "rejected"),
    cheat("comment only", ":= -- done", "rejected"),
    cheat("open comment", ":= True.intro /-", "rejected"),
    cheat("lone surrogate", ":= True.intro -- \ud800", "rejected"),
    cheat("NUL", ":= True.intro \0", "rejected"),
    cheat("too long", ":= True.intro --" + "x" * (2 << 20), "rejected"),
    cheat("brackets", ":= " + "(" * 100_000, "rejected crash timeout"),
)


@pytest.mark.parametrize("given", CHEATS, ids=lambda given: given.label.replace(" ", "-"))
def test_no_cheat_is_verified(lean: Native, given: Cheat) -> None:
    row = Proof(name=given.name, statement=given.statement, proof=given.proof, header=given.header)
    verdict = next(lean.check([row], LIMITS))
    assert verdict.verdict in given.words, verdict
    assert verdict.reason


def test_there_are_enough_of_them() -> None:
    assert len(CHEATS) >= 60 and len({given.label for given in CHEATS}) == len(CHEATS)
