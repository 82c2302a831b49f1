"""The native backend with the real kernel: what is true passes, alone and in a batch, and nothing gets out."""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from verifiers.lean import native, process
from verifiers.lean import statement as statements
from verifiers.lean.fork_server import VERDICT
from verifiers.lean.native import Native
from verifiers.lean.rows import Limits, Proof, ProofVerdict

LIMITS = Limits(cpu_s=4.0, wall_s=15.0, memory_bytes=600 << 20)
AND = "theorem t (p q : Prop) (hp : p) (hq : q) : And p q"
TRUE = (
    Proof(name="t", statement=AND, proof=":= And.intro hp hq"),
    Proof(name="t", statement=AND, proof=":= by\n  constructor\n  exact hp\n  exact hq"),
    Proof(name="t", statement=AND + " :=", proof="by\n  exact ⟨hp, hq⟩"),
    Proof(name="A.t", statement=AND, proof=":= And.intro hp hq", header="namespace A"),
    Proof(name="t", statement=AND, proof=":= And.intro hp hq", header="namespace A"),
    Proof(name="B.t", statement="theorem _root_.B.t : True", proof=":= True.intro", header="namespace A"),
    Proof(
        name="A.t", statement="theorem t : True", proof=":= True.intro", header="section X\nend X\nnamespace A\nsection"
    ),
    Proof(name="t", statement="theorem t : Eq two 2", proof=":= rfl", header="def two : Nat := 2"),
    Proof(name="t", statement="theorem t : Eq two 2", proof=":= rfl", header="private def two : Nat := 2"),
    Proof(name="t", statement="theorem t : p → p", proof=":= fun h => h", header="variable (p : Prop)"),
    Proof(name="t", statement="theorem t.{u} (α : Sort u) (a : α) : Eq a a", proof=":= rfl", header="universe v"),
    Proof(name="t", statement="theorem t {p : Prop} : p → p", proof=":= help\nwhere help (h : p) : p := h"),
    Proof(
        name="t",
        statement="theorem t (n : Nat) : Eq n n",
        proof="\n  | .zero => rfl\n  | .succ _ => rfl".join((":= match n with", "")),
    ),
    Proof(name="t", statement="/-- theorem of nothing -/\ntheorem t : True -- end", proof=":= True.intro -- axiom"),
    Proof(name="t", statement="theorem t (h : False) : 1 = 2", proof=":= open Nat in h.elim"),
    Proof(name="«a b»", statement="theorem «a b» : True", proof=":= True.intro"),
)


def check(lean: Native, *rows: Proof) -> list[ProofVerdict]:
    return list(lean.check(rows, LIMITS))


@pytest.mark.parametrize("row", TRUE, ids=lambda row: row.statement[:30] + row.header[:12])
def test_what_is_true_is_verified(lean: Native, row: Proof) -> None:
    verdict = check(lean, row)[0]
    assert verdict.verdict == "verified", verdict
    assert verdict.stages == native.STAGES and verdict.axioms == ()


def test_a_batch_says_what_each_row_alone_says(lean: Native) -> None:
    bad = (
        Proof(name="t", statement="theorem t : False", proof=":= sorry"),
        Proof(name="t", statement="theorem t : False", proof=":= True.intro"),
        Proof(name="t", statement="theorem t : False", proof=":= bad", header="axiom bad : False"),
        # What another row of the batch proves is not there for this one.
        Proof(name="u", statement="theorem u : True", proof=":= StepmillStatement0.t"),
        Proof(name="u", statement="theorem u : True", proof=":= t"),
        Proof(name="u", statement="theorem u : nonsense", proof=":= t"),
    )
    rows = [row for pair in zip(TRUE, bad * 3, strict=False) for row in pair]
    alone = [check(lean, row)[0] for row in rows]
    together = check(lean, *rows)
    assert [(one.verdict, one.axioms, one.stages) for one in together] == [
        (one.verdict, one.axioms, one.stages) for one in alone
    ]
    assert {one.verdict for one in together} == {"verified", "sorry", "rejected", "axioms"}


def test_names_that_print_alike_are_told_apart(lean: Native) -> None:
    """`t.«a.b»` and `t.a.b` are two constants: the axioms of both count, whichever is met first."""
    for first, second in (("True.intro", "sorry"), ("sorry", "True.intro")):
        proof = f":= And.intro a.b «a.b»\nwhere\n  a.b : True := {first}\n  «a.b» : True := {second}"
        verdict = check(lean, Proof(name="t", statement="theorem t : And True True", proof=proof))[0]
        assert verdict.verdict in ("sorry", "rejected"), verdict
    header = "theorem a.b : True := True.intro\ntheorem «a.b» : True := sorry"
    for both in ("And.intro a.b «a.b»", "And.intro «a.b» a.b"):
        row = Proof(name="t", statement="theorem t : And True True", proof=f":= {both}", header=header)
        assert check(lean, row)[0].verdict == "sorry"


def test_every_theorem_of_the_library_is_verified_and_nothing_else(lean: Native) -> None:
    folder = Path(__file__).parent / "theorems"
    if not folder.is_dir():
        pytest.skip("no theorems")
    from jobs.bench.lean import read

    true, false = read(folder)
    refused = [
        (row.name, one) for row, one in zip(true, lean.check(true, LIMITS), strict=True) if one.verdict != "verified"
    ]
    taken = [row.name for row, one in zip(false, lean.check(false, LIMITS), strict=True) if one.verdict == "verified"]
    assert len(true) >= 150 and not refused and not taken


BEHIND_THE_GATE = (
    ("axiom", ":= bad\naxiom bad : False", ""),
    ("another theorem of the name", ":= A.t\nnamespace A\ntheorem t : True := True.intro", ""),
    ("macro", ':= sorry\nmacro "False" : term => `(True)', "set_option warn.sorry false"),
    ("instance", ":= sorry\ninstance : Inhabited False := ⟨sorry⟩", ""),
    ("unsafe", ":= unsafe lcProof", ""),
    ("kernel switched off", ":= set_option debug.skipKernelTC true in sorry", ""),
    ("False again", ":= sorry\nnamespace A\ndef False := True\ntheorem t : False := True.intro", ""),
    ("closing the namespace", ":= sorry\nend A\ntheorem t : True := True.intro\nnamespace A", "namespace A"),
)


@pytest.mark.parametrize(("label", "proof", "header"), BEHIND_THE_GATE)
def test_the_kernel_stage_needs_no_gate(
    lean: Native, monkeypatch: pytest.MonkeyPatch, label: str, proof: str, header: str
) -> None:
    monkeypatch.setattr(statements, "command_in", lambda proof: None)
    name = "A.t" if header.startswith("namespace") else "t"
    verdict = check(lean, Proof(name=name, statement="theorem t : False", proof=proof, header=header))[0]
    assert verdict.verdict in ("rejected", "sorry", "axioms", "statement_mismatch"), (label, verdict)


def test_replay_refuses_a_module_that_was_written_by_hand(lean: Native) -> None:
    """Two theorems of one compiled module change places: what each says is no longer what it proves."""
    source = "theorem a : True := True.intro\ntheorem b (p : Prop) (h : p) : p := h\n"
    ran = lean.run(["-o", "Main.olean", "Main.lean"], {"Main.lean": source.encode()}, ["Main.olean"], LIMITS)
    stated = lean.run(
        ["-o", "Main.olean", "Main.lean"],
        {"Main.lean": source.replace(" := h\n", " := sorry\n").encode()},
        ["Main.olean"],
        LIMITS,
    )
    module = bytearray(ran.files["Main.olean"])
    values = _theorem_values(bytes(module))
    assert len(values) == 2, "the layout of a module is not what this test knows"
    first, second = values
    module[first : first + 8], module[second : second + 8] = module[second : second + 8], module[first : first + 8]
    server = lean._started()
    for content, good in ((bytes(ran.files["Main.olean"]), True), (bytes(module), False)):
        files = {"p.olean": content, "s.olean": stated.files["Main.olean"]}
        said = json.loads(server.judge(["s.olean", "p.olean", "", "b", "b"], files, [VERDICT], LIMITS).files[VERDICT])[
            0
        ]
        assert said == {"axioms": []} if good else said["verdict"] == "rejected", said


def _theorem_values(module: bytes) -> list[int]:
    """Return where in a module the pointers to the values of its theorems stand.

    A theorem's object has 3 fields and constructor 0: constant, value, list of names; its constant has 3 too.
    """
    buffer = ctypes.create_string_buffer(module, len(module))
    start = ctypes.addressof(buffer)
    # The header of the file holds the address that its pointers count from.
    base = next(
        ctypes.c_uint64.from_address(start + at).value
        for at in range(0, 128, 8)
        if ctypes.c_uint64.from_address(start + at).value > 1 << 20
        and ctypes.c_uint64.from_address(start + at).value % 65536 == 0
    )
    inside = range(base, base + len(module))
    found = []
    for at in range(0, len(module) - 32, 8):
        here = start + at
        fields, number = module[at + 6], module[at + 7]
        if (fields, number) != (1, 2):  # ConstantInfo.thmInfo
            continue
        value = ctypes.c_uint64.from_address(here + 8).value
        if value in inside:
            theorem = value - base
            if (module[theorem + 6], module[theorem + 7]) == (3, 0):
                found.append(theorem + 16)
    return found


DOUBLE = "def f : Nat → Nat\n  | .zero => 2\n  | .succ n => Nat.mul (f n) (f n)"
UNLIMITED = "set_option maxRecDepth 100000000 in set_option maxHeartbeats 0 in "


def test_bombs_end_at_their_limit_and_the_next_row_is_checked(lean: Native) -> None:
    limits = Limits(cpu_s=1.0, wall_s=6.0, memory_bytes=300 << 20)
    bomb = Proof(
        name="t",
        statement="theorem t : Eq (f 45) (f 46)",
        proof=f":= {UNLIMITED}(rfl : Eq (f 45) (f 46))",
        header=DOUBLE,
    )
    verdict = next(lean.check([bomb], limits))
    assert verdict.verdict in ("timeout", "crash", "rejected") and verdict.seconds < 20
    assert check(lean, TRUE[0])[0].verdict == "verified"


def test_a_hanging_process_is_killed_with_all_it_started(tmp_path: Path) -> None:
    program = "import os,time\nif os.fork() == 0: os.setsid()\nopen('pid%d' % os.getpid(), 'w')\ntime.sleep(60)"
    limits = Limits(cpu_s=5.0, wall_s=1.0)
    ran = process.run([sys.executable, "-c", program], tmp_path, limits, environment=dict(os.environ))
    assert ran.ended == "wall" and ran.stopped(limits) == ("timeout", "no end within 1 s on the clock")


@pytest.mark.parametrize(
    ("program", "verdict"),
    [
        ("while True: pass", "timeout"),
        ("x = []\nwhile True: x.append(bytearray(1 << 24))", "crash timeout rejected"),
        ("open('x', 'wb').write(bytes(9 << 20))", "timeout crash rejected"),
        ("import os; os.abort()", "crash"),
    ],
)
def test_limits_hold(tmp_path: Path, program: str, verdict: str) -> None:
    limits = Limits(cpu_s=1.0, wall_s=10.0, memory_bytes=200 << 20, output_bytes=8 << 20)
    ran = process.run([sys.executable, "-c", program], tmp_path, limits, environment={})
    stopped = ran.stopped(limits)
    assert (stopped[0] if stopped else "rejected" if ran.exit else "fine") in verdict.split()


def test_the_walls_leave_no_network(lean: Native, tmp_path: Path) -> None:
    check(lean, TRUE[0])
    if "net" not in lean.layers:
        pytest.skip(f"this kernel gives only {lean.layers}")
    program = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
    ran = process.run([sys.executable, "-c", program], tmp_path, LIMITS, environment={})
    assert ran.exit == 1 and b"unreachable" in ran.files["stderr"]


def test_a_server_that_dies_is_replaced() -> None:
    missing = native.missing()
    if missing is not None:
        pytest.skip(missing)
    with Native() as lean:
        assert check(lean, TRUE[0])[0].verdict == "verified"
        server = lean._started()
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        assert check(lean, TRUE[0], TRUE[1])[1].verdict == "verified"
        work = Path(server._work)
        assert work.is_dir()
    assert not work.exists()


def test_a_library_that_does_not_compile_is_unavailable(tmp_path: Path) -> None:
    if native.missing() is not None:
        pytest.skip(str(native.missing()))
    (tmp_path / "Init.lean").write_text("prelude\ntheorem")
    with Native(tmp_path) as lean:
        verdict = check(lean, TRUE[0])[0]
    assert verdict.verdict == "unavailable" and "does not compile" in verdict.reason


def test_its_absence_is_said_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "WHEEL", "no-such-wheel")
    assert "pip install" in (native.missing() or "")
