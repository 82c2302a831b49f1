"""The corpora by name, and how the policies that learn them are spoken to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.training import code_corpus, math_corpus
from pipeline.training.code_corpus import FAMILY
from pipeline.training.tokenizer import CODE, PROSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What a policy learns from."""

    examples: Callable[[float, int], Iterator[tuple[str, str]]]
    """(slip rate, seed) -> (what is asked, what is written) without end, the template not yet around the question."""
    pieces: str
    """What no token reaches across."""


CORPORA = {
    "math": Corpus(examples=math_corpus.examples, pieces=PROSE),
    "code": Corpus(examples=code_corpus.examples, pieces=CODE),
}


def examples(name: str, slip_rate: float, seed: int) -> Iterator[tuple[str, str]]:
    """Yield (what the policy reads, what it should write) without end."""
    for question, text in CORPORA[name].examples(slip_rate, seed):
        yield FAMILY.template.replace("{prompt}", question), text
