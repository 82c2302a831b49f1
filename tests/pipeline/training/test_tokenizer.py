"""The policies' tokenizers: what no token reaches across, and any text comes back."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from pipeline.training import corpora
from pipeline.training.corpora import CORPORA
from pipeline.training.tokenizer import END, PAD, train_tokenizer

TRAINED = {
    name: train_tokenizer(
        ("".join(pair) for pair in islice(corpora.examples(name, 0.07, 1), 400)), 400, CORPORA[name].pieces
    )
    for name in CORPORA
}
every_tokenizer = pytest.mark.parametrize("tokenizer", TRAINED.values(), ids=TRAINED)


def pieces(tokenizer: Tokenizer, text: str) -> list[str]:
    return [tokenizer.decode([token]) for token in tokenizer.encode(text).ids]


@every_tokenizer
def test_every_digit_is_a_token_and_a_newline_ends_one(tokenizer: Tokenizer) -> None:
    for text in ("Answer: 1234\n", "a = 15\n\n    b = 207\nLine 3", "Evaluate 12 * 345"):
        for piece in pieces(tokenizer, text):
            assert sum(char.isdigit() for char in piece) <= 1
            assert "\n" not in piece or piece == "\n"


def test_in_code_a_capital_is_a_token_and_so_is_an_indent() -> None:
    found = pieces(TRAINED["code"], "def f(s):\n    return s + 'ABBA'\n        return s")
    assert [piece for piece in found if piece.isupper()] == ["A", "B", "B", "A"]
    assert found.count("    ") == 3


@every_tokenizer
@given(st.text(max_size=60))
def test_any_text_comes_back(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


@every_tokenizer
def test_the_ends_are_tokens_of_their_own(tokenizer: Tokenizer) -> None:
    assert (tokenizer.token_to_id(PAD), tokenizer.token_to_id(END)) == (0, 1)
    assert tokenizer.get_vocab_size() <= 400


@every_tokenizer
def test_training_is_deterministic(tokenizer: Tokenizer) -> None:
    name = next(name for name, one in TRAINED.items() if one is tokenizer)
    texts = ("".join(pair) for pair in islice(corpora.examples(name, 0.07, 1), 400))
    assert train_tokenizer(texts, 400, CORPORA[name].pieces).to_str() == tokenizer.to_str()
