"""The gate: tests that notice planted faults may judge, weak ones may not, and survivors come with an input."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from verifiers.programs.gate import Report, Survivor, may_judge, measure
from verifiers.programs.judgement import AssertTests, Cases, CodeVerdict, check_tests
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Call, Config, Limits, Program

LARGER = Program(
    code="def larger(a: int, b: int) -> int:\n    if a < b:\n        return b\n    return a\n", entry_point="larger"
)
PAIRS = tuple((a, b) for a in range(-1, 3) for b in range(-1, 3))
STRONG = "".join(f"assert larger({a}, {b}) == {max(a, b)}\n" for a, b in PAIRS)
DATA = os.environ.get("STEPMILL_DATA")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Config(unconfined=True)) as sandbox:
        yield sandbox


def test_strong_tests_kill_every_mutant_that_differs(sandbox: Sandbox) -> None:
    report = measure(sandbox, LARGER, AssertTests(code=STRONG), Limits())
    assert report.reference.status == "pass" and report.survivors == () and report.undecided == 0
    assert report.killed == report.different > 4
    # `a <= b` returns the same as `a < b`: no input tells them apart, and it does not count.
    assert report.different < report.mutants
    assert report.score == 1.0 and may_judge(report)


def test_weak_tests_leave_survivors_with_a_proof(sandbox: Sandbox) -> None:
    report = measure(sandbox, LARGER, AssertTests(code="assert larger(2, 1) == 2"), Limits())
    assert not may_judge(report) and 0 < (report.score or 0) < 0.9
    assert report.killed + len(report.survivors) == report.different
    lost = next(one for one in report.survivors if one.description == "return b -> return None")
    assert (lost.line, lost.operator, lost.mutant) == (3, "return None", "None")
    a, b = json.loads(lost.call.replace("(", "[").replace(")", "]"))
    assert a < b and lost.reference == repr(b)


def test_cases_are_measured_too(sandbox: Sandbox) -> None:
    strong = Cases(calls=tuple(Call(args=pair) for pair in PAIRS), expected=tuple(max(pair) for pair in PAIRS))
    assert measure(sandbox, LARGER, strong, Limits()).score == 1.0
    weak = Cases(calls=(Call(args=(3, 2)),), expected=(3,))
    assert 0 < (measure(sandbox, LARGER, weak, Limits()).score or 0) < 1


def test_tests_that_refuse_the_reference_measure_nothing(sandbox: Sandbox) -> None:
    report = measure(sandbox, LARGER, AssertTests(code="assert larger(1, 2) == 1"), Limits())
    assert (report.reference.status, report.different, report.score, may_judge(report)) == ("fail", 0, None, False)


def test_mutants_that_do_not_end_and_inputs_that_cost_too_much(sandbox: Sandbox) -> None:
    code = "def count(n: int) -> int:\n    i = 0\n    while i < n:\n        i += 1\n    return i\n"
    tests = AssertTests(
        code="assert count(3) == 3\nassert count(10**10 - 10**10 + 1) == 1\n"
        "assert count(-1) == count(0) == 0\nassert count(5) == 5"
    )
    report = measure(sandbox, Program(code=code, entry_point="count"), tests, Limits(), count=15)
    assert report.score == 1.0 and report.killed == report.different > 3


def test_inputs_that_take_the_reference_too_long_are_left_out_and_the_others_kept(sandbox: Sandbox) -> None:
    code = "def f(n: int) -> int:\n    while n > 5:\n        pass\n    return n\n"
    tests = AssertTests(code="assert f(5) == 5\nassert f(0) == 0")
    report = measure(sandbox, Program(code=code, entry_point="f"), tests, Limits(), count=8)
    assert report.reference.status == "pass"
    assert 6 <= report.inputs < 10, "of 0, 5, 1, -1, 2, 6, 4, -5 and two more, only 6 and above do not end"


def test_two_faults_are_no_measure() -> None:
    right = CodeVerdict(status="pass", reason="", layers=(), cpu_s=0.0)
    assert not may_judge(Report(reference=right, mutants=2, different=2, killed=2))
    alive = (Survivor(line=1, operator="", description="", call="", reference="", mutant=""),)
    assert may_judge(Report(reference=right, mutants=10, different=10, killed=9, survivors=alive))
    assert not may_judge(Report(reference=right, mutants=9, different=9, killed=8, survivors=alive))


@pytest.mark.skipif(DATA is None, reason="STEPMILL_DATA does not name a folder with real inputs")
def test_published_references_pass_with_and_without_their_prompt(sandbox: Sandbox) -> None:
    file = Path(DATA or "") / "humaneval" / "problems.jsonl"
    if not file.is_file():
        pytest.skip("no humaneval there")
    wrong = {}
    for row in map(json.loads, file.read_text().splitlines()):
        program = Program(code=row["prompt"] + row["canonical_solution"], entry_point=row["entry_point"])
        for prompt in ("", row["prompt"]):
            verdict = check_tests(sandbox, program, AssertTests(code=row["test"], prompt=prompt))
            if verdict.status != "pass":
                wrong[row["task_id"], bool(prompt)] = verdict.reason
    assert wrong == {}
