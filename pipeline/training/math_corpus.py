"""What the math policy learns from: problems of the families with worked solutions, some steps of which slip.

Slips are planted on purpose (research on step labels needs a policy that is often right and often wrong, and errors that
are confident): each is carried on as a solver would, so the policy learns to follow its own prefix, right or wrong.
"""

from collections.abc import Iterator, Sequence
from random import Random

from pipeline.families.catalog import FAMILIES, split_of
from schemas import ids

NAMES = ("words", "linear", "expressions")


def examples(slip_rate: float, seed: int) -> Iterator[tuple[str, str]]:
    """Yield (question, solution) without end."""
    return worked(NAMES, slip_rate, seed)


def worked(names: Sequence[str], slip_rate: float, seed: int) -> Iterator[tuple[str, str]]:
    """Yield (question, solution) from the train split without end, families and difficulties at random."""
    rng = Random(ids.seed(seed, "corpus"))
    while True:
        family = FAMILIES[rng.choice(names)]
        draft = family.problem(rng, rng.choice(family.DIFFICULTIES))
        if split_of(draft) != "train":
            continue
        yield draft.statement, "\n".join(family.solution(draft, rng, slip_rate))
