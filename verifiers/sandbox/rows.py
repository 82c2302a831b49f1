"""What goes into the sandbox and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, Union

Value: TypeAlias = Union[
    None,
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    "list[Value]",
    "tuple[Value, ...]",
    "set[Value]",
    "frozenset[Value]",
    "dict[Value, Value]",
]
"""Exact builtins, nested at most `values.MAX_DEPTH` deep: no subclass, no other type."""

Status = Literal["done", "error", "timeout", "limit", "blocked", "infra"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one run may take. Reaching one ends the run as `timeout` (the clocks) or `limit`."""

    cpu_s: float = 5.0
    """Processor time on the reference core of `calibration.py`; a slower core gets more in proportion."""
    wall_s: float | None = None
    """Time on the clock, scaled as well; None: twice `cpu_s` and one second."""
    memory_bytes: int = 256 << 20
    """Address space of each process beyond what an empty program has, and all processes together where there is a cgroup."""
    output_bytes: int = 1 << 20
    """stdout and stderr together."""
    answer_bytes: int = 8 << 20
    """Everything that the calls return, encoded."""
    disk_bytes: int = 16 << 20
    """The private folder for temporary files, which is memory too."""
    files: int = 2_000
    processes: int = 16
    """Processes and threads together."""
    source_bytes: int = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Source text, and the function of it that calls go to."""

    code: str
    entry_point: str
    """Dotted names are followed; the name of a class on the way stands for a fresh instance (`Solution.twoSum`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call. Arguments are sent by value, so no call sees what another did to them."""

    args: tuple[Value, ...]
    kwargs: Mapping[str, Value] = field(default_factory=dict)
    name: str | None = None
    """Another function of the program than its entry point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What one call came to."""

    kind: Literal["value", "raised", "unplain"]
    """`unplain`: what came back is no plain value."""
    value: Value = None
    error: str | None = None
    """`ValueError: message` of what was raised; of what type an unplain value is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run came to.

    `done`: every call was answered, and a call that raised is answered. `error`: the program did not load, or ended before its
    last answer. `infra` is our own failure and says nothing about the program.
    """

    status: Status
    reason: str
    """Empty where done; else `cpu`, `wall`, `memory`, `output`, `disk`, `processes`, the system call that was blocked, or what
    ended the program (`SystemExit at import`, `signal 6`)."""
    returned: tuple[Returned, ...] = ()
    """One per call where done, those that came in time otherwise."""
    cpu_s: float = 0.0
    """Processor time of all its processes, the fork that started it included."""
    wall_s: float = 0.0
    layers: tuple[str, ...] = ()
    """The walls that were up."""
    printed: int = 0
    """Bytes of stdout and stderr, which are counted and dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How the sandbox runs."""

    workers: int = 1
    """Programs at a time."""
    unconfined: bool = False
    """Run where the kernel offers no wall at all. For programs that you would run yourself."""
    path: tuple[str, ...] = ()
    """Folders that programs may import from, readable to them as a whole: site-packages for numpy."""
    layers: tuple[str, ...] | None = None
    """Use no others than these; None: all there are. For tests and measurements."""
