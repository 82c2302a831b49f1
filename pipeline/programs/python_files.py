"""Functions in .py files: those with doctests, and those that tests call, in the same file or in `test_NAME.py` beside it.

Nothing is imported and nothing runs here: files are parsed, and literals in them are read.
"""

import ast
import doctest
from collections.abc import Iterator
from pathlib import Path

from pipeline.programs.functions import (
    Args,
    Function,
    FunctionNode,
    Unusable,
    first_new,
    functions_of,
    head,
    needed,
    parsed,
    without_docstrings,
)
from verifiers.programs import inputs

SUFFIX = ".py"
MAX_EXAMPLES = 40


def read(text: str, tests: str, module: str) -> Iterator[Function | Unusable]:
    """Yield the functions of a file that have doctests or tests, in order.

    `tests` is the text of the test file beside it, empty where there is none; `module` is the name that it imports the file by.
    """
    tree = parsed(text)
    if isinstance(tree, str):
        yield Unusable(number=1, name="", message=f"no Python: {tree}; correct the file", content=text)
        return
    own = _test_source(text, tree, module)
    beside = parsed(tests)
    also = _test_source(tests, beside, module) if not isinstance(beside, str) else ""
    bare_code = without_docstrings(text, tree)
    bare = parsed(bare_code)
    assert not isinstance(bare, str)  # lines were taken away, and `pass` put where none would be left
    for node in functions_of(tree):
        found = "\n\n".join(piece for piece in (own, also) if piece and _calls(piece, node.name))
        said = ast.get_docstring(node) or ""
        if node.name.startswith("test_") or (">>>" not in said and not found):
            continue
        yield _function(node, text, needed(node.name, bare_code, bare), said, found)


def _function(node: FunctionNode, text: str, code: str, said: str, tests: str) -> Function | Unusable:
    doctests = list(_doctests(said, node.name))
    examples = inputs.examples(tests, node.name, said)
    source = ast.get_source_segment(text, node) or node.name
    if isinstance(node, ast.AsyncFunctionDef):
        message = "an async function has no run of its own; leave it out"
        return Unusable(number=node.lineno, name=node.name, message=message, content=source)
    known = first_new([*(args for args, _ in doctests), *examples], MAX_EXAMPLES) or inputs.annotated(code, node.name)
    if not known:
        message = "no call with literal arguments and no annotations; add a doctest that calls it with literals"
        return Unusable(number=node.lineno, name=node.name, message=message, content=source)
    return Function(
        name=node.name, code=code, words=_words(node, text, said), examples=tuple(known), expected=tuple(doctests),
        tests=tests, number=node.lineno,
    )  # fmt: skip


def _words(node: FunctionNode, text: str, said: str) -> str:
    """Return the function's head with its docstring, which says what to write; empty where it has none."""
    if not said:
        return ""
    body = "\n".join(f"    {line}".rstrip() for line in said.split("\n"))
    quotes = '"""' if '"""' not in body and "\\" not in body else "'''"
    return f"{head(node, text)}\n    {quotes}{body.strip()}\n    {quotes}" if quotes not in body else ""


def _doctests(said: str, name: str) -> Iterator[tuple[Args, str]]:
    """Yield the arguments of `>>> f(..)` and what is printed below, where both are plain."""
    try:
        found = doctest.DocTestParser().get_examples(said)
    except ValueError:  # a docstring that only looks like a doctest
        return
    for example in found:
        calls = inputs.examples(example.source, name)
        if not calls or not example.want.strip() or example.exc_msg is not None or doctest.ELLIPSIS in example.options:
            continue
        tree = parsed(example.source)
        if isinstance(tree, ast.Module) and len(tree.body) == 1 and _is_call(tree.body[0], name):
            yield calls[0], example.want.strip()


def _is_call(node: ast.stmt, name: str) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _called(node.value) == name


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _calls(source: str, name: str) -> bool:
    tree = parsed(source)
    return not isinstance(tree, str) and any(isinstance(n, ast.Call) and _called(n) == name for n in ast.walk(tree))


def _test_source(text: str, tree: ast.Module, module: str) -> str:
    """Return the tests of a file with what they import, the module itself left out: its functions are called by their names."""
    tests: list[ast.stmt] = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    tests += [node for node in tree.body if isinstance(node, ast.ClassDef) and _is_test_case(node)]
    if not tests and not any(isinstance(node, ast.Assert) for node in tree.body):
        return ""
    kept = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) and not _imports(node, module)]
    asserts = [node for node in tree.body if isinstance(node, ast.Assert)]
    return "\n\n".join(ast.get_source_segment(text, node) or "" for node in (*kept, *tests, *asserts))


def _is_test_case(node: ast.ClassDef) -> bool:
    return any(getattr(one, "attr", getattr(one, "id", "")) == "TestCase" for one in node.bases)


def _imports(node: ast.Import | ast.ImportFrom, module: str) -> bool:
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
    return any(name.rpartition(".")[2] == module for name in names) or getattr(node, "level", 0) > 0


def test_file(path: Path) -> Path:
    """Return where the tests of a file are looked for."""
    return path.with_name(f"test_{path.name}")
