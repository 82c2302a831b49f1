"""The prompts by name. A file `PART_STYLE.vN.txt` is never changed once released: rows name what was asked by its hash.

A part is the question of a task (`solve`, `output`, `input`, `program`, `prove`) or something that a generator asks besides. A
style is how a kind of model is spoken to: `bare` is what our own policies are trained on, `plain` is for base models, everything
else for models that chat. The newline at the end of a file is the editor's and no part of the prompt.
"""

import difflib
import re
from collections.abc import Collection
from functools import cache
from pathlib import Path

from schemas.errors import ConfigError
from schemas.model import ModelFamily
from schemas.pool import Prompt
from schemas.problem import ALL_TASKS

PROMPTS = Path(__file__).resolve().parent

FIELDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(ALL_TASKS, ("problem",)),
    "explain": ("problem", "code"),
    "write": ("problem", "plan"),
    "revise": ("problem", "attempt", "feedback"),
    "critique": ("problem", "plan", "code"),
    "tactic": ("state",),
    "translate": ("state", "tactic", "after"),
    "formalise": ("problem", "prose"),
    "diagnose": ("state", "tactic", "error"),
    "informal": ("problem",),
    "formal": ("informal",),
}
"""What the prompt of each part must hold, each field once: the statement, a program, a plan or reasoning, a try at the problem,
what was wrong with it; of proofs the goals before and after, a tactic, prose, Lean's error, a statement in words."""

_KNOWN = tuple(dict.fromkeys(field for fields in FIELDS.values() for field in fields))


def names() -> list[str]:
    """Return the names of the prompts there are, sorted."""
    return sorted(path.name.removesuffix(".txt") for path in PROMPTS.glob("*.txt"))


@cache
def find(name: str, part: str = "solve") -> Prompt:
    """Return the prompt of that name, in the file of that path (one that ends in .txt), or of that text (with a field).

    Raises ConfigError: an unknown name, a file that cannot be read, or a text without exactly the fields of `part`.
    """
    key = "prompt" if part == "solve" else f"prompts.{part}"
    if any(f"{{{field}}}" in name for field in FIELDS[part]):
        return _checked(f"the {key}", name, part, name="inline")
    path = Path(name) if name.endswith(".txt") else PROMPTS / f"{name}.txt"
    if not name.endswith(".txt") and name not in names():
        remedy = _nearest(name, names(), f"known: {', '.join(names())}, or the path of a .txt file")
        raise ConfigError(f"{key} = {name!r} is not known; {remedy}")
    try:
        text = path.read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{key} = {name!r} cannot be read: {error}") from error
    return _checked(str(path), text, part, name=path.name.removesuffix(".txt"))


@cache
def default(part: str, family: ModelFamily) -> Prompt:
    """Return what the models of a family are asked as `part`: of its files in their style the newest.

    The question of a task without such a file is the one that the family was trained for. Raises ConfigError for a part that
    nobody has written.
    """
    if part == "solve":
        return find(family.prompt)
    own = re.compile(re.escape(f"{part}_{style_of(family)}.v") + "([0-9]+)")
    versions = {int(found[1]): name for name in names() if (found := own.fullmatch(name))}
    if versions:
        return find(versions[max(versions)], part)
    if part in ALL_TASKS:
        return find(family.prompt)
    raise ConfigError(f"there is no prompt {part}_{style_of(family)}.v1; name one: prompts = {{ {part} = ... }}")


def style_of(family: ModelFamily) -> str:
    """Return the style of the prompts that a family is asked with: bare, plain or chat.

    A family that is asked the bare question inside the turns of a conversation was told the rest by its template: it chats.
    """
    if family.prompt.startswith("solve_plain."):
        return "plain"
    return "bare" if family.prompt.startswith("solve_bare.") and family.template.strip() == "{prompt}" else "chat"


def check_part(part: str, where: str) -> None:
    """Raise ConfigError that names the nearest for a part that is none; the question of `solve` is a policy's `prompt`."""
    known = [name for name in FIELDS if name != "solve"]
    if part not in known:
        close = known if part != "solve" else ()
        raise ConfigError(f"{where}: unknown key prompts.{part}; {_nearest(part, close, 'known: ' + ', '.join(known))}")


def _nearest(word: str, known: Collection[str], otherwise: str) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.4)
    return f"did you mean {close[0]!r}?" if close else otherwise


def _checked(where: str, text: str, part: str, *, name: str) -> Prompt:
    for field in _KNOWN:
        count, wanted = text.count(f"{{{field}}}"), field in FIELDS[part]
        if count != wanted:
            must = "must hold {%s} exactly once" if wanted else "is asked without {%s}, and must not hold it"
            raise ConfigError(f"{where} {must % field}; it does {count} times")
    return Prompt(name=name, text=text)
