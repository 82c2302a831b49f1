"""Connect to Ray: a cluster that is there (`RAY_ADDRESS`), or one of this machine's own that ends with the process."""

import logging
import os
import signal
import socket
import sys
import threading

import ray
from ray.data import DataContext

from pipeline.code import ROOT
from schemas.errors import ConfigError

_LEFT_BEHIND = [".git", ".venv*", "tests", "shards", "*.md", "openvino_model.bin"]


_ADVISORY = b"has constructor arguments in the object store and max_restarts > 0"


def drop_advisory() -> None:
    """Keep one line off standard error: Ray's core prints it for every Ray Data pool, as an error (ray issue 53727).

    Call it before anything else takes hold of `sys.stderr`.
    """
    terminal = os.dup(2)
    incoming, outgoing = os.pipe()
    os.dup2(outgoing, 2)
    os.close(outgoing)
    sys.stderr = os.fdopen(terminal, "w", buffering=1)  # Python's own messages do not pass through the pipe

    def forward() -> None:
        with os.fdopen(incoming, "rb") as lines:
            for line in lines:
                if _ADVISORY not in line:
                    os.write(terminal, line)

    threading.Thread(target=forward, daemon=True).start()


def start() -> None:
    """Initialise Ray with the project's code as the workers' folder. Does nothing where it is initialised already.

    Raises ConfigError where this machine cannot even talk to itself, which Ray would wait for in vain.
    """
    if not ray.is_initialized():
        _check_loopback()
        on_terminate = signal.getsignal(signal.SIGTERM)
        ray.init(
            include_dashboard=False,
            logging_level=logging.ERROR,
            runtime_env={"working_dir": str(ROOT), "excludes": _LEFT_BEHIND},
        )
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, on_terminate)  # Ray sets its own, which aborts with a stack dump
    # Whatever ends a run is reported once, by the command itself.
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False


def _check_loopback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        try:
            socket.create_connection(server.getsockname(), timeout=2).close()
        except OSError as error:
            raise ConfigError(
                f"Ray needs the loopback network, and 127.0.0.1 does not answer ({error}); bring it up with "
                "`ip link set lo up`, or run everything in this process with --local"
            ) from error
