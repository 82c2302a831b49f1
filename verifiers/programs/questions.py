"""What the reference of a question about a program holds, by task. Files bring them: every fault is told.

output   the value as a Python literal
input    JSON {"code", "entry_point", "returns"}: the literal that a call is to return
program  JSON {"entry_point", "cases": [["(3, [5, 2])", "10"], ..]} or {"entry_point", "tests", "prompt"}
"""

import ast
import json
from dataclasses import dataclass
from functools import lru_cache

from schemas.problem import Problem
from verifiers.programs import compare
from verifiers.programs.judgement import AssertTests, Cases
from verifiers.programs.literals import Arguments, Found, Unreadable, read, read_arguments
from verifiers.sandbox.rows import Call, Program, Value


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a reference says nothing."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a call of a program is to return."""

    program: Program
    returns: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a program is to do."""

    entry_point: str
    by: Cases | AssertTests
    before: str = ""
    """Code that the problem gives: an answer need not repeat its imports and helpers."""


# A reference is asked about once per rollout. What is cached is read only.
@lru_cache(maxsize=1024)
def output(reference: str) -> Found | Fault:
    """Read the reference of task `output`."""
    found = read(reference)
    return Fault(f"the reference is no Python literal: {found.why}") if isinstance(found, Unreadable) else found


@lru_cache(maxsize=256)
def wanted(reference: str) -> Wanted | Fault:
    """Read the reference of task `input`."""
    fields = _fields(reference, ("code", "entry_point", "returns"))
    if isinstance(fields, Fault):
        return fields
    found = read(fields["returns"])
    if isinstance(found, Unreadable):
        return Fault(f"`returns` of the reference is no Python literal: {found.why}")
    return Wanted(program=Program(code=fields["code"], entry_point=fields["entry_point"]), returns=found.value)


@lru_cache(maxsize=256)
def asked(reference: str) -> Asked | Fault:
    """Read the reference of task `program`."""
    fields = _fields(reference, ("entry_point",))
    if isinstance(fields, Fault):
        return fields
    entry_point = fields["entry_point"]
    body = json.loads(reference)
    tests, prompt = body.get("tests"), body.get("prompt") or ""
    if isinstance(tests, str) and tests.strip() and isinstance(prompt, str):
        by = AssertTests(code=tests, prompt=prompt)
        return Asked(entry_point=entry_point, by=by, before=_as_code(prompt))
    cases = _cases(body.get("cases"))
    return cases if isinstance(cases, Fault) else Asked(entry_point=entry_point, by=cases)


def entry_point(problem: Problem) -> str:
    """Return the name of the function that tasks `input` and `program` ask about, empty where the reference has none."""
    found = asked(problem.reference) if problem.task == "program" else wanted(problem.reference)
    if isinstance(found, Fault):
        return ""
    return found.entry_point if isinstance(found, Asked) else found.program.entry_point


def known(problem: Problem) -> dict[str, str]:
    """Return the fields of `problem.program` that are text, none where there is no such JSON."""
    try:
        body = json.loads(problem.program or "{}")
    except (ValueError, RecursionError):
        return {}
    return {key: value for key, value in body.items() if isinstance(value, str)} if isinstance(body, dict) else {}


def _fields(reference: str, keys: tuple[str, ...]) -> dict[str, str] | Fault:
    try:
        body = json.loads(reference)
    except (ValueError, RecursionError):
        return Fault("the reference is no JSON")
    if not isinstance(body, dict):
        return Fault("the reference is no JSON object")
    for key in keys:
        if not isinstance(body.get(key), str) or not body[key].strip():
            return Fault(f"the reference has no text in `{key}`")
    if not all(part.isidentifier() for part in body["entry_point"].split(".")):
        return Fault(f"`entry_point` of the reference is {body['entry_point'][:40]!r}, which is no name")
    return {key: body[key] for key in keys}


def _cases(rows: object) -> Cases | Fault:
    if not isinstance(rows, list) or not rows:
        return Fault("the reference has neither `tests` nor a list in `cases`")
    calls: list[Call] = []
    expected: list[Value] = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) != 2 or not all(isinstance(text, str) for text in row):
            return Fault(f"case {number} of the reference is no pair of literals in text")
        args, value = read_arguments(row[0]), read(row[1])
        for found in (args, value):
            if isinstance(found, Unreadable):
                return Fault(f"case {number} of the reference cannot be read: {found.why}")
        assert isinstance(args, Arguments) and isinstance(value, Found)
        calls.append(Call(args=args.args, kwargs=args.kwargs))
        expected.append(value.value)
    return Cases(calls=tuple(calls), expected=tuple(expected), rules=compare.PYTHON)


def _as_code(prompt: str) -> str:
    """Return a prompt as code that can stand before an answer, nothing where it is words; it may end with a function's head."""
    for code in (prompt, prompt.rstrip() + "\n    pass\n"):
        try:
            ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return code.rstrip() + "\n\n"
    return ""
