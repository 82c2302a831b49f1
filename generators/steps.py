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
    characters into the next one; the embedded tokenizers end a token at every newline.
    """
    lengths = [len(tokenizer.decode(tokens[: count + 1])) for count in range(len(tokens))]
    ends, count = [], 0
    for end in accumulate(len(step) for step in steps):
        while count < len(tokens) and (lengths[count - 1] if count else 0) < end:
            count += 1
        ends.append(count)
    return ends
