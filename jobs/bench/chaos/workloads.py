"""What the runs under chaos do: small runs of the embedded engine, with everything in them that can be killed."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType

from jobs.bench.chaos.schedules import Schedule
from pipeline.config import FlowConfig

_MATH = """
[source]
families = ["words", "linear", "expressions"]
difficulties = [2, 3, 4]
[models.m]
engine = "openvino"
policy = "math"
[[policies]]
model = "m"
max_tokens = 160
[[generators]]
name = "math_shepherd"
samples = 4
labelled = 2
rollouts = 4
"""
_CODE = """
[source]
families = ["outputs", "inputs", "programs"]
difficulties = [1]
[models.m]
engine = "openvino"
policy = "code"
[[policies]]
model = "m"
temperature = 0.7
max_tokens = 512
[[generators]]
name = "code_io"
samples = 4
labelled = 1
rollouts = 4
revisions = 1
[[generators]]
name = "reverse_plan"
samples = 1
rollouts = 4
"""
_PROOFS = """
[source]
families = ["implications", "orders"]
difficulties = [2, 3]
[models.m]
engine = "openvino"
policy = "proof"
[[policies]]
model = "m"
temperature = 0.5
max_tokens = 256
[[generators]]
name = "proof_to_language"
candidates = 4
expansions = 8
rollouts = 4
alone = 4
failures = 1
"""
_ENGINE = """
[models.m.openvino]
max_num_seqs = {at_once}
prefix_caching = false
threads = 1
stall_s = 8.0
"""
"""Few at once, because what is in flight when an engine dies is drawn again: against a run of 30,000 tokens a batch of 256 would
weigh what it never does against a real one. And without prefix caching a sample is the same to the last bit whatever runs beside
it (`pipeline/models/openvino.py`), so the rows after chaos can be compared with those of an undisturbed run."""

_TEXTS: Mapping[str, str] = MappingProxyType({"math": _MATH, "code": _CODE, "proofs": _PROOFS})
PROBLEMS: Mapping[str, int] = MappingProxyType({"math": 48, "code": 32, "proofs": 12})
"""Of a run, for 9,000 to 23,000 tokens and 20 to 30 seconds."""

SHARDS = 6
_AT_ONCE: Mapping[str, int] = MappingProxyType({"math": 8, "code": 8, "proofs": 4})


def write(path: Path, workload: str, schedule: Schedule | None = None) -> None:
    """Write the configuration of a workload as a schedule runs it; without one, as the undisturbed run does."""
    flow: dict[str, object] = {
        "ray": schedule is not None and not schedule.local,
        "engines": schedule.engines if schedule else 1,
        "verifiers": schedule.verifiers if schedule else 0,
        "heartbeat_s": 5.0,
        "problems_in_flight": 12,
        "problems_per_shard": PROBLEMS[workload] // SHARDS,
    }
    known = {f.name for f in fields(FlowConfig)}
    lines = [f"{key} = {str(value).lower()}" for key, value in flow.items() if key in known]
    path.write_text("\n".join((_TEXTS[workload], _ENGINE.format(at_once=_AT_ONCE[workload]), "[flow]", *lines, "")))
