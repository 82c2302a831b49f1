"""Content ids and seeds: the only source of identity and of randomness in the project.

Everything is a BLAKE2b hash of canonical JSON, so an id is the same on every machine and in every run, and two seeds
never lie next to each other: engines derive the seeds of `n` samples as s, s+1, ..., so `seed + i` would share samples
between neighbours.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence

Part = None | bool | int | float | str | Sequence["Part"] | Mapping[str, "Part"]

_SPACE = re.compile(r"\s+")


def digest(*parts: Part, size: int = 16) -> str:
    """Return `2 * size` hex digits that name `parts`. Raises TypeError or ValueError on what JSON cannot say exactly."""
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.blake2b(canonical.encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()


def seed(*parts: Part) -> int:
    """Return a 63-bit seed that depends on every part (run seed, problem id, generator, version, path in the search)."""
    return int(digest("seed", *parts, size=8), 16) >> 1


def problem_id(domain: str, statement: str, reference: str) -> str:
    """Name a problem by what it asks. White space at the ends and its amount between words do not count."""
    return digest("problem", domain, _SPACE.sub(" ", statement).strip(), reference.strip())


def trace_id(fingerprint: str, problem: str, generator: str, version: int, sample_index: int) -> str:
    """Name one trace of one run; the same on every rerun, whatever its text."""
    return digest("trace", fingerprint, problem, generator, version, sample_index)


def tree_id(fingerprint: str, problem: str, search: str, version: int, tree_index: int) -> str:
    """Name one search of one run; the same on every rerun, whatever it found."""
    return digest("tree", fingerprint, problem, search, version, tree_index)


def text_hash(text: str) -> str:
    """Name a text by its exact characters."""
    return digest("text", text)
