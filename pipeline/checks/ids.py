"""The ids of rows: each is recomputed from what it names, and all are kept as 64-bit keys with the place of their row.

A key is the first half of an id, itself a hash: 8 bytes a row instead of 80. Among 10 million rows the chance that any two
different ids share one is 3 in a million.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schemas import ids

Keys = NDArray[np.uint64]
NO_KEY = 0
"""Stands where a row names nobody."""


def keys_of(column: pa.ChunkedArray) -> Keys:
    """Return the keys of a column of ids, `NO_KEY` for null. Total: what is no id has the key of its hash."""
    return np.fromiter(map(_key, column.to_pylist()), np.uint64, len(column))


def _key(name: str | None) -> int:
    if name is None:
        return NO_KEY
    try:
        return int(name[:16], 16) or 1
    except ValueError:
        return int(ids.digest(name, size=8), 16) or 1


@dataclass(slots=True)
class Places:
    """Keys of rows in the order in which they are read, and the file and row of each."""

    _parts: list[Keys] = field(default_factory=list)
    _files: list[str] = field(default_factory=list)
    _starts: list[int] = field(default_factory=list)
    _size: int = 0

    def __len__(self) -> int:
        return self._size

    def open(self, file: str) -> None:
        """Say which file the next keys are from."""
        self._files.append(file)
        self._starts.append(self._size)

    def add(self, keys: Keys) -> None:
        """Take the keys of the next rows."""
        self._parts.append(keys)
        self._size += len(keys)

    @property
    def keys(self) -> Keys:
        """All of them."""
        if len(self._parts) != 1:
            self._parts = [np.concatenate(self._parts) if self._parts else np.empty(0, np.uint64)]
        return self._parts[0]

    def where(self, place: int) -> tuple[str, int]:
        """Return the file, and the row in it, of the key at `place`."""
        index = int(np.searchsorted(self._starts, place, "right")) - 1
        return self._files[index], place - self._starts[index]

    def repeated(self) -> Iterator[tuple[int, int]]:
        """Yield (place, place of the first with the same key) for every key that was there before."""
        order = np.argsort(self.keys, kind="stable")
        ranked = self.keys[order]
        first = 0
        for at in np.flatnonzero(ranked[1:] == ranked[:-1]) + 1:
            if ranked[at] != ranked[first]:
                first = int(at) - 1
            yield int(order[at]), int(order[first])

    def strangers(self, others: Keys) -> Iterator[int]:
        """Yield the places whose key is neither `NO_KEY` nor among `others`."""
        yield from map(int, np.flatnonzero((self.keys != NO_KEY) & ~np.isin(self.keys, others)))

    def smallest(self, n: int, seed: int) -> list[int]:
        """Return the places of `n` keys, drawn by `seed` and by the keys alone: the same rows whichever files they lie in."""
        mixed = _mixed(self.keys ^ np.uint64(ids.seed("sample", seed)))
        if n < len(mixed):
            return sorted(map(int, np.argpartition(mixed, n)[:n]))
        return list(range(len(mixed)))


def _mixed(keys: Keys) -> Keys:
    """Return keys in which every bit depends on every bit (the finaliser of SplitMix64, Steele et al. 2014)."""
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


# What an id must be

_OF_TRACE = ("trace_id", "run_id", "problem_id", "generator", "generator_version", "sample_index", "domain", "problem")
_OF_TREE = ("tree_id", "run_id", "problem_id", "search", "search_version", "tree_index", "domain", "problem")
_OF_PROBLEM = ("problem_id", "domain", "statement", "reference", "stage")


def renamed(table: str, batch: pa.Table) -> Iterator[tuple[int, str]]:
    """Yield (place in the batch, what is wrong) for rows whose ids are not the hashes of what they name."""
    if table == "problems":
        yield from _problems(batch)
        return
    columns = _OF_TRACE if table == "traces" else _OF_TREE
    named = ids.trace_id if table == "traces" else ids.tree_id
    for place, row in enumerate(batch.select(columns).to_pylist()):
        own, run_id, problem_id, generator, version, index, domain, problem = (row[name] for name in columns)
        if own != named(run_id, problem_id, generator, version, index):
            yield place, f"{columns[0]} {own} is not that of sample {index} of {generator} on problem {problem_id}"
        if problem_id != ids.problem_id(domain, problem["statement"], problem["reference"]):
            yield place, f"problem_id {problem_id} is not that of its statement and reference"
    if table == "traces":
        yield from _texts(batch)


def _problems(batch: pa.Table) -> Iterator[tuple[int, str]]:
    for place, row in enumerate(batch.select(_OF_PROBLEM).to_pylist()):
        # Rows that a source refused are named by their place in it: they may have no statement.
        said = ids.problem_id(row["domain"], row["statement"], row["reference"])
        if row["stage"] != "source" and row["problem_id"] != said:
            yield place, f"problem_id {row['problem_id']} is not that of its statement and reference"


def _texts(batch: pa.Table) -> Iterator[tuple[int, str]]:
    hashes = batch.column("text_hash").to_pylist()
    for place, (text, said) in enumerate(zip(texts_of(batch), hashes, strict=True)):
        if ids.text_hash("".join(text)) != said:
            yield place, "text_hash is not that of its steps' text"


def texts_of(batch: pa.Table) -> list[list[str]]:
    """Return the text of every step of every trace."""
    steps = batch.column("steps").combine_chunks()
    texts: list[list[str]] = pa.ListArray.from_arrays(
        pa.array(np.asarray(steps.offsets) - steps.offsets[0].as_py(), pa.int32()), steps.flatten().field("text")
    ).to_pylist()
    return texts
