"""Functions in rows, by the names that published sets give their columns (HumanEval, MBPP and what is shaped like them).

code          code | program, else `prompt` and `canonical_solution` one after the other
function      entry_point, else the last function of the code that its tests call
tests         test | tests | test_list, Python or a list of assertions, with `test_setup_code`
cases         cases: [[arguments], value] or {"inputs" | "args": .., "expected" | "output": ..}, arguments as a list
words         prompt | text | description
"""

import ast
from collections.abc import Mapping

from pipeline.programs.functions import Args, Function, Unusable, first_new, functions_of, parsed, without_docstrings
from verifiers.programs import inputs
from verifiers.sandbox.rows import Value

CODE = ("code", "program")
TESTS = ("test", "tests", "test_list")
WORDS = ("prompt", "text", "description")
MAX_EXAMPLES = 40

Values = Mapping[str, object]


def holds_code(values: Values) -> bool:
    """Whether a row brings a program with its tests, rather than a question with its answer."""
    if any(values.get(name) is not None for name in ("reference", "answer", "statement", "task")):
        return False
    code = any(isinstance(values.get(name), str) for name in (*CODE, "canonical_solution"))
    return code and any(values.get(name) for name in (*TESTS, "cases", "entry_point"))


def read(values: Values, number: int) -> Function | Unusable:
    """Return the function of a row, or what is wrong with it and what to do."""

    def unusable(message: str, name: str = "") -> Unusable:
        return Unusable(number=number, name=name, message=message, content=repr(sorted(values.items(), key=str)))

    prompt, solution = _text(values, ("prompt",)), _text(values, ("canonical_solution",))
    whole = _text(values, CODE) or (prompt + solution if solution else "")
    if not whole.strip():
        return unusable(f"no code: the columns found are {', '.join(values)}; name it `code`")
    tree = parsed(whole)
    if isinstance(tree, str):
        return unusable(f"the code is no Python: {tree}; correct it")
    tests = _tests(values)
    name = _text(values, ("entry_point",)) or _guessed(tree, tests)
    if name not in {node.name for node in functions_of(tree)}:
        return unusable(f"no function {name!r} in the code; name one of its functions in `entry_point`", name)
    cases = _cases(values.get("cases"))
    if cases is None:
        return unusable("`cases` is no list of arguments and values; write [[[3, 4], 7], ..]", name)
    found = [*(args for args, _ in cases), *inputs.examples(tests, name, whole)]
    examples = first_new(found, MAX_EXAMPLES) or inputs.annotated(whole, name)
    if not examples:
        return unusable(
            "no arguments to call it with: no literal calls in its tests, no annotations; add `cases`", name
        )
    return Function(
        name=name,
        code=without_docstrings(whole, tree),
        words=_text(values, WORDS).strip("\n"),
        examples=tuple(examples),
        tests=tests,
        prompt=prompt if solution else "",
        cases=tuple(cases),
        number=number,
    )


def _text(values: Values, names: tuple[str, ...]) -> str:
    return next((value for name in names if isinstance(value := values.get(name), str) and value.strip()), "")


def _tests(values: Values) -> str:
    for name in TESTS:
        value = values.get(name)
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
            return "\n".join([_text(values, ("test_setup_code",)), *value]).strip()
    return ""


def _guessed(tree: ast.Module, tests: str) -> str:
    """Return the last function that the tests call by its name, else the last one."""
    names = [node.name for node in functions_of(tree)]
    test = parsed(tests)
    called = (
        {node.id for node in ast.walk(test) if isinstance(node, ast.Name)} if isinstance(test, ast.Module) else set()
    )
    return next((name for name in reversed(names) if name in called), names[-1] if names else "")


def _cases(rows: object) -> list[tuple[Args, Value]] | None:
    """Return the cases of a row, None where they cannot be read."""
    if rows is None:
        return []
    cases: list[tuple[Args, Value]] = []
    for row in rows if isinstance(rows, list) else [None]:
        if isinstance(row, Mapping):
            row = [
                next((row[key] for key in ("inputs", "args", "input") if key in row), None),
                next((row[key] for key in ("expected", "output") if key in row), None),
            ]
        if not isinstance(row, list) or len(row) != 2 or not isinstance(row[0], list):
            return None
        cases.append((tuple(row[0]), row[1]))
    return cases
