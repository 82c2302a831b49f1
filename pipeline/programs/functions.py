"""A function with what is known about it, and the part of a module that it needs.

Code is shown and run without docstrings: their examples would give away answers. A function of a module is cut out of it with
what it uses, so that a reader has everything and nothing else.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from verifiers.sandbox.rows import Value

Args = tuple[Value, ...]
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function, ready to run."""

    name: str
    code: str
    """It and what it uses, without docstrings."""
    words: str
    """What it is to do: its head and docstring as code, or plain words; empty where nothing says."""
    examples: tuple[Args, ...]
    """Arguments that its doctests and tests use, as far as they are literals."""
    expected: tuple[tuple[Args, str], ...] = ()
    """What doctests say that calls return, as written."""
    tests: str = ""
    """Assert-style tests; empty where there are none."""
    prompt: str = ""
    """Code that the tests may use, trusted."""
    cases: tuple[tuple[Args, Value], ...] = ()
    """Arguments and what they should give, where the source lists them."""
    number: int
    """Line of the file, or row, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """A function, or a row, of which no question can be made."""

    number: int
    name: str
    """Of the function; empty where it is not known."""
    message: str
    """What is wrong and what to do, in one sentence."""
    content: str
    """What names it: its source, or the row."""


def parsed(code: str) -> ast.Module | str:
    """Return the syntax tree, or why there is none. Total."""
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"{type(error).__name__}: {str(error)[:200]}"


def functions_of(tree: ast.Module) -> list[FunctionNode]:
    """Return the functions at the top of a module; of several of one name the last, which is the one that counts."""
    found = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return sorted(found.values(), key=lambda node: node.lineno)


def head(node: FunctionNode, code: str) -> str:
    """Return `def f(a, xs):`, decorators left out."""
    written = ast.unparse(node.args)
    returns = f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""
    return f"{'async ' if isinstance(node, ast.AsyncFunctionDef) else ''}def {node.name}({written}){returns}:"


def parameters(node: FunctionNode) -> str:
    """Return `a, xs`: the names alone."""
    arguments = node.args
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    names += [f"*{arguments.vararg.arg}"] if arguments.vararg else []
    names += [one.arg for one in arguments.kwonlyargs]
    return ", ".join(names + ([f"**{arguments.kwarg.arg}"] if arguments.kwarg else []))


def without_docstrings(code: str, tree: ast.Module) -> str:
    """Return code that runs the same without docstrings; its other lines stay as they are written."""
    lines: list[str | None] = list(code.split("\n"))
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module) or not node.body:
            continue
        first = node.body[0]
        if ast.get_docstring(node, clean=False) is None or not isinstance(first, ast.Expr):
            continue
        following = node.body[1].lineno if len(node.body) > 1 else 0
        alone = not isinstance(node, ast.Module) and node.body[0].lineno == node.lineno
        if alone or following == first.end_lineno:  # `def f(): "doc"; return 1`
            continue
        for number in range(first.lineno - 1, first.end_lineno or first.lineno):
            lines[number] = None
        if len(node.body) == 1 and not isinstance(node, ast.Module):
            lines[first.lineno - 1] = " " * first.col_offset + "pass"
        elif following:
            end = first.end_lineno or first.lineno  # blank lines that set the docstring apart from the code
            while end < following - 1 and not (lines[end] or "").strip():
                lines[end] = None
                end += 1
    return "\n".join(line for line in lines if line is not None).strip("\n")


def needed(name: str, code: str, tree: ast.Module) -> str:
    """Return the statements of a module that a function uses, itself included, in their order."""
    binding = [(node, set(_binds(node)), _uses(node)) for node in tree.body]
    wanted, kept = {name, "*"}, set[int]()  # a star may bring anything
    while True:
        more = [i for i, (_, binds, _) in enumerate(binding) if i not in kept and binds & wanted]
        if not more:
            break
        kept.update(more)
        for index in more:
            wanted |= binding[index][2]
    future = {
        i for i, (node, _, _) in enumerate(binding) if isinstance(node, ast.ImportFrom) and node.module == "__future__"
    }
    lines = code.split("\n")
    text, apart = "", False
    for index in sorted(kept | future):
        node = binding[index][0]
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
        was, apart = apart, isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        between = "\n\n\n" if was or apart else "\n"
        text += (between if text else "") + "\n".join(lines[first - 1 : node.end_lineno])
    return text


def _binds(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement at the top of a module gives a value, in it or in what it holds."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.Import() | ast.ImportFrom():
            yield from (one.asname or one.name.partition(".")[0] for one in node.names)
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return  # what a file does when it is run
        case _:
            for inner in ast.walk(node):
                yield from _bound(inner)


def _bound(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case (
            ast.Subscript(value=ast.Name(id=name), ctx=ast.Store())
            | ast.Attribute(value=ast.Name(id=name), ctx=ast.Store())
        ):
            yield name
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):  # `table.update(..)`
            yield name
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from (one.asname or one.name.partition(".")[0] for one in names)


def _uses(node: ast.stmt) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def first_new(values: Sequence[Args], most: int) -> list[Args]:
    """Return the first `most` values without repeats."""
    return list({repr(value): value for value in values}.values())[:most]
