"""A recorded pool: solutions with exact truth about their steps and the outcome of every rollout of every prefix.

A file for each cell, JSON lines: how it was made, then a line for each solution. Texts are not kept.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from jobs.bench.labels.cells import Cell
from schemas.verdict import Outcome

_LETTERS: dict[Outcome, str] = {"accepted": "a", "rejected": "r", "undecided": "u"}
_OUTCOMES: dict[str, Outcome] = {letter: outcome for outcome, letter in _LETTERS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is recorded of a cell."""

    solutions: int = 60
    """Right ones, and as many wrong ones; fewer where the policy does not write them."""
    samples: int = 8
    """Rollouts of each prefix, and as many again where some are undecided. What a strategy asks for besides is drawn then."""
    fresh: int = 6
    """Prefixes whose share of right continuations is measured apart."""
    fresh_samples: int = 192
    """Rollouts for that, of other seeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """What was drawn from the prefix that ends with a step, by index."""

    outcomes: tuple[Outcome, ...]
    tokens: tuple[int, ...]
    """Decoded."""
    cached: int
    """Tokens of the prompt in blocks that earlier prompts had, as the flow counts them, when these were asked for."""
    share: float | None = None
    """Of right ones among fresh rollouts, where that was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """One solution, the first one drawn for its problem."""

    problem_id: str
    outcome: Outcome
    question: int
    """Tokens of the prompt."""
    ends: tuple[int, ...]
    """Tokens of the solution up to the end of each step."""
    exact: tuple[bool | None, ...]
    """Whether each step and all before it are right."""
    first_error: int | None
    """-1 where there is none, None where not known."""
    written: tuple[int, ...] = ()
    """Its tokens, from which prefixes are continued when a strategy asks for more samples than were recorded."""
    prefixes: tuple[Prefix, ...] = ()
    """One for every step but the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The pool of a cell."""

    cell: Cell
    size: Size
    revision: str
    """Of the policy."""
    draws: int
    """Solutions drawn, the first for each problem, until there were enough of both kinds."""
    accepted: int
    seconds: float
    tokens: int
    """Decoded for all of it."""
    solutions: tuple[Solution, ...] = field(default=())

    @property
    def pass_at_1(self) -> float:
        """The share of right ones among all drawn."""
        return self.accepted / max(1, self.draws)


def path_of(folder: Path, cell: Cell) -> Path:
    """Return the file of a cell's pool."""
    return folder / f"{cell.name.replace('/', '-').replace(' ', '-')}-t{cell.temperature:g}.jsonl"


def write(folder: Path, recorded: Recorded) -> None:
    """Write a cell's pool, whole or not at all."""
    path = path_of(folder, recorded.cell)
    lines = [asdict(replace(recorded, solutions=())), *map(_packed, recorded.solutions)]
    partial = path.with_suffix(".partial")
    partial.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
    os.replace(partial, path)


def read(folder: Path, cell: Cell) -> Recorded | None:
    """Return a cell's pool; None where there is none. Raises ValueError or KeyError on what `write` did not write."""
    path = path_of(folder, cell)
    if not path.exists():
        return None
    head, *rows = map(json.loads, path.read_text().splitlines())
    head |= {"cell": Cell(**head["cell"]), "size": Size(**head["size"]), "solutions": tuple(map(_unpacked, rows))}
    return Recorded(**head)


def _packed(solution: Solution) -> dict[str, Any]:  # Any: JSON
    prefixes = [
        {**asdict(prefix), "outcomes": "".join(_LETTERS[outcome] for outcome in prefix.outcomes)}
        for prefix in solution.prefixes
    ]
    return asdict(solution) | {"prefixes": prefixes}


def _unpacked(row: dict[str, Any]) -> Solution:  # Any: JSON
    prefixes = [
        Prefix(**one | {"outcomes": tuple(map(_OUTCOMES.__getitem__, one["outcomes"])), "tokens": tuple(one["tokens"])})
        for one in row["prefixes"]
    ]
    return Solution(
        **row | {key: tuple(row[key]) for key in ("ends", "exact", "written")} | {"prefixes": tuple(prefixes)}
    )


def longer(prefix: Prefix, drawn: Prefix) -> Prefix:
    """Return a prefix with the samples behind its own."""
    return replace(prefix, outcomes=prefix.outcomes + drawn.outcomes, tokens=prefix.tokens + drawn.tokens)


def halves(solutions: Sequence[Solution]) -> tuple[int, int]:
    """Return how many are right and how many wrong."""
    right = sum(solution.outcome == "accepted" for solution in solutions)
    return right, len(solutions) - right
