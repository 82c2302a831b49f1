"""The live display of a run: a bar and a line of figures on a terminal, a plain line every ten seconds elsewhere."""

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

from pipeline.counts import Counts

_TICK_S = 0.5
_PLAIN_S = 10.0


class Display:
    """A watcher (`flow.Watcher`) to use as a context around a run; writes to standard error only."""

    def __init__(self, pending: int, *, quiet: bool = False) -> None:
        self._pending = pending
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

    def __enter__(self) -> Self:
        if self._live:
            self._bar.start()
            self._task = self._bar.add_task("starting", total=self._pending)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=2)
        if self._live:
            self._bar.stop()

    def _show(self) -> None:
        printed = time.monotonic()
        while not self._stop.wait(_TICK_S):
            if self._read is None:
                continue
            self.last = self._read()
            if self.last.generated_tokens and self._first_token is None:
                self._first_token = time.monotonic()
            if self._live:
                self._bar.update(self._task, completed=self.last.problems, description="grinding")
            elif not self._quiet and time.monotonic() - printed > _PLAIN_S:
                printed = time.monotonic()
                print(f"{self.last.problems}/{self._pending} problems  {self.figures()}", file=sys.stderr, flush=True)

    def figures(self) -> str:
        """Return rollouts, speed, accepted share and time left as one line."""
        c = self.last
        elapsed = 0.0 if self._first_token is None else time.monotonic() - self._first_token
        if elapsed < 1:
            return "engine starting"
        share = f"{c.accepted / c.traces:.0%} accepted" if c.traces else "none done yet"
        left = (self._pending - c.problems) * elapsed / c.problems if c.problems else None
        eta = "" if left is None else f" ETA {int(left) // 60}:{int(left) % 60:02d}"
        return f"{c.rollouts:,} rollouts {c.generated_tokens / elapsed:,.0f} tokens/s {share}{eta}"


class _Figures(ProgressColumn):
    def __init__(self, display: Display, table_column: Column) -> None:
        super().__init__(table_column=table_column)
        self._display = display

    def render(self, task: Task) -> Text:
        return Text(self._display.figures())
