"""The lease: on an object store, too, a folder belongs to one process, and a dead one's is taken over."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pipeline.code import ROOT
from pipeline.storage import lease
from pipeline.storage.folder import Folder, folder
from pipeline.storage.lease import Lease
from schemas.errors import StorageError

# A store tells times in whole seconds.
RENEW_S, STALE_S = 0.5, 4.0

HOLD = (
    "import sys\n"
    "from pipeline.storage import lease\n"
    "from pipeline.storage.folder import folder\n"
    f"lease.RENEW_S, lease.STALE_S = {RENEW_S}, {STALE_S}\n"
    "if sys.argv[2] == 'elsewhere':\n"
    "    lease._machine = lambda: 'another one'\n"
    "with folder(sys.argv[1]).locked():\n"
    "    print('mine', flush=True)\n"
    "    for line in sys.stdin:\n"
    "        try:\n"
    "            folder(sys.argv[1]).confirm()\n"
    "            print('still mine', flush=True)\n"
    "        except Exception as error:\n"
    "            print(error, flush=True)\n"
)


@pytest.fixture
def here(s3: str, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setattr(lease, "RENEW_S", RENEW_S)
    monkeypatch.setattr(lease, "STALE_S", STALE_S)
    return folder(s3)


class Holder:
    """A process that has the folder, and says when asked whether it still does."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def asked(self) -> str:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@contextmanager
def held(here: Folder, machine: str = "here") -> Iterator[Holder]:
    command = [sys.executable, "-c", HOLD, here.url, machine]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == "mine\n"
            yield Holder(process)
        finally:
            process.kill()


@pytest.mark.parametrize("machine", ["here", "elsewhere"])
def test_a_folder_belongs_to_one_process_that_lives(here: Folder, machine: str) -> None:
    with held(here, machine) as other:
        for _ in range(2):
            taken = f"{here}: process {other.process.pid} on .* is writing this run, another process; wait"
            with pytest.raises(StorageError, match=taken), here.locked():
                pass
        assert other.asked() == "still mine"


@pytest.mark.parametrize("machine", ["here", "elsewhere"])
def test_a_killed_process_loses_it_at_once_on_this_machine_and_in_time_on_another(here: Folder, machine: str) -> None:
    with held(here, machine) as other:
        other.process.kill()
        other.process.wait()
    began = time.monotonic()
    with here.locked():
        assert (time.monotonic() - began > STALE_S / 2) == (machine == "elsewhere")
        here.confirm()
    assert here.names("lock") == []


def test_a_process_that_was_held_up_too_long_finds_that_it_has_lost_the_folder(here: Folder) -> None:
    with held(here, "elsewhere") as other:
        os.kill(other.process.pid, signal.SIGSTOP)
        with here.locked():
            os.kill(other.process.pid, signal.SIGCONT)
            assert "another process has taken this run over" in other.asked()
            here.confirm()
            time.sleep(3 * RENEW_S)  # nor does it come back
            here.confirm()
            assert len(here.names("lock")) == 1


def test_a_process_that_was_held_up_and_missed_by_nobody_goes_on(here: Folder) -> None:
    with held(here) as other:
        os.kill(other.process.pid, signal.SIGSTOP)
        time.sleep(STALE_S + 1)
        os.kill(other.process.pid, signal.SIGCONT)
        assert other.asked() == "still mine"
        with pytest.raises(StorageError, match="another process"), here.locked():
            pass


def test_of_several_that_come_at_once_exactly_one_has_the_folder(here: Folder) -> None:
    system, path = here.filesystem()
    leases = [Lease(system, path, "here") for _ in range(4)]
    had: list[Lease] = []
    gate = threading.Barrier(len(leases))

    def come(one: Lease) -> None:
        gate.wait()
        try:
            one.acquire()
        except StorageError:
            return
        had.append(one)

    threads = [threading.Thread(target=come, args=(one,)) for one in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(had) == 1
    had[0].release()
    with here.locked():
        pass


def test_the_folder_is_given_back_after_an_error(here: Folder) -> None:
    with pytest.raises(RuntimeError), here.locked():
        raise RuntimeError
    with here.locked():
        pass
    assert here.names() == []


def test_a_process_that_never_asked_has_nothing_to_confirm(here: Folder) -> None:
    here.confirm()
