"""Options that several kinds of check share."""

import argparse
import os


def add_workers(parser: argparse.ArgumentParser, what: str) -> None:
    """Declare `--workers`: how many of `what` are judged at once."""
    # Other systems than Linux do not say which cores this process may use.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    parser.add_argument("--workers", type=int, default=cores, help=f"{what} at once (default: one a core)")
