"""A `tokenizer.json` behind the protocol of `schemas.model`: special tokens are read in our templates and nowhere else.

The names of all added tokens are plain text in what others wrote, also of those that the file does not flag as special:
DeepSeek's R1 distills have `<｜User｜>` among the unflagged, so that a statement which holds it would open a turn.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path

import tokenizers

from schemas.model import Tokens

_THINKING = ("<think>", "</think>")
"""Read by `encode` and shown by `decode`, flagged as special or not: models write them, each as one token."""


class FileTokenizer:
    """The tokenizer of one file. Raises what the tokenizers library raises, a bare Exception, if the file is damaged."""

    def __init__(self, path: Path) -> None:
        self._inner = tokenizers.Tokenizer.from_file(str(path))
        # A limit in the file would cut prompts short, padding would lengthen them.
        self._inner.no_truncation()
        self._inner.no_padding()
        added = self._inner.get_added_tokens_decoder()
        self.added_tokens: dict[str, int] = {token.content: id_ for id_, token in added.items()}
        """Every token that stands outside the merges, by its name: turns, ends, tags."""
        self._silent = {id_ for id_, token in added.items() if token.special and token.content not in _THINKING}
        self._inner.encode_special_tokens = True  # the library's word for: their names are text
        self._inner.add_special_tokens(list(self.added_tokens))  # no new tokens; flags those that are not yet
        self._in_template = _one_of(self.added_tokens)
        self._in_text = _one_of(tag for tag in _THINKING if tag in self.added_tokens)

    def encode(self, text: str) -> Tokens:
        """Return the ids of `text`, without special tokens: their names are text, but for tags around thought."""
        return self._encode(self._in_text.split(text))

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of `tokens`; special tokens give nothing."""
        shown = [token for token in tokens if token not in self._silent]
        return str(self._inner.decode(shown, skip_special_tokens=False))

    def prompt(self, template: str, message: str) -> Tokens:
        """Return the ids of `template` with `message` in place of `{prompt}`.

        What stands between two special tokens of the template is encoded as one text, so the ids are those of the whole
        prompt encoded at once wherever the message holds no name of a special token.
        """
        return self._encode(piece.replace("{prompt}", message) for piece in self._in_template.split(template))

    @property
    def beginning(self) -> str:
        """Names of the tokens that the file itself puts in front of a text; one or none in most."""
        encoding = self._inner.encode("a")
        marked = zip(encoding.tokens, encoding.special_tokens_mask, strict=True)
        return "".join(token for token, special in takewhile(lambda pair: pair[1], marked))

    def _encode(self, pieces: Iterable[str]) -> Tokens:
        """Encode text (even places) and names of added tokens (odd places)."""
        ids: list[int] = []
        for number, piece in enumerate(pieces):
            if number % 2:
                ids.append(self.added_tokens[piece])
            elif piece:
                ids.extend(self._inner.encode(piece, add_special_tokens=False).ids)
        return tuple(ids)


def _one_of(names: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern whose `split` gives text and names by turns; the longest name wins, as in the library."""
    longest_first = sorted(map(re.escape, names), key=len, reverse=True)
    return re.compile(f"({'|'.join(longest_first) or '(?!)'})")
