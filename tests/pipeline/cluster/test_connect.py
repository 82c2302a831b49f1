"""Where actors go, and what becomes of a cluster of our own."""

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from tests.processes import marked, waited, with_mark

ROOT = Path(__file__).resolve().parents[3]

pytestmark = [pytest.mark.ray, pytest.mark.timeout(200)]

PLACED = """
import ray
from ray.cluster_utils import Cluster
from pipeline.cluster.connect import off_gpu_nodes

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
cluster.add_node(num_cpus=2, num_gpus=1, labels={"ray.io/accelerator-type": "H200"})
ray.init(address=cluster.address, logging_level="ERROR", log_to_driver=False)

@ray.remote(num_cpus=1)
class Actor:
    def node(self):
        return ray.get_runtime_context().get_node_id()

(gpu_node,) = [node["NodeID"] for node in ray.nodes() if node["Resources"].get("GPU")]
first, second = (Actor.options(**off_gpu_nodes()).remote() for _ in range(2))
print(ray.get(first.node.remote()) == gpu_node, len(ray.wait([second.node.remote()], timeout=5)[0]))
ray.shutdown()
cluster.shutdown()
"""


def test_verifiers_go_to_nodes_without_gpus_and_to_no_other() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PLACED], cwd=ROOT, capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-2:] == ["False", "0"], "the first off the node with the GPU, the second nowhere"


ENDED = """
from pipeline import config
from pipeline.cluster import connect

with connect.connected(config.parse({}, "test")):
    print("up", flush=True)
    input()
print("down", flush=True)
"""


@pytest.mark.parametrize("fault", [None, signal.SIGSTOP])
def test_our_own_cluster_ends_with_the_run_even_where_its_raylet_stands_still(fault: signal.Signals | None) -> None:
    mark = uuid.uuid4().hex
    started = subprocess.Popen(
        [sys.executable, "-c", ENDED],
        cwd=ROOT,
        env=marked(mark),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert started.stdout is not None and started.stdin is not None
    assert started.stdout.readline() == "up\n"
    if fault is not None:
        os.kill(with_mark(mark, "raylet/raylet")[0], fault)
        time.sleep(0.5)
    started.stdin.write("\n")
    started.stdin.flush()
    assert started.stdout.read().endswith("down\n")
    started.wait(timeout=60)
    assert waited(lambda: not with_mark(mark, "")), "nothing of it is left"
