"""Questions about functions: each is true of a run, chosen well, and judged right by the verifier; bad functions end nothing."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import SourceConfig
from pipeline.programs import questions
from pipeline.programs.functions import Args, Function
from pipeline.programs.questions import Asking
from pipeline.sources import Loaded, load
from schemas.errors import SourceError
from schemas.problem import Problem
from verifiers import python
from verifiers.execution import check
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Config

MODULES = Path(__file__).parents[2] / "data" / "modules"
ASKING = Asking(questions=questions.QUESTIONS, inputs=2, family="own", licence="CC0-1.0", split="test", source="own.py")
CODE = "def f(a, xs):\n    t = 0\n    for x in xs:\n        if x > a:\n            t += x\n    return t * 2"
FUNCTION = Function(name="f", code=CODE, words="", examples=((3, [5, 2]), (3, []), (0, [1, 2])), number=4)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Config(unconfined=True)) as sandbox:
        yield sandbox


def made(sandbox: Sandbox, function: Function = FUNCTION, **asking: Any) -> list[Problem]:  # Any: fields of Asking
    found = questions.problems(function, "def g(): pass", replace(ASKING, **asking), sandbox)
    assert isinstance(found, list), found
    return found


def program(problem: Problem) -> dict[str, Any]:
    return dict(json.loads(problem.program or "{}"))


def test_each_task_is_asked_as_the_contract_says(sandbox: Sandbox) -> None:
    output, other, given, _, write = made(sandbox)
    assert [one.task for one in (output, other, given, write)] == ["output", "output", "input", "program"]
    assert output.statement == f"{CODE}\n\nWhat does f(3, [5, 2]) return?"
    assert (output.reference, output.domain, output.source, output.family) == ("10", "code", "own.py:4", "own")
    held = program(output)
    assert (held["args"], held["entry_point"], held["code"]) == ("(3, [5, 2])", "f", CODE)
    assert held["lines"][:2] == ["Call f: a = 3, xs = [5, 2].", "Line 2, `t = 0`: t = 0."] and set(held["frames"]) == {
        1
    }
    assert given.statement == f"{CODE}\n\nFind arguments for which f returns 10."
    assert json.loads(given.reference) == {"code": CODE, "entry_point": "f", "returns": "10"}
    assert program(given)["args"] == "(3, [5, 2])"
    assert write.statement == "Write f(a, xs).\nf(3, [5, 2]) == 10\nf(3, []) == 0\nf(0, [1, 2]) == 6"
    assert json.loads(write.reference)["cases"][:2] == [["(3, [5, 2])", "10"], ["(3, [])", "0"]]
    assert program(write)["decoy"] == "def g(): pass" and program(write)["calls"][0] == "(3, [5, 2])"


def test_runs_that_are_neither_trivial_nor_long_are_chosen_first(sandbox: Sandbox) -> None:
    examples: tuple[Args, ...] = ((3, []), (3, list(range(80))), (3, [9, 1]), (3, [9, 1, 1]), (3, [8, 1]))
    asked = [program(one)["args"] for one in made(sandbox, replace(FUNCTION, examples=examples), questions=("output",))]
    assert asked == ["(3, [9, 1])", "(3, [8, 1])"]  # (3, [9, 1, 1]) returns what the first returns


def test_what_is_asked_is_accepted_by_the_verifier(sandbox: Sandbox) -> None:
    for problem in made(sandbox):
        held = program(problem)
        text = {"output": f"Answer: {problem.reference}", "input": f"Answer: f{held.get('args')}", "program": CODE}
        assert python.check(problem, text[problem.task]).outcome == "accepted"
        assert python.reference_error(problem) is None


def test_a_run_that_is_too_long_is_asked_about_but_not_told(sandbox: Sandbox) -> None:
    function = replace(FUNCTION, examples=((3, list(range(300))),), code=CODE)
    asked = made(sandbox, replace(function, examples=((-1, [1] * 110),)), questions=("output",), inputs=30)
    told = {program(one)["args"]: "lines" in program(one) for one in asked}
    assert told[f"(-1, {[1] * 110!r})"]
    code = "def f(n):\n    t = 0\n    for i in range(n):\n        t += i\n    return t"
    long = Function(name="f", code=code, words="", examples=((900,), (901,), (902,)), number=1)
    asked = made(sandbox, long, questions=("output",))
    found = questions.unrecorded(asked)
    assert {reason for _, reason in found} <= {"more than 400 events"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "def f(a, xs):\n    return object()"}, "no call returns a plain value"),
        ({"code": "import random\ndef f(a, xs):\n    return random.random()"}, "the same every time"),
        ({"code": "def f(a, xs):\n    while True: pass"}, "no call returns a plain value"),
        ({"code": "1 / 0"}, "no call returns a plain value"),
        ({"expected": (((3, [5, 2]), "11"),)}, "doctest says that f(3, [5, 2]) is 11, and it is 10"),
        ({"cases": (((3, []), 7),)}, "case says that f(3, []) is 7, and it is 0"),
        ({"tests": "assert f(3, [4]) == 4"}, "does not pass its tests: fail"),
    ],
)
def test_a_function_that_does_not_work_is_refused_with_the_reason(
    sandbox: Sandbox, change: dict[str, Any], said: str
) -> None:
    found = questions.problems(replace(FUNCTION, **change), "", ASKING, sandbox)
    assert isinstance(found, str) and said in found


def loaded(*paths: Path, count: int = 1000, **config: Any) -> Loaded:  # Any: fields of SourceConfig
    return load(SourceConfig(path="\n".join(map(str, paths)), **config), count, seed=0)


def test_a_file_becomes_problems_with_file_and_line() -> None:
    found = loaded(MODULES / "searching.py", count=6, inputs_per_program=1)
    assert [(one.task, one.source, one.family) for one in found.problems[:4]] == [
        ("output", "searching.py:6", "searching"), ("input", "searching.py:6", "searching"),
        ("program", "searching.py:6", "searching"), ("output", "searching.py:26", "searching"),
    ]  # fmt: skip
    assert len(found.problems) == 6 and found.refused == ()
    first, second = (program(one) for one in found.problems if one.task == "program")
    assert (first["decoy"], second["decoy"]) == (second["code"], first["code"])
    assert all(check.recorded(one) for one in found.problems if one.task == "output")


def test_more_continues_and_the_order_of_what_was_there_stays() -> None:
    few, many = loaded(MODULES / "ratios.py", count=3), loaded(MODULES / "ratios.py", count=9)
    assert [one.problem_id for one in many.problems[:3]] == [one.problem_id for one in few.problems]
    assert few.identity == many.identity != loaded(MODULES / "averages.py", count=1).identity


def test_one_bad_function_never_ends_a_source(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text("def f(x):\n    '''\n    >>> f(2)\n    3\n    '''\n    return x + 1\n")
    (tmp_path / "bad.py").write_text("def broken(:\n")
    wrong = "def g(x):\n    '''\n    >>> g(2)\n    5\n    '''\n    return x\n\n\n"
    (tmp_path / "wrong.py").write_text(wrong + "async def h(x):\n    '''\n    >>> h(1)\n    '''\n")
    (tmp_path / "test_good.py").write_text("from good import f\n\ndef test_f():\n    assert f(7) == 8\n")
    found = loaded(tmp_path / "*.py", questions=("output",))
    assert {one.source for one in found.problems} == {"good.py:1"}
    assert "What does f(7) return?" in "".join(one.statement for one in found.problems)
    said = {Path(one.where).name: one.message for one in found.refused}
    assert said.keys() == {"bad.py:1", "wrong.py:1", "wrong.py:9"}
    assert said["wrong.py:1"].startswith("g: its doctest says that g(2) is 5, and it is 2")


def test_rows_of_code_are_a_source_too(tmp_path: Path) -> None:
    row = {"prompt": "def f(x):\n", "canonical_solution": "    return x * 2\n", "entry_point": "f"}
    rows = [row | {"test": "def check(candidate):\n    assert candidate(4) == 8\n"}, {"code": "def g(): return 1"}]
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(one) for one in rows[:1]))
    found = loaded(tmp_path / "rows.jsonl")
    assert {one.task for one in found.problems} == {"output", "input", "program"}
    assert json.loads(found.problems[-1].reference)["tests"].startswith("def check")
    assert found.problems[0].source == "rows.jsonl:1"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("none.py", "def f(x):\n    return x\n", "no function of which anything can be asked"),
        ("bad.py", "def f(:\n", "no Python"),
        ("bytes.py", "\udcff", "not UTF-8"),
    ],
)
def test_a_source_that_gives_nothing_is_an_error(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SourceError, match=said):
        loaded(tmp_path / name)
    for missing in ("not_there.py", "no_*.py"):
        with pytest.raises(SourceError, match="no such file|no Python file matches"):
            loaded(tmp_path / missing)
