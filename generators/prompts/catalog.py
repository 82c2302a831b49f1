"""The prompts by name. A file `NAME.vN.txt` is never changed once released: rows name what was asked by its hash.

The newline at the end of a file is the editor's and no part of the prompt.
"""

import difflib
from functools import cache
from pathlib import Path

from schemas.errors import ConfigError
from schemas.pool import Prompt

PROMPTS = Path(__file__).resolve().parent
PLACE = "{problem}"
"""Where the statement goes."""


def names() -> list[str]:
    """Return the names of the prompts there are, sorted."""
    return sorted(path.name.removesuffix(".txt") for path in PROMPTS.glob("*.txt"))


@cache
def find(name: str) -> Prompt:
    """Return the prompt of that name, in the file of that path (one that ends in .txt), or of that text (with `{problem}`).

    Raises ConfigError: an unknown name, a file that cannot be read, or a text without exactly one `{problem}`.
    """
    if PLACE in name:
        return _checked("the prompt", name, name="inline")
    path = Path(name) if name.endswith(".txt") else PROMPTS / f"{name}.txt"
    if not name.endswith(".txt") and name not in names():
        close = difflib.get_close_matches(name, names(), n=1, cutoff=0.4)
        remedy = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names())}, or the path of a .txt file"
        raise ConfigError(f"prompt = {name!r} is not known; {remedy}")
    try:
        text = path.read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"prompt = {name!r} cannot be read: {error}") from error
    return _checked(str(path), text, name=path.name.removesuffix(".txt"))


def _checked(where: str, text: str, *, name: str) -> Prompt:
    if text.count(PLACE) != 1:
        raise ConfigError(
            f"{where} must hold {PLACE} exactly once, where the statement goes; it does {text.count(PLACE)} times"
        )
    return Prompt(name=name, text=text)
