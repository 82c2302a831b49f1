"""Lean text cut into words, as far as telling its commands apart needs it. One pass, linear.

This is a gate before the kernel, not the judge: what it lets through is still compiled apart, compared and replayed. It exists
because some commands run code while Lean compiles (`#eval`, `initialize`, macros, `elab`), and because a proof that brings
commands of its own is no proof of the statement but another file. Where it cannot be sure what Lean would read it refuses.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """One token: a dotted name, a number, a symbol character, or a whole string."""

    text: str
    start: int
    first: bool
    """Whether it is the first of its line."""


class Unclear(ValueError):
    """Text whose tokens cannot be told for sure; the message says why."""


# Letters of identifiers as Lean has them, and no others: after `1`, `¹` or any other sign a command may follow without a space.
_LETTER = "A-Za-z_À-ÖØ-öø-ſα-κμ-ωΑ-ΟΡΤ-Ωϊ-ϻἀ-῾℀-⅏𝒜-𝖟"
_PART = rf"(?:«[^»\n]{{0,300}}»|[{_LETTER}][{_LETTER}0-9'!?₀-₉ₐ-ₜᵢ-ᵪⱼ]*)"
_TOKEN = re.compile(
    rf"""(?P<space>\s+)
    | (?P<line>--[^\n]*)
    | (?P<block>/-)
    | (?P<raw>r(?P<hashes>\#*)")
    | (?P<string>")
    | (?P<char>'(?:[^'\\]|\\(?:u\{{?[0-9a-fA-F]+\}}?|x[0-9a-fA-F]{{2}}|[^\n]))')
    | (?P<name>{_PART}(?:\.(?:{_PART}|\d+))*)
    | (?P<hash>\#[^\W\d]\w*)
    | (?P<number>0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?)
    | (?P<at>@\[)
    | (?P<symbol>.)""",
    re.VERBOSE | re.DOTALL,
)
_STRING_END = re.compile(r'(?:[^"\\]|\\.)*"', re.DOTALL)
_BLOCK = re.compile(r"/-|-/")
_APART = frozenset(",;)]}⟩(⟨·")
"""Signs with which no longer token begins that ends in a dash or a stroke."""


def words(text: str, *, trusted: bool = True) -> Iterator[Word]:
    """Yield the tokens of `text` without comments.

    Raises Unclear, in untrusted text also for a string that may hold code and for a comment that may be none.
    """
    at = 0
    first = True
    symbol = ""
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None  # `symbol` takes any character
        kind, end = match.lastgroup, match.end()
        if kind in ("line", "block") and symbol and not trusted:
            # Lean takes the longest token: of `<--` that is `<-`, of `//-` it is `//`, and what follows is live code.
            raise Unclear(f"`{symbol}{match[0][:2]}` may begin a comment or not")
        if kind == "block":
            end = _end_of_block(text, end)
        elif kind == "hashes" or match["raw"] is not None:
            kind, end = "string", _end_of_raw(text, end, match["hashes"])
        elif kind == "string":
            end = _end_of_string(text, end, trusted)
        elif match[0] == "«":
            raise Unclear("a name in «» is longer than 300 characters, or goes over lines")
        if kind not in ("space", "line", "block"):
            yield Word(text[at:end], at, first)
            first = False
        symbol = match[0] if kind == "symbol" and match[0] not in _APART else ""
        first = first or text.find("\n", at, end) >= 0
        at = end


def _end_of_block(text: str, at: int) -> int:
    depth = 1
    for mark in _BLOCK.finditer(text, at):
        depth += 1 if mark[0] == "/-" else -1
        if depth == 0:
            return mark.end()
    raise Unclear("a comment is not closed")


def _end_of_raw(text: str, at: int, hashes: str) -> int:
    end = text.find('"' + hashes, at)
    if end < 0:
        raise Unclear("a string is not closed")
    return end + 1 + len(hashes)


def _end_of_string(text: str, at: int, trusted: bool) -> int:
    match = _STRING_END.match(text, at)
    if match is None:
        raise Unclear("a string is not closed")
    # Inside s!"{..}" quotes nest, which only Lean's parser can follow: then what looks like a comment may be live code.
    if not trusted and "{" in match[0]:
        raise Unclear("a string holds a brace, and may be code")
    return match.end()


# Reserved: none of these can be a name, so each begins or belongs to a command wherever it stands.
_RESERVED = """
    abbrev add_decl_doc attribute axiom builtin_initialize class declare_syntax_cat deriving def elab elab_rules end
    example export extends inductive infix infixl infixr init_quot initialize instance import macro macro_rules mutual
    namespace noncomputable notation opaque partial postfix prefix private protected register_simp_attr
    register_builtin_option register_option run_cmd run_elab run_meta section structure syntax
    theorem unif_hint universe unsafe variable binder_predicate simproc dsimproc builtin_simproc declare_simp_like_tactic
    declare_config_elab register_label_attr register_tactic_tag library_note assert_not_exists
    builtin_dsimproc simproc_decl dsimproc_decl recall alias compile_inductive grind_pattern coinductive
"""
RESERVED = frozenset(_RESERVED.split())
"""Words that begin or belong to a command wherever they stand."""
# Names in plain Lean, commands in some libraries or at the start of a line.
_MOSTLY = """
    lemma include omit local scoped public meta nonrec seal unseal proof_wanted variables constant suppress_compilation
"""
_AT_LINE_START = frozenset(_MOSTLY.split())
# Terms and tactics that run code of the proof's own while Lean compiles.
_RUN = frozenset(("run_tac", "by_elab", "implemented_by", "extern", "csimp"))


def command_in(text: str) -> str | None:
    """Return the first word that begins a command, or runs code, in the text of a proof; None for a plain proof.

    `open .. in` and `set_option .. in` are part of terms and tactics; without `in` they are commands. Raises Unclear.
    """
    found = list(words(text, trusted=False))
    for index, word in enumerate(found):
        said = word.text
        if said.startswith("#") and len(said) > 1 and not said.startswith('#"'):
            return said
        if said in RESERVED or said in _RUN or said == "@[" or (word.first and said in _AT_LINE_START):
            return said
        if said in ("open", "set_option") and not _scoped(found, index):
            return said
        if said == "set_option" and found[index + 1].text.startswith(("debug", "«debug", "compiler", "«compiler")):
            return f"set_option {found[index + 1].text}"
    return None


def _scoped(found: list[Word], index: int) -> bool:
    """Whether the `open` or `set_option` at `index` ends in `in`: names, and a value, stand between."""
    for word in found[index + 1 : index + 40]:
        if word.text == "in":
            return True
        if not re.fullmatch(rf"{_PART}(?:\.{_PART})*|\d+|[()→,]|\".*\"", word.text, re.DOTALL):
            return False
    return False


def top_commands(text: str) -> list[Word]:
    """Return the command words of trusted text, in order. Raises Unclear."""
    return [
        word
        for word in words(text)
        if word.text in RESERVED
        or word.text in ("open", "set_option")
        or (word.text.startswith("#") and len(word.text) > 1)
        or (word.first and word.text in _AT_LINE_START)
    ]
