"""A journal for an engine whose node cannot reach the run's folder: the writer, which can, keeps it."""

from collections.abc import Sequence

import ray.actor

from pipeline.journal import Journal, segment_name


class FarSegment:
    """A segment (`storage.Appender`) that the writer actor writes. Lines of one engine arrive in order."""

    def __init__(self, writer: ray.actor.ActorHandle, name: str) -> None:
        self._writer = writer
        self._name = name

    def write(self, line: bytes) -> None:
        """Send one line. A writer that has no room for it says so when it writes the shard."""
        self._writer.note.remote(self._name, line)

    def close(self) -> None:
        """Say that no more comes."""
        self._writer.note.remote(self._name, None)


async def far_journal(writer: ray.actor.ActorHandle, problem_ids: Sequence[str]) -> Journal:
    """Return the journal of a block. Raises RayError where the writer is lost."""
    known = await writer.known.remote(list(problem_ids))
    return Journal(None, problem_ids, known=known, appender=FarSegment(writer, segment_name(problem_ids)))
