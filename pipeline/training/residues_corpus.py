"""What the residues policy learns from: worked chains, with the slips that `math_corpus.py` gives the reason for."""

from collections.abc import Iterator

from pipeline.training import math_corpus

NAMES = ("residues",)


def examples(slip_rate: float, seed: int) -> Iterator[tuple[str, str]]:
    """Yield (question, solution) without end."""
    return math_corpus.worked(NAMES, slip_rate, seed)
