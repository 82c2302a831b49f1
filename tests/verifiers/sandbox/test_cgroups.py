"""Cgroups: made, limited, swept."""

import os
import subprocess
import sys

import pytest

from verifiers.sandbox import cgroups


@pytest.fixture
def group() -> cgroups.Cgroup:
    try:
        return cgroups.create()
    except OSError as error:
        pytest.skip(f"no cgroups of our own here: {error}")


def test_a_process_is_in_it_until_it_ends(group: cgroups.Cgroup) -> None:
    child = subprocess.Popen([sys.executable, "-I", "-S", "-c", "input()"], stdin=subprocess.PIPE)
    try:
        group.enter(child.pid)
        group.limit(processes=5, memory_bytes=64 << 20)
        assert group.processes == [child.pid]
        assert not group.remove()
    finally:
        group.kill(keep=())
        child.communicate()
    assert child.returncode == -9
    assert group.remove()
    assert not any(folder.exists() for folder in group.folders)


def test_what_a_dead_process_left_is_swept(group: cgroups.Cgroup) -> None:
    gone = subprocess.Popen([sys.executable, "-I", "-S", "-c", ""])
    gone.wait()
    folder = group.folders[0].parent
    left, ours = folder / f"stepmill-{gone.pid}-0", folder / f"stepmill-{os.getpid()}-none"
    left.mkdir()
    ours.mkdir()
    try:
        other = cgroups.create()
        assert not left.exists()
        assert ours.exists()
        other.remove()
    finally:
        ours.rmdir()
        group.remove()
