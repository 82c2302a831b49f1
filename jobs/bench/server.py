"""A `vllm serve` of the configuration's policy on loopback, for the benchmark of the http engine."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.config import RunConfig
from pipeline.models import policy, vllm
from schemas.errors import EngineError

_START_S = 300


@contextmanager
def serving(config: RunConfig) -> Iterator[str]:
    """Give the address of a server that is ready; it ends with the block. Raises EngineError where it does not start."""
    if lack := vllm.missing():
        raise EngineError(f"no server to measure: {lack}, or name a running one with --url")
    (model,) = config.models.values()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("vllm")), "serve", policy.find(model.policy).weights]
    command += ["--host", "127.0.0.1", "--port", str(port), "--served-model-name", model.policy]
    command += ["--max-num-seqs", "256", "--uvicorn-log-level", "warning", "--disable-log-stats"]
    command += ["--dtype", "float32", "--enforce-eager", "--block-size", "32"] if not vllm.has_gpu() else []
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_environment())
    try:
        _wait(child, f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        child.terminate()
        child.wait(timeout=60)


def _environment() -> dict[str, str]:
    import os

    return os.environ | {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "VLLM_CPU_KVCACHE_SPACE": "2"}


def _wait(child: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and child.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise EngineError(f"`vllm serve` was not ready after {_START_S} s (exit code {child.poll()})")
