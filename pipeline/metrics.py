"""A run as Prometheus metrics: scraped while it goes on (`--metrics-port`), and in a file that outlives it (`--metrics-file`).

The file is for node_exporter's textfile collector: a batch job ends before anybody scrapes its last word. Every series has
the labels `run_id` and `name`, so that two runs on one machine never claim the same series. Counters count this call, as
counters of a process do. The text format is Prometheus' own, version 0.0.4; times are in seconds since 1970, so that a
query says `time() - stepmill_last_progress_timestamp_seconds` and is right after the process is dead too.
"""

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, get_args

from pipeline.counts import Counts
from pipeline.run_record import Ended, State, how_it_ended
from pipeline.sources import Refused
from schemas.errors import ConfigError

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_TICK_S = 5.0
"""Between two looks at the counts, for the time of the last progress."""
_FILE_S = 15.0
"""Between two writings of the file; Prometheus scrapes every 15 to 60 s."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric family."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str


def _counter(name: str, text: str) -> Metric:
    return Metric(f"stepmill_{name}_total", "counter", text)


def _gauge(name: str, text: str) -> Metric:
    return Metric(f"stepmill_{name}", "gauge", text)


COUNTED: dict[str, Metric] = {
    "problems": _counter("problems", "Problems finished."),
    "rollouts": _counter("rollouts", "Completions drawn, those of whole solutions included."),
    "prompt_tokens": _counter("prompt_tokens", "Prompt tokens, cached ones included."),
    "cached_tokens": _counter("cached_prompt_tokens", "Prompt tokens that a prefix cache held."),
    "generated_tokens": _counter("generated_tokens", "Tokens generated."),
    "cancelled": _counter(
        "cancelled_rollouts", "Completions given up before their end, because they were not needed any more."
    ),
    "replayed": _counter("replayed_rollouts", "Rollouts taken from the journal instead of being sampled again."),
    "restarts": _counter("engine_restarts", "Engine processes that died or hung and were replaced."),
    "retried": _counter("retried_requests", "Requests that a server refused for the moment and that were sent again."),
    "sample_s": _counter("sample_seconds", "Engine time of the completions, each its fair share."),
    "gpu_s": _counter("gpu_seconds", "Engine time of the completions, times the GPUs of each one's engine."),
    "engine_s": _counter("engine_seconds", "Time with samples in an engine, summed over engines."),
    "dollars": _counter("cost_dollars", "Cost by the run's price table."),
    "engine_steps": _counter("engine_steps", "Forward steps of the engines."),
    "sequence_steps": _counter(
        "engine_sequence_steps", "Sequences in those steps; over engine_steps it is the mean batch."
    ),
}
"""Fields of `Counts` as metrics; `traces` and `accepted` are one metric, by outcome."""
TRACES = _counter("traces", "Traces finished, by outcome of the search.")
REFUSED = _counter("refused_rows", "Input rows that cannot be used, by kind.")
INFO = _gauge("run_info", "1; what the run is, in its labels.")
STATE = _gauge("run_state", "1 for the state that the call is in, 0 for the others.")
EXIT_CODE = _gauge("run_exit_code", "Exit code of the call; absent while it runs.")
ASKED = _gauge("problems_asked", "Problems asked for; once the source has been read, those that it has.")
COMMITTED = _gauge("problems_committed_before", "Problems that were committed before this call.")
START = _gauge("run_start_timestamp_seconds", "When the call began.")
END = _gauge("run_end_timestamp_seconds", "When the call ended; absent while it runs.")
PROGRESS = _gauge("last_progress_timestamp_seconds", "When a count last changed.")
UPDATED = _gauge("updated_timestamp_seconds", "When these figures were taken.")

ALL = (*COUNTED.values(), TRACES, REFUSED, INFO, STATE, EXIT_CODE, ASKED, COMMITTED, START, END, PROGRESS, UPDATED)


class Metrics:
    """A watcher (`flow.Watcher`) to use as a context around a call; does nothing where neither port nor file is given."""

    def __init__(self, *, port: int | None = None, file: Path | None = None, name: str = "") -> None:
        self._port, self._file = port, file
        self.run_id, self.name = "", name
        self._began = time.time()
        self._progress = self._began
        self._ended: tuple[Ended, float] | None = None
        self._planned: tuple[int, int] | None = None
        self._refused: Counter[str] = Counter()
        self._read: Callable[[], Counts] = Counts
        self._last = Counts()
        self._complained = False
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)
        self._server: ThreadingHTTPServer | None = None

    def planned(self, run_id: str, name: str, *, asked: int, committed: int) -> None:
        """Say which run it is, how many problems it asks for, and how many of them were there before."""
        with self._lock:
            self.run_id, self.name, self._planned = run_id, name, (asked, committed)

    def counts(self, counts: Callable[[], Counts]) -> None:
        """Take the function that says how far the call is."""
        with self._lock:
            self._read = counts

    def refused(self, row: Refused) -> None:
        """Count an input row that cannot be used."""
        with self._lock:
            self._refused[row.kind] += 1

    def pending(self, problems: int) -> None:
        """Take how many problems there are, once all have been read."""
        with self._lock:
            committed = self._planned[1] if self._planned else 0
            self._planned = committed + problems, committed

    def ended(self, ended: Ended, counts: Counts | None = None) -> None:
        """Say how the call ended, and its last counts; those heard last where nobody knows."""
        self._look()
        with self._lock:
            self._ended = ended, time.time()
            self._last = counts or self._last

    def recorded(self, record: Mapping[str, Any]) -> None:
        """Say what `run.json` says of a call that is over: a run that is complete has the same figures whoever asks again."""
        with self._lock:
            self._ended = Ended(record["state"], record["exit_code"]), _seconds(record["ended_at"])
            self._began = _seconds(record["started_at"])
            self._progress = self._ended[1]
            known = {f.name for f in fields(Counts)}
            self._last = Counts(**{key: value for key, value in record["counts"].items() if key in known})
            if self._planned is not None:
                there = self._planned[1]
                self._planned = there, max(0, there - self._last.problems)

    def __enter__(self) -> Self:
        """Raise ConfigError where the port or the file cannot be had."""
        # Nothing is written before there is something to say: a counter that falls to 0 and comes back looks like new work.
        if self._file is not None and not os.access(self._file.parent, os.W_OK):
            raise ConfigError(f"--metrics-file {self._file}: {self._file.parent} is no folder that can be written to")
        if self._port is not None:
            self._server = _serve(self._port, self.text)
        if self._file is not None or self._server is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.ended(how_it_ended(error))
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        if self._file is not None:
            self._write()

    def text(self) -> str:
        """Return everything in the text format, ending in a newline."""
        self._look()
        with self._lock:
            lines = [line for metric in ALL for line in self._family(metric)]
        return "\n".join(lines) + "\n"

    def _family(self, metric: Metric) -> Iterator[str]:
        samples = list(self._samples(metric))
        if samples:
            yield f"# HELP {metric.name} {metric.help}"
            yield f"# TYPE {metric.name} {metric.kind}"
        for labels, value in samples:
            yield _sample(metric.name, {"run_id": self.run_id, "name": self.name} | labels, value)

    def _samples(self, metric: Metric) -> list[tuple[dict[str, str], float]]:
        field = _FIELD_OF.get(metric.name)
        if field is not None:
            return [({}, getattr(self._last, field))]
        if metric is TRACES:
            accepted = self._last.accepted
            return [({"outcome": "accepted"}, accepted), ({"outcome": "other"}, self._last.traces - accepted)]
        if metric is REFUSED:
            return [({"kind": kind}, count) for kind, count in sorted(self._refused.items())]
        if metric is STATE:
            now = "running" if self._ended is None else self._ended[0].state
            return [({"state": state}, state == now) for state in get_args(State)]
        value = self._value(metric)
        return [] if value is None else [({}, value)]

    def _value(self, metric: Metric) -> float | None:
        """Return the one value of a gauge; None where there is none yet."""
        asked, committed = self._planned or (None, None)
        values: dict[Metric, float | None] = {
            INFO: 1,
            EXIT_CODE: None if self._ended is None else self._ended[0].exit_code,
            ASKED: asked,
            COMMITTED: committed,
            START: self._began,
            END: None if self._ended is None else self._ended[1],
            PROGRESS: self._progress,
            UPDATED: time.time(),
        }
        return values[metric]

    def _look(self) -> None:
        """Read the counts and note whether they have changed."""
        read = self._read
        try:
            counts = read()
        except Exception:  # engines that are gone say nothing more; what they said last stays
            return
        with self._lock:
            if self._ended is None and read is self._read and counts != self._last:
                self._last, self._progress = counts, time.time()

    def _tick(self) -> None:
        written = time.monotonic()
        while not self._stop.wait(_TICK_S):
            self._look()
            if self._file is not None and time.monotonic() - written >= _FILE_S:
                written = time.monotonic()
                self._write()

    def _write(self) -> None:
        """Write the file whole. A failure is said once and no more: figures about a run must not end it."""
        assert self._file is not None
        temporary = self._file.with_name(f".{self._file.name}.{os.getpid()}.tmp")  # no .prom at the end: not collected
        try:
            temporary.write_text(self.text())
            temporary.replace(self._file)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            if not self._complained:
                self._complained = True
                print(f"note --metrics-file {self._file}: {error.strerror}; the run goes on", file=sys.stderr)


_FIELD_OF = {metric.name: field for field, metric in COUNTED.items()}


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {float(value):.17g}"


def _seconds(moment: str) -> float:
    """Return the seconds of a time of `run.json`."""
    return datetime.fromisoformat(moment).timestamp()


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _serve(port: int, text: Callable[[], str]) -> ThreadingHTTPServer:
    """Answer `GET /metrics` on every interface, in a thread. Raises ConfigError where the port cannot be had."""

    class Scrape(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer a scrape."""
            known = self.path.split("?")[0] in ("/metrics", "/")
            body = (text() if known else "the metrics are at /metrics\n").encode()
            self.send_response(200 if known else 404)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: a scrape every few seconds is no news."""

    try:
        server = ThreadingHTTPServer(("", port), Scrape)
    except (OSError, OverflowError) as error:
        raise ConfigError(f"--metrics-port {port}: {error}; choose another") from error
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    if not port:
        print(f"metrics on port {server.server_address[1]}", file=sys.stderr)
    return server
