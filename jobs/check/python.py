"""What `python -m jobs.check python` does: programs in, verdicts out, in order, many at once."""

import argparse
import json
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TextIO

from jobs.check.options import add_workers
from jobs.check.rows import Row, rows, written
from schemas.errors import ConfigError, SourceError
from verifiers.programs.batch import SIZE, Judge
from verifiers.programs.compare import unfit
from verifiers.programs.judgement import STATUSES, AssertTests, Cases, CodeVerdict, Submission
from verifiers.programs.reading import program_in
from verifiers.sandbox.rows import Call, Config, Limits, Program, Value

SUMMARY = "run programs against cases or tests"
ABOUT = """every row comes back, in order, with `verdict` (pass, fail, error, timeout, limit, blocked, flaky, infra), `reason`,
`layers` (the walls of the sandbox that were up) and `cpu_seconds`

  echo '{"code": "def f(x): return x + 1", "entry_point": "f", "inputs": [[1], [2]], "expected": [2, 4]}' \\
    | python -m jobs.check python -

  {"code": .., "verdict": "fail", "reason": "f(2) is wrong: expected 4, got 3", "layers": ["pid", "mount", ..], ..}
  {"rows": 1, "pass": 0, "fail": 1, "error": 0, .., "errors": 0, "canaries": 8, "seconds": 0.4}

`inputs` holds a list of arguments for each call, `expected` what each returns. `test` in their place is assert-style:
`check(candidate)`, `test_*` functions, or assertions that call the entry point; `prompt` may bring code that the tests use.
`code` may be a model's whole answer: its last ```python block counts. What passes is run twice; `infra` and `flaky` are no
labels. It ends with 2 where nothing here confines a program: python -m jobs.doctor says what does."""
Read = tuple[int, Row | SourceError, Submission | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to run."""

    workers: int
    limits: Limits
    sandbox: Config
    """Of each worker."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the limits of a program and how many run at once."""
    limits = Limits()
    add_workers(parser, "programs")
    parser.add_argument(
        "--cpu-seconds", type=float, default=limits.cpu_s,
        help="for one run of a program, on the reference core (default: %(default)s)",
    )  # fmt: skip
    memory = limits.memory_bytes >> 20
    parser.add_argument("--memory-mb", type=int, default=memory, help="for one program (default: %(default)s)")
    parser.add_argument("--unconfined", action="store_true", help="run even where nothing here can confine a program")


def judge(lines: TextIO, name: str, args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Print every row with its verdict, then the counts; 0, or 1 where a row could not be used. Raises ConfigError."""
    if args.workers < 1 or not args.cpu_seconds > 0 or args.memory_mb < 1:
        parser.error("--workers, --cpu-seconds and --memory-mb must be above 0")
    settings = Settings(
        workers=args.workers,
        limits=Limits(cpu_s=args.cpu_seconds, memory_bytes=args.memory_mb << 20),
        sandbox=Config(workers=1, unconfined=args.unconfined),
    )
    start = time.perf_counter()
    counts: Counter[str] = Counter()
    with _Judges(settings) as judges:
        for number, row, verdict in judges.verdicts(_read(lines, settings.limits)):
            counts["rows"] += 1
            if isinstance(row, SourceError) or verdict is None:
                counts["errors"] += 1
                print(f"error: {name}:{number}: {row}", file=sys.stderr)
                continue
            counts[verdict.status] += 1
            print(written(row | _judged(verdict)), flush=True)
        canaries = judges.canaries
    keys = ("rows", *STATUSES, "errors")
    summary: dict[str, int | float] = {key: counts[key] for key in keys}
    print(json.dumps(summary | {"canaries": canaries, "seconds": round(time.perf_counter() - start, 3)}))
    return 1 if counts["errors"] else 0


class _Judges:
    """A thread and a worker each; rows go through in batches, a few of them at once, and come out in order."""

    def __init__(self, settings: Settings) -> None:
        self._judges = [Judge(settings.sandbox)]  # the first one says now where nothing can be confined
        self._free = list(self._judges)
        self._lock = threading.Lock()
        self._settings = settings
        self._threads = ThreadPoolExecutor(settings.workers, thread_name_prefix="judge")

    @property
    def canaries(self) -> int:
        return sum(judge.canaries for judge in self._judges)

    def verdicts(self, read: Iterable[Read]) -> Iterator[tuple[int, Row | SourceError, CodeVerdict | None]]:
        # Twice as many batches wait as run, so that a slow one holds up nobody and a long file fits.
        waiting: deque[tuple[list[Read], Future[list[CodeVerdict]]]] = deque()
        for batch in _batches(read):
            asked = [submission for _, _, submission in batch if submission is not None]
            waiting.append((batch, self._threads.submit(self._judge, asked)))
            if len(waiting) > 3 * self._settings.workers:
                yield from _answered(*waiting.popleft())
        while waiting:
            yield from _answered(*waiting.popleft())

    def _judge(self, batch: list[Submission]) -> list[CodeVerdict]:
        if not batch:
            return []
        with self._lock:
            judge = self._free.pop() if self._free else None
        if judge is None:
            try:
                judge = Judge(self._settings.sandbox)
            except (ConfigError, OSError) as error:  # the first one could be started: no processes, no memory left
                return [CodeVerdict(status="infra", reason=str(error), layers=(), cpu_s=0.0) for _ in batch]
            with self._lock:
                self._judges.append(judge)
        try:
            return judge.judge(batch)
        finally:
            with self._lock:
                self._free.append(judge)

    def __enter__(self) -> "_Judges":
        return self

    def __exit__(self, *_: object) -> None:
        # Where somebody has had enough, nobody waits for more than the programs that run now.
        self._threads.shutdown(wait=False, cancel_futures=True)
        for judge in self._judges:
            judge.cancel()
        self._threads.shutdown(wait=True)
        for judge in self._judges:
            judge.close()


def _answered(
    batch: list[Read], verdicts: "Future[list[CodeVerdict]]"
) -> Iterator[tuple[int, Row | SourceError, CodeVerdict | None]]:
    given = iter(verdicts.result())
    for number, row, submission in batch:
        yield number, row, next(given) if submission is not None else None


def _batches(read: Iterable[Read]) -> Iterator[list[Read]]:
    batch: list[Read] = []
    for one in read:
        batch.append(one)
        if len(batch) == SIZE:
            yield batch
            batch = []
    if batch:
        yield batch


def _read(lines: TextIO, limits: Limits) -> Iterator[Read]:
    for number, row in rows(lines):
        asked = row if isinstance(row, SourceError) else submission(row, limits)
        if isinstance(asked, SourceError):
            yield number, asked, None
        else:
            yield number, row, asked


def submission(row: Mapping[str, object], limits: Limits) -> Submission | SourceError:
    """Read a row: `code`, `entry_point`, and either `inputs` with `expected` or `test`, with `prompt` where there is one."""
    for key in ("code", "entry_point"):
        if not isinstance(row.get(key), str) or not str(row[key]).strip():
            return SourceError(
                f"{key!r} must be a string; the row has {', '.join(map(repr, row)) or 'nothing'} and needs "
                "'code', 'entry_point', and either 'inputs' and 'expected' or 'test'"
            )
    entry_point = str(row["entry_point"]).strip()
    if not all(part.isidentifier() for part in entry_point.split(".")):
        return SourceError(f"'entry_point' is {entry_point[:40]!r}; it must be a name, or names with dots between")
    by = _tests(row) if "test" in row else _cases(row)
    if isinstance(by, SourceError):
        return by
    program = Program(code=program_in(str(row["code"]), entry_point), entry_point=entry_point)
    return Submission(program=program, by=by, limits=limits)


def _tests(row: Mapping[str, object]) -> AssertTests | SourceError:
    test, prompt = row["test"], row.get("prompt", "")
    if "inputs" in row or "expected" in row:
        return SourceError("both 'test' and 'inputs' or 'expected'; give one or the other")
    if not isinstance(test, str) or not test.strip():
        return SourceError("'test' must be Python in a string")
    return AssertTests(code=test, prompt=prompt if isinstance(prompt, str) else "")


def _cases(row: Mapping[str, object]) -> Cases | SourceError:
    inputs, expected = row.get("inputs"), row.get("expected")
    if not isinstance(inputs, list) or not isinstance(expected, list):
        return SourceError("neither 'test' nor lists in 'inputs' and 'expected': nothing says what is right")
    if len(inputs) != len(expected) or not inputs:
        return SourceError(
            f"{len(inputs)} inputs and {len(expected)} expected; there must be as many, and at least one"
        )
    for index, args in enumerate(inputs):
        if not isinstance(args, list):
            return SourceError(f"inputs[{index}] must be the list of one call's arguments")
    for key, values in (("inputs", inputs), ("expected", expected)):
        said = unfit(values)
        if said is not None:
            return SourceError(f"{key!r}: {said}")
    calls: list[list[Value]] = inputs
    return Cases(calls=tuple(Call(args=tuple(args)) for args in calls), expected=tuple(expected))


def _judged(verdict: CodeVerdict) -> dict[str, object]:
    return {
        "verdict": verdict.status,
        "reason": verdict.reason,
        "layers": list(verdict.layers),
        "cpu_seconds": round(verdict.cpu_s, 4),
    }
