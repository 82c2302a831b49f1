"""Cut a completion into steps, and steps into token spans."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Literal

from schemas.model import Tokenizer, Tokens


def split(text: str, by: Literal["line", "paragraph"], thinking: tuple[str, str] | None = None) -> list[str]:
    """Split into lines, or into paragraphs at blank lines; a closing tag of `thinking` ends a step too.

    A step has its newlines; blank lines, and tags with nothing beside them, belong to the step before, at the beginning to
    the first one: `"".join(split(text, by, thinking)) == text`. An empty text has no steps.
    """
    opening, closing = thinking or ("", "")
    steps: list[str] = []
    ended = True
    for piece in _pieces(text, closing):
        blank = not piece.replace(closing, "").strip()
        begun = steps and steps[-1].replace(opening, "").replace(closing, "").strip()
        if steps and (blank or not ended or not begun):
            steps[-1] += piece
        else:
            steps.append(piece)
        ended = by == "line" or blank or (closing != "" and piece.endswith(closing))
    return steps


def _pieces(text: str, closing: str) -> Iterator[str]:
    """Yield the lines, those with a closing tag cut behind it."""
    for line in text.splitlines(keepends=True):
        while closing and closing in line:
            before, _, line = line.partition(closing)
            yield before + closing
        if line:
            yield line


def token_ends(steps: Sequence[str], tokens: Tokens, tokenizer: Tokenizer) -> list[int]:
    """Return for each step the number of tokens up to its end.

    A token that straddles the end of a step belongs to the step, so the prefix a rollout continues may run a few
    characters into the next one; the embedded tokenizers end a token at every newline, and those of Qwen, DeepSeek and Llama
    at the last newline of a run. A step that ends in a character of
    several tokens has all of them.
    """
    if "".join(pieces := [tokenizer.decode((token,)) for token in tokens]).isascii():
        prefixes = list(accumulate(pieces, initial=""))
    else:  # quadratic in the length, but a token may be part of a character
        prefixes = [tokenizer.decode(tokens[:count]) for count in range(len(tokens) + 1)]
    ends, count = [], 0
    for end in accumulate(len(step) for step in steps):
        while count < len(tokens) and (len(prefixes[count]) < end or _inside_character(prefixes, count)):
            count += 1
        ends.append(count)
    return ends


def _inside_character(prefixes: Sequence[str], count: int) -> bool:
    """Whether the next token only completes the last character: a byte-level tokenizer decodes half of one as U+FFFD."""
    return prefixes[count].endswith("\ufffd") and len(prefixes[count + 1]) == len(prefixes[count])
