r"""What the columns of an input row mean: published sets load as they are, by the names their columns have.

statement     statement | problem | question | prompt
reference     reference | answer | ground_truth | gold, else the final answer of `solution` (MATH)
one solution  trace | completion | response | solution | text, with `model`
more of them  solutions: [text | {text, model}, ..], or columns `{"solution": text}` named by their model (GSM8K)
optional      licence | license, split, difficulty | level, family, domain, task

A mathematical reference that is a worked solution is cut to its final answer: `.. #### 72` and `\boxed{72}` are `72`.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from schemas import ids
from schemas.problem import ALL_TASKS, Problem, Solution, Task
from verifiers import final_answer
from verifiers.catalog import VERIFIERS

Kind = Literal["unreadable", "empty_statement", "bad_reference", "duplicate"]

STATEMENT = ("statement", "problem", "question", "prompt")
REFERENCE = ("reference", "answer", "ground_truth", "gold")
# `solution` comes late: beside a completion it is the data set's own, and no attempt at the problem.
SOLUTION = ("trace", "completion", "response", "solution", "text")
MODEL_UNKNOWN = "unknown"
TASKS: dict[str, Task] = {task: task for task in ALL_TASKS}

_NUMBER = re.compile(r"(?:(?<!\S)-)?[0-9]+(?:\.[0-9]+)?")
_MARKED = ("boxed", "hashes", "marker", "sentence")

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What holds for a row that does not say its own."""

    domain: str
    family: str
    licence: str
    split: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a row gives no problem, and what to do, in one sentence."""

    kind: Kind
    message: str
    statement: str = ""


def problem(values: Values, source: str, defaults: Defaults, *, with_solutions: bool) -> Problem | Fault:
    """Return the problem of a row, without solutions and with its reference unverified.

    `with_solutions` says that the row brings solutions, so that a column that holds one is not taken for the gold one.
    """
    column = _first(values, STATEMENT)
    if column is None:
        kind: Kind = "empty_statement" if any(name in values for name in STATEMENT) else "unreadable"
        return Fault(kind=kind, message=_missing("statement", values, STATEMENT))
    statement = (written(values[column]) or "").strip()
    if not statement and not isinstance(values[column], str):
        message = f"the statement in `{column}` is {_kind(values[column])}; write it as text"
        return Fault(kind="unreadable", message=message)
    if not statement:
        return Fault(kind="empty_statement", message=f"`{column}` is empty; fill it in or remove the row")
    domain, task = _text(values, ("domain",)) or defaults.domain, _text(values, ("task",)) or "solve"
    for column, word, known in (("domain", domain, sorted(VERIFIERS)), ("task", task, list(TASKS))):
        if word not in known:
            message = f"{column} {word[:60]!r} is unknown; use one of: {', '.join(known)}"
            return Fault(kind="unreadable", message=message, statement=statement)
    reference = _reference(values, domain, statement, _first(values, SOLUTION) if with_solutions else None)
    if isinstance(reference, Fault):
        return reference
    return Problem(
        problem_id=ids.problem_id(domain, statement, reference),
        domain=domain,
        task=TASKS[task],
        family=_text(values, ("family",)) or defaults.family,
        statement=statement,
        reference=reference,
        source=source,
        licence=_text(values, ("licence", "license")) or defaults.licence,
        split=_text(values, ("split",)) or defaults.split,
        difficulty=_difficulty(values),
    )


def solutions(values: Values) -> Iterator[Solution | str]:
    """Yield the solutions a row brings, in order; for one that cannot be used, what is wrong and what to do."""
    model = _text(values, ("model",)) or MODEL_UNKNOWN
    listed = values.get("solutions")
    named = [(name, value) for name, value in values.items() if isinstance(value, Mapping) and "solution" in value]
    column = _first(values, SOLUTION)
    if isinstance(listed, list):
        for number, item in enumerate(listed, 1):
            own = _text(item, ("model",)) if isinstance(item, Mapping) else None
            text = _text(item, SOLUTION) if isinstance(item, Mapping) else written(item)
            yield _solution(text, own or model, f"solution {number} in `solutions`")
    elif named:
        for name, value in named:
            yield _solution(written(value["solution"]), name, f"`solution` in `{name}`")
    elif column is not None:
        yield _solution(written(values[column]), model, f"`{column}`")
    else:
        yield _missing("solution", values, (*SOLUTION, "solutions"))


def written(value: object) -> str | None:
    """Return text as it is and numbers as people write them (42, 42.0 -> 42; 3.5; 1e-7 -> 0.0000001), else None."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() else f"{Decimal(repr(value)):f}"
    if isinstance(value, Decimal) and value.is_finite():
        return f"{value:f}"
    return None


def _solution(text: str | None, model: str, where: str) -> Solution | str:
    if text is None or not text.strip():
        return f"{where} is empty or not text; fill it in or remove it"
    return Solution(text=text, model=model)


def _reference(values: Values, domain: str, statement: str, taken: str | None) -> str | Fault:
    column = _first(values, REFERENCE)
    if column is None and values.get("solution") is not None and taken != "solution":
        return _boxed(written(values["solution"]) or "", statement)
    if column is None:
        looked_for = (*REFERENCE, "solution") if taken != "solution" else REFERENCE
        kind: Kind = "bad_reference" if any(name in values for name in looked_for) else "unreadable"
        return Fault(kind=kind, message=_missing("reference", values, looked_for), statement=statement)
    text = written(values[column])
    if text is None or not text.strip():
        message = f"the reference in `{column}` is {_kind(values[column])}; write the gold answer as text or a number"
        return Fault(kind="bad_reference", message=message, statement=statement)
    return final(text) if domain == "math" else text.strip()


def final(text: str) -> str:
    """Return the final answer where `text` marks one, else the whole text without the white space around it."""
    found = final_answer.find(text)
    worked_out = found is not None and (found.how in _MARKED or "\n" in text.strip())
    return found.text if found is not None and worked_out else text.strip()


def _boxed(solution: str, statement: str) -> str | Fault:
    found = final_answer.find(solution)
    if found is None or found.how not in _MARKED:
        message = r"`solution` marks no final answer; end it with \boxed{..}, or add a column `reference`"
        return Fault(kind="bad_reference", message=message, statement=statement)
    return found.text


def _difficulty(values: Values) -> float | None:
    found = _NUMBER.search(_text(values, ("difficulty", "level")) or "")
    value = float(found[0]) if found else math.inf
    return value if math.isfinite(value) else None


def _first(values: Values, names: tuple[str, ...]) -> str | None:
    """Return the first of `names` that has a value; tables have a null where a row lacks the column."""
    return next((name for name in names if values.get(name) is not None), None)


def _text(values: Values, names: tuple[str, ...]) -> str | None:
    column = _first(values, names)
    return None if column is None else (written(values[column]) or "").strip() or None


def _missing(what: str, values: Values, looked_for: tuple[str, ...]) -> str:
    null = next((name for name in looked_for if name in values), None)
    if null is not None:
        return f"no {what}: `{null}` is null; fill it in or remove the row"
    found = ", ".join(f"`{name[:60]}`" for name in list(values)[:20]) or "none"
    names = ", ".join(f"`{name}`" for name in looked_for[:-1])
    return f"no {what}: the columns found are {found}; name the right one {names} or `{looked_for[-1]}`"


def _kind(value: object) -> str:
    return "empty" if isinstance(value, str) else f"{json.dumps(value, default=str)[:60]}, which is not text"
