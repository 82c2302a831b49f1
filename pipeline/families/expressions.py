"""Order of operations: whole-number expressions with brackets; one operation carried out a line."""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from pipeline.families.draft import Draft, slipped

NAME = "expressions"
VERSION = 1
DOMAIN = "math"
DIFFICULTIES = (2, 3, 4, 5)

_STRENGTH = {"+": 1, "-": 1, "*": 2}


@dataclass(frozen=True, slots=True)
class _Node:
    operation: str
    left: "_Node | int"
    right: "_Node | int"


_Tree = _Node | int


def problem(rng: Random, difficulty: int) -> Draft:
    """Draw an expression of `difficulty` operations whose every partial value stays between 0 and 999."""
    while True:
        tree = _grow(rng, difficulty)
        values = _values(tree)
        if all(0 <= value <= 999 for value in values) and values[-1] > 1:
            return Draft(statement=f"Evaluate {_text(tree)}", reference=str(values[-1]))


def _grow(rng: Random, operations: int) -> _Tree:
    if operations == 0:
        return rng.randint(2, 25)
    operation = rng.choice("++--**")
    left = rng.randint(0, operations - 1)
    a, b = _grow(rng, left), _grow(rng, operations - 1 - left)
    if operation == "*":
        a = rng.randint(2, 9) if isinstance(a, int) else a
        b = rng.randint(2, 12) if isinstance(b, int) else b
    return _Node(operation, a, b)


def _apply(operation: str, a: int, b: int) -> int:
    return {"+": a + b, "-": a - b, "*": a * b}[operation]


def _values(tree: _Tree) -> list[int]:
    """Return every partial value, the whole one last."""
    if isinstance(tree, int):
        return [tree]
    left, right = _values(tree.left), _values(tree.right)
    return [*left, *right, _apply(tree.operation, left[-1], right[-1])]


def _text(tree: _Tree, *, first: bool = True) -> str:
    if isinstance(tree, int):
        return str(tree) if tree >= 0 or first else f"({tree})"
    strength = _STRENGTH[tree.operation]
    left, right = _text(tree.left, first=first), _text(tree.right, first=False)
    if isinstance(tree.left, _Node) and _STRENGTH[tree.left.operation] < strength:
        left = f"({_text(tree.left)})"
    if isinstance(tree.right, _Node) and _STRENGTH[tree.right.operation] <= strength:
        right = f"({_text(tree.right)})"
    return f"{left} {tree.operation} {right}"


def solution(draft: Draft, rng: Random, slip_rate: float) -> list[str]:
    """Carry out the deepest operation first, left before right, and write the whole expression again each time."""
    tree = _parse(draft.statement.removeprefix("Evaluate "))
    lines = []
    while isinstance(tree, _Node):
        tree = _reduced(tree, rng, slip_rate)
        lines.append(_text(tree))
    return [*lines, f"Answer: {tree}"]


def _reduced(tree: _Node, rng: Random, slip_rate: float) -> _Tree:
    if rng.random() < slip_rate:
        return _slip(tree, rng)
    path = _deepest(tree)
    return _replace(tree, path, lambda node: _apply(node.operation, *_operands(node)))


def _slip(tree: _Node, rng: Random) -> _Tree:
    """Return the expression after one wrong operation whose value differs from the right one."""
    truth, path, kind = _values(tree)[-1], _deepest(tree), rng.random()
    wrong: _Tree = tree
    if kind < 0.35:
        wrong = _too_early(tree) or tree
    elif kind < 0.55:
        other = {"+": "-", "-": "+", "*": "+"}
        wrong = _replace(tree, path, lambda node: _apply(other[node.operation], *_operands(node)))
    if wrong is tree or _values(wrong)[-1] == truth:
        wrong = _replace(tree, path, lambda node: slipped(_apply(node.operation, *_operands(node)), rng))
    return wrong


def _too_early(tree: _Tree) -> _Tree | None:
    """Return the tree with the first `a + b * c` taken as `(a + b) * c`, the commonest error of precedence."""
    if isinstance(tree, int):
        return None
    left, right = tree.left, tree.right
    if (
        tree.operation in "+-"
        and isinstance(left, int)
        and isinstance(right, _Node)
        and right.operation == "*"
        and isinstance(right.left, int)
    ):
        return _Node("*", _apply(tree.operation, left, right.left), right.right)
    early = _too_early(left)
    if early is not None:
        return _Node(tree.operation, early, right)
    early = _too_early(right)
    return None if early is None else _Node(tree.operation, left, early)


def _operands(node: _Node) -> tuple[int, int]:
    assert isinstance(node.left, int) and isinstance(node.right, int)
    return node.left, node.right


def _deepest(tree: _Tree) -> str:
    """Return the path (`L` and `R`) to the deepest operation on two numbers, the leftmost of equals."""
    if isinstance(tree, int):
        return ""
    if isinstance(tree.left, int) and isinstance(tree.right, int):
        return ""
    left = "L" + _deepest(tree.left) if isinstance(tree.left, _Node) else ""
    right = "R" + _deepest(tree.right) if isinstance(tree.right, _Node) else ""
    return left if len(left) >= len(right) else right


def _replace(tree: _Tree, path: str, change: Callable[[_Node], int]) -> _Tree:
    assert isinstance(tree, _Node)
    if not path:
        return change(tree)
    if path[0] == "L":
        return _Node(tree.operation, _replace(tree.left, path[1:], change), tree.right)
    return _Node(tree.operation, tree.left, _replace(tree.right, path[1:], change))


_SIGNS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}


def _parse(text: str) -> _Tree:
    """Return the tree that `text` was written from; the syntax tree is only walked, never run."""

    def tree(node: ast.expr) -> _Tree:
        if isinstance(node, ast.Constant):
            assert isinstance(node.value, int)
            return node.value
        assert isinstance(node, ast.BinOp), text
        return _Node(_SIGNS[type(node.op)], tree(node.left), tree(node.right))

    return tree(ast.parse(text, mode="eval").body)
