"""The live display of a run: a bar and a line of figures on a terminal, a plain line every ten seconds elsewhere."""

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

from pipeline.counts import Counts
from pipeline.sources import Refused

_TICK_S = 0.5
_PLAIN_S = 10.0
_REFUSED_SHOWN = 20
"""Refused rows that are named one by one; a file of the wrong kind may have a million."""


class Display:
    """A watcher (`flow.Watcher`) to use as a context around a run; writes to standard error only.

    `at_most` is how many problems may still come: they stream, and how many there are shows when the source has been read.
    """

    def __init__(self, at_most: int, *, quiet: bool = False) -> None:
        self._at_most = at_most
        self._skipped = 0
        """Refused rows that take a place among the problems asked for; duplicates do not."""
        self.refusals = 0
        self._console = Console(stderr=True, highlight=False)
        self._live = self._console.is_terminal and not quiet
        self._quiet = quiet
        self._read: Callable[[], Counts] | None = None
        self._began = time.monotonic()
        self._first_token: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._show, daemon=True)
        columns: list[ProgressColumn] = [
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            TextColumn("{task.completed}/{task.total} problems"),
            _Figures(self, table_column=Column(no_wrap=True)),
            TimeElapsedColumn(),
        ]
        self._bar = Progress(*columns, console=self._console, transient=True)
        self.last = Counts()

    def counts(self, counts: Callable[[], Counts]) -> None:
        """Take the function that says how far the run is."""
        self._read = counts

    def refused(self, row: Refused) -> None:
        """Name an input row that cannot be used; beyond the first few they are only counted."""
        self.refusals += 1
        self._skipped += row.kind != "duplicate"
        if self.refusals <= _REFUSED_SHOWN:
            self._say(f"skipped {row.where}: {row.message}")
        elif self.refusals == _REFUSED_SHOWN + 1:
            self._say("skipped more; they are counted from here on, and each has its row in `problems`")

    def pending(self, problems: int) -> None:
        """Take how many there are; a source may hold fewer than were asked for."""
        self._at_most = problems

    @property
    def left(self) -> int:
        """Problems that may still come, those being worked on included."""
        return max(0, self._at_most - self._skipped - self.last.problems)

    def __enter__(self) -> Self:
        if self._live:
            self._bar.start()
            self._task = self._bar.add_task("starting", total=self._at_most)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=2)
        if self._live:
            self._bar.stop()
        if self.refusals > _REFUSED_SHOWN:
            self._say(f"skipped {self.refusals:,} input rows in all")

    def _say(self, line: str) -> None:
        if self._live:
            self._bar.console.print(escape(line), soft_wrap=True)  # above the bar
        else:
            print(line, file=sys.stderr, flush=True)

    def _show(self) -> None:
        printed = time.monotonic()
        while not self._stop.wait(_TICK_S):
            if self._read is None:
                continue
            with suppress(Exception):  # engines that are gone say nothing more
                self.last = self._read()
            if self.last.generated_tokens and self._first_token is None:
                self._first_token = time.monotonic()
            total = self.last.problems + self.left
            if self._live:
                self._bar.update(self._task, completed=self.last.problems, total=total, description="grinding")
            elif not self._quiet and time.monotonic() - printed > _PLAIN_S:
                printed = time.monotonic()
                print(f"{self.last.problems}/{total} problems  {self.figures()}", file=sys.stderr, flush=True)

    def figures(self) -> str:
        """Return rollouts, speed, accepted share and time left as one line."""
        c = self.last
        elapsed = 0.0 if self._first_token is None else time.monotonic() - self._first_token
        if elapsed < 1:
            return "engine starting"
        share = f"{c.accepted / c.traces:.0%} accepted" if c.traces else "none done yet"
        eta = f" ETA {_clock(self.left * elapsed / c.problems)}" if c.problems else ""
        return f"{c.rollouts:,} rollouts {c.generated_tokens / elapsed:,.0f} tokens/s {share}{eta}"


class _Figures(ProgressColumn):
    def __init__(self, display: Display, table_column: Column) -> None:
        super().__init__(table_column=table_column)
        self._display = display

    def render(self, task: Task) -> Text:
        return Text(self._display.figures())


def _clock(seconds: float) -> str:
    """Return minutes and seconds, and hours where there are some."""
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"
