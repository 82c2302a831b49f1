"""The text a policy learns from: problems of the families with worked solutions, some steps of which slip.

Slips are planted on purpose (research on step labels needs a policy that is often right and often wrong, and errors that
are confident): each is carried on as a solver would, so the policy learns to follow its own prefix, right or wrong.
"""

from collections.abc import Iterator, Sequence
from random import Random

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from generators.prompts import catalog
from pipeline.families.catalog import FAMILIES, split_of
from pipeline.models import model_families
from schemas import ids

FAMILY = model_families.find("bare")
"""How the policies are spoken to."""
END = "<|end|>"
PAD = "<|pad|>"


def examples(families: Sequence[str], slip_rate: float, seed: int) -> Iterator[tuple[str, str]]:
    """Yield (prompt, solution) from the train split without end, families and difficulties at random."""
    rng = Random(ids.seed(seed, "corpus"))
    prompt = FAMILY.template.replace("{prompt}", catalog.find(FAMILY.prompt).text)
    while True:
        family = FAMILIES[rng.choice(families)]
        draft = family.problem(rng, rng.choice(family.DIFFICULTIES))
        if split_of(draft) != "train":
            continue
        yield prompt.replace("{problem}", draft.statement), "\n".join(family.solution(draft, rng, slip_rate))


def train_tokenizer(texts: Iterator[str], vocabulary: int) -> Tokenizer:
    """Return a byte-level BPE tokenizer: any text has tokens, every digit is one of its own, a newline ends a token."""
    tokenizer = Tokenizer(models.BPE())
    pieces = Regex(r"\n| ?\d| ?\p{L}+| ?[^\s\p{L}\d]|\s")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(pieces, behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
