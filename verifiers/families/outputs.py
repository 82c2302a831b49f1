"""Small programs run forwards: every line is judged by the lines before it, right or wrong as they may be.

The interpreter is told what each line claims and goes on from there, so a line after an error is right when it follows from it.
Where a line is no narration, tells of another statement than the one that is due, or claims what nothing can go on from, it is
wrong, and nobody can say what follows. A line of white space says nothing.
"""

from collections.abc import Sequence

from schemas.problem import Problem
from schemas.verdict import Claim, ClaimVerdict, StepCheck, StepChecks
from verifiers.execution import check as recorded
from verifiers.execution import reading, small_python
from verifiers.execution.events import Event, written
from verifiers.execution.reading import Line
from verifiers.execution.small_expressions import Evaluator, Unsupported
from verifiers.execution.small_python import Run
from verifiers.programs import compare, literals
from verifiers.programs.literals import Unreadable

MAX_CLAIMED = 400
"""Characters of a value that a line may claim; the family's have fewer than 60."""
_WORDS: dict[bool | None, ClaimVerdict] = {True: "right", False: "wrong", None: "unsure"}


def check_steps(problem: Problem, steps: Sequence[str]) -> StepChecks:
    """Compare each line with what comes next after the lines before it, and with the true run. One entry per step, total."""
    walk = _Walk(problem)
    return StepChecks(steps=tuple(walk.step(step) for step in steps))


class _Walk:
    """Where the claims have led so far."""

    def __init__(self, problem: Problem) -> None:
        self.reference = problem.reference
        self.run: Run | None = _run(problem)
        """None where it cannot be followed, or no longer."""
        self.prefix: bool | None = True if self.run else None
        self.claimed: Event | None = None
        """What the last line claims, where it is not what happened."""
        self.returned: str | None = None
        """What the claims so far return, once they have."""
        self.variables: dict[str, str] = {}

    def step(self, step: str) -> StepCheck:
        """Judge the next step."""
        if not step.strip():
            return StepCheck(exact_local=self.prefix or None, exact_prefix=self.prefix)
        said = reading.read(step)
        if said is not None and said.kind == "answer":
            return self._answer(step, said)
        if self.run is None:
            return self._judged(step, None, "nobody can say what comes next")
        due = self._due()
        if due is None:
            ended = self.returned is not None
            self.run = self.run if ended else None
            return self._judged(step, False if ended else None, "the run has ended" if ended else "it goes on too long")
        truth = reading.read(written(due))
        if said is None or truth is None or _head(said) != _head(truth):
            self.run = None
            return self._judged(step, False, f"next comes: {written(due)}")
        right = self._agrees(said, truth)
        if not right:
            self.claimed = _event(said, due)
            self.run = self.run if self.claimed is not None else None
        if due.kind in ("return", "end"):
            self.returned = said.parts[0].value
        self.variables |= {part.name: part.value for part in said.parts}
        return self._judged(step, right, "" if right else f"next comes: {written(due)}")

    def _answer(self, step: str, said: Line) -> StepCheck:
        """Judge an answer; one that comes before anything was returned, by the reference, as long as nothing was wrong."""
        expected = self.returned if self.returned is not None else self.reference if self.prefix else None
        if expected is None:
            return self._judged(step, None, "nothing was returned")
        right = recorded.equal(said.parts[0].value, expected, compare.PRINTED)
        return self._judged(step, right, "" if right else f"the run returns {expected}")

    def _due(self) -> Event | None:
        """Return what happens next; None where the run has ended or cannot be followed."""
        assert self.run is not None
        claimed, self.claimed = self.claimed, None
        try:
            return self.run.send(claimed)
        except (StopIteration, Unsupported):
            return None

    def _agrees(self, said: Line, truth: Line) -> bool:
        wanted = {part.name: part.value for part in truth.parts}
        told = {part.name: part.value for part in said.parts}
        if truth.kind == "set" and not wanted and len(said.parts) == 1:
            wanted = {
                name: self.variables[name] for name in told if name in self.variables
            }  # it has that value already
        return len(said.parts) == len(told) == len(wanted) and all(
            name in told and recorded.equal(told[name], value) for name, value in wanted.items()
        )

    def _judged(self, step: str, right: bool | None, reason: str) -> StepCheck:
        if self.prefix:
            self.prefix = right
        text = step.strip()
        start = step.index(text)
        claim = Claim(
            text=text, verdict=_WORDS[right], reason=reason or "as it happens", start=start, end=start + len(text)
        )
        return StepCheck(exact_local=right, exact_prefix=self.prefix, claims=(claim,))


def _run(problem: Problem) -> Run | None:
    """Return the run that a problem asks about, not yet begun; None where its program is missing or not of the family's kind."""
    program = recorded.program_of(problem)
    code, name = program.get("code"), program.get("entry_point")
    arguments = literals.read_arguments(str(program.get("args", "")))
    if not isinstance(code, str) or not isinstance(name, str) or isinstance(arguments, Unreadable) or arguments.kwargs:
        return None
    return small_python.run(code, name, arguments.args)


def _head(line: Line) -> tuple[object, ...]:
    """Return what a line is about; white space in the source does not count."""
    return line.kind, line.line, "".join(line.source.split()), line.name


def _event(said: Line, due: Event) -> Event | None:
    """Return what happened as the line claims it, None where nothing can go on from that."""
    changes = []
    for part in said.parts if due.kind in ("call", "set", "loop") else ():
        found = literals.read(part.value) if len(part.value) <= MAX_CLAIMED else Unreadable("too long")
        if isinstance(found, Unreadable):
            return None
        try:
            value = Evaluator().kept(found.value)
        except Unsupported:
            return None
        # Written again: what is read here need not be what the interpreter's reader takes.
        changes.append((part.name, repr(value)))
    told = said.parts[0].value if due.kind == "test" else due.value
    return Event(kind=due.kind, line=due.line, source=due.source, name=due.name, changes=tuple(changes), value=told)
