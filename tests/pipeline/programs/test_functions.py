"""Functions cut out of files and rows: what they need, without docstrings; their examples and tests; what cannot be used."""

import ast
from pathlib import Path

import pytest

from pipeline.programs import code_rows, python_files
from pipeline.programs.functions import Function, Unusable, needed, without_docstrings

MODULE = '''"""A module.

>>> f(1)
"""
from __future__ import annotations
import math
import os, re as regex
from typing import *

SIZE, STEP = 3, 4
TABLE = {}
TABLE["a"] = SIZE
for _ in range(2):
    TABLE.setdefault("b", 1)
try:
    import numpy as fast
except ImportError:
    fast = None


def unused():
    return os.name


@staticmethod
def helper(x: int) -> int:
    # A comment stays.
    return x + TABLE["a"]


class Point:
    """A point."""

    def __init__(self):
        """Made."""


def f(x: int) -> float:
    """Return a root.

    >>> f(6)
    3.0
    >>> f(-3) + 1
    1.0
    >>> y = f(1)
    """

    return math.sqrt(helper(x))


def g(p=Point()):
    "one line"; return fast


if __name__ == "__main__":
    print(f(3), regex)
'''


def cut(name: str) -> str:
    bare = without_docstrings(MODULE, ast.parse(MODULE))
    return needed(name, bare, ast.parse(bare))


def test_a_function_is_cut_out_with_all_that_it_uses_and_nothing_else() -> None:
    assert (
        cut("f")
        == """\
from __future__ import annotations
import math
from typing import *
SIZE, STEP = 3, 4
TABLE = {}
TABLE["a"] = SIZE
for _ in range(2):
    TABLE.setdefault("b", 1)


@staticmethod
def helper(x: int) -> int:
    # A comment stays.
    return x + TABLE["a"]


def f(x: int) -> float:
    return math.sqrt(helper(x))"""
    )
    assert "class Point:\n    def __init__(self):\n        pass" in cut("g")
    assert "import numpy as fast" in cut("g") and "math" not in cut("g")


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "data" / "modules").glob("*.py")), ids=lambda path: path.stem
)
def test_code_without_docstrings_is_the_same_program(path: Path) -> None:
    text = path.read_text()
    tree, bare = ast.parse(text), ast.parse(without_docstrings(text, ast.parse(text)))
    for node in (*ast.walk(tree), *ast.walk(bare)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            said = ast.get_docstring(node, clean=False) is not None
            node.body = [one for one in node.body[said:] if not isinstance(one, ast.Pass)]
    assert ast.dump(tree) == ast.dump(bare)
    assert '"""' not in without_docstrings(text, ast.parse(text))


def read(text: str, tests: str = "") -> list[Function | Unusable]:
    return list(python_files.read(text, tests, "module"))


def the_function(text: str, tests: str = "") -> Function:
    (one,) = read(text, tests)
    assert isinstance(one, Function), one
    return one


def test_a_file_gives_the_functions_with_doctests() -> None:
    one = the_function(MODULE)
    assert (one.name, one.examples, one.expected) == ("f", ((6,), (-3,), (1,)), (((6,), "3.0"),))
    assert one.words.startswith('def f(x: int) -> float:\n    """Return a root.\n\n    >>> f(6)\n    3.0')
    assert MODULE.split("\n")[one.number - 1].startswith("def f(")


def test_a_file_gives_the_functions_that_tests_call() -> None:
    text = "def f(x):\n    return x + 1\n\ndef g(x):\n    return x\n\ndef test_f():\n    assert f(3) == 4\n"
    one = the_function(text)
    assert (one.name, one.examples, one.tests) == ("f", ((3,),), "def test_f():\n    assert f(3) == 4")
    assert "test_f" not in one.code and one.words == ""
    beside = "import math\nfrom module import f\nimport module\n\ndef test_more():\n    assert module.f(7) == 8\n\n"
    beside += "assert f(0) == 1\n"
    both = the_function(text, beside)
    assert both.examples == ((3,), (7,), (0,))
    assert "import math" in both.tests and "from module" not in both.tests and "assert f(0) == 1" in both.tests


def test_functions_without_doctests_or_tests_are_nobodys_affair() -> None:
    assert read("def f(x):\n    '''Says much, shows nothing.'''\n    return x\n") == []


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("def f(x:\n  return x", "", "no Python: SyntaxError"),
        ("def f(x):\n    '''\n    >>> f(y)\n    '''\n    return x", "f", "add a doctest that calls it with literals"),
        ("async def f(x):\n    '''\n    >>> f(3)\n    '''\n    return x", "f", "async"),
        ("\0", "", "no Python"),
        ("(" * 5_000, "", "no Python"),
    ],
)
def test_what_cannot_be_used_is_named_with_the_remedy(text: str, name: str, said: str) -> None:
    (one,) = read(text)
    assert isinstance(one, Unusable)
    assert (one.name, said in one.message) == (name, True), one.message


HUMAN = {
    "task_id": "x/1",
    "prompt": "import math\n\ndef f(x: int):\n    '''Return more.\n    >>> f(1)\n    2\n    '''\n",
    "canonical_solution": "    return x + 1\n",
    "test": "def check(candidate):\n    assert candidate(3) == 4\n",
    "entry_point": "f",
}


def test_rows_as_published_sets_have_them() -> None:
    human = code_rows.read(HUMAN, 1)
    assert isinstance(human, Function) and code_rows.holds_code(HUMAN)
    assert (human.examples, human.prompt, human.tests) == (((3,), (1,)), HUMAN["prompt"], HUMAN["test"])
    assert human.code == "import math\n\ndef f(x: int):\n    return x + 1"
    mbpp = {"text": "Add one.", "code": "def g(): pass\ndef h(x):\n    return x + 1", "test_list": ["assert h(1) == 2"]}
    found = code_rows.read(mbpp, 2)
    assert isinstance(found, Function) and code_rows.holds_code(mbpp)
    assert (found.name, found.words, found.tests, found.prompt) == ("h", "Add one.", "assert h(1) == 2", "")
    cases = {"program": "def f(a, b):\n    return a + b", "cases": [[[1, 2], 3], {"inputs": [2, 2], "expected": 4}]}
    listed = code_rows.read(cases, 3)
    assert isinstance(listed, Function) and listed.cases == (((1, 2), 3), ((2, 2), 4))


@pytest.mark.parametrize(
    "row", [{"question": "1 + 1", "answer": "2"}, {"prompt": "1 + 1", "reference": "2", "code": "x"}, {}]
)
def test_rows_of_questions_with_answers_are_no_code(row: dict[str, object]) -> None:
    assert not code_rows.holds_code(row)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"canonical_solution": ""}, "no code"), ({"entry_point": "other"}, "no function 'other'"),
        ({"canonical_solution": "    return ("}, "no Python"), ({"cases": [[3, 4]]}, "`cases` is no list"),
        ({"test": "", "prompt": "def f(x):\n"}, "no arguments to call it with"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_used_are_named_with_the_remedy(change: dict[str, object], said: str) -> None:
    one = code_rows.read(HUMAN | change, 7)
    assert isinstance(one, Unusable) and said in one.message and one.number == 7
