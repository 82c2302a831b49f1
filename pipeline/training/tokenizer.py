"""The policies' tokenizers: byte-level BPE, so that any text has tokens, trained on a corpus."""

from collections.abc import Iterator

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

END = "<|end|>"
PAD = "<|pad|>"

PROSE = r"\n| ?\d| ?\p{L}+| ?[^\s\p{L}\d]|\s"
CODE = r"\n|    |\p{Lu}(?!\p{Ll})| ?\d| ?\p{Lu}?\p{Ll}+| ?[^\s\p{L}\d]+|\s"
PROOF = r"\n|h\d+|\p{L}(?!\p{L})|\p{L}{2,} ?|\d| ?[^\s\p{L}\d]+ ?|\s"
"""Pieces that no token reaches across: every digit is one of its own, a newline ends a token. In code a capital is one of its
own too, while signs may come together, and so does an indent. In proofs `h12` is whole,
and names of hypotheses and variables are the same tokens wherever they stand: to prove is mostly to copy them."""


def train_tokenizer(texts: Iterator[str], vocabulary: int, pieces: str) -> Tokenizer:
    """Return a tokenizer of that many tokens, none of which reaches across `pieces`."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pieces), behavior="isolated"),
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
