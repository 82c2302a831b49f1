"""Mutants: every operator makes its fault, one at a time, and never twice the same program."""

import ast

import pytest

from verifiers.programs.mutants import mutants

CODE = '''\
import math


def f(a: int, b=[1], *, key: str = "k") -> int:
    """Text."""
    total = 0
    for i in range(a, len(b)):
        if a < i and not key:
            continue
        total += b[i:] - 1.5
    while True:
        break
    return max(a, total)
'''


def test_every_operator_makes_its_fault() -> None:
    made = {(one.operator, one.line, one.description) for one in mutants(CODE)}
    assert made >= {
        ("constant", 6, "0 -> 1"),
        ("constant", 6, "0 -> -1"),
        ("constant", 4, "'k' -> ''"),
        ("constant", 11, "True -> False"),
        ("drop statement", 6, "total = 0 -> nothing"),
        ("range bound", 7, "len(b) -> len(b) + 1"),
        ("range bound", 7, "a -> a - 1"),
        ("swap arguments", 7, "range(a, len(b)) -> range(len(b), a)"),
        ("negate condition", 8, "a < i and (not key) -> not (a < i and (not key))"),
        ("boolean", 8, "a < i and (not key) -> a < i or not key"),
        ("comparison", 8, "a < i -> a <= i"),
        ("comparison", 8, "a < i -> a > i"),
        ("unary operator", 8, "not key -> key"),
        ("break or continue", 9, "continue -> break"),
        ("slice bound", 10, "i -> i + 1"),
        ("arithmetic", 10, "total += b[i:] - 1.5 -> total -= b[i:] - 1.5"),
        ("arithmetic", 10, "b[i:] - 1.5 -> b[i:] + 1.5"),
        ("swap operands", 10, "b[i:] - 1.5 -> 1.5 - b[i:]"),
        ("break or continue", 12, "break -> continue"),
        ("drop statement", 13, "return max(a, total) -> nothing"),
        ("return None", 13, "return max(a, total) -> return None"),
    }


def test_each_is_a_program_of_its_own_with_one_change() -> None:
    made = mutants(CODE)
    codes = [one.code for one in made]
    assert len(set(codes)) == len(codes) and ast.unparse(ast.parse(CODE)) + "\n" not in codes
    original = ast.unparse(ast.parse(CODE)).splitlines()
    for one in made:
        assert sum(old != new for old, new in zip(original, one.code.splitlines(), strict=True)) == 1, one
    assert mutants(CODE) == made


def test_two_ways_to_the_same_program_count_once() -> None:
    codes = [one.code for one in mutants("def f(k):\n    if not k:\n        g()\n")]
    assert codes.count("def f(k):\n    if k:\n        g()\n") == 1


def test_docstrings_annotations_and_imports_stay() -> None:
    for one in mutants(CODE):
        assert "import math" in one.code and "'''Text.'''" in one.code.replace('"', "'") and "a: int" in one.code


@pytest.mark.parametrize("code", ["", "def f(:", "x = '\0'", "(" * 10_000, "x = " + "-" * 20_000 + "1", "y" * 200_000])
def test_what_cannot_be_read_has_no_mutants(code: str) -> None:
    assert mutants(code) == []
