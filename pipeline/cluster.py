"""Connect to Ray: a cluster that is there (`RAY_ADDRESS`), or one of this machine's own that ends with the process."""

import logging
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Nothing of ours phones home; both are read when the library is imported.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
# The core prints an advisory about restartable actors (ray issue 53727) at error level for every Ray Data pool.
os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")

import ray  # noqa: E402
from ray.data import DataContext  # noqa: E402

_LEFT_BEHIND = [".git", ".venv*", "tests", "shards", "*.md", "openvino_model.bin"]


def start() -> None:
    """Initialise Ray with the project's code as the workers' folder. Does nothing where it is initialised already."""
    if not ray.is_initialized():
        ray.init(
            include_dashboard=False,
            logging_level=logging.ERROR,
            runtime_env={"working_dir": str(ROOT), "excludes": _LEFT_BEHIND},
        )
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
