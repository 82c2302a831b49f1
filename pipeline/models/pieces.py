"""A stand-in tokenizer for servers whose own is not known: short pieces of text, whose ids are the text itself.

A piece has at most four characters and never goes past the end of a line. Four is about what a token of English is long
(https://help.openai.com/en/articles/4936856), so lengths are roughly the server's; a line ends where a token ends, so the
steps of a solution are cut exactly. An id is the piece's UTF-8 bytes behind a 1, read as a big-endian number: nothing has to
be remembered, and every id fits in 63 bits.
"""

from collections.abc import Iterator, Sequence

from schemas.model import Tokens

CHARACTERS = 4
BYTES = 7
"""A 1 and seven bytes are below 2**63; seven bytes are one to four characters."""


class Pieces:
    """Text <-> pieces. It knows no special tokens: what a template says is text like any other."""

    def __init__(self, reserved: Sequence[str] = ()) -> None:
        """`reserved`: characters that mean something in a template and are taken out of messages."""
        self._reserved = tuple(reserved)

    def encode(self, text: str) -> Tokens:
        """Return one id per piece. `decode(encode(text)) == text` for every text."""
        return tuple(int.from_bytes(b"\x01" + piece) for piece in _pieces(text))

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text. Raises ValueError on an id that is no piece."""
        return "".join(map(_text, tokens))

    def prompt(self, template: str, message: str) -> Tokens:
        """Return the ids of `template` with `message` in place of `{prompt}`, without the reserved characters in it."""
        for mark in self._reserved:
            message = message.replace(mark, "")
        return self.encode(template.replace("{prompt}", message))


def _pieces(text: str) -> Iterator[bytes]:
    for line in text.splitlines(keepends=True):  # the lines that generators/steps.py cuts at
        piece, characters = b"", 0
        for character in line:
            # A lone surrogate is no text, but a tokenizer takes any string there is.
            coded = character.encode("utf-8", "surrogatepass")
            if characters == CHARACTERS or len(piece) + len(coded) > BYTES:
                yield piece
                piece, characters = b"", 0
            piece, characters = piece + coded, characters + 1
        yield piece


def _text(token: int) -> str:
    coded = token.to_bytes(BYTES + 1).lstrip(b"\x00") if 0 < token < 2**63 else b""
    if len(coded) < 2 or coded[0] != 1:
        raise ValueError(
            f"{token} is no token of a text: the server's tokenizer is not known, so ids are pieces of text"
        )
    try:
        return coded[1:].decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise ValueError(f"{token} is no token of a text ({error})") from error
