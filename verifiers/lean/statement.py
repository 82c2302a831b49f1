"""The locked statement: from a row to the files that Lean compiles, or a refusal.

Header and statement are trusted text, the proof is not. What the statement *means* must never be read in a place where the proof
has been. Two ways are made here; both compile the proof in a file of its own first.

`statement_file` (native, `kernel.py`): header, statement, `:= sorry`, without the proof. It is compiled in a process that has
never seen the proof, so every name, instance and notation in it is the header's or an import's. The kernel then declares
`stmt_ok : <type from the statement's file> := @name` over the replayed constants of the proof's file, and first checks that
every constant which the type reaches through the header is the same in both files. No parser, macro, instance or option of
the proof's file is active there: only its constants count.

`check_file` (a user's Lake project, `lake.py`): `import` of the compiled proof, the header's context again, the statement under
a new name, `:= @name`, `#print axioms`. Names resolve there in the order namespace of the header, opened namespaces, root; what
the proof's file added to those could shadow them, and an imported macro or instance could bend the restatement. Hence the
gate (`scan.command_in`): a proof is one term, with no command and so no declaration, instance, notation or macro of its own;
what a `where` or `let rec` adds lies under the theorem's own name. Definitions of the header go into a module of their own
there, which both files import, because a second file cannot define them again.

A trusted header may define what the statement needs, but not turn what the statement says without it: where imports and
`open`s alone already give it a meaning, `plain_file` states that meaning, and the native backend demands that it is the same
(an `instance : Add Nat` that multiplies, a `False` that is true).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from verifiers.lean.objects import part
from verifiers.lean.rows import Limits, Proof, Word
from verifiers.lean.scan import Unclear, command_in, top_commands, words
from verifiers.lean.scan import Word as Token

STMT_OK = "stepmill_stmt_ok"
_KEPT = frozenset([
    "import", "open", "namespace", "section", "end", "universe", "variable", "include", "omit", "set_option",
])  # fmt: skip
"""What makes the context of a statement and declares nothing."""
_MODIFIERS = frozenset(
    ["private", "protected", "noncomputable", "unsafe", "partial", "local", "scoped", "@[", "nonrec"]
)
_INSIDE = frozenset(["extends", "deriving"])
_MAX_VARIABLES = 24
_OPEN, _CLOSE = "([{⦃⟨", ")]}⦄⟩"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row that is not even compiled."""

    verdict: Word
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A row as files. Text of the proof is in `proof_file` and `after_header` only."""

    name: str
    """The theorem's full name."""
    namespace: str
    """The one that is open where it is declared, "" for the root."""
    declared: str
    """Its name as declared."""
    statement: str
    """Without a `:=` at its end."""
    body: str
    """The proof as it ends `proof_file`, a line end before and after it."""
    proof_file: str
    statement_file: str
    plain_file: str | None
    """The statement where only imports and context come before it; None where the header defines nothing."""
    imports: str
    context: str
    """Commands of the header that declare nothing: what is opened, the variables, the options."""
    declares: bool
    """Whether the header defines anything."""
    header: str
    after_header: str
    """Statement and proof."""
    restated: str | None
    """The statement as `theorem stepmill_stmt_ok : ∀ binders, type`; None where a binder has a default."""

    def check_file(self, module: str) -> str | None:
        """Return the second file, which imports the compiled proof; None where the statement cannot be restated."""
        if self.restated is None:
            return None
        variables = min(len(list(words(self.context))), _MAX_VARIABLES) if "variable" in self.context else 0
        # Of the context's variables the theorem takes those that it needs, and comes after the file with as many arguments.
        ways = " | ".join(f"exact @_root_.{self.name}{' _' * count}" for count in range(variables + 1))
        proved = f"{self.restated}\n  := {f'by first | {ways}' if variables else f'@_root_.{self.name}'}"
        return f"{self.imports}import {module}\n\n{self.context}\n{proved}\n\n#print axioms {STMT_OK}\n"


def together(rows: Sequence[Locked]) -> tuple[str, list[str]] | None:
    """Return one file that states all of `rows`, with the name that each theorem has in it; None where that might change one.

    The rows have one header. Each statement stands in a namespace of its own, which is empty; nothing but statements is in the
    file, so nothing of any proof, and none can name another.
    """
    if any("@[" in row.statement or row.declared.startswith("_root_.") or row.plain_file is not None for row in rows):
        return None
    parts, names = [rows[0].header], []
    for index, row in enumerate(rows):
        own = f"StepmillStatement{index}"
        parts.append(f"namespace {own}\n{row.statement}\n:= sorry\nend {own}\n")
        names.append(_full(f"{row.namespace}.{own}" if row.namespace else own, row.declared))
    return "\n\n".join(parts), names


def lock(row: Proof, limits: Limits) -> Locked | Refusal:
    """Read a row. Total: what cannot be locked, or is no plain proof, is a `Refusal`."""
    try:
        size = sum(len(text.encode()) for text in (row.header, row.statement, row.proof))
    except UnicodeEncodeError:
        return Refusal(verdict="rejected", reason="the text is no UTF-8: it holds a lone surrogate")
    if size > limits.source_bytes:
        return Refusal(verdict="rejected", reason=f"{size} bytes of text, over the limit of {limits.source_bytes}")
    if "\0" in row.header + row.statement + row.proof:
        return Refusal(verdict="rejected", reason="the text holds a NUL character")
    try:
        commands = top_commands(row.header)
        declared = _declared(row.statement)
        namespace = _namespace(row.header, commands)
    except Unclear as why:
        return Refusal(verdict="statement_mismatch", reason=f"the statement cannot be locked: {why}")
    refused = _proof_refused(row.proof)
    if refused is not None:
        return refused
    full = _full(namespace, declared.text)
    if row.name not in (declared.text, full):
        return Refusal(verdict="statement_mismatch", reason=f"the statement declares {full}, the row says {row.name}")
    return _files(row, namespace, full, declared, commands)


def _files(row: Proof, namespace: str, full: str, declared: Token, commands: list[Token]) -> Locked:
    statement = _without_end(row.statement)
    chunks = _chunks(row.header, commands)
    imports = "".join(f"{text}\n" for word, text in chunks if word == "import")
    context = "\n".join(text for word, text in chunks if word in _KEPT and word != "import")
    local = "\n".join(text for word, text in chunks if (word in _KEPT and word != "import") or word == "local")
    declares = any(word not in _KEPT and word != "local" for word, _ in chunks)
    proof = row.proof.lstrip()
    body = proof if proof.startswith((":=", "|")) else f":= {proof}"
    head = f"{row.header}\n\n" if row.header.strip() else ""
    plain = f"{imports}\n{context}\nset_option autoImplicit false\n{statement}\n:= sorry\n"
    return Locked(
        name=full,
        namespace=namespace,
        declared=declared.text,
        statement=statement,
        body=body,
        proof_file=f"{head}{statement}\n{body}\n",
        statement_file=f"{head}{statement}\n:= sorry\n",
        plain_file=plain if any(word not in _KEPT for word, _ in chunks) else None,
        imports=imports,
        context=local,
        declares=declares,
        header=row.header,
        after_header=f"{statement}\n{body}\n",
        restated=_restated(statement, declared),
    )


def full_name(statement: str, header: str) -> str:
    """Return the name of the theorem that `statement` declares after `header`. Raises Unclear."""
    return _full(_namespace(header, top_commands(header)), _declared(statement).text)


def _proof_refused(proof: str) -> Refusal | None:
    text = proof.lstrip()
    if not text:
        return Refusal(verdict="rejected", reason="there is no proof")
    if not text.startswith((":=", "|", "by")):
        return Refusal(verdict="rejected", reason="the proof does not start with `:=`")
    try:
        command = command_in(proof)
    except Unclear as why:
        return Refusal(verdict="rejected", reason=f"the proof cannot be read: {why}")
    if command is not None:
        return Refusal(
            verdict="rejected", reason=f"`{command[:60]}` has no place in a proof: it begins a command or runs code"
        )
    return None


def _declared(statement: str) -> Token:
    """Return the name that the one declaration in `statement` has. Raises Unclear."""
    found = list(words(statement))
    at = next((index for index, word in enumerate(found) if word.text in ("theorem", "lemma")), None)
    if at is None or at + 1 >= len(found):
        raise Unclear("it declares no theorem")
    if any(word.text in ("private", "unsafe", "partial") for word in found[:at]):
        raise Unclear("the theorem is private, unsafe or partial")
    others = [word.text for word in top_commands(statement) if word.text not in ("theorem", "lemma", "protected")]
    if others or sum(word.text in ("theorem", "lemma") for word in found) > 1:
        raise Unclear(f"it holds another command than its theorem: {', '.join(others[:3]) or 'theorem'}")
    name = found[at + 1]
    if not re.match(r"[^\W\d]|«", name.text):
        raise Unclear("the theorem has no name")
    return name


def _namespace(header: str, commands: list[Token]) -> str:
    """Return the namespace that is open at the end of the header, "" for the root. Raises Unclear."""
    after = {word.start: _next(header, word) for word in commands}
    stack: list[str] = []
    for word in commands:
        if word.text == "namespace":
            stack.append(after[word.start])
        elif word.text in ("section", "mutual"):
            stack.append("")
        elif word.text == "end":
            if not stack:
                raise Unclear("the header ends what it did not begin")
            stack.pop()
    return ".".join(name for name in stack if name)


def _next(text: str, word: Token) -> str:
    start = word.start + len(word.text)
    following = next(words(text[start : start + 400]), None)
    return following.text if following is not None else ""


def _full(namespace: str, name: str) -> str:
    root = name.startswith("_root_.")
    full = name.removeprefix("_root_.") if root or not namespace else f"{namespace}.{name}"
    # «ab» and ab are one name, and the kernel's is written without.
    return re.sub(r"«([^»]*)»", lambda match: part(match[1]), full)


def _chunks(header: str, commands: list[Token]) -> list[tuple[str, str]]:
    """Return (command word, its text without what follows it) of the header, in order."""
    tokens = list(words(header))
    starts = {word.start for word in commands if word.text not in _INSIDE}
    starts |= {word.start for word in tokens if word.text == "@["}
    chunks: list[list[Token]] = []
    for token in tokens:
        begins = token.start in starts and not (chunks and _modified(chunks[-1]))
        if begins or not chunks:
            chunks.append([])
        chunks[-1].append(token)
    return [(_word(chunk), header[chunk[0].start : chunk[-1].start + len(chunk[-1].text)]) for chunk in chunks]


def _modified(chunk: list[Token]) -> bool:
    """Whether `chunk` is modifiers only, so that the command itself is still to come."""
    rest = iter(chunk)
    for token in rest:
        if token.text == "@[":
            depth = 1
            while depth and (token := next(rest, None)) is not None:  # type: ignore[assignment]  # None ends the loop
                depth += (token.text in ("@[", "[")) - (token.text == "]")
        elif token.text not in _MODIFIERS:
            return False
    return True


def _word(chunk: list[Token]) -> str:
    texts = [token.text for token in chunk]
    if texts[0] == "local":
        return "local"
    if texts[:2] == ["noncomputable", "section"]:
        return "section"
    return texts[0]


def _without_end(statement: str) -> str:
    """Return the statement without a `:=` that ends it."""
    text = statement.rstrip()
    return text.removesuffix(":=").rstrip() if text.endswith(":=") else text


def _restated(statement: str, declared: Token) -> str | None:
    """Return the statement with its binders under a `∀`, so that `@name` has its type."""
    found = [word for word in words(statement) if word.start > declared.start]
    depth, binders = 0, False
    for index, word in enumerate(found):
        if index == 0 and word.text == ".":  # universe parameters: t.{u, v}
            continue
        depth += (word.text in _OPEN) - (word.text in _CLOSE)
        if word.text == ":" and found[index + 1 : index + 2] and found[index + 1].text == "=" and depth > 0:
            return None
        if word.text == ":" and depth == 0:
            return _under_forall(statement, declared, found[:index], word)
        binders = True
    return None if binders else f"theorem {STMT_OK}"


def _under_forall(statement: str, declared: Token, before: list[Token], colon: Token) -> str:
    universes = ""
    if len(before) > 1 and before[0].text == "." and before[1].text == "{":
        close = next((index for index, word in enumerate(before) if word.text == "}"), len(before) - 1)
        universes = statement[before[0].start : before[close].start + 1]
        before = before[close + 1 :]
    binders = statement[before[0].start : colon.start].strip() if before else ""
    target = statement[colon.start + 1 :].strip()
    stated = f"∀ {binders},\n  {target}" if binders else target
    return f"theorem {STMT_OK}{universes} :\n  {stated}"
