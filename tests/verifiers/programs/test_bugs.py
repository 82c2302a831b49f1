"""Planted bugs: one small replacement in the author's own text, and it means exactly the mutant."""

import ast
import json
import os
from functools import cache
from pathlib import Path

import pytest

from verifiers.programs import lines
from verifiers.programs.bugs import MAX_SOURCE, WHAT, Bug, planted
from verifiers.programs.mutants import mutants

DATA = os.environ.get("STEPMILL_DATA")

CODE = '''\
import math


def f(a: int, b=[1], *, key: str = "k") -> int:
    """Text: a + b, 1."""
    total = 0  # from zero
    for i in range(a, len(b)):
        if a < i and not key:
            continue
        total += b[i:] - 1.5
    while True:
        break
    return max(a, total)
'''
AWKWARD = '''\
def größe(wörter, größte=0):
\tlänge = "é" + wörter[0] if "日本" in wörter else 2 ** -größte
\tfor ü in (wörter):\t# Umlaute: ä < ö
\t\tif (länge
\t\t\t<= größte):
\t\t\tlänge = größte - (länge - 1)
\tdoc = """
two < three
"""
\ttext = f"{länge + 1} < {größte!r:>{länge}}"
\tname = "`" + text
\treturn not(länge) == (größte), text[1:größte - 1]
'''


def bugs_of(code: str, seed: int = 0) -> list[Bug]:
    return list(planted(code, seed))


@cache
def meant(code: str) -> frozenset[str]:
    return frozenset(one.code for one in mutants(code))


def faithful(code: str, bug: Bug) -> None:
    """Assert that a bug is what it says: one fragment of one line, and the program that mutation means."""
    assert bug.code[: bug.start] == code[: bug.start]
    assert bug.code[bug.end :] == code[bug.start + len(bug.before) :]
    assert bug.code[bug.start : bug.end] == bug.after != bug.before
    assert bug.code[: bug.start].count("\n") + 1 == bug.line
    changed = [
        number
        for number, pair in enumerate(zip(code.split("\n"), bug.code.split("\n"), strict=True), 1)
        if len(set(pair)) > 1
    ]
    assert changed == [bug.line]
    now, was = lines.one(bug.code, bug.line), lines.one(code, bug.line)
    assert now is not None and was is not None and now.start <= bug.start < bug.end <= now.end
    assert lines.put(bug.code, now.start, now.end, was.source) == code
    assert bug.what == WHAT[bug.operator]
    assert ast.unparse(ast.parse(bug.code)) + "\n" in meant(code)


def test_every_operator_is_planted_where_it_stands() -> None:
    found = {(bug.operator, bug.line, bug.before, bug.after) for bug in bugs_of(CODE)}
    assert found >= {
        ("constant", 4, '"k"', '""'),
        ("constant", 6, "0", "-1"),
        ("drop statement", 6, "total = 0", "pass"),
        ("range bound", 7, "len(b)", "len(b) + 1"),
        ("swap arguments", 7, "a, len(b)", "len(b), a"),
        ("negate condition", 8, "a < i and not key", "not (a < i and not key)"),
        ("boolean", 8, "and", "or"),
        ("comparison", 8, "<", "<="),
        ("unary operator", 8, "not key", "key"),
        ("break or continue", 9, "continue", "break"),
        ("slice bound", 10, "i", "i + 1"),
        ("arithmetic", 10, "+=", "-="),
        ("arithmetic", 10, "-", "+"),
        ("swap operands", 10, "b[i:] - 1.5", "1.5 - b[i:]"),
        ("break or continue", 12, "break", "continue"),
        ("return None", 13, "max(a, total)", "None"),
    }
    assert {operator for operator, *_ in found} == set(WHAT)


@pytest.mark.parametrize("code", [CODE, AWKWARD, CODE.replace("\n", "\r\n"), AWKWARD.replace("\t", "        ")])
def test_bugs_are_faithful_to_the_text(code: str) -> None:
    found = bugs_of(code)
    assert len(found) > 15
    for bug in found:
        faithful(code, bug)
    assert len({bug.code for bug in found}) == len(found)


def test_characters_of_several_bytes_comments_tabs_and_brackets_are_in_nobodys_way() -> None:
    found = {(bug.line, bug.before, bug.after) for bug in bugs_of(AWKWARD)}
    assert found >= {
        (2, "in", "not in"),
        (2, "+", "-"),
        (2, "**", "*"),
        (5, "<=", "<"),
        (6, "größte - (länge - 1)", "(länge - 1) - größte"),
        (12, "==", "!="),
    }


def test_lines_that_cannot_be_quoted_and_f_strings_are_left_alone() -> None:
    assert all(bug.line not in (10, 11) or bug.operator == "drop statement" for bug in bugs_of(AWKWARD))
    assert all("`" not in bug.code.split("\n")[bug.line - 1] for bug in bugs_of(AWKWARD))
    over_two_lines = bugs_of("def f(x):\n    return (x +\n            1)\n")
    assert over_two_lines and all("\n" not in bug.before for bug in over_two_lines)
    assert not [bug for bug in bugs_of("x = [" + "1, " * 90 + "1]\n") if len(bug.code) > 200]


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("x = 2 * a ** b\n", "a ** b", "(a * b)"),  # without brackets it would mean (2 * a) * b
        ("x = a - b - c\n", "a - b - c", "c - (a - b)"),
        ("x = (a + b) / c\n", "(a + b) / c", "c / (a + b)"),
        ("x = [i for i in range(p if q else r)]\n", "p if q else r", "(p if q else r) + 1"),
        ("x = y if (z := f()) else 1\n", "z := f()", "not (z := f())"),
        ("x = b'ab'\n", "b'ab'", "b''"),
        ('x = r""\n', 'r""', 'r"x"'),
        ("x = a is not b\n", "is not", "is"),
        ("x = a and b and c\n", "and b and", "or b or"),
        ("while not (a or b): pass\n", "not (a or b)", "(a or b)"),
    ],
)
def test_brackets_are_kept_or_added_where_the_tree_needs_them(code: str, before: str, after: str) -> None:
    assert (before, after) in {(bug.before, bug.after) for bug in bugs_of(code)}
    for bug in bugs_of(code):
        faithful(code, bug)


def test_a_bound_that_ends_in_a_constant_has_its_constant_moved() -> None:
    found = {(bug.before, bug.after) for bug in bugs_of("for i in range(n - 1): f(i)\n")}
    assert ("1", "2") in found and ("1", "0") in found
    assert not [after for _, after in found if after.endswith(("+ 1", "- 1"))]


def test_the_order_depends_on_the_seed_and_takes_turns_among_operators() -> None:
    assert bugs_of(CODE, 3) == bugs_of(CODE, 3)
    first, other = bugs_of(CODE, 3), bugs_of(CODE, 4)
    assert first != other and {bug.code for bug in first} == {bug.code for bug in other}
    assert len({bug.operator for bug in first[: len(WHAT)]}) == len(WHAT)


@pytest.mark.parametrize("code", ["", "def f(:", "x = '\0'", "(" * 10_000, "x = " + "-" * 20_000 + "1", "\ud800 = 1"])
def test_what_cannot_be_read_has_no_bugs(code: str) -> None:
    assert bugs_of(code) == []


def test_a_long_program_has_none() -> None:
    assert bugs_of("x = 1\n" * (MAX_SOURCE // 6 + 1)) == []


@pytest.mark.skipif(DATA is None, reason="STEPMILL_DATA does not name a folder with real inputs")
def test_real_solutions_are_mutated_faithfully_and_hardly_any_mutant_is_lost() -> None:
    rows = Path(str(DATA), "humaneval", "problems.jsonl").read_text(encoding="utf-8").splitlines()
    made = lost = 0
    for row in map(json.loads, rows[::6]):
        code = row["prompt"] + row["canonical_solution"]
        found = bugs_of(code)
        for bug in found:
            faithful(code, bug)
        made += len(meant(code))
        lost += len(meant(code) - {ast.unparse(ast.parse(bug.code)) + "\n" for bug in found})
    assert made > 200 and lost < made / 20
