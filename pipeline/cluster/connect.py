"""Connect to Ray: a cluster that is there (`RAY_ADDRESS`), or one of this machine's own that ends with the run."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import ray

from pipeline.code import ROOT
from pipeline.config import RunConfig
from schemas.errors import ConfigError, EngineError

_LEFT_BEHIND = [".git", ".venv*", "tests", "shards", "*.md", "openvino_model.bin"]


@contextmanager
def connected(config: RunConfig) -> Iterator[str]:
    """Yield the id of this process's node, connected to Ray with the project's code as the workers' folder.

    A cluster of our own ends at the end, even where one of its processes stands still. Raises ConfigError where this machine
    cannot even talk to itself, which Ray would wait for in vain.
    """
    ours = not ray.is_initialized()
    if ours:
        start(config)
    try:
        yield str(ray.get_runtime_context().get_node_id())
    finally:
        if ours:
            _stop()


def start(config: RunConfig) -> None:
    """Initialise Ray. Raises ConfigError as `connected` does."""
    _check_loopback()
    on_terminate = signal.getsignal(signal.SIGTERM)
    # A submitted job brings a folder of code too, and Ray will not merge the two; they are one and the same.
    os.environ.setdefault("RAY_OVERRIDE_JOB_RUNTIME_ENV", "1")
    own = {"address": "local", "num_cpus": _cpus(config), "_system_config": _NODE_DEADLINE}
    ray.init(
        include_dashboard=False,
        logging_level=logging.ERROR,
        log_to_driver=False,  # it would mix with what the command prints; the logs are in the folder of the Ray session
        runtime_env={"working_dir": str(ROOT), "excludes": _LEFT_BEHIND},
        **({} if os.environ.get("RAY_ADDRESS") else own),
    )
    _raylets[:] = [pid for pid in _daemons() if b"raylet/raylet" in _command(pid)]
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, on_terminate)  # Ray sets its own, which aborts with a stack dump


def require_node(node: str) -> None:
    """Raise EngineError where the driver's own node is dead: nothing that is lost can be replaced then."""
    if not any(one["NodeID"] == node and one["Alive"] for one in ray.nodes()):
        raise EngineError(_LOST)


def require_raylet() -> None:
    """Raise EngineError where a raylet of our own has died. Half a minute later Ray would end this process, with code 1."""
    if any(not _lives(pid) for pid in _raylets):
        raise EngineError(_LOST)


_LOST = (
    "the Ray node of this machine died or stood still (its raylet); what is committed stays, the same command goes on"
)
_raylets: list[int] = []
"""Of a cluster of our own."""


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def off_gpu_nodes() -> dict[str, Any]:  # Any: options of Ray's
    """Return the options that keep an actor off nodes with GPUs; none where every node has some."""
    nodes = [node for node in ray.nodes() if node["Alive"]]
    with_gpus = {node["Labels"].get(_ACCELERATOR) for node in nodes if node["Resources"].get("GPU")} - {None}
    without = any(not node["Resources"].get("GPU") and node["Resources"].get("CPU") for node in nodes)
    return {"label_selector": {_ACCELERATOR: f"!in({','.join(sorted(with_gpus))})"}} if with_gpus and without else {}


_ACCELERATOR = "ray.io/accelerator-type"
"""The label that Ray gives to nodes with accelerators."""

_STOP_S = 20.0

_NODE_DEADLINE = {
    "health_check_initial_delay_ms": 5000,
    "health_check_period_ms": 2000,
    "health_check_timeout_ms": 5000,
    "health_check_failure_threshold": 3,
}
"""On a cluster of our own a raylet that stands still is dead after some 20 s; with Ray's own settings, after a minute or more."""


def _cpus(config: RunConfig) -> int:
    """Return what our own Ray is to count as processors: an engine and a verifier actor take one each, whatever there is."""
    return max(os.cpu_count() or 1, config.flow.engines + config.flow.verifiers)


def _stop() -> None:
    """End our own cluster; with a kill where it does not end by itself, as with a raylet that is stopped."""
    _raylets.clear()
    stopping = threading.Thread(target=ray.shutdown, daemon=True)
    stopping.start()
    stopping.join(_STOP_S)
    if stopping.is_alive():
        kill_daemons()
        stopping.join(_STOP_S)


def kill_daemons() -> None:
    """End the processes of our own cluster, whatever state they are in; those of a cluster we were given are none of ours."""
    for pid in _daemons():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _daemons() -> list[int]:
    """Return the processes of our own cluster: children of this process that Ray started, and theirs."""
    parents: dict[int, int] = {}
    rays = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            pid = int(folder.name)
            parents[pid] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if any(word in _command(pid) for word in (b"/ray/", b"ray::")):
                rays.add(pid)
    return [pid for pid in rays if _descends(pid, os.getpid(), parents)]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _descends(pid: int, ancestor: int, parents: dict[int, int]) -> bool:
    while pid > 1:
        pid = parents.get(pid, 0)
        if pid == ancestor:
            return True
    return False


def _check_loopback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        try:
            socket.create_connection(server.getsockname(), timeout=2).close()
        except OSError as error:
            raise ConfigError(
                f"Ray needs the loopback network, and 127.0.0.1 does not answer ({error}); bring it up with "
                "`ip link set lo up`, or run everything in this process with --local"
            ) from error
