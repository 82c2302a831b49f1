"""Does a narration say what happened? Each line against the recorded line of its number, each value as a literal.

Where the program of a problem was recorded (`lines` in its `program`), the record is the truth; procedural families have an
interpreter of their own and never come here (`verifiers/families/`). `exact_prefix` is true while every line says what the record
says, and false from the first that does not; `exact_local` is not known after that: a record says nothing of a run that went
another way. A line that is no narration is wrong where the record has one. Total, linear in the length of the text.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from schemas.problem import Problem
from schemas.verdict import Claim, StepCheck, StepChecks
from verifiers.execution import reading
from verifiers.execution.reading import Line, Part, read
from verifiers.programs import compare, literals

VERSION = 2
"""Goes up whenever any step may get another check."""

TASKS = frozenset({"output"})
"""What is asked in problems that this knows something about."""

EXACT = compare.Rules(from_json=False, typed=True, relative=0.0, absolute=0.0)
"""A narrated value is a copy: there is nothing to round."""
_SHOWN = 200
_UNKNOWN = StepCheck(exact_local=None, exact_prefix=None)


def check_steps(problem: Problem, steps: Sequence[str]) -> StepChecks:
    """Return exact truth about every step where the problem has a record, None elsewhere."""
    lines = recorded(problem)
    if lines is None:
        return StepChecks(steps=(_UNKNOWN,) * len(steps))
    return StepChecks(steps=tuple(_checks(lines, _idle(problem, lines), problem.reference, steps)))


def has_checks(problem: Problem) -> bool:
    """Whether `check_steps` may find anything."""
    return problem.task in TASKS and recorded(problem) is not None


def recorded(problem: Problem) -> list[str] | None:
    """Return the narrated lines of the recorded run; None where there is none."""
    lines = program_of(problem).get("lines")
    return lines if isinstance(lines, list) and all(isinstance(line, str) for line in lines) else None


def program_of(problem: Problem) -> dict[str, object]:
    """Return what the problem knows of its program; empty where it knows nothing."""
    try:
        found = json.loads(problem.program or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _idle(problem: Problem, lines: Sequence[str]) -> list[bool]:
    """Say of each recorded line whether it only repeats values that were there: `no change` is as true of it."""
    frames = program_of(problem).get("frames")
    states = reading.state([read(line) for line in lines], frames if isinstance(frames, list) else [])
    return [before == after != "" for before, after in states]


class _Told(NamedTuple):
    """What became of one step."""

    right: bool
    claims: tuple[Claim, ...]


def _checks(lines: Sequence[str], idle: Sequence[bool], reference: str, steps: Sequence[str]) -> Iterator[StepCheck]:
    position, right = 0, True
    for step in steps:
        if not step.strip():
            yield StepCheck(exact_local=right or None, exact_prefix=right)
            continue
        said = read(step)
        if said is not None and said.kind == "answer":
            told = _answer(step, said, reference)
        elif position < len(lines):
            told = _against(step, said, lines[position], idle=idle[position])
            position += 1
        else:
            told = _Told(False, (_whole(step, "the run has ended"),))
        if right:
            right = told.right
            yield StepCheck(exact_local=told.right, exact_prefix=right, claims=told.claims)
        else:
            yield StepCheck(exact_local=None, exact_prefix=False, claims=_unsure(told.claims))


def _against(step: str, said: Line | None, line: str, *, idle: bool) -> _Told:
    """Compare a step with the line that stands at its place in the record; `idle` where that changed nothing."""
    truth = read(line)
    if said is None or truth is None:
        same = step.strip() == line.strip()
        return _Told(same, (_whole(step, "" if same else f"the record has: {line}"),))
    if _head(said) != _head(truth):
        return _Told(False, (_whole(step, f"the record has: {line}"),))
    if idle and not said.parts:
        return _Told(True, (_whole(step, ""),))
    wanted = {part.name: part.value for part in truth.parts}
    claims = tuple(_claim(step, part, wanted.get(part.name)) for part in said.parts)
    missing = [
        f"{part.name} = {part.value}" for part in truth.parts if part.name not in {one.name for one in said.parts}
    ]
    if missing:
        claims = (*claims, _whole(step, f"the record has also {', '.join(missing)}"))
    if len(said.parts) > len(wanted) and all(claim.verdict == "right" for claim in claims):  # a name told twice
        claims = (*claims, _whole(step, f"the record has: {line}"))
    if not claims:  # `no change` where that is so, a call without arguments
        claims = (_whole(step, ""),)
    return _Told(all(claim.verdict == "right" for claim in claims), claims)


def _head(line: Line) -> tuple[object, ...]:
    """Return what a line is about; white space in the source does not count."""
    return line.kind, line.line, "".join(line.source.split()), line.name


def _answer(step: str, said: Line, reference: str) -> _Told:
    part = said.parts[0]
    right = equal(part.value, reference, compare.PRINTED)
    return _Told(right, (_judged(step, part, right, "" if right else f"the function returns {reference}"),))


def _claim(step: str, part: Part, wanted: str | None) -> Claim:
    if wanted is None:
        return _judged(step, part, False, f"the record has no change of {part.name}")
    right = equal(part.value, wanted)
    what = f"{part.name} = {wanted}" if part.name else wanted
    return _judged(step, part, right, "" if right else f"the record has {what}")


def _judged(step: str, part: Part, right: bool, reason: str) -> Claim:
    return Claim(
        text=step[part.start : part.end],
        verdict="right" if right else "wrong",
        reason=reason[:_SHOWN] or "as recorded",
        start=part.start,
        end=part.end,
    )


def _whole(step: str, reason: str) -> Claim:
    """Return the claim that a step makes as a whole, wrong for `reason`, right where there is none."""
    text = step.strip()
    start = step.index(text)
    return _judged(step, Part("", "", start, start + len(text)), not reason, reason)


def _unsure(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    """Return claims made after a wrong one: what the record says of them holds for another run."""
    return tuple(replace(claim, verdict="unsure", reason="after a wrong step") for claim in claims)


def equal(one: str, other: str, rules: compare.Rules = EXACT) -> bool:
    """Whether two written values are the same literal, or the same text where one of them is none. Total."""
    one, other = one.strip(), other.strip()
    if one == other:
        return True
    values = literals.read(one), literals.read(other)
    if isinstance(values[0], literals.Unreadable) or isinstance(values[1], literals.Unreadable):
        return False
    return compare.same(values[1].value, values[0].value, rules)
