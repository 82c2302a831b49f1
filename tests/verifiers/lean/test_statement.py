"""What is locked, what is refused before Lean sees it, and how messages are read."""

import json

import pytest

from verifiers.lean import messages
from verifiers.lean.check import check_proof
from verifiers.lean.rows import Limits, Message, Proof
from verifiers.lean.scan import Unclear, command_in, words
from verifiers.lean.statement import Locked, Refusal, lock, together

TRUE = "theorem t : True"


@pytest.mark.parametrize(
    "proof",
    [
        ":= by\n  intro h\n  exact h.end -- end of the theorem",
        ":= by\n  /- an axiom /- nested -/ #eval -/\n  rfl",
        ":= by open Nat in simp",
        ":= by open Nat (succ add_comm) in simp",
        ":= set_option maxRecDepth 1000 in rfl",
        ':= f "theorem" \'"\' #[1, 2]'.replace('"theorem"', '"lemmas"'),
        ":= by\n  have instances := 1\n  exact definition",
        ':= r#"a "quoted" {"# ▸ x\'',
        ":= fun «end» => «end»",
        ":= by\n  show p\n  exact local'",
        "| 0 => rfl\n| n + 1 => by simp",
        ":= by\n  ·-- end\n    exact (/- end -/ h)-- end\n  exact ⟨h,-- end\n    k⟩ -- <-- end",
    ],
)
def test_plain_proofs_pass_the_gate(proof: str) -> None:
    assert command_in(proof) is None


@pytest.mark.parametrize(
    ("proof", "word"),
    [
        (":= rfl\nend", "end"),
        (":= rfl end", "end"),
        (":= rfl\n\n#print axioms t", "#print"),
        (":= rfl\n@[simp] theorem u : True := rfl", "@["),
        (":= rfl\nlemma u : True := rfl", "lemma"),
        (":= rfl\nlocal notation x => y", "local"),
        (":= rfl\nopen Nat", "open"),
        (":= rfl\nset_option x true", "set_option"),
        (":= set_option debug.skipKernelTC true in rfl", "set_option debug.skipKernelTC"),
        (":= rfl /- -/ axiom x : False", "axiom"),
        (":= '\"' axiom x : \"False", "axiom"),
        (":= rfl -- \\\naxiom x : False", "axiom"),
    ],
)
def test_commands_do_not(proof: str, word: str) -> None:
    try:
        assert command_in(proof) == word
    except Unclear:
        assert '"' in proof  # what cannot be told is refused too


@pytest.mark.parametrize("text", ["/-", "/- /- -/", '"', 's!"{"/-"}"', 'r#"a"', "do let x <-- 1", "x //- end -/"])
def test_what_cannot_be_told_is_refused(text: str) -> None:
    with pytest.raises(Unclear):
        command_in(text)


def test_hostile_text_takes_linear_time() -> None:
    for piece in ("/-", "-/", '"', "'", "(", "«", "r#", "a.", "open ", "\\", "{", "set_option a "):
        text = piece * (100_000 // len(piece))
        try:
            command_in(text)
        except Unclear:
            continue


def test_words_know_dotted_names() -> None:
    assert [word.text for word in words("h.end x₁' «a b».c 1.5 !")] == ["h.end", "x₁'", "«a b».c", "1.5", "!"]


def locked(**fields: str) -> Locked:
    found = lock(Proof(**({"name": "t", "statement": TRUE, "proof": ":= True.intro"} | fields)), Limits())
    assert isinstance(found, Locked), found
    return found


def test_the_proof_is_in_one_file_only() -> None:
    one = locked(proof=":= SECRET", header="def two := 2")
    assert "SECRET" in one.proof_file
    assert "SECRET" not in one.statement_file + (one.plain_file or "") + (one.check_file("M") or "") + one.context


@pytest.mark.parametrize(
    ("statement", "restated"),
    [
        ("theorem t : True", "theorem stepmill_stmt_ok :\n  True"),
        (
            "theorem t (p : Prop) {q : Prop} [h : D q] : p",
            "theorem stepmill_stmt_ok :\n  ∀ (p : Prop) {q : Prop} [h : D q],\n  p",
        ),
        ("protected lemma t.{u, v} (a : Sort u) : P", "theorem stepmill_stmt_ok.{u, v} :\n  ∀ (a : Sort u),\n  P"),
        ("theorem t : ∀ x : Nat, x = x", "theorem stepmill_stmt_ok :\n  ∀ x : Nat, x = x"),
        ("theorem t (n : Nat := 3) : n = n", None),
    ],
)
def test_restating(statement: str, restated: str | None) -> None:
    assert locked(statement=statement).restated == restated


def test_headers_are_split_into_context_and_definitions() -> None:
    header = "import A\nopen B in\n/-- doc -/\n@[simp] def two : Nat := 2\nnamespace C\n"
    header += "variable (p : Prop)\nlocal notation x => y"
    one = locked(header=header, name="C.t")
    assert one.imports == "import A\n" and one.declares and one.name == "C.t"
    assert "namespace C" in one.context and "local notation" in one.context and "two" not in one.context
    assert one.plain_file is not None and "two" not in one.plain_file


@pytest.mark.parametrize(
    "fields",
    [
        {"statement": "theorem"},
        {"statement": ""},
        {"statement": "def t : True"},
        {"statement": "private theorem t : True"},
        {"statement": "theorem t : True #eval 1"},
        {"statement": "axiom x : False theorem t : True"},
        {"header": "end"},
        {"header": "/-"},
        {"name": "u"},
    ],
)
def test_what_cannot_be_locked_is_a_mismatch(fields: dict[str, str]) -> None:
    found = lock(Proof(**({"name": "t", "statement": TRUE, "proof": ":= True.intro"} | fields)), Limits())
    assert isinstance(found, Refusal) and found.verdict == "statement_mismatch"


def test_statements_stand_together_under_names_of_their_own() -> None:
    rows = [
        locked(header="namespace A", name="A.t"),
        locked(header="namespace A", name="A.t", statement="theorem t : P"),
    ]
    file, names = together(rows) or ("", [])
    assert names == ["A.StepmillStatement0.t", "A.StepmillStatement1.t"] and file.count(":= sorry") == 2
    assert together([locked(statement="@[simp] theorem t : True")]) is None


def test_messages_are_read_and_nothing_breaks_them() -> None:
    line = {"severity": "error", "data": "no", "pos": {"line": 3, "column": 1}}
    output = (
        json.dumps(line) + "\nMain.lean:4:5: error: bad\nwhatever\n[1]\n" + json.dumps({"severity": "odd"}) + "\n\xff"
    )
    found = messages.read(output.encode("latin-1"))
    assert [(one.severity, one.line) for one in found[:3]] == [("error", 3), ("error", 4), ("information", 0)]
    assert found[4].severity == "error"


@pytest.mark.parametrize(
    ("texts", "axioms"),
    [
        (["'x' depends on axioms: [propext, Quot.sound]"], ("Quot.sound", "propext")),
        (["'A.x' depends on axioms: [propext,\n Classical.choice]"], ("Classical.choice", "propext")),
        (["'x' does not depend on any axioms"], ()),
        (["'y' does not depend on any axioms"], None),
        (["'x' does not depend on any axioms", "'x' depends on axioms: [a]"], None),
        (["'x' does not depend on any axioms, really"], None),
        ([], None),
    ],
)
def test_axioms_are_believed_where_there_is_one_answer(texts: list[str], axioms: tuple[str, ...] | None) -> None:
    said = [Message(severity="information", text=text) for text in texts]
    assert messages.axioms(said, "x") == axioms


HIDDEN = (
    ":= Nat.zero_le 1axiom bad : False", ":= Nat.zero_le 1macro \"zork\" : term => `(1)", ":= f 0x1universe w",
    ":= (And.intro (Nat.zero_le 1) True.intro).1axiom bad : False", ":= Nat.zero_le (1)¹axiom bad : False",
    ':= Nat.zero_le (1)¹r"\\" axiom bad : False --"', ":= (fun («a\n/-» : Nat) => Nat.zero_le 1) 0\naxiom bad : False\n-- -/",
    f":= (fun («{'a' * 310} /-» : Nat) => Nat.zero_le 1) 0\naxiom bad : False\n-- -/",
    ':= by first | exact h | exact (dbg_trace "}{" /- "}"; foo)\naxiom bad : False\n-- -/',
)  # fmt: skip


@pytest.mark.parametrize("proof", HIDDEN)
def test_a_command_is_seen_wherever_lean_would_read_one(proof: str) -> None:
    try:
        assert command_in(proof) is not None
    except Unclear:
        return


def test_a_header_may_include_variables() -> None:
    row = Proof(
        name="t",
        statement="theorem t : b = a",
        proof=":= h.symm",
        header="variable (a b : Nat) (h : a = b)\ninclude h\n",
    )
    verdict = check_proof(row)
    assert verdict.verdict == "verified", verdict.reason
