"""The families, and problems drawn from them by number: problem i is the same in every run, however many are asked for."""

from collections.abc import Iterator, Sequence
from random import Random

from pipeline.families import expressions, implications, inputs, linear, orders, outputs, programs, residues, words
from pipeline.families.draft import Draft, Family
from schemas import ids
from schemas.problem import Problem

_ALL: tuple[Family, ...] = (words, linear, expressions, outputs, inputs, programs, residues, implications, orders)

FAMILIES: dict[str, Family] = {family.NAME: family for family in _ALL}

DEFAULT_FAMILIES = ("words", "linear", "expressions")
"""What a run that names no families draws from, whatever others there are."""

HELD_OUT_SHARE = 8
"""One problem in this many belongs to the `test` split, which no policy is trained on; picked by the hash of the
statement, or of the program that is asked about."""


def split_of(draft: Draft) -> str:
    """Return `test` or `train`; the same problem is on the same side for ever."""
    return side_of(draft.held_out_by or draft.statement)


def side_of(text: str) -> str:
    """Return the side that a statement or program is on."""
    return "test" if int(ids.text_hash(text), 16) % HELD_OUT_SHARE == 0 else "train"


def problems(names: Sequence[str], difficulties: Sequence[int], split: str, seed: int) -> Iterator[Problem]:
    """Yield problems without end, the families in turn, then the difficulties."""
    grid = [(name, difficulty) for difficulty in difficulties for name in names]
    number = 0
    while True:
        name, difficulty = grid[number % len(grid)]
        yield _problem(FAMILIES[name], difficulty, split, seed, number)
        number += 1


def _problem(family: Family, difficulty: int, split: str, seed: int, number: int) -> Problem:
    rng = Random(ids.seed(seed, family.NAME, family.VERSION, split, difficulty, number))
    draft = family.problem(rng, difficulty)
    while split_of(draft) != split:
        draft = family.problem(rng, difficulty)
    return Problem(
        problem_id=ids.problem_id(draft.domain, draft.statement, draft.reference),
        domain=draft.domain,
        task=draft.task,
        family=family.NAME,
        statement=draft.statement,
        reference=draft.reference,
        source=f"family:{family.NAME}/{family.VERSION}#{number}",
        licence="Apache-2.0",
        split=split,
        difficulty=float(difficulty),
        program=draft.program,
    )
