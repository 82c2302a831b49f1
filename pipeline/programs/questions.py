"""A function -> questions about it: what a call returns, for which arguments it returns something, how it is written.

The function is run before anything is asked: under two hash seeds, the calls in both orders. What does not come to the same
plain value each time is no question. Where doctests or tests say something else than the function does, the function is refused:
code that does not work has nothing to teach here. Calls are recorded (`verifiers/execution/recorder.py`), and of those that could
be chosen the ones with a run that is neither trivial nor long are.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.programs.functions import Args, Function, functions_of, parameters, parsed
from schemas import ids
from schemas.problem import Problem, Task
from verifiers.execution.check import equal
from verifiers.execution.describe import Overlong, described
from verifiers.execution.events import written
from verifiers.execution.recorder import Recording, Unrecorded, record
from verifiers.programs import inputs, literals
from verifiers.programs.compare import PYTHON, same
from verifiers.programs.judgement import AssertTests, check_tests
from verifiers.sandbox.pool import Sandbox
from verifiers.sandbox.rows import Call, Limits, Program, Returned

VERSION = 1
"""Goes up whenever a function may get other questions, or a run another record."""

Question = Literal["output", "input", "program"]
QUESTIONS: tuple[Question, ...] = ("output", "input", "program")

FEWEST_EVENTS, MOST_EVENTS = 5, 60
"""Of a run that is worth narrating and not too long to read; others are taken where there are none of these."""
MAX_CALLS = 16
"""Arguments that are tried, those of examples first."""
MAX_RECORDED = 8
MAX_VALUE = 400
"""Characters of arguments and of a value that is asked about."""
SHOWN_CASES, MAX_CASES = 3, 8
"""Of a program that is asked for: examples in the question, and cases that judge the answer."""
_MOST_ENDS = 2
"""Calls that may run out of time, or end the process, before no more are tried."""
_LIMITS = Limits(cpu_s=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What is asked of every function of a source, and where the source comes from."""

    questions: tuple[Question, ...]
    inputs: int
    """Calls per function that are asked about."""
    licence: str
    split: str
    family: str = ""
    source: str = ""
    """The name that rows call it by; the line follows."""


@dataclass(frozen=True, slots=True)
class Known:
    """A call and what it returns."""

    args: Args
    args_text: str
    value_text: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """A call that is asked about, and its recorded run."""

    call: Known
    run: Recording | Unrecorded


def problems(function: Function, decoy: str, asking: Asking, sandbox: Sandbox) -> list[Problem] | str:
    """Return the questions about a function, or why there are none and what to do. Total.

    `decoy` is the code of another function.
    """
    known = _known(sandbox, function)
    if not known:
        return "no call returns a plain value, the same every time; give it literals that it takes"
    fault = _fault(sandbox, function, known)
    if fault is not None:
        return fault
    chosen = _chosen(sandbox, function, known, asking.inputs)
    made = []
    if "output" in asking.questions:
        made += [_output(function, one, asking) for one in chosen]
    if "input" in asking.questions:
        made += [_input(function, one.call, asking) for one in chosen]
    if "program" in asking.questions:
        made += _program(function, known, decoy, asking)
    # Two calls that return the same are one question for arguments.
    return list({problem.problem_id: problem for problem in made}.values())


def _known(sandbox: Sandbox, function: Function) -> list[Known]:
    """Return the calls that can be asked about: short arguments, and a short plain value whatever came before.

    Where the examples are few, others are made of them; those may be arguments that the function was never meant for.
    """
    known = _tried(sandbox, function, function.examples[:MAX_CALLS])
    if 0 < len(known) < MAX_CASES:
        given = len(function.examples[:MAX_CALLS])
        made = inputs.extra(function.examples[:MAX_CALLS], count=2 * MAX_CASES)[given:]
        known += _tried(sandbox, function, made)
    return known[:MAX_CALLS]


def _tried(sandbox: Sandbox, function: Function, tried: Sequence[Args]) -> list[Known]:
    program = Program(code=function.code, entry_point=function.name)
    forwards = zip(tried, _returned(sandbox, program, tried, 0), strict=True)
    usable = [(args, one) for args, one in forwards if one is not None and one.kind == "value"]
    backwards = _returned(sandbox, program, [args for args, _ in usable][::-1], 1)[::-1]
    known = []
    for (args, one), other in zip(usable, backwards, strict=True):
        if other is None or other.kind != "value":
            continue
        texts = _literal(args), _literal(one.value)
        if texts[0] is not None and texts[1] is not None and same(one.value, other.value, PYTHON):
            known.append(Known(args, texts[0], texts[1]))
    return known


def _returned(sandbox: Sandbox, program: Program, tried: Sequence[Args], seed: int) -> list[Returned | None]:
    """Return what each call comes to; where one ends the run, with the ones after it in another, a few times."""
    calls = [Call(args=args) for args in tried]
    found: list[Returned | None] = list(sandbox.run(program, calls, _LIMITS, seed=seed).returned) if calls else []
    while len(found) < len(calls):
        found.append(None)  # the one that ended it
        rest = calls[len(found) :]
        if found.count(None) > _MOST_ENDS or not rest:
            return found + [None] * len(rest)
        found += sandbox.run(program, rest, _LIMITS, seed=seed).returned
    return found


def _literal(value: object) -> str | None:
    """Return a value as a short literal that reads back as itself, None where there is none."""
    try:
        text = described(value, MAX_VALUE)
    except Overlong:
        return None
    found = literals.read(text)
    return text if isinstance(found, literals.Found) and same(value, found.value, PYTHON) else None


def _fault(sandbox: Sandbox, function: Function, known: Sequence[Known]) -> str | None:
    """Say what the function does not do that its doctests, cases or tests ask for; None where nothing."""
    returned = {one.args_text: one.value_text for one in known}
    for args, expected in function.expected:
        text = _literal(args) or ""
        if (
            text in returned
            and isinstance(literals.read(expected), literals.Found)
            and not equal(returned[text], expected)
        ):
            return f"its doctest says that {_call(function, text)} is {expected}, and it is {returned[text]}; correct one of them"
    for args, value in function.cases:
        text = _literal(args) or ""
        found = literals.read(returned.get(text, ""))
        if isinstance(found, literals.Found) and not same(value, found.value):
            return f"its case says that {_call(function, text)} is {value!r}, and it is {returned[text]}; correct one of them"
    if not function.tests:
        return None
    program = Program(code=function.code, entry_point=function.name)
    verdict = check_tests(sandbox, program, AssertTests(code=function.tests, prompt=function.prompt))
    if verdict.outcome == "rejected":
        return f"it does not pass its tests: {verdict.status}, {verdict.reason}; correct the code or the tests"
    return None


def _chosen(sandbox: Sandbox, function: Function, known: Sequence[Known], count: int) -> list[Chosen]:
    """Return up to `count` calls whose runs are worth telling, with their records; the ones tried first win ties."""
    tried: list[Chosen] = []
    good, values = 0, set[str]()
    for call in known[:MAX_RECORDED]:
        one = Chosen(call, record(sandbox, function.code, function.name, call.args))
        tried.append(one)
        new = call.value_text not in values
        values.add(call.value_text)
        good += new and _distance(one) == 0
        if good >= count or (len(tried) > count and len(values) >= count and len({_events(one) for one in tried}) == 1):
            break  # enough; or every run is as short as the first, as that of a function of one line is
    first = {one.call.value_text: one for one in reversed(tried)}
    # Another value before the same one again, then the better length, then the order of the examples.
    return sorted(tried, key=lambda one: (_distance(one) > 0, first[one.call.value_text] is not one, _distance(one)))[
        :count
    ]


def _distance(one: Chosen) -> int:
    """Return how many events a run is away from one that is worth narrating; more than any for one that has none."""
    if isinstance(one.run, Unrecorded):
        return 1_000_000
    events = _events(one)
    return max(FEWEST_EVENTS - events, events - MOST_EVENTS, 0)


def _events(one: Chosen) -> int:
    return len(one.run.events) if isinstance(one.run, Recording) else 0


def _call(function: Function, args_text: str) -> str:
    """Return `f(3, [5, 2])`, from the arguments as a tuple."""
    return function.name + (args_text[:-2] + ")" if args_text.endswith(",)") else args_text)


def _output(function: Function, one: Chosen, asking: Asking) -> Problem:
    call, run = one.call, one.run
    program: dict[str, object] = {"code": function.code, "entry_point": function.name, "args": call.args_text}
    if isinstance(run, Recording):
        program |= {"lines": [written(event) for event in run.events], "frames": list(run.frames)}
    else:
        program |= {"unrecorded": run.reason}
    statement = f"{function.code}\n\nWhat does {_call(function, call.args_text)} return?"
    return _problem("output", function, statement, call.value_text, program, asking)


def _input(function: Function, call: Known, asking: Asking) -> Problem:
    statement = f"{function.code}\n\nFind arguments for which {function.name} returns {call.value_text}."
    reference = {"code": function.code, "entry_point": function.name, "returns": call.value_text}
    program = {"code": function.code, "entry_point": function.name, "args": call.args_text}
    return _problem("input", function, statement, json.dumps(reference, ensure_ascii=False), program, asking)


def _program(function: Function, known: Sequence[Known], decoy: str, asking: Asking) -> Iterator[Problem]:
    """Yield the question for the program itself, judged by its tests where they are code, else by what its calls return."""
    reference: dict[str, object] = {"entry_point": function.name}
    if function.tests and function.prompt:
        reference |= {"tests": function.tests, "prompt": function.prompt}
    else:
        reference["cases"] = [[one.args_text, one.value_text] for one in known[:MAX_CASES]]
    program = {
        "code": function.code, "entry_point": function.name, "decoy": decoy,
        "calls": [one.args_text for one in known[:MAX_CASES]],
    }  # fmt: skip
    statement = function.words or _examples(function, known)
    yield _problem("program", function, statement, json.dumps(reference, ensure_ascii=False), program, asking)


def _examples(function: Function, known: Sequence[Known]) -> str:
    tree = parsed(function.code)
    nodes = functions_of(tree) if not isinstance(tree, str) else []
    names = next((parameters(node) for node in nodes if node.name == function.name), "")
    shown = [f"{_call(function, one.args_text)} == {one.value_text}" for one in known[:SHOWN_CASES]]
    return "\n".join([f"Write {function.name}({names}).", *shown])


def _problem(
    task: Task, function: Function, statement: str, reference: str, program: Mapping[str, object], asking: Asking
) -> Problem:
    return Problem(
        problem_id=ids.problem_id("code", statement, reference), domain="code", task=task, family=asking.family,
        statement=statement, reference=reference, source=f"{asking.source}:{function.number}", licence=asking.licence,
        split=asking.split, program=json.dumps(program, ensure_ascii=False),
    )  # fmt: skip


def unrecorded(made: Sequence[Problem]) -> list[tuple[Problem, str]]:
    """Return the problems whose run could not be recorded, with the reason: no execution trace comes of them."""
    found = []
    for problem in made:
        reason = json.loads(problem.program or "{}").get("unrecorded") if problem.task == "output" else None
        if isinstance(reason, str):
            found.append((problem, reason))
    return found
