"""Small programs worked backwards: a line is right when the value it names leads to the same result as the line before it.

Many values may lead to a result; any of them will do. What a value leads to is found by running the rest of the program. A line
that names another statement than the one on its line of the program cannot be judged, nor can what the interpreter refuses.
"""

from collections.abc import Sequence

from schemas.problem import Problem
from schemas.verdict import StepChecks
from verifiers.execution import check as recorded
from verifiers.execution import reading, small_python
from verifiers.execution.events import shown
from verifiers.execution.reading import Line
from verifiers.execution.small_expressions import Unsupported
from verifiers.execution.small_python import Raises
from verifiers.families.truth import Judgement, walk
from verifiers.programs import literals, questions
from verifiers.programs.literals import Arguments, Unreadable
from verifiers.programs.reading import call_in


def check_steps(problem: Problem, steps: Sequence[str]) -> StepChecks:
    """Compare what each line leads to with what the line before it did, and with the result. One entry per step, total."""
    wanted = questions.wanted(problem.reference)
    if isinstance(wanted, questions.Fault):
        return walk(steps, lambda _: None)
    code, name, truth = wanted.program.code, wanted.program.entry_point, repr(wanted.returns)
    before: str | None = truth

    def judge_step(step: str) -> Judgement:
        nonlocal before
        said = reading.read(step)
        led = _leads(code, name, said, step) if said is not None else None
        if led is None or before is None:
            before = led
            return None
        local = recorded.equal(led, before)
        why = f"leads to {led}" if local else f"leads to {led}, the line before to {before}"
        before = led
        return local, recorded.equal(led, truth), step.strip(), why

    return walk(steps, judge_step)


def _leads(code: str, name: str, said: Line, step: str) -> str | None:
    """Return the result that a line leads to, or the exception; None where it says nothing of the kind."""
    try:
        match said.kind:
            case "given":
                return said.parts[0].value if said.name == name else None
            case "before":
                return _from_line(code, name, said)
            case "answer":
                called = call_in(step)
                if called is None or not isinstance(called.meaning, Arguments) or called.meaning.kwargs:
                    return None
                if called.name not in ("", name):
                    return None
                return repr(small_python.result(code, name, called.meaning.args))
    except Raises as raised:
        return str(raised)
    except Unsupported:
        return None
    return None


def _from_line(code: str, name: str, said: Line) -> str | None:
    lines = code.split("\n")
    if not 0 < said.line <= len(lines) or _bare(lines[said.line - 1]) != _bare(said.source):
        return None
    variables: dict[str, object] = {}
    for part in said.parts:
        found = literals.read(part.value)
        if isinstance(found, Unreadable):
            return None
        variables[part.name] = found.value
    return repr(small_python.result_from(code, name, said.line, variables))


def _bare(source: str) -> str:
    """Return a statement as it is shown, without white space."""
    return "".join(shown(source).split())
