"""Does reasoning quote the program that it is to lead to?

Reasoning that holds the code is no reasoning: whoever writes the program from it copies. Three things are quotations:

- a fenced block;
- a line, or a span in backquotes, that is a Python statement: `def`, `return`, `for`, `if`, an assignment, an import, ..;
- five tokens in a row that stand so in the program, with a name or keyword and an operator or keyword among them: constants in a
  row are data that reasoning must name. Quotes, colons, comments and white space do not count, nor does what the statement
  itself shows (the function's head, its calls). What strings hold is text, in which nothing counts as name or operator.

Words and numbers may be shared freely. Pure and total, in time that goes with the length of the texts.
"""

import ast
import keyword
import re
import warnings
from collections.abc import Iterator, Sequence, Set
from functools import lru_cache
from typing import Literal, NamedTuple

RUN = 5
"""Tokens in a row that are a quotation."""
MAX_STATEMENT = 500
"""Characters of a line that is tried as a statement; of longer ones only the runs are looked at."""
_SHOWN = 60

Kind = Literal["name", "keyword", "operator", "other"]


class Token(NamedTuple):
    """A piece of a program or of a text."""

    text: str
    kind: Kind
    start: int


_WORD = r"(?P<word>[^\W\d]\w*)"
_REST = (
    r"(?P<number>\d[\d_]*(?:\.\d+)?)"
    r"|(?P<operator>\*\*=?|//=?|<<=?|>>=?|->|[-+*/%@&|^=<>!:]=|[-+*/%@&|^~<>=()\[\]{}])"
    r"|(?P<other>[,.;])"
)
_TEXT = re.compile(f"{_WORD}|{_REST}")
_STRING = (
    r"(?P<string>(?i:[rbfut]{0,2})"
    r"(?:'{3}(?s:[^\\]|\\.)*?(?:'{3}|\Z)|\"{3}(?s:[^\\]|\\.)*?(?:\"{3}|\Z)"
    r"|'(?:[^'\\\n]|\\.)*+'?|\"(?:[^\"\\\n]|\\.)*+\"?))"
)
_CODE = re.compile(rf"(?P<comment>#[^\n]*)|{_STRING}|{_WORD}|{_REST}")
_KEYWORDS = frozenset(keyword.kwlist) - {"True", "False", "None"}


def leak(code: str, statement: str, text: str) -> str | None:
    """Say what `text` quotes of `code`, None where nothing. `statement` is what whoever reads the text knows anyway."""
    if _FENCE.search(text):
        return "it holds a fenced block"
    return _statement_in(code, statement, text) or _run_in(code, statement, text)


# Runs of tokens


def _run_in(code: str, statement: str, text: str) -> str | None:
    grams = _grams(code, statement)
    for run in _runs(_tokens(text)):
        if tuple(token.text for token in run) in grams:
            return f"it quotes the program: `{_short(text[run[0].start : run[-1].start + len(run[-1].text)])}`"
    return None


@lru_cache(maxsize=64)
def _grams(code: str, statement: str) -> frozenset[tuple[str, ...]]:
    """Return the runs of the program that are quotations wherever they stand."""
    shown = {tuple(token.text for token in run) for run in _runs(_tokens(statement))}
    found = {tuple(token.text for token in run) for run in _runs(_code_tokens(code)) if _tells(run)}
    return frozenset(found - shown)


def _tells(run: Sequence[Token]) -> bool:
    kinds = [token.kind for token in run]
    return "keyword" in kinds or ("name" in kinds and "operator" in kinds)


def _runs(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    for first in range(len(tokens) - RUN + 1):
        yield tokens[first : first + RUN]


def _tokens(text: str) -> list[Token]:
    """Return the tokens of prose; a string is what it holds, since an apostrophe opens none."""
    return [Token(found[0], _kind(found), found.start()) for found in _TEXT.finditer(text)]


def _code_tokens(code: str) -> list[Token]:
    tokens: list[Token] = []
    for found in _CODE.finditer(code):
        if found["string"] is not None:
            body = re.sub(r"^\w+", "", found["string"])
            tokens += [Token(token.text, "other", found.start()) for token in _tokens(body)]
        elif found["comment"] is None:
            tokens.append(Token(found[0], _kind(found), found.start()))
    return tokens


def _kind(found: "re.Match[str]") -> Kind:
    if found["operator"] is not None:
        return "operator"
    if found["word"] is None or found[0] in ("True", "False", "None"):
        return "other"
    return "keyword" if found[0] in _KEYWORDS else "name"


# Statements

_FENCE = re.compile(r"^[ \t>]{0,8}(?:`{3}|~{3})", re.MULTILINE)
_QUOTED = re.compile(r"`([^`\n]+)`")
_LABEL = re.compile(r"[ \t>*+•–-]*(?:\(?\d{1,3}[.):][ \t]*)?(?i:step[ \t]+\d{1,3}[ \t]*[.:)–-]+[ \t]*)?[*_]*")
_MAY = re.compile(r"(?:async|class|def|del|elif|for|from|if|import|raise|return|while|with|assert|yield)\b|.*[=(\[{]")
_FILE = "<reasoning>"

# Of what a model writes nobody wants to be warned; the filter is for this file name alone.
warnings.filterwarnings("ignore", module=re.escape(_FILE))

_ALWAYS = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom),
    *(ast.Assign, ast.AugAssign, ast.Global, ast.Nonlocal),
)
_WHERE_FORMAL = (
    *(ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.AsyncWith),
    *(ast.Return, ast.Raise, ast.Assert, ast.Delete),
)
_FORMAL = (
    *(ast.Call, ast.Subscript, ast.Attribute, ast.BinOp, ast.Compare, ast.NamedExpr, ast.Lambda, ast.Constant),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.List, ast.Dict, ast.Tuple),
)
"""These, or a name of the program's, make code of the former: `- if even: halve` is a sentence that Python can read."""
_FORMAL_ALONE = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda, ast.NamedExpr, ast.Yield)


def _statement_in(code: str, statement: str, text: str) -> str | None:
    shown = {line.strip() for line in statement.splitlines()}
    for line in text.splitlines():
        label = _LABEL.match(line)
        rest = line[label.end() :] if label else line
        for part in (rest, rest.partition(": ")[2], *_QUOTED.findall(line)):
            part = part.replace("`", "").strip().rstrip(" .;,*_")
            if len(part) > MAX_STATEMENT or part in shown or _MAY.match(part) is None:
                continue
            if _is_statement(part, _names(code)):
                return f"it holds a line of code: `{_short(part)}`"
    return None


@lru_cache(maxsize=64)
def _names(code: str) -> frozenset[str]:
    return frozenset(token.text for token in _code_tokens(code) if token.kind == "name")


def _is_statement(part: str, names: Set[str]) -> bool:
    whole = part.removeprefix("el") if part.startswith("elif ") else part
    for source in (whole, f"{whole} pass") if whole.endswith(":") else (whole,):
        try:
            body = ast.parse(source, _FILE).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return any(_is_code(node, names) for node in body)
    return False


def _is_code(node: ast.stmt, names: Set[str]) -> bool:
    if isinstance(node, _ALWAYS) or (isinstance(node, ast.AnnAssign) and node.value is not None):
        return True
    if isinstance(node, _WHERE_FORMAL):
        inside = list(ast.walk(node))
        return any(isinstance(one, _FORMAL) or (isinstance(one, ast.Name) and one.id in names) for one in inside)
    if not isinstance(node, ast.Expr):
        return False
    called = isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute)
    return called or isinstance(node.value, _FORMAL_ALONE)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 3]}..."
