"""The filter of system calls: what a program may not even try.

A filter is installed once, in the zygote, and every child inherits it: one per child would cost each a tenth of its time, and a
socket for its notifications as much again. So it lets pass what the zygote itself does to set up a child, and knows that by the
exact arguments: flags, descriptors, addresses of its own buffers. A program that makes the very same call has no privilege left
and gets EPERM from the kernel.

Three answers. *Forbidden* calls are asked of the zygote (user notification), which refuses them with EPERM and remembers the
name, so that the run is `blocked` also where the program caught the error, or a process that it forked tried; where the kernel
has no notifications they fail with EPERM. *Unusual* ones fail with EPERM and nothing is remembered. What is newer than this
table fails with ENOSYS, which is what libraries expect of an old kernel. Another architecture than the zygote's (32-bit and x32
programs) ends the process.
"""

import ctypes
import errno
import fcntl
import struct
from collections.abc import Iterable, Mapping

from verifiers.sandbox import syscalls
from verifiers.sandbox.syscalls import MACHINE, NUMBERS

FORBIDDEN = """
    execve execveat ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_getfd
    mount umount2 pivot_root chroot unshare setns fsopen fsconfig fsmount fspick move_mount open_tree mount_setattr
    socket bpf keyctl add_key request_key perf_event_open userfaultfd memfd_secret
    io_uring_setup io_uring_enter io_uring_register open_by_handle_at name_to_handle_at fanotify_init
    personality uselib modify_ldt iopl ioperm init_module finit_module delete_module create_module kexec_load kexec_file_load
    setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset
    quotactl quotactl_fd acct swapon swapoff reboot syslog settimeofday clock_settime clock_adjtime adjtimex
    sethostname setdomainname seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
"""
UNUSUAL = """
    shmget shmat shmctl semget semop semctl semtimedop msgget msgsnd msgrcv msgctl mq_open mq_unlink
    lookup_dcookie vhangup get_kernel_syms query_module nfsservctl bind connect listen accept accept4 shutdown setsockopt
    sync syncfs mbind set_mempolicy set_mempolicy_home_node migrate_pages move_pages sysfs ustat
"""
"""Queues and segments of System V and POSIX would outlive a run: the ipc namespace is the zygote's."""
OUTSIDE = """
    kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal
    setpriority ioprio_set sched_setaffinity sched_setscheduler sched_setparam sched_setattr
"""
"""Unusual where no pid namespace hides the processes of others; the zygote needs some of them itself."""
_LAST = 450
"""The newest call in the table."""

_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000
_KILL, _ERRNO, _NOTIFY, _ALLOW = 0x80000000, 0x00050000, 0x7FC00000, 0x7FFF0000
_EPERM, _ENOSYS = 1, 38
_LD, _JEQ, _JGE, _JSET, _AND, _RET = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NR, _ARCH_AT, _ARGS = 0, 4, 16
"""Where struct seccomp_data has them; both machines are little-endian."""

_NEW_NAMESPACES = 0x7E020000
"""CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET"""
_AF_UNIX = 1
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_F_SETPIPE_SZ = 1031
"""The pipes to the parent are the next program's, too."""

SET_MODE_FILTER, _GET_ACTION_AVAIL, _NEW_LISTENER = 1, 2, 1 << 3

_Code = list[tuple[int, int, int, int]]
"""Instructions of classic BPF: code, jump if true, jump if false, operand."""


Allowed = Mapping[str, Mapping[int, int]]
"""System calls and the arguments (place, value) with which they pass after all."""


def program(allowed: Allowed, *, notify: bool) -> bytes:
    """Return the filter for this machine. `notify`: the kernel can ask a supervisor."""
    ask = _NOTIFY if notify else _ERRNO | _EPERM
    leaves: dict[int, _Code] = {NUMBERS[name]: [(_RET, 0, 0, ask)] for name in FORBIDDEN.split() if name in NUMBERS}
    leaves |= {NUMBERS[name]: [(_RET, 0, 0, _ERRNO | _EPERM)] for name in UNUSUAL.split() if name in NUMBERS}
    leaves[NUMBERS["clone3"]] = [(_RET, 0, 0, _ERRNO | _ENOSYS)]  # its flags are in memory; libc falls back to clone
    leaves[NUMBERS["clone"]] = [
        (_LD, 0, 0, _ARGS),
        (_JSET, 0, 1, _NEW_NAMESPACES),
        (_RET, 0, 0, ask),
        (_RET, 0, 0, _ALLOW),
    ]
    leaves[NUMBERS["socketpair"]] = [
        (_LD, 0, 0, _ARGS),
        (_JEQ, 1, 0, _AF_UNIX),
        (_RET, 0, 0, ask),
        (_RET, 0, 0, _ALLOW),
    ]
    # The kernel looks at the low 32 bits only, and so does a load of one word (CVE-2019-10063).
    leaves[NUMBERS["ioctl"]] = [
        (_LD, 0, 0, _ARGS + 8), (_JEQ, 1, 0, _TIOCSTI), (_JEQ, 0, 1, _TIOCLINUX), (_RET, 0, 0, ask), (_RET, 0, 0, _ALLOW),
    ]  # fmt: skip
    leaves[NUMBERS["fcntl"]] = [
        (_LD, 0, 0, _ARGS + 8), (_JEQ, 0, 1, _F_SETPIPE_SZ), (_RET, 0, 0, _ERRNO | _EPERM), (_RET, 0, 0, _ALLOW),
    ]  # fmt: skip
    # Limits of this process only: of another one's, an uncaring kernel would only ask for the same user.
    leaves[NUMBERS["prlimit64"]] = [
        (_LD, 0, 0, _ARGS),
        (_JEQ, 0, 1, 0),
        (_RET, 0, 0, _ALLOW),
        (_RET, 0, 0, _ERRNO | _EPERM),
    ]
    for name, arguments in allowed.items():
        leaves[NUMBERS[name]] = _unless(arguments, leaves[NUMBERS[name]])
    code: _Code = [(_LD, 0, 0, _ARCH_AT), (_JEQ, 1, 0, _ARCH[MACHINE]), (_RET, 0, 0, _KILL), (_LD, 0, 0, _NR)]
    if MACHINE == "x86_64":
        code += [(_JGE, 0, 1, _X32), (_RET, 0, 0, _KILL)]
    return _packed(code + _search(_ranges(leaves)))


def outside() -> bytes:
    """Return the second filter of a child that has no pid namespace: it may not touch other processes."""
    code: _Code = [(_LD, 0, 0, _NR)]
    for name in OUTSIDE.split():
        code += [(_JEQ, 0, 1, NUMBERS[name]), (_RET, 0, 0, _ERRNO | _EPERM)]
    return _packed([*code, (_RET, 0, 0, _ALLOW)])


def _unless(arguments: Mapping[int, int], otherwise: _Code) -> _Code:
    """Return a leaf that allows a call with exactly these arguments, all 64 bits of each."""
    words = [
        (_ARGS + 8 * place + 4 * half, value >> 32 * half & 0xFFFFFFFF)
        for place, value in arguments.items()
        for half in (0, 1)
    ]
    code: _Code = []
    for index, (at, value) in enumerate(words):
        # The rest: two instructions per word that follows, and the return.
        code += [(_LD, 0, 0, at), (_JEQ, 0, 2 * (len(words) - index - 1) + 1, value)]
    return [*code, (_RET, 0, 0, _ALLOW), *otherwise]


def _ranges(leaves: dict[int, _Code]) -> list[tuple[int, _Code]]:
    """Return (first number, what happens from there on), in order."""
    allow, unknown = [(_RET, 0, 0, _ALLOW)], [(_RET, 0, 0, _ERRNO | _ENOSYS)]
    found: list[tuple[int, _Code]] = []
    for number in range(_LAST + 2):
        leaf = unknown if number > _LAST else leaves.get(number, allow)
        if not found or found[-1][1] != leaf:
            found.append((number, leaf))
    return found


def _search(ranges: list[tuple[int, _Code]]) -> _Code:
    """Return a binary search: a filter is run over all numbers when it is installed, so its depth is what each program pays."""
    if len(ranges) == 1:
        return list(ranges[0][1])
    half = len(ranges) // 2
    low, high = _search(ranges[:half]), _search(ranges[half:])
    assert len(low) < 256, "a jump of classic BPF is one byte"
    return [(_JGE, len(low), 0, ranges[half][0]), *low, *high]


def _packed(code: Iterable[tuple[int, int, int, int]]) -> bytes:
    return b"".join(struct.pack("=HBBI", *one) for one in code)


def can_notify() -> bool:
    """Whether the kernel can ask a supervisor (5.0). Raises OSError where it has no seccomp filters."""
    try:
        return syscalls.call("seccomp", _GET_ACTION_AVAIL, 0, _NOTIFY.to_bytes(4, "little")) == 0
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP:
            return False
        raise


def described(code: "ctypes.Array[ctypes.c_char]") -> bytes:
    """Return the struct sock_fprog of a filter, which must stay where it is."""
    return struct.pack("@HxxxxxxP", len(code) // 8, ctypes.addressof(code))


def install(allowed: Allowed, *, notify: bool) -> int:
    """Filter this process and what it forks, for good; return the descriptor that notifications arrive on, -1 without them.

    Raises OSError.
    """
    code = ctypes.create_string_buffer(program(allowed, notify=notify))
    head = described(code)
    listener = syscalls.call("seccomp", SET_MODE_FILTER, _NEW_LISTENER if notify else 0, head)
    return listener if notify else -1


# Notifications: struct seccomp_notif and seccomp_notif_resp, include/uapi/linux/seccomp.h

_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_NOTIFICATION = struct.Struct("=QIIiIQ6Q")
_RESPONSE = struct.Struct("=QqiI")
_NAMES = {number: name for name, number in NUMBERS.items()}


def refuse(listener: int) -> str | None:
    """Answer the notification that waits at `listener` with EPERM; return the name of the call, None where nobody waits."""
    packet = bytearray(_NOTIFICATION.size)
    try:
        fcntl.ioctl(listener, _RECEIVE, packet, True)
        number, _, _, call, *_ = _NOTIFICATION.unpack(packet)
        fcntl.ioctl(listener, _SEND, bytearray(_RESPONSE.pack(number, 0, -_EPERM, 0)), True)
    except OSError:  # whoever asked has been killed
        return None
    return _NAMES.get(call, str(call))
