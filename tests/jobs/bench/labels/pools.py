"""Recorded pools made by hand."""

from jobs.bench.labels.cells import Cell
from jobs.bench.labels.pool import Prefix, Recorded, Size, Solution
from schemas.verdict import Outcome

OUTCOMES: dict[str, Outcome] = {"a": "accepted", "r": "rejected", "u": "undecided"}


def a_prefix(outcomes: str, *, tokens: int = 10, share: float | None = None) -> Prefix:
    """Return a prefix with the outcomes that the letters a, r and u say; sample j took `tokens` + j tokens."""
    return Prefix(
        outcomes=tuple(OUTCOMES[letter] for letter in outcomes),
        tokens=tuple(tokens + index for index in range(len(outcomes))),
        cached=0,
        share=share,
    )


def a_solution(
    *prefixes: str, outcome: Outcome = "rejected", first_error: int | None = -1, name: str = "p"
) -> Solution:
    """Return a solution of one more step than it has prefixes, each step 10 tokens; it is wrong from `first_error` on."""
    steps = len(prefixes) + 1
    wrong_from = steps if first_error == -1 else first_error
    return Solution(
        problem_id=name,
        outcome=outcome,
        question=40,
        ends=tuple(10 * (step + 1) for step in range(steps)),
        exact=tuple(None if wrong_from is None else step < wrong_from for step in range(steps)),
        first_error=first_error,
        written=tuple(range(10 * steps)),
        prefixes=tuple(map(a_prefix, prefixes)),
    )


def a_cell(target: float | None = 0.6, difficulty: int = 3) -> Cell:
    return Cell(family="words", difficulty=difficulty, policy="math", temperature=1.0, max_tokens=160, target=target)


def a_pool(*solutions: Solution, cell: Cell | None = None, draws: int = 10, accepted: int = 6) -> Recorded:
    return Recorded(
        cell=cell or a_cell(),
        size=Size(samples=16),
        revision="1",
        draws=draws,
        accepted=accepted,
        seconds=1.0,
        tokens=1,
        solutions=solutions,
    )
