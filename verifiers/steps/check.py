"""Check the steps of a solution: exact truth for programs and the families that have it, claims for all mathematics.

A claim is right, wrong, or unsure. Wrong is said only where no other reading of the text is likely; what context may
change is unsure. Deterministic, total, linear in the length of the text; what is said of a step is a function of the
problem and the steps up to it. Nothing is evaluated as code, and sympy is not asked.
"""

from collections.abc import Iterator, Sequence

from schemas.problem import Problem
from schemas.verdict import Claim, StepCheck, StepChecks
from verifiers.execution import check as execution
from verifiers.families import catalog as families
from verifiers.steps import annotated, arithmetic, conclusion
from verifiers.steps.bindings import Bindings
from verifiers.steps.equations import EQUALS, Equation, Tail, find, tail_without_equation
from verifiers.steps.judgement import Judgement
from verifiers.steps.reading import Text
from verifiers.steps.rewriting import Rewriting
from verifiers.steps.words import DENIALS, DENIED, SUPPOSED

VERSION = 2
"""Goes up whenever any step may get other claims or verdicts."""

MAX_STEP_CHARS = 20_000
"""What a longer step has after this many characters is not looked at."""


def check(problem: Problem, steps: Sequence[str]) -> StepChecks:
    """Return what is known of each step, one entry per step. Exact truth is None where there is none."""
    if problem.family in families.STEP_CHECKS:
        return families.check_steps(problem, steps)
    if problem.domain == "code":
        return execution.check_steps(problem, steps)
    found = claims(problem.statement, steps) if problem.domain == "math" else [()] * len(steps)
    return StepChecks(steps=tuple(StepCheck(exact_local=None, exact_prefix=None, claims=each) for each in found))


def has_checks(problem: Problem, steps: Sequence[str]) -> bool:
    """Whether `check` may find anything: cheap, so that a trace without mathematics needs no worker process."""
    if problem.family in families.STEP_CHECKS:
        return True
    if problem.domain == "code":
        return execution.has_checks(problem)
    return problem.domain == "math" and any(map(conclusion.MAY_CLAIM.search, steps))


def claims(statement: str, steps: Sequence[str]) -> list[tuple[Claim, ...]]:
    """Return the claims of every step, in the order in which they stand. Raises never."""
    context = _Context(statement)
    return [context.claims(step[:MAX_STEP_CHARS]) for step in steps]


class _Context:
    """What the steps so far have said."""

    def __init__(self, statement: str) -> None:
        self._tail = Tail()
        self._bindings = Bindings()
        self._rewriting = Rewriting(statement)
        self._conclusion = conclusion.Conclusion(statement)

    def claims(self, step: str) -> tuple[Claim, ...]:
        """Return the claims of the next step."""
        found = list(annotated.claims(step)) if "<<" in step else []
        prose = annotated.masked(step)
        self._rewriting.next_step(prose)
        links: Sequence[Equation] = ()
        if "=" not in prose and EQUALS.search(prose) is None:
            self._tail = tail_without_equation(prose)
        else:
            text = Text(prose)
            links, self._tail = find(text, self._tail)
            found += self._judged(step, text, links)
        answer = self._conclusion.claim(prose, links)
        if answer is not None:
            found.append(answer)
        if len(found) > 1:
            found.sort(key=lambda claim: (claim.start, claim.end))
        return tuple(found)

    def _judged(self, step: str, text: Text, links: Sequence[Equation]) -> Iterator[Claim]:
        for number, link in enumerate(links):
            judged = self._judgement(text, link)
            if judged is not None and judged.verdict == "wrong":
                judged = _softened(text, links, number) or judged
            if judged is not None:
                yield Claim(
                    text=step[link.start : link.end],
                    verdict=judged.verdict,
                    reason=judged.reason,
                    start=link.start,
                    end=link.end,
                )

    def _judgement(self, text: Text, link: Equation) -> Judgement | None:
        if not (link.left.symbolic or link.right.symbolic):
            return arithmetic.judge(text, link)
        if self._bindings.binds(text, link):
            return self._rewriting.solution(text, link)
        return self._rewriting.judge(text, link, self._bindings)


def _softened(text: Text, links: Sequence[Equation], number: int) -> Judgement | None:
    """Return what is said instead of `wrong` where the step denies or supposes the link, else None."""
    link = links[number]
    if _near(text, link.first - 4, link.first, SUPPOSED | DENIALS) and not link.carried:
        return Judgement("unsure", "the step may suppose or deny it")
    if link.first and text.pieces[link.first - 1].text.lower() == "not":
        return Judgement("unsure", "the step denies it")
    if _is_asked(text, link.right.after):
        return Judgement("unsure", "a question")
    if _near(text, link.right.after, link.right.after + 6, DENIALS):
        return Judgement("unsure", "the step may deny it")
    head = links[number - link.position] if 0 < link.position <= number else None
    if head is not None and head.cut:
        return Judgement("unsure", "its chain begins with something that may be longer")
    if head is not None and head.position == 0 and head.left.value is not None and head.left.value == link.right.value:
        return Judgement("unsure", "equals the beginning of its chain")
    return None


def _is_asked(text: Text, after: int) -> bool:
    """Whether the sentence ends with a question mark within a few words."""
    marks = (
        piece.text for piece in text.pieces[after : after + 6] if piece.text in (".", "?", "!", ",", ";", "\n", "=")
    )
    return next(marks, "") == "?"


def _near(text: Text, first: int, after: int, words: frozenset[str]) -> bool:
    """Whether one of `words` is among the pieces, or `not` with one of its words."""
    before = ""
    for piece in text.pieces[max(first, 0) : after]:
        word = piece.text.lower() if piece.kind == "word" else ""
        # `50 - 10 = 40 with no badge` denies nothing.
        denies = word in words and not (word == "no" and before == "with")
        if denies or (before.endswith(("not", "n't")) and word in DENIED):
            return True
        before = word.replace("’", "'")
    return False
