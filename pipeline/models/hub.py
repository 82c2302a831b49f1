"""Model files from the Hugging Face hub, through its own client: its cache, its environment variables, its login.

Only the small JSON files are fetched here; an engine fetches the weights of the same commit itself.
"""

import re
from pathlib import Path
from typing import NamedTuple

from schemas.errors import PolicyError

_NAME = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?", re.ASCII)


class Snapshot(NamedTuple):
    """The files of one commit of one model."""

    folder: Path
    name: str
    """Owner/Name."""
    commit: str


def is_name(text: str) -> bool:
    """Whether `text` has the form `Owner/Name` or `Owner/Name@revision`, the revision a branch, tag or commit."""
    return _NAME.fullmatch(text) is not None


def fetch(name: str) -> Snapshot:
    """Return the JSON files of a model, from the cache where they are; without a revision it is the newest `main`.

    Raises PolicyError where the model is neither in the cache nor to be had.
    """
    from huggingface_hub import snapshot_download  # here: half a second, and the embedded policies never need it
    from httpx2 import HTTPError  # isort: skip  # its errors of transport, which the hub's client lets through

    repository, _, revision = name.partition("@")
    try:
        folder = Path(snapshot_download(repository, revision=revision or None, allow_patterns=["*.json"]))
    except (OSError, ValueError, HTTPError) as error:  # an answer of the hub's is an OSError, a bad name a ValueError
        raise PolicyError(
            f"no policy folder {name}, and the model {name} is neither in this machine's hub cache nor to be had from the hub "
            f"({type(error).__name__}: {str(error).strip().splitlines()[0]}); check the name, log in with `hf auth login` "
            f"if it is gated, or run `hf download {repository}` where there is a network and set HF_HOME to that cache"
        ) from error
    return Snapshot(folder=folder, name=repository, commit=folder.name)
