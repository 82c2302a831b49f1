"""How far a run is, read from outside: what its engines have decoded, what its manifest names, what lies beside that."""

from dataclasses import dataclass, field
from pathlib import Path

from jobs.bench.chaos import tap
from jobs.bench.chaos.schedules import Fault
from pipeline import manifest
from pipeline.manifest import TABLES, ShardEntry
from pipeline.storage.folder import folder
from schemas.errors import StorageError


def run_folder(out: Path) -> Path | None:
    """Return the folder of the one run in `out`, None where there is none yet."""
    return next(iter(sorted(out.glob("run=*"))), None)


def entries(run: Path) -> list[ShardEntry]:
    """Return what a run's manifest names. Raises StorageError."""
    return manifest.read(folder(run))


@dataclass(slots=True, kw_only=True)
class Progress:
    """Of one run, over all its calls."""

    out: Path
    taps: Path
    tokens: int
    """What an undisturbed run decodes."""
    problems: int
    _stamp: tuple[tuple[str, int], ...] = ()
    _named: frozenset[str] = frozenset()
    _done: int = field(default=0)

    def share_decoded(self) -> float:
        """Return the tokens decoded so far, as a share of an undisturbed run's."""
        return tap.tokens(self.taps) / max(1, self.tokens)

    def share_committed(self) -> float:
        """Return the problems committed so far, as a share of those asked for."""
        self._look()
        return self._done / self.problems

    def between(self) -> bool:
        """Whether a table's folder holds a file that no manifest names: after a shard was begun, before it is committed."""
        run = run_folder(self.out)
        if run is None:
            return False
        there = [f"{table}/{path.name}" for table in TABLES for path in (run / table).glob("*")]
        if not there or set(there) <= self._named:
            return False
        self._look()
        return not set(there) <= self._named

    def due(self, fault: Fault, seconds: float) -> bool:
        """Whether the moment of a fault has come, `seconds` after the call began."""
        match fault.when:
            case "start":
                return seconds >= fault.amount
            case "tokens":
                return self.share_decoded() >= fault.amount
            case "between":
                return self.share_committed() >= fault.amount and self.between()
            case "committed":
                return self.share_committed() >= fault.amount
            case "end":
                return self.share_committed() >= 1

    def mark(self) -> tuple[int, int]:
        """Return two numbers that change as long as the run gets anywhere."""
        self._look()
        return tap.tokens(self.taps), self._done

    def _look(self) -> None:
        run = run_folder(self.out)
        if run is None:
            return
        stamp = _stamp(run)
        if stamp == self._stamp:
            return
        try:
            found = entries(run)
        except StorageError:
            return  # it is being replaced; a manifest that stays damaged is for the checks
        self._stamp = stamp
        self._named = frozenset(entry.file for entry in found)
        self._done = sum(entry.rows for entry in found if entry.table == "problems")


def _stamp(run: Path) -> tuple[tuple[str, int], ...]:
    """Return what changes with every commit."""
    found = []
    for path in (run / manifest.MANIFEST, *sorted((run / manifest.SEGMENTS).glob("*"))):
        try:
            found.append((path.name, path.stat().st_mtime_ns))
        except OSError:
            continue
    return tuple(found)
