"""SeaweedFS on loopback: a real object store that speaks S3 and checks signatures, in a process of its own, for tests.

The fixtures `s3` and `place` are known to every test (tests/conftest.py). As a program, `python tests/s3_server.py FOLDER` serves
until its standard input ends, so a server does not outlive a test run that is killed.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from pyarrow import fs

KEYS = {"AWS_ACCESS_KEY_ID": "stepmill", "AWS_SECRET_ACCESS_KEY": "only-for-tests"}
BUCKET = "shards"
_STARTS_WITHIN_S = 60.0


def environment(endpoint: str) -> dict[str, str]:
    """Return what a process needs to find the server, by the names that AWS's tools use."""
    return KEYS | {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, int]]:
    """Start a server with one bucket, `shards`; give its endpoint and process id."""
    command = [sys.executable, __file__, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        said = json.loads(process.stdout.readline() or "null")
        assert said, f"the S3 server did not start; {folder}/log says why"
        client(said["endpoint"], allow_bucket_creation=True).create_dir(BUCKET)
        yield said["endpoint"], said["pid"]
        process.stdin.close()


def client(endpoint: str, **more: bool) -> fs.S3FileSystem:
    """Return a client that owes nothing to the code under test."""
    where = {"scheme": "http", "endpoint_override": endpoint.removeprefix("http://"), "region": "us-east-1"}
    return fs.S3FileSystem(
        access_key=KEYS["AWS_ACCESS_KEY_ID"], secret_key=KEYS["AWS_SECRET_ACCESS_KEY"], **where, **more
    )


def uploaded(out: Path, place: str) -> str:
    """Copy a folder to the `s3` of a test; return where it is."""
    fs.copy_files(str(out), place.removeprefix("s3://"), destination_filesystem=client(os.environ["AWS_ENDPOINT_URL"]))
    return place


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve as long as the tests go on; started by the first that asks."""
    with serving(tmp_path_factory.mktemp("s3")) as (endpoint, _):
        yield endpoint


@pytest.fixture
def s3(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of a fresh folder on the server, whose keys are in the environment."""
    for name, value in environment(s3_endpoint).items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{uuid.uuid4().hex}"


@pytest.fixture(params=["local", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return a fresh folder, once on this machine's disk and once on the server."""
    return str(tmp_path / "place") if request.param == "local" else str(request.getfixturevalue("s3"))


def main(folder: Path) -> None:
    """Start the server, say where it is, stop it when standard input ends."""
    (folder / "data").mkdir()
    with (folder / "log").open("wb") as log:
        port, command = _command(folder)
        server = subprocess.Popen(
            command, cwd=folder, env=os.environ | KEYS, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        if _answers(port, server):
            print(json.dumps({"endpoint": f"http://127.0.0.1:{port}", "pid": server.pid}), flush=True)
            sys.stdin.read()
    finally:
        server.kill()
        server.wait()


def _command(folder: Path) -> tuple[int, list[str]]:
    """Return the port of S3, and the command that starts all parts of the server, each on free ports of loopback."""
    program = shutil.which("weed") or str(Path(sys.executable).with_name("weed"))
    flags = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}/data", "-filer", "-s3", "-s3.iam=false"]
    flags += ["-volume.max=100", "-master.volumeSizeLimitMB=64", "-volume.preStopSeconds=0"]
    flags += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.autoCreateBucket=false"]
    flags += [f"-filer.localSocket={folder}/filer.sock", f"-s3.localSocket={folder}/s3.sock"]
    names = [f"-{part}.port{kind}" for part in ("s3", "master", "volume", "filer") for kind in ("", ".grpc")]
    with ExitStack() as taken:  # all held at once, so that no two are the same
        ports = [taken.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in names]
    flags += [f"{name}={port}" for name, port in zip(names, ports, strict=True)]
    return ports[0], [program, "server", *flags]


def _answers(port: int, server: "subprocess.Popen[bytes]") -> bool:
    """Wait until objects can be written: the S3 port is open some time before there is a volume to write to."""
    probe = client(f"127.0.0.1:{port}", allow_bucket_creation=True)
    until = time.monotonic() + _STARTS_WITHIN_S
    while server.poll() is None and time.monotonic() < until:
        try:
            probe.create_dir("probe")
            with probe.open_output_stream("probe/x") as stream:
                stream.write(b"x" * 100_000)
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
