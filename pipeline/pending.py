"""What is left of a run: its source, less the problems that have a committed row, in blocks of one shard each."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pyarrow as pa

from pipeline import manifest
from pipeline.attempt import Failure
from pipeline.generate import Work, problem_record
from pipeline.result import RESULTS, Result
from pipeline.run_record import Watcher
from pipeline.seen import IdSet
from pipeline.sources import Refused, Stream
from pipeline.storage.folder import Folder
from schemas.problem import GIVEN, Problem, ProblemRecord
from schemas.table import to_table


class Pending:
    """The problems without a committed row, as the source is read; refused rows are put aside."""

    def __init__(self, source: Stream, done: IdSet, watcher: Watcher) -> None:
        self._source = source
        self._done = done
        self._watcher = watcher
        self.refused: deque[Refused] = deque()
        """To be recorded; filled by the thread that reads."""
        self.found = 0
        """Problems read without a committed row, refused ones included; counted by the thread that reads."""
        self.committed = 0
        """Of these, how many have their row now; counted by the one that commits."""
        self.read = False
        """Whether the source came to its end."""

    def blocks(self, size: int) -> Iterator[pa.Table]:
        """Yield tables of at most `size` problems: slices of the source, so that the same problems share a block every time."""
        block: list[Problem] = []
        place = 0
        with closing(self._source):
            for row in self._source.rows:
                if isinstance(row, Refused):
                    self._refuse(row)
                    continue
                place += 1
                if row.problem_id not in self._done:
                    block.append(row)
                if place % size == 0 and block:
                    yield self._table(block)
                    block = []
        if block:
            yield self._table(block)
        self.read = True
        self._watcher.pending(self.found)

    def _refuse(self, row: Refused) -> None:
        # A duplicate has a row under its id: that of the problem it repeats. Others have theirs from an earlier call, or get it.
        new = row.kind != "duplicate" and self._done.add(row.problem_id)
        if new:
            self.refused.append(row)
            self.found += 1
        if new or row.kind == "duplicate":
            self._watcher.refused(row)

    @property
    def complete(self) -> bool:
        """Whether every problem of the source has its row."""
        return self.read and self.found == self.committed

    def _table(self, block: Sequence[Problem]) -> pa.Table:
        self.found += len(block)
        return to_table(block, GIVEN)


def committed(folder: Folder) -> IdSet:
    """Return the problems that have their row."""
    done = IdSet()
    for entry in manifest.entries(folder):
        if entry.table == "problems":
            for problem_id in entry.problem_ids:
                done.add(problem_id)
    return done


def refused_rows(pending: Pending, work: Work) -> pa.Table:
    """Return results for the refused rows that wait for theirs, and forget them."""
    rows = [pending.refused.popleft() for _ in range(len(pending.refused))]
    return to_table([Result(record=_refusal(row, work), traces=()) for row in rows], RESULTS)


def _refusal(row: Refused, work: Work) -> ProblemRecord:
    problem = Problem(
        problem_id=row.problem_id,
        domain="math",
        family="",
        statement=row.statement,
        reference="",
        source=Path(row.where).name,
        licence=work.config.source.licence,
        split=work.config.source.split,
    )
    failure = Failure(stage="source", error_type=row.kind, message=row.message)
    return problem_record(problem, work, ended="skipped", failure=failure)
