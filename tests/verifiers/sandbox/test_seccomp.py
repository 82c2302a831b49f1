"""The filter as the kernel would run it: an interpreter of the few instructions it uses."""

import struct

import pytest

from verifiers.sandbox import seccomp, syscalls
from verifiers.sandbox.syscalls import NUMBERS

pytestmark = pytest.mark.skipif(not syscalls.SUPPORTED, reason="no system call numbers for this machine")
KILL, EPERM, ENOSYS, ASK, ALLOW = 0x80000000, 0x50001, 0x50026, 0x7FC00000, 0x7FFF0000


def decide(program: bytes, number: int, *args: int, arch: int | None = None) -> int:
    """Return the action for a call."""
    arch = seccomp._ARCH[syscalls.MACHINE] if arch is None else arch
    data = struct.pack("=iIQ6Q", number, arch, 0, *[*args, 0, 0, 0, 0, 0, 0][:6])
    at, word = 0, 0
    for _ in range(1_000):
        code, yes, no, k = struct.unpack_from("=HBBI", program, 8 * at)
        at += 1
        if code == 0x20:
            (word,) = struct.unpack_from("=I", data, k)
        elif code == 0x06:
            return int(k)
        else:
            taken = {0x15: word == k, 0x35: word >= k, 0x45: bool(word & k)}[code]
            at += yes if taken else no
    raise AssertionError("the filter does not end")


@pytest.fixture(scope="module")
def program() -> bytes:
    return seccomp.program({}, notify=True)


def test_every_call_has_the_answer_that_is_listed(program: bytes) -> None:
    names = {number: name for name, number in NUMBERS.items()}
    special = {"clone", "clone3", "socketpair", "ioctl", "fcntl", "prlimit64"}
    for number in range(451):
        name = names.get(number, "")
        if name in seccomp.FORBIDDEN.split():
            assert decide(program, number) == ASK, name
        elif name in seccomp.UNUSUAL.split():
            assert decide(program, number) == EPERM, name
        elif name not in special:
            assert decide(program, number) == ALLOW, (number, name)
    assert {decide(program, number) for number in range(451, 600)} == {ENOSYS}


def test_names_in_the_lists_are_known() -> None:
    listed = {*seccomp.FORBIDDEN.split(), *seccomp.UNUSUAL.split(), *seccomp.OUTSIDE.split()}
    assert listed <= {*syscalls._TABLE}


def test_calls_whose_arguments_decide(program: bytes) -> None:
    assert decide(program, NUMBERS["clone"], 17) == ALLOW
    assert decide(program, NUMBERS["clone"], 0x3D0F00) == ALLOW  # a thread
    assert {decide(program, NUMBERS["clone"], 1 << bit) for bit in (17, 25, 26, 27, 28, 29, 30)} == {ASK}
    assert decide(program, NUMBERS["clone3"]) == ENOSYS
    assert (decide(program, NUMBERS["socketpair"], 1), decide(program, NUMBERS["socketpair"], 2)) == (ALLOW, ASK)
    assert decide(program, NUMBERS["ioctl"], 1, 0x5401) == ALLOW
    assert {decide(program, NUMBERS["ioctl"], 1, one) for one in (0x5412, 0x541C, 0x1_0000_5412)} == {ASK}
    assert (decide(program, NUMBERS["fcntl"], 1, 4), decide(program, NUMBERS["fcntl"], 1, 1031)) == (ALLOW, EPERM)
    assert (decide(program, NUMBERS["prlimit64"], 0), decide(program, NUMBERS["prlimit64"], 7)) == (ALLOW, EPERM)


def test_another_architecture_is_killed(program: bytes) -> None:
    assert decide(program, 1, arch=0x40000003) == KILL
    if syscalls.MACHINE == "x86_64":
        assert {decide(program, number) for number in (0x40000000, 0x40000027, -1)} == {KILL}


def test_only_exact_arguments_pass() -> None:
    wanted = {0: 7, 1: 0x7F00_1234_5678, 2: 2**63}
    program = seccomp.program({"mount": wanted, "clone": {0: 0x20020011}}, notify=True)
    assert decide(program, NUMBERS["mount"], *wanted.values()) == ALLOW
    for place in wanted:
        for change in (1, 1 << 32):
            arguments = {**wanted, place: wanted[place] ^ change}
            assert decide(program, NUMBERS["mount"], *arguments.values()) == ASK
    assert decide(program, NUMBERS["clone"], 0x20020011) == ALLOW
    assert decide(program, NUMBERS["clone"], 0x20020011 | 1 << 28) == ASK
    assert decide(program, NUMBERS["clone"], 17) == ALLOW


def test_without_notifications_it_refuses() -> None:
    assert decide(seccomp.program({}, notify=False), NUMBERS["socket"]) == EPERM


def test_no_jump_leaves_the_filter() -> None:
    assert len(seccomp.program({}, notify=True)) // 8 < 4096
    assert decide(seccomp.outside(), NUMBERS["kill"]) == EPERM
    assert decide(seccomp.outside(), NUMBERS["prctl"]) == ALLOW
