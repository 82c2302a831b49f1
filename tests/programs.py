"""Questions about one small program, for tests of whatever judges them."""

import json
from typing import Any

from schemas.problem import Problem, Task

SUM = """def f(a, xs):
    t = 0
    for x in xs:
        if x > a:
            t += x
    return t * 2
"""
PROGRAM = {"code": SUM, "entry_point": "f", "args": "(3, [5, 2])"}
PROMPT = (
    'from typing import List\n\ndef f(a: int, xs: List[int]) -> int:\n    """Twice the sum of what is above a."""\n'
)
TESTS = "def check(candidate):\n    assert candidate(3, [5, 2]) == 10\n"


def question(task: Task, reference: object, program: object = None, **overrides: Any) -> Problem:
    """Return a problem of the domain `code`; what is no text is written as JSON. `overrides`: fields of Problem."""
    fields: dict[str, Any] = {
        "problem_id": "p", "domain": "code", "task": task, "family": "own", "statement": SUM, "source": "", "licence": "",
        "split": "", "reference": reference if isinstance(reference, str) else json.dumps(reference),
        "program": None if program is None else json.dumps(program),
    }  # fmt: skip
    return Problem(**fields | overrides)


def output(returns: str = "10", **overrides: Any) -> Problem:
    """Return the question what `f(3, [5, 2])` returns."""
    return question("output", returns, PROGRAM, **overrides)


def arguments(returns: str = "10", **overrides: Any) -> Problem:
    """Return the question for which arguments it returns this."""
    return question("input", {"code": SUM, "entry_point": "f", "returns": returns}, PROGRAM, **overrides)


def by_cases(*cases: tuple[str, str], **overrides: Any) -> Problem:
    """Return the question for a program that does what these cases say."""
    rows = [list(case) for case in cases or (("(3, [5, 2])", "10"), ("(0, [])", "0"))]
    return question("program", {"entry_point": "f", "cases": rows}, PROGRAM, **overrides)


def by_tests(prompt: str = PROMPT, **overrides: Any) -> Problem:
    """Return the question for a program that passes assert-style tests."""
    return question("program", {"entry_point": "f", "tests": TESTS, "prompt": prompt}, PROGRAM, **overrides)
