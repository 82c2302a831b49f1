"""Bugs planted into a program's own text: one small replacement within one line, and everything else as its author wrote it.

The faults are those of `mutants.py`. Where the tree says what changes, the text to change is found by the places of its nodes,
and a bug is kept only if the new text means exactly the changed tree; where text and tree do not agree, there is none. Left out:
what spans lines, what stands in an f-string (`ast` places such parts wrongly before Python 3.12), lines that a review cannot
quote, and bounds that end in `+ 1` or `- 1` already, whose constants are moved instead: `n - 1 + 1` gives itself away.

Programs are parsed here and never run.
"""

import ast
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from verifiers.programs import lines
from verifiers.programs.mutants import Edit, edits, put

MAX_SOURCE = 20_000
"""Characters; every bug of a longer program would cost more than a tenth of a second to verify."""
MAX_LINE = 200
"""Characters of a line that a review can quote."""

WHAT: dict[str, str] = {
    "arithmetic": "the operator is wrong",
    "comparison": "the comparison is wrong",
    "boolean": "the conditions are joined the wrong way",
    "return None": "it returns None in place of the value",
    "swap arguments": "the arguments are swapped",
    "constant": "the constant is wrong",
    "range bound": "the bound is one off",
    "slice bound": "the bound is one off",
    "negate condition": "the condition is the wrong way round",
    "swap operands": "the operands are swapped",
    "unary operator": "an operator is missing",
    "break or continue": "the loop ends or goes on at the wrong place",
    "drop statement": "a statement is missing",
}
"""What each operator of `mutants.py` does wrong, in plain words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """A program with one bug. Lines are counted from 1, places are characters of the buggy program."""

    code: str
    line: int
    start: int
    end: int
    before: str
    """What stood in the bug's place."""
    after: str
    """What stands there now: `code[start:end]`."""
    operator: str

    @property
    def what(self) -> str:
        """What is wrong, in plain words."""
        return WHAT[self.operator]


def planted(code: str, seed: int) -> Iterator[Bug]:
    """Yield the bugs of a program, no two with the same code: one of each operator in turn, in an order drawn with the seed.

    Nothing where the program does not parse or is longer than MAX_SOURCE.
    """
    try:
        yield from _planted(code, random.Random(seed))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return


def _planted(code: str, rng: random.Random) -> Iterator[Bug]:
    if len(code) > MAX_SOURCE:
        return
    tree = ast.parse(code)
    text = _Text(code)
    in_f_strings = _in_f_strings(tree)
    seen = {code}
    for edit in _in_turn([edit for edit in edits(tree) if not _left_out(edit, in_f_strings)], rng):
        wanted = _changed(tree, edit)
        for start, end, new in _replacements(text, edit):
            bug = _bug(code, start, end, new, edit.operator)
            if bug is not None and bug.code not in seen and _means(bug.code, wanted):
                seen.add(bug.code)
                yield bug
                break


def _in_turn(found: list[Edit], rng: random.Random) -> Iterator[Edit]:
    """Yield an edit of each operator, then another of each: some make ten times as many as others."""
    rng.shuffle(found)
    queues: dict[str, list[Edit]] = {}
    for edit in found:
        queues.setdefault(edit.operator, []).append(edit)
    while queues:
        for operator in list(queues):
            yield queues[operator].pop()
            if not queues[operator]:
                del queues[operator]


_F_STRINGS = tuple(getattr(ast, name) for name in ("JoinedStr", "TemplateStr") if hasattr(ast, name))


def _in_f_strings(tree: ast.AST) -> set[int]:
    return {id(inner) for node in ast.walk(tree) if isinstance(node, _F_STRINGS) for inner in ast.walk(node)}


def _left_out(edit: Edit, in_f_strings: set[int]) -> bool:
    if edit.operator in ("range bound", "slice bound") and isinstance(edit.new, ast.BinOp):
        bound = edit.new.left
        if isinstance(bound, ast.BinOp) and isinstance(bound.op, ast.Add | ast.Sub):
            return isinstance(bound.right, ast.Constant)
    return id(edit.parent) in in_f_strings


def _changed(tree: ast.AST, edit: Edit) -> str:
    old = put(edit, edit.new)
    try:
        return ast.unparse(tree)
    finally:
        put(edit, old)


def _means(code: str, wanted: str) -> bool:
    """Whether a program is the wanted one but for how it is laid out."""
    try:
        return ast.unparse(ast.parse(code)) == wanted
    except SyntaxError:
        return False


def _bug(code: str, start: int, end: int, new: str, operator: str) -> Bug | None:
    """Return the bug, None where it is not within the source of one line that can be quoted and put back."""
    old = code[start:end]
    changed = code[:start] + new + code[end:]
    number = lines.line_at(code, start)
    was, now = lines.one(code, number), lines.one(changed, number)
    if "\n" in old + new or "\r" in old + new or was is None or now is None:
        return None
    stop = start + len(new)
    quotable = "`" not in was.source + now.source and max(len(was.source), len(now.source)) <= MAX_LINE
    if not quotable or not now.start <= start < stop <= now.end:
        return None
    if lines.put(changed, now.start, now.end, was.source) != code:
        return None
    return Bug(code=changed, line=number, start=start, end=stop, before=old, after=new, operator=operator)


# Where in the text an edit of the tree is

Replacement = tuple[int, int, str]
"""From, to, and what to put there; the first that means the changed tree is taken."""


class _Text:
    """Turns the places of nodes, a line and UTF-8 bytes, into characters of the text."""

    def __init__(self, code: str) -> None:
        self.code = code
        self._lines = code.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def place(self, line: int, column: int) -> int:
        text = self._lines[line - 1]
        return self._starts[line - 1] + (column if text.isascii() else len(text.encode()[:column].decode()))

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return where a node stands; brackets around it are not part of it. Raises ValueError where it stands nowhere."""
        if not isinstance(node, ast.expr | ast.stmt) or node.end_lineno is None or node.end_col_offset is None:
            raise ValueError(f"a {type(node).__name__} has no place")
        return self.place(node.lineno, node.col_offset), self.place(node.end_lineno, node.end_col_offset)

    def of(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.code[start:end]


_SYMBOLS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not", ast.And: "and", ast.Or: "or",
}  # fmt: skip
_UNARY = {ast.Not: "not", ast.USub: "-", ast.Invert: "~"}
# Between two operands stand brackets, blanks and comments besides the operator.
_BETWEEN = re.compile(r"(?:#[^\n]*|[\s()\\])*(not\s+in|is\s+not|[a-z]+|[^\s()\\#\w]+)")


def _replacements(text: _Text, edit: Edit) -> Iterator[Replacement]:
    """Yield the ways to write an edit, the shortest first."""
    match edit.parent, edit.operator:
        case ast.BinOp(left=left, right=right) as node, "arithmetic":
            yield from _symbols(text, [left, right], edit.new, node)
        case ast.AugAssign(target=target, value=value), "arithmetic":
            yield from _symbols(text, [target, value], edit.new, None)
        case ast.Compare(left=left, comparators=others), "comparison" if edit.index is not None:
            yield from _symbols(text, [left, *others][edit.index : edit.index + 2], edit.new, None)
        case ast.BoolOp(values=values) as node, "boolean":
            yield from _symbols(text, values, edit.new, node)
        case ast.Call(args=[first, second, *_]), "swap arguments":
            (start, end), (other, stop) = text.span(first), text.span(second)
            yield start, stop, text.code[other:stop] + text.code[end:other] + text.code[start:end]
        case ast.Constant() as node, "constant":
            start, end = text.span(node)
            yield start, end, _constant(edit.new, text.code[start:end])
        case _:
            value = getattr(edit.parent, edit.field)
            old = value if edit.index is None else value[edit.index]
            start, end = text.span(old)
            for new in _rewritten(text, edit.operator, old, edit.new):
                yield start, end, new


def _symbols(text: _Text, operands: list[ast.expr], new: object, whole: ast.expr | None) -> Iterator[Replacement]:
    """Yield the operators between the operands replaced, then with brackets around the whole where it may have them."""
    assert isinstance(new, ast.AST)
    spans = []
    for left, right in pairwise(operands):
        found = _BETWEEN.match(text.code, text.span(left)[1], text.span(right)[0])
        if found is None:
            return
        spans.append(found.span(1))
    (start, _), (_, end) = spans[0], spans[-1]
    equals = "=" if isinstance(new, ast.operator) and whole is None else ""
    pieces = [_SYMBOLS[type(new)] + equals]
    for (_, left_end), (right_start, _) in pairwise(spans):
        pieces += [text.code[left_end:right_start], _SYMBOLS[type(new)]]
    written = "".join(pieces)
    yield start, end, written
    if whole is not None:
        first, last = text.span(whole)
        yield first, last, f"({text.code[first:start]}{written}{text.code[end:last]})"


def _rewritten(text: _Text, operator: str, old: ast.AST, new: object) -> Iterator[str]:
    """Yield what may stand in the place of a node, the shortest first."""
    match operator, old:
        case "return None", _:
            yield "None"
        case (("range bound" | "slice bound"), _):
            assert isinstance(new, ast.BinOp)
            sign = _SYMBOLS[type(new.op)]
            yield from (f"{text.of(old)} {sign} 1", f"({text.of(old)}) {sign} 1")
        case (("negate condition" | "unary operator"), ast.UnaryOp(op=op)) if new is old.operand:
            # The operand as it stands, with the brackets that are around it.
            left = text.of(old)[len(_UNARY[type(op)]) :].strip()
            yield from (text.of(old.operand), left, f"({left})")
        case "negate condition", _:
            yield from (f"not {text.of(old)}", f"not ({text.of(old)})", f"(not ({text.of(old)}))")
        case "swap operands", ast.BinOp():
            yield from _swapped(text, old)
        case "break or continue", _:
            yield "continue" if isinstance(new, ast.Continue) else "break"
        case "drop statement", _:
            yield "pass"


def _swapped(text: _Text, node: ast.BinOp) -> Iterator[str]:
    between = _BETWEEN.match(text.code, text.span(node.left)[1], text.span(node.right)[0])
    if between is None:
        return
    start, stop = text.span(node)
    # Each side with its brackets, and the blanks around the operator as they are.
    left, right = text.code[start : between.start(1)].rstrip(), text.code[between.end(1) : stop].lstrip()
    operator = text.code[start + len(left) : stop - len(right)]
    for one in (right, f"({right})"):
        for two in (left, f"({left})"):
            yield one + operator + two


def _constant(new: object, old: str) -> str:
    """Return how a constant is written: strings in the quotes and with the prefix that they had."""
    if not isinstance(new, str | bytes):
        return repr(new)
    prefix = old[: len(old) - len(old.lstrip("rRbBuU"))]
    quote = old[len(prefix) : len(prefix) + 1]
    return f"{prefix}{quote}{new if isinstance(new, str) else new.decode()}{quote}"
