"""The corpora by name, and how the policies that learn them are spoken to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.training import code_corpus, math_corpus, proof_corpus, residues_corpus
from pipeline.training.code_corpus import FAMILY
from pipeline.training.tokenizer import CODE, PROOF, PROSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What a policy learns from."""

    examples: Callable[[float, int], Iterator[tuple[str, str]]]
    """(slip rate, seed) -> (what is asked, what is written) without end, the template not yet around the question."""
    pieces: str
    """What no token reaches across."""
    families: tuple[str, ...]
    """Whose problems a policy can be asked, and is measured on."""
    max_tokens: int
    """Room for a whole solution."""
    data: str
    """What the texts are, for the card."""
    cannot: str
    """What a policy that has read nothing else cannot do, for the card."""


CORPORA = {
    "math": Corpus(
        examples=math_corpus.examples,
        pieces=PROSE,
        families=math_corpus.NAMES,
        max_tokens=160,
        data="worked solutions, a step a line",
        cannot="It knows no other question and no other wording: of GSM8K it never solves one.",
    ),
    "code": Corpus(
        examples=code_corpus.examples,
        pieces=CODE,
        families=("outputs", "inputs", "programs"),
        max_tokens=512,
        data="short functions over integers, lists and strings, run line by line,\nworked backwards from a result, tried again "
        "after what execution said, explained as a plan, written from a plan or\nfrom examples, and reviewed",
        cannot="It knows the statements of `pipeline/families/small_programs/` and no others, functions\nof one argument, "
        "values up to 199, six items or eight capital letters. A task in words, as HumanEval has them, means nothing\nto it.",
    ),
    "proof": Corpus(
        examples=proof_corpus.examples,
        pieces=PROOF,
        families=proof_corpus.NAMES,
        max_tokens=256,
        data="theorems proved, proofs told in prose and read back\nfrom it, single tactics, their failures explained, "
        "statements put into words and back",
        cannot="It knows implications between propositions and inequalities between natural numbers, the few\ntactics and "
        "lemmas that prove them, and the verbaliser's words. It cannot read Mathlib.",
    ),
    "residues": Corpus(
        examples=residues_corpus.examples,
        pieces=PROSE,
        families=residues_corpus.NAMES,
        max_tokens=256,
        data="worked chains, a step a line",
        cannot="It is the subject of measurements, not a solver: it knows one question, one modulus and one wording.",
    ),
}


def examples(name: str, slip_rate: float, seed: int) -> Iterator[tuple[str, str]]:
    """Yield (what the policy reads, what it should write) without end."""
    for question, text in CORPORA[name].examples(slip_rate, seed):
        yield FAMILY.template.replace("{prompt}", question), text
