"""A schedule: what is done to a run and when, drawn from a seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from schemas import ids

When = Literal["start", "tokens", "between", "committed", "end"]

LOCAL = ("kill-driver", "stop-driver", "kill-engine", "stop-engine", "kill-verifier", "stop-verifier", "full-disk")
"""Faults that a run without Ray can have."""
KINDS = (
    *LOCAL,
    *("kill-actor", "stop-actor", "kill-writer", "stop-writer", "kill-verifier-actor", "stop-verifier-actor"),
    *("kill-raylet", "stop-raylet", "kill-gcs", "stop-gcs"),
)
"""What is done, and to whom: SIGKILL, SIGSTOP, or a disk without room."""
WORKLOADS = ("math", "code", "proofs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong."""

    kind: str
    when: When
    """`start`: `amount` seconds after a call began. `tokens`: when this share of an undisturbed run's tokens is decoded, in all
    calls together: inside searches. `committed`: when this share of the problems is committed. `between`: as `committed`, and
    then when files lie there that no manifest names yet. `end`: when everything is committed and the process still lives."""
    amount: float
    pick: int = 0
    """Which of several processes in the role, modulo their number."""
    resumed_s: float | None = None
    """What was stopped goes on after this long; None: never. A driver that does not is killed after 3 s, with all it started."""

    @property
    def place(self) -> float:
        """Where in a run it belongs, from 0 to 1."""
        return {"start": 0.0, "end": 1.0}.get(self.when, self.amount)

    def __str__(self) -> str:
        then = (
            ""
            if not self.kind.startswith("stop")
            else f" for {self.resumed_s:.0f} s"
            if self.resumed_s
            else " for good"
        )
        return f"{self.kind}{then} at {self.when}" + (f" {self.amount:.2f}" if self.when != "end" else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One run and its faults, in the order in which they are due."""

    seed: str
    workload: str
    local: bool
    """Without Ray."""
    engines: int
    verifiers: int
    """Verifier actors, where there are any in this flow."""
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        shell = "local" if self.local else f"Ray, {self.engines} engines, {self.verifiers} verifiers"
        return f"{self.seed} {self.workload} ({shell}): {'; '.join(map(str, self.faults))}"


def draw(count: int, seed: int, only: Sequence[str] = (), local: bool = False) -> list[Schedule]:
    """Return schedules in which every kind of fault comes up once before any does twice; `local` leaves Ray out."""
    kinds = [kind for kind in KINDS if (not only or kind in only) and (not local or kind in LOCAL)]
    if not kinds:
        return []
    dealt: list[str] = []
    while len(dealt) < count:
        dealt += Random(ids.seed("kinds", seed, len(dealt))).sample(kinds, len(kinds))
    return [_schedule(f"{seed}.{index}", kind, bool(only), local) for index, kind in enumerate(dealt[:count])]


def _schedule(seed: str, kind: str, alone: bool, only_local: bool) -> Schedule:
    rng = Random(ids.seed("schedule", seed, kind))
    local = only_local or (kind in LOCAL and rng.random() < 0.4)
    verifying = "verifier" in kind
    workload = rng.choice(WORKLOADS) if verifying else rng.choices(WORKLOADS, (6, 2, 2))[0]
    # The driver is what a machine that goes down always takes along, and a run may lose it more than once.
    others = [*(k for k in (LOCAL if local else KINDS) if k != "full-disk"), "kill-driver", "kill-driver"]
    more = [] if alone else rng.choices(others, k=rng.choices((0, 1, 2), (4, 4, 2))[0])
    faults = [_fault(k, rng) for k in (kind, *more)]
    # A run that has one verifier actor or none has no fault that needs it.
    verifiers = 1 if any("verifier-actor" in k for k in (kind, *more)) or rng.random() < 0.3 else 0
    return Schedule(
        seed=seed,
        workload=workload,
        local=local,
        engines=1 if local else rng.choice((1, 2)),
        verifiers=0 if local else verifiers,
        faults=tuple(sorted(faults, key=lambda fault: fault.place)),
    )


def _fault(kind: str, rng: Random) -> Fault:
    driver = "driver" in kind
    # Only a driver, an actor or a full disk has something to lose at the start, at a commit or at the end.
    whens: tuple[When, ...] = ("start", "tokens", "between", "committed", "end") if driver else ("tokens", "committed")
    if kind.endswith(("actor", "writer", "raylet", "gcs")) or kind == "full-disk":
        whens = ("tokens", "between", "committed")
    when = rng.choice(whens)
    # A run has six shards: behind the last but one there is nothing left to commit.
    most = {"start": 9.0, "tokens": 0.85, "committed": 0.8, "between": 0.66, "end": 1.0}[when]
    amount = rng.uniform(0.02, most)
    stays = rng.random() < 0.5
    resumed = None if stays or not kind.startswith("stop") else rng.uniform(1.0, 12.0)
    return Fault(kind=kind, when=when, amount=amount, pick=rng.randrange(8), resumed_s=resumed)
