"""Small programs run forwards: every line is judged by the lines before it, right or wrong as they may be.

The interpreter is told what each line claims and goes on from there, so a line after an error is right when it follows from it.
Where a line is no narration, or tells of another statement than the one that is due, nobody can say what follows.
"""

from collections.abc import Sequence

from schemas.problem import Problem
from schemas.verdict import Claim, ClaimVerdict, StepCheck, StepChecks
from verifiers.execution import check as recorded
from verifiers.execution import reading, small_python
from verifiers.execution.events import Event, written
from verifiers.execution.reading import Line
from verifiers.execution.small_python import Run, Unsupported
from verifiers.programs import literals
from verifiers.programs.literals import Unreadable

MAX_CLAIMED = 400
"""Characters of a value that a line may claim; the family's have fewer than 60."""


def check_steps(problem: Problem, steps: Sequence[str]) -> StepChecks:
    """Compare each line with what comes next after the lines before it, and with the true run. One entry per step, total."""
    walk = _Walk(problem)
    return StepChecks(steps=tuple(walk.step(step) for step in steps))


class _Walk:
    """Where the claims have led so far."""

    def __init__(self, problem: Problem) -> None:
        self.run: Run | None = run_of(problem)
        self.claimed: Event | None = None
        """What the last line claims, where it is not what happened."""
        self.returned = problem.reference
        """What the claims so far return, once they have."""
        self.prefix: bool | None = True if self.run else None

    def step(self, step: str) -> StepCheck:
        """Judge the next step."""
        said = reading.read(step)
        if said is not None and said.kind == "answer":
            right = self._same(said.parts[0].value, self.returned)
            return self._judged(step, right, "" if right else f"the run returns {self.returned}")
        due = self._due()
        if due is None:
            self.run = None
            self.prefix = False if self.prefix is not None else None
            return self._judged(step, None if self.prefix is None else False, "nothing is left to happen")
        truth = written(due)
        if said is None or not self._about(said, due):
            self.run = None
            return self._judged(step, False, f"next comes: {truth}")
        right = self._agrees(said, due)
        if not right:
            self.claimed = _event(said, due)
            self.run = self.run if self.claimed is not None else None
        if due.kind == "return":
            self.returned = said.parts[0].value
        return self._judged(step, right, "" if right else f"next comes: {truth}")

    def _due(self) -> Event | None:
        """Return what happens next, None where the run has ended or cannot be followed."""
        if self.run is None:
            return None
        claimed, self.claimed = self.claimed, None
        try:
            return self.run.send(claimed)
        except (StopIteration, Unsupported):
            return None

    def _about(self, said: Line, due: Event) -> bool:
        truth = reading.read(written(due))
        return truth is not None and _head(said) == _head(truth)

    def _agrees(self, said: Line, due: Event) -> bool:
        truth = reading.read(written(due))
        assert truth is not None
        wanted = {part.name: part.value for part in truth.parts}
        told = {part.name: part.value for part in said.parts}
        return len(said.parts) == len(told) == len(wanted) and all(
            name in told and self._same(told[name], value) for name, value in wanted.items()
        )

    def _same(self, one: str, other: str) -> bool:
        return recorded.equal(one, other)

    def _judged(self, step: str, right: bool | None, reason: str) -> StepCheck:
        if self.prefix:
            self.prefix = right
        text = step.strip()
        start = step.index(text)
        verdict: ClaimVerdict = "unsure" if right is None else "right" if right else "wrong"
        claim = Claim(text=text, verdict=verdict, reason=reason or "as it happens", start=start, end=start + len(text))
        return StepCheck(exact_local=right, exact_prefix=self.prefix, claims=(claim,))


def run_of(problem: Problem) -> Run | None:
    """Return the run that a problem asks about, not yet begun; None where its program is missing or not of the family's kind."""
    program = recorded.program_of(problem)
    code, name = program.get("code"), program.get("entry_point")
    arguments = literals.read_arguments(str(program.get("args", "")))
    if not isinstance(code, str) or not isinstance(name, str) or isinstance(arguments, Unreadable) or arguments.kwargs:
        return None
    return small_python.run(code, name, arguments.args)  # type: ignore[arg-type]  # what is no small value is refused as it runs


def _head(line: Line) -> tuple[object, ...]:
    return line.kind, line.line, "".join(line.source.split()), line.name


def _event(said: Line, due: Event) -> Event | None:
    """Return what happened as the line claims it, None where nothing can go on from that."""
    if any(part.name and _value(part.value) is None for part in said.parts):
        return None
    return Event(
        kind=due.kind,
        line=due.line,
        source=due.source,
        name=due.name,
        changes=tuple((part.name, part.value) for part in said.parts if part.name),
        value="" if not said.parts or said.parts[0].name else said.parts[0].value,
    )


def _value(text: str) -> object:
    """Return a claimed value of the kinds that small programs have, None for any other."""
    found = literals.read(text) if len(text) <= MAX_CLAIMED else Unreadable("too long")
    if isinstance(found, Unreadable):
        return None
    return found.value if _small(found.value) else None


def _small(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_small, value))
    return isinstance(value, int | str)
