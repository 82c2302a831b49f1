"""Rollouts that were paid for, one JSON list a line, so that a restart replays them and samples only what is missing.

One append-only segment per process under `<run>/journal/`; a completion is found again by (seed, index), which name its place
in the search. Lines are flushed to the kernel one by one: a killed process loses nothing, a torn last line is passed over.
"""

import json
import os
from collections.abc import AsyncGenerator, Collection
from dataclasses import fields
from pathlib import Path

from schemas.errors import StorageError
from schemas.model import Completion, Model, ModelInfo, SamplingParams, Tokenizer, Tokens

Key = tuple[int, int]

_COLUMNS = tuple(f.name for f in fields(Completion))


def read(folder: Path) -> dict[Key, Completion]:
    """Return every whole line of every segment; an absent folder is an empty journal."""
    found = {}
    for segment in sorted(folder.glob("*.jsonl")):
        for line in segment.read_bytes().splitlines():
            try:
                row = dict(zip(_COLUMNS, json.loads(line), strict=True))
                for name in ("tokens", "logprobs"):
                    row[name] = None if row[name] is None else tuple(row[name])
                completion = Completion(**row)
            except (ValueError, KeyError, TypeError):
                continue
            found[completion.seed, completion.index] = completion
    return found


class Journal:
    """What was paid for before, and a segment of this process's own for what comes. Raises StorageError."""

    def __init__(self, folder: Path) -> None:
        self.known = read(folder)
        self._path = folder / f"{os.urandom(8).hex()}.jsonl"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # Unbuffered: a line is either with the kernel or not written at all.
            self._segment = self._path.open("ab", buffering=0)
        except OSError as error:
            raise StorageError(f"{self._path}: {error.strerror}; choose another --out") from error
        self.replayed = 0
        """Completions that were not sampled again."""

    def write(self, completion: Completion) -> None:
        """Write one line down. Raises StorageError."""
        line = json.dumps([getattr(completion, name) for name in _COLUMNS]).encode() + b"\n"
        try:
            written = self._segment.write(line)
        except OSError as error:
            raise StorageError(f"{self._path}: {error.strerror}; make room, then run again") from error
        if written != len(line):
            raise StorageError(f"{self._path}: the disk is full; make room, then run again")

    def close(self) -> None:
        """Close the segment."""
        self._segment.close()


class JournalledModel:
    """A model whose completions are written down as they end and replayed when they are asked for again.

    Several models may share a journal: seeds are hashes of a place in a search, so no two of them ask for the same one.
    """

    def __init__(self, inner: Model, journal: Journal) -> None:
        self._inner = inner
        self._journal = journal

    @property
    def info(self) -> ModelInfo:
        """The inner model's."""
        return self._inner.info

    @property
    def tokenizer(self) -> Tokenizer:
        """The inner model's."""
        return self._inner.tokenizer

    async def sample(
        self, prompt: Tokens | str, n: int, params: SamplingParams, seed: int, *, skip: Collection[int] = ()
    ) -> AsyncGenerator[Completion, None]:
        """See `schemas.model.Model.sample`. Replayed completions come first, with what they cost when they were drawn."""
        found = [self._journal.known.get((seed, index)) for index in range(n) if index not in skip]
        known = [completion for completion in found if completion is not None]
        for completion in known:
            self._journal.replayed += 1
            yield completion
        done = {completion.index for completion in known} | set(skip)
        if len(done) < n:
            fresh = self._inner.sample(prompt, n, params, seed, skip=done)
            try:
                async for completion in fresh:
                    self._journal.write(completion)
                    yield completion
            finally:
                await fresh.aclose()
