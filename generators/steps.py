"""Cut a completion into steps, and steps into token spans."""

from collections.abc import Sequence
from itertools import accumulate

from schemas.model import Tokenizer, Tokens


def split(text: str) -> list[str]:
    """Split into lines, each with its newline; blank lines belong to the step before. `"".join(split(text)) == text`.

    An empty text has no steps.
    """
    steps: list[str] = []
    for line in text.splitlines(keepends=True):
        if steps and (not line.strip() or not steps[-1].strip()):
            steps[-1] += line
        else:
            steps.append(line)
    return steps


def token_ends(steps: Sequence[str], tokens: Tokens, tokenizer: Tokenizer) -> list[int]:
    """Return for each step the number of tokens up to its end.

    A token that straddles the end of a step belongs to the step, so the prefix a rollout continues may run a few
    characters into the next one; the embedded tokenizers end a token at every newline. A step that ends in a character of
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
