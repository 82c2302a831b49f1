"""Connect to Ray: a cluster that is there (`RAY_ADDRESS`), or one of this machine's own that ends with the process."""

import logging

import ray
from ray.data import DataContext

from pipeline.code import ROOT

_LEFT_BEHIND = [".git", ".venv*", "tests", "shards", "*.md", "openvino_model.bin"]


def start() -> None:
    """Initialise Ray with the project's code as the workers' folder. Does nothing where it is initialised already."""
    if not ray.is_initialized():
        ray.init(
            include_dashboard=False,
            logging_level=logging.ERROR,
            runtime_env={"working_dir": str(ROOT), "excludes": _LEFT_BEHIND},
        )
    # Whatever ends a run is reported once, by the command itself.
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
