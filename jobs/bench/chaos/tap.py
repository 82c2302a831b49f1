"""Count the tokens that an engine decodes, from inside its process, so that a killed run can still say what it spent.

What a driver reports dies with it, and what the journal holds leaves out the samples that were lost on their way. So the bench
puts a start-up module on the path of the run (`installed`) that does one thing, in engine processes only: the pipeline that they
import adds up the sequences that each of its steps decoded, one token each, in a file that is mapped into memory. Such a
file is complete whenever the process dies. (2026.4.1: the sum equals the tokens handed back, to the token.)
"""

import mmap
import os
import struct
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

_FOLDER = "STEPMILL_TAP"
_RECORD = struct.Struct("qdd")
_SITE = """import sys
if "pipeline.models.openvino" in getattr(sys, "orig_argv", ()):
    from jobs.bench.chaos import tap
    tap.count()
"""


class Spent(NamedTuple):
    """Of one engine process."""

    tokens: int
    first_s: float
    """When its first step ended, on the machine's monotonic clock."""
    last_s: float


def installed(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a run whose engine processes count into `folder`, which is made."""
    site = folder / "site"
    site.mkdir(parents=True, exist_ok=True)
    (site / "sitecustomize.py").write_text(_SITE)
    path = os.pathsep.join(filter(None, (str(site), environment.get("PYTHONPATH"))))
    return {**environment, "PYTHONPATH": path, _FOLDER: str(folder)}


def spent(folder: Path) -> list[Spent]:
    """Return what every engine process so far has decoded, those that are dead included."""
    found = []
    for path in sorted(folder.glob("*.count")):
        content = path.read_bytes()
        if len(content) == _RECORD.size:
            found.append(Spent(*_RECORD.unpack(content)))
    return found


def tokens(folder: Path) -> int:
    """Return the sum over all of them."""
    return sum(one.tokens for one in spent(folder))


def count() -> None:
    """Have this process's pipelines count; called at its start, before anything imports the engine."""
    import openvino_genai

    path = Path(os.environ[_FOLDER]) / f"{os.getpid()}-{os.urandom(4).hex()}.count"
    path.write_bytes(_RECORD.pack(0, 0.0, 0.0))
    with path.open("r+b") as stream:
        record = mmap.mmap(stream.fileno(), _RECORD.size)
    base: Any = openvino_genai.ContinuousBatchingPipeline  # Any: the binding has no types

    class Counting(base):  # type: ignore[misc]
        """The pipeline, with a tally of what its steps decode."""

        def step(self) -> None:
            super().step()
            now = time.monotonic()
            so_far, first, _ = _RECORD.unpack(record[:])
            record[:] = _RECORD.pack(so_far + self.get_metrics().scheduled_requests, first or now, now)

    openvino_genai.ContinuousBatchingPipeline = Counting
