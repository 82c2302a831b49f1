"""Single mutants of a program: one small fault each, of the kinds that people and models make.

Operators (Jia and Harman, "An Analysis and Survey of the Development of Mutation Testing", 2011, and their Python customs):
arithmetic and bit operators, operands and arguments swapped, comparisons and their borders, `and` and `or`, signs, constants one
off or empty, bounds of ranges and slices one off, conditions negated, a result that is None, a statement left out, `break` for
`continue`. Docstrings, annotations, decorators and imports stay.

Programs are parsed here and never run: they are references, which come with the problem, not what is judged.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

MAX_SOURCE = 100_000
"""Characters; a longer program has no mutants."""
_MAX_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One faulty program."""

    code: str
    line: int
    """Of the original."""
    operator: str
    description: str
    """What was there and what is there now."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Put `new` where `parent.field` (or its item `index`) is."""

    parent: ast.AST
    field: str
    index: int | None
    new: object
    operator: str
    """One of a dozen names, such as `comparison`; what each does wrong is said in `bugs.py`."""


def mutants(code: str) -> list[Mutant]:
    """Return every single mutant of `code`, in the order of the text, no two with the same code; none where it does not parse."""
    if len(code) > MAX_SOURCE:
        return []
    try:
        tree = ast.parse(code)
        seen = {ast.unparse(tree)}
        found: list[Mutant] = []
        for edit in edits(tree):
            before = _shown(edit)
            old = put(edit, edit.new)
            changed, after = ast.unparse(tree), _shown(edit)
            put(edit, old)
            if changed in seen:
                continue
            seen.add(changed)
            line = getattr(old, "lineno", 0) or getattr(edit.parent, "lineno", 0)
            description = f"{before} -> {after}"
            found.append(Mutant(code=changed + "\n", line=line, operator=edit.operator, description=description))
        return found
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def put(edit: Edit, new: object) -> object:
    """Put `new` in the place of the edit and return what was there."""
    if edit.index is None:
        old = getattr(edit.parent, edit.field)
        setattr(edit.parent, edit.field, new)
        return old
    items = getattr(edit.parent, edit.field)
    old, items[edit.index] = items[edit.index], new
    return old


def _shown(edit: Edit) -> str:
    """Return the smallest piece of code that says what is there now: the node itself, or what holds an operator."""
    node = getattr(edit.parent, edit.field)
    if edit.index is not None:
        node = node[edit.index]
    if isinstance(node, ast.Pass):
        return "nothing"
    whole = not isinstance(node, ast.expr | ast.stmt) or isinstance(edit.parent, ast.Return)
    line = ast.unparse(edit.parent if whole else node).partition("\n")[0]
    return line if len(line) <= _MAX_SHOWN else line[: _MAX_SHOWN - 3] + "..."


_SKIPPED = ("annotation", "returns", "decorator_list", "type_params")


def edits(node: ast.AST) -> Iterator[Edit]:
    """Yield the edits of a node and of all below it, in the order of the text; the tree must stay as it is in between."""
    for of_node in (_of_operators, _of_values, _of_bounds, _of_conditions):
        yield from of_node(node)
    for name, value in ast.iter_fields(node):
        if name in _SKIPPED or isinstance(node, ast.Import | ast.ImportFrom):
            continue
        children = value if isinstance(value, list) else [value]
        for index, child in enumerate(children):
            if not isinstance(child, ast.AST) or _is_docstring(node, name, index, child):
                continue
            place = (node, name, index if isinstance(value, list) else None)
            yield from _in_place(*place, child)
            yield from edits(child)


def _is_docstring(parent: ast.AST, name: str, index: int, child: ast.AST) -> bool:
    return (
        name == "body"
        and index == 0
        and isinstance(parent, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and isinstance(child, ast.Expr)
        and isinstance(child.value, ast.Constant)
    )


# Edits of a node's own fields

_ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.FloorDiv),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Mult, ast.Div),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitXor: (ast.BitAnd,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
}
_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_ONE_WAY = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.LShift, ast.RShift)


def _of_operators(node: ast.AST) -> Iterator[Edit]:
    match node:
        case ast.BinOp(op=op) | ast.AugAssign(op=op):
            for new in _ARITHMETIC.get(type(op), ()):
                yield Edit(node, "op", None, new(), "arithmetic")
        case ast.Compare():
            for index, comparison in enumerate(node.ops):
                for other in _COMPARISONS[type(comparison)]:
                    yield Edit(node, "ops", index, other(), "comparison")
        case ast.BoolOp(op=ast.And()):
            yield Edit(node, "op", None, ast.Or(), "boolean")
        case ast.BoolOp(op=ast.Or()):
            yield Edit(node, "op", None, ast.And(), "boolean")


def _of_values(node: ast.AST) -> Iterator[Edit]:
    match node:
        case ast.Return(value=ast.expr()):
            yield Edit(node, "value", None, ast.Constant(None), "return None")
        case ast.Call(args=[first, second, *rest]) if not isinstance(first, ast.Starred):
            yield Edit(node, "args", None, [second, first, *rest], "swap arguments")
        case ast.Constant(value=value):
            for other in _other_constants(value):
                yield Edit(node, "value", None, other, "constant")


def _of_bounds(node: ast.AST) -> Iterator[Edit]:
    match node:
        case ast.Call(func=ast.Name(id="range"), args=arguments):
            for index, bound in enumerate(arguments[:2]):
                yield from _one_off(node, "args", index, bound, "range bound")
        case ast.Slice(lower=lower, upper=upper):
            yield from _one_off(node, "lower", None, lower, "slice bound")
            yield from _one_off(node, "upper", None, upper, "slice bound")


def _of_conditions(node: ast.AST) -> Iterator[Edit]:
    match node:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            yield Edit(node, "test", None, _negated(test), "negate condition")
        case ast.comprehension(ifs=tests):
            for index, test in enumerate(tests):
                yield Edit(node, "ifs", index, _negated(test), "negate condition")


def _other_constants(value: object) -> tuple[object, ...]:
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int | float):
        return (value + 1, value - 1)
    if isinstance(value, str | bytes):
        # Of one kind each: text that is not there, and text where none was.
        return (value[:0],) if value else ("x" if isinstance(value, str) else b"x",)
    return ()


def _negated(test: ast.expr) -> ast.expr:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    return ast.UnaryOp(ast.Not(), test)


def _one_off(parent: ast.AST, field: str, index: int | None, bound: ast.expr | None, operator: str) -> Iterator[Edit]:
    if bound is None or isinstance(bound, ast.Starred | ast.Constant):  # a constant is moved as such
        return
    for sign in (ast.Add(), ast.Sub()):
        yield Edit(parent, field, index, ast.BinOp(bound, sign, ast.Constant(1)), operator)


# Edits that put another node in a node's place

_DROPPED = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.Raise, ast.Delete, ast.Break, ast.Continue)


def _in_place(parent: ast.AST, field: str, index: int | None, child: ast.AST) -> Iterator[Edit]:
    match child:
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _ONE_WAY):
            yield Edit(parent, field, index, ast.BinOp(right, op, left), "swap operands")
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert(), operand=operand):
            yield Edit(parent, field, index, operand, "unary operator")
        case ast.Break():
            yield Edit(parent, field, index, ast.Continue(), "break or continue")
        case ast.Continue():
            yield Edit(parent, field, index, ast.Break(), "break or continue")
    if isinstance(child, _DROPPED):
        yield Edit(parent, field, index, ast.Pass(), "drop statement")
