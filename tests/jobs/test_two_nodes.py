"""A run over two Ray nodes of this machine, each with folders of its own: the head, which has the driver, and one for engines."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray

from pipeline import manifest
from pipeline.storage.folder import folder

ROOT = Path(__file__).resolve().parents[2]
RAY = Path(sys.executable).with_name("ray")

pytestmark = [pytest.mark.ray, pytest.mark.timeout(280)]

CONFIG = """
[models.m]
engine = "scripted"
[models.m.scripted]
delay_s = 0.01
[[policies]]
model = "m"
prompt = "{prompt}"
[[generators]]
samples = 2
labelled = 1
rollouts = 2
[flow]
verifiers = 1
problems_per_shard = 3
problems_in_flight = 6
"""


@pytest.fixture
def places() -> Iterator[Path]:
    """A folder with a short path: Ray's sockets lie in it, and the kernel takes 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="ray-") as name:
        yield Path(name)


@pytest.fixture
def address(places: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Start a head without room for engines, and a node with room, each from a folder of its own."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port, ip = server.getsockname()[1], ray.util.get_node_ip_address()
    head = [f"--port={port}", "--head", "--num-cpus=0", f"--temp-dir={places / 'h'}", "--include-dashboard=false"]
    node = [f"--address={ip}:{port}", "--num-cpus=4", "--disable-usage-stats"]
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", uuid.uuid4().hex * 2)  # Ray asks for one; each would make its own
    started = []
    try:
        for name, options in (("h", head), ("n", node)):
            (places / name).mkdir()
            command = [str(RAY), "start", "--block", *options]
            log = (places / f"{name}.log").open("wb")
            # Not from the project's folder, and not with it on the path: the code must come by working_dir.
            environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
            started.append(
                subprocess.Popen(
                    command, cwd=places / name, env=environment, stdout=log, stderr=log, start_new_session=True
                )
            )
            _wait_for(f"{ip}:{port}", len(started))
        yield f"{ip}:{port}"
    finally:
        for process in reversed(started):
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait_for(address: str, nodes: int) -> None:
    asked = "import ray, sys; ray.init(address=sys.argv[1], log_to_driver=False, logging_level='ERROR'); print(len(ray.nodes()))"
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        done = subprocess.run(
            [sys.executable, "-c", asked, address], capture_output=True, text=True, cwd="/", timeout=90, check=False
        )
        if done.returncode == 0 and int(done.stdout.split()[-1]) >= nodes:
            return
        time.sleep(1)
    raise AssertionError(f"{nodes} nodes did not come up: {done.stderr}")


def test_code_is_shipped_and_relative_paths_mean_what_the_user_meant(tmp_path: Path, address: str) -> None:
    (tmp_path / "prompt.txt").write_text("{problem}\n")
    (tmp_path / "mine.jsonl").write_text(
        "".join(
            json.dumps({"statement": f"Evaluate {n} + 2 * {n + 1}", "reference": str(3 * n + 2)}) + "\n"
            for n in range(12)
        )
    )
    (tmp_path / "two.toml").write_text(CONFIG.replace("{prompt}", os.path.relpath(tmp_path / "prompt.txt", ROOT)))
    relative = {name: os.path.relpath(tmp_path / name, ROOT) for name in ("two.toml", "mine.jsonl", "out")}
    command = [sys.executable, "-m", "jobs.shards", "--config", relative["two.toml"], "--json"]
    command += ["--source", relative["mine.jsonl"], "--out", relative["out"], "--problems", "12"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"RAY_ADDRESS": address},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["problems"] == {"done": 12}
    (run,) = (tmp_path / "out").glob("run=*")
    entries = manifest.read(folder(run))
    assert sum(entry.rows for entry in entries if entry.table == "traces") == 12 * 2
    assert all((run / entry.file).is_file() for entry in entries)
    assert not (run / "journal").exists()
