"""The flow: sources -> pending -> generate -> verify -> write; models, judges and the Ray shell around it."""

import os

# Nothing phones home. The libraries read these when they are imported, which no module of this package does before.
for _name, _value in {
    "RAY_USAGE_STATS_ENABLED": "0",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    # Ray runs its workers at nice 15 unless told otherwise, and the engine would inherit that.
    "RAY_worker_niceness": "0",
}.items():
    os.environ.setdefault(_name, _value)
